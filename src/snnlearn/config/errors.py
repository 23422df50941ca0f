"""What is wrong with a configuration, in plain words, with file and line."""

import copy
import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import is_dataclass
from datetime import date
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from snnlearn.config.faults import twofold
from snnlearn.config.files import Document, Key, text_at, value_at
from snnlearn.settings.documentation import documented

#: What is said of a value has at most so many characters; the end of a reason is the remedy.
LONGEST_REASON = 400


class ConfigError(ValueError):
    """All that is wrong with a configuration, a line each: file, key, reason and remedy."""


class Checker:
    """Collects all that is wrong with a configuration, each with its file and line.

    Parameters
    ----------
    raw : mapping
        The merged configuration.
    documents : sequence of Document
        The files it was merged from, later ones overriding earlier ones.
    command_line : mapping
        The part of it that was given on the command line, as texts.
    begin : str
        How what is said of a key begins.
    """

    def __init__(
        self,
        raw: Mapping[str, Any],
        documents: Sequence[Document],
        command_line: Mapping[str, Any],
        begin: str = "config: ",
    ) -> None:
        self._raw, self._documents, self._command_line = raw, documents, command_line
        self._begin = begin
        self.problems: list[str] = []
        #: The data sets that there are, once that is known.
        self.images: Sequence[str] = ()
        for document in documents:
            for key, line, problem in twofold(document.root):
                self._note(key, problem, f" ({document.file}, line {line})")

    def add(self, key: Key, problem: str, means: str = "", above: Key | None = None) -> None:
        """Note what is wrong with a key, and what it means; ``above`` is where it is missing."""
        self._note(key, _cut(problem), f"{self._place(key if above is None else above)}{means}")

    def _note(self, key: Key, problem: str, rest: str) -> None:
        text = f"{self._begin}{'.'.join(map(_printable, key))}: {problem}{rest}"
        if text not in self.problems:
            self.problems.append(text)

    def _place(self, key: Key) -> str:
        """Where a value was given: the last file that has it, and the line."""
        value = value_at(key, self._raw)
        is_block = isinstance(value, Mapping)
        further = is_block and value_at(key, self._command_line, missing=None) is not None
        for document in reversed(self._documents):
            line, found = document.at(key)
            # A block is merged from several files; a single value is that of one of them.
            if line is not None and (is_block or shown(found) == shown(value)):
                also = ", and on the command line" if further else ""
                return f" ({document.file}, line {line}{also})"
        return " (given on the command line)" if self._documents else ""

    def _written(self, key: Key) -> str | None:
        """The text that a single value was given as, if that is known."""
        given = value_at(key, self._command_line, missing=None)
        if isinstance(given, str):
            return given
        value = value_at(key, self._raw)
        for document in reversed(self._documents):
            text = text_at(key, document.root)
            if text is not None and shown(document.at(key)[1]) == shown(value):
                return text
        return None

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
        data = {} if data is None else data
        adapter: TypeAdapter[Any] = TypeAdapter(model)
        try:
            return adapter.validate_python(data)
        except ValidationError as error:
            data = self._with_texts(data, error, origin)
        try:
            return adapter.validate_python(data)
        except ValidationError as error:
            for details in error.errors():
                key = _key(details["loc"])
                above = origin(key)[:-1] if details["type"] == "missing" else None
                self.add(origin(key), reason(details, known), meaning(model, key), above)
            return None

    def _with_texts(self, data: Any, error: ValidationError, origin: Callable[[Key], Key]) -> Any:
        """The same data, with texts where they are due: a name may look like a number or a date."""
        data = copy.deepcopy(data)
        for details in error.errors():
            single = isinstance(details["input"], int | float | date)
            if details["type"] != "string_type" or not single:
                continue
            *above, last = details["loc"]
            text = self._written(origin(_key(details["loc"])))
            if text is not None:
                inner: Any = data
                for part in _without_types(above):
                    inner = inner[part]
                inner[last] = text
        return data

    def check_images(self, parameters: Any, key: Key) -> None:
        """Check that the data set that some parameters name is there."""
        name = getattr(parameters, "dataset", None)
        if name is not None and name not in self.images:
            known = ", ".join(self.images)
            self.add(key, f"there are no images {name!r} in data and datasets, but {known}")

    def end(self) -> None:
        """Raise all that is wrong.

        Raises
        ------
        ConfigError
            If anything is.
        """
        if self.problems:
            raise ConfigError("\n".join(self.problems))


def _without_types(location: Iterable[Any]) -> list[Any]:
    """Where pydantic found something: what stands in brackets is a part of a type, and no key."""
    return [part for part in location if not str(part).startswith("[")]


def _key(location: Iterable[Any]) -> Key:
    return tuple(map(str, _without_types(location)))


def _printable(part: str) -> str:
    return part if part.isprintable() and len(part) < 100 else shown(part[:100])


def _cut(text: str) -> str:
    """A text that fits a terminal."""
    return text if len(text) <= LONGEST_REASON else f"{text[: LONGEST_REASON - 1]}…"


def shown(value: Any) -> str:
    """A value in a message."""
    try:
        return str(value) if isinstance(value, date) else repr(value)
    except ValueError:  # Python prints no whole number of more than 4300 digits
        return "a number of thousands of digits"


def reason(details: Any, known: Iterable[str]) -> str:
    """Say in plain words what pydantic found."""
    found, context = shown(details["input"]), details.get("ctx", {})
    match details["type"]:
        case "unexpected_keyword_argument" | "extra_forbidden":
            key = ".".join(map(str, details["loc"]))
            as_deep = [name for name in known if name.count(".") == key.count(".")]
            close = difflib.get_close_matches(key, as_deep, n=1)
            return "unknown key" + (f"; did you mean {close[0]!r}?" if close else "")
        case "missing":
            return "must be given"
        case "float_parsing" | "float_type" | "finite_number":
            return f"{found} is not a number"
        case "int_parsing" | "int_type" | "int_from_float":
            return f"{found} is not a whole number"
        case "bool_type":
            return f"{found} is neither true nor false"
        case "string_type":
            return f"{found} is not a text"
        case "string_too_long":
            return f"has more than {context['max_length']} characters"
        case "string_too_short":
            return "must not be empty"
        case "dataclass_type" | "dict_type":
            return f"{found} is not a block of keys"
        case "tuple_type":
            return f"{found} is not a list"
        case "literal_error":
            return f"{found} is not one of {context['expected']}"
        case "greater_than":
            return f"{found} is not greater than {context['gt']:.15g}"
        case "greater_than_equal":
            return f"{found} is less than {context['ge']:.15g}"
        case "less_than_equal":
            return f"{found} is more than {context['le']:.15g}"
        case "less_than":
            return f"{found} is not less than {context['lt']:.15g}"
        case "string_pattern_mismatch":
            return f"{found} does not have the form {context['pattern']}"
        case "value_error":
            return str(context["error"])
        case _:
            return f"{details['msg']} (found {found})"


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
