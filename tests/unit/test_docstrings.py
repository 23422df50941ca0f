"""The rule on docstrings, which CONTRIBUTING.md has in words, as far as it can be checked."""

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from pydoc import locate

import numpy as np
import pytest
from numpydoc.validate import validate

from snnlearn.settings.documentation import documented

SOURCE = Path(__file__).parents[2] / "src"

#: What numpydoc is asked about: that there is a docstring, whose summary is one line with a capital
#: letter and a full stop; that sections are known, and in their order; that one on parameters
#: names them all (PR01), no others, in their order, and each with a type and a description.
CHECKS = {
    *("GL03", "GL05", "GL06", "GL07", "GL08", "SS01", "SS02", "SS03", "SS04", "SS06"),
    *("PR01", "PR02", "PR03", "PR04", "PR07", "PR09", "PR10", "RT03"),
}

#: Exceptions to the rule, by name: what is not asked.
EXCEPTIONS: dict[str, set[str]] = {}

Definition = ast.FunctionDef | ast.ClassDef


def definitions(node: ast.Module | ast.ClassDef, prefix: str) -> Iterator[tuple[str, Definition]]:
    """Functions and classes of a module, and those of its classes, by their full names."""
    for inner in node.body:
        if isinstance(inner, Definition):
            yield f"{prefix}.{inner.name}", inner
        if isinstance(inner, ast.ClassDef):
            yield from definitions(inner, f"{prefix}.{inner.name}")


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


MODULES = {
    module_name(path): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(SOURCE.rglob("*.py"))
}
DEFINITIONS = {
    name: node for module, tree in MODULES.items() for name, node in definitions(tree, module)
}
ERRORS = {"ValueError", "RuntimeError"} | {
    node.name
    for node in DEFINITIONS.values()
    if isinstance(node, ast.ClassDef) and node.name.endswith("Error")
}


def is_public(name: str) -> bool:
    return not re.search(r"\._(?!_main__)", name)


def section(docstring: str, title: str) -> str:
    """The text of a section, up to the next one; empty where there is none."""
    text = docstring.partition(f"{title}\n{'-' * len(title)}\n")[2]
    return re.split(r"^.+\n-{3,}$", text, maxsplit=1, flags=re.MULTILINE)[0]


def raised(function: ast.FunctionDef) -> set[str]:
    """The errors that a function itself raises, not those within it."""
    nodes, found = list(function.body), set()
    while nodes:
        node = nodes.pop()
        match node:
            case ast.FunctionDef() | ast.ClassDef() | ast.Lambda():
                continue
            case ast.Raise(ast.Call(error)) | ast.Raise(ast.expr() as error):
                found.add(ast.unparse(error).rpartition(".")[2])
        nodes += ast.iter_child_nodes(node)
    return found & ERRORS


def handles_arrays(function: ast.FunctionDef) -> bool:
    """Whether a function takes or returns arrays of NumPy."""
    arguments = function.args.posonlyargs + function.args.args + function.args.kwonlyargs
    annotations = [function.returns, *(argument.annotation for argument in arguments)]
    return any("ndarray" in ast.unparse(kind) for kind in annotations if kind is not None)


def undescribed(model: type, docstring: str) -> list[str]:
    """Fields of a data class that nothing is said about, and attributes that it does not have."""
    listed = re.findall(r"^(\S.*?) :", section(docstring, "Attributes"), re.MULTILINE)
    named = {name.strip() for names in listed for name in names.split(",")}
    own = {field.name for field in fields(model)} if is_dataclass(model) else set()
    if hasattr(model, "__pydantic_fields__") and not named:
        named = set(documented(model))
    known = own | set(dir(model)) | set(getattr(model, "__annotations__", ()))
    missing = [f"does not describe {name}" for name in sorted(own - named)]
    # What a constructor sets is only known to its objects.
    unknown = named - known if is_dataclass(model) else ()
    return missing + [f"describes {name}, which it does not have" for name in unknown]


def problems(name: str, node: Definition) -> list[str]:
    """What is wrong with the docstring of a function or a class; a private one may have none."""
    docstring = ast.get_docstring(node) or ""
    if not docstring and not is_public(name):
        return []
    checks = CHECKS - EXCEPTIONS.get(name, set())
    if not section(docstring, "Parameters"):
        checks -= {"PR01"}
    found = [f"{code}: {words}" for code, words in validate(name)["errors"] if code in checks]
    if isinstance(node, ast.ClassDef):
        found += undescribed(locate(name), docstring) if is_public(name) else []
    elif is_public(name):
        errors = sorted(raised(node))
        said = section(docstring, "Raises")
        found += [f"raises {error}, and does not say when" for error in errors if error not in said]
        if handles_arrays(node) and "shape" not in docstring:
            found.append("takes or returns an array, and does not say of which shape")
    return found


@pytest.mark.parametrize("name", MODULES)
def test_module_has_a_summary(name):
    summary = (ast.get_docstring(MODULES[name]) or "").partition("\n\n")[0]
    assert re.fullmatch(r"[A-Z].*[.:]", summary), f"{name} begins with {summary!r}"


@pytest.mark.parametrize("module", MODULES)
def test_docstrings(module):
    found = {
        name: wrong
        for name, node in definitions(MODULES[module], module)
        if (wrong := problems(name, node))
    }
    assert found == {}


def test_exceptions_are_still_there():
    assert set(EXCEPTIONS) <= set(DEFINITIONS)


def refuses(text):
    """Raise errors, of which one is within."""

    def inner():
        raise RuntimeError

    if text:
        raise ValueError(text)
    return inner


def misnames(one, two):
    """Name the wrong parameters.

    Parameters
    ----------
    one : int
        The first.
    three : int
        There is none.
    """


def wanders():
    """Say in two lines
    what fits into one.
    """


def silent():
    pass


def formless(values: np.ndarray):
    """Take an array."""


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (refuses, ["raises ValueError"]),
        (misnames, ["PR01", "PR02"]),
        (wanders, ["SS06"]),
        (silent, ["GL08"]),
        (formless, ["of which shape"]),
    ],
)
def test_broken_rule_is_noticed(function, words):
    name = f"{__name__}.{function.__name__}"
    (node,) = ast.parse(inspect.getsource(function)).body
    found = problems(name, node)
    assert len(found) == len(words)
    assert all(any(word in problem for problem in found) for word in words)
