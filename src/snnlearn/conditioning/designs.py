"""Designs of conditioning: which stimuli are presented, in which order, when, and what follows.

They are written as the field writes them: a phase such as ``20 A+`` has 20 trials in which the
stimulus A is followed by the unconditioned one, ``20 AX-`` has 20 of the compound of A and X
without it, and ``20 A+ X+`` has 20 of each, in turn. A trial of nothing at all is ``-``.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

#: A trial begins with the CS, and the next one so many seconds later; the first after the ensembles
#: have settled, as in the chapter.
TRIAL, FIRST = 1.0, 0.7

#: The gate closes so long before the first test, seconds.
CLOSED = 0.1

#: Classical designs, phase by phase, and vectors of their stimuli, which share no dimension.
BATTERY: dict[str, tuple[str, ...]] = {
    "acquisition": ("20 A+",),
    "extinction": ("20 A+", "20 A-"),
    "rest": ("20 A+", "20 A-", "20 -"),
    "reacquisition": ("20 A+", "20 A-", "20 A+"),
    "blocking": ("20 A+", "20 AX+"),
    "blocking_control": ("20 B+", "20 AX+"),
    "overshadowing": ("20 AX+",),
    "preexposure": ("20 A-", "20 A+"),
    "preexposure_control": ("20 -", "20 A+"),
    "overexpectation": ("20 A+ X+", "20 AX+"),
    "overexpectation_control": ("20 A+ X+", "20 -"),
    "inhibition": ("20 A+ B+ AX-",),
}
STIMULI: dict[str, tuple[float, ...]] = {
    "A": (0.7, 0.0, 0.0),
    "B": (0.0, 0.0, 0.7),
    "X": (0.0, 0.7, 0.0),
}

_PHASE = re.compile(r"(\d{1,4})((?: [A-Z]*[+-])+)")


@dataclass(frozen=True)
class Trial:
    """One trial.

    Attributes
    ----------
    stimuli : str
        The conditioned stimuli, a letter each; empty where there is none.
    reinforced : bool
        Whether the unconditioned stimulus follows.
    """

    stimuli: str
    reinforced: bool


def trials(phase: str) -> Iterator[Trial]:
    """The trials of a phase.

    Parameters
    ----------
    phase : str
        Such as ``20 A+ X-``.

    Yields
    ------
    Trial
        Each trial, in order.

    Raises
    ------
    ValueError
        If it is not written as a phase is; the message shows how.
    """
    match = _PHASE.fullmatch(phase)
    if match is None or int(match[1]) == 0:
        raise ValueError(
            f"{phase!r} is no phase of a design: it is written as '20 A+', 20 trials of A followed "
            "by the US, '20 AX-', of A and X together without it, '20 A+ X-', 20 of each in turn, "
            "or '20 -', 20 of nothing"
        )
    kinds = [Trial(kind[:-1], kind[-1] == "+") for kind in match[2].split()]
    for _ in range(int(match[1])):
        yield from kinds


def all_trials(phases: Sequence[str]) -> list[Trial]:
    """The trials of all phases of a design, in order."""
    return [trial for phase in phases for trial in trials(phase)]


def letters(phases: Sequence[str]) -> set[str]:
    """The conditioned stimuli that are presented in some phases."""
    return {letter for trial in all_trials(phases) for letter in trial.stimuli}


class Schedule:
    """One design in time, with the tests that follow when learning is over.

    Parameters
    ----------
    learned, tests : sequence of Trial
        The trials in which the gate of learning is open, and those that follow.
    stimuli : mapping of str to numpy.ndarray, shape (dimensions,)
        The vector of each CS; that of a compound is their sum, and the US is the first unit vector.
    cs_on, us_on : (float, float)
        When the CS and the US come on and go off, in seconds from the beginning of a trial.
    """

    def __init__(
        self,
        learned: Sequence[Trial],
        tests: Sequence[Trial],
        stimuli: Mapping[str, np.ndarray],
        cs_on: tuple[float, float],
        us_on: tuple[float, float],
    ) -> None:
        self._trials = [*learned, *tests]
        self._end = FIRST + TRIAL * len(learned) - CLOSED
        self._none = np.zeros_like(next(iter(stimuli.values())), float)
        self._cs = [sum((stimuli[cs] for cs in t.stimuli), self._none) for t in self._trials]
        self._us = [np.eye(len(self._none))[0] * trial.reinforced for trial in self._trials]
        self.cs_on, self.us_on = cs_on, us_on

    @property
    def duration(self) -> float:
        """How long the design takes with its tests, seconds."""
        return FIRST + TRIAL * len(self._trials)

    def onsets(self) -> Iterator[tuple[float, Trial]]:
        """When each trial begins, in seconds, and the trial."""
        for number, trial in enumerate(self._trials):
            yield FIRST + TRIAL * number, trial

    def cs(self, t: float) -> np.ndarray:
        """The CS at a time in seconds, shape (dimensions,)."""
        return self._at(t, self._cs, *self.cs_on)

    def us(self, t: float) -> np.ndarray:
        """The US at a time in seconds, shape (dimensions,)."""
        return self._at(t, self._us, *self.us_on)

    def gate(self, t: float) -> float:
        """The signal that inhibits learning: 0 while the gate is open, 1 otherwise (``t`` in s)."""
        return float(t > self._end)

    def _at(self, t: float, vectors: Sequence[np.ndarray], on: float, off: float) -> np.ndarray:
        number, within = divmod(t - FIRST, TRIAL)
        if 0 <= number < len(vectors) and on < within <= off:
            return vectors[int(number)]
        return self._none
