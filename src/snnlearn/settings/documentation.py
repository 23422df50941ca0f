"""What stands about settings beside their fields, and settings as plain data."""

from dataclasses import dataclass, fields, is_dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BeforeValidator, TypeAdapter
from pydantic_core import PydanticUndefined


def plain(settings: Any) -> dict[str, Any]:
    """A validated data class as plain data: dicts, lists, numbers and strings."""
    return TypeAdapter(type(settings)).dump_python(settings, mode="json")


@dataclass(frozen=True)
class Key:
    """One key of the configuration.

    Attributes
    ----------
    path : tuple of str
        The key and those above it.
    kind : str
        Type in words.
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
    """Type and meaning of each field of a data class, in words.

    Parameters
    ----------
    model : type
        A data class of pydantic's that is configured with :data:`snnlearn.settings.types.STRICT`,
        and has a string below each field.

    Returns
    -------
    dict of str to (str, str)
        By name.

    Raises
    ------
    ValueError
        If a field is not described.
    """
    described = getattr(model, "__pydantic_fields__", {})
    meanings = {name: in_one_line(field.description or "") for name, field in described.items()}
    missing = [field.name for field in fields(model) if not meanings.get(field.name)]
    if missing:
        raise ValueError(
            f"{model.__qualname__} does not document {missing}: describe each in a string below it"
        )
    kinds = get_type_hints(model, include_extras=True)
    return {name: (kind_in_words(kinds[name]), meaning) for name, meaning in meanings.items()}


def in_one_line(text: str) -> str:
    """A docstring's words as a table or a schema has them: in one line, with single backticks."""
    return " ".join(text.split()).replace("``", "`")


def kind_in_words(annotation: Any) -> str:
    """What a configuration may hold under a key, such as ``list of float, optional``.

    Parameters
    ----------
    annotation : Any
        The type of a field, with what pydantic is told about it.

    Returns
    -------
    str
        Bounds are left out. Names that a key is to be chosen from are a ``str``.
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        kind, *metadata = arguments
        for told in metadata:
            if isinstance(told, BeforeValidator):
                taken = told.json_schema_input_type
                kind = kind if taken is PydanticUndefined else taken
        return kind_in_words(kind)
    if origin in (Union, UnionType):
        kinds = [kind_in_words(part) for part in arguments if part is not NoneType]
        return " or ".join(kinds) + (", optional" if NoneType in arguments else "")
    if origin is tuple:
        return f"list of {kind_in_words(arguments[0])}"
    if origin is dict:
        return f"dict of {' to '.join(map(kind_in_words, arguments))}"
    if origin is Literal:
        return type(arguments[0]).__name__
    return annotation.__name__


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
