"""List the experiments, each with what it is."""

import argparse
import ast
import pkgutil
from importlib.util import find_spec
from pathlib import Path

from snnlearn.commands.tables import aligned, wrapped

ERRORS = ()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """There are none."""


def run(arguments: argparse.Namespace) -> None:
    """Print the list."""
    print(aligned([*summaries().items()]))
    print("\n" + wrapped("`snnlearn show NAME` says more, `snnlearn run NAME` runs one."))


def summaries() -> dict[str, str]:
    """The first line of each experiment's docstring, by its name.

    They are read without running the modules: simulators are slow to import.
    """
    package = find_spec("snnlearn.experiments")
    assert package is not None
    found = {}
    for module in pkgutil.iter_modules(package.submodule_search_locations):
        spec = module.module_finder.find_spec(module.name, None)
        assert spec is not None
        assert spec.origin is not None
        docstring = ast.get_docstring(ast.parse(Path(spec.origin).read_text(encoding="utf-8")))
        found[module.name] = (docstring or "").partition("\n")[0]
    return dict(sorted(found.items()))
