"""Whether a run can write where it must."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

#: Bytes that must fit the folder of temporary files.
ROOM = 1_000_000


def problems(folders: Iterable[Path]) -> Iterator[str]:
    """What cannot be written, each with what to do.

    Parameters
    ----------
    folders : iterable of pathlib.Path
        Where a run writes, beside temporary files; of one that there is not, nothing is said.
    """
    for folder in map(Path.absolute, folders):
        if folder.is_dir() and not os.access(folder, os.W_OK | os.X_OK):
            yield (
                f"nothing can be written to {folder}: allow it, or start in a folder of your own, "
                "with -s and the path of the Snakefile"
            )
    # Python looks for another folder where this one is full; Snakemake's scheduler does not.
    temporary = Path(os.environ.get("TMPDIR") or tempfile.gettempdir())
    try:
        with tempfile.TemporaryFile(dir=temporary if temporary.is_dir() else None) as file:
            file.write(bytes(ROOM))
    except OSError as error:
        yield (
            f"no temporary file can be written to {temporary} ({error.strerror}): make room "
            "there, or set TMPDIR to another folder"
        )
