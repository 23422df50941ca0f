"""The SQLite file of runs, and the folder of artifacts beside it: what is there, and where.

MLflow writes down whole paths of artifacts. A folder that was moved or copied would go on to use
those of the folder that it was: so what the file says is brought to where the file is.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

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


def has_runs(database: Path) -> bool:
    """Whether an SQLite file has runs of MLflow in it.

    Raises
    ------
    sqlite3.DatabaseError
        If it cannot be read.
    """
    return database.is_file() and bool(first_row(database, "runs", "SELECT 1 FROM runs LIMIT 1"))


def first_row(database: Path, table: str, question: str) -> Any:
    """The first row of an answer; None where there is none, or no such table."""
    with closing(_opened_to_read(database)) as opened:
        known = "SELECT 1 FROM sqlite_master WHERE name = ?"
        there = opened.execute(known, (table,)).fetchone()
        return opened.execute(question).fetchone() if there else None


def _opened_to_read(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)


def _elsewhere(database: Path, home: Path) -> dict[int, tuple[str, str]]:
    """Experiments whose artifacts are not in a folder: where they are, and where they should be."""
    with closing(_opened_to_read(database)) as opened:
        rows = opened.execute("SELECT experiment_id, name, artifact_location FROM experiments")
        found = {}
        for number, name, location in rows.fetchall():
            folder = folder_of(str(location))
            artifacts = Path(str(folder).removesuffix(f"/{name}"))
            if artifacts == folder or artifacts.suffix != SUFFIX:
                continue  # not one of ours, which are in a folder of their name
            if artifacts.parent != home.resolve():
                there = (home.resolve() / artifacts.name / name).as_uri()
                found[int(number)] = (str(location), there)
        return found


def bring_home(database: Path, home: Path) -> int:
    """Let the artifacts of an SQLite file be in a folder, whatever it was when they were logged.

    Parameters
    ----------
    database : pathlib.Path
        The SQLite file.
    home : pathlib.Path
        The folder in which the folder of artifacts is.

    Returns
    -------
    int
        How many experiments were elsewhere.

    Raises
    ------
    sqlite3.DatabaseError
        If it cannot be read, or should be written and cannot be.
    """
    found = _elsewhere(database, home)
    if found:
        with closing(sqlite3.connect(database)) as opened, opened:
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
    bring_home(copy, database.resolve().parent)
    return copy
