"""What is wrong with a configuration, in plain words, with file and line."""

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

import yaml
from pydantic import TypeAdapter, ValidationError

from snnlearn.settings.documentation import documented

Key = tuple[str, ...]


class ConfigError(ValueError):
    """All that is wrong with a configuration, a line each: file, key, reason and remedy."""


class Checker:
    """Collects all that is wrong with a configuration, each with its file and line.

    Parameters
    ----------
    raw : mapping
        The merged configuration.
    files : sequence of pathlib.Path
        The files it was merged from, later ones overriding earlier ones.
    """

    def __init__(self, raw: Mapping[str, Any], files: Sequence[Path]) -> None:
        self._raw, self._files = raw, files
        self.problems: list[str] = []

    def add(self, key: Key, problem: str, means: str = "", above: Key | None = None) -> None:
        """Note what is wrong with a key, and what it means; ``above`` is where it is missing."""
        found_at = place(key if above is None else above, self._raw, self._files)
        text = f"config: {'.'.join(key)}: {problem}{found_at}{means}"
        if text not in self.problems:
            self.problems.append(text)

    def check(
        self, model: type, data: Any, origin: Callable[[Key], Key], known: Iterable[str]
    ) -> Any:
        """Validate a part of the configuration.

        Parameters
        ----------
        model : type
            Its data class.
        data : Any
            The part; None is an empty one.
        origin : callable
            Where in the configuration a key of the part was given.
        known : iterable of str
            The keys there are, to propose one for one that there is not.

        Returns
        -------
        data class or None
            None where something is wrong.
        """
        try:
            return TypeAdapter(model).validate_python({} if data is None else data)
        except ValidationError as error:
            for details in error.errors():
                # What stands in brackets is a part of a type, and no key.
                key = tuple(str(p) for p in details["loc"] if not str(p).startswith("["))
                above = origin(key)[:-1] if details["type"] == "missing" else None
                self.add(origin(key), reason(details, known), meaning(model, key), above)
            return None

    def end(self) -> None:
        """Raise all that is wrong.

        Raises
        ------
        ConfigError
            If anything is.
        """
        if self.problems:
            raise ConfigError("\n".join(self.problems))


def reason(details: Any, known: Iterable[str]) -> str:
    """Say in plain words what pydantic found."""
    found, context = details["input"], details.get("ctx", {})
    match details["type"]:
        case "unexpected_keyword_argument" | "extra_forbidden":
            key = ".".join(map(str, details["loc"]))
            as_deep = [name for name in known if name.count(".") == key.count(".")]
            close = difflib.get_close_matches(key, as_deep, n=1)
            return "unknown key" + (f"; did you mean {close[0]!r}?" if close else "")
        case "missing":
            return "must be given"
        case "float_parsing" | "float_type" | "finite_number":
            return f"{found!r} is not a number"
        case "int_parsing" | "int_type" | "int_from_float":
            return f"{found!r} is not a whole number"
        case "bool_type":
            return f"{found!r} is neither true nor false"
        case "string_type":
            return f"{found!r} is not a text"
        case "string_too_short":
            return "must not be empty"
        case "dataclass_type" | "dict_type":
            return f"{found!r} is not a block of keys"
        case "tuple_type":
            return f"{found!r} is not a list"
        case "literal_error":
            return f"{found!r} is not one of {context['expected']}"
        case "greater_than":
            return f"{found!r} is not greater than {context['gt']:.15g}"
        case "greater_than_equal":
            return f"{found!r} is less than {context['ge']:.15g}"
        case "less_than_equal":
            return f"{found!r} is more than {context['le']:.15g}"
        case "less_than":
            return f"{found!r} is not less than {context['lt']:.15g}"
        case "string_pattern_mismatch":
            return f"{found!r} does not have the form {context['pattern']}"
        case "value_error":
            return str(context["error"])
        case _:
            return f"{details['msg']} (found {found!r})"


def meaning(model: type, key: Key) -> str:
    """What is to stand under a key, to follow a complaint; nothing on blocks and unknown keys.

    Parameters
    ----------
    model : type
        The data class that the key is one of.
    key : tuple of str
        The key, and those above it within the class. What follows it, such as a place in its
        list, makes no difference.

    Returns
    -------
    str
        With a colon before it.
    """
    for part in key:
        described = documented(model)
        if part not in described:
            break
        kind: Any = get_type_hints(model)[part]
        if not (isinstance(kind, type) and is_dataclass(kind)):
            return f": {described[part][1]}"
        model = kind
    return ""


def place(key: Key, raw: Mapping[str, Any], files: Sequence[Path]) -> str:
    """Where a value was given: the last file that has it, and the line."""
    value = _value_at(key, raw)
    for file in reversed(files):
        text = file.read_text()
        try:
            line, found = line_of(key, yaml.compose(text)), _value_at(key, yaml.safe_load(text))
        except yaml.YAMLError:  # JSON with tabs, which Snakemake reads by other means
            return ""
        # A block is merged from several files; a single value is that of one of them.
        if line is not None and (isinstance(value, Mapping) or repr(found) == repr(value)):
            return f" ({file}, line {line})"
    return " (given on the command line)" if files else ""


def _value_at(key: Key, data: Any) -> Any:
    """The value under a key, or that of the nearest key above it."""
    for part in key:
        if isinstance(data, Mapping) and part in data:
            data = data[part]
        elif isinstance(data, Sequence) and part.isdecimal() and int(part) < len(data):
            data = data[int(part)]
        else:
            break
    return data


def line_of(key: Key, document: yaml.Node | None) -> int | None:
    """Line of a key in a YAML document, counted from 1; None where it is not in it."""
    node, line = document, None
    for part in key:
        if isinstance(node, yaml.SequenceNode) and part.isdecimal() and int(part) < len(node.value):
            node = node.value[int(part)]
        elif isinstance(node, yaml.MappingNode):
            entries = {name.value: (name, value) for name, value in node.value}
            if part not in entries:
                return None
            name, node = entries[part]
            line = name.start_mark.line + 1
        else:
            break
    return line
