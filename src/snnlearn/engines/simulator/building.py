"""Build a Nengo network into operators and signals, with the same bits every time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import nengo
import numpy as np
from nengo.builder import Model
from nengo.cache import NoDecoderCache
from nengo.solvers import LstsqL2
from nengo.utils.least_squares_solvers import Cholesky
from scipy.linalg import cho_factor, cho_solve

from snnlearn.engines import blas, tuning


@dataclass(frozen=True)
class Probed:
    """A network, and what to record of it.

    Attributes
    ----------
    network : nengo.Network
        The network.
    probes : dict of str to nengo.Probe
        The probes to read, by the names they get in the result.
    """

    network: nengo.Network
    probes: dict[str, nengo.Probe]


def build(network: nengo.Network, dt: float) -> Model:
    """Build a network.

    Two things that change the last bits are ruled out: Nengo's decoder cache, which rounds, and
    a BLAS that splits its sums between threads.

    Parameters
    ----------
    network : nengo.Network
        The network; its seed fixes everything random in it.
    dt : float
        Time step in seconds.

    Returns
    -------
    nengo.builder.Model
        The built model.
    """
    model = Model(dt=dt, decoder_cache=SharedActivities())
    # Nengo's builder draws from NumPy's global generator, and drops what it drew.
    global_state = np.random.get_state()  # noqa: NPY002
    try:
        with blas.one_thread():
            model.build(network)
    finally:
        np.random.set_state(global_state)  # noqa: NPY002
    return model


class SharedActivities(NoDecoderCache):  # type: ignore[misc]
    """Solve all decoders of an ensemble with one factorization, which gives the same bits.

    Nengo computes the ensemble's activities, their Gram matrix and its Cholesky factor anew for
    each connection and probe, though they depend on the ensemble only (``LstsqL2`` and
    ``Cholesky`` in Nengo 4.1; other solvers are left alone). That is most of the time it takes
    to build a network of large ensembles.
    """

    def __init__(self) -> None:
        self._known: dict[Any, tuple[np.ndarray, np.ndarray, Any]] = {}

    def wrap_solver(self, solver_fn: Callable[..., Any]) -> Callable[..., Any]:
        """Nengo's hook: take the place of ``solve_for_decoders``."""

        def solve(
            conn: nengo.Connection,
            gain: np.ndarray,
            bias: np.ndarray,
            x: np.ndarray,
            targets: np.ndarray,
            rng: Any,
        ) -> Any:
            solver, neurons = conn.solver, conn.pre_obj.neuron_type
            plain = type(solver) is LstsqL2 and solver.solver == Cholesky(transpose=None)
            if not plain or len(x) < conn.pre_obj.n_neurons:
                return solver_fn(conn, gain, bias, x, targets, rng)
            key = (conn.pre_obj, solver.reg)
            if key not in self._known or not np.array_equal(self._known[key][0], x):
                activities = tuning.rates(neurons, x, gain, bias)
                if not activities.any():
                    return solver_fn(conn, gain, bias, x, targets, rng)  # raises Nengo's error
                gram = np.dot(activities.T, activities)
                noise = len(x) * (solver.reg * activities.max()) ** 2
                np.fill_diagonal(gram, gram.diagonal() + noise)
                self._known[key] = x, activities, cho_factor(gram, overwrite_a=True)
            _, activities, factor = self._known[key]
            return cho_solve(factor, np.dot(activities.T, targets)), {}

        return solve
