"""What each slip of the chapter's code changes: results as it was published, and corrected."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from snnlearn.experiments import Experiment
from snnlearn.published import Slip
from snnlearn.settings.documentation import plain
from snnlearn.statistics import mean_difference, mean_difference_interval, mean_interval
from snnlearn.studies import Cell, Study, in_a_name, with_changes
from snnlearn.verdict.markdown import estimate, with_unit
from snnlearn.verdict.markdown import table as markdown_table

#: What the name of a study of slips begins with, before that of its experiment.
STUDY = "errata-"

#: Names of cells: without any slip, and the same once more.
CORRECTED, AGAIN = "corrected", "corrected-again"

AS_PUBLISHED = "as_published"

COLUMNS = [
    "experiment", "slip", "text", "quantity", "unit",
    "as_published", "as_published_low", "as_published_high",
    "corrected", "corrected_low", "corrected_high", "n",
]  # fmt: skip


def study(experiment: Experiment[Any], own: Cell, slips: Sequence[Slip]) -> Study:
    """The study that shows what slips change: a cell for each alone, and one without any.

    What a missing seed changes is what another seed changes, which is seen in the corrected runs:
    there is no cell for it. But another cell runs the same seeds again.

    Parameters
    ----------
    experiment : Experiment
        The experiment.
    own : Cell
        Its own runs. What its parameters say about slips does not matter. A cell of the same
        parameters takes their metrics, one that simulates the same measures the traces of all of
        them, but for what is run again; others simulate its first seeds, as many as one job
        simulates unless the configuration says otherwise.
    slips : sequence of Slip
        Its slips.

    Returns
    -------
    Study
        Of which the metrics only are kept.
    """
    defaults = experiment.Parameters()
    clean = {slip.switch: getattr(defaults, slip.switch) for slip in slips if slip.switch}
    runs: dict[str, Mapping[str, Any]] = {CORRECTED: clean}
    for slip in slips:
        if not slip.unseeded:
            runs[cell_of(slip)] = clean | {slip.switch: slip.as_published}
        elif slip.again:
            runs[AGAIN] = clean
    name, base = STUDY + experiment.name, plain(own.parameters)
    first = dict(islice(own.seeds.items(), experiment.seeds_per_job))
    cells = []
    for cell, changes in runs.items():
        parameters = experiment.Parameters(**with_changes(base, changes))
        alike = experiment.simulated(plain(parameters)) == experiment.simulated(base)
        measured = alike and cell != AGAIN
        same = measured and parameters == own.parameters
        cells.append(
            Cell(
                name,
                experiment.name,
                cell,
                parameters,
                own.seeds if measured else first,
                own.seeds_per_job,
                traces=False,
                traces_of=own.folder if measured and not same else None,
                metrics_of=own.folder if same else None,
            )
        )
    return Study(name, experiment.name, cells, generated=True)


def cell_of(slip: Slip) -> str:
    """Name of the cell in which a slip is put back."""
    return f"{slip.switch}~{in_a_name(slip.as_published)}"


def table(slips: Mapping[str, Sequence[Slip]], metrics: pd.DataFrame) -> pd.DataFrame:
    """Put both results of each slip side by side.

    Parameters
    ----------
    slips : mapping of str to sequence of Slip
        The slips of each experiment.
    metrics : pandas.DataFrame
        The metrics of their studies, with the columns ``experiment``, ``cell``, ``seed``,
        ``metric``, ``value`` and ``unit``.

    Returns
    -------
    pandas.DataFrame
        One row for each slip and quantity:

        ===================================== ====================================================
        ``experiment``, ``slip``              the experiment, and the parameter that brings it back,
                                              or ``seed``
        ``text``                              what the chapter does, and what is done instead
        ``quantity``, ``unit``                what shows the effect
        ``as_published``, ``corrected``       its mean over seeds; empty where it is not defined
        ``…_low``, ``…_high``                 95 % interval; empty for fewer than five, and
                                              where all are the same
        ``n``                                 seeds
        ===================================== ====================================================
    """
    rows = []
    for name, of_experiment in slips.items():
        for slip in of_experiment:
            for metric in slip.metrics:
                of_metric = metrics[(metrics["experiment"] == name) & (metrics["metric"] == metric)]
                values = of_metric.pivot(index="seed", columns="cell", values="value")
                if not slip.unseeded:
                    ran = of_metric.loc[of_metric["cell"] == cell_of(slip), "seed"]
                    values = values.loc[ran]
                changes = f"change of {metric} when run again"
                row = {
                    "experiment": name,
                    "slip": slip.name,
                    "text": slip.text,
                    "quantity": changes if slip.unseeded else metric,
                    "unit": of_metric["unit"].iloc[0],
                }
                rows.append(row | _both(slip, values))
    return pd.DataFrame(rows, columns=COLUMNS)


def _both(slip: Slip, values: pd.DataFrame) -> dict[str, float]:
    """Means and intervals of a metric, as published and corrected, from its values in each cell."""
    one = values[CORRECTED].to_numpy()
    if not slip.unseeded:
        as_published = _of(values[cell_of(slip)].to_numpy(), AS_PUBLISHED)
        return {"n": len(values)} | as_published | _of(one, CORRECTED)
    defined = one[~np.isnan(one)]
    low, high = mean_difference_interval(defined)
    changes = _told(AS_PUBLISHED, mean_difference(defined), low, high)
    again = values[AGAIN].to_numpy() if slip.again else np.full(len(one), np.nan)
    return {"n": len(values)} | changes | _of(np.abs(again - one), CORRECTED)


def _of(values: np.ndarray, which: str) -> dict[str, float]:
    """Mean and interval of the values that are defined."""
    defined = values[~np.isnan(values)]
    mean = float(defined.mean()) if len(defined) else np.nan
    return _told(which, mean, *mean_interval(defined))


def _told(which: str, mean: float, low: float, high: float) -> dict[str, float]:
    return {which: mean, f"{which}_low": low, f"{which}_high": high}


def markdown(errata: pd.DataFrame) -> str:
    """Write the table of :func:`table` as a page."""
    headings = ("slip", "what it is", "effect on", "as published", "corrected", "n")
    rows = [
        (
            f"`{row['experiment']}.{row['slip']}`",
            str(row["text"]),
            with_unit(str(row["quantity"]), row["unit"], "{} ({})"),
            *(
                estimate(row[name], row[f"{name}_low"], row[f"{name}_high"])
                for name in (AS_PUBLISHED, CORRECTED)
            ),
            str(row["n"]),
        )
        for _, row in errata.iterrows()
    ]
    about = (
        "Means over seeds, with 95 % intervals. Each slip that is a parameter was run alone. What "
        "a missing seed changes is the mean difference between two seeds."
    )
    return "\n".join(["# Errata", "", about, "", *markdown_table(headings, rows)]) + "\n"
