"""Remove results that the configuration no longer names: ``make prune`` shows them first."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from snnlearn.data import checksums

RESULTS = Path("results")

#: What files of results end in. Anything else there is not ours to remove.
KINDS = (".parquet", ".csv", ".npz", ".json", ".png", ".svg", ".pdf", ".rst")

#: Folders of the results that a run keeps beside what it makes.
KEPT = ("logs", "benchmarks", "partial")

#: Files of earlier layouts, and where the same is kept now.
MOVED = {
    "*/slips.csv": "errata-*/metrics.csv",
    "*/varied.csv": "variance-*/metrics.csv",
    "*/dataset.npz": "data/",
    "*/dataset.json": "data/",
    "*/parameters/seed-*.npz": "trainings/",
    "*/parameters/shared.npz": "trainings/",
    "trainings/*/shared.npz": "trainings/*/",
    "trainings/*/given/*": "trainings/*/",
}


def made(summary: Iterable[str]) -> set[Path]:
    """The files that a workflow makes, from what ``snakemake --summary`` prints."""
    named = (Path(line.split("\t")[0]) for line in summary if "\t" in line)
    return {file for file in named if RESULTS in file.parents}  # not the heading of the table


def unnamed(folder: Path, named: set[Path]) -> list[Path]:
    """The results in a folder that no job makes, in their order.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of results.
    named : set of pathlib.Path
        The files that the workflow makes.

    Returns
    -------
    list of pathlib.Path
        Files in folders of studies, trainings and data. Those at the top, logs, benchmarks and
        what MLflow keeps are not among them, and neither is what a training needs to go on.
    """
    return [
        file
        for file in sorted(folder.glob("*/**/*"))
        if file.is_file()
        and file.suffix in KINDS
        and file not in named
        and not file.name.startswith(".")
        and not set(file.relative_to(folder).parts) & set(KEPT)
        and not any(part.startswith("mlflow") for part in file.relative_to(folder).parts)
    ]


def moved(folder: Path) -> dict[Path, str]:
    """Files of earlier layouts, and where the same is kept now."""
    return {file: now for pattern, now in MOVED.items() for file in folder.glob(pattern)}


def show(files: Sequence[Path], was: dict[Path, str]) -> None:
    """Print the folders that some files are in, with how many and how much."""
    folders: dict[Path, list[Path]] = {}
    for file in files:
        folders.setdefault(file.parent, []).append(file)
    for folder, inside in folders.items():
        size = sum(file.stat().st_size for file in inside) / 1e6
        now = {was[file] for file in inside if file in was}
        where = ", ".join(sorted(f"{RESULTS}/{place}" for place in now))
        note = f"  (of an earlier layout: now in {where})" if now else ""
        print(f"{folder}: {len(inside)} files, {size:.1f} MB{note}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Read a summary from standard input; show what it does not name, or remove it."""
    parser = argparse.ArgumentParser(prog="python -m snnlearn.pruning", description=__doc__)
    parser.add_argument("--yes", action="store_true", help="remove them")
    options = parser.parse_args(arguments)
    named = made(sys.stdin)
    if not named:
        print("Snakemake named no results: nothing is removed.", file=sys.stderr)
        return 1
    files = unnamed(RESULTS, named)
    if not files:
        print("The configuration names all results.")
        return 0
    show(files, moved(RESULTS))
    if not options.yes:
        print("To remove these files: make prune YES=1")
        return 0
    for file in files:
        file.unlink()
    checksums.forget(files)
    for folder in sorted({file.parent for file in files}, reverse=True):
        while folder != RESULTS and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent
    print(f"Removed {len(files)} files.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
