"""What of this package's code a result depends on, as a hash.

A word is not a number. Of the source, comments, docstrings and descriptions of fields are cut out
before it is hashed: who mends a sentence simulates nothing anew. What is hashed is text, not a
syntax tree, which each version of Python prints in its own way.
"""

import ast
import hashlib
import importlib.util
import io
import tokenize
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import snnlearn

#: Modules that say what goes on, or what is public, and decide no number.
WORDS_ONLY = ("snnlearn", "snnlearn.jobs.progress")


@cache
def code_of(*parts: str) -> str:
    """SHA-256 of the code behind some parts of this package.

    Parameters
    ----------
    *parts : str
        Full names of modules, such as ``snnlearn.learning.pes``: these count whole, with everything
        that they import from this package. Or of what stands in one, such as
        ``snnlearn.experiments.channel:simulate``: of that module, only the top-level statements
        count which this one needs, with what they import.

    Returns
    -------
    str
        Hexadecimal digits; the same for every version of Python, and wherever the package is.

    Raises
    ------
    ModuleNotFoundError
        If there is no such module.
    AttributeError
        If a module has no statement of that name.
    """
    digest = hashlib.sha256()
    whole = {part for part in parts if ":" not in part}
    for part in sorted(set(parts) - whole):
        name, _, wanted = part.partition(":")
        source = _file_of(name).read_text(encoding="utf-8")
        statements = needed_for(wanted, source)
        used = set().union(*map(_names_used, statements))
        for imported, bound in _imports(statements, name.rpartition(".")[0]):
            if bound in used or bound == "*":
                digest.update(f"{imported} as {bound}\n".encode())
                whole |= set(_modules_of(imported))
        for statement in statements:
            if not isinstance(statement, ast.Import | ast.ImportFrom):
                digest.update(without_words(_text_of(statement, source)).encode())
    for file in modules_behind(*sorted(whole)) if whole else ():
        digest.update(without_words(Path(file).read_text(encoding="utf-8")).encode())
    return digest.hexdigest()


@cache
def modules_behind(*names: str) -> list[str]:
    """Files of the given modules and of everything they import from this package.

    Imports are found in the source without running it, those inside functions too.

    Parameters
    ----------
    *names : str
        Full names, such as ``snnlearn.learning.pes``.

    Returns
    -------
    list of str
        Paths, in the order of the modules' names; without those of :data:`WORDS_ONLY`.

    Raises
    ------
    ModuleNotFoundError
        If there is no such module.
    """
    found: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += _imported_by(name)
    return [str(_file_of(name)) for name in sorted(found - set(WORDS_ONLY))]


@cache
def _imported_by(name: str) -> set[str]:
    """The modules of this package that a module imports itself, with the packages they are in."""
    file = _file_of(name)
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    tree = ast.parse(file.read_text(encoding="utf-8"))
    imported = {module for of, _ in _imports(tree.body, package) for module in _modules_of(of)}
    parents = {
        ".".join(of.split(".")[:n]) for of in {name, *imported} for n in range(1, of.count(".") + 1)
    }
    return imported | parents


def _file_of(name: str) -> Path:
    if file := _file_in_package(name):
        return file
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"there is no module {name}")
    return Path(spec.origin)


@cache
def _file_in_package(name: str) -> Path | None:
    """The file of a module of this package, which is not imported for that."""
    package = Path(next(iter(snnlearn.__path__)))
    place = package.parent.joinpath(*name.split("."))
    files = (place / "__init__.py", place.with_name(f"{place.name}.py"))
    return next((f for f in files if f.is_relative_to(package) and f.is_file()), None)


def needed_for(wanted: str, source: str) -> list[ast.stmt]:
    """The top-level statements of a module that one of its names needs, in their order.

    Parameters
    ----------
    wanted : str
        The name of a function, a class or a constant.
    source : str
        Source of the module.

    Returns
    -------
    list of ast.stmt
        Those that define the name, and all names that are used in them; and those that define
        nothing, since nobody knows what they do.

    Raises
    ------
    AttributeError
        If the name is not defined in the module.
    """
    statements = [node for node in ast.parse(source).body if not _is_words(node)]
    defined = [_names_defined(statement) for statement in statements]
    if not any(wanted in names for names in defined):
        raise AttributeError(f"no statement of the module defines {wanted}")
    chosen = {number for number, names in enumerate(defined) if not names}
    reached, left = {wanted}, [wanted]
    for number in chosen:
        left += _names_used(statements[number])
    while left:
        name = left.pop()
        for number, names in enumerate(defined):
            if name in names and number not in chosen:
                chosen.add(number)
                more = _names_used(statements[number]) - reached
                reached |= more
                left += more
    return [statements[number] for number in sorted(chosen)]


def _names_defined(statement: ast.stmt) -> set[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            names = {alias.asname or alias.name.partition(".")[0] for alias in aliases}
            return names - {"*"}
        case ast.Assign() | ast.AnnAssign():
            stored = (node for node in ast.walk(statement) if isinstance(node, ast.Name))
            return {node.id for node in stored if isinstance(node.ctx, ast.Store)}
        case _:
            return set()


def _names_used(statement: ast.stmt) -> set[str]:
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}


def _imports(statements: Iterable[ast.stmt], package: str) -> Iterator[tuple[str, str]]:
    """What statements of a package's module import, in full, and the name that it has then."""
    for node in (node for statement in statements for node in ast.walk(statement)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, alias.asname or alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom):
            module = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            for alias in node.names:
                yield f"{module}.{alias.name}", alias.asname or alias.name


def _modules_of(imported: str) -> Iterator[str]:
    """The module of this package that an import is of, or is in."""
    for name in (imported, imported.rpartition(".")[0]):
        if name and _file_in_package(name):
            yield name
            return


def _text_of(statement: ast.stmt, source: str) -> str:
    """The lines of a statement, with its decorators."""
    decorators = getattr(statement, "decorator_list", [])
    first = min(node.lineno for node in [statement, *decorators])
    return "".join(source.splitlines(keepends=True)[first - 1 : statement.end_lineno])


@cache
def without_words(source: str) -> str:
    """Source without comments, docstrings, descriptions of fields and empty lines.

    Parameters
    ----------
    source : str
        Of a module or a statement.

    Returns
    -------
    str
        What is left; not always code that runs.
    """
    lines = [bytearray(line.encode()) for line in source.splitlines(keepends=True)]
    spans = [
        (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.stmt) and _is_words(node)
    ]
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            start = len(token.line[:column].encode())
            spans.append((row, start, row, start + len(token.string.encode())))
    for first, start, last, stop in spans:
        assert last is not None
        assert stop is not None
        for row in range(first, last + 1):
            line = lines[row - 1]
            begin, end = (start if row == first else 0), (stop if row == last else len(line) - 1)
            line[begin:end] = b" " * (end - begin)
    kept = (line.decode().rstrip() for line in lines)
    return "\n".join(line for line in kept if line) + "\n"


def _is_words(node: ast.stmt) -> bool:
    """Whether a statement is a text and nothing else."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
