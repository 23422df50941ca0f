"""Where every random number of a run comes from."""

from collections.abc import Mapping

import numpy as np

#: Seed of a run: one number for all sources of randomness, or one for each of them by its name.
Seed = int | Mapping[str, int]


def seed_for(experiment: str, seed: Seed, source: str) -> int:
    """An integer seed for one source of randomness in one run.

    All descend from one ``numpy.random.SeedSequence`` per (experiment, seed): each source is a
    child of it, keyed by its name. So no two experiments, seeds or sources share a stream, a
    new source leaves the others as they were, and nothing touches a global generator.

    Parameters
    ----------
    experiment : str
        Name of the experiment.
    seed : int or mapping of str to int
        The run's seed, as in the configuration; or a seed for each source, of which those left
        equal between two runs give both the same random numbers.
    source : str
        What the seed is for, such as ``"network"`` or ``"stimulus"``.

    Returns
    -------
    int
        A seed in [0, 2**31): Nengo takes no larger ones.
    """
    key = f"{experiment}/{source}".encode()
    entropy = seed[source] if isinstance(seed, Mapping) else seed
    child = np.random.SeedSequence(entropy=entropy, spawn_key=tuple(key))
    return int(child.generate_state(1, np.uint32)[0] >> 1)
