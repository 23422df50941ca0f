"""Run a Nengo network so that it gives the same bits every time."""

import nengo
import numpy as np
from nengo.builder import Model
from threadpoolctl import threadpool_limits


def run(
    network: nengo.Network, duration: float, dt: float, probes: dict[str, nengo.Probe]
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Simulate a network and return its time axis and the data of its probes.

    Three things that change the last bits are ruled out: Nengo's operator merging follows
    memory addresses (``optimize=False``), its decoder cache rounds (a model of our own has
    none), and a BLAS that splits its sums between threads (one thread).

    Parameters
    ----------
    network : nengo.Network
        The network; its seed fixes everything random in it.
    duration : float
        Simulated time in seconds.
    dt : float
        Time step in seconds.
    probes : dict of str to nengo.Probe
        The probes to read, by the names they get in the result.

    Returns
    -------
    time : numpy.ndarray, shape (steps,)
        Seconds; the first entry is ``dt``.
    data : dict of str to numpy.ndarray, shape (steps, dimensions)
        What each probe recorded.
    """
    # Nengo's builder draws from NumPy's global generator, and drops what it drew.
    global_state = np.random.get_state()  # noqa: NPY002
    try:
        return _run(network, duration, dt, probes)
    finally:
        np.random.set_state(global_state)  # noqa: NPY002


def _run(
    network: nengo.Network, duration: float, dt: float, probes: dict[str, nengo.Probe]
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    with (
        threadpool_limits(limits=1),
        nengo.Simulator(
            network, dt=dt, model=Model(dt=dt), optimize=False, progress_bar=False
        ) as simulator,
    ):
        simulator.run(duration)
        return (
            simulator.trange(),
            {name: simulator.data[probe].copy() for name, probe in probes.items()},
        )
