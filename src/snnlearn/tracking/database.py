"""Where runs are kept: a server, or an SQLite file, which is made whole or not at all."""

import fcntl
import logging
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy
from google.protobuf.json_format import ParseError
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from requests import RequestException

from snnlearn.tracking.files import PATIENCE, bring_home, file_of, first_row, has_runs
from snnlearn.tracking.patience import PatientClient, SlowError
from snnlearn.tracking.settings import TrackingSettings

logger = logging.getLogger(__name__)


#: Number of the lock, of a PostgreSQL database, under which tables are made.
MAKING_TABLES = int.from_bytes(b"snnlearn")

# It writes a traceback for each try. What fails for good is raised.
logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)


class BusyError(RuntimeError):
    """Somebody else has not come to an end with what one is waiting for."""


#: What a tracking address that does not answer, or refuses, ends in.
FAILURES = (
    MlflowException,
    sqlalchemy.exc.SQLAlchemyError,
    sqlite3.Error,
    RequestException,
    ParseError,  # JSON that says something else than MLflow's API
    BusyError,
    SlowError,
)


def connected(settings: TrackingSettings) -> MlflowClient:
    """A client of the tracking address, whose artifacts are beside it where it is a file.

    A PostgreSQL server is tried first: MLflow itself would try for two minutes. MLflow makes the
    tables of a new database without a look at others that do: so one does after the other.

    Raises
    ------
    sqlite3.DatabaseError, mlflow.exceptions.MlflowException, sqlalchemy.exc.SQLAlchemyError
        If it cannot be used; also if a file stays locked, here or in any call of the client.
    """
    if settings.uri.startswith("postgresql"):
        from snnlearn.tracking import postgresql

        postgresql.limit_waiting()
        engine = sqlalchemy.create_engine(settings.uri)
        with engine.connect() as alone:  # until the end of the transaction, or of this process
            alone.execute(sqlalchemy.text(f"SET LOCAL lock_timeout = '{PATIENCE:.0f}s'"))
            alone.execute(sqlalchemy.text(f"SELECT pg_advisory_xact_lock({MAKING_TABLES})"))
            MlflowClient(tracking_uri=settings.uri).search_experiments(max_results=1)
        engine.dispose()
    prepare(settings.uri)
    if file_of(settings.uri):
        return MlflowClient(tracking_uri=f"{settings.uri}?timeout={PATIENCE:.0f}")
    return PatientClient(tracking_uri=settings.uri)


@sqlalchemy.event.listens_for(sqlalchemy.Engine, "before_cursor_execute", retval=True)
def _patient(
    _connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any
) -> tuple[str, Any]:
    """Wait for a lock as long as is said here: MLflow says 20 s, whatever the address says."""
    if statement.startswith("PRAGMA busy_timeout"):
        statement = f"PRAGMA busy_timeout = {PATIENCE * 1000:.0f}"
    return statement, parameters


def prepare(uri: str) -> None:
    """Make the file of a tracking address if it is not there, with all that MLflow wants in it.

    If it is there, its artifacts are those beside it.

    MLflow makes its tables one after the other, and cannot go on if it is killed in between. So
    they are made in a file aside. A file that was left without them, and without any run, is set
    aside.

    Parameters
    ----------
    uri : str
        The address; nothing is done if it is no SQLite file.

    Raises
    ------
    mlflow.exceptions.MlflowException
        If the file cannot be made.
    sqlite3.DatabaseError
        If it cannot be read or written: damaged, no database, locked, or not ours to write.
    """
    file = file_of(uri)
    if file is None:
        return
    try:
        if has_runs(file):
            bring_home(file)
            return
        with _alone(file):
            _prepare(file)
    except OSError as error:
        raise MlflowException(f"{file} cannot be made: {error}") from error


def _prepare(file: Path) -> None:
    begun = f".{file.name}.making-"
    for left in file.parent.glob(f"{begun}*"):  # by a process that was killed
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=begun) as folder:
        made = Path(folder, file.name)
        MlflowClient(tracking_uri=f"sqlite:///{made}").search_experiments(max_results=1)
        if file.exists():
            version = "alembic_version", "SELECT version_num FROM alembic_version"
            if has_runs(file) or first_row(file, *version) == first_row(made, *version):
                return
            names = (f"{file.name}.unfinished{n or ''}" for n in count())
            aside = next(name for name in map(file.with_name, names) if not name.exists())
            logger.warning("%s was left unfinished, without any run: now %s", file, aside.name)
            file.replace(aside)
        made.replace(file)


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """While this lasts, no other process on this machine makes the file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_name(f".{file.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
