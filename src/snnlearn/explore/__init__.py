"""Figures that a reader can play with: what they show at each place of their sliders, as HTML.

Each module computes one with the library, and :mod:`snnlearn.explore.fragment` writes it.
``python -m snnlearn.explore`` does so for the documentation; for the report,
:mod:`snnlearn.explore.page` puts those of a run into one page.
"""

from importlib.util import find_spec
from pathlib import Path

#: What moves the figures of a page, and how they look.
SCRIPT, STYLE = (Path(__file__).with_name(f"explore.{kind}") for kind in ("js", "css"))


class NothingToExploreError(ValueError):
    """Parameters with which a figure would show nothing; the message says why."""


def module_of(experiment: str) -> str | None:
    """The module with the figure of an experiment; None where there is none."""
    module = f"{__name__}.{experiment}"
    return module if find_spec(module) else None
