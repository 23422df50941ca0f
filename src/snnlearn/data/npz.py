"""Read ``.npz`` archives that anybody may have written."""

import zipfile
from pathlib import Path

import numpy as np

from snnlearn.data.files import require_file

#: Bytes that an archive may unpack to: twice MNIST in numbers of 64 bits.
LARGEST = 10**9


class NpzError(ValueError):
    """A file that is no whole ``.npz`` archive of plain arrays."""


#: How files begin that are taken for archives, and what they are.
BEGINNINGS = {
    b"version https://git-lfs": "a pointer of Git LFS to a file that was not fetched: git lfs pull",
    b"<": "a web page, or XML",
    b"\x1f\x8b": "a gzip file",
    b"\x93NUMPY": "a single array, .npy",
    b"\x89HDF": "an HDF5 file",
    b"PAR1": "a Parquet file",
}


def _what_it_is(path: Path) -> str:
    """What a file is that is no zip archive, as far as its beginning tells."""
    with path.open("rb") as file:
        start = file.read(32).lstrip()
    if not start:
        return "an empty file"
    known = (told for begins, told in BEGINNINGS.items() if start.startswith(begins))
    return next(known, "not a zip file")


def _require_moderate(path: Path, largest: int) -> None:
    """Refuse what would take more memory than it may, before anything of it is unpacked."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    size = sum(member.file_size for member in members)  # zipfile unpacks no more than this
    if size > largest:
        raise ValueError(
            f"it unpacks to {size} bytes, and at most {largest} are read: give a smaller one"
        )
    # Of others, zipfile unpacks a whole block at once, which may be of any size.
    known = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    other = [member.filename for member in members if member.compress_type not in known]
    if other:
        raise ValueError(f"{other[0]} is compressed in a way that NumPy does not: save it anew")


def read_npz(path: Path, largest: int = LARGEST) -> dict[str, np.ndarray]:
    """Read all arrays of an archive; pickled objects are refused.

    Parameters
    ----------
    path : pathlib.Path
        The archive.
    largest : int
        How many bytes it may unpack to.

    Returns
    -------
    dict of str to numpy.ndarray
        The arrays by name, in the archive's order, of any shape.

    Raises
    ------
    NpzError
        If the file is damaged, larger, or something else.
    FileNotFoundError
        If there is no such file.
    """
    try:
        require_file(path)
        if not zipfile.is_zipfile(path):
            raise zipfile.BadZipFile(_what_it_is(path))
        _require_moderate(path, largest)
        with np.load(path, allow_pickle=False) as archive:
            members = {name: archive[name] for name in archive.files}
    except FileNotFoundError as error:
        longer = path.with_name(f"{path.name}.npz")
        if longer.is_file():
            raise FileNotFoundError(f"there is no file {path}; there is {longer}") from error
        raise
    # Depending on the damaged byte, zipfile, zlib, tokenize and NumPy raise almost anything.
    except Exception as error:
        raise NpzError(f"{path} is not a whole .npz archive of arrays ({error})") from error
    others = [name for name, member in members.items() if not isinstance(member, np.ndarray)]
    if others:
        raise NpzError(f"{path} holds members that are no arrays: {', '.join(others)}")
    return members
