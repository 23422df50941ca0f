"""Where runs are kept: a server, or an SQLite file, which is made whole or not at all."""

import fcntl
import logging
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from snnlearn.tracking.settings import TrackingSettings

logger = logging.getLogger(__name__)


#: Seconds in which a PostgreSQL server must take a connection.
CONNECT_TIMEOUT = 10


def connected(settings: TrackingSettings) -> MlflowClient:
    """A client of the tracking address.

    A PostgreSQL server is tried first: MLflow itself would try for two minutes.
    """
    if settings.uri.startswith("postgresql"):
        limits = {"connect_timeout": CONNECT_TIMEOUT}
        engine = sqlalchemy.create_engine(settings.uri, connect_args=limits)
        engine.connect().close()
        engine.dispose()
    prepare(settings.uri)
    return MlflowClient(tracking_uri=settings.uri)


def file_of(uri: str) -> Path | None:
    """The file of a tracking address; None where it is no SQLite file."""
    if not uri.startswith("sqlite"):
        return None
    name = sqlalchemy.make_url(uri).database
    return Path(name) if name else None


def has_runs(database: Path) -> bool:
    """Whether an SQLite file has runs of MLflow in it."""
    return database.is_file() and bool(_asked(database, "runs", "SELECT 1 FROM runs LIMIT 1"))


def _asked(database: Path, table: str, question: str) -> Any:
    """The first row of an answer; None where there is none, or no such table."""
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as opened:
        known = "SELECT 1 FROM sqlite_master WHERE name = ?"
        there = opened.execute(known, (table,)).fetchone()
        return opened.execute(question).fetchone() if there else None


def prepare(uri: str) -> None:
    """Make the file of a tracking address if it is not there, with all that MLflow wants in it.

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
    """
    file = file_of(uri)
    if file is None:
        return
    try:
        if has_runs(file):
            return
        with _alone(file):
            _prepare(file)
    except sqlite3.DatabaseError:
        return  # damaged, no database, or locked: MLflow says so
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
            if has_runs(file) or _asked(file, *version) == _asked(made, *version):
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
