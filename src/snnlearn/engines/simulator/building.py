"""Build a Nengo network into operators and signals, with the same bits every time."""

from dataclasses import dataclass
from typing import Any

import nengo
import numpy as np
from nengo.builder import Builder, Model
from nengo.builder.connection import build_decoders, get_targets
from nengo.builder.operator import Operator
from nengo.builder.processes import SimProcess
from nengo.solvers import LstsqL2
from nengo.synapses import LinearFilter
from nengo.utils.least_squares_solvers import Cholesky
from nengo.utils.numpy import maxint
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
    model = _Model(dt=dt, builder=SharedActivities())
    # Nengo's builder draws from NumPy's global generator, and drops what it drew.
    global_state = np.random.get_state()  # noqa: NPY002
    try:
        with blas.one_thread():
            model.build(network)
    finally:
        np.random.set_state(global_state)  # noqa: NPY002
    _give_seeds(model)
    return model


def seed_of_rest(model: Model) -> int:
    """The seed of what is drawn while a network runs, which Nengo takes one after its own."""
    return int(model.seeds[model.toplevel]) + 1


def _give_seeds(model: Model) -> None:
    """Give processes without a seed one from the network's, in the order they were built in.

    Nengo draws them in the order of its steps, which memory addresses may change.
    """
    rng = np.random.RandomState(seed_of_rest(model))
    for operator in model.operators:
        if not isinstance(operator, SimProcess) or isinstance(operator.process, LinearFilter):
            continue
        process = operator.process
        if process.seed is None:
            operator.process = object.__new__(type(process))
            operator.process.__setstate__(process.__getstate__() | {"seed": rng.randint(maxint)})


class _Model(Model):  # type: ignore[misc]
    """Nengo's model, which does not look up for each operator whether it is to try it at once."""

    def add_op(self, op: Operator) -> None:
        """Add an operator."""
        self.operators.append(op)


class SharedActivities(Builder):  # type: ignore[misc]
    """Nengo's builder, but that it solves the decoders of an ensemble with one factorization.

    The bits are the same. Nengo computes the ensemble's activities, their Gram matrix and its
    Cholesky factor anew for each connection and probe, though they depend on the ensemble only
    (``build_decoders``, ``LstsqL2`` and ``Cholesky`` in Nengo 4.1; other solvers are left alone).
    That is most of the time it takes to build a network of large ensembles.
    """

    def __init__(self) -> None:
        self._factors: dict[Any, tuple[np.ndarray, Any]] = {}
        self._decoders: dict[Any, np.ndarray] = {}

    def build(self, model: Model, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Build a part of a network into the model."""
        if type(obj) is LstsqL2 and obj.solver == Cholesky(transpose=None):
            return self._solve(model, obj, *args, **kwargs)
        return super().build(model, obj, *args, **kwargs)

    def _solve(
        self, model: Model, solver: LstsqL2, conn: nengo.Connection, rng: Any
    ) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
        """What ``build_decoders`` gives: points, decoders of shape (size, neurons), and no more."""
        ensemble = conn.pre_obj
        points = model.params[ensemble].eval_points
        if conn.eval_points is not None or len(points) < ensemble.n_neurons:
            return build_decoders(model, conn, rng)
        of_ensemble = ensemble, solver.reg
        if of_ensemble not in self._factors:
            activities = self._activities(model, ensemble)
            if not activities.any():
                return build_decoders(model, conn, rng)  # which raises
            gram = np.dot(activities.T, activities)
            noise = len(points) * (solver.reg * activities.max()) ** 2
            np.fill_diagonal(gram, gram.diagonal() + noise)
            self._factors[of_ensemble] = activities, cho_factor(gram, overwrite_a=True)
        activities, factor = self._factors[of_ensemble]
        targets = get_targets(conn, points)
        of_function = *of_ensemble, targets.shape, targets.tobytes()
        if of_function not in self._decoders:
            self._decoders[of_function] = cho_solve(factor, np.dot(activities.T, targets))
        return points, self._decoders[of_function].T.copy("K"), {}

    def _activities(self, model: Model, ensemble: nengo.Ensemble) -> np.ndarray:
        built = model.params[ensemble]
        x = np.dot(built.eval_points, built.encoders.T / ensemble.radius)
        return tuning.rates(ensemble.neuron_type, x, built.gain, built.bias)
