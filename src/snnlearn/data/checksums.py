"""What jobs have left, to tell damage from change: a checksum beside each result.

Beside ``file`` stands ``.file.sha256``, with its SHA-256 and its size, and dated as the file was
when it was last compared with it. A job removes those of its
outputs when it begins, checks its inputs, and writes those of its outputs when it ends. A file that
has none was made elsewhere, or by a job that was killed: nothing is known of it.
"""

import json
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from snnlearn.data.files import write_text
from snnlearn.data.hashing import sha256_of_file


class DamagedError(ValueError):
    """Results are not as jobs have left them."""


def place(file: Path) -> Path:
    """Where the checksum of a file is."""
    return file.with_name(f".{file.name}.sha256")


def forget(files: Iterable[Path]) -> None:
    """Remove the checksums of some files, which may have none."""
    for file in files:
        place(file).unlink(missing_ok=True)


def record(files: Iterable[Path]) -> None:
    """Write down the checksums of some files."""
    for file in files:
        known = {"sha256": sha256_of_file(file), "size": file.stat().st_size}
        write_text(place(file), json.dumps(known) + "\n")


def check(files: Iterable[Path]) -> None:
    """Compare some files with their checksums, those that have one.

    Raises
    ------
    DamagedError
        If there are others than they were; the message names all of them.
    """
    damaged = [file for file in files if not _is_as_left(file)]
    if damaged:
        listed = "\n".join(f"  {file}" for file in damaged)
        raise DamagedError(
            f"These results are not as a job has left them, but damaged or edited:\n{listed}\n"
            "Remove them, and run again: they are made anew where they are needed."
        )


def vouched_for(folder: Path) -> dict[Path, str]:
    """The results that jobs have left, with their SHA-256, all compared with it just now.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of results.

    Returns
    -------
    dict of pathlib.Path to str
        In their order. What has no checksum is not among them.

    Raises
    ------
    DamagedError
        If some are others than they were; the message names all of them.
    """
    files = [file for file, _ in _vouched_for(folder)]
    check(files)
    return {file: str(_noted(file)["sha256"]) for file in files}


def suspects(folder: Path) -> list[Path]:
    """Results that may have changed since a job has left them: by size, or by date.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of results.

    Returns
    -------
    list of pathlib.Path
        In their order. Nothing was read of them.
    """
    found = []
    for file, there in _vouched_for(folder):
        with suppress(FileNotFoundError):  # a job may just be making it
            moved = there.st_mtime_ns != place(file).stat().st_mtime_ns
            if moved or there.st_size != _noted(file).get("size"):
                found.append(file)
    return found


def of_the_future(folder: Path) -> list[Path]:
    """Results dated more than a minute ahead: to Snakemake they are newer than all else."""
    limit = time.time() + 60
    return [file for file, there in _vouched_for(folder) if there.st_mtime > limit]


def _vouched_for(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """The files that are there and have a checksum, in their order, with their size and date."""
    for noted in sorted(folder.glob("**/.*.sha256")):
        file = noted.with_name(noted.name.removeprefix(".").removesuffix(".sha256"))
        with suppress(FileNotFoundError):
            yield file, file.stat()


def check_suspects(folder: Path) -> None:
    """Compare with their checksums the results that may have changed.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of results.

    Raises
    ------
    DamagedError
        If some have; the message names all of them.
    """
    dates = {file: file.stat().st_mtime_ns for file in suspects(folder)}
    check(dates)
    for file, date in dates.items():
        # Made by the last run, or copied. Where nobody may write, it is read again the next time.
        with suppress(OSError):
            os.utime(place(file), ns=(date, date))


def _is_as_left(file: Path) -> bool:
    """Whether a file is what its checksum says, or nothing is known of it."""
    if not os.path.lexists(place(file)) or not file.exists():
        return True
    # To open a pipe would be to wait for ever.
    return file.is_file() and _noted(file).get("sha256") == sha256_of_file(file)


def _noted(file: Path) -> dict[str, object]:
    """What is written down of a file; nothing of it where that is damaged itself."""
    if not place(file).is_file():
        return {}
    try:
        known = json.loads(place(file).read_text(encoding="utf-8"))
    except ValueError:
        return {}
    return known if isinstance(known, dict) else {}
