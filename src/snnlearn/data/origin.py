"""Where a set of images comes from.

It is written beside the images. So is the provenance of other files: :func:`beside` says where.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from snnlearn.data.datasets import ArrayName, Images
from snnlearn.data.files import read_text, write_text
from snnlearn.data.hashing import sha256_of_array


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


def origin_of(
    images: Images, name: str, source: str, *, verified: bool, problems: list[str] | None = None
) -> Origin:
    """Describe images that were asked for, with the hash of each array."""
    hashes = {array: sha256_of_array(values) for array, values in images.arrays().items()}
    return Origin(name, source, verified, False, hashes, problems or [])


def beside(path: Path) -> Path:
    """Where it is written where a file comes from: beside it, with ``.json`` in place of ``.npz``.

    What ends otherwise is kept whole, so that ``a.1`` and ``a.2`` share nothing.
    """
    return path.with_name(f"{path.name.removesuffix('.npz')}.json")


def write_origin(path: Path, origin: Origin) -> None:
    """Write where images come from as JSON."""
    write_text(path, json.dumps(asdict(origin), indent=2, sort_keys=True) + "\n")


def read_origin(path: Path) -> Origin:
    """Read what :func:`write_origin` wrote."""
    return Origin(**json.loads(read_text(path)))
