"""SIGTERM while Snakemake's main thread holds the lock of its scheduler."""

import os
import signal
import threading
import time
from types import SimpleNamespace

import pytest
from snakemake.api import Workflow  # noqa: F401  (first: Snakemake imports in a circle)
from snakemake.scheduling.job_scheduler import JobScheduler

from snnlearn.jobs import stopping


class WaitedError(Exception):
    """The handler has waited for a lock that its own thread holds."""


@pytest.fixture
def scheduler(monkeypatch):
    """What Snakemake's handler needs of a scheduler, with the handler in place."""
    there = SimpleNamespace(
        _lock=threading.Lock(), _open_jobs=threading.Semaphore(0), _user_kill=None
    )
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGALRM)
    signal.signal(signal.SIGTERM, lambda *received: JobScheduler.exit_gracefully(there, *received))

    def waited(*_: object) -> None:
        raise WaitedError

    signal.signal(signal.SIGALRM, waited)
    signal.alarm(2)
    yield there
    signal.alarm(0)
    signal.signal(signal.SIGTERM, before[0])
    signal.signal(signal.SIGALRM, before[1])


def terminate_while_it_is_locked(scheduler) -> None:
    with scheduler._lock:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.1)  # in which the signal comes


def test_snakemake_alone_waits_for_itself(scheduler):
    """Once it does not, nothing has to be done about it."""
    with pytest.raises(WaitedError):
        terminate_while_it_is_locked(scheduler)


def test_it_stops_as_soon_as_the_lock_is_free(scheduler):
    stopping.without_waiting_for_itself()
    terminate_while_it_is_locked(scheduler)
    assert scheduler._open_jobs.acquire(timeout=1)
    assert scheduler._user_kill == "graceful"


def test_where_nobody_listens_nothing_changes(monkeypatch):
    monkeypatch.setattr(signal, "getsignal", lambda _: signal.SIG_DFL)
    monkeypatch.setattr(signal, "signal", lambda *_: pytest.fail("a handler was set"))
    stopping.without_waiting_for_itself()
