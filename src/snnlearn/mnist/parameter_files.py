"""Files of trained parameters: read, check and write them, and tell where they come from.

The layout is that of NengoDL's ``save_params``: an ``.npz`` of ``arr_0``, ``arr_1``, … in the
order of :func:`snnlearn.mnist.network.parameter_shapes`. Beside each file stands its
provenance, where :func:`snnlearn.data.origin.beside` says.
"""

import json
import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import numpy as np

from snnlearn.data.files import replacing, write_text
from snnlearn.data.hashing import sha256_of_file
from snnlearn.data.npz import NpzError, read_npz
from snnlearn.data.origin import beside
from snnlearn.mnist.network import parameter_shapes

logger = logging.getLogger(__name__)

#: What a provenance can say that parameters are.
ORIGINS = ("pretrained", "downloaded", "trained")


class ParameterFileError(ValueError):
    """A parameter file that cannot be used, and why."""


@dataclass(frozen=True)
class Provenance:
    """Where a file of parameters comes from.

    Attributes
    ----------
    origin : str
        ``pretrained``, ``downloaded`` or ``trained``; it becomes part of the ``variant``.
    sha256 : str
        SHA-256 of the parameter file.
    verified : bool
        Whether that hash was known beforehand, or the file was made here.
    source : str
        The file's path or address, or how it was trained.
    details : dict
        Whatever else is known: data set, seed, epochs, versions, accuracy.
    """

    origin: str
    sha256: str
    verified: bool
    source: str
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The origin, marked where the file could not be verified."""
        return self.origin if self.verified else f"{self.origin}-unverified"


def read(path: Path) -> list[np.ndarray]:
    """Read the parameters of a file and check that they fit the network.

    Parameters
    ----------
    path : pathlib.Path
        An ``.npz`` in NengoDL's layout.

    Returns
    -------
    list of numpy.ndarray
        The parameters, in the order of ``parameter_shapes()``.

    Raises
    ------
    ParameterFileError
        If the file is no such archive or belongs to another architecture; the message lists
        what was expected and what was found.
    FileNotFoundError
        If there is no such file.
    """
    try:
        found = read_npz(path)
    except NpzError as error:
        raise ParameterFileError(
            f"{error}; NengoDL's Simulator.save_params writes such a file"
        ) from error
    expected = {f"arr_{i}": shape for i, shape in enumerate(parameter_shapes().values())}
    shapes = {name: array.shape for name, array in found.items()}
    if shapes != expected:
        raise ParameterFileError(
            f"{path} holds the parameters of another network.\n"
            f"expected: {_listing(expected, parameter_shapes())}\n"
            f"found:    {_listing(shapes)}\n"
            "Use a file that NengoDL saved for the chapter's network, or train one."
        )
    not_finite = [name for name in expected if not np.isfinite(found[name]).all()]
    if not_finite:
        raise ParameterFileError(f"{path} holds values that are no finite numbers: {not_finite}")
    return [found[name] for name in expected]


def _listing(shapes: dict[str, tuple[int, ...]], meanings: Iterable[str] = ()) -> str:
    described = zip(shapes.items(), chain(meanings, repeat("")), strict=False)
    return "; ".join(f"{name} {shape} {meaning}".strip() for (name, shape), meaning in described)


def write(path: Path, parameters: list[np.ndarray]) -> str:
    """Write parameters in NengoDL's layout.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    parameters : list of numpy.ndarray
        In the order and the shapes of :func:`snnlearn.mnist.network.parameter_shapes`.

    Returns
    -------
    str
        SHA-256 of the file.
    """
    # NumPy would add .npz to a path without it.
    with replacing(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, *parameters)
    return sha256_of_file(path)


def write_provenance(path: Path, provenance: Provenance) -> None:
    """Write the provenance of a parameter file beside it."""
    text = json.dumps(asdict(provenance), indent=2, sort_keys=True)
    write_text(beside(path), text + "\n")


def read_provenance(path: Path) -> Provenance:
    """Read the provenance of a parameter file from beside it.

    Raises
    ------
    ParameterFileError
        If what stands there is not what :func:`write_provenance` writes.
    FileNotFoundError
        If nothing stands there.
    """
    kinds = {"origin": str, "sha256": str, "verified": bool, "source": str, "details": dict}
    unknown = ParameterFileError(f"{beside(path)} says nothing that is known of {path}")
    try:
        provenance = Provenance(**json.loads(beside(path).read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:  # no JSON, or another one
        raise unknown from error
    found = vars(provenance)
    if not all(isinstance(found[name], kind) for name, kind in kinds.items()):
        raise unknown
    if provenance.origin not in ORIGINS:
        raise unknown
    return provenance


def known_provenance(path: Path) -> Provenance | None:
    """The provenance of a file that anybody may have given; None where there is none of ours."""
    try:
        return read_provenance(path)
    except FileNotFoundError:
        return None
    except ParameterFileError as error:
        logger.info("%s; it is left alone", error)
        return None
