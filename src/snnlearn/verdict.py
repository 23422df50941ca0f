"""Hold what was measured against what was published.

The claims stand beside their experiments, as ``CLAIMS``.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from snnlearn.experiment import Claim
from snnlearn.statistics import mean_interval

REPRODUCED, NOT_REPRODUCED, NOT_TESTED = "reproduced", "not reproduced", "not tested"

COLUMNS = [
    "claim", "source", "published", "measured", "ci_low", "ci_high", "n", "verdict", "reason",
]  # fmt: skip


def judge(claims: Iterable[tuple[str, Claim]], metrics: pd.DataFrame) -> pd.DataFrame:
    """Judge every claim by the mean over the seeds of its metric.

    A claim is reproduced where the mean lies within the claim's bounds, and not reproduced where
    the whole interval of the mean lies outside them. Where the mean lies outside, but the interval
    reaches into the bounds, the seeds are too few to tell, and the claim is not tested.

    Parameters
    ----------
    claims : iterable of (str, Claim)
        The claims with the names of their experiments.
    metrics : pandas.DataFrame
        The table ``metrics.csv``.

    Returns
    -------
    pandas.DataFrame
        One row a claim: ``claim``, ``source``, ``published``, ``measured`` (mean over seeds),
        ``ci_low``, ``ci_high`` (95 % bootstrap interval of the mean; empty for fewer than two
        seeds), ``n``, ``verdict`` and ``reason``.
    """
    rows = [_judge_one(name, claim, metrics) for name, claim in claims]
    return pd.DataFrame(rows, columns=COLUMNS)


def _judge_one(name: str, claim: Claim, metrics: pd.DataFrame) -> dict[str, object]:
    row: dict[str, object] = {
        "claim": f"{name}: {claim.text}",
        "source": claim.source,
        "published": claim.published,
        "n": 0,
        "verdict": NOT_TESTED,
    }
    of_metric = metrics[(metrics["experiment"] == name) & (metrics["metric"] == claim.metric)]
    found = sorted(of_metric["variant"].unique())
    if claim.variants:
        of_metric = of_metric[of_metric["variant"].isin(claim.variants)]
    values = of_metric["value"].dropna().to_numpy()
    if len(values) == 0:
        excuses = [reason for variant, reason in claim.excused if variant in found]
        wanted = " or ".join(claim.variants) or claim.metric
        return row | {
            "reason": excuses[0] if excuses
            else f"needs results of {wanted}; there are those of {', '.join(found) or 'none'}"
        }  # fmt: skip
    measured = float(np.mean(values))
    low, high = mean_interval(values)
    least, most = (low, high) if len(values) > 1 else (measured, measured)
    if claim.low <= measured <= claim.high:
        verdict, finding = REPRODUCED, "is within the bounds"
    elif least <= claim.high and most >= claim.low:
        verdict, finding = NOT_TESTED, f"of {len(values)} seeds, too few to tell, is just outside"
    else:
        verdict, finding = NOT_REPRODUCED, "is outside the bounds"
    return row | {
        "measured": measured,
        "ci_low": low,
        "ci_high": high,
        "n": len(values),
        "verdict": verdict,
        "reason": f"{measured:.6g} {finding} [{claim.low:.6g}, {claim.high:.6g}]: {claim.because}",
    }
