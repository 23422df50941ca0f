"""How far a long job is: the message that says so begins with it, as in ``60 %: seed 11 …``.

Jobs log such messages, and :mod:`snakemake_logger_plugin_snnlearn` reads them in the jobs' logs.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from time import perf_counter

#: Seconds between two messages of one piece of work.
BETWEEN_MESSAGES = 10.0

#: The form of the lines in a job's log.
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

#: An environment variable; where it is set, a display of all jobs shows what they say.
DISPLAYED = "SNNLEARN_DISPLAYED"

_LINE = re.compile(r"^\S+ \S+ ([A-Z]+) snnlearn[.\w]*: (.*)$", re.MULTILINE)
_SHARE = re.compile(r"(\d+(?:\.\d)?) %: ")

#: Where the part of a job that is being done begins and ends.
_PART: ContextVar[tuple[float, float]] = ContextVar("part", default=(0.0, 1.0))


class Progress:
    """Logs how far a piece of work is, though not more often than one cares to read.

    Parameters
    ----------
    logger : logging.Logger
        Where to.
    """

    def __init__(self, logger: logging.Logger) -> None:
        self._logger, self._last = logger, perf_counter()

    def tell(self, share: float, message: str, *args: object, always: bool = False) -> bool:
        """Log a message, or leave it if the last one is not long ago.

        Parameters
        ----------
        share : float
            How much of the job, or of the part of it that is being done, is done, from 0 to 1.
        message : str
            The message, with placeholders in the manner of :mod:`logging`.
        *args : object
            What to put in their places.
        always : bool
            Whether it is logged in any case.

        Returns
        -------
        bool
            Whether it was logged.
        """
        now = perf_counter()
        wanted = always or now - self._last >= BETWEEN_MESSAGES
        if wanted:
            self._last = now
            start, stop = _PART.get()
            of_all = stop if share == 1 else start + share * (stop - start)
            tenths = int(1000 * of_all)  # rounded down: only what is done is 100 %
            self._logger.info(f"%g %%: {message}", tenths / 10, *args)
        return wanted


def parts(n: int) -> Iterator[AbstractContextManager[None]]:
    """The n equal parts of a job, as contexts: within each, shares are those of the part."""
    return (_part(number / n, (number + 1) / n) for number in range(n))


@contextmanager
def _part(start: float, stop: float) -> Iterator[None]:
    before = _PART.set((start, stop))
    try:
        yield
    finally:
        _PART.reset(before)


def messages_in(log: str) -> list[tuple[str, str]]:
    """Level and first line of each message of this package in the text of a job's log."""
    return _LINE.findall(log)


def share_in(message: str) -> float | None:
    """How much is done according to a message, from 0 to 1; None where it does not say."""
    found = _SHARE.match(message)
    return float(found[1]) / 100 if found else None


def duration(seconds: float) -> str:
    """A time span in words: ``42 s``, ``3 min 12 s``, ``2 h 5 min``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_left} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
