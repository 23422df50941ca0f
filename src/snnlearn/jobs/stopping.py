"""Stop Snakemake by SIGTERM, whatever it is doing: what a scheduler or `kill` sends."""

import signal
from threading import Thread
from typing import Any


def without_waiting_for_itself() -> None:
    """Let what Snakemake does at SIGTERM happen in a thread of its own.

    Its scheduler waits there for a lock, which is not reentrant. A signal interrupts the main
    thread; where that one holds the lock, as it does each time that jobs have ended, Snakemake
    9.27 waits for itself, and for ever (``JobScheduler.exit_gracefully``).
    """
    stop = signal.getsignal(signal.SIGTERM)
    if not callable(stop):  # nobody listens
        return

    def in_a_thread(*received: Any) -> None:
        Thread(target=stop, args=received, daemon=True).start()

    signal.signal(signal.SIGTERM, in_a_thread)
