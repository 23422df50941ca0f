"""Run networks with Nengo's own simulator."""

import nengo
import numpy as np
from nengo.builder import Model

from snnlearn.engines import blas
from snnlearn.engines.simulator.building import Probed, build, seed_of_rest


class Reference:
    """Runs networks for some steps of ``dt`` seconds, operator by operator.

    Nengo's operator merging follows memory addresses, and changes the last bits with them, and
    noise that has no seed of its own: it is off (``optimize=False``).
    """

    def __init__(self, steps: int, dt: float) -> None:
        self._steps, self._dt = steps, dt

    def run(self, probed: Probed) -> tuple[dict[str, np.ndarray], Model]:
        """Simulate a network.

        Returns
        -------
        data : dict of str to numpy.ndarray, shape (steps recorded, dimensions)
            What each probe recorded.
        model : nengo.builder.Model
            The network as it was built.
        """
        model = build(probed.network, self._dt)
        simulator = nengo.Simulator(
            None,
            dt=self._dt,
            seed=seed_of_rest(model),
            model=model,
            optimize=False,
            progress_bar=False,
        )
        with simulator, blas.one_thread():
            simulator.run_steps(self._steps)
            data = {
                name: np.array(simulator.data[probe]).reshape(-1, *model.sig[probe]["in"].shape)
                for name, probe in probed.probes.items()
            }
        return data, model
