"""Figures: one module an experiment, with one function a figure, and one place for the style.

A module is optional, for an experiment as for a study that a configuration lists. Its ``TITLE``
names it in words, and each function that draws a figure stands below its caption::

    TITLE = "Communication channel (PES)"

    @caption("The input, and the value decoded from it, over time.")
    def signals(runs, settings): ...

What it draws from, it asks for by the names of its parameters: see :data:`GIVEN`, and for a listed
study :data:`GIVEN_OF_STUDY`. Where it takes the close-up, its docstring says which rows of it must
be there.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass as plain_dataclass
from dataclasses import field
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field
from pydantic.dataclasses import dataclass

from snnlearn.settings.types import NOT_A_FLAG, STRICT, Count, Seed

#: What journals still print, and what a page still has room for, in points.
SMALLEST_FONT, LARGEST_FONT = 5.0, 20.0


@dataclass(frozen=True, config=STRICT)
class FigureSettings:
    """How figures look; a change here redraws them, and simulates nothing but the example."""

    example_seed: Seed | None = None
    """The seed drawn as the chapter draws its single run; by default, and where it was not
    simulated, the first.
    """

    width: Annotated[float, Field(ge=80, le=500), NOT_A_FLAG] = 183.0
    """Width in millimetres, from 80 to 500: of a page of a journal, or, with 89, of one of its
    columns.
    """

    font_size: Annotated[float, Field(ge=SMALLEST_FONT, le=LARGEST_FONT), NOT_A_FLAG] = 7.0
    """Size of the text in points, from 5 to 20: tick labels are a little smaller, and nothing is
    smaller than 5.
    """

    dpi: Annotated[Count, Field(ge=30, le=1200)] = 300
    """Resolution of the PNG files in dots per inch, from 30, where letters still have pixels, to
    1200.
    """

    formats: tuple[Literal["png", "svg", "pdf"], ...] = ("png", "svg")
    """What each figure is written as: ``png`` and ``svg``, always, and ``pdf`` where it is listed.
    """

    palette: Literal["colorblind", "deep", "muted", "bright", "dark", "pastel"] = "colorblind"
    """A qualitative palette of seaborn: ``colorblind``, which everybody can read, or ``deep``,
    ``muted``, ``bright``, ``dark`` or ``pastel``.
    """

    @property
    def kinds(self) -> tuple[str, ...]:
        """Endings of the files of each figure."""
        return ("png", "svg", *(["pdf"] if "pdf" in self.formats else []))

    def example_of(self, seeds: Sequence[int]) -> int:
        """Which of some seeds is drawn alone."""
        wanted = self.example_seed
        return wanted if wanted is not None and wanted in seeds else min(seeds)


#: What a figure can be drawn from, beside the input files of its experiment: the traces of all
#: batches, how figures look, the experiment's parameters, its close-up, and, where images are among
#: its inputs, the names of their classes.
GIVEN = ("runs", "settings", "parameters", "closeup", "classes")

#: What a figure of a listed study can be drawn from: the table of all its metrics, how figures
#: look, and the parameters of its first cell.
GIVEN_OF_STUDY = ("metrics", "settings", "parameters")

Draw = TypeVar("Draw", bound=Callable[..., object])


def caption(text: str) -> Callable[[Draw], Draw]:
    """Say what the figure shows that a function draws: one text, given as it is.

    It is read by :func:`described`, from the source.
    """
    return lambda draw: draw


@plain_dataclass(frozen=True)
class Described:
    """What a module of figures says about them.

    Attributes
    ----------
    title : str
        The experiment's name in words; the report lists experiments in their alphabetical order.
    captions : mapping of str to str
        Each figure's caption, in the order of the module.
    drawn_from : mapping of str to tuple of str
        What each figure asks for.
    """

    title: str
    captions: Mapping[str, str] = field(default_factory=dict)
    drawn_from: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def module_of(name: str) -> str | None:
    """The module of figures of an experiment or a study; None where there is none."""
    module = f"{__name__}.{name}"
    return module if find_spec(module) else None


def described(name: str) -> Described:
    """Read what a module of figures says, without running it: plotting is slow to import.

    Parameters
    ----------
    name : str
        Name of the module, which is that of what it shows.

    Returns
    -------
    Described
        Without figures where there is no such module.

    Raises
    ------
    ValueError
        If a caption is no plain text, or there are functions and none is a figure; the message
        names the place.
    """
    spec = find_spec(f"{__name__}.{name}")
    title, captions, drawn_from = name.replace("_", " ").capitalize(), {}, {}
    if spec is None or spec.origin is None:
        return Described(title)
    body = ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body
    for node in body:
        match node:
            case ast.Assign([ast.Name("TITLE")], ast.Constant(str(text))):
                title = text
            case ast.FunctionDef(decorator_list=[ast.Call(ast.Name("caption"), [written])]):
                if not isinstance(written, ast.Constant) or not isinstance(written.value, str):
                    raise ValueError(
                        f"{spec.origin}, line {written.lineno}: the caption of {node.name} is read "
                        "without running it: give @caption one text as it is"
                    )
                captions[node.name] = written.value
                given = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
                drawn_from[node.name] = tuple(argument.arg for argument in given)
    if not captions and any(isinstance(node, ast.FunctionDef) for node in body):
        raise ValueError(
            f'{spec.origin} has no figure: put @caption("…") above each function that draws one'
        )
    return Described(title, captions, drawn_from)
