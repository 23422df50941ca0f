"""Where to look after a run."""

import shlex
import sys
from collections.abc import Collection
from pathlib import Path

#: What a run makes, for who reads it, in the folder of results.
MADE = {
    "overview.html": "the verdict with reasons, and which configuration it is of",
    "*/figures": "the figures",
    "verdict.md": "every claim, with what was measured; verdict.csv has all digits",
}


def where_now(results: Path, project: Path, files: Collection[Path], given: bool) -> str:
    """What was made where, and which commands show it.

    Parameters
    ----------
    results : pathlib.Path
        The folder of results, relative to the one in which Snakemake ran.
    project : pathlib.Path
        That of the Makefile.
    files : collection of pathlib.Path
        What was given with ``--configfile``.
    given : bool
        Whether more was given with ``--config``.

    Returns
    -------
    str
        Some lines, with the folder.
    """
    folder = Path.cwd()
    rows = {str(results / name): what for name, what in MADE.items()}
    if (database := folder / results / "mlflow.db").is_file():
        rows[_ui(database, folder, project)] = "its runs in MLflow"
    if folder == project and not given and len(files) < 2:
        rows[" ".join(["make report", *(f"CONFIG={_quoted(file, folder)}" for file in files)])] = (
            "all of it in one page"
        )
    else:
        rows[f"{_snakemake(folder)} --report {results}/report.html"] = (
            "all of it in one page; give it the configuration that this run was given"
        )
    width = max(map(len, rows))
    told = [f"  {name:<{width}}  {what}" for name, what in rows.items()]
    return "\n".join([f"Where to look now, in {folder}:", *told])


def _snakemake(folder: Path) -> str:
    """How a shell in a folder finds the Snakemake that has run."""
    program = Path(sys.executable).with_name("snakemake")
    return _quoted(program, folder) if program.is_file() else "snakemake"


def _ui(database: Path, folder: Path, project: Path) -> str:
    """The command that shows runs: make looks for them in the project's folder."""
    if folder == project:
        return "make ui"
    if database.is_relative_to(project):
        return f"(in {project}) make ui DATABASE={_quoted(database, project)}"
    return f"make -C {shlex.quote(str(project))} ui DATABASE={shlex.quote(str(database))}"


def _quoted(file: Path, folder: Path) -> str:
    return shlex.quote(str(file.relative_to(folder) if file.is_relative_to(folder) else file))
