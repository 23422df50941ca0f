"""What depends on the time only, against Nengo's own steps."""

import nengo
import numpy as np
import pytest

from snnlearn.engines.simulator import Probed, run
from snnlearn.engines.simulator.stimuli import of_process

PROCESSES = {
    "white signal": nengo.processes.WhiteSignal(0.7, high=20, seed=3),
    "white signal from zero": nengo.processes.WhiteSignal(0.7, high=20, y0=0, seed=3),
    "white noise": nengo.processes.WhiteNoise(seed=3),
    "filtered noise": nengo.processes.FilteredNoise(nengo.Alpha(0.01), seed=3),
}


@pytest.mark.parametrize("name", PROCESSES)
@pytest.mark.parametrize("dt", [0.001, 0.0003, 0.0017])
@pytest.mark.parametrize("dimensions", [1, 3])
def test_processes_have_the_bits_of_their_own_steps(name, dt, dimensions):
    """Over more than one period."""
    steps = round(2 / dt)
    found = of_process(PROCESSES[name], (dimensions,), steps, dt)
    expected = PROCESSES[name].run_steps(steps, d=dimensions, dt=dt)
    np.testing.assert_array_equal(found, expected)


def node(function, engine):
    with nengo.Network(seed=1) as network:
        probed = Probed(network, {"node": nengo.Probe(nengo.Node(function, size_out=2))})
    ((_, data, _),) = run(lambda seed: probed, [1], duration=0.01, dt=0.001, engine=engine)
    return data["node"]


@pytest.mark.parametrize("engine", ["compiled", "nengo"])
def test_functions_of_time_give_numbers(engine):
    time = 0.001 * np.arange(1, 11)
    np.testing.assert_array_equal(
        node(lambda t: [t, 1], engine), np.stack([time, np.ones(10)], axis=1)
    )


@pytest.mark.parametrize("engine", ["compiled", "nengo"])
def test_functions_of_time_that_are_not_finite_are_reported(engine):
    with pytest.raises(nengo.exceptions.SimulationError, match="non-finite value"):
        node(lambda t: [t, np.inf if t > 0.005 else 0], engine)
