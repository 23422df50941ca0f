import nengo
import numpy as np
import pytest

from snnlearn.simulator import run


@pytest.fixture
def learning():
    """A network with many similar operators, which Nengo's optimizer merges, and its probes."""
    probes = {}
    with nengo.Network(seed=1) as network:
        stimulus = nengo.Node(lambda t: [np.sin(6 * t), t])
        pre = nengo.Ensemble(50, 2)
        nengo.Connection(stimulus, pre)
        for name, n in (("a", 30), ("b", 30), ("c", 40), ("d", 50)):
            post, error = nengo.Ensemble(n, 2), nengo.Ensemble(n, 2)
            learned = nengo.Connection(
                pre, post, function=lambda x: [0, 0], learning_rule_type=nengo.PES(1e-3)
            )
            nengo.Connection(post, error)
            nengo.Connection(pre, error, transform=-1)
            nengo.Connection(error, learned.learning_rule)
            probes[name] = nengo.Probe(post[0] if name == "d" else post, synapse=0.01)
        probes["stimulus"] = nengo.Probe(stimulus)
    return network, probes


@pytest.mark.parametrize("dt", [0.001, 0.002])
def test_each_probe_gives_one_row_a_step(learning, dt):
    network, probes = learning
    time, data = run(network, 0.3, dt, probes)
    steps = round(0.3 / dt)
    np.testing.assert_allclose(time, dt * np.arange(1, steps + 1), rtol=1e-12)
    assert {name: values.shape for name, values in data.items()} == {
        **dict.fromkeys("abc", (steps, 2)),
        "d": (steps, 1),
        "stimulus": (steps, 2),
    }
    np.testing.assert_allclose(data["stimulus"], np.stack([np.sin(6 * time), time], axis=1))


def test_same_network_gives_the_same_bits(learning):
    """With Nengo's optimizer, ten runs of 0.3 s give about six different results."""
    network, probes = learning
    results = set()
    kept = []  # shifts where objects lie in memory, which the optimizer goes by
    for _ in range(6):
        kept.append([object() for _ in range(1000)])
        data = run(network, 0.3, 0.001, probes)[1]
        results.add(b"".join(values.tobytes() for values in data.values()))
    assert len(results) == 1


def test_only_the_named_probes_are_read(learning):
    network, probes = learning
    assert list(run(network, 0.01, 0.001, {"only": probes["b"]})[1]) == ["only"]
