"""Find, download and verify MNIST, or any other set of images in the same layout.

The layout is that of Keras's ``mnist.npz``: ``x_train`` (n, 28, 28) and ``x_test`` with pixel
values from 0 to 255, ``y_train`` (n,) and ``y_test`` with classes from 0 to 9.
"""

import gzip
import json
import logging
import math
import struct
import tempfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, field_validator
from pydantic.dataclasses import dataclass as validated
from scipy.ndimage import zoom
from sklearn.datasets import load_digits

from snnlearn.downloading import DownloadError, download
from snnlearn.hashing import sha256_of_array
from snnlearn.npz import NpzError, read_npz
from snnlearn.quantities import STRICT, Sha256, Text

logger = logging.getLogger(__name__)

ArrayName = Literal["x_train", "y_train", "x_test", "y_test"]
ARRAYS: tuple[ArrayName, ...] = ("x_train", "y_train", "x_test", "y_test")

#: File name of each array where an address is a folder of files in the original IDX format.
IDX_FILES: dict[ArrayName, str] = {
    "x_train": "train-images-idx3-ubyte.gz",
    "y_train": "train-labels-idx1-ubyte.gz",
    "x_test": "t10k-images-idx3-ubyte.gz",
    "y_test": "t10k-labels-idx1-ubyte.gz",
}

#: The last images of the stand-in that are kept for testing.
STAND_IN_TEST_IMAGES = 397

MNIST_SHA256: dict[ArrayName, str] = {
    "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
}


class DatasetError(ValueError):
    """A set of images that cannot be used, and why."""


@validated(frozen=True, config=STRICT)
class Settings:
    """Where the images come from; the defaults are MNIST's.

    Attributes
    ----------
    name : str
        Name of the data set; it becomes part of the ``variant`` of the results.
    file : str
        Name of the file that is looked for in each folder.
    search : tuple of str
        Folders to look in, in this order.
    urls : tuple of str
        Addresses to download from, in this order: of an ``.npz``, or, with a slash at the end,
        of a folder with the four original IDX files.
    sha256 : dict of str to str, optional
        SHA-256 of each array's bytes in C order. ``null`` accepts any file in the right layout
        and marks the data set as unverified.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")] = "mnist"
    file: Text = "mnist.npz"
    search: tuple[Text, ...] = ("resources", "../shared/data", "~/.keras/datasets")
    urls: tuple[Text, ...] = (
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://s3.amazonaws.com/img-datasets/mnist.npz",
    )
    sha256: dict[ArrayName, Sha256] | None = Field(default_factory=lambda: dict(MNIST_SHA256))

    @field_validator("sha256")
    @classmethod
    def _all_or_none(cls, hashes: dict[ArrayName, str] | None) -> dict[ArrayName, str] | None:
        missing = [name for name in ARRAYS if hashes is not None and name not in hashes]
        if missing:
            raise ValueError(f"the hashes of {', '.join(missing)} are missing: give all, or null")
        return hashes

    def candidates(self) -> list[Path]:
        """The files that exist under the name looked for, in the order of the search."""
        paths = (Path(folder).expanduser() / self.file for folder in self.search)
        return [path for path in paths if path.is_file()]


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
        """The four arrays by name."""
        return {name: getattr(self, name) for name in ARRAYS}


@dataclass(frozen=True)
class Origin:
    """Where a set of images comes from.

    Attributes
    ----------
    name : str
        Name of the data set.
    source : str
        Path or address.
    verified : bool
        Whether the arrays have the SHA-256 that the configuration gives.
    stand_in : bool
        Whether these are not the images asked for, but scikit-learn's digits.
    sha256 : dict of str to str
        SHA-256 of each array.
    problems : list of str
        What was tried before, and why it did not do.
    """

    name: str
    source: str
    verified: bool
    stand_in: bool
    sha256: dict[ArrayName, str]
    problems: list[str]

    @property
    def label(self) -> str:
        """The name, marked where the images could not be verified."""
        return self.name if self.verified else f"{self.name}-unverified"


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
    _require_layout(images, str(path))
    return images


def _require_layout(images: Images, source: str) -> None:
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


def obtain(settings: Settings, downloads: Path) -> tuple[Images, Origin]:
    """Get the images from the search folders, from an earlier download, or by downloading.

    Parameters
    ----------
    settings : Settings
        What to look for and where.
    downloads : pathlib.Path
        Folder that keeps what was downloaded.

    Returns
    -------
    images : Images
        The verified images.
    origin : Origin
        Where they come from.

    Raises
    ------
    DatasetError
        If no source gives them; the message lists every source and what was wrong with it.
    """
    kept = downloads / settings.file
    problems: list[str] = []
    for path in [*settings.candidates(), *([kept] if kept.is_file() else [])]:
        try:
            return _checked(read(path), settings, str(path), problems)
        except DatasetError as error:
            logger.warning("refused: %s", error)
            problems.append(str(error))
    for url in settings.urls:
        try:
            logger.info("downloading %s", url)
            found = _checked(_download(url), settings, url, problems)
        except (DatasetError, DownloadError) as error:
            logger.warning("refused: %s", error)
            problems.append(str(error))
        else:
            write(kept, found[0])
            return found
    tried = "\n".join(f"  - {problem}" for problem in problems) or "  (nothing to try)"
    raise DatasetError(
        f"{settings.name} could not be had. Looked for {settings.file} in "
        f"{', '.join(settings.search)} and tried {len(settings.urls)} addresses:\n{tried}\n"
        f"Put {settings.file} into one of these folders, or add an address to data.urls."
    )


def origin_of(
    images: Images, name: str, source: str, *, verified: bool, problems: list[str] | None = None
) -> Origin:
    """Describe images that were asked for, with the hash of each array."""
    hashes = {array: sha256_of_array(values) for array, values in images.arrays().items()}
    return Origin(name, source, verified, False, hashes, problems or [])


def _checked(
    images: Images, settings: Settings, source: str, problems: list[str]
) -> tuple[Images, Origin]:
    if settings.sha256 is not None:
        verify(images, settings.sha256, source)
    verified = settings.sha256 is not None
    origin = origin_of(images, settings.name, source, verified=verified, problems=list(problems))
    # The default addresses are MNIST's: they must not stand for another data set.
    if origin.sha256 == MNIST_SHA256 and settings.name != Settings.name:
        raise DatasetError(f"{source} is MNIST, not {settings.name}; set data.urls or data.file")
    return images, origin


def _download(url: str) -> Images:
    with tempfile.TemporaryDirectory() as folder:
        if not url.endswith("/"):
            path = Path(folder) / "images.npz"
            download(url, path)
            return read(path)
        arrays = {}
        for name, file in IDX_FILES.items():
            path = Path(folder) / file
            download(url + file, path)
            arrays[name] = read_idx(path)
    images = Images(**arrays)
    _require_layout(images, url)
    return images


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
        The values.

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


def stand_in(problems: list[str]) -> tuple[Images, Origin]:
    """Scikit-learn's bundled UCI digits, enlarged to the layout of MNIST.

    1,797 digits of 8 × 8 pixels with 17 grey levels (E. Alpaydin, C. Kaynak, "Optical
    Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998), interpolated
    linearly to 28 × 28 pixels and scaled to 0–255. The last :data:`STAND_IN_TEST_IMAGES` are the
    test images; they were written by other people than the first.

    Parameters
    ----------
    problems : list of str
        Why the real images could not be had.

    Returns
    -------
    images : Images
        The digits.
    origin : Origin
        Marked as a stand-in.
    """
    digits = load_digits()
    enlarged = zoom(digits.images, (1, 3.5, 3.5), order=1, grid_mode=True, mode="nearest")
    x = np.rint(np.clip(enlarged, 0, 16) * (255 / 16)).astype(np.uint8)
    y = digits.target.astype(np.uint8)
    split = len(x) - STAND_IN_TEST_IMAGES
    images = Images(x[:split], y[:split], x[split:], y[split:])
    source = "sklearn.datasets.load_digits"
    origin = origin_of(images, "uci-digits", source, verified=True, problems=problems)
    return images, replace(origin, stand_in=True)


def write(path: Path, images: Images) -> None:
    """Write images as an ``.npz``; a file of that name is replaced only by a complete one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial.npz")
    arrays: dict[str, Any] = {str(name): array for name, array in images.arrays().items()}
    np.savez_compressed(partial, **arrays)
    partial.replace(path)


def write_origin(path: Path, origin: Origin) -> None:
    """Write where images come from as JSON."""
    path.write_text(json.dumps(asdict(origin), indent=2, sort_keys=True) + "\n")


def read_origin(path: Path) -> Origin:
    """Read what :func:`write_origin` wrote."""
    return Origin(**json.loads(path.read_text()))
