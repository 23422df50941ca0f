"""When the trials of conditioning are, and when no stimulus evokes a response."""

from dataclasses import dataclass

import numpy as np

from snnlearn.experiments.conditioning import CS_ONSET, TRIAL

#: The time before the CS onset that is drawn of a trial, seconds.
BEFORE_ONSET = 0.1

#: A trial is drawn with no more points than the panel can show.
MAX_TRIAL_POINTS = 250

#: When a trial is, by the gate at its CS onset.
PHASES = ("before", "during", "after")

#: How long before the onset of each CS it is averaged, seconds.
BASELINE = 0.05


@dataclass(frozen=True)
class Trial:
    """One presentation of a CS.

    Attributes
    ----------
    onset : float
        When the CS comes on, in seconds.
    phase : str
        One of :data:`PHASES`.
    steps : slice
        The time steps that are drawn.
    """

    onset: float
    phase: str
    steps: slice


def trials_of(time: np.ndarray, gate: np.ndarray, pair: int, n_pairs: int) -> list[Trial]:
    """The complete trials of one pair, in their order.

    Parameters
    ----------
    time : numpy.ndarray, shape (steps,)
        Seconds, at equal distances; the simulation begins at 0.
    gate : numpy.ndarray, shape (steps,)
        0 where learning is on.
    pair : int
        Which pair, from 0: it takes one second of each cycle.
    n_pairs : int
        Number of pairs, and seconds in a cycle.

    Returns
    -------
    list of Trial
        One for each CS onset that is followed by a whole trial.
    """
    half_step = time[0] / 2
    open_ = time[gate == 0]
    every = max(1, round(TRIAL / time[0]) // MAX_TRIAL_POINTS)
    trials = []
    for onset in np.arange(pair + CS_ONSET, time[-1] - TRIAL + half_step, n_pairs):
        first, last = np.searchsorted(
            time, [onset - BEFORE_ONSET + half_step, onset + TRIAL + half_step]
        )
        began, ended = (np.any(open_ <= onset), np.all(open_ <= onset))
        phase = "before" if not began else "after" if ended else "during"
        trials.append(Trial(float(onset), phase, slice(int(first), int(last), every)))
    return trials


def before_onsets(time: np.ndarray, gate: np.ndarray, n_pairs: int) -> np.ndarray:
    """When, after learning, a CS is about to come: the level of responses then is evoked by none.

    Parameters
    ----------
    time, gate : numpy.ndarray, shape (steps,)
        As in :func:`trials_of`.
    n_pairs : int
        Number of pairs.

    Returns
    -------
    numpy.ndarray of bool, shape (steps,)
        Whether it is within :data:`BASELINE` before the onset of a CS.
    """
    trials = [trial for pair in range(n_pairs) for trial in trials_of(time, gate, pair, n_pairs)]
    quiet = np.zeros(len(time), dtype=bool)
    for trial in trials:
        if trial.phase == "after":
            quiet |= (time > trial.onset - BASELINE) & (time <= trial.onset)
    return quiet
