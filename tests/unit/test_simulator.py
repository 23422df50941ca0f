"""Both engines, and the compiled one against Nengo's own simulator."""

import hashlib
import os
import platform
import random
import subprocess
import sys
from pathlib import Path

import nengo
import numpy as np
import pytest
from nengo.builder import Builder, Model
from nengo.builder.learning_rules import SimPES
from nengo.builder.operator import DotInc, Reset
from nengo.builder.signal import Signal
from threadpoolctl import threadpool_limits

from snnlearn.engines.errors import UnsupportedNetworkError
from snnlearn.engines.simulator import ENGINES, Probed, loop, run
from snnlearn.engines.simulator.building import build
from snnlearn.engines.simulator.graph import in_order, read
from snnlearn.experiments import channel, conditioning

EXPERIMENTS = {
    "channel": (channel, channel.Parameters()),
    "conditioning": (conditioning, conditioning.Parameters(learning_start=0.2)),
}


def learning(seed=1):
    """A network with many similar operators, which Nengo's optimizer merges, and its probes."""
    probes = {}
    with nengo.Network(seed=seed) as network:
        stimulus = nengo.Node(lambda t: [np.sin(6 * t), t])
        pre = nengo.Ensemble(50, 2)
        nengo.Connection(stimulus, pre)
        for name, n in (("a", 30), ("b", 30), ("c", 40)):
            post, error = nengo.Ensemble(n, 2), nengo.Ensemble(n, 2)
            learned = nengo.Connection(
                pre, post, function=lambda x: [0, 0], learning_rule_type=nengo.PES(1e-3)
            )
            nengo.Connection(post, error)
            nengo.Connection(pre, error, transform=-1)
            nengo.Connection(error, learned.learning_rule)
            probes[name] = nengo.Probe(post[0] if name == "c" else post, synapse=0.01)
        probes["stimulus"] = nengo.Probe(stimulus)
    return Probed(network, probes)


def data_of(build, seeds, engine="compiled", duration=0.3, dt=0.001):
    return [data for _, data, _ in run(build, seeds, duration=duration, dt=dt, engine=engine)]


def bits(data):
    return b"".join(values.tobytes() for values in data.values())


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dt", [0.001, 0.002])
def test_each_probe_gives_one_row_a_step(engine, dt):
    ((time, data, _),) = run(learning, [1], duration=0.3, dt=dt, engine=engine)
    steps = round(0.3 / dt)
    np.testing.assert_allclose(time, dt * np.arange(1, steps + 1), rtol=1e-12)
    assert {name: values.shape for name, values in data.items()} == {
        **dict.fromkeys("ab", (steps, 2)),
        "c": (steps, 1),
        "stimulus": (steps, 2),
    }
    np.testing.assert_array_equal(data["stimulus"], np.stack([np.sin(6 * time), time], axis=1))


@pytest.mark.parametrize("engine", ENGINES)
def test_same_network_gives_the_same_bits(engine):
    """With Nengo's optimizer, runs of 0.3 s give several different results."""
    results = set()
    kept = []  # shifts where objects lie in memory, which the optimizer goes by
    for _ in range(4):
        kept.append([object() for _ in range(1000)])
        (data,) = data_of(learning, [1], engine)
        results.add(bits(data))
    assert len(results) == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_seeds_come_in_their_order(engine):
    forth = data_of(learning, [1, 2], engine)
    back = data_of(learning, [2, 1], engine)
    assert [bits(data) for data in forth] == [bits(data) for data in reversed(back)]
    assert bits(forth[0]) != bits(forth[1])


@pytest.mark.parametrize("engine", ENGINES)
def test_a_duration_of_no_step_is_refused(engine):
    with pytest.raises(ValueError, match="less than one step"):
        data_of(learning, [1], engine, duration=0.0004)


@pytest.mark.parametrize("engine", ENGINES)
def test_global_generators_are_left_alone(engine):
    before = random.getstate(), [*map(str, np.random.get_state())]  # noqa: NPY002
    data_of(learning, [1], engine, duration=0.01)
    assert (random.getstate(), [*map(str, np.random.get_state())]) == before  # noqa: NPY002


# The compiled engine's traces

# Both engines compute in float64 and differ by single roundings, of 1e-16. Feedback and learning
# let them grow; 1e-9 leaves them seven decades, over durations this short. It leaves no room for
# a spike that moves by a step.
WITHOUT_A_MOVED_SPIKE = 1e-9


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_traces_of_every_seed_equal_nengos_over_the_first_second(name):
    experiment, parameters = EXPERIMENTS[name]

    def network_of(seed):
        return experiment.build(parameters, seed)

    seeds = range(10)
    for seed, data in zip(seeds, data_of(network_of, seeds, duration=1.0), strict=True):
        probed = network_of(seed)
        with nengo.Simulator(probed.network, progress_bar=False) as simulator:
            simulator.run(1.0)
        for probe_name, probe in probed.probes.items():
            np.testing.assert_allclose(
                data[probe_name],
                simulator.data[probe],
                rtol=0,
                atol=WITHOUT_A_MOVED_SPIKE,
                err_msg=probe_name,
            )
        assert np.abs(data["error"]).max() > 0.01


def test_a_seed_gives_the_same_bits_in_every_place_and_beside_any_others():
    (alone,) = data_of(learning, [1])
    for seeds in ([1, 1], [100, 1, 101], [101, 100, 1]):
        for seed, data in zip(seeds, data_of(learning, seeds), strict=True):
            assert (bits(data) == bits(alone)) == (seed == 1)


def varied(seed):
    """What the experiments do not have: other neurons, filters, slices, noise and nodes."""
    with nengo.Network(seed=seed) as network:
        noise = nengo.processes.WhiteNoise(nengo.dists.Gaussian(0, 0.01), seed=seed)
        stimulus = nengo.Node(nengo.processes.WhiteSignal(1.0, high=10, seed=seed), size_out=2)
        constant = nengo.Node([0.3])
        relay = nengo.Node(size_in=3)
        neurons = nengo.LIF(tau_rc=0.01, tau_ref=0.004, min_voltage=-0.5, amplitude=2.0)
        rates = nengo.dists.Uniform(100, 200)
        a = nengo.Ensemble(40, 3, neuron_type=neurons, max_rates=rates, noise=noise)
        b = nengo.Ensemble(30, 1, max_rates=nengo.dists.Uniform(50, 80))
        nengo.Connection(stimulus, relay[:2], synapse=None)
        nengo.Connection(constant, relay[2], synapse=None)
        nengo.Connection(relay, a, synapse=0.02)
        nengo.Connection(a, b, function=lambda x: x[0] * x[1], synapse=0)
        nengo.Connection(a[1:], a[:2], transform=[[0.1, 0.2], [0.3, 0.4]], synapse=0.1)
        nengo.Connection(b.neurons, a.neurons[:30], transform=-1e-4)
        return Probed(
            network,
            {
                "relay": nengo.Probe(relay),
                "a": nengo.Probe(a, synapse=0.01),
                "part": nengo.Probe(a[1:]),
                "b": nengo.Probe(b),
                "spikes": nengo.Probe(a.neurons),
                "voltage": nengo.Probe(b.neurons, "voltage"),
                "current": nengo.Probe(b.neurons, "input", synapse=0.01),
            },
        )


def connected(seed):
    """Connections and probes of single elements, of every other one, and filters of any order."""
    with nengo.Network(seed=seed) as network:
        stimulus = nengo.Node(lambda t: [np.sin(9 * t), np.cos(5 * t), t])
        a, b = nengo.Ensemble(11, 3), nengo.Ensemble(20, 2)
        relay = nengo.Node(size_in=4)
        nengo.Connection(stimulus, a, synapse=nengo.Alpha(0.01))
        nengo.Connection(a.neurons[[0, 2]], b.neurons[[1, -1]], synapse=nengo.Alpha(0.02))
        nengo.Connection(a.neurons[::2], b.neurons[:6], transform=0.01)
        nengo.Connection(a.neurons[5::-2], b.neurons[::7], transform=-1e-3)
        weights = np.linspace(-1e-3, 1e-3, 60).reshape(6, 10)
        nengo.Connection(b.neurons[::2], a.neurons[1::2], transform=weights[:5])
        nengo.Connection(b.neurons, a.neurons, transform=np.full((11, 20), -1e-4))
        nengo.Connection(stimulus[[0, 0, 2]], relay[[1, 1, 3]], synapse=None)
        nengo.Connection(stimulus[::2], relay[::-2], synapse=None)
        butterworth = nengo.LinearFilter([1], [1e-4, 1.4e-2, 1])
        through = nengo.LinearFilter([0.5, 0.1], [1, -0.5], analog=False)
        return Probed(
            network,
            {
                "a": nengo.Probe(a, synapse=nengo.Alpha(0.03)),
                "b": nengo.Probe(b, synapse=butterworth),
                "through": nengo.Probe(b, synapse=through),
                "relay": nengo.Probe(relay),
                "some": nengo.Probe(relay[::-3], synapse=0.01),
                "spikes": nengo.Probe(a.neurons[::2]),
            },
        )


def composed(seed):
    """Networks of Nengo's library, and PES on full connection weights."""
    with nengo.Network(seed=seed) as network:
        stimulus = nengo.Node(lambda t: [np.sin(9 * t), 0.3])
        product = nengo.networks.Product(30, 2)
        nengo.Connection(stimulus, product.input_a)
        nengo.Connection(stimulus[0], product.input_b, transform=[[0.5], [1]])
        convolution = nengo.networks.CircularConvolution(20, 3)
        nengo.Connection(product.output, convolution.input_a[:2])
        nengo.Connection(stimulus, convolution.input_b[::2])
        post, error = nengo.Ensemble(40, 2), nengo.Ensemble(30, 2)
        pre = nengo.Ensemble(50, 2)
        nengo.Connection(stimulus, pre)
        learned = nengo.Connection(
            pre,
            post,
            function=lambda x: [0, 0],
            solver=nengo.solvers.LstsqL2(weights=True),
            learning_rule_type=nengo.PES(1e-3),
        )
        nengo.Connection(post, error)
        nengo.Connection(pre, error, transform=-1)
        nengo.Connection(error, learned.learning_rule)
        return Probed(
            network,
            {
                "product": nengo.Probe(product.output, synapse=0.01),
                "convolution": nengo.Probe(convolution.output, synapse=0.01),
                "post": nengo.Probe(post, synapse=0.01),
                "weights": nengo.Probe(learned, "weights"),
                "spikes": nengo.Probe(post.neurons),
            },
        )


def plastic(seed):
    """All learning rules, fast ones, and probes that skip steps."""
    with nengo.Network(seed=seed) as network:
        stimulus = nengo.Node(nengo.processes.WhiteSignal(1.0, high=5), size_out=2)
        amount = nengo.Connection(stimulus, nengo.Node(size_in=1), function=np.prod).post
        a, b, c = nengo.Ensemble(30, 2), nengo.Ensemble(20, 2, radius=1.5), nengo.Ensemble(25, 2)
        nengo.Connection(stimulus, a)
        bcm, oja = nengo.BCM(learning_rate=1e-8), nengo.Oja(learning_rate=1e-6, beta=0.5)
        both = nengo.Connection(
            a, b, solver=nengo.solvers.LstsqL2(weights=True), learning_rule_type=[bcm, oja]
        )
        weights = np.full((20, 20), 1e-3)
        bare = nengo.Connection(b.neurons, b.neurons, transform=weights, learning_rule_type=oja)
        voja = nengo.Connection(a, c, learning_rule_type=nengo.Voja(learning_rate=0.1))
        nengo.Connection(amount, voja.learning_rule, synapse=None)
        pes = nengo.Connection(a, c, learning_rule_type=nengo.PES(1e-2))
        nengo.Connection(stimulus, pes.learning_rule)
        return Probed(
            network,
            {
                "both": nengo.Probe(both, "weights", sample_every=0.01),
                "bare": nengo.Probe(bare, "weights", sample_every=0.0333),
                "encoders": nengo.Probe(voja.learning_rule, "scaled_encoders"),
                "decoders": nengo.Probe(pes, "weights", synapse=0.01, sample_every=0.005),
                "c": nengo.Probe(c, synapse=0.01),
                "spikes": nengo.Probe(b.neurons),
            },
        )


def other_neurons(seed):
    """Neurons that take exponentials and logarithms, which are the engine's own, and RLS."""
    rate = nengo.AdaptiveLIFRate(tau_n=0.1, inc_n=0.02)
    with nengo.Network(seed=seed) as network:
        stimulus = nengo.Node(lambda t: [np.sin(9 * t), np.cos(5 * t)])
        spiking = nengo.RegularSpiking(nengo.LIFRate()), nengo.StochasticSpiking(nengo.Tanh())
        types = nengo.Sigmoid(), nengo.Tanh(), rate, *spiking
        ensembles = [nengo.Ensemble(30, 2, neuron_type=kind) for kind in types]
        for pre, post in zip([stimulus, *ensembles], ensembles, strict=False):
            nengo.Connection(pre, post)
        output = nengo.Node(size_in=2)
        rls = nengo.RLS(learning_rate=0.01, pre_synapse=0.01)
        learned = nengo.Connection(
            ensembles[1], output, function=lambda x: [0, 0], learning_rule_type=rls
        )
        nengo.Connection(output, learned.learning_rule)
        nengo.Connection(stimulus, learned.learning_rule, transform=-1)
        return Probed(
            network,
            {
                "output": nengo.Probe(output),
                "rates": nengo.Probe(ensembles[2].neurons),
                "spikes": nengo.Probe(ensembles[3].neurons),
                "drawn": nengo.Probe(ensembles[4].neurons),
            },
        )


@pytest.mark.parametrize("network_of", [varied, connected, composed, plastic, other_neurons])
def test_other_networks_equal_nengos_too(network_of):
    compiled = data_of(network_of, [3, 4], duration=0.5)
    reference = data_of(network_of, [3, 4], engine="nengo", duration=0.5)
    for ours, nengos in zip(compiled, reference, strict=True):
        assert (nengos["spikes"] > 0).sum() > 100
        for name, values in nengos.items():
            tolerance = {"rtol": WITHOUT_A_MOVED_SPIKE, "atol": WITHOUT_A_MOVED_SPIKE}
            np.testing.assert_allclose(ours[name], values, **tolerance, err_msg=name)


def test_networks_of_any_structure_run_side_by_side_and_compile_nothing():
    data_of(learning, [1], duration=0.01)
    compiled, misses = loop.run.signatures, dict(loop.run.stats.cache_misses)

    def network_of(seed):
        return (varied, connected)[seed % 2](seed)

    several = data_of(network_of, [1, 2, 3], duration=0.1)
    for data, seed in zip(several, [1, 2, 3], strict=True):
        (alone,) = data_of(network_of, [seed], duration=0.1)
        assert bits(data) == bits(alone)
    assert loop.run.signatures == compiled
    assert len(compiled) == 1
    assert loop.run.stats.cache_misses == misses


NETWORKS = (varied, learning, connected, composed, plastic, other_neurons)


def digest():
    """SHA-256 of what the networks record."""
    found = hashlib.sha256()
    for network_of in NETWORKS:
        for data in data_of(network_of, [1], duration=0.5):
            found.update(bits(data))
    return found.hexdigest()


def in_a_process(code, **environment):
    """What some code that uses this module prints in a process of its own."""
    begin = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); "
    return subprocess.run(
        [sys.executable, "-c", f"{begin}from test_simulator import *; {code}"],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout.strip()


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() != "x86_64", reason="names instruction sets of x86-64")
@pytest.mark.parametrize("processor", ["x86-64", "x86-64-v2", "x86-64-v3"])
def test_bits_are_the_same_under_other_instruction_sets(processor):
    environment = {"NUMBA_CPU_NAME": processor, "NUMBA_CPU_FEATURES": ""}
    assert in_a_process("print(digest())", **environment) == digest()


BEYOND_ITS_MEMORY = """
from snnlearn.engines.simulator.program import Program
from snnlearn.engines.simulator.rows import Kind
program = Program()
program.emit(Kind.FILL, to=program.allocate(np.zeros(3)), size=4)
try:
    program.run(np.zeros((1, 0)))
except IndexError as error:
    print(error)
print(digest())
"""


@pytest.mark.slow
def test_nothing_is_read_or_written_beyond_its_array():
    """A process in which Numba checks all indices, and says where one is wrong."""
    printed = in_a_process(f"exec({BEYOND_ITS_MEMORY!r})", NUMBA_BOUNDSCHECK="1")
    assert printed.splitlines() == ["index is out of bounds", digest()]


def test_tensorflow_is_not_imported():
    code = "data_of(learning, [1], duration=0.01); print('tensorflow' in sys.modules)"
    assert in_a_process(code) == "False"


def test_tensorflow_may_be_there_already():
    """As in a notebook that begins as the chapter does."""
    code = "found = data_of(learning, [1], duration=0.01); print(len(found))"
    assert in_a_process(f"import tensorflow; {code}") == in_a_process(code)


def test_functions_of_time_that_are_equal_are_asked_once():
    asked = []

    def sine(t):
        asked.append(t)
        return np.sin(t)

    def network_of(seed):
        with nengo.Network(seed=seed) as network:
            node = nengo.Node(sine, size_out=1)
            return Probed(network, {"node": nengo.Probe(node)})

    data_of(network_of, [1, 2, 3], duration=0.01)
    np.testing.assert_allclose(asked, np.arange(1, 11) / 1000)


# What the compiled engine refuses


def refused(change, match):
    def network_of(seed):
        with nengo.Network(seed=seed) as network:
            a, b = nengo.Ensemble(10, 1, label="A"), nengo.Ensemble(10, 1, label="B")
            probe = change(a, b) or nengo.Probe(a)
        return Probed(network, {"probe": probe})

    with pytest.raises(UnsupportedNetworkError, match=match):
        data_of(network_of, [1], duration=0.01)
    data_of(network_of, [1], engine="nengo", duration=0.01)


class OwnNeurons(nengo.AdaptiveLIF):
    """Neurons of a user's own, which may do something else in their step."""


class OwnRule(nengo.PES):
    """A learning rule of a user's own, which is built into an operator of its own."""


class SimOwn(SimPES):
    """That operator."""


@Builder.register(OwnRule)
def build_own(model, own, rule):
    error = model.sig[rule]["in"] = Signal(np.zeros(rule.size_in))
    model.add_op(Reset(error))
    activities = model.sig[rule.connection.pre_obj]["out"]
    model.add_op(SimOwn(activities, error, model.sig[rule]["delta"], own.learning_rate))


def test_unknown_neurons_are_refused():
    def change(a, b):
        a.neuron_type = OwnNeurons()

    refused(change, r"has neurons of type OwnNeurons.*use the engine nengo")


def test_unknown_learning_rules_are_refused():
    def change(a, b):
        learned = nengo.Connection(a.neurons, b.neurons, transform=np.zeros((10, 10)))
        learned.learning_rule_type = OwnRule()

    refused(change, "SimOwn.*is of an unknown kind.*use the engine nengo")


def test_functions_of_an_input_are_refused():
    def change(a, b):
        nengo.Connection(a, nengo.Node(lambda t, x: x, size_in=1))

    refused(change, "SimPyFunc")


def test_functions_without_a_result_are_refused():
    def change(a, b):
        nengo.Node(lambda t: None)

    refused(change, "without a result")


def test_sparse_transforms_are_refused():
    def change(a, b):
        sparse = nengo.Sparse((10, 10), indices=[[0, 1], [2, 3]], init=[0.01, 0.02])
        nengo.Connection(a.neurons, b.neurons, transform=sparse)

    refused(change, "SparseDotInc.*is of an unknown kind")


def test_very_long_refractory_times_are_refused():
    def change(a, b):
        a.neuron_type = nengo.LIF(tau_rc=1e-6, tau_ref=1e-3)
        a.gain, a.bias = np.full(10, 1.0), np.full(10, 2.0)

    refused(change, "600 tau_rc")


def test_probes_of_refractory_times_are_refused():
    refused(lambda a, b: nengo.Probe(a.neurons, "refractory_time"), "refractory time")


# Building


def of_channel(seed):
    return channel.build(channel.Parameters(duration=2), seed)


def of_conditioning(seed):
    return conditioning.build(conditioning.Parameters(n_neurons_per_dimension=30), seed)


@pytest.mark.parametrize("network_of", [of_channel, of_conditioning, composed])
def test_all_matrices_have_the_bits_of_nengos_builder(network_of):
    """Decoders of values and of functions, those of probes, and full weights."""
    ours, nengos = build(network_of(0).network, 0.001), Model(dt=0.001)
    with threadpool_limits(limits=1):
        nengos.build(network_of(0).network)
    compared = 0
    for one, other in zip(ours.operators, nengos.operators, strict=True):
        assert type(one) is type(other)
        if isinstance(one, DotInc):
            np.testing.assert_array_equal(one.A.initial_value, other.A.initial_value)
            compared += 1
    assert compared > 10


def test_an_ensemble_that_never_fires_is_reported_as_nengo_does():
    with nengo.Network(seed=1) as network:
        a = nengo.Ensemble(5, 1, gain=np.zeros(5), bias=np.zeros(5))
        nengo.Probe(a)
    with pytest.raises(nengo.exceptions.BuildError, match="all zero"):
        build(network, 0.001)


def test_other_solvers_are_left_alone():
    def network_of(seed):
        with nengo.Network(seed=seed) as network:
            a, b = nengo.Ensemble(20, 1), nengo.Ensemble(20, 1)
            nengo.Connection(a, b, solver=nengo.solvers.LstsqL2nz())
            nengo.Connection(a, b, eval_points=[[0.5], [-0.5]])
            return Probed(network, {"b": nengo.Probe(b)})

    probed = network_of(1)
    ours, nengos = build(probed.network, 0.001), Model(dt=0.001)
    with threadpool_limits(limits=1):
        nengos.build(probed.network)
    for connection in probed.network.all_connections:
        np.testing.assert_array_equal(
            ours.sig[connection]["weights"].initial_value,
            nengos.sig[connection]["weights"].initial_value,
        )


def test_operators_are_ordered_as_built_where_signals_leave_a_choice():
    probed = learning()
    operators = build(probed.network, 0.001).operators
    ordered = in_order(operators)
    assert sorted(map(id, ordered)) == sorted(map(id, operators))
    resets = [operator for operator in operators if isinstance(operator, Reset)]
    assert [operator for operator in ordered if isinstance(operator, Reset)] == resets


def test_order_is_the_same_for_all_seeds():
    orders = []
    for seed in (1, 2):
        probed = learning(seed)
        graph = read(build(probed.network, 0.001), probed.probes)
        orders.append([type(operator) for operator in graph.operators])
    assert orders[0] == orders[1]
