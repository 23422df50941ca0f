"""The public function: any network of a user, held against Nengo on Nengo's own examples."""

import doctest
import itertools
import subprocess
import sys
from functools import partial

import nengo
import nengo_examples as examples
import numpy as np
import pytest
from pages import code
from test_simulator import WITHOUT_A_MOVED_SPIKE
from tiny_project import ROOT

import snnlearn
from snnlearn import simulate
from snnlearn.engines.errors import UnsupportedNetworkError
from snnlearn.engines.simulator import ENGINES
from snnlearn.engines.simulator import simulate as module

BCM, OJA = nengo.BCM(learning_rate=5e-10), nengo.Oja(learning_rate=6e-8)
SUPPORTED = {
    "learn-communication-channel": examples.communication_channel,
    "learn-communication-channel, weights": partial(examples.communication_channel, weights=True),
    "learn-square": examples.square,
    "learn-product": examples.product,
    "learn-unsupervised, BCM": partial(examples.unsupervised, rules=BCM),
    "learn-unsupervised, Oja": partial(examples.unsupervised, rules=OJA),
    "learn-unsupervised, both": partial(
        examples.unsupervised, rules=[BCM, nengo.Oja(learning_rate=2e-9)]
    ),
    "learn-associations": examples.associations,
    "force-learning, without its gate": partial(examples.force, gate=False),
    "learn-associations, filtered": partial(examples.associations, post_synapse=0.01),
}
REFUSED = {
    "force-learning": (examples.force, "SimPyFunc.*function of an input"),
}


@pytest.mark.parametrize("name", SUPPORTED)
def test_examples_give_nengos_traces_over_the_first_second(name):
    compiled, reference = (
        next(simulate(SUPPORTED[name], [5], duration=1.0, engine=engine)) for engine in ENGINES
    )
    assert list(compiled.data) == list(reference.data)
    for probe, expected in reference.data.items():
        assert compiled.data[probe].shape == expected.shape
        tolerance = WITHOUT_A_MOVED_SPIKE * np.abs(expected).max()
        assert np.ptp(expected, axis=0).max() > 1000 * tolerance
        np.testing.assert_array_equal(compiled.times[probe], reference.times[probe])
        found = compiled.data[probe]
        np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance, err_msg=probe)


def test_networks_have_double_precision_whatever_is_set():
    plain, single = [], []
    for found, bits in ((plain, "64"), (single, "32")):
        nengo.rc.set("precision", "bits", bits)
        try:
            for engine in ENGINES:
                found += simulate(examples.square, [5], duration=0.05, engine=engine)
            assert nengo.rc.get("precision", "bits") == bits
        finally:
            nengo.rc.set("precision", "bits", "64")
    for one, other in zip(plain, single, strict=True):
        for probe, values in one.data.items():
            assert values.dtype == np.float64
            np.testing.assert_array_equal(values, other.data[probe])


@pytest.mark.parametrize("engine", ENGINES)
def test_networks_that_share_a_function_do_not_share_what_it_draws(engine):
    rng = np.random.default_rng(0)

    def noise(time):
        return rng.normal()

    def network(seed):
        with nengo.Network(seed=seed) as made:
            nengo.Probe(nengo.Node(noise), label="noise")
        return made

    one, other = (
        found.data["noise"] for found in simulate(network, [1, 2], duration=0.1, engine=engine)
    )
    assert np.mean(one == other) < 0.1


@pytest.mark.parametrize("name", REFUSED)
def test_examples_are_refused_by_the_name_of_an_operator(name):
    network_function, match = REFUSED[name]
    with pytest.raises(UnsupportedNetworkError, match=f"{match}.*use the engine nengo"):
        next(simulate(network_function, [1], duration=0.01))
    next(simulate(network_function, [1], duration=0.01, engine="nengo"))


def noisy(seed):
    """A network without a seed, whose noise and input have none."""
    with nengo.Network() as network:
        for _ in range(3):
            stimulus = nengo.Node(nengo.processes.WhiteSignal(1.0, high=5))
            ensemble = nengo.Ensemble(20, 1, noise=nengo.processes.WhiteNoise())
            nengo.Connection(stimulus, ensemble)
            nengo.Probe(ensemble, synapse=0.01)
    return network


def all_data(network_function, seeds, **options):
    runs = simulate(network_function, seeds, duration=0.1, **options)
    return [np.concatenate(list(run.data.values()), axis=1) for run in runs]


@pytest.mark.parametrize("engine", ENGINES)
def test_networks_without_a_seed_take_that_of_the_run(engine):
    first, second = all_data(noisy, [1, 2], engine=engine)
    assert not np.array_equal(first, second)
    (again,) = all_data(noisy, [1], engine=engine)
    np.testing.assert_array_equal(first, again)
    network = noisy(0)
    kept = all_data(lambda _: network, [1, 2], engine=engine)
    np.testing.assert_array_equal(kept, [first, second])
    assert network.seed is None


def test_noise_without_a_seed_is_that_of_the_reference():
    np.testing.assert_allclose(
        all_data(noisy, [1, 2]),
        all_data(noisy, [1, 2], engine="nengo"),
        rtol=0,
        atol=WITHOUT_A_MOVED_SPIKE,
    )


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dt", [0.001, 0.002])
@pytest.mark.parametrize("every", [0.0004, 0.001, 0.0025, 0.003, 0.0333, 0.5])
def test_probes_record_the_steps_that_nengo_records(engine, dt, every):
    def network_function(seed):
        with nengo.Network(seed=seed) as network:
            clock = nengo.Node(lambda t: [t, 2 * t])
            nengo.Probe(clock, sample_every=every, label="some")
            nengo.Probe(clock, label="all")
        return network

    (found,) = simulate(network_function, [1], duration=0.2, dt=dt, engine=engine)
    with nengo.Simulator(network_function(1), dt=dt, progress_bar=False) as simulator:
        simulator.run(0.2)
        times = simulator.trange(sample_every=every)
    np.testing.assert_array_equal(found.times["some"], times)
    np.testing.assert_allclose(found.data["some"], np.stack([times, 2 * times], axis=1))
    np.testing.assert_array_equal(found.times["all"], found.time)
    assert found.data["all"].shape == (len(found.time), 2)


def test_seeds_are_simulated_when_their_result_is_asked_for():
    made = []

    def network_function(seed):
        made.append(seed)
        return noisy(seed)

    runs = simulate(network_function, itertools.count(3), duration=0.01)
    assert made == []
    assert [next(runs).seed, next(runs).seed] == [3, 4]
    assert made == [3, 4]


def test_probes_are_named_by_their_label_or_by_what_they_observe():
    with nengo.Network() as network:
        a, b = nengo.Ensemble(4, 3, label="a"), nengo.Ensemble(4, 3)
        node = nengo.Node(size_in=3)
        nengo.Connection(a, b)
        learned = nengo.Connection(b, node, learning_rule_type=nengo.PES())
        expected = {
            "my probe": nengo.Probe(a, label="my probe"),
            "a (2)": nengo.Probe(a),
            "a": nengo.Probe(b, label="a"),
            "a (3)": nengo.Probe(a, synapse=0.1),
            "a[1:]": nengo.Probe(a[1:]),
            "a[0:3:2]": nengo.Probe(a[0:3:2]),
            "ensemble 1[2,0]": nengo.Probe(b[[2, 0]]),
            "ensemble 1.input": nengo.Probe(b, "input"),
            "a.neurons": nengo.Probe(a.neurons),
            "ensemble 1.neurons.voltage[:2]": nengo.Probe(b.neurons[:2], "voltage"),
            "node 0": nengo.Probe(node),
            "connection 1": nengo.Probe(learned),
            "connection 1.weights": nengo.Probe(learned, "weights"),
            "connection 1.PES.delta": nengo.Probe(learned.learning_rule, "delta"),
        }
    assert module.named(network) == expected


def labelled_twice(seed):
    with nengo.Network() as network:
        a = nengo.Ensemble(10, 1)
        nengo.Probe(a, label="a")
        nengo.Probe(a, label="a")
    return network


@pytest.mark.parametrize(
    ("network_function", "error", "match"),
    [
        (lambda _: None, TypeError, "returned None; it must return a nengo.Network"),
        (lambda _: nengo.Network(label="N"), ValueError, "no probes; add a nengo.Probe"),
        (labelled_twice, ValueError, "label 'a'; give each its own"),
    ],
)
def test_unusable_networks_are_refused(network_function, error, match):
    with pytest.raises(error, match=match):
        next(simulate(network_function, [1], duration=0.01))


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"duration": 0.0004}, "less than one step of 0.001 s; make it"),
        ({"duration": 1, "engine": "gpu"}, "no engine 'gpu'; engine can be compiled or nengo"),
        ({"duration": 1, "dt": 0.0}, "dt is 0.0 s"),
    ],
)
def test_unusable_arguments_are_refused_at_once(options, match):
    with pytest.raises(ValueError, match=match):
        simulate(noisy, [1], **options)


# The package


def test_the_package_imports_nothing_heavy_until_it_is_asked():
    code = (
        "import sys, snnlearn; heavy = {'nengo', 'numpy', 'pandas', 'tensorflow', 'numba'};"
        "print(heavy & set(sys.modules)); from snnlearn import simulate; print(simulate.__name__)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["set()", "simulate"]


def test_the_package_has_what_it_says():
    assert all(hasattr(snnlearn, name) for name in snnlearn.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = snnlearn.nothing


def test_the_example_of_the_docstring_runs():
    failed, attempted = doctest.testmod(module)
    assert (failed, attempted > 0) == (0, True)


def test_the_example_of_the_page_runs():
    text = (ROOT / "docs/simulate.md").read_text(encoding="utf-8")
    exec(code(ROOT / "docs/simulate.md", "python"), {})
    for name in SUPPORTED | REFUSED:
        assert name.partition(",")[0] in text


def test_rules_without_an_error_do_what_they_were_invented_for(capsys):
    """The page's own code: Oja against the eigenvector, BCM's selectivity, and Voja's recall."""
    there: dict = {}
    exec(code(ROOT / "docs/unsupervised.md", "python"), there)
    assert min(there["cosines"]) > 0.999
    assert there["lengths"] == pytest.approx([there["BETA"] ** -0.5] * 3, rel=0.01)
    ratios = np.array(there["selective"])
    assert (ratios[:, 0] < 1.2).all()
    assert (ratios[:, 1] - 1 > 3 * (ratios[:, 0] - 1)).all()
    assert there["winners"] == {0, 1}
    assert all(10 < seconds < 40 for seconds in there["broken"])
    assert np.mean(there["with_voja"]) < 0.5 * np.mean(there["without"])
    assert len(capsys.readouterr().out.splitlines()) == 3
