"""The captions of figures: what is seen, and which seeds and parameters made it."""

import json
import re
from collections.abc import Sequence
from typing import Any

from snnlearn.report.overview import ranges
from snnlearn.settings.documentation import Key, keys_of


def caption(text: str, parameters: Any, seeds: Sequence[int]) -> str:
    """Say what a figure shows, and which seeds and parameters made it.

    Parameters
    ----------
    text : str
        What is seen, as in ``FIGURES``.
    parameters : data class
        The experiment's ``Parameters``.
    seeds : sequence of int
        The seeds of its runs.

    Returns
    -------
    str
        The caption in reStructuredText. Parameters that were changed are in bold.
    """
    defaults = {key.path: key.default for key in keys_of(type(parameters)())}
    keys = [key for key in keys_of(parameters) if not key.is_block]
    changed = [key for key in keys if key.default != defaults[key.path]]
    differences = "All parameters have their defaults: the chapter's, with its slips mended."
    if changed:
        names = ", ".join(f"``{'.'.join(key.path)}``" for key in changed)
        differences = f"Changed: {names}."
    lines = [text, f"Seeds: {ranges(seeds)} (n = {len(seeds)}). {differences}"]
    for key in keys:
        name, was = ".".join(key.path), ""
        if key in changed:
            name, was = f"**{name}**", f" (default: {_literal(defaults[key.path])})"
        lines.append(f"- {name} = {_literal(key.default)}{was}: {_in_words(key)}")
    return "\n\n".join(lines)


def _in_words(key: Key) -> str:
    """The first sentence on a parameter or, where it has some, on the value it has."""
    meaning = key.meaning.partition(f"`{key.default}`: ")[2] or key.meaning
    sentence = meaning.partition(". ")[0].rstrip(".")
    literals = sentence.replace("`", "``").split("``")
    literals[::2] = [re.sub(r"([\\*|_])", r"\\\1", text) for text in literals[::2]]
    return "``".join(literals)


def _literal(value: Any) -> str:
    if value is None:
        return "not set"
    return f"``{value if isinstance(value, str) else json.dumps(value)}``"
