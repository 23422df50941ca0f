"""Judge claims by the metrics of all seeds."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from snnlearn.published import Claim
from snnlearn.statistics import mean_interval, signed_rank_test, standardized_distance

REPRODUCED, NOT_REPRODUCED, NOT_TESTED = "reproduced", "not reproduced", "not tested"

COLUMNS = [
    "claim", "source", "published", "measured", "ci_low", "ci_high", "n", "verdict", "reason",
    "experiment", "quantity", "unit", "expected", "test", "effect_size", "p_value", "name",
]  # fmt: skip


def judge(claims: Iterable[tuple[str, Claim]], metrics: pd.DataFrame) -> pd.DataFrame:
    """Judge every claim by its metric over the seeds.

    What is judged is one number a run: a metric, or the difference or ratio of two metrics of the
    same run, so that runs are compared as pairs. There are two tests.

    ``agreement``, for published numbers: a claim is reproduced where the mean lies within the
    bounds, and not reproduced where its whole 95 % interval lies outside them. Where the mean lies
    outside, but the interval reaches into the bounds, the claim is not tested.

    ``inclusion``, for relations: a claim is reproduced where the whole interval lies within the
    bounds, and not reproduced where the whole interval lies outside them. Where it straddles one,
    the claim is not tested, and neither is it with one run, which has no interval. Between two
    finite bounds this is a test of equivalence.

    Parameters
    ----------
    claims : iterable of (str, Claim)
        The claims with the names of their experiments.
    metrics : pandas.DataFrame
        The table ``metrics.csv``, and those of the studies that claims are about, with the columns
        ``study`` and ``cell``.

    Returns
    -------
    pandas.DataFrame
        One row a claim:

        ===================== ====================================================================
        ``claim``             experiment and claim in words
        ``source``            where it was published
        ``published``         the published or predicted number; empty for a relation without one
        ``measured``          mean over the runs
        ``ci_low, ci_high``   its 95 % bootstrap interval; empty for fewer than two runs
        ``n``                 runs
        ``verdict``           ``reproduced``, ``not reproduced`` or ``not tested``
        ``reason``            why, in words
        ``experiment``        name
        ``quantity``          the metric, or the difference or ratio of two
        ``unit``              of ``published``, ``measured`` and the interval; SI symbol or ``1``
        ``expected``          what is allowed
        ``test``              how it was judged
        ``effect_size``       Cohen's d: mean minus what was published (else: minus the lone
                              bound), in standard deviations over runs
        ``p_value``           of a one-sided Wilcoxon signed-rank test against the lone bound;
                              empty where there are two bounds, or no effect size
        ``name``              study and short name of the claim, as in ``channel.error-falls``;
                              it stays when the words change
        ===================== ====================================================================
    """
    # Experiments' own runs are the study of their name.
    for column, own in (("study", metrics["experiment"]), ("cell", "base")):
        if column not in metrics:
            metrics = metrics.assign(**{column: own})
    metrics = metrics.assign(
        study=metrics["study"].fillna(metrics["experiment"]), cell=metrics["cell"].fillna("base")
    )
    rows = [_row(name, claim, metrics) for name, claim in claims]
    return pd.DataFrame(rows, columns=COLUMNS)


@dataclass(frozen=True)
class _Sample:
    """One number a run, and their mean with its interval."""

    values: np.ndarray
    mean: float
    low: float
    high: float


def _row(name: str, claim: Claim, metrics: pd.DataFrame) -> dict[str, object]:
    study = claim.study or name
    of_study = metrics[(metrics["experiment"] == name) & (metrics["study"] == study)]
    of_cell = of_study[of_study["cell"] == claim.cell]
    row: dict[str, object] = {
        "claim": f"{name}: {claim.text}",
        "source": claim.source,
        "published": claim.published,
        "n": 0,
        "verdict": NOT_TESTED,
        "experiment": name,
        "quantity": claim.quantity,
        "unit": _unit(claim, of_cell),
        "expected": "" if claim.untested else claim.expected,
        "test": "" if claim.untested else _test(claim),
        "name": f"{study}.{claim.name}",
    }
    runs = _values(claim, of_cell)
    if claim.control:
        runs = runs - _values(claim, of_study[of_study["cell"] == claim.control])
    values = runs.dropna().to_numpy()
    if claim.untested or len(values) == 0:
        return row | {"reason": _why_untested(claim, of_cell)}
    sample = _Sample(values, float(np.mean(values)), *mean_interval(values))
    decide = {"agreement": _agreement, "inclusion": _inclusion}[claim.test]
    verdict, reason = decide(claim, sample)
    effect_size, p_value = _effect(claim, values)
    return row | {
        "measured": sample.mean,
        "ci_low": sample.low,
        "ci_high": sample.high,
        "n": len(values),
        "verdict": verdict,
        "reason": f"{reason}: {claim.because}",
        "effect_size": effect_size,
        "p_value": p_value,
    }


def _values(claim: Claim, metrics: pd.DataFrame) -> pd.Series:
    """One number for each run that has the metrics of a claim, by variant and seed."""
    if claim.variants:
        metrics = metrics[metrics["variant"].isin(claim.variants)]
    wanted = sorted({claim.metric, claim.minus, claim.over} - {""})
    metrics = metrics[metrics["metric"].isin(wanted)]
    runs = metrics.pivot(index=["variant", "seed"], columns="metric", values="value")
    runs = runs.reindex(columns=wanted)
    values = runs[claim.metric]
    if claim.minus:
        values = values - runs[claim.minus]
    if claim.over:
        values = values / runs[claim.over].replace(0, np.nan)
    return values


def _unit(claim: Claim, metrics: pd.DataFrame) -> str:
    units = metrics.loc[metrics["metric"] == claim.metric, "unit"]
    if claim.over:
        return "1"
    return str(units.iloc[0]) if len(units) > 0 else ""


def _test(claim: Claim) -> str:
    """How a claim is judged, in words."""
    paired = claim.minus or claim.control
    compared = "paired difference, " if paired else "paired ratio, " if claim.over else ""
    if claim.test == "agreement":
        return f"{compared}mean within the bounds"
    kind = "equivalence" if claim.two_sided else "one-sided"
    return f"{compared}95 % interval within the bounds ({kind})"


def _why_untested(claim: Claim, metrics: pd.DataFrame) -> str:
    found = sorted(metrics.loc[metrics["metric"] == claim.metric, "variant"].unique())
    excuses = [reason for variant, reason in claim.excused if variant in found]
    wanted = " or ".join(claim.variants) or claim.quantity
    there = ", ".join(found) or "none"
    missing = f"needs results of {wanted}; there are those of {there}"
    if found and (not claim.variants or set(found) & set(claim.variants)):
        missing = f"no run defines {claim.quantity}"
    return (excuses[0] if excuses else "") or claim.untested or missing


def _agreement(claim: Claim, sample: _Sample) -> tuple[str, str]:
    n, found = len(sample.values), f"{sample.mean:.6g}"
    if claim.allows(sample.mean):
        return REPRODUCED, f"{found} is {_where(claim, within=True)}"
    if n > 1 and sample.low <= claim.high and sample.high >= claim.low:
        outside = _where(claim, within=False)
        return NOT_TESTED, f"{found} of {n} seeds, too few to tell, is just {outside}"
    return NOT_REPRODUCED, f"{found} is {_where(claim, within=False)}"


def _inclusion(claim: Claim, sample: _Sample) -> tuple[str, str]:
    n, expected = len(sample.values), claim.expected
    if n < 2:
        return NOT_TESTED, f"one run has no interval to be {expected}"
    found = f"{sample.mean:.6g}, 95 % interval [{sample.low:.6g}, {sample.high:.6g}],"
    if claim.allows(sample.low) and claim.allows(sample.high):
        return REPRODUCED, f"{found} is {_where(claim, within=True)}"
    if sample.high < claim.low or sample.low > claim.high:
        return NOT_REPRODUCED, f"{found} is {_where(claim, within=False)}"
    return NOT_TESTED, f"{found} of {n} runs, too few to tell, is only in part {expected}"


def _where(claim: Claim, *, within: bool) -> str:
    """That something is within or outside the bounds, in words."""
    if claim.two_sided:
        bounds = claim.expected.removeprefix("in ")
        return f"{'within' if within else 'outside'} the bounds {bounds}"
    return claim.expected if within else f"not {claim.expected}"


def _effect(claim: Claim, values: np.ndarray) -> tuple[float, float]:
    """Effect size and p-value; never the latter without the former."""
    lone = [bound for bound in (claim.low, claim.high) if math.isfinite(bound)]
    reference = lone[0] if claim.published is None else claim.published
    effect_size = standardized_distance(values, reference)
    if len(lone) != 1 or math.isnan(effect_size):
        return effect_size, math.nan
    alternative: Literal["greater", "less"] = "greater" if math.isfinite(claim.low) else "less"
    return effect_size, signed_rank_test(values, lone[0], alternative)
