"""What is wrong with configuration files before any key is looked at."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from io import StringIO
from pathlib import Path
from typing import Any

import yaml

from snnlearn.config.files import MERGE, Key, composed, constructed, line_of

#: Blocks and lists lie at most so deep in each other; the model's own lie five deep.
DEEPEST = 50

#: With all aliases written out, a file has at most so many values.
MOST_VALUES = 2_000_000

#: What a value can be; others are made by tags, and no value of a configuration is such.
TAGS = {
    f"tag:yaml.org,2002:{kind}"
    for kind in ("str", "int", "float", "bool", "null", "timestamp", "seq", "map", "merge")
}

#: Where a file has this key, Snakemake runs what stands behind ``?`` in it as Python.
RUNS_CODE = "__use_yte__"
NO_CODE = "lets files run code, which no configuration does here: take it out, and write values"

NO_FILE = (
    "there is no such file; Snakemake takes all words after --configfile for files, so put what is "
    "to be made before it"
)


def twofold(root: yaml.Node | None) -> Iterator[tuple[Key, int, str]]:
    """What Snakemake reads without a word, and is not meant.

    Parameters
    ----------
    root : yaml.Node or None
        What is written in a file.

    Yields
    ------
    key : tuple of str
        The key.
    line : int
        Where it stands.
    problem : str
        That it is given more than once in its block, made by a tag, or runs code.
    """
    if line := line_of((RUNS_CODE,), root):
        yield (RUNS_CODE,), line, NO_CODE
    for key, node in _walked(root):
        if node.tag not in TAGS:
            yield key, node.start_mark.line + 1, f"the tag {_short(node.tag)} means nothing here"
        if isinstance(node, yaml.MappingNode):
            names = [name for name, _ in node.value if isinstance(name, yaml.ScalarNode)]
            counts = Counter(name.value for name in names)
            for name in names:
                if counts.pop(name.value, 0) > 1:
                    lines = [n.start_mark.line + 1 for n in names if n.value == name.value]
                    others = " and ".join(map(str, lines[:-1]))
                    problem = f"is given twice: in line {others}, too; keep one"
                    yield (*key, name.value), lines[-1], problem


def _walked(root: yaml.Node | None) -> Iterator[tuple[Key, yaml.Node]]:
    """Every value that is written, with its key; what an alias repeats is there once."""
    waiting: list[tuple[Key, yaml.Node]] = [] if root is None else [((), root)]
    seen: set[int] = set()
    while waiting:
        key, node = waiting.pop(0)
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield key, node
        if isinstance(node, yaml.MappingNode):
            waiting += [((*key, str(name.value)), value) for name, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            waiting += [((*key, str(n)), value) for n, value in enumerate(node.value)]


def _short(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")


def endless(root: yaml.Node | None) -> str:
    """Why what is written has no end, or one that is too far; empty where all is well."""
    if root is None:
        return ""
    sizes: dict[int, int] = {}
    above: set[int] = set()

    def size(node: yaml.Node, depth: int) -> int:
        where = f"line {node.start_mark.line + 1}: "
        if id(node) in above:
            raise ValueError(f"{where}an alias stands within what it repeats: take it out")
        if depth > DEEPEST:
            raise ValueError(f"{where}blocks and lists lie more than {DEEPEST} deep in each other")
        if id(node) not in sizes:
            above.add(id(node))
            inner: list[yaml.Node] = []
            if isinstance(node, yaml.MappingNode):
                inner = [part for entry in node.value for part in entry]
            elif isinstance(node, yaml.SequenceNode):
                inner = node.value
            sizes[id(node)] = 1 + sum(size(part, depth + 1) for part in inner)
            above.remove(id(node))
        if sizes[id(node)] > MOST_VALUES:
            raise ValueError(
                f"{where}has more than {MOST_VALUES} values, aliases written out: give fewer"
            )
        return sizes[id(node)]

    try:
        size(root, 0)
    except ValueError as problem:
        return str(problem)
    return ""


def unreadable(root: yaml.Node | None) -> Iterator[str]:
    """What no value can be made of, with the line."""
    for _, node in _walked(root):
        where = f"line {node.start_mark.line + 1}: "
        if node.tag not in TAGS:
            yield f"{where}the tag {_short(node.tag)} means nothing here: take it out"
        elif isinstance(node, yaml.MappingNode):
            for name, value in node.value:
                if name.tag == MERGE:
                    blocks = value.value if isinstance(value, yaml.SequenceNode) else [value]
                    if not all(isinstance(block, yaml.MappingNode) for block in blocks):
                        yield f"line {name.start_mark.line + 1}: << takes blocks only"
                elif not isinstance(name, yaml.ScalarNode):
                    yield f"line {name.start_mark.line + 1}: a key must be a single text"
                else:
                    yield from _unmade(name)
        elif isinstance(node, yaml.ScalarNode):
            yield from _unmade(node)


def _unmade(node: yaml.ScalarNode) -> Iterator[str]:
    """Why a single value cannot be made of its text, if so."""
    try:
        constructed(node)
    except Exception:  # PyYAML converts what looks like a number or a date with bare int and date
        text = node.value if len(node.value) < 60 else f"{node.value[:50]}…"
        size = f" of {len(node.value)} characters" if len(node.value) >= 60 else ""
        yield (
            f"line {node.start_mark.line + 1}: {text!r}{size} is no {_short(node.tag)[2:]}, "
            "though it looks like one: put it in quotes if it is a text"
        )


def explained(load: Callable[..., Any], error: type[Exception]) -> Callable[..., Any]:
    """A reader of files whose errors say which file, which line, and what is wrong there.

    Parameters
    ----------
    load : callable
        Reads a file whose path it gets.
    error : type
        What is raised where it cannot, or gives no keys.

    Returns
    -------
    callable
        Reads in the same way. What it gets beside a path, it passes on.
    """

    @wraps(load)
    def loaded(file: Any, *others: Any, **more: Any) -> Any:
        if not isinstance(file, str | Path) or others or more:
            return load(file, *others, **more)
        problems = [] if Path(file).exists() else [f"{file}: {NO_FILE}"]
        given: Any = None
        text = None
        if Path(file).is_fifo():  # gives its text once
            text = Path(file).read_text(encoding="utf-8", errors="surrogateescape")
        if Path(file).is_file() or text is not None:
            problems = _problems(Path(file), text, before=True)
        if not problems:
            try:
                given = load(file if text is None else StringIO(text))
            except Exception as cause:
                problems = _problems(Path(file), text) or [f"{file}: {cause}"]
            else:
                if not isinstance(given, Mapping):
                    problems = [f"{file}: gives no keys: what is set stands there as KEY: VALUE"]
        if problems:
            lines = "\n".join(f"config: {problem}" for problem in problems)
            raise error(f"the configuration cannot be used:\n{lines}") from None
        return given

    return loaded


def _problems(file: Path, text: str | None = None, *, before: bool = False) -> list[str]:
    """Why a file cannot be read, a line each; or only what must be known before it is read."""
    try:
        root = composed(file.read_text(encoding="utf-8") if text is None else text)
    except RecursionError:
        return [f"{file}: blocks and lists lie more than {DEEPEST} deep in each other"]
    except UnicodeDecodeError as problem:
        return [f"{file}: is no text in UTF-8 (byte {problem.start}): save it as such"]
    except OSError as problem:
        return [f"{file}: cannot be read: {problem.strerror}"]
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        at = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        said = ", ".join(part for part in (problem.context, problem.problem) if part)
        return [f"{file}{at}: is no YAML: {said}"]
    except yaml.YAMLError as problem:
        return [f"{file}: is no YAML: {' '.join(str(problem).split())}"]
    except ValueError as problem:
        return [f"{file}: {problem}"]
    if without_end := endless(root):
        return [f"{file}, {without_end}"]
    if line := line_of((RUNS_CODE,), root):
        return [f"{file}, line {line}: {RUNS_CODE} {NO_CODE}"]
    return [] if before else [f"{file}, {said}" for said in unreadable(root)]
