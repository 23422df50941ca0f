"""Sets of images with their classes: read, check and write them.

The layout is that of Keras's ``mnist.npz``: ``x_train`` (n, 28, 28) and ``x_test`` with pixel
values from 0 to 255, ``y_train`` (n,) and ``y_test`` with classes from 0 to 9.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from snnlearn.data.files import replacing
from snnlearn.data.hashing import sha256_of_array
from snnlearn.data.npz import NpzError, read_npz

ArrayName = Literal["x_train", "y_train", "x_test", "y_test"]


ARRAYS: tuple[ArrayName, ...] = ("x_train", "y_train", "x_test", "y_test")


class DatasetError(ValueError):
    """A set of images that cannot be used, and why."""


@dataclass(frozen=True)
class Images:
    """Training and test images with their classes.

    Attributes
    ----------
    x_train, x_test : numpy.ndarray, shape (n, 28, 28)
        Pixel values from 0 to 255.
    y_train, y_test : numpy.ndarray, shape (n,)
        Classes from 0 to 9.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray

    def arrays(self) -> dict[ArrayName, np.ndarray]:
        """The four arrays by name, in the shapes that the class gives."""
        return {name: getattr(self, name) for name in ARRAYS}


def read(path: Path) -> Images:
    """Read a set of images and check its layout.

    Parameters
    ----------
    path : pathlib.Path
        An ``.npz`` with the four arrays.

    Returns
    -------
    Images
        The arrays.

    Raises
    ------
    DatasetError
        If an array is missing, or has another shape or range; the message names it.
    FileNotFoundError
        If there is no such file.
    """
    try:
        arrays = read_npz(path)
    except NpzError as error:
        raise DatasetError(str(error)) from error
    missing = [name for name in ARRAYS if name not in arrays]
    if missing:
        raise DatasetError(f"{path} lacks the arrays {missing}; found {list(arrays)}")
    images = Images(*(arrays[name] for name in ARRAYS))
    require_layout(images, str(path))
    return images


def require_layout(images: Images, source: str) -> None:
    """Check shapes, types and ranges.

    Raises
    ------
    DatasetError
        Naming the source and the first array that is not as it must be.
    """
    for part in ("train", "test"):
        x, y = getattr(images, f"x_{part}"), getattr(images, f"y_{part}")
        if x.ndim != 3 or x.shape[1:] != (28, 28):
            raise DatasetError(f"{source}: x_{part} must be (n, 28, 28), found {x.shape}")
        if y.shape != (len(x),):
            raise DatasetError(f"{source}: y_{part} must be ({len(x)},), found {y.shape}")
        if len(x) == 0:
            raise DatasetError(f"{source}: x_{part} is empty")
        if not np.issubdtype(y.dtype, np.integer) or y.min() < 0 or y.max() > 9:
            raise DatasetError(f"{source}: y_{part} must be integers from 0 to 9")
        is_real = np.issubdtype(x.dtype, np.integer) or np.issubdtype(x.dtype, np.floating)
        if not is_real or not (x.min() >= 0 and x.max() <= 255):  # NaN is neither
            raise DatasetError(f"{source}: x_{part} must be numbers from 0 to 255")


def verify(images: Images, expected: Mapping[ArrayName, str], source: str) -> None:
    """Compare the SHA-256 of each array with the expected one.

    Raises
    ------
    DatasetError
        Naming the first array that differs, with both hashes.
    """
    for name, array in images.arrays().items():
        found = sha256_of_array(array)
        if found != expected.get(name):
            raise DatasetError(
                f"{source}: {name} has SHA-256 {found}, expected {expected.get(name)}"
            )


def write(path: Path, images: Images) -> None:
    """Write images as an ``.npz``; a file of that name is replaced only by a complete one."""
    arrays: dict[str, Any] = {str(name): array for name, array in images.arrays().items()}
    # NumPy would add .npz to a path without it.
    with replacing(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, **arrays)
