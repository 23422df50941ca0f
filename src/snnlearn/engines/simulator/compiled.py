"""Run networks as programs of one time loop that Numba compiled, one seed after the other.

A step of Nengo is some 50 to 80 operators, each a Python call on small arrays, and most of its
time is Python's. Here the operators become rows of a table, and one function of machine code
goes through them in each step. It is the same for every network: none is compiled anew.
"""

import numpy as np
from nengo.builder import Model

from snnlearn.engines.simulator.building import Probed, build
from snnlearn.engines.simulator.graph import read
from snnlearn.engines.simulator.operators import check, write
from snnlearn.engines.simulator.stimuli import Stimuli


class Compiled:
    """Runs networks for some steps of ``dt`` seconds.

    Functions of time that compare equal are evaluated once for networks that follow each other:
    they are taken to depend on nothing but the time.
    """

    def __init__(self, steps: int, dt: float) -> None:
        self._stimuli, self._dt = Stimuli(steps, dt), dt

    def run(self, probed: Probed) -> tuple[dict[str, np.ndarray], Model]:
        """Simulate a network.

        Returns
        -------
        data : dict of str to numpy.ndarray, shape (steps recorded, dimensions)
            What each probe recorded.
        model : nengo.builder.Model
            The network as it was built.

        Raises
        ------
        UnsupportedNetworkError
            If the network has a part that cannot be run exactly.
        """
        model = build(probed.network, self._dt)
        graph = read(model, probed.probes)
        check(graph, self._dt)
        return write(graph, self._dt).run(self._stimuli.of(graph)), model
