"""The format in which MNIST was published."""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from snnlearn.data.datasets import ArrayName, DatasetError

#: File name of each array where an address is a folder of files in the original IDX format.
IDX_FILES: dict[ArrayName, str] = {
    "x_train": "train-images-idx3-ubyte.gz",
    "y_train": "train-labels-idx1-ubyte.gz",
    "x_test": "t10k-images-idx3-ubyte.gz",
    "y_test": "t10k-labels-idx1-ubyte.gz",
}


def read_idx(path: Path) -> np.ndarray:
    """Read a gzipped IDX file of bytes, the format in which MNIST was published.

    A file starts with two zero bytes, the type (8: unsigned byte) and the number of
    dimensions, then the size of each dimension as a big-endian 32-bit integer, then the values
    in C order (Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits").

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    numpy.ndarray of uint8
        The values, in the shape that the file gives.

    Raises
    ------
    DatasetError
        If it is no such file, or cut short.
    """
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(f"{path.name} is not a whole gzip file: {error}") from error
    if len(content) < 4 or content[:3] != b"\x00\x00\x08" or len(content) < 4 + 4 * content[3]:
        raise DatasetError(f"{path.name} is not an IDX file of unsigned bytes")
    header = 4 + 4 * content[3]
    shape = struct.unpack(f">{content[3]}I", content[4:header])
    values = np.frombuffer(content[header:], np.uint8)
    if values.size != math.prod(shape):
        raise DatasetError(f"{path.name} holds {values.size} values, its header says {shape}")
    return values.reshape(shape)
