"""A client that waits for an answer for so long and no longer, however slowly it comes."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from time import monotonic
from typing import Any

from mlflow import MlflowClient

#: Seconds for all that a call asks a server, tries that failed included. MLflow's own limit begins
#: anew with every byte that arrives.
LONGEST = 300.0


class SlowError(RuntimeError):
    """An answer did not come to its end in time."""


class PatientClient(MlflowClient):
    """MLflow's client, each call of which takes :data:`LONGEST` at most in the main thread."""

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name.startswith("_") or not callable(found):
            return found
        return _limited(found)


def _limited(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def limited(*args: Any, **kwargs: Any) -> Any:
        with _alarm():
            return function(*args, **kwargs)

    return limited


def _ring(*_: object) -> None:
    raise SlowError(f"the answer of the server is not complete after {LONGEST:.0f} s")


@contextmanager
def _alarm() -> Iterator[None]:
    """Raise an error where this lasts too long. Another alarm that is set goes on afterwards."""
    within = signal.getsignal(signal.SIGALRM) is _ring  # a call that a call makes has no limit
    if within or threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGALRM, _ring)
    begun, left = monotonic(), signal.setitimer(signal.ITIMER_REAL, LONGEST)[0]
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(left - (monotonic() - begun), 1e-3))
