"""What each slip of the chapter's code changes: results as it was published, and corrected."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from snnlearn.experiments import Experiment, Metric
from snnlearn.published import Slip, slips
from snnlearn.seeding import Seed
from snnlearn.statistics import mean_interval
from snnlearn.verdict.markdown import estimate, with_unit
from snnlearn.verdict.markdown import table as markdown_table

AS_PUBLISHED, CORRECTED = "as_published", "corrected"

RUN_COLUMNS = ["experiment", "slip", "fidelity", "seed", "quantity", "value", "unit"]

COLUMNS = [
    "experiment", "slip", "text", "quantity", "unit",
    "as_published", "as_published_low", "as_published_high",
    "corrected", "corrected_low", "corrected_high", "n",
]  # fmt: skip

#: What is added to a seed to stand for another state of a generator that nothing fixes.
ANOTHER = 2**30


def measure(
    name: str,
    experiment: Experiment[Any],
    parameters: Any,
    seeds: Sequence[int],
    **inputs: Path | Sequence[Path],
) -> pd.DataFrame:
    """Run an experiment with each of its slips alone, and without any.

    Where a slip leaves a source of randomness without a seed, all is run twice, the second time
    with another seed for that source: what the chapter's generator happens to do cannot be
    repeated, but what difference it makes can.

    Parameters
    ----------
    name : str
        Name of the experiment.
    experiment : module
        The experiment.
    parameters : data class
        Its parameters; what they say about slips does not matter.
    seeds : sequence of int
        The seeds to run.
    **inputs : pathlib.Path or sequence of pathlib.Path
        The files that the experiment takes.

    Returns
    -------
    pandas.DataFrame
        One row a number: ``experiment``, ``slip`` (the parameter), ``fidelity``
        (``as_published`` or ``corrected``), ``seed``, ``quantity``, ``value`` and ``unit``.
    """
    defaults = experiment.Parameters()
    clean = replace(
        parameters, **{slip.switch: getattr(defaults, slip.switch) for slip in slips(name)}
    )

    def simulated(settings: Any, seeds: Sequence[Seed]) -> list[pd.DataFrame]:
        return list(experiment.simulate(settings, seeds, **inputs))

    def measured(traces: list[pd.DataFrame], settings: Any) -> list[dict[str, Metric]]:
        return [experiment.measure(of_seed, settings) for of_seed in traces]

    first = simulated(clean, seeds)
    corrected = measured(first, clean)
    rows: list[dict[str, object]] = []
    for slip in slips(name):
        if slip.unfixed:
            again = {
                CORRECTED: seeds,
                AS_PUBLISHED: [redrawn(seed, slip) for seed in seeds],
            }
            found = {
                fidelity: list(map(changes, corrected, measured(simulated(clean, run), clean)))
                for fidelity, run in again.items()
            }
        else:
            slipped = replace(clean, **{slip.switch: slip.as_published})
            as_published = simulated(slipped, seeds) if slip.simulated else first
            found = {CORRECTED: corrected, AS_PUBLISHED: measured(as_published, slipped)}
        for fidelity, of_seeds in found.items():
            for seed, metrics in zip(seeds, of_seeds, strict=True):
                rows += [
                    dict(zip(RUN_COLUMNS, (name, slip.switch, fidelity, seed, *row), strict=True))
                    for row in _quantities(slip, metrics)
                ]
    return pd.DataFrame(rows, columns=RUN_COLUMNS)


def redrawn(seed: int, slip: Slip) -> Seed:
    """A seed for each source, of which those that a slip leaves unfixed are others."""
    seeds: defaultdict[str, int] = defaultdict(lambda: seed)
    return seeds | dict.fromkeys(slip.unfixed, seed + ANOTHER)


def changes(first: dict[str, Metric], second: dict[str, Metric]) -> dict[str, Metric]:
    """How far each metric of a second run is from that of the first."""
    return {
        name: Metric(abs(second[name].value - metric.value), metric.unit)
        for name, metric in first.items()
    }


def _quantities(slip: Slip, metrics: dict[str, Metric]) -> Iterator[tuple[str, float, str]]:
    for name in slip.metrics:
        quantity = f"change of {name} when run again" if slip.unfixed else name
        yield quantity, metrics[name].value, metrics[name].unit


def table(slips: Sequence[tuple[str, Slip]], runs: pd.DataFrame) -> pd.DataFrame:
    """Put both results of each slip side by side.

    Parameters
    ----------
    slips : sequence of (str, Slip)
        The slips with the names of their experiments.
    runs : pandas.DataFrame
        What :func:`measure` found, of all experiments.

    Returns
    -------
    pandas.DataFrame
        One row for each slip and quantity:

        ===================================== ====================================================
        ``experiment``, ``slip``              the experiment, and the parameter that brings it back
        ``text``                              what the chapter does, and what is done instead
        ``quantity``, ``unit``                what shows the effect
        ``as_published``, ``corrected``       its mean over seeds; empty where it is not defined
        ``…_low``, ``…_high``                 95 % bootstrap interval; empty for fewer than two
        ``n``                                 seeds
        ===================================== ====================================================
    """
    rows = []
    for name, slip in slips:
        own = runs[(runs["experiment"] == name) & (runs["slip"] == slip.switch)]
        for (quantity, unit), values in own.groupby(["quantity", "unit"], sort=False):
            row = {
                "experiment": name,
                "slip": slip.switch,
                "text": slip.text,
                "quantity": quantity,
                "unit": unit,
                "n": values["seed"].nunique(),
            }
            for fidelity in (AS_PUBLISHED, CORRECTED):
                defined = values.loc[values["fidelity"] == fidelity, "value"].dropna().to_numpy()
                low, high = mean_interval(defined)
                row |= {
                    fidelity: defined.mean() if len(defined) else float("nan"),
                    f"{fidelity}_low": low,
                    f"{fidelity}_high": high,
                }
            rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)


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
    about = "Means over seeds, with 95 % intervals. Each slip is a parameter, and was run alone."
    return "\n".join(["# Errata", "", about, "", *markdown_table(headings, rows)]) + "\n"
