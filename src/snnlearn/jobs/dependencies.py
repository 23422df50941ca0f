"""Which modules of this package a module depends on."""

import importlib.util
from collections.abc import Iterable
from functools import cache
from modulefinder import ModuleFinder
from pathlib import Path
from typing import Any

import snnlearn


@cache
def modules_behind(*names: str) -> list[str]:
    """Files of the given modules and of everything they import from this package.

    Listed as inputs of a rule, they rerun it when one of them is edited. Imports are found in
    the byte code without running it, those inside functions too.

    Parameters
    ----------
    *names : str
        Full names, such as ``snnlearn.experiments.channel``.

    Returns
    -------
    list of str
        Paths relative to the working directory where possible, sorted.

    Raises
    ------
    ModuleNotFoundError
        If there is no such module.
    """
    package = Path(next(iter(snnlearn.__path__)))
    finder = ModuleFinder(path=[str(package.parent)])
    for name in names:
        spec = importlib.util.find_spec(name)
        if spec is None:
            raise ModuleNotFoundError(f"there is no module {name}")
        finder.import_hook(name)
    # modulefinder makes module objects of its own, with a file where there is one.
    modules: Iterable[Any] = finder.modules.values()
    files = {Path(module.__file__) for module in modules if module.__file__}
    here = Path.cwd()
    return sorted(
        str(file.relative_to(here) if file.is_relative_to(here) else file)
        for file in files
        if file.is_relative_to(package)
    )
