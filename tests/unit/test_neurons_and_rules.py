"""Neuron types and learning rules of the compiled engine, each held against Nengo's simulator."""

import nengo
import numpy as np
import pytest
from nengo.builder import Model
from nengo.builder.operator import DotInc
from test_simulator import WITHOUT_A_MOVED_SPIKE
from threadpoolctl import threadpool_limits

from snnlearn import simulate
from snnlearn.engines import elementary
from snnlearn.engines.errors import UnsupportedNetworkError
from snnlearn.engines.simulator import ENGINES
from snnlearn.engines.simulator.building import build

#: Each type as Nengo gives it, and with other constants.
NEURONS = {
    "LIF": nengo.LIF(),
    "LIF, negative voltages": nengo.LIF(0.03, 0.003, min_voltage=-1.0, amplitude=0.7),
    "LIFRate": nengo.LIFRate(),
    "LIFRate, no refractory time": nengo.LIFRate(tau_rc=0.01, tau_ref=0.0, amplitude=0.5),
    "AdaptiveLIF": nengo.AdaptiveLIF(),
    "AdaptiveLIF, fast": nengo.AdaptiveLIF(0.1, 0.05, tau_rc=0.03, min_voltage=-1, amplitude=0.7),
    "AdaptiveLIFRate": nengo.AdaptiveLIFRate(),
    "AdaptiveLIFRate, fast": nengo.AdaptiveLIFRate(0.1, 0.05, tau_ref=0.001, amplitude=0.7),
    "RectifiedLinear": nengo.RectifiedLinear(),
    "RectifiedLinear, high": nengo.RectifiedLinear(amplitude=1.5),
    "SpikingRectifiedLinear": nengo.SpikingRectifiedLinear(),
    "SpikingRectifiedLinear, high": nengo.SpikingRectifiedLinear(amplitude=1.5),
    "Sigmoid": nengo.Sigmoid(),
    "Sigmoid, steep": nengo.Sigmoid(tau_ref=0.001),
    "Tanh": nengo.Tanh(),
    "Tanh, steep": nengo.Tanh(tau_ref=0.001),
    "Izhikevich": nengo.Izhikevich(),
    "Izhikevich, chattering": nengo.Izhikevich(reset_voltage=-50, reset_recovery=2),
    "Izhikevich, fast": nengo.Izhikevich(tau_recovery=0.1, coupling=0.26),
    "RegularSpiking": nengo.RegularSpiking(nengo.LIFRate(), amplitude=0.7),
    "RegularSpiking, negative": nengo.RegularSpiking(nengo.Tanh()),
    "StochasticSpiking": nengo.StochasticSpiking(nengo.LIFRate(), amplitude=0.7),
    "StochasticSpiking, negative": nengo.StochasticSpiking(nengo.Tanh()),
    "StochasticSpiking, several at once": nengo.StochasticSpiking(nengo.RectifiedLinear(30)),
    "RegularSpiking, adaptive": nengo.RegularSpiking(nengo.AdaptiveLIFRate(0.1, 0.05)),
}


def ensembles(seed, neurons):
    """Two ensembles in a loop, with all that can be recorded of their neurons."""
    # Those of a sigmoid are above half of the largest, 1 / tau_ref.
    low, high = (
        np.array([0.6, 0.9]) / neurons.tau_ref if isinstance(neurons, nengo.Sigmoid) else (40, 90)
    )
    with nengo.Network(seed=seed) as network:
        network.config[nengo.Ensemble].neuron_type = neurons
        network.config[nengo.Ensemble].max_rates = nengo.dists.Uniform(low, high)
        network.config[nengo.Ensemble].n_eval_points = 60  # rates of Izhikevich neurons are slow
        stimulus = nengo.Node(lambda t: [np.sin(9 * t), np.cos(14 * t)])
        a, b = nengo.Ensemble(40, 2), nengo.Ensemble(30, 1)
        nengo.Connection(stimulus, a)
        nengo.Connection(a, b, function=lambda x: x[0] * x[1])
        nengo.Connection(b, a[1], transform=0.5, synapse=0.05)
        nengo.Connection(b.neurons[::2], a.neurons[:15], transform=1e-4)
        nengo.Probe(a, synapse=0.01)
        nengo.Probe(b)
        nengo.Probe(b.neurons, "input")
        for attribute in a.neurons.probeable:
            if attribute not in ("input", "refractory_time"):
                nengo.Probe(a.neurons, attribute)
                nengo.Probe(a.neurons[1::3], attribute, sample_every=0.01)
    return network


def deviations(network_function, duration=0.5, seed=3):
    """Largest difference of both engines for each probe, relative to its largest number.

    Spikes are many and as high as each other: one that moves by a step is a difference of 1.
    """
    compiled, reference = (
        next(simulate(network_function, [seed], duration=duration, engine=engine))
        for engine in ENGINES
    )
    assert list(compiled.data) == list(reference.data)
    found = {}
    for probe, expected in reference.data.items():
        assert np.ptp(expected, axis=0).max() > 0, probe
        assert np.isfinite(expected).all()
        largest = np.abs(expected).max()
        found[probe] = np.abs(compiled.data[probe] - expected).max() / largest
    return found


def assert_close(found):
    assert found
    assert {probe: value for probe, value in found.items() if not value < LIMIT} == {}


LIMIT = WITHOUT_A_MOVED_SPIKE


@pytest.mark.parametrize("name", NEURONS)
def test_neurons_give_nengos_traces(name):
    assert_close(deviations(lambda seed: ensembles(seed, NEURONS[name])))


def test_neurons_that_draw_as_many_numbers_as_they_need_are_refused_by_name():
    def network_function(seed):
        neurons = nengo.PoissonSpiking(nengo.LIFRate())
        with nengo.Network(seed=seed) as network:
            nengo.Probe(nengo.Ensemble(10, 1, neuron_type=neurons))
        return network

    match = "PoissonSpiking.*draw more numbers the more they spike.*use the engine nengo"
    with pytest.raises(UnsupportedNetworkError, match=match):
        next(simulate(network_function, [1], duration=0.01))
    next(simulate(network_function, [1], duration=0.01, engine="nengo"))


def test_direct_ensembles_are_no_neurons():
    def network_function(seed):
        with nengo.Network(seed=seed) as network:
            stimulus = nengo.Node(lambda t: [np.sin(9 * t), t])
            direct = nengo.Ensemble(1, 2, neuron_type=nengo.Direct())
            post = nengo.Ensemble(40, 1)
            nengo.Connection(stimulus, direct)
            nengo.Connection(direct, post, transform=[[0.5, -0.5]])
            nengo.Probe(direct)
            nengo.Probe(post, synapse=0.01)
        return network

    assert_close(deviations(network_function))


@pytest.mark.parametrize("name", [n for n in NEURONS if "," not in n])
def test_decoders_have_the_bits_of_nengos_builder(name):
    network = ensembles(0, NEURONS[name])
    ours, nengos = build(network, 0.001), Model(dt=0.001)
    with threadpool_limits(limits=1):
        nengos.build(network)
    matrices = [
        (one.A.initial_value, other.A.initial_value)
        for one, other in zip(ours.operators, nengos.operators, strict=True)
        if isinstance(one, DotInc)
    ]
    assert len(matrices) > 5
    for one, other in matrices:
        np.testing.assert_array_equal(one, other)


# Learning rules

RLS = nengo.RLS(learning_rate=0.1, pre_synapse=0.02)
PES, BCM = nengo.PES(1e-3), nengo.BCM(learning_rate=1e-8)
OJA, VOJA = nengo.Oja(learning_rate=1e-6), nengo.Voja(learning_rate=0.05)
#: Rules, the neurons before and after, and what the connection is between or has.
RULES = {
    "PES": (PES, nengo.LIF(), "decoders"),
    "PES, weights": (PES, nengo.AdaptiveLIF(), "weights"),
    "PES, neurons": (PES, nengo.SpikingRectifiedLinear(), "neurons"),
    "RLS": (RLS, nengo.LIF(), "decoders"),
    "RLS, rates": (RLS, nengo.Tanh(), "decoders"),
    "RLS, to a node": (RLS, nengo.LIF(), "node"),
    "RLS, not filtered": (nengo.RLS(1e-3, pre_synapse=None), nengo.LIFRate(), "node"),
    "RLS, spikes": (nengo.RLS(1e-4, pre_synapse=None), nengo.LIF(), "decoders"),
    "RLS and PES": ([RLS, PES], nengo.LIF(), "decoders"),
    "BCM": (BCM, nengo.LIF(), "weights"),
    "BCM, neurons": (BCM, nengo.AdaptiveLIF(), "neurons"),
    "Oja": (OJA, nengo.AdaptiveLIF(), "weights"),
    "Oja, neurons": (OJA, nengo.Sigmoid(), "neurons"),
    "Voja": (VOJA, nengo.LIF(), "decoders"),
    "Voja, rates": (VOJA, nengo.LIFRate(), "decoders"),
}


def learning(seed, rules, neurons, kind):
    """A connection that learns, with all that can be recorded of its rules."""
    with nengo.Network(seed=seed) as network:
        network.config[nengo.Ensemble].neuron_type = neurons
        network.config[nengo.Ensemble].max_rates = nengo.dists.Uniform(220, 350)
        stimulus = nengo.Node(lambda t: [np.sin(9 * t), np.cos(14 * t)])
        pre, post = nengo.Ensemble(50, 2), nengo.Ensemble(40, 2)
        nengo.Connection(stimulus, pre)
        if kind == "neurons":
            weights = np.random.default_rng(seed).uniform(0, 1e-3, (40, 50))
            learned = nengo.Connection(pre.neurons, post.neurons, transform=weights)
        elif kind == "node":
            node = nengo.Node(size_in=2)
            learned = nengo.Connection(pre.neurons, node, transform=np.zeros((2, 50)))
            nengo.Connection(node, post)
        else:
            solver = nengo.solvers.LstsqL2(weights=kind == "weights")
            learned = nengo.Connection(pre, post, function=np.square, solver=solver)
        learned.learning_rule_type = rules
        made = learned.learning_rule if isinstance(rules, list) else [learned.learning_rule]
        for rule in made:
            if rule.size_in == 2:
                nengo.Connection(post, rule)
                nengo.Connection(stimulus, rule, transform=-1)
            elif rule.size_in:
                nengo.Connection(stimulus[0], rule, transform=np.full((rule.size_in, 1), 0.1))
            for attribute in rule.probeable:
                nengo.Probe(rule, attribute, sample_every=0.01)
        nengo.Probe(post, synapse=0.01)
        if made[0].modifies != "encoders":
            nengo.Probe(learned, "weights", sample_every=0.01)
    return network


@pytest.mark.parametrize("name", RULES)
def test_rules_give_nengos_traces(name):
    assert_close(deviations(lambda seed: learning(seed, *RULES[name])))


def test_an_error_of_another_size_than_what_is_learned_is_told():
    """Nengo says this in the first step, of two arrays."""

    def network_function(seed):
        return learning(seed, RLS, nengo.LIF(), "neurons")

    with pytest.raises(ValueError, match="broadcast"):
        next(simulate(network_function, [1], duration=0.01, engine="nengo"))
    with pytest.raises(ValueError, match=r"SimRLS.* 2 errors for weights of shape \(40, 50\)"):
        next(simulate(network_function, [1], duration=0.01))


# Exponentials and logarithms


def test_exponentials_and_logarithms_are_those_of_numpy():
    rng = np.random.default_rng(0)
    some = np.concatenate(
        [rng.normal(size=500), 1e-8 * rng.normal(size=100), rng.uniform(-690, 690, 500), [0.0]]
    )
    found = [elementary.expm1(x) for x in some]
    np.testing.assert_allclose(found, np.expm1(some), rtol=1e-15, atol=0)
    assert np.isnan(elementary.expm1(np.nan))
    assert [elementary.expm1(x) > 1e300 for x in (1e9, -1e9)] == [True, False]
    positive = np.concatenate([10 ** rng.uniform(-15, 16, 1000), [0.0]])
    found = [elementary.log1p(x) for x in positive]
    np.testing.assert_allclose(found, np.log1p(positive), rtol=1e-15, atol=0)
