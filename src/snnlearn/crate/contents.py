"""What a finished run has left, read and checked, before anything is said about it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from snnlearn.data import checksums

#: What every finished run has at the top of its folder of results.
FINISHED = ("provenance.json", "metrics.csv", "verdict.csv")

#: What is read of ``provenance.json``.
KEYS = {
    *("commit", "dirty", "configuration_sha256", "seeds", "datasets", "parameters"),
    *("versions", "platform", "started", "ended"),
}

#: Images are others' to give: a crate names them by their hashes.
LEFT_OUT = ("data/*.npz",)

#: Of the project, what makes its results: enough to run it again.
SOURCES = (
    *("Snakefile", "workflow/**/*", "src/**/*", "config/*", "envs/*", "profiles/**/*"),
    *("resources/README.md", "resources/pretrained/*"),
    *("pyproject.toml", "Makefile", "README.md", "LICENSE", "CITATION.cff"),
)


class UnfinishedError(ValueError):
    """A folder has no results of a finished run, or a project lacks what is to be said of it."""


@dataclass(frozen=True)
class Contents:
    """A finished run.

    Attributes
    ----------
    project : pathlib.Path
        The folder of the project.
    results : pathlib.Path
        The folder of results.
    citation : dict
        ``CITATION.cff``.
    provenance : dict
        ``provenance.json``.
    files : dict of pathlib.Path to str
        The results that go along, with their SHA-256.
    verdict : pandas.DataFrame
        ``verdict.csv``.
    logged : dict
        The cells of ``tracking.json`` by study and cell; empty where nothing was logged.
    """

    project: Path
    results: Path
    citation: dict[str, Any]
    provenance: dict[str, Any]
    files: dict[Path, str]
    verdict: pd.DataFrame
    logged: dict[str, Any]


def read(results: Path, project: Path) -> Contents:
    """Read the results of a finished run, and compare all of them with their checksums.

    Parameters
    ----------
    results, project : pathlib.Path
        The folder of results, and that of the project.

    Returns
    -------
    Contents
        What there is.

    Raises
    ------
    UnfinishedError
        If there is no finished run, or it cannot be read.
    snnlearn.data.checksums.DamagedError
        If results are not as jobs have left them.
    """
    missing = [name for name in FINISHED if not (results / name).is_file()]
    if missing:
        raise UnfinishedError(
            f"{results} has no {', '.join(missing)}: no run has come to its end there; "
            "run `make reproduce` first, or name the folder of another run"
        )
    vouched_for = checksums.vouched_for(results)
    unknown = [name for name in FINISHED if results / name not in vouched_for]
    if unknown:
        raise UnfinishedError(
            f"{results} has no checksum of {', '.join(unknown)}, so nobody vouches for it: "
            "remove it, and run `make reproduce` again"
        )
    left_out = {file for pattern in LEFT_OUT for file in results.glob(pattern)}
    provenance = _json(results / "provenance.json")
    if lacking := KEYS - set(provenance):
        raise UnfinishedError(
            f"{results}/provenance.json is of another version, and lacks "
            f"{', '.join(sorted(lacking))}: remove it, and run `make reproduce` again"
        )
    tracked = results / "tracking.json"
    return Contents(
        project,
        results,
        _citation(project / "CITATION.cff"),
        provenance,
        {file: sha for file, sha in vouched_for.items() if file not in left_out},
        pd.read_csv(results / "verdict.csv"),
        _json(tracked)["cells"] if tracked in vouched_for else {},
    )


def sources(project: Path) -> list[Path]:
    """The files of the project that go along, in their order."""
    found = {file for pattern in SOURCES for file in project.glob(pattern)}
    return sorted(
        file
        for file in found
        if file.is_file()
        and "__pycache__" not in file.parts
        and not any(part.endswith(".egg-info") for part in file.parts)
    )


def _citation(file: Path) -> dict[str, Any]:
    try:
        citation = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UnfinishedError(
            f"{file} cannot be read, which has authors and licence ({error}): restore it from the "
            "project's repository"
        ) from error
    needed = ("title", "authors", "version", "license")
    missing = [k for k in needed if not isinstance(citation, Mapping) or not citation.get(k)]
    if missing:
        raise UnfinishedError(f"{file} says no {', '.join(missing)}: write it there")
    return dict(citation)


def _json(file: Path) -> dict[str, Any]:
    """A file that its checksum vouches for: what a job has written."""
    return dict(json.loads(file.read_text(encoding="utf-8")))
