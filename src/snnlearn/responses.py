"""What stimuli evoke: responses of one trial, from the level that they had before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd

#: How long before the conditioned stimulus a level is averaged, and before the unconditioned one
#: what has risen until then, seconds.
BASELINE = 0.05

#: A response has begun where it leaves its level by so many standard deviations of its noise.
NOISE_DEVIATIONS = 3

Traces = TypeVar("Traces", pd.Series, pd.DataFrame)

#: Times are multiples of the time step but for rounding, which is far below this, in seconds.
ROUNDING = 1e-9


def between(traces: Traces, start: float, end: float) -> Traces:
    """The part of traces, by seconds, that comes after a start and up to an end."""
    time = traces.index.to_numpy(float)
    return traces[(time > start + ROUNDING) & (time <= end + ROUNDING)]


def first_above(response: pd.Series, threshold: float, never: float) -> float:
    """When a response, by seconds, first lies above a threshold.

    Parameters
    ----------
    response : pandas.Series
        The response.
    threshold : float
        The threshold; where it is NaN, so is the time.
    never : float
        What stands for the time of a response that never does.

    Returns
    -------
    float
        The time in seconds.
    """
    if np.isnan(threshold):
        return float("nan")
    above = response.to_numpy() > threshold
    return float(response.index.to_numpy()[above.argmax()]) if above.any() else never


def change(values: Sequence[float]) -> float:
    """The last of some values minus the first; NaN where there are no two."""
    return float(values[-1] - values[0]) if len(values) > 1 else float("nan")


@dataclass(frozen=True)
class Trial:
    """Times of one pairing of stimuli, in seconds.

    Attributes
    ----------
    cs, us : float
        When the conditioned and the unconditioned stimulus come on.
    off : float
        When both go off.
    end : float
        When the trial is over.
    """

    cs: float
    us: float
    off: float
    end: float


def evoked(
    responses: pd.DataFrame, cr: str, ur: str, others: Sequence[str], trial: Trial, noise: pd.Series
) -> dict[str, float]:
    """What the stimuli of one trial evoke.

    A response is evoked as far as it leaves the level that it had before the conditioned stimulus
    came: a level that is there without any stimulus is evoked by none.

    Parameters
    ----------
    responses : pandas.DataFrame
        Responses by seconds.
    cr, ur : str
        The conditioned and the unconditioned response of the pair.
    others : sequence of str
        The conditioned responses of other pairs.
    trial : Trial
        The trial.
    noise : pandas.Series
        The standard deviation of each response without a stimulus.

    Returns
    -------
    dict of str to float
        ``cr_peak``, ``ur_peak``, ``crosstalk``: the largest evoked CR, UR and other CR while the
        unconditioned stimulus is on. ``cr_rise``: the evoked CR just before it comes, a mean over
        :data:`BASELINE`. ``cr_tonic``: the level of the CR before the trial. ``cr_onset``: seconds
        from the onset of the UR to that of the CR; a response that never comes counts as if it came
        at the end. ``cr_missing``: 1 where the CR never comes, 0 otherwise. The last two are NaN
        where the noise is.
    """
    level = between(responses, trial.cs - BASELINE, trial.cs).mean()
    from_level = between(responses, trial.cs, trial.end) - level
    peaks = between(from_level, trial.us, trial.off).max()
    begin = {
        name: first_above(from_level[name], NOISE_DEVIATIONS * noise[name], trial.end)
        for name in (cr, ur)
    }
    return {
        "cr_peak": float(peaks[cr]),
        "ur_peak": float(peaks[ur]),
        "crosstalk": float(max((peaks[other] for other in others), default=0.0)),
        "cr_rise": float(between(from_level[cr], trial.us - BASELINE, trial.us).mean()),
        "cr_tonic": float(level[cr]),
        "cr_onset": begin[cr] - begin[ur],
        "cr_missing": float("nan") if np.isnan(begin[cr]) else float(begin[cr] == trial.end),
    }
