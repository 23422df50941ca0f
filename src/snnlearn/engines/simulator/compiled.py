"""Run networks as programs of one time loop that Numba compiled, one seed after the other.

A step of Nengo is some 50 to 80 operators, each a Python call on small arrays, and most of its
time is Python's. Here the operators become rows of a table, and one function of machine code
goes through them in each step. It is the same for every network: none is compiled anew.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from nengo.builder import Model

from snnlearn.engines.simulator.building import Probed, build
from snnlearn.engines.simulator.graph import read
from snnlearn.engines.simulator.operators import check, write
from snnlearn.engines.simulator.stimuli import Stimuli
from snnlearn.seeding import Seed


def run(
    network_of: Callable[[Seed], Probed], seeds: Sequence[Seed], steps: int, dt: float
) -> Iterator[tuple[dict[str, np.ndarray], Model]]:
    """Simulate the networks of some seeds.

    Parameters
    ----------
    network_of : callable
        Makes the network of a seed.
    seeds : sequence of int or mapping
        The seeds.
    steps : int
        Time steps.
    dt : float
        Time step in seconds.

    Yields
    ------
    data : dict of str to numpy.ndarray, shape (steps, dimensions)
        What each probe recorded.
    model : nengo.builder.Model
        The network as it was built.

    Raises
    ------
    UnsupportedNetworkError
        If the networks have a part that cannot be run exactly.

    Notes
    -----
    Functions of time that compare equal are evaluated once for all seeds: they are taken to
    depend on nothing but the time.
    """
    stimuli = Stimuli(steps, dt)
    for seed in seeds:
        probed = network_of(seed)
        model = build(probed.network, dt)
        graph = read(model, probed.probes)
        check(graph)
        yield write(graph, dt).run(stimuli.of(graph)), model
