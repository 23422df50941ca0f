"""What single rows of a program do, against NumPy."""

import nengo
import numpy as np
import pytest

from snnlearn.engines import lif
from snnlearn.engines.simulator.program import WIDE, Program
from snnlearn.engines.simulator.rows import Kind

RNG = np.random.default_rng(0)
NO_STIMULI = np.empty((1, 0))

#: Numbers are few, or so many that they begin at a multiple of :data:`WIDE`.
SIZES = [1, 3, WIDE, 29]


def run(kind, y, stimuli=NO_STIMULI, **fields):
    """What becomes of some numbers y in one step; arrays among the fields are in the memory."""
    program = Program()
    to = program.allocate(y)
    fields = {n: program.allocate(v) if np.ndim(v) else v for n, v in fields.items()}
    program.emit(kind, to=to, **({"size": y.size} | fields))
    program.record("y", to, y.shape)
    return program.run(stimuli)["y"][-1]


@pytest.mark.parametrize("size", SIZES)
def test_numbers_are_set_copied_and_added(size):
    y, x, a = RNG.normal(size=(3, size))
    assert (run(Kind.FILL, y, factor=2.5) == 2.5).all()
    np.testing.assert_array_equal(run(Kind.COPY, y, of=x), x)
    np.testing.assert_array_equal(run(Kind.ADD, y, of=x), y + x)
    np.testing.assert_array_equal(run(Kind.MULTIPLY, y, of=x, by=a), y + a * x)
    np.testing.assert_array_equal(run(Kind.SCALE, y, of=x, by=a[:1]), y + a[0] * x)
    np.testing.assert_array_equal(run(Kind.GAIN, y, of=x, factor=3.0), 3 * x)
    np.testing.assert_array_equal(run(Kind.GAIN, y, of=x, factor=3.0, adds=True), y + 3 * x)
    np.testing.assert_array_equal(run(Kind.DIVIDE, y, of=x, factor=3.0), 3 / x)
    positive = 3 * np.maximum(x, 0)
    np.testing.assert_array_equal(run(Kind.RECTIFY, y, of=x, factor=3.0), positive)
    np.testing.assert_array_equal(run(Kind.RECTIFY, y, of=x, factor=3.0, adds=True), y + positive)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("terms", [1, 2, 3, 7])
def test_products_are_added_term_by_term(size, terms):
    matrix, x, y = RNG.normal(size=(size, terms)), RNG.normal(size=terms), RNG.normal(size=size)
    expected = y.copy()
    for column, factor in zip(matrix.T, x, strict=True):
        expected += column * factor
    by_columns = run(Kind.DOT_COLUMNS, y, of=x, by=matrix.T.ravel(), terms=terms)
    by_rows = run(Kind.DOT_ROWS, y, of=x, by=matrix.ravel(), terms=terms)
    np.testing.assert_array_equal(by_columns, expected)
    np.testing.assert_array_equal(by_rows, expected)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("terms", [1, 2, 7])
def test_rules_multiply_numbers_before_with_numbers_after(size, terms):
    y, weights = RNG.normal(size=(2, size, terms))
    after, before = RNG.normal(size=size), RNG.normal(size=terms)
    fields = {"by": after, "size": size, "terms": terms, "factor": 0.5}
    outer = run(Kind.OUTER, y, of=before, **fields)
    np.testing.assert_array_equal(outer, np.outer(0.5 * after, before))
    outer = run(Kind.ADD_OUTER, y, of=before, **fields)
    np.testing.assert_array_equal(outer, y + np.outer(0.5 * after, before))
    added = run(Kind.ADD_ROWS, y, of=weights, **fields)
    np.testing.assert_array_equal(added, y + (0.5 * after)[:, np.newaxis] * weights)


@pytest.mark.parametrize("kind", [Kind.ADD_SPIKES, Kind.DOT_SPIKES])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("share", [0, 0.2, 1])
def test_only_neurons_that_spike_count(kind, size, share):
    """Here 40 neurons of current 1e6, which spike at once, and some of none."""
    program, neurons = Program(), nengo.LIF(amplitude=0.7)
    spikes = RNG.random(40) < share
    matrix, y = RNG.normal(size=(size, 40)), RNG.normal(size=size)
    of = program.allocate(np.zeros(40))
    population = program.population(40)
    program.emit(
        Kind.LIF,
        to=of,
        of=program.allocate(1e6 * spikes),
        by=program.constant(np.array(lif.constants(neurons, 0.001, np.float64))),
        state=program.allocate(np.zeros(40)),
        waiting=program.allocate(np.full(40, -0.1)),
        size=40,
        factor=lif.height(neurons, 0.001, np.float64),
        **population,
    )
    to = program.allocate(y)
    by = program.allocate(matrix.T.ravel())
    program.emit(kind, to=to, of=of, by=by, size=size, row_step=1, column_step=size, **population)
    for name, begin, shape in (("spikes", of, (40,)), ("y", to, (size,))):
        program.record(name, begin, shape)
    found = program.run(NO_STIMULI)
    height = np.float64(0.7) / 0.001
    np.testing.assert_array_equal(found["spikes"][0], height * spikes)
    expected = y.copy()
    for column in matrix.T[spikes]:
        expected += column * height
    np.testing.assert_array_equal(found["y"][0], expected)


@pytest.mark.parametrize("size", SIZES)
def test_rates_are_those_of_nengos_neurons(size):
    """At and around the threshold, and far from it."""
    currents = np.concatenate([RNG.normal(1, 2, size=size), [1.0, 1 + 2e-16, -800, 800, 1e9]])
    expected, y = np.empty((3, currents.size)), np.zeros(currents.size)
    lif_rate = nengo.LIFRate(tau_ref=0.0, amplitude=0.7)
    for neurons, rates in zip((nengo.Sigmoid(), nengo.Tanh(), lif_rate), expected, strict=True):
        with np.errstate(over="ignore"):
            neurons.step(0.001, currents, rates)
    close = {"rtol": 1e-14, "atol": 1e-300}
    np.testing.assert_allclose(
        run(Kind.SIGMOID, y, of=currents, factor=400.0), expected[0], **close
    )
    np.testing.assert_allclose(run(Kind.TANH, y, of=currents, factor=400.0), expected[1], **close)
    by = np.array([lif_rate.tau_ref, lif_rate.tau_rc])
    found = run(Kind.LIF_RATES, y, of=currents, by=by, factor=0.7)
    np.testing.assert_allclose(found, expected[2], **close)


@pytest.mark.parametrize("size", SIZES)
def test_izhikevich_neurons_have_the_bits_of_nengos(size):
    neurons, currents = nengo.Izhikevich(), RNG.uniform(-40, 40, size=size)
    voltage, recovery, spikes = (
        RNG.uniform(-70, 30, size=size),
        RNG.normal(size=size),
        np.zeros(size),
    )
    program = Program()
    state, waiting = program.allocate(voltage.copy()), program.allocate(recovery.copy())
    to, of = program.allocate(spikes), program.allocate(currents)
    constants = np.array([neurons.tau_recovery, neurons.coupling, -65.0, 8.0])
    fields = {"state": state, "waiting": waiting, "by": program.constant(constants)}
    program.emit(Kind.IZHIKEVICH, to=to, of=of, size=size, factor=1000.0, decay=0.001, **fields)
    for name, begin in (("spikes", to), ("voltage", state), ("recovery", waiting)):
        program.record(name, begin, (size,))
    data = program.run(np.empty((300, 0)))
    for step in range(300):
        neurons.step(0.001, currents, spikes, voltage, recovery)
        for name, expected in (("spikes", spikes), ("voltage", voltage), ("recovery", recovery)):
            np.testing.assert_array_equal(data[name][step], expected)


def test_filters_keep_no_state_so_small_that_it_is_slow_to_compute_with():
    program = Program()
    state = program.allocate(np.array([1e-299, -1e-299, 1.0]))
    to = program.allocate(np.zeros(3))
    of = program.allocate(np.zeros(3))
    program.emit(Kind.LOW_PASS, to=to, of=of, size=3, state=state, decay=0.5)
    program.record("y", to, (3,))
    data = program.run(np.empty((20, 0)))
    np.testing.assert_array_equal(data["y"][-1], [0, 0, 0.5**20])


def test_stimuli_and_records_go_by_steps():
    program, stimuli = Program(), RNG.normal(size=(5, 4))
    to = program.allocate(np.ones(2))
    program.emit(Kind.STIMULUS, to=to, of=1, size=2, adds=True)
    program.record("both", to, (2, 1))
    program.record("second", to + 1, ())
    data = program.run(stimuli)
    assert data["both"].shape == (5, 2, 1)
    expected = np.cumsum(np.concatenate([np.ones((1, 2)), stimuli[:, 1:3]]), axis=0)[1:]
    np.testing.assert_array_equal(data["both"][:, :, 0], expected)
    np.testing.assert_array_equal(data["second"], expected[:, 1])


def test_numbers_begin_where_registers_do_and_equal_constants_are_kept_once():
    program = Program()
    assert [program.allocate(np.zeros(n)) for n in (3, WIDE, 2, 1)] == [0, WIDE, 16, 18]
    first = program.constant(np.arange(4.0))
    assert program.constant(np.arange(4.0)) == first
    assert program.constant(np.arange(4.0).reshape(2, 2)) != first
