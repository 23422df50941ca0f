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
        What is written there or, where nothing is, what :func:`origin_as_given` says.
    """
    path = Path(path)  # which a text may be, in a notebook
    images, written = datasets.read(path), beside(path)
    return images, read_origin(written) if written.is_file() else origin_as_given(images, path)


def origin_as_given(images: Images, path: Path) -> Origin:
    """Say what the images of a file are: named after it, unless they are those of MNIST."""
    datasets.tell_orientation(images.arrays(), str(path))
    origin = origin_of(images, path.stem, path.name, verified=False)
    if origin.sha256 == obtaining.MNIST_SHA256:
        return replace(origin, name="mnist", verified=True)
    return origin
