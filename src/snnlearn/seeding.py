"""Where every random number of a run comes from."""

import numpy as np


def seed_for(experiment: str, seed: int, source: str) -> int:
    """An integer seed for one source of randomness in one run.

    All descend from one ``numpy.random.SeedSequence`` per (experiment, seed): each source is a
    child of it, keyed by its name. So no two experiments, seeds or sources share a stream, a
    new source leaves the others as they were, and nothing touches a global generator.

    Parameters
    ----------
    experiment : str
        Name of the experiment.
    seed : int
        The run's seed, as in the configuration.
    source : str
        What the seed is for, such as ``"network"`` or ``"stimulus"``.

    Returns
    -------
    int
        A seed in [0, 2**31): Nengo takes no larger ones.
    """
    key = f"{experiment}/{source}".encode()
    child = np.random.SeedSequence(entropy=seed, spawn_key=tuple(key))
    return int(child.generate_state(1, np.uint32)[0] >> 1)
