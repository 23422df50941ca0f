"""Find, download and verify MNIST, or any other set of images in the same layout.

The layout is that of Keras's ``mnist.npz``: ``x_train`` (n, 28, 28) and ``x_test`` with pixel
values from 0 to 255, ``y_train`` (n,) and ``y_test`` with classes from 0 to 9.
"""

import logging
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
import scipy
from pydantic import Field, field_validator, model_validator
from pydantic.dataclasses import dataclass as validated

from snnlearn.data.datasets import (
    ARRAYS,
    ArrayName,
    Images,
    read,
    require_layout,
    tell_orientation,
    verify,
    write,
)
from snnlearn.data.downloading import DownloadError, download
from snnlearn.data.errors import DatasetError
from snnlearn.data.idx import IDX_FILES, found_in, read_idx
from snnlearn.data.origin import Origin, origin_of
from snnlearn.settings.addresses import FileAddress
from snnlearn.settings.paths import PathText, expanded
from snnlearn.settings.types import STRICT, DatasetName, Natural, Sha256

logger = logging.getLogger(__name__)


#: The last images of the stand-in that are kept for testing.
STAND_IN_TEST_IMAGES = 397

#: Where MNIST is. Nothing else is there, so these stand for no data set of another name.
MNIST_URLS: tuple[FileAddress, ...] = (
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://s3.amazonaws.com/img-datasets/mnist.npz",
)

MNIST_SHA256: dict[ArrayName, str] = {
    "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
}


#: What the images are called that stand in for others.
STAND_IN = "uci-digits"

#: Words with single spaces between them, in which Matplotlib sees no formula.
ClassName = Annotated[
    str, Field(pattern=r"^[^\s$\x00-\x1f\x7f]+( [^\s$\x00-\x1f\x7f]+)*$", max_length=20)
]


@validated(frozen=True, config=STRICT)
class DataSettings:
    """Where the images come from; the defaults are MNIST's."""

    name: DatasetName = "mnist"
    """Name of the data set; it becomes part of the ``variant`` of the results."""

    classes: Annotated[tuple[ClassName, ...], Field(min_length=10, max_length=10)] | None = None
    """Names of the ten classes, from that of class 0 on, for figures. By default their numbers."""

    file: PathText | None = None
    """Name of the file that is looked for in each folder, which may have the four original IDX
    files instead. By default the name of the data set, with ``.npz``.
    """

    search: tuple[PathText, ...] = ("resources", "../shared/data", "~/.keras/datasets")
    """Folders to look in, in this order. In all paths, ``~`` and ``$NAME`` are filled in."""

    urls: tuple[FileAddress, ...] = MNIST_URLS
    """Addresses to download from, in this order: of an ``.npz``, or, with a slash at the end, of a
    folder with the four original IDX files. They are https, or of this machine; a password for
    them stands in ``~/.netrc``. The default ones, which are MNIST's, are not tried for a data set
    of another name.
    """

    sha256: dict[ArrayName, Sha256] | None = Field(default_factory=lambda: dict(MNIST_SHA256))
    """SHA-256 of each array's bytes in C order. ``null`` accepts any file in the right layout and
    marks the data set as unverified.
    """

    held_out: Natural = 0
    """For choices, which test images are not there for: the last so many training images take the
    place of the test images, and are not trained with. Such a set has a name of its own.
    """

    @field_validator("sha256")
    @classmethod
    def _all_or_none(cls, hashes: dict[ArrayName, str] | None) -> dict[ArrayName, str] | None:
        missing = [name for name in ARRAYS if hashes is not None and name not in hashes]
        if missing:
            raise ValueError(f"the hashes of {', '.join(missing)} are missing: give all, or null")
        return hashes

    @field_validator("name")
    @classmethod
    def _not_the_stand_in(cls, name: str) -> str:
        if name == STAND_IN:
            raise ValueError(f"{name} is what stands in for other images: give another name")
        return name

    @field_validator("classes")
    @classmethod
    def _told_apart(cls, classes: tuple[str, ...] | None) -> tuple[str, ...] | None:
        twice = [name for name in classes or () if (classes or ()).count(name) > 1]
        if twice:
            raise ValueError(f"two classes are named {twice[0]}")
        return classes

    @model_validator(mode="after")
    def _hashes_of_mnist_are_for_mnist(self) -> Self:
        if self.name == DataSettings.name and self.sha256 not in (None, MNIST_SHA256):
            raise ValueError(
                "sha256 holds other hashes than those of MNIST, so the images are not MNIST: set "
                "name to what they are; results named mnist are compared with what was "
                "published about MNIST"
            )
        if self.held_out and self.name == DataSettings.name:
            raise ValueError(
                "held_out makes other images of MNIST than those of which results were published: "
                "give name another name, and file: mnist.npz"
            )
        if self.sha256 == MNIST_SHA256 and self.name != DataSettings.name and not self.held_out:
            raise ValueError(
                f"sha256 holds the hashes of MNIST, not of {self.name}: give those of its four "
                "arrays, or null, which accepts any"
            )
        return self

    @property
    def sought(self) -> str:
        """Name of the file that is looked for."""
        return self.file or f"{self.name}.npz"

    @property
    def addresses(self) -> tuple[str, ...]:
        """What can be downloaded: of another data set than MNIST, not from MNIST's addresses."""
        others = () if self.sha256 == MNIST_SHA256 or self.name == DataSettings.name else MNIST_URLS
        return tuple(url for url in self.urls if url not in others)

    def candidates(self) -> list[Path]:
        """What there is to read, in the order of the search.

        Of each folder, the file under the name looked for, or else the folder itself if it has the
        four IDX files of the original.
        """
        found = []
        for folder in map(expanded, self.search):
            if (folder / expanded(self.sought)).is_file():
                found.append(folder / expanded(self.sought))
            elif found_in(folder):
                found.append(folder)
        return found

    def files(self) -> list[Path]:
        """The files behind the candidates."""
        return [
            file
            for path in self.candidates()
            for file in ([path] if path.is_file() else found_in(path).values())
        ]


def obtain(
    settings: DataSettings,
    downloads: Path,
    *,
    on_unavailable: Literal["stand-in", "fail"] = "fail",
) -> tuple[Images, Origin]:
    """Get the images from the search folders, from an earlier download, or by downloading.

    Parameters
    ----------
    settings : DataSettings
        What to look for and where.
    downloads : pathlib.Path
        Folder that keeps what was downloaded.
    on_unavailable : str
        Where no source gives them, ``stand-in`` goes on with :func:`stand_in`, and says so;
        ``fail`` does not.

    Returns
    -------
    images : Images
        The verified images, or the stand-in.
    origin : Origin
        Where they come from.

    Raises
    ------
    DatasetError
        If no source gives them, and nothing may stand in; the message lists every source and what
        was wrong with it.
    """
    try:
        found = _searched(settings, downloads)
    except DatasetError as error:
        if on_unavailable == "fail":
            raise
        logger.warning("%s", error)
        logger.warning(
            "going on with scikit-learn's bundled digits; no result of them is one of %s",
            settings.name,
        )
        found = stand_in([str(error)])
    return _holding_out(settings, *found) if settings.held_out else found


def _holding_out(settings: DataSettings, images: Images, origin: Origin) -> tuple[Images, Origin]:
    """The training images, and the last of them in the place of the test images."""
    n, there = settings.held_out, len(images.x_train)
    if origin.stand_in:
        n = min(n, there // 4)
    if n >= there:
        raise DatasetError(
            f"{settings.name}: held_out ({n}) leaves none of the {there} training images: "
            "choose less"
        )
    x, y = images.x_train, images.y_train
    split = Images(x[:-n], y[:-n], x[-n:], y[-n:])
    return split, replace(origin, sha256=origin_of(split, "", "", verified=True).sha256)


def _searched(settings: DataSettings, downloads: Path) -> tuple[Images, Origin]:
    """The first images that are as they must be."""
    kept = downloads / f"{settings.name}.npz"
    problems: list[str] = []
    for path in [*settings.candidates(), *([kept] if kept.is_file() else [])]:
        try:
            return _checked(read(path), settings, str(path), problems)
        except DatasetError as error:
            logger.warning("refused: %s", error)
            problems.append(str(error))
    for url in settings.addresses:
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
        f"{settings.name} could not be had. Looked for {settings.sought} or IDX files in "
        f"{', '.join(settings.search)} and tried {len(settings.addresses)} addresses:\n{tried}\n"
        f"Put {settings.sought} into one of these folders, or give {settings.name} another folder "
        "(search) or address (urls)."
    )


def _checked(
    images: Images, settings: DataSettings, source: str, problems: list[str]
) -> tuple[Images, Origin]:
    verified = settings.sha256 is not None
    origin = origin_of(images, settings.name, source, verified=verified, problems=list(problems))
    # Told before hashes are compared: it is another data set, and no damaged one.
    if origin.sha256 == MNIST_SHA256 != settings.sha256 and settings.name != DataSettings.name:
        raise DatasetError(
            f"{source} is MNIST, not {settings.name}; change its search, urls or file"
        )
    if settings.sha256 is not None:
        verify(images, settings.sha256, source)
    if settings.sha256 != MNIST_SHA256:
        tell_orientation(images.arrays(), source)
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
    require_layout(images.arrays(), url)
    return images


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
    from sklearn.datasets import load_digits  # slow, and seldom needed

    digits = load_digits()
    enlarged = scipy.ndimage.zoom(
        digits.images, (1, 3.5, 3.5), order=1, grid_mode=True, mode="nearest"
    )
    x = np.rint(np.clip(enlarged, 0, 16) * (255 / 16)).astype(np.uint8)
    y = digits.target.astype(np.uint8)
    split = len(x) - STAND_IN_TEST_IMAGES
    images = Images(x[:split], y[:split], x[split:], y[split:])
    source = "sklearn.datasets.load_digits"
    origin = origin_of(images, STAND_IN, source, verified=True, problems=problems)
    return images, replace(origin, stand_in=True)
