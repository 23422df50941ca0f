"""Judge claims by the metrics of all seeds."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from snnlearn.published import Claim
from snnlearn.statistics import (
    FEWEST,
    LEVEL,
    Decided,
    holm,
    mean_interval,
    one_sided,
    prediction_interval,
    standardized_distance,
)

REPRODUCED, NOT_REPRODUCED, NOT_TESTED = "reproduced", "not reproduced", "not tested"

COLUMNS = [
    "claim", "source", "published", "measured", "ci_low", "ci_high", "n", "verdict", "reason",
    "experiment", "quantity", "unit", "expected", "test", "effect_size", "p_value", "name",
    "kind", "confidence",
]  # fmt: skip


def judge(claims: Iterable[tuple[str, Claim]], metrics: pd.DataFrame) -> pd.DataFrame:
    """Judge every claim by its metric over the seeds.

    What is judged is one number a run: a metric, or the difference or ratio of two metrics of the
    same run, so that runs are compared as pairs.

    A claim on the mean is two tests of Student's. It is reproduced where the mean is significantly
    within the bounds (with two bounds a test of equivalence, D. J. Schuirmann 1987), not
    reproduced where it is significantly outside, and not tested where neither is so. The tests of
    a family are corrected for each other (:func:`snnlearn.statistics.holm`). The interval is that
    of the level at which the claim was decided: it lies within the bounds, or outside, where the
    test says so. Below :data:`snnlearn.statistics.FEWEST` runs nothing is decided.

    A claim on a number that a source prints of one network (``prediction``) is reproduced where
    it lies in the interval that one more network falls into 95 times in 100.

    An identity holds for every run, or not at all.

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
        ``published``         the number that the source prints; empty where it prints none
        ``measured``          mean over the runs; geometric on a logarithmic scale
        ``ci_low, ci_high``   its interval of Student's t, or that of one more network; empty for
                              identities, and for fewer than five runs
        ``n``                 runs
        ``verdict``           ``reproduced``, ``not reproduced`` or ``not tested``
        ``reason``            why, in words
        ``experiment``        name
        ``quantity``          the metric, or the difference or ratio of two
        ``unit``              of ``published``, ``measured`` and the interval; SI symbol or ``1``
        ``expected``          what is allowed
        ``test``              how it was judged
        ``effect_size``       Cohen's d: mean minus what was published or predicted (else: minus
                              the lone bound), in standard deviations over runs
        ``p_value``           of the test that decided, corrected for its family
        ``name``              study and short name of the claim, as in ``channel.error-falls``;
                              it stays when the words change
        ``kind``              ``literature``, ``identity`` or ``regression``
        ``confidence``        of the interval
        ===================== ====================================================================
    """
    # Experiments' own runs are the study of their name.
    for column, own in (("study", metrics["experiment"]), ("cell", "base")):
        if column not in metrics:
            metrics = metrics.assign(**{column: own})
    metrics = metrics.assign(
        study=metrics["study"].fillna(metrics["experiment"]), cell=metrics["cell"].fillna("base")
    )
    samples = [_sample(name, claim, metrics) for name, claim in claims]
    _decide_families(samples)
    return pd.DataFrame([_row(sample) for sample in samples], columns=COLUMNS)


@dataclass
class _Sample:
    """A claim with one number for each run that tests it, and what its tests come to."""

    experiment: str
    claim: Claim
    numbers: np.ndarray
    unit: str
    why_untested: str
    within: Decided | None = None
    outside: Decided | None = None

    @property
    def study(self) -> str:
        return self.claim.study or self.experiment

    @property
    def tested(self) -> bool:
        """Whether its mean is tested, in a family."""
        claim = self.claim
        return claim.kind != "identity" and claim.test == "mean" and not claim.untested


def _sample(name: str, claim: Claim, metrics: pd.DataFrame) -> _Sample:
    of_experiment = metrics[metrics["experiment"] == name]

    def of(study: str, cell: str) -> pd.DataFrame:
        return of_experiment[(of_experiment["study"] == study) & (of_experiment["cell"] == cell)]

    study = claim.study or name
    of_cell = of(study, claim.cell)
    runs = _values(claim, of_cell)
    if claim.control:
        runs = runs - _values(claim, of(*claim.control_in(study)))
    values = np.empty(0) if claim.untested else runs.dropna().to_numpy()
    why = "" if len(values) else _why_untested(claim, of_cell)
    if claim.scale == "log" and len(values):
        undefined = int(np.sum(values <= 0))
        if undefined:
            why = f"{undefined} of {len(values)} runs are not above 0, and have no logarithm"
            values = np.empty(0)
        values = np.log(values)
    return _Sample(name, claim, values, _unit(claim, of_cell), why)


def _decide_families(samples: Sequence[_Sample]) -> None:
    """Test whether each mean lies within its bounds, and whether outside, family by family."""
    families: dict[tuple[str, str, str], list[_Sample]] = {}
    for sample in samples:
        if sample.tested:
            key = (sample.study, sample.claim.kind, sample.claim.family)
            families.setdefault(key, []).append(sample)
    for family in families.values():
        within = holm([max(_beyond_each_bound(s, inwards=True)) for s in family])
        outside = holm([min(_beyond_each_bound(s, inwards=False)) for s in family])
        for sample, inside, beyond in zip(family, within, outside, strict=True):
            sample.within, sample.outside = inside, beyond


def _beyond_each_bound(sample: _Sample, *, inwards: bool) -> list[float]:
    """The p value of a test at each finite bound."""
    low, high = _bounds(sample.claim)
    p_values = []
    if math.isfinite(low):
        p_values.append(one_sided(sample.numbers, low, "greater" if inwards else "less"))
    if math.isfinite(high):
        p_values.append(one_sided(sample.numbers, high, "less" if inwards else "greater"))
    return p_values


def _bounds(claim: Claim) -> tuple[float, float]:
    """The bounds on the scale on which a claim is tested."""
    if claim.scale == "linear":
        return claim.low, claim.high
    return (math.log(claim.low) if claim.low > 0 else -math.inf), math.log(claim.high)


def _row(sample: _Sample) -> dict[str, object]:
    claim = sample.claim
    row: dict[str, object] = {
        "claim": f"{sample.experiment}: {claim.text}",
        "source": claim.source,
        "published": claim.published,
        "n": len(sample.numbers),
        "verdict": NOT_TESTED,
        "experiment": sample.experiment,
        "quantity": claim.quantity,
        "unit": sample.unit,
        "expected": "" if claim.untested else claim.expected,
        "test": "" if claim.untested else _test(claim),
        "name": f"{sample.study}.{claim.name}",
        "kind": claim.kind,
        "reason": sample.why_untested,
    }
    if len(sample.numbers) == 0:
        return row
    judged = _judged_in_words(sample)
    return row | judged | {"effect_size": _effect(sample)}


def _judged_in_words(sample: _Sample) -> dict[str, object]:
    """The columns that say what came out."""
    claim, values, n = sample.claim, sample.numbers, len(sample.numbers)
    back: Callable[[float], float] = math.exp if claim.scale == "log" else float
    mean = back(np.mean(values))
    found: dict[str, object] = {"measured": mean}
    if claim.kind == "identity":
        holds = all(claim.allows(back(value)) for value in values)
        where = _where(claim, within=holds)
        return found | {
            "verdict": REPRODUCED if holds else NOT_REPRODUCED,
            "reason": f"{mean:.6g} is {where}: {claim.because}",
        }
    if n < FEWEST:
        few = f"{n} run{'s' if n > 1 else ''} of at least {FEWEST} that a test needs"
        return found | {"reason": f"{few}; {mean:.6g} so far"}
    if claim.test == "prediction":
        return found | _predicted(claim, values)
    assert sample.within is not None
    assert sample.outside is not None
    decided = sample.outside if sample.outside.rejected else sample.within
    confidence = 1 - 2 * decided.level
    low, high = (back(end) for end in mean_interval(values, confidence))
    interval = f"{mean:.6g}, {100 * confidence:.4g} % interval [{low:.6g}, {high:.6g}],"
    if sample.within.rejected:
        verdict, where = REPRODUCED, _where(claim, within=True)
    elif sample.outside.rejected:
        verdict, where = NOT_REPRODUCED, _where(claim, within=False)
    else:
        verdict, where = NOT_TESTED, f"only in part {claim.expected}"
    return found | {
        "ci_low": low,
        "ci_high": high,
        "confidence": confidence,
        "p_value": decided.p_value,
        "verdict": verdict,
        "reason": f"{interval} of {n} runs, is {where}: {claim.because}",
    }


def _predicted(claim: Claim, values: np.ndarray) -> dict[str, object]:
    """Whether one more network could come to the published number."""
    assert claim.published is not None
    confidence = 1 - 2 * LEVEL
    low, high = prediction_interval(values, confidence)
    inside = low <= claim.published <= high
    where = "lies" if inside else "does not lie"
    return {
        "ci_low": low,
        "ci_high": high,
        "confidence": confidence,
        "verdict": REPRODUCED if inside else NOT_REPRODUCED,
        "reason": f"{claim.published:.6g} {where} in [{low:.6g}, {high:.6g}], into which "
        f"{100 * confidence:.4g} % of single networks fall: {claim.because}",
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
    if claim.kind == "identity":
        return "every run within the bounds"
    if claim.test == "prediction":
        return "prediction interval of one more network"
    paired = claim.minus or claim.control
    compared = "paired difference, " if paired else "paired ratio, " if claim.over else ""
    mean = "geometric mean" if claim.scale == "log" else "mean"
    kind = "equivalence" if claim.two_sided else "one-sided"
    return f"{compared}t test of the {mean} ({kind}), Holm"


def _why_untested(claim: Claim, metrics: pd.DataFrame) -> str:
    found = sorted(metrics.loc[metrics["metric"] == claim.metric, "variant"].unique())
    excuses = [reason for variant, reason in claim.excused if variant in found]
    wanted = " or ".join(claim.variants) or claim.quantity
    there = ", ".join(found) or "none"
    missing = f"needs results of {wanted}; there are those of {there}"
    if found and (not claim.variants or set(found) & set(claim.variants)):
        missing = f"no run defines {claim.quantity}"
    return (excuses[0] if excuses else "") or claim.untested or missing


def _where(claim: Claim, *, within: bool) -> str:
    """That something is within or outside the bounds, in words."""
    if claim.two_sided:
        bounds = claim.expected.removeprefix("in ")
        return f"{'within' if within else 'outside'} the bounds {bounds}"
    return claim.expected if within else f"not {claim.expected}"


def _effect(sample: _Sample) -> float:
    """Cohen's d from what was published or predicted, or from the lone bound."""
    claim = sample.claim
    number = claim.predicted if claim.published is None else claim.published
    lone = [bound for bound in (claim.low, claim.high) if math.isfinite(bound)]
    if number is None and len(lone) == 1:
        number = lone[0]
    if number is None:
        return math.nan
    if claim.scale == "log":
        number = math.log(number) if number > 0 else math.nan
    return standardized_distance(sample.numbers, number)
