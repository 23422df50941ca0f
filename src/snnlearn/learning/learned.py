"""How well functions of an input are learned over time, and what theory says of it before a run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import nengo
import numpy as np
import pandas as pd
from nengo.builder import Model
from numpy.typing import ArrayLike

from snnlearn.engines import tuning
from snnlearn.learning import pes

#: What can be learned of the two numbers that come in, shape (..., 2).
FUNCTIONS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "identity": lambda x: x[..., 0],
    "square": lambda x: x[..., 0] ** 2,
    "product": lambda x: x[..., 0] * x[..., 1],
}

#: What bins of time belong to in which is learned.
LEARNING = "learning"

#: The end of learning, and what comes when it is over. In the first two the input is the same.
PHASES = ("end", "retention", "generalization", "extrapolation")

#: What PES is predicted to do: by the modes of LMS on average, and by its recursion step by step.
THEORIES = ("modes", "steps")

#: Seconds at the beginning of each phase that do not count: the input has jumped.
SETTLING = 0.1

#: The share of the target that may be left of the error, beyond that offline, in a fast learner.
FAST = 0.1


@dataclass(frozen=True)
class Part:
    """A part of the time.

    Attributes
    ----------
    phase : str
        :data:`LEARNING` of a bin, or one of :data:`PHASES`.
    middle : float
        Its middle, seconds.
    counts : numpy.ndarray of bool, shape (steps,)
        Which steps count.
    """

    phase: str
    middle: float
    counts: np.ndarray


@dataclass(frozen=True)
class Times:
    """When is learned, and when is tested.

    Attributes
    ----------
    learning, test, bin_width, dt : float
        How long is learned, how long each test takes, over how long errors are averaged while
        there is learning, and the time step; seconds.
    """

    learning: float
    test: float
    bin_width: float
    dt: float

    @property
    def duration(self) -> float:
        """Simulated time in seconds."""
        return self.learning + (len(PHASES) - 1) * self.test

    def learns(self, time: np.ndarray) -> np.ndarray:
        """At which times in seconds there is learning; their shape."""
        return time < self.learning + self.dt / 2

    def parts(self, time: np.ndarray, stimulus: np.ndarray) -> list[Part]:
        """Bins of learning, then phases.

        Parameters
        ----------
        time : numpy.ndarray, shape (steps,)
            Seconds.
        stimulus : numpy.ndarray, shape (steps, dimensions)
            What comes in; of extrapolation only points beyond a distance of 1 count.

        Returns
        -------
        list of Part
            In the order of time. The end of learning is in its last bins, too.
        """
        starts = np.arange(int(self.learning / self.bin_width + 1e-9)) * self.bin_width
        spans = [(LEARNING, float(start), float(start + self.bin_width)) for start in starts]
        for number, phase in enumerate(PHASES):
            end = self.learning + number * self.test
            spans.append((phase, end - self.test + SETTLING, end))
        found = []
        for phase, start, end in spans:
            counts = (time > start + self.dt / 2) & (time < end + self.dt / 2)
            if phase == "extrapolation":
                counts &= np.linalg.norm(stimulus, axis=1) > 1
            found.append(Part(phase, (start + end) / 2, counts))
        return found


def roots(values: np.ndarray, parts: Sequence[Part]) -> np.ndarray:
    """Root mean square of values, shape (steps,), in each part; NaN where no step counts."""
    return np.array(
        [
            np.sqrt(np.mean(np.square(values[part.counts]))) if part.counts.any() else np.nan
            for part in parts
        ]
    )


def errors(decoded: np.ndarray, target: np.ndarray, parts: Sequence[Part]) -> pd.DataFrame:
    """How far what is decoded is from its target.

    Parameters
    ----------
    decoded, target : numpy.ndarray, shape (steps,)
        Dimensionless, with the same filters.
    parts : sequence of Part
        The parts of the time.

    Returns
    -------
    pandas.DataFrame
        A row per part: ``phase``, ``time`` (its middle, seconds), ``rms_error``, ``rms_target``
        and their ratio ``nrmse``.
    """
    of_error, of_target = roots(decoded - target, parts), roots(target, parts)
    table = pd.DataFrame([(part.phase, part.middle) for part in parts], columns=["phase", "time"])
    return table.assign(rms_error=of_error, rms_target=of_target, nrmse=of_error / of_target)


def pace(course: ArrayLike, offline: ArrayLike, bin_width: float) -> dict[str, float]:
    """How long it takes to learn what decoders found offline can do.

    Parameters
    ----------
    course, offline : array-like, shape (bins,)
        NRMSE while there is learning, and that of decoders found offline.
    bin_width : float
        Seconds.

    Returns
    -------
    dict of str to float
        In seconds. ``time``: from when on the error of every bin is at most :data:`FAST` above that
        offline; NaN where that of the last one is more. ``lag``: the time integral of the
        error above that offline, over what there is to learn, 1 minus the mean error offline: the
        time constant, where the error decays exponentially.
    """
    best = np.asarray(offline, float)
    above = np.asarray(course, float) - best
    slow = np.flatnonzero(above > FAST)
    bins = slow[-1] + 1 if len(slow) > 0 else 0
    lag = np.sum(above) * bin_width / (1 - best.mean())
    return {"time": bins * bin_width if bins < len(above) else np.nan, "lag": float(lag)}


def predicted(
    model: Model,
    stimulus: np.ndarray,
    wanted: np.ndarray,
    learning_rate: np.ndarray,
    parts: Sequence[Part],
    dt: float,
) -> dict[str, np.ndarray]:
    """What theory says of the NRMSE with PES before a run, without noise and synapses.

    Parameters
    ----------
    model : nengo.builder.Model
        A network whose ensemble ``pre`` represents the stimulus, built.
    stimulus : numpy.ndarray, shape (steps, dimensions)
        What comes in.
    wanted : numpy.ndarray, shape (steps,)
        What is to be decoded of it.
    learning_rate : numpy.ndarray, shape (steps,)
        η at each step, in seconds: the same, then 0 where nothing is learned any more.
    parts : sequence of Part
        The parts of the time.
    dt : float
        Time step in seconds.

    Returns
    -------
    dict of str to numpy.ndarray, shape (parts,)
        By :data:`THEORIES`: that of the decoders of :func:`snnlearn.learning.pes.in_modes` in the
        middle of each part, and that of :func:`snnlearn.learning.pes.error`.
    """
    (pre,) = (one for one in model.toplevel.all_ensembles if one.label == "pre")
    rates = rates_of(model, pre, stimulus)
    steps = np.count_nonzero(learning_rate)
    learned = np.minimum([part.middle for part in parts], steps * dt)
    decoders = pes.in_modes(rates[:steps], wanted[:steps], learning_rate[0], learned)
    of_modes = [
        roots(rates @ of_part - wanted, [part])[0]
        for part, of_part in zip(parts, decoders, strict=True)
    ]
    by_steps = pes.error(rates, np.zeros(pre.n_neurons), wanted, learning_rate, dt)
    of_target = roots(wanted, parts)
    found = np.array(of_modes), roots(by_steps, parts)
    return {name: each / of_target for name, each in zip(THEORIES, found, strict=True)}


def rates_of(model: Model, pre: nengo.Ensemble, stimulus: np.ndarray) -> np.ndarray:
    """Firing rates in hertz of an ensemble at each stimulus, shape (steps, neurons)."""
    built = model.params[pre]
    projected = stimulus @ built.encoders.T / pre.radius
    return tuning.rates(pre.neuron_type, projected, built.gain, built.bias)
