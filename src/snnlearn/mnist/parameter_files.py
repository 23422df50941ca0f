"""Files of trained parameters: read, check and write them, and tell where they come from.

The layout is that of NengoDL's ``save_params``: an ``.npz`` of ``arr_0``, ``arr_1``, … in the
order of :func:`snnlearn.mnist.network.parameter_shapes`. Beside each file stands its
provenance, where :func:`snnlearn.data.origin.beside` says.
"""

import json
import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from snnlearn.data.datasets import ArrayName
from snnlearn.data.files import read_text, replacing, write_text
from snnlearn.data.hashing import sha256_of_file
from snnlearn.data.npz import NpzError, read_npz
from snnlearn.data.origin import Origin, beside
from snnlearn.mnist.network import parameter_shapes
from snnlearn.mnist.neurons import CHAPTER, Neurons

logger = logging.getLogger(__name__)

#: What a provenance can say that parameters are.
ORIGINS = ("pretrained", "downloaded", "trained")


#: Bytes that a file of parameters may unpack to: a hundred times those of the network.
LARGEST = 10**8


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

    def trained_on_others(self, sha256: Mapping[ArrayName, str]) -> str:
        """Which images the parameters were trained on, if these are others.

        Parameters
        ----------
        sha256 : mapping of str to str
            SHA-256 of the arrays of these images, of those that there are.

        Returns
        -------
        str
            The name of that data set; empty if it is this one, or nothing is known of it.
        """
        theirs = self.details.get("dataset")
        if not isinstance(theirs, dict) or not isinstance(theirs.get("sha256"), dict):
            return ""
        known = theirs["sha256"]
        if all(known.get(array, found) == found for array, found in sha256.items()):
            return ""
        name = str(theirs.get("name"))  # by whom, is not known
        return name if re.fullmatch(r"[\w.+-]+", name) else "others"

    def label_with(self, images: Origin) -> str:
        """The label with that of some images; it says so if parameters were trained on others."""
        others = self.trained_on_others(images.sha256)
        return f"{self.label}{f'-on-{others}' if others else ''}/{images.label}"


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
        If the file is no such archive, belongs to another architecture, or holds other than
        floating-point numbers that are finite in 32 bits; the message lists what was expected and
        what was found.
    FileNotFoundError
        If there is no such file.

    Notes
    -----
    No two of the network's arrays have the same shape, so that those under other names, or in
    another order, are told by their shapes. One more that is the number 1, as NengoDL writes for
    the weight of a connection without one of its own, changes nothing and is left out.
    """
    try:
        found = read_npz(path, LARGEST)
    except NpzError as error:
        raise ParameterFileError(
            f"{error}; NengoDL's Simulator.save_params writes such a file"
        ) from error
    expected = {f"arr_{i}": shape for i, shape in enumerate(parameter_shapes().values())}
    shapes = {name: array.shape for name, array in found.items()}
    names = [*expected] if shapes == expected else _told_by_shape(path, found, expected)
    unlike = [f"{name} ({found[name].dtype})" for name in names if found[name].dtype.kind != "f"]
    if unlike:
        raise ParameterFileError(
            f"{path} holds values that are no floating-point numbers: {', '.join(unlike)}"
        )
    with np.errstate(over="ignore"):
        parameters = {name: found[name].astype(np.float32) for name in names}
    not_finite = [name for name, array in parameters.items() if not np.isfinite(array).all()]
    if not_finite:
        raise ParameterFileError(
            f"{path} holds values that are no finite numbers of 32 bits: {not_finite}"
        )
    return [*parameters.values()]


def _told_by_shape(
    path: Path, found: dict[str, np.ndarray], expected: dict[str, tuple[int, ...]]
) -> list[str]:
    """The names of the network's arrays, in its order, where they are not NengoDL's."""
    named: dict[tuple[int, ...], list[str]] = {}
    for name, array in found.items():
        named.setdefault(array.shape, []).append(name)
    of_shape = [named.get(shape, []) for shape in expected.values()]
    ours = [names[0] for names in of_shape if len(names) == 1]
    others = [name for name in found if name not in ours]
    if len(ours) < len(expected) or not all(_changes_nothing(found[name]) for name in others):
        not_ours = _listing({name: found[name].shape for name in others}) or "none"
        raise ParameterFileError(
            f"{path} holds the parameters of another network.\n"
            f"expected: {_listing(expected, parameter_shapes())}\n"
            f"found:    {_listing({name: array.shape for name, array in found.items()})}\n"
            f"{len(ours)} of the {len(expected)} are there; what is not the network's: {not_ours}\n"
            "Use a file that NengoDL saved for the chapter's network, or train one."
        )
    logger.warning(
        "%s: the network's arrays are told by their shapes: %s%s",
        *(path, ", ".join(ours), f"; left out, being 1: {', '.join(others)}" if others else ""),
    )
    return ours


def _changes_nothing(array: np.ndarray) -> bool:
    return array.dtype.kind == "f" and array.size == 1 and array.item() == 1


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
        provenance = Provenance(**json.loads(read_text(beside(path))))
    except FileNotFoundError:
        raise
    except (ValueError, TypeError, RecursionError, OSError) as error:  # no JSON, or another one
        raise unknown from error
    found = vars(provenance)
    if not all(isinstance(found[name], kind) for name, kind in kinds.items()):
        raise unknown
    if provenance.origin not in ORIGINS:
        raise unknown
    return provenance


def neurons_of(path: Path) -> Neurons:
    """How the neurons fired that parameters were trained with; the chapter's where it is not known.

    Parameters
    ----------
    path : pathlib.Path
        The file; its provenance stands beside it, if there is one.

    Returns
    -------
    Neurons
        Theirs.
    """
    known = known_provenance(path)
    details = known.details if known else {}
    try:
        return Neurons(**{name: details[name] for name in asdict(CHAPTER) if name in details})
    except ValidationError:  # anybody may have written it
        return CHAPTER


def known_provenance(path: Path) -> Provenance | None:
    """The provenance of a file that anybody may have given; None where there is none of ours."""
    try:
        return read_provenance(path)
    except FileNotFoundError:
        return None
    except ParameterFileError as error:
        logger.info("%s; it is left alone", error)
        return None
