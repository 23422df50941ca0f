"""Replace files all at once."""

from collections.abc import Iterator
from contextlib import contextmanager
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
        it takes the place of the file; on leaving it with an exception, it is removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)  # of a run that was killed
    try:
        yield partial
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    partial.replace(path)
