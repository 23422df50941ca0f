"""A page of its own with the explorable figures of a run, which needs no other file."""

from collections.abc import Callable, Mapping
from html import escape

from plotly.offline import get_plotlyjs

from snnlearn.explore import SCRIPT, STYLE, NothingToExploreError
from snnlearn.explore.fragment import Explorable, fragment

#: How the page looks around the figures.
AROUND = """\
body { font: 16px/1.5 system-ui, sans-serif; color: #222; background: white; max-width: 56rem;
  margin: 0 auto; padding: 0 1rem 2rem; }
h1, h2 { line-height: 1.25; }
.differs { color: #555; font-size: 0.9em; overflow-wrap: anywhere; }"""


def part(draw: Callable[[], Explorable]) -> str:
    """Write a figure with what it is about, or why there is none.

    Parameters
    ----------
    draw : callable
        Gives the figure, or raises :class:`snnlearn.explore.NothingToExploreError`.

    Returns
    -------
    str
        HTML elements.
    """
    try:
        figure = draw()
    except NothingToExploreError as error:
        return f'<p class="left-out">There is no figure here: {escape(str(error))}.</p>\n'
    return f"<p>{escape(figure.about)}</p>\n{fragment(figure)}"


def page(parts: Mapping[str, str], differs: Mapping[str, str]) -> str:
    """Put figures into one page, with all scripts and styles.

    Parameters
    ----------
    parts : mapping of str to str
        What :func:`part` gives, by the titles of the experiments.
    differs : mapping of str to str
        How the configuration of an experiment differs from its default, by the same titles; empty
        or missing where it does not.

    Returns
    -------
    str
        The page.
    """
    sections = "\n".join(
        f"<section>\n<h2>{escape(title)}</h2>\n{text}{_of(differs.get(title, ''))}</section>"
        for title, text in sorted(parts.items())
    )
    script, style = (file.read_text(encoding="utf-8") for file in (SCRIPT, STYLE))
    return f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Figures to explore</title>
<style>
{AROUND}
{style}</style>
</head>
<body>
<h1>Figures to explore</h1>
<p>Each figure follows its sliders, which go on with the arrow keys once they have the focus. All
that they show was simulated with the parameters, seeds and data of this run; the sentence below
says what is to be seen.</p>
{sections or "<p>None of the experiments of this run has such a figure.</p>"}
<script>{get_plotlyjs()}</script>
<script>
{script}</script>
</body>
</html>
"""


def _of(differs: str) -> str:
    told = (
        f"This is not the default configuration: {differs}."
        if differs
        else "This is the default configuration."
    )
    return f'<p class="differs">{escape(told)}</p>\n'
