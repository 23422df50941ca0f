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
