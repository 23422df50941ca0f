"""The networks of Nengo's examples on learning, each as a function of a seed.

After the notebooks in ``docs/examples/learning`` of https://github.com/nengo/nengo, by its
developers, written anew: sizes, rates, inputs and connections are theirs. Initial functions are
drawn from the seed, not from NumPy's global generator, and errors that are inhibited after many
seconds there, are after half a second here, so that tests see it.
"""

import nengo
import numpy as np

#: Seconds after which learning ends.
LEARNED = 0.5


def random_function(seed, dimensions):
    """What a connection starts from: random numbers for every point that it is evaluated at."""
    rng = np.random.default_rng(seed)
    return lambda _: rng.random(dimensions)


def inhibited(error, weight=-1.0, height=2.0):
    """Switch the neurons of an error off at the end of learning."""
    gate = nengo.Node(lambda t: height if t > LEARNED else 0.0)
    nengo.Connection(gate, error.neurons, transform=np.full((error.n_neurons, 1), weight))


def communication_channel(seed, weights=False):
    """``learn-communication-channel``, with decoders or all connection weights."""
    with nengo.Network(seed=seed) as network:
        stimulus = nengo.Node(nengo.processes.WhiteSignal(60, high=5), size_out=2)
        pre, post, error = (nengo.Ensemble(60, dimensions=2) for _ in range(3))
        nengo.Connection(stimulus, pre)
        learned = nengo.Connection(
            pre,
            post,
            function=random_function(seed, 2),
            learning_rule_type=nengo.PES(),
            solver=nengo.solvers.LstsqL2(weights=weights),
        )
        nengo.Connection(post, error)
        nengo.Connection(pre, error, transform=-1)
        nengo.Connection(error, learned.learning_rule)
        inhibited(error)
        nengo.Probe(stimulus)
        nengo.Probe(pre, synapse=0.01)
        nengo.Probe(post, synapse=0.01)
        nengo.Probe(error, synapse=0.03)
        nengo.Probe(learned, "weights", synapse=0.01, sample_every=0.01)
    return network


def square(seed):
    """``learn-square``."""
    with nengo.Network(seed=seed) as network:
        a, squared, error = (
            nengo.Ensemble(100, dimensions=1, label=label) for label in ("a", "squared", "error")
        )
        learned = nengo.Connection(a, squared, learning_rule_type=nengo.PES(3e-4))
        nengo.Connection(error, learned.learning_rule)
        nengo.Connection(squared, error)
        nengo.Connection(a, error, function=np.square, transform=-1)
        steps = nengo.Node(lambda t: int(6 * t / 5) / 3.0 % 2 - 1)
        nengo.Connection(steps, a)
        inhibited(error, weight=-20.0, height=1.0)
        nengo.Probe(steps)
        for ensemble in (a, squared, error):
            nengo.Probe(ensemble, synapse=0.01)
    return network


def product(seed):
    """``learn-product``."""
    with nengo.Network(seed=seed) as network:
        stimulus = nengo.Node(nengo.processes.WhiteSignal(60, high=5), size_out=2)
        pre = nengo.Ensemble(120, dimensions=2)
        post, target, error = (nengo.Ensemble(60, dimensions=1) for _ in range(3))
        nengo.Connection(stimulus, pre)
        nengo.Connection(stimulus, target, function=lambda x: x[0] * x[1], synapse=None)
        nengo.Connection(post, error)
        nengo.Connection(target, error, transform=-1)
        learned = nengo.Connection(
            pre, post, function=random_function(seed, 1), learning_rule_type=nengo.PES()
        )
        nengo.Connection(error, learned.learning_rule)
        inhibited(error)
        for ensemble, synapse in ((target, 0.01), (pre, 0.01), (post, 0.01), (error, 0.03)):
            nengo.Probe(ensemble, synapse=synapse)
    return network


def unsupervised(seed, rules):
    """``learn-unsupervised``, with some learning rules."""
    with nengo.Network(seed=seed) as network:
        sine = nengo.Node(lambda t: np.sin(4 * t))
        pre, post = nengo.Ensemble(100, dimensions=1), nengo.Ensemble(100, dimensions=1)
        nengo.Connection(sine, pre)
        solver = nengo.solvers.LstsqL2(weights=True)
        learned = nengo.Connection(pre, post, solver=solver, learning_rule_type=rules)
        nengo.Probe(pre, synapse=0.01)
        nengo.Probe(post, synapse=0.01)
        nengo.Probe(learned, "weights", synapse=0.01, sample_every=0.01)
    return network


def associations(seed, post_synapse=None):
    """``learn-associations``: five keys and values, each shown for 0.1 s (there for 0.3 s)."""
    count, size, n_neurons = 5, 4, 200
    rng = np.random.RandomState(7)
    keys = nengo.dists.UniformHypersphere(surface=True).sample(count, 2, rng=rng)
    values = nengo.dists.UniformHypersphere().sample(count, size, rng=rng)
    closest = (keys @ keys.T - np.eye(count)).max()
    with nengo.Network(seed=seed) as network:
        key, value = (
            nengo.Node(nengo.processes.PresentInput(shown, 0.1)) for shown in (keys, values)
        )
        learning = nengo.Node(lambda t: -float(t >= LEARNED))
        recalled = nengo.Node(size_in=size, label="recalled")
        memory = nengo.Ensemble(n_neurons, 2, intercepts=np.full(n_neurons, closest))
        voja = nengo.Voja(learning_rate=5e-2, post_synapse=post_synapse)
        stored = nengo.Connection(key, memory, synapse=None, learning_rule_type=voja)
        nengo.Connection(learning, stored.learning_rule, synapse=None)
        learned = nengo.Connection(
            memory,
            recalled,
            function=lambda _: np.zeros(size),
            learning_rule_type=nengo.PES(1e-3),
        )
        error = nengo.Ensemble(n_neurons, size)
        nengo.Connection(
            learning, error.neurons, transform=np.full((n_neurons, 1), 10.0), synapse=None
        )
        nengo.Connection(value, error, transform=-1, synapse=None)
        nengo.Connection(recalled, error, synapse=None)
        nengo.Connection(error, learned.learning_rule)
        nengo.Probe(error, synapse=0.005)
        nengo.Probe(recalled)
        nengo.Probe(stored.learning_rule, "scaled_encoders")
    return network


def force(seed, gate=True):
    """``force-learning``, the classic kind; its error passes a gate, a function of an input."""
    n = 200
    rng = np.random.RandomState(seed)
    with nengo.Network(seed=seed) as network:
        pulses = np.zeros(1000)
        pulses[0] = 100.0
        pulse = nengo.Node(nengo.processes.PresentInput(pulses, 0.001))
        target = nengo.Node(size_in=1)
        frequency, decay = 2 * np.pi * 3.0, 2.0
        bandpass = nengo.LinearFilter([1], [frequency**-2, 1 / (frequency * decay), 1])
        nengo.Connection(pulse, target, synapse=bandpass)
        ensemble = nengo.Ensemble(n, 1, intercepts=np.full(n, -1.0))
        currents, output = nengo.Node(size_in=n), nengo.Node(size_in=1)
        nengo.Connection(pulse, currents, synapse=None, transform=rng.uniform(-1, 1, (n, 1)))
        nengo.Connection(currents, ensemble.neurons, synapse=0.1)
        chaos = rng.normal(size=(n, n)) * 1.5 / 400 / np.sqrt(n)
        nengo.Connection(ensemble.neurons, currents, synapse=None, transform=chaos)
        learned = nengo.Connection(
            ensemble.neurons,
            output,
            synapse=None,
            transform=np.zeros((1, n)),
            learning_rule_type=nengo.RLS(learning_rate=0.1, pre_synapse=0.1),
        )
        nengo.Connection(output, currents, synapse=None, transform=rng.uniform(-1, 1, (n, 1)))
        error = nengo.Node((lambda t, e: e if t < 3 else 0 * e) if gate else None, size_in=1)
        nengo.Connection(output, error, synapse=None)
        nengo.Connection(target, error, synapse=None, transform=-1)
        nengo.Connection(error, learned.learning_rule, synapse=0.1)
        nengo.Probe(target, synapse=0.05)
        nengo.Probe(output, synapse=0.05)
    return network
