"""Images with what is known of them, whether the pipeline has written them or anybody else."""

from dataclasses import replace
from pathlib import Path

from snnlearn.data import datasets, obtaining
from snnlearn.data.datasets import Images
from snnlearn.data.origin import Origin, beside, origin_of, read_origin


def read(path: Path) -> tuple[Images, Origin]:
    """Read images, and their origin, which the pipeline writes beside them.

    Parameters
    ----------
    path : pathlib.Path
        As :func:`snnlearn.data.datasets.read` takes it.

    Returns
    -------
    images : Images
        The images.
    origin : Origin
        What is written there or, where nothing is, what :func:`as_given` says.
    """
    path = Path(path)  # which a text may be, in a notebook
    if (written := beside(path)).is_file():
        return datasets.read(path), read_origin(written)
    return as_given(path)


def as_given(path: Path) -> tuple[Images, Origin]:
    """Read images, and name their origin after the file, unless they are those of MNIST."""
    images = datasets.read(path)
    datasets.tell_orientation(images.arrays(), str(path))
    origin = origin_of(images, path.stem, path.name, verified=False)
    if origin.sha256 == obtaining.MNIST_SHA256:
        origin = replace(origin, name="mnist", verified=True)
    return images, origin
