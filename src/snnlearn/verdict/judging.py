"""Judge claims by the metrics of all seeds."""

import math
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from snnlearn.paired_shares import difference_interval
from snnlearn.published import Claim
from snnlearn.shares import gain_interval, share_interval, wilson_interval
from snnlearn.statistics import (
    FEWEST,
    LEVEL,
    alike,
    mean_interval,
    prediction_interval,
    standardized_distance,
)
from snnlearn.verdict.testing import Sample, samples

#: Of the intervals in which a number may lie that is printed of one network.
CONFIDENCE = 1 - 2 * LEVEL

REPRODUCED, NOT_REPRODUCED, NOT_TESTED = "reproduced", "not reproduced", "not tested"

COLUMNS = [
    "claim", "source", "published", "measured", "ci_low", "ci_high", "n", "verdict", "reason",
    "experiment", "quantity", "unit", "expected", "test", "effect_size", "p_value", "name",
    "kind", "confidence", "counts",
]  # fmt: skip


def judge(claims: Iterable[tuple[str, Claim]], metrics: pd.DataFrame) -> pd.DataFrame:
    """Judge every claim by its metric over the seeds.

    What is judged is one number a run: a metric, or the difference or ratio of two metrics of the
    same run, so that runs are compared as pairs.

    A claim on the mean is two tests of Student's. It is reproduced where the mean is significantly
    within the bounds (with two bounds a test of equivalence: D. J. Schuirmann 1987, "A comparison
    of the two one-sided tests procedure and the power approach for assessing the equivalence of
    average bioavailability", J. Pharmacokinet. Biopharm. 15:657), not reproduced where it is
    significantly outside, and not tested where neither is so. The tests of a family are corrected
    for each other (:func:`snnlearn.statistics.holm`). The interval is that of the level at which
    the claim was decided: it lies within the bounds, or outside, where the test says so. Below
    :data:`snnlearn.statistics.FEWEST` runs nothing is decided.

    A claim on a number that a source prints of one network (``prediction``) is reproduced where
    it lies in the interval that one more network falls into 95 times in 100.

    Where there is one network only, its images can test what is claimed: a share by Wilson's
    interval, and a difference by the images that change (``pairs``): by McNemar's exact test
    whether more are gained than lost, and by Tango's where there are other bounds
    (:mod:`snnlearn.paired_shares`).

    A claim on the share of runs that are so or not (``case``) is tested exactly: by the binomial
    test, with Clopper and Pearson's interval. Runs that come to the same number otherwise decide
    nothing: how far others would be cannot be told from them.

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
        ``ci_low, ci_high``   its interval of Student's t, that of a share of runs, that of one more
                              network, or that of one network's images; empty for identities, for
                              fewer than five runs, and where all are the same
        ``n``                 how many of what ``counts`` says
        ``verdict``           ``reproduced``, ``not reproduced`` or ``not tested``
        ``reason``            why, in words
        ``experiment``        name
        ``quantity``          the metric, or the difference or ratio of two
        ``unit``              of ``published``, ``measured`` and the interval; SI symbol or ``1``
        ``expected``          what is allowed
        ``test``              how it was judged
        ``effect_size``       Cohen's d: mean minus what was published or predicted (else: minus
                              the lone bound), in standard deviations over runs; empty for shares
                              of runs
        ``p_value``           of the test that decided, corrected for its family
        ``name``              study and short name of the claim, as in ``channel.error-falls``;
                              it stays when the words change
        ``kind``              as :class:`snnlearn.published.Claim` says
        ``confidence``        of the interval
        ``counts``            what ``n`` counts: ``runs``, each of a network of its own, or
                              ``images`` of the only one
        ===================== ====================================================================
    """
    # Experiments' own runs are the study of their name.
    for column, own in (("study", metrics["experiment"]), ("cell", "base")):
        if column not in metrics:
            metrics = metrics.assign(**{column: own})
    metrics = metrics.assign(
        study=metrics["study"].fillna(metrics["experiment"]), cell=metrics["cell"].fillna("base")
    )
    return pd.DataFrame([_row(sample) for sample in samples(claims, metrics)], columns=COLUMNS)


def _row(sample: Sample) -> dict[str, object]:
    claim = sample.claim
    row: dict[str, object] = {
        "claim": f"{sample.experiment}: {claim.text}",
        "source": claim.source,
        "published": claim.published,
        "n": len(sample.numbers) if sample.images is None else sample.images.shown,
        "counts": "runs" if sample.images is None else "images",
        "verdict": NOT_TESTED,
        "experiment": sample.experiment,
        "quantity": claim.quantity,
        "unit": sample.unit,
        "expected": "" if claim.untested else claim.expected,
        "test": "" if claim.untested else _test(sample),
        "name": f"{sample.study}.{claim.name}",
        "kind": claim.kind,
        "reason": sample.why_untested,
    }
    if len(sample.numbers) == 0:
        return row
    judged = _judged_in_words(sample)
    return row | judged | {"effect_size": _effect(sample)}


def _judged_in_words(sample: Sample) -> dict[str, object]:
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
    if claim.test == "share":
        if sample.images is None:
            return found | {"reason": f"is about one network, and there are {n} runs"}
        return found | _share(claim, mean, sample.images.shown)
    if n < FEWEST and sample.images is None:
        few = f"{n} run{'s' if n > 1 else ''} of at least {FEWEST} that a test needs"
        return found | {"reason": f"{few}; {mean:.6g} so far"}
    if claim.case is None and sample.images is None and alike(values):
        return found | {"reason": f"all {n} runs come to {mean:.6g}; how far others are is unknown"}
    if claim.test == "prediction":
        return found | _predicted(claim, values)
    assert sample.within is not None
    assert sample.outside is not None
    decided = sample.outside if sample.outside.rejected else sample.within
    confidence = 1 - 2 * decided.level
    of = f"{n} runs"
    if claim.case is not None:
        low, high = share_interval(int(values.sum()), n, confidence)
    elif sample.images is None:
        low, high = (back(end) for end in mean_interval(values, confidence))
    else:
        gained, lost, shown = sample.images.gained, sample.images.lost, sample.images.shown
        interval_of = gain_interval if sample.by_sign else difference_interval
        low, high = interval_of(gained, lost, shown, confidence)
        of = f"{shown} images ({gained} gained, {lost} lost)"
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
        "reason": f"{interval} of {of}, is {where}: {claim.because}",
    }


def _predicted(claim: Claim, values: np.ndarray) -> dict[str, object]:
    """Whether one more network could come to the published number."""
    of_single = f"into which {100 * CONFIDENCE:.4g} % of single networks fall"
    return _printed(claim, *prediction_interval(values, CONFIDENCE), of_single)


def _share(claim: Claim, share: float, n: int) -> dict[str, object]:
    """Whether the share of images that one network gets right could be the published one."""
    low, high = wilson_interval(np.array([share * n]), n, CONFIDENCE)
    of_images = f"Wilson's interval of {share:.6g} of {n} images"
    return _printed(claim, float(low[0]), float(high[0]), of_images)


def _printed(claim: Claim, low: float, high: float, what: str) -> dict[str, object]:
    """Whether the published number lies in an interval, which is told of in words."""
    assert claim.published is not None
    inside = low <= claim.published <= high
    where = "lies" if inside else "does not lie"
    return {
        "ci_low": low,
        "ci_high": high,
        "confidence": CONFIDENCE,
        "verdict": REPRODUCED if inside else NOT_REPRODUCED,
        "reason": f"{claim.published:.6g} {where} in [{low:.6g}, {high:.6g}], {what}: "
        f"{claim.because}",
    }


def _test(sample: Sample) -> str:
    """How a claim is judged, in words."""
    claim = sample.claim
    if claim.kind == "identity":
        return "every run within the bounds"
    if claim.test == "prediction":
        return "prediction interval of one more network"
    if claim.test == "share":
        return "Wilson's interval of one network's images"
    kind = "equivalence" if claim.two_sided else "one-sided"
    if sample.images is not None:
        if sample.by_sign:
            return "McNemar's exact test of one network's images, Holm"
        return f"Tango's score test of one network's images ({kind}), Holm"
    if claim.case is not None:
        return f"exact binomial test of the share of runs ({kind}), Holm"
    paired = claim.minus or claim.control
    compared = "paired difference, " if paired else "paired ratio, " if claim.over else ""
    mean = "geometric mean" if claim.scale == "log" else "mean"
    return f"{compared}t test of the {mean} ({kind}), Holm"


def _where(claim: Claim, *, within: bool) -> str:
    """That something is within or outside the bounds, in words."""
    if claim.two_sided:
        bounds = claim.expected.removeprefix("in ")
        return f"{'within' if within else 'outside'} the bounds {bounds}"
    return claim.expected if within else f"not {claim.expected}"


def _effect(sample: Sample) -> float:
    """Cohen's d from what was published or predicted, or from the lone bound."""
    claim = sample.claim
    number = claim.predicted if claim.published is None else claim.published
    lone = [bound for bound in (claim.low, claim.high) if math.isfinite(bound)]
    if number is None and len(lone) == 1:
        number = lone[0]
    if number is None or claim.case is not None:
        return math.nan
    if claim.scale == "log":
        number = math.log(number) if number > 0 else math.nan
    return standardized_distance(sample.numbers, number)
