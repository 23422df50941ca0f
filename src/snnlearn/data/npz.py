"""Read ``.npz`` archives that anybody may have written."""

import zipfile
from pathlib import Path

import numpy as np


class NpzError(ValueError):
    """A file that is no whole ``.npz`` archive of plain arrays."""


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """Read all arrays of an archive; pickled objects are refused.

    Parameters
    ----------
    path : pathlib.Path
        The archive.

    Returns
    -------
    dict of str to numpy.ndarray
        The arrays by name, in the archive's order, of any shape.

    Raises
    ------
    NpzError
        If the file is damaged or something else.
    FileNotFoundError
        If there is no such file.
    """
    try:
        if path.is_file() and not zipfile.is_zipfile(path):
            raise zipfile.BadZipFile("not a zip file")
        with np.load(path, allow_pickle=False) as archive:
            members = {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise
    # Depending on the damaged byte, zipfile, zlib, tokenize and NumPy raise almost anything.
    except Exception as error:
        raise NpzError(f"{path} is not a whole .npz archive of arrays ({error})") from error
    others = [name for name, member in members.items() if not isinstance(member, np.ndarray)]
    if others:
        raise NpzError(f"{path} holds members that are no arrays: {', '.join(others)}")
    return members
