"""What stands about settings beside their fields, and settings as plain data."""

import inspect
import re
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from pydantic import TypeAdapter


def plain(settings: Any) -> dict[str, Any]:
    """A validated data class as plain data: dicts, lists, numbers and strings."""
    data: dict[str, Any] = TypeAdapter(type(settings)).dump_python(settings, mode="json")
    return data


@dataclass(frozen=True)
class Key:
    """One key of the configuration.

    Attributes
    ----------
    path : tuple of str
        The key and those above it.
    kind : str
        Type, as the docstring gives it.
    default : Any
        Plain data; a block's is None.
    meaning : str
        What it is, in words.
    is_block : bool
        Whether it holds keys.
    """

    path: tuple[str, ...]
    kind: str
    default: Any
    meaning: str
    is_block: bool


def documented(model: type) -> dict[str, tuple[str, str]]:
    """Type and meaning of each attribute, from the docstring of a data class.

    Parameters
    ----------
    model : type
        A data class with a NumPy-style section "Attributes".

    Returns
    -------
    dict of str to (str, str)
        By name.

    Raises
    ------
    ValueError
        If an attribute is not documented.
    """
    docstring = inspect.cleandoc(model.__doc__ or "")
    section = docstring.partition("Attributes\n----------\n")[2]
    entries = re.findall(r"^(\S.*?) : (.*)\n((?:[ ].*\n?|\n)+)", section, re.MULTILINE)
    found = {
        name: (kind.replace("tuple", "list"), " ".join(text.split()).replace("``", "`"))
        for name, kind, text in entries
    }
    missing = [field.name for field in fields(model) if field.name not in found]
    if missing:
        raise ValueError(f"{model.__qualname__} does not document {missing}")
    return found


def keys_of(settings: Any, above: tuple[str, ...] = ()) -> list[Key]:
    """All keys of a data class with its values, in the order of its fields."""
    meanings, values = documented(type(settings)), plain(settings)
    keys = []
    for field in fields(settings):
        path, (kind, meaning) = (*above, field.name), meanings[field.name]
        value = getattr(settings, field.name)
        if is_dataclass(value):
            keys.append(Key(path, "block", None, meaning, True))
            keys += keys_of(value, path)
        else:
            default = values[field.name]
            if field.name == "seeds" and default == list(range(len(default or []))):
                default = len(default)
            keys.append(Key(path, kind, default, meaning, False))
    return keys
