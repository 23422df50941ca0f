"""What is said of a cell: its metrics over the seeds, a note in words, tags of its data."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from snnlearn.experiments import Experiment
from snnlearn.settings.changes import Change, short
from snnlearn.statistics import mean_interval
from snnlearn.tracking.cells import Inputs


def tags_of(inputs: Inputs) -> dict[str, str]:
    """Tags that say which data set was used."""
    if inputs.dataset is None:
        return {}
    tags = {"dataset": inputs.dataset.label}
    tags |= {f"dataset.sha256.{array}": sha for array, sha in inputs.dataset.sha256.items()}
    if inputs.dataset_sha256 is not None:
        tags["dataset.sha256.file"] = inputs.dataset_sha256
    return tags


def summary_of(metrics: pd.DataFrame) -> dict[str, float]:
    """Mean of each metric over the seeds, and its interval; without what is not defined."""
    summary: dict[str, float] = {}
    for name, values in metrics.groupby("metric")["value"]:
        defined = values.dropna().to_numpy()
        if len(defined) > 0:
            low, high = mean_interval(defined)
            summary |= {str(name): defined.mean(), f"{name}.ci_low": low, f"{name}.ci_high": high}
    return {name: float(value) for name, value in summary.items() if math.isfinite(value)}


def note_on(
    experiment: Experiment[Any], changed: Sequence[Change], captions: Mapping[str, str]
) -> str:
    """What the runs of a configuration are, in Markdown."""
    summary = experiment.summary
    if changed:
        # MLflow's page folds away all but the first lines.
        lines = [f"{summary} Other than in the chapter:", ""]
        lines += [
            f"- `{c.key}` is {short(c.value)}, not {short(c.chapter)}. {c.meaning}" for c in changed
        ]
    else:
        lines = [f"{summary} This is the chapter's configuration."]
    lines += [
        "",
        "The seeds are runs of their own below this one. Each metric here is their mean, with the "
        "95 % interval in `….ci_low` and `….ci_high`; its step is the number of seeds.",
    ]
    if captions:
        lines += ["", "Figures, under Artifacts:", ""]
        lines += [f"- `{name}`: {text}" for name, text in captions.items()]
    return "\n".join(lines) + "\n"
