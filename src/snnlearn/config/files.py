"""Configuration files as they are written: which line says what."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Key = tuple[str, ...]

#: The key of YAML that takes over another block.
MERGE = "tag:yaml.org,2002:merge"


@dataclass(frozen=True)
class Document:
    """A file of a configuration.

    Attributes
    ----------
    file : pathlib.Path
        The file.
    root : yaml.Node or None
        What is written in it; None where there is nothing, or it can be read once only.
    values : Any
        What that says, with all keys as texts.
    """

    file: Path
    root: yaml.Node | None
    values: Any

    def at(self, key: Key) -> tuple[int | None, Any]:
        """Line and value of a key; the line is None where it is not in the file."""
        return line_of(key, self.root), value_at(key, self.values)

    def below(self, key: Key) -> "Document":
        """The part of it that stands under a key."""
        return Document(self.file, node_at(key, self.root), value_at(key, self.values, None))


def document(file: Path) -> Document:
    """Read a file that Snakemake could read."""
    if not file.is_file():  # a pipe gives its text once
        return Document(file, None, None)
    text = file.read_text(encoding="utf-8")
    root = composed(text)
    return Document(file, root, with_text_keys(_loaded(text), [root] if root else []))


def _loaded(text: str) -> Any:
    """What a text says, as Snakemake reads it."""
    try:
        return json.loads(text)
    except ValueError:
        return yaml.load(text, Loader=yaml.FullLoader)


def composed(text: str) -> yaml.Node | None:
    """What a text says by lines.

    Parameters
    ----------
    text : str
        YAML or JSON.

    Returns
    -------
    yaml.Node or None
        None where nothing is said.
    """
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return yaml.compose(text, Loader=yaml.FullLoader)
    # Tabs between the words of JSON are nothing that YAML knows; within them there are none.
    return yaml.compose(text.replace("\t", " "), Loader=yaml.FullLoader)


def entries_of(node: yaml.Node | None) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    """Names and values of a block by the text of the name; what it merges comes before its own."""
    merged: dict[str, tuple[yaml.Node, yaml.Node]] = {}
    own: dict[str, tuple[yaml.Node, yaml.Node]] = {}
    for name, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if name.tag == MERGE:
            blocks = value.value if isinstance(value, yaml.SequenceNode) else [value]
            for block in reversed(blocks):
                merged |= entries_of(block)
        elif isinstance(name, yaml.ScalarNode):
            own[name.value] = (name, value)
    return merged | own


def line_of(key: Key, root: yaml.Node | None) -> int | None:
    """Line of a key in a YAML document, counted from 1; None where it is not in it."""
    node, line = root, None
    for part in key:
        if isinstance(node, yaml.SequenceNode) and _is_place(part, node.value):
            node = node.value[int(part)]
        elif isinstance(node, yaml.MappingNode):
            entries = entries_of(node)
            if part not in entries:
                return None
            name, node = entries[part]
            line = name.start_mark.line + 1
        else:
            break
    return line


def node_at(key: Key, root: yaml.Node | None) -> yaml.Node | None:
    """What is written under a key; None where there is nothing."""
    node = root
    for part in key:
        if isinstance(node, yaml.SequenceNode) and _is_place(part, node.value):
            node = node.value[int(part)]
        else:
            _, node = entries_of(node).get(part, (None, None))
    return node


def text_at(key: Key, root: yaml.Node | None) -> str | None:
    """The text of a single value, as it is written; None where there is none."""
    node = node_at(key, root)
    return node.value if isinstance(node, yaml.ScalarNode) else None


#: Stands for the nearest key above one that there is not.
NEAREST = object()


def value_at(key: Key, data: Any, missing: Any = NEAREST) -> Any:
    """The value under a key; where there is none, that of the nearest key above it, or another."""
    for part in key:
        if isinstance(data, Mapping) and part in data:
            data = data[part]
        elif isinstance(data, Sequence) and not isinstance(data, str) and _is_place(part, data):
            data = data[int(part)]
        else:
            return data if missing is NEAREST else missing
    return data


def _is_place(part: str, listed: Sequence[Any]) -> bool:
    return part.isdecimal() and len(part) < 10 and int(part) < len(listed)


def with_text_keys(data: Any, nodes: Sequence[yaml.Node]) -> Any:
    """The same values under keys that are texts, as they are written: YAML reads ``on`` as true.

    Whole numbers of more than 64 bits become floating-point numbers: nothing can be counted so far.

    Parameters
    ----------
    data : Any
        What some documents say, merged.
    nodes : sequence of yaml.Node
        What is written in them at this place, later ones overriding earlier ones.

    Returns
    -------
    Any
        Plain data.
    """
    if isinstance(data, Mapping):
        written = [entries_of(node) for node in nodes]
        changed = {}
        for key, value in data.items():
            text = key if isinstance(key, str) else _text_of(key, written)
            inner = [entries[text][1] for entries in written if text in entries]
            changed[text] = with_text_keys(value, inner)
        return changed
    if isinstance(data, list):
        lists = [node.value for node in nodes if isinstance(node, yaml.SequenceNode)]
        return [
            with_text_keys(value, [listed[n] for listed in lists if n < len(listed)])
            for n, value in enumerate(data)
        ]
    if isinstance(data, int) and data.bit_length() > 63:
        return float(data) if data.bit_length() < 1024 else math.inf if data > 0 else -math.inf
    return data


def _text_of(key: Any, written: Sequence[Mapping[str, tuple[yaml.Node, yaml.Node]]]) -> str:
    for entries in reversed(written):
        for text, (name, _) in entries.items():
            if repr(constructed(name)) == repr(key):
                return text
    return str(key)


def constructed(node: yaml.Node) -> Any:
    """What a single value is read as."""
    return yaml.FullLoader("").construct_object(node)
