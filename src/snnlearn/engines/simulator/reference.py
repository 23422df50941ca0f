"""Run networks with Nengo's own simulator."""

from collections.abc import Callable, Iterator, Sequence

import nengo
import numpy as np
from nengo.builder import Model

from snnlearn.engines import blas
from snnlearn.engines.simulator.building import Probed, build
from snnlearn.seeding import Seed


def run(
    network_of: Callable[[Seed], Probed], seeds: Sequence[Seed], steps: int, dt: float
) -> Iterator[tuple[dict[str, np.ndarray], Model]]:
    """Simulate the networks of some seeds, one after the other.

    Nengo's operator merging follows memory addresses, and changes the last bits with them: it
    is off (``optimize=False``).

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
    """
    for seed in seeds:
        probed = network_of(seed)
        seed_of_rest = None if probed.network.seed is None else probed.network.seed + 1
        model = build(probed.network, dt)
        simulator = nengo.Simulator(
            None,
            dt=dt,
            seed=seed_of_rest,  # what Nengo takes when it builds the network itself
            model=model,
            optimize=False,
            progress_bar=False,
        )
        with simulator, blas.one_thread():
            simulator.run_steps(steps)
            data = {name: simulator.data[probe].copy() for name, probe in probed.probes.items()}
        yield data, model
