"""What stimuli evoke: responses of one trial, from the level that they had before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd

#: How long a level is averaged before the conditioned stimulus, before the unconditioned one, and
#: before both go off, seconds. The largest of many values would hold noise; their mean does not.
BASELINE = 0.05

#: A response has begun where it leaves its level by so many standard deviations of its noise, and
#: for so many seconds: twice the time constant of the filter through which it is seen.
NOISE_DEVIATIONS, HELD = 3, 0.02

Traces = TypeVar("Traces", pd.Series, pd.DataFrame)

#: Times are multiples of the time step but for rounding, which is far below this, in seconds.
ROUNDING = 1e-9


def between(traces: Traces, start: float, end: float) -> Traces:
    """The part of traces, by seconds in ascending order, after a start and up to an end."""
    limits = np.add((start, end), ROUNDING)
    first, last = np.searchsorted(traces.index.to_numpy(float), limits, side="right")
    return traces.iloc[first:last]


def first_above(response: pd.Series, threshold: float, never: float) -> float:
    """When a response, by seconds, first comes to lie above a threshold for :data:`HELD`.

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
    time = response.index.to_numpy(float)
    ends = np.flatnonzero(response.to_numpy() <= threshold)
    # Between two times at which it does not, or the ends, it does.
    begins = np.concatenate([[0], ends + 1])
    lasts = np.concatenate([ends, [len(time)]]) - 1
    held = [
        time[a] for a, b in zip(begins, lasts, strict=True) if a <= b and time[b] - time[a] >= HELD
    ]
    return float(held[0]) if held else never


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
        ``cr_peak``, ``ur_peak``, ``crosstalk``: what the evoked CR, UR and largest other CR come to
        while both stimuli are on, a mean over the last :data:`BASELINE` of it. ``cr_rise``: the
        evoked CR just before the unconditioned one comes, a mean over as long. ``cr_tonic``: the
        level of the CR before the trial. ``cr_onset``: seconds from the onset of the UR, after that
        of the unconditioned stimulus, to that of the CR; a response that never comes counts as if
        it came at the end. ``cr_missing``: 1 where the CR never comes, 0 otherwise. The last two
        are NaN where the noise is.
    """
    level = between(responses, trial.cs - BASELINE, trial.cs).mean()
    from_level = between(responses, trial.cs, trial.end) - level
    peaks = between(from_level, trial.off - BASELINE, trial.off).mean()
    begin = {
        name: first_above(
            between(from_level[name], since, trial.end), NOISE_DEVIATIONS * noise[name], trial.end
        )
        for name, since in ((cr, trial.cs), (ur, trial.us))
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
