"""Replace files all at once, and read no more of them than is due."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write a file so that a kill or an error leaves the old one, and never half of a new one.

    Parameters
    ----------
    path : pathlib.Path
        The file to write or to replace; its folder is made.

    Yields
    ------
    pathlib.Path
        Where to write instead, in the same folder; nothing stands there. On leaving the context
        it is on the disk, and takes the place of the file; on leaving it with an exception, it is
        removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)  # of a run that was killed
    try:
        yield partial
        _sync(partial)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    with suppress(OSError):  # which some network file systems cannot do with a folder
        _sync(path.parent)


def require_file(path: Path) -> None:
    """Refuse what is no regular file: to open a pipe would be to wait for ever.

    Parameters
    ----------
    path : pathlib.Path
        What is to be read, or a link to it.

    Raises
    ------
    OSError
        If it is a folder, a pipe or a device, or there is nothing.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(f"{path} is no file, but a folder, a pipe or a device")


def read_text(path: Path, largest: int = 10**7) -> str:
    """Read a text that anybody may have written.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    largest : int
        How many bytes it may have.

    Returns
    -------
    str
        The text.

    Raises
    ------
    ValueError
        If it is longer, or not in UTF-8.
    OSError
        If it is no file, or cannot be read.
    """
    require_file(path)
    with path.open("rb") as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise ValueError(f"{path} has more than {largest} bytes")
    return content.decode()


def nearest_folder(path: Path) -> Path:
    """The path itself if it is there, or else the nearest folder above it that is."""
    # Path's own way to ask fails where nobody may look.
    return next(p for p in (path, *path.absolute().parents) if os.access(p, os.F_OK))


def write_text(path: Path, text: str) -> None:
    """Write a text as a file, all at once."""
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")


def _sync(path: Path) -> None:
    """Wait until a file, or what a folder lists, is on the disk: else a power cut may empty it."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
