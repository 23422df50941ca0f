"""The format in which MNIST was published."""

import gzip
import math
import struct
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from snnlearn.data.errors import DatasetError
from snnlearn.data.files import require_file

#: File name of each array where an address is a folder of files in the original IDX format.
IDX_FILES = {
    "x_train": "train-images-idx3-ubyte.gz",
    "y_train": "train-labels-idx1-ubyte.gz",
    "x_test": "t10k-images-idx3-ubyte.gz",
    "y_test": "t10k-labels-idx1-ubyte.gz",
}


#: Bytes of the largest array that is read: four times those of MNIST's training images.
LARGEST = 2 * 10**8


#: Where such files are below a folder of data: itself, and where torchvision keeps them.
BELOW = ("", "raw", "MNIST/raw")


def found_in(folder: Path, names: Collection[str] = tuple(IDX_FILES)) -> dict[str, Path]:
    """The IDX file of each array in a folder, or in a folder of it that torchvision makes.

    Parameters
    ----------
    folder : pathlib.Path
        The folder.
    names : collection of str
        Names of the arrays that are looked for; by default all four.

    Returns
    -------
    dict of str to pathlib.Path
        The files by these names, gzipped or not; empty where one is missing.
    """
    for below in BELOW:
        found = {}
        for name in names:
            file = IDX_FILES[name]
            plain = file.removesuffix(".gz")
            for spelling in (file, plain, plain.replace("-idx", ".idx")):
                if (folder / below / spelling).is_file():
                    found[name] = folder / below / spelling
                    break
        if len(found) == len(names):
            return found
    return {}


def read_idx(path: Path) -> np.ndarray:
    """Read an IDX file of bytes, the format in which MNIST was published, gzipped or not.

    A file starts with two zero bytes, the type (8: unsigned byte) and the number of
    dimensions, then the size of each dimension as a big-endian 32-bit integer, then the values
    in C order (Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits").
    No more is read, and unpacked, than the sizes say.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    numpy.ndarray of uint8
        The values, in the shape that the file gives: of images (n, rows, columns), of classes (n,).

    Raises
    ------
    DatasetError
        If it is no such file, cut short, or larger than :data:`LARGEST`.
    """
    try:
        require_file(path)
        with _opened(path) as file:
            start = file.read(4)
            if len(start) < 4 or start[:3] != b"\x00\x00\x08":
                raise DatasetError(f"{path.name} is not an IDX file of unsigned bytes")
            if start[3] not in (1, 3):
                raise DatasetError(f"{path.name} has {start[3]} dimensions, not 3 or 1")
            sizes = file.read(4 * start[3])
            if len(sizes) < 4 * start[3]:
                raise DatasetError(f"{path.name} ends within its header")
            shape = struct.unpack(f">{start[3]}I", sizes)
            claimed = math.prod(size or 1 for size in shape)
            if claimed > LARGEST:
                raise DatasetError(f"{path.name} claims to hold {claimed} values: {shape}")
            values = np.frombuffer(file.read(math.prod(shape) + 1), np.uint8)
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(f"{path.name} is not a whole file: {error}") from error
    if values.size != math.prod(shape):
        found = f"{values.size} values" if values.size < math.prod(shape) else "more values"
        raise DatasetError(f"{path.name} holds {found}, its header says {shape}")
    return values.reshape(shape)


def _opened(path: Path) -> BinaryIO:
    """An open file, which is unpacked where it is gzipped, whatever its name says."""
    with path.open("rb") as file:
        gzipped = file.read(2) == b"\x1f\x8b"
    return cast(BinaryIO, gzip.open(path)) if gzipped else path.open("rb")
