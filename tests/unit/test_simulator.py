import nengo
import numpy as np
import pytest

from snnlearn.simulator import run


@pytest.fixture
def recurrent():
    """A network whose rounding errors grow, and its probes."""
    with nengo.Network(seed=1) as network:
        stimulus = nengo.Node(lambda t: [np.sin(6 * t), t])
        a = nengo.Ensemble(50, 2)
        b = nengo.Ensemble(40, 1)
        nengo.Connection(stimulus, a)
        nengo.Connection(a, a, synapse=0.1)
        nengo.Connection(a, b, function=lambda x: x[0] * x[1])
        probes = {
            "stimulus": nengo.Probe(stimulus),
            "a": nengo.Probe(a, synapse=0.01),
            "b": nengo.Probe(b, synapse=0.01),
        }
    return network, probes


@pytest.mark.parametrize("dt", [0.001, 0.002])
def test_each_probe_gives_one_row_a_step(recurrent, dt):
    network, probes = recurrent
    time, data = run(network, 0.5, dt, probes)
    steps = round(0.5 / dt)
    np.testing.assert_allclose(time, dt * np.arange(1, steps + 1), rtol=1e-12)
    assert {name: values.shape for name, values in data.items()} == {
        "stimulus": (steps, 2),
        "a": (steps, 2),
        "b": (steps, 1),
    }
    np.testing.assert_allclose(data["stimulus"], np.stack([np.sin(6 * time), time], axis=1))


def test_same_network_gives_the_same_bits(recurrent):
    network, probes = recurrent
    first = run(network, 0.5, 0.001, probes)[1]
    kept = []  # shifts where objects lie in memory, which Nengo's optimizer goes by
    for _ in range(3):
        kept.append([object() for _ in range(1000)])
        again = run(network, 0.5, 0.001, probes)[1]
        for name, values in first.items():
            assert values.tobytes() == again[name].tobytes()


def test_probes_that_are_not_named_are_left_out(recurrent):
    network, probes = recurrent
    assert list(run(network, 0.01, 0.001, {"only": probes["b"]})[1]) == ["only"]
