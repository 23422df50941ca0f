"""One writer at a time: whoever logs holds a lock that all of MLflow's stores can keep.

The lock is a registered model, whose name a store gives away once only, whatever machine asks for
it. Its description says who holds it. A holder says again and again that it lives; one that was
killed on this machine is known to be gone at once, and one elsewhere when it has been silent for
long. So a run that is not finished was left by a writer that is gone, and can be removed.
"""

import json
import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from snnlearn.tracking.advice import reason
from snnlearn.tracking.database import FAILURES, BusyError, connected
from snnlearn.tracking.settings import TrackingSettings

logger = logging.getLogger(__name__)

#: Seconds between two signs of life, after how many without one a holder is taken for dead, how
#: long the lock is waited for, and how often it is asked for.
SIGN, SILENCE, PATIENCE, PAUSE = 10.0, 60.0, 900.0, 1.0


def writing(settings: TrackingSettings) -> AbstractContextManager[Callable[[], None]]:
    """While this lasts, nobody else writes to the tracking address, who asks for it so.

    Returns
    -------
    context manager of callable
        As :func:`only_writer`.

    Raises
    ------
    BusyError
        On entering, if another writer does not come to an end.
    mlflow.exceptions.MlflowException, sqlalchemy.exc.SQLAlchemyError, requests.RequestException
        On entering or leaving, if the tracking address does not answer, or refuses.
    """
    lock = f"{settings.experiment_prefix}-is-being-written".replace("/", "-")
    return only_writer(connected(settings), lock)


@contextmanager
def only_writer(client: MlflowClient, lock: str) -> Iterator[Callable[[], None]]:
    """Wait until nobody else writes, and keep others from it.

    Parameters
    ----------
    client : mlflow.MlflowClient
        A client of the store.
    lock : str
        Name of the registered model that is the lock.

    Yields
    ------
    callable
        Raises a BusyError if this is not the only writer any more: it was silent for so long, on
        a machine that slept, say, that another one took it for dead. To be called before anything
        is written.

    Raises
    ------
    BusyError
        If another one does not come to an end.
    """
    token = _token()

    def still_ours() -> None:
        if (now := _holder(client, lock)) != token:
            raise BusyError(
                "another writer took this one for dead, which was silent for too long: "
                f"{_told(now) if now else 'it has ended since'}"
            )

    _acquire(client, lock, token)
    ended = threading.Event()
    living = threading.Thread(target=_live, args=(client, lock, token, ended), daemon=True)
    living.start()
    try:
        yield still_ours
    except BaseException:
        with suppress(*FAILURES):  # what failed is told
            _release(client, lock, token, ended, living)
        raise
    _release(client, lock, token, ended, living)


def _release(
    client: MlflowClient, lock: str, token: str, ended: threading.Event, living: threading.Thread
) -> None:
    ended.set()
    living.join()
    if _holder(client, lock) == token:
        _remove(client, lock)


def _acquire(client: MlflowClient, lock: str, token: str) -> None:
    started = asked = monotonic()
    last: tuple[str, int] | None = None
    while True:
        began = monotonic()
        try:
            client.create_registered_model(lock, description=token)
        except MlflowException as error:
            # The second, where the lock was given back in between.
            if error.error_code not in ("RESOURCE_ALREADY_EXISTS", "RESOURCE_DOES_NOT_EXIST"):
                raise
        else:
            # Who else found the last holder dead may be about to remove this one instead.
            sleep(PAUSE if last is not None else 0)
        seen = _seen(client, lock)
        if seen is None and monotonic() - started <= PATIENCE:
            sleep(PAUSE)
            continue
        if seen is None:
            raise BusyError(f"the registered model {lock} can neither be made nor found")
        # It may be there although there was an error: when the answer to the first try got lost.
        if seen[0] == token:
            return
        if last is None:
            logger.info("waiting for another writer to MLflow: %s", _told(seen[0]))
        # Where the store itself kept silent, nobody could give a sign of life.
        if seen != last or monotonic() - began > SIGN:
            last, asked = seen, monotonic()
        lives = _lives(seen[0])
        if lives is False or (lives is None and monotonic() - asked > SILENCE):
            if _seen(client, lock) == seen:
                logger.info("that writer is gone, and its lock is removed: %s", _told(seen[0]))
                _remove(client, lock)
        elif monotonic() - started > PATIENCE:
            raise BusyError(
                f"another writer has not come to an end in {PATIENCE / 60:.0f} minutes: "
                f"{_told(seen[0])}. If it is none, remove the registered model {lock} in MLflow."
            )
        else:
            sleep(PAUSE)


def _live(client: MlflowClient, lock: str, token: str, ended: threading.Event) -> None:
    """Tell again and again that the holder lives."""
    while not ended.wait(SIGN):
        try:
            if _holder(client, lock) != token:
                logger.warning("the lock %s was taken by another writer", lock)
                return
            client.update_registered_model(lock, token)
        except Exception as error:  # what is to be logged will meet the same, and tell it
            logger.debug("no sign of life could be given: %s", reason(error))


def _seen(client: MlflowClient, lock: str) -> tuple[str, int] | None:
    """Who holds the lock, and the store's time of the last sign of life; None if nobody does."""
    try:
        found = client.get_registered_model(lock)
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return None
        raise
    return str(found.description), int(found.last_updated_timestamp or 0)


def _holder(client: MlflowClient, lock: str) -> str | None:
    seen = _seen(client, lock)
    return seen[0] if seen else None


def _remove(client: MlflowClient, lock: str) -> None:
    try:
        client.delete_registered_model(lock)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise


def _token() -> str:
    """Who this is, as text: unlike that of anybody else."""
    who = {"host": socket.gethostname(), "process": os.getpid(), "space": _process_space()}
    return json.dumps(who | {"id": uuid.uuid4().hex})


def _process_space() -> str:
    """What tells numbers of processes apart that are of other containers and other kernels.

    Another machine may bear the same name, and this one may have been started anew. Linux only.
    """
    space, boot = Path("/proc/self/ns/pid"), Path("/proc/sys/kernel/random/boot_id")
    return " ".join(
        [
            str(space.readlink()) if space.is_symlink() else "",
            boot.read_text(encoding="ascii").strip() if boot.is_file() else "",
        ]
    )


def _lives(token: str) -> bool | None:
    """Whether the process of a holder is there, if only suspended; None if that is not known."""
    try:
        who = json.loads(token)
        here = who["host"] == socket.gethostname() and who["space"] == _process_space()
        process = int(who["process"])
    except (ValueError, TypeError, KeyError):
        return None
    if not here:
        return None
    try:
        with suppress(PermissionError):  # it is another user's
            os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _told(token: str) -> str:
    try:
        who = json.loads(token)
        return f"process {who['process']} on {who['host']}"
    except (ValueError, TypeError, KeyError):
        return token
