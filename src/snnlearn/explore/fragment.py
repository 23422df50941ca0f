"""An explorable figure: what is drawn, what follows which control, and both as a part of a page."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go

#: Colours that are told apart by all, as those of the other figures.
BLUE, ORANGE, GREEN, GREY, BLACK = "#0173b2", "#d55e00", "#029e73", "#949494", "#222222"

#: How many decimals are written, unless something else is said.
DECIMALS = 3


@dataclass(frozen=True)
class Control:
    """What a reader moves.

    Attributes
    ----------
    name : str
        Its name in an address, such as ``?rate=3``, which asks for the fourth choice.
    label : str
        What it is called.
    choices : sequence of str
        Its places, in words with units.
    start : int
        The place it has at first, from 0.
    slider : bool
        Whether it is a slider, and not a list.
    """

    name: str
    label: str
    choices: Sequence[str]
    start: int
    slider: bool = True


@dataclass(frozen=True)
class Follower:
    """A part of the figure that follows controls.

    Attributes
    ----------
    at : sequence of str or int
        Where it is in the figure, such as ``("data", 0, "y")``.
    by : sequence of str
        The names of the controls that it follows.
    values : list
        What it is, nested in the order of these controls: ``values[place of first][…]``.
    """

    at: Sequence[str | int]
    by: Sequence[str]
    values: list[Any]


@dataclass(frozen=True)
class Explorable:
    """A figure that follows controls.

    Attributes
    ----------
    name : str
        Its name in the page.
    alternative : str
        What is seen, for those who do not see it.
    controls : sequence of Control
        What a reader moves.
    figure : plotly.graph_objects.Figure
        What is drawn before anything has followed.
    followers : sequence of Follower
        What follows.
    words : Follower
        The sentence below the figure; its ``at`` is empty.
    about : str
        What a reader can try, and what is drawn, where no other text says so.
    """

    name: str
    alternative: str
    controls: Sequence[Control]
    figure: go.Figure
    followers: Sequence[Follower]
    words: Follower
    about: str

    def content(self) -> dict[str, Any]:
        """Everything that the script in the page needs, as JSON has it."""
        return {
            "controls": [asdict(control) for control in self.controls],
            "figure": json.loads(self.figure.to_json()),
            "followers": [asdict(follower) for follower in self.followers],
            "words": asdict(self.words),
        }


def rounded(values: Any, decimals: int = DECIMALS) -> list[Any]:
    """Numbers as lists, with no more decimals than a figure shows."""
    return np.round(np.asarray(values, float), decimals).tolist()


def block_means(values: np.ndarray, steps: int) -> np.ndarray:
    """Means over blocks of time steps that follow each other: fewer points, and no aliases.

    Parameters
    ----------
    values : numpy.ndarray, shape (n, ...)
        One row a time step.
    steps : int
        How many steps a block has; what is left at the end is not shown.

    Returns
    -------
    numpy.ndarray, shape (n // steps, ...)
        The means.
    """
    blocks = len(values) // steps
    return values[: blocks * steps].reshape(blocks, steps, *values.shape[1:]).mean(axis=1)


def middles(blocks: int, seconds: float) -> list[float]:
    """Times in seconds in the middle of blocks that take some seconds each, from 0 on."""
    return rounded((np.arange(blocks) + 0.5) * seconds)


def lay_out(figure: go.Figure, height: int) -> None:
    """Give a figure its fonts and margins, and leave its axes where they are when it is touched."""
    figure.update_layout(
        template="none",
        height=height,
        font={"family": "system-ui, sans-serif", "size": 13, "color": BLACK},
        margin={"l": 64, "r": 12, "t": 76, "b": 48},
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "top", "yref": "container"},
        paper_bgcolor="white",
        plot_bgcolor="white",
        dragmode=False,
        bargap=0.25,
    )
    axes = {"fixedrange": True, "showline": True, "ticks": "outside", "zeroline": False}
    figure.update_xaxes(**axes, showgrid=False)
    figure.update_yaxes(**axes, gridcolor="#e5e5e5")


def networks(n: int) -> str:
    """How many networks something is of, in words."""
    return f"{n} network" if n == 1 else f"{n} networks"


def fragment(explorable: Explorable) -> str:
    """Write an explorable figure as a part of a page, which ``explore.js`` moves.

    Where no script runs, the sentences are there: all of them or, where a second control has its
    say, the last of each choice of the first.

    Parameters
    ----------
    explorable : Explorable
        The figure.

    Returns
    -------
    str
        An HTML element.
    """
    name = explorable.name
    said = [of if isinstance(of, str) else of[-1] for of in explorable.words.values]
    items = "\n".join(
        f"<li>{escape(choice)}: {escape(sentence)}</li>"
        for choice, sentence in zip(explorable.controls[0].choices, said, strict=True)
    )
    data = json.dumps(explorable.content(), ensure_ascii=False, separators=(",", ":"))
    controls = "\n".join(_control(name, control) for control in explorable.controls)
    # A row at a time can be compared; and nothing in JSON may end the script.
    data = data.replace("</", "<\\/").replace("],[", "],\n[").replace('},{"', '},\n{"')
    return f"""\
<figure class="explorable" id="explore-{name}">
<div class="controls" hidden>
{controls}
</div>
<div class="plot" role="img" aria-label="{escape(explorable.alternative)}"></div>
<p><output aria-live="polite"></output></p>
<noscript><ul>
{items}
</ul></noscript>
<script type="application/json">
{data}
</script>
</figure>
"""


def _control(name: str, control: Control) -> str:
    id_ = f"{name}-{control.name}"
    label = f'<label for="{id_}">{escape(control.label)}</label>'
    if control.slider:
        last = len(control.choices) - 1
        return (
            f'<span>{label} <input type="range" id="{id_}" name="{control.name}" min="0" '
            f'max="{last}" value="{control.start}" autocomplete="off"> <b></b></span>'
        )
    options = "".join(
        f'<option value="{place}"{" selected" if place == control.start else ""}>{escape(choice)}'
        for place, choice in enumerate(control.choices)
    )
    choose = f'<select id="{id_}" name="{control.name}" autocomplete="off">{options}</select>'
    return f"<span>{label} {choose}</span>"
