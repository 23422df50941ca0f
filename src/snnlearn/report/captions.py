"""The captions of figures: what is seen, and which seeds and parameters made it."""

import json
import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from snnlearn.experiments import Experiment
from snnlearn.settings.documentation import Key, keys_of
from snnlearn.studies import Study

#: What stands in the tables at the top of the results.
TABLES = {
    "metrics.csv": "Every metric of every seed, one number a row.",
    "verdict.csv": "What was published, what was measured (mean, interval and its level, n, test, "
    "effect size), and whether they agree, one claim a row.",
    "verdict.md": "The verdict as a page.",
    "errata.csv": "Slips of the chapter's code: results with and without each, side by side.",
    "errata.md": "Slips of the chapter's code as a page.",
    "variance.csv": "Which source of randomness makes how much of the differences between runs.",
    "variance.md": "Sources of the differences between runs as a page.",
    "provenance.json": "Commit, configuration, versions, machine, seeds, hashes of data and "
    "parameters.",
    "tracking.json": "What was logged to MLflow: experiments, and runs by their ids.",
    "overview.html": "Verdict with reasons, slips, sources of spread and provenance, as a page.",
    "explore.html": "Figures that follow a slider, of this configuration.",
}


def sentence(text: str) -> str:
    """The first sentence of a text, without its full stop."""
    return text.partition(". ")[0].rstrip(".")


def configuration(experiment: Experiment[Any], differs: str) -> str:
    """Say which configuration an experiment's own figures are of.

    Parameters
    ----------
    experiment : Experiment
        The experiment.
    differs : str
        What is not its default, from :func:`snnlearn.settings.changes.in_words`; empty where
        all is.

    Returns
    -------
    str
        A sentence in reStructuredText.
    """
    usual = "one of this project beyond the chapter" if experiment.on_request else "the chapter's"
    if not differs:
        return f"This is the default configuration: {usual}."
    return f"This is not the default configuration, which is {usual}: {_escaped(differs)}."


def configuration_of_study(study: Study) -> str:
    """Say which configuration the figures of a listed study are of, in reStructuredText."""
    return f"The study ``{study.name}`` is no part of the default configuration, the chapter's."


def caption(text: str, parameters: Any, seeds: Sequence[int], configuration: str) -> str:
    """Say what a figure shows, and which seeds, configuration and parameters made it.

    Parameters
    ----------
    text : str
        What is seen, from the figure's ``@caption``.
    parameters : data class
        The experiment's ``Parameters``.
    seeds : sequence of int
        The seeds of its runs.
    configuration : str
        Which configuration it is of, in a sentence: :func:`configuration`, or
        :func:`configuration_of_study`.

    Returns
    -------
    str
        The caption in reStructuredText. Parameters that were changed are in bold.
    """
    defaults = {key.path: key.default for key in keys_of(type(parameters)())}
    keys = [key for key in keys_of(parameters) if not key.is_block]
    changed = [key for key in keys if key.default != defaults[key.path]]
    lines = [text, f"Seeds: {ranges(seeds)} (n = {len(seeds)}). {configuration}"]
    for key in keys:
        name, was = ".".join(key.path), ""
        if key in changed:
            name, was = f"**{name}**", f" (default: {_literal(defaults[key.path])})"
        lines.append(f"- {name} = {_literal(key.default)}{was}: {_in_words(key)}")
    return "\n\n".join(lines)


def ranges(numbers: Iterable[int]) -> str:
    """Whole numbers in words, with an en dash for what lies between: ``0–2, 7``."""
    parts = []
    # Numbers that follow each other are all as far from their place in the order.
    for _, run in groupby(enumerate(sorted(numbers)), key=lambda entry: entry[1] - entry[0]):
        members = [number for _, number in run]
        dash = "–" if len(members) > 2 else ", "
        ends = members if len(members) < 3 else [members[0], members[-1]]
        parts.append(dash.join(map(str, ends)))
    return ", ".join(parts)


def _in_words(key: Key) -> str:
    """The first sentence on a parameter or, where it has some, on the value it has."""
    meaning = key.meaning.partition(f"`{key.default}`: ")[2] or key.meaning
    literals = sentence(meaning).replace("`", "``").split("``")
    literals[::2] = map(_escaped, literals[::2])
    return "``".join(literals)


def _escaped(text: str) -> str:
    """A text in which reStructuredText finds no markup."""
    return re.sub(r"([\\*|_`])", r"\\\1", text)


def _literal(value: Any) -> str:
    if value is None:
        return "not set"
    return f"``{value if isinstance(value, str) else json.dumps(value)}``"


def caption_over_cells(study: Study, metric: str) -> str:
    """Say what the figure of a metric over the cells of a study shows.

    Parameters
    ----------
    study : Study
        The study.
    metric : str
        The metric that is drawn.

    Returns
    -------
    str
        The caption in reStructuredText.
    """
    swept = " and ".join(f"``{key}``" for key in study.axes) or "one cell"
    seeds = study.cells[0].seeds
    lines = [
        f"``{metric}`` of the experiment ``{study.experiment}`` over {swept}: mean over the seeds "
        "of each cell, with its 95 % interval.",
        f"Seeds: {ranges(seeds)} (n = {len(seeds)}) in each of {len(study.cells)} cells. "
        + configuration_of_study(study),
    ]
    for key, values in study.axes.items():
        lines.append(f"- {key}: {', '.join(_literal(value) for value in values)}")
    return "\n\n".join(lines)
