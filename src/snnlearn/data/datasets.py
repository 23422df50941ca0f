"""Sets of images with their classes: read, check and write them.

The layout is that of Keras's ``mnist.npz``: ``x_train`` (n, 28, 28) and ``x_test`` with pixel
values from 0 to 255, ``y_train`` (n,) and ``y_test`` with classes from 0 to 9.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from snnlearn.data import orientation
from snnlearn.data.errors import DatasetError
from snnlearn.data.files import replacing
from snnlearn.data.hashing import sha256_of_array
from snnlearn.data.idx import IDX_FILES, found_in, read_idx
from snnlearn.data.npz import NpzError, read_npz

logger = logging.getLogger(__name__)

#: Size of an image, how many classes there are, and a grey between black and white.
ROWS, COLUMNS, N_CLASSES, MIDDLE = 28, 28, 10, 127.5

#: The first so many images say whether all stand upright.
ORIENTED = 2000

ArrayName = Literal["x_train", "y_train", "x_test", "y_test"]

#: Images and their classes.
PARTS: tuple[tuple[ArrayName, ArrayName], ...] = (("x_train", "y_train"), ("x_test", "y_test"))

ARRAYS: tuple[ArrayName, ...] = ("x_train", "y_train", "x_test", "y_test")


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
        An ``.npz`` with the four arrays, or a folder of the four IDX files of the original.
        Images may also be flat or have a channel, classes stand in a column or be one-hot, and
        whole numbers have any type.

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
    return Images(**read_arrays(path, ARRAYS))


def read_arrays(path: Path, names: Sequence[ArrayName]) -> dict[ArrayName, np.ndarray]:
    """Read some arrays of a set of images, which may lack the others, and check their layout.

    Parameters
    ----------
    path : pathlib.Path
        As in :func:`read`. Where images alone are asked for, and there is one array alone, it is
        taken under any name.
    names : sequence of str
        Which ones.

    Returns
    -------
    dict of str to numpy.ndarray
        These arrays, in the shapes that :class:`Images` gives.

    Raises
    ------
    DatasetError
        If one of them is missing, or has another shape or range; the message names it.
    FileNotFoundError
        If there is no such file.
    """
    try:
        arrays = _read_folder(path, names) if path.is_dir() else read_npz(path)
    except NpzError as error:
        remedy = ": of IDX files, give the folder that they are in" if "idx" in path.name else ""
        raise DatasetError(f"{error}{remedy}") from error
    if len(names) == len(arrays) == 1:
        arrays = dict(zip(names, arrays.values(), strict=True))
    missing = [name for name in names if name not in arrays]
    if missing:
        labels = all(name.startswith("y") for name in missing)
        remedy = "; images without labels can be predicted, not evaluated" if labels else ""
        found_in_it = list(arrays)[:20]
        raise DatasetError(f"{path} lacks the arrays {missing}; found {found_in_it}{remedy}")
    found = {name: _in_layout(arrays[name], name.startswith("x")) for name in names}
    require_layout(found, str(path))
    return found


def _read_folder(folder: Path, names: Sequence[ArrayName]) -> dict[str, np.ndarray]:
    files = found_in(folder, names)
    if not files:
        named = ", ".join(IDX_FILES[name] for name in names)
        raise DatasetError(f"{folder} is a folder, and lacks the original IDX files: {named}")
    return {name: read_idx(file) for name, file in files.items()}


def _in_layout(array: np.ndarray, shows_images: bool) -> np.ndarray:
    """The same numbers in the layout, where only their arrangement or their type is another.

    Images may be flat, or have one channel or three that are the same, and classes stand in a
    column or be one-hot. Numbers of another type that are all whole, from 0 to 255, become bytes.
    """
    if shows_images and array.ndim == 2 and array.shape[1] == ROWS * COLUMNS:
        array = array.reshape(-1, ROWS, COLUMNS)
    elif shows_images and array.ndim == 4:
        array = _without_channels(array)
    elif not shows_images and array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    elif not shows_images and _is_one_hot(array):
        array = array.argmax(axis=1)
    if array.dtype.kind in "iuf" and array.size and array.dtype != np.uint8:
        with np.errstate(invalid="ignore"):
            if array.min() >= 0 and array.max() <= 255 and (array == np.floor(array)).all():
                array = array.astype(np.uint8)
    return array


def _without_channels(array: np.ndarray) -> np.ndarray:
    for axis in (1, 3):
        if array.shape[axis] in (1, 3):
            grey = array.take(0, axis)
            if array.shape[axis] == 1 or (array == np.expand_dims(grey, axis)).all():
                return grey
    return array


def _is_one_hot(array: np.ndarray) -> bool:
    return (
        array.ndim == 2
        and array.shape[1] == N_CLASSES
        and array.dtype.kind in "biuf"
        and bool(((array == 0) | (array == 1)).all() and (array.sum(axis=1) == 1).all())
    )


def require_layout(arrays: Mapping[ArrayName, np.ndarray], source: str) -> None:
    """Check shapes, types and ranges, and tell what looks wrong.

    Parameters
    ----------
    arrays : mapping of str to numpy.ndarray
        Those of :class:`Images` that there are; classes not without their images.
    source : str
        Where they come from.

    Raises
    ------
    DatasetError
        Naming the source and the first array that is not as it must be.
    """
    for x_name, y_name in PARTS:
        if x_name in arrays:
            _require_images(arrays[x_name], f"{source}: {x_name}")
        if y_name in arrays:
            _require_classes(arrays[y_name], len(arrays[x_name]), f"{source}: {y_name}")


def _require_images(x: np.ndarray, name: str) -> None:
    if x.ndim != 3 or x.shape[1:] != (ROWS, COLUMNS):
        counted_last = x.ndim > 1 and x.shape[:-1] in ((ROWS, COLUMNS), (ROWS * COLUMNS,))
        raise DatasetError(
            f"{name} must be (n, 28, 28), found {x.shape}"
            + (": take numpy.moveaxis(x, -1, 0)" if counted_last else "")
        )
    if len(x) == 0:
        raise DatasetError(f"{name} is empty")
    if x.dtype.kind not in "iuf":
        raise DatasetError(f"{name} must be numbers from 0 to 255, and is of type {x.dtype}")
    if not (x.min() >= 0 and x.max() <= 255):  # NaN is neither
        raise DatasetError(
            f"{name} must be numbers from 0 to 255, and goes from {x.min():g} to {x.max():g}"
        )
    if x.max() <= 1:
        raise DatasetError(
            f"{name}: the largest number is {x.max():g}, where 0 to 255 is meant: multiply by 255"
        )
    if x.mean() > MIDDLE:
        logger.warning(
            "%s is bright for the most part, with a mean of %.0f of 255; images are white on black "
            "here: take 255 - x if these are black on white",
            *(name, x.mean()),
        )


def _require_classes(y: np.ndarray, n: int, name: str) -> None:
    if y.shape != (n,):
        raise DatasetError(f"{name} must be ({n},), found {y.shape}")
    if not np.issubdtype(y.dtype, np.integer) or y.min() < 0 or y.max() > 9:
        raise DatasetError(f"{name} must be integers from 0 to 9")


def tell_orientation(arrays: Mapping[ArrayName, np.ndarray], source: str) -> None:
    """Say so if digits look turned or mirrored, as far as their classes tell.

    Parameters
    ----------
    arrays : mapping of str to numpy.ndarray
        Those of :class:`Images` that there are, in their shapes.
    source : str
        Where they come from.
    """
    for x_name, y_name in PARTS:
        if x_name in arrays and y_name in arrays:
            x, y = arrays[x_name][:ORIENTED], arrays[y_name][:ORIENTED]
            if remedy := orientation.remedy(x, y):
                told = "%s: %s: these digits look turned or mirrored; upright ones would be %s"
                logger.warning(told, source, x_name, remedy)


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
