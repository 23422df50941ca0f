"""What was logged, as ``results/tracking.json`` says it, and whether it is there still."""

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from snnlearn.data.files import write_text
from snnlearn.tracking.files import file_of, has_runs


def write(file: Path, again: int, logged: Mapping[str, Mapping[str, Any]]) -> None:
    """Write down what was logged.

    Parameters
    ----------
    file : pathlib.Path
        The record.
    again : int
        How often all was logged again because something was gone.
    logged : mapping of str to mapping
        What :func:`snnlearn.tracking.runs.log` has returned for each cell.
    """
    write_text(file, json.dumps({"again": again, "cells": logged}, indent=2) + "\n")


def again(file: Path, uri: str) -> int:
    """How often all is to have been logged again: once more if something is gone.

    Only an SQLite file, and what is beside it, is looked at.

    Parameters
    ----------
    file : pathlib.Path
        The record, if there is one.
    uri : str
        The tracking address.
    """
    if not file.is_file():
        return 0
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        times = int(record["again"])
        artifacts = [name for cell in record["cells"].values() for name in cell["artifacts"]]
    except (ValueError, TypeError, KeyError, AttributeError):
        return 0  # of an earlier version
    database = file_of(uri)
    there = database is None or _is_there(database, artifacts)
    return times if there else times + 1


def _is_there(database: Path, artifacts: list[str]) -> bool:
    beside = database.resolve().parent
    if not all((beside / name).is_file() for name in artifacts):
        return False
    try:
        return has_runs(database, patient=False)
    except sqlite3.OperationalError:  # somebody writes
        return True
    except sqlite3.DatabaseError:
        return False  # logging again says what is wrong with it
