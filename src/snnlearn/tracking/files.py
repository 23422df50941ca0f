"""The SQLite file of runs, and the folder of artifacts beside it: what is there, and where.

MLflow writes down whole paths of artifacts. A folder that was moved or copied would go on to use
those of the folder that it was: so what the file says is brought to where the file is.
"""

import logging
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

logger = logging.getLogger(__name__)

#: Seconds for which a lock of the SQLite file is waited for.
PATIENCE = 120.0

#: What a folder of artifacts is called, after the name of the file.
SUFFIX = ".artifacts"

#: Where runs have whole paths of artifacts: the table, its column, and which rows are of an
#: experiment.
PATHS = (
    ("experiments", "artifact_location", "experiment_id = :experiment"),
    ("runs", "artifact_uri", "experiment_id = :experiment"),
    *(
        ("model_versions", column, "run_id IN (SELECT run_uuid FROM runs WHERE experiment_id = "
        ":experiment)")
        for column in ("source", "storage_location")
    ),
)  # fmt: skip


def file_of(uri: str) -> Path | None:
    """The file of a tracking address; None where it is no SQLite file."""
    name = uri.partition("://")[2].removeprefix("/").partition("?")[0]
    return Path(name) if uri.startswith("sqlite") and name else None


def artifacts_of(file: Path) -> Path:
    """The folder of artifacts that is beside a file."""
    return file.resolve().with_suffix(SUFFIX)


def folder_of(location: str) -> Path:
    """The folder that an address of artifacts means, which may be a path."""
    return Path(unquote(urlsplit(location).path))


def has_runs(database: Path, patient: bool = True) -> bool:
    """Whether an SQLite file has runs of MLflow in it. If it is waited for, the log says so.

    Parameters
    ----------
    database : pathlib.Path
        The file, which need not be there.
    patient : bool, optional
        Whether a lock of another process is waited for.

    Raises
    ------
    sqlite3.DatabaseError
        If it cannot be read; an ``OperationalError`` if it stays locked.
    """
    if not database.is_file():
        return False
    question = "runs", "SELECT 1 FROM runs LIMIT 1"
    try:
        return bool(first_row(database, *question, patient=False))
    except sqlite3.OperationalError as error:
        if not patient or "is locked" not in str(error):
            raise
    waits = "the MLflow database is locked by another process: waiting for up to %.0f s"
    logger.warning(waits, PATIENCE)
    return bool(first_row(database, *question))


def first_row(database: Path, table: str, question: str, patient: bool = True) -> Any:
    """The first row of an answer; None where there is none, or no such table."""
    with closing(_opened_to_read(database, patient)) as opened:
        known = "SELECT 1 FROM sqlite_master WHERE name = ?"
        there = opened.execute(known, (table,)).fetchone()
        return opened.execute(question).fetchone() if there else None


def _opened_to_read(database: Path, patient: bool = True) -> sqlite3.Connection:
    # What a killed process began to write is rolled back first, so this may write.
    address = f"{database.resolve().as_uri()}?mode=rw"
    return sqlite3.connect(address, uri=True, timeout=PATIENCE if patient else 0)


def elsewhere(database: Path, original: Path | None = None) -> dict[int, tuple[str, str]]:
    """Experiments of which a file does not say that their artifacts are beside it, as they are.

    Parameters
    ----------
    database : pathlib.Path
        The SQLite file.
    original : pathlib.Path, optional
        The file of which it is a copy, beside which artifacts are; by default itself.

    Returns
    -------
    dict of int to tuple of str
        For the id of each, the address that it has and the one that it should have.

    Raises
    ------
    sqlite3.DatabaseError
        If the file cannot be read.
    """
    home = (original or database).resolve().parent
    with closing(_opened_to_read(database)) as opened:
        rows = opened.execute("SELECT experiment_id, name, artifact_location FROM experiments")
        found = {}
        for number, name, location in rows.fetchall():
            folder = folder_of(str(location))
            artifacts = Path(str(folder).removesuffix(f"/{name}"))
            if artifacts == folder or artifacts.suffix != SUFFIX:
                continue  # not one of ours, which are in a folder of their name
            there = home / artifacts.name / name
            if there != folder and _came_here(folder, there, home / artifacts.name):
                found[int(number)] = (str(location), there.as_uri())
        return found


def _came_here(old: Path, new: Path, artifacts: Path) -> bool:
    """Whether artifacts were moved or copied with their file: not if another path leads there."""
    if os.path.isdir(old):  # noqa: PTH112 - Path's fails where nobody may look
        return new.is_dir() and not new.samefile(old)
    return artifacts.is_dir()


def bring_home(database: Path, original: Path | None = None) -> int:
    """Let the artifacts of an SQLite file be beside it, if they were moved or copied with it.

    Parameters
    ----------
    database : pathlib.Path
        The SQLite file.
    original : pathlib.Path, optional
        The file of which it is a copy, beside which artifacts are; by default itself.

    Returns
    -------
    int
        How many experiments were elsewhere.

    Raises
    ------
    sqlite3.DatabaseError
        If it cannot be read, or should be written and cannot be.
    """
    found = elsewhere(database, original)
    if found:
        with closing(sqlite3.connect(database, PATIENCE)) as opened, opened:
            for experiment, (old, new) in found.items():
                for table, column, of_experiment in PATHS:
                    opened.execute(
                        f"UPDATE {table} SET {column} = :new || substr({column}, length(:old) + 1) "
                        f"WHERE {of_experiment} AND substr({column} || '/', 1, length(:old) + 1) "
                        "= :old || '/'",
                        {"experiment": experiment, "old": old, "new": new},
                    )
    return len(found)


def copied(database: Path, folder: Path) -> Path:
    """A copy of an SQLite file in another folder, whose artifacts stay where they are.

    Raises
    ------
    sqlite3.DatabaseError
        If it cannot be read.
    """
    copy = folder / database.name
    with closing(_opened_to_read(database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    bring_home(copy, database)
    return copy
