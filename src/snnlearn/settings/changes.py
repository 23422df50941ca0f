"""Say what a configuration is: in a name, and in words."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import getitem
from typing import Any

import numpy as np

from snnlearn.settings.documentation import keys_of, plain

#: A value in a name has at most so many characters.
LONGEST_VALUE = 24

#: A name has at most so many characters.
LONGEST_NAME = 200


@dataclass(frozen=True)
class Change:
    """A parameter that is not the chapter's.

    Attributes
    ----------
    key : str
        Its name, with dots between the keys.
    value, chapter : Any
        Its value here and in the chapter, as plain data.
    meaning : str
        What it is, in words.
    """

    key: str
    value: Any
    chapter: Any
    meaning: str


def changes(model: type, parameters: Mapping[str, Any]) -> list[Change]:
    """How an experiment's parameters differ from the chapter's, its defaults.

    Parameters
    ----------
    model : type
        The experiment's ``Parameters``.
    parameters : mapping
        Its parameters as plain data.

    Returns
    -------
    list of Change
        In the order of the parameters.
    """
    defaults = model()
    chapter = plain(defaults)
    return [
        Change(".".join(key.path), value, usual, key.meaning)
        for key in keys_of(defaults)
        if not key.is_block  # what is in the value of a key, such as a mapping, is no key
        and (value := _at(parameters, key.path)) != (usual := _at(chapter, key.path))
    ]


def _at(parameters: Mapping[str, Any], path: Sequence[str]) -> Any:
    return reduce(getitem, path, parameters)


def flat(parameters: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested parameters as one level, with dots between the keys."""
    entries: dict[str, Any] = {}
    for key, value in parameters.items():
        if isinstance(value, Mapping):
            entries |= flat(value, f"{prefix}{key}.")
        else:
            entries[f"{prefix}{key}"] = value
    return entries


def name_of(changed: Sequence[Change]) -> str:
    """What differs from the chapter, such as ``learning_rate=2e-4``, or ``chapter``."""
    name = ", ".join(f"{change.key}={short(change.value)}" for change in changed) or "chapter"
    return _cut(name, LONGEST_NAME)


def in_words(differences: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, str]:
    """What differs from the default, in a sentence for each experiment.

    Parameters
    ----------
    differences : mapping of str to sequence of mapping
        From :func:`snnlearn.config.differences.differences`.
    """
    return {
        name: "; ".join(
            f"{row['key']} = {short(row['here'])} (by default {short(row['default'])})"
            for row in rows
        )
        for name, rows in differences.items()
    }


def short(value: Any) -> str:
    """A value in few characters: 2e-4 rather than 0.0002."""
    if isinstance(value, float):
        scientific = np.format_float_scientific(value, trim="-", exp_digits=1).replace("e+", "e")
        return min(f"{value:.15g}", scientific, key=len)
    text = value if isinstance(value, str) else json.dumps(value)
    return _cut(text, LONGEST_VALUE)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
