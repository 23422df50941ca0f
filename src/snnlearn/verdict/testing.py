"""Test claims: which numbers they are tested with, and what the tests come to."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from snnlearn import paired_shares
from snnlearn.published import Claim
from snnlearn.shares import more_gained, share_beyond
from snnlearn.statistics import Decided, holm, one_sided

#: Runs that do not define what is claimed are left out, if so many of all are left.
MOST = 0.95


@dataclass(frozen=True)
class Images:
    """The images that the only network was shown.

    Attributes
    ----------
    shown : int
        How many.
    gained, lost : int
        Of how many the answer is right now and was not before, and the other way round.
    """

    shown: int
    gained: int = 0
    lost: int = 0


@dataclass
class Sample:
    """A claim with one number for each run that tests it, and what its tests come to.

    Attributes
    ----------
    experiment : str
        What the claim is about.
    claim : Claim
        The claim.
    numbers : numpy.ndarray, shape (runs,)
        In the claim's unit; of a logarithmic scale, logarithms; of a claim about a share of runs,
        1 for those that count and 0 for others.
    unit : str
        SI symbol, or ``1``.
    why_untested : str
        Why there are no numbers, where there are none.
    images : Images, optional
        Those by which a claim about the only network is tested.
    within, outside : Decided, optional
        Whether the mean lies within the bounds, and whether outside.
    """

    experiment: str
    claim: Claim
    numbers: np.ndarray
    unit: str
    why_untested: str
    images: Images | None = None
    within: Decided | None = None
    outside: Decided | None = None

    @property
    def study(self) -> str:
        """The study whose runs test it."""
        return self.claim.study or self.experiment

    @property
    def by_sign(self) -> bool:
        """Whether images are tested for more gained than lost, or fewer, and no other bound."""
        claim = self.claim
        return not claim.two_sided and 0 in (claim.low, claim.high)

    @property
    def tested(self) -> bool:
        """Whether its mean is tested, in a family."""
        claim = self.claim
        return claim.kind != "identity" and claim.test == "mean" and not claim.untested


def samples(claims: Iterable[tuple[str, Claim]], metrics: pd.DataFrame) -> list[Sample]:
    """Take the numbers of each claim, and test it, with the others of its family.

    Parameters
    ----------
    claims : iterable of (str, Claim)
        The claims with the names of their experiments.
    metrics : pandas.DataFrame
        Metrics, with the columns ``study`` and ``cell``.

    Returns
    -------
    list of Sample
        One a claim.
    """
    found = [_sample(name, claim, metrics) for name, claim in claims]
    _decide_families(found)
    return found


def _sample(name: str, claim: Claim, metrics: pd.DataFrame) -> Sample:
    of_experiment = metrics[metrics["experiment"] == name]

    def of(study: str, cell: str) -> pd.DataFrame:
        return of_experiment[(of_experiment["study"] == study) & (of_experiment["cell"] == cell)]

    study = claim.study or name
    of_cell = of(study, claim.cell)
    runs = own = _values(claim, of_cell)
    if claim.control:
        runs = runs - _values(claim, of(*claim.control_in(study)))
    values = np.empty(0) if claim.untested else runs.dropna().to_numpy()
    why = "" if len(values) else _why_untested(claim, of_cell)
    defined = own.notna().sum()
    if len(values) and defined < MOST * len(own):
        why = f"only {defined} of {len(own)} runs define {claim.quantity}"
        values = np.empty(0)
    if claim.case is not None:
        values = (values == claim.case).astype(float)
    if claim.scale == "log" and len(values):
        undefined = int(np.sum(values <= 0))
        if undefined:
            why = f"{undefined} of {len(values)} runs are not above 0, and have no logarithm"
            values = np.empty(0)
        values = np.log(values)
    images = _images(claim, of_cell) if len(values) == 1 else None
    return Sample(name, claim, values, _unit(claim, of_cell), why, images)


def _decide_families(samples: Sequence[Sample]) -> None:
    """Test whether each mean lies within its bounds, and whether outside, family by family."""
    families: dict[tuple[str, str, str], list[Sample]] = {}
    for sample in samples:
        if sample.tested:
            key = (sample.study, sample.claim.kind, sample.claim.family)
            families.setdefault(key, []).append(sample)
    for family in families.values():
        within = holm([max(_beyond_each_bound(s, inwards=True)) for s in family])
        outside = holm([min(_beyond_each_bound(s, inwards=False)) for s in family])
        for sample, inside, beyond in zip(family, within, outside, strict=True):
            sample.within, sample.outside = inside, beyond


def _beyond_each_bound(sample: Sample, *, inwards: bool) -> list[float]:
    """The p value of a test at each finite bound."""
    ways: tuple[Literal["greater", "less"], ...] = ("greater", "less")
    bounds = zip(_bounds(sample.claim), ways if inwards else ways[::-1], strict=True)
    return [_beyond(sample, bound, way) for bound, way in bounds if math.isfinite(bound)]


def _beyond(sample: Sample, bound: float, way: Literal["greater", "less"]) -> float:
    """The p value of a test whether what is claimed lies beyond one bound."""
    images, numbers = sample.images, sample.numbers
    if sample.claim.case is not None:
        return share_beyond(int(numbers.sum()), len(numbers), bound, way)
    if images is None:
        return one_sided(numbers, bound, way)
    if sample.by_sign:
        return more_gained(images.gained, images.lost, way)
    return paired_shares.beyond(images.gained, images.lost, images.shown, bound, way)


def _bounds(claim: Claim) -> tuple[float, float]:
    """The bounds on the scale on which a claim is tested."""
    if claim.scale == "linear":
        return claim.low, claim.high
    return (math.log(claim.low) if claim.low > 0 else -math.inf), math.log(claim.high)


def _images(claim: Claim, metrics: pd.DataFrame) -> Images | None:
    """The images by which a claim about the only network is tested; None where it is not."""
    counted = [*(claim.pairs or ())] if claim.test == "mean" else []
    if claim.test == "prediction" or (claim.test == "mean" and not counted):
        return None
    if claim.variants:
        metrics = metrics[metrics["variant"].isin(claim.variants)]
    numbers = metrics.set_index("metric")["value"].reindex(["images", *counted])
    if numbers.isna().any():
        return None
    return Images(*(int(number) for number in numbers))


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
    if claim.over or claim.case is not None:
        return "1"
    return str(units.iloc[0]) if len(units) > 0 else ""


def _why_untested(claim: Claim, metrics: pd.DataFrame) -> str:
    found = sorted(metrics.loc[metrics["metric"] == claim.metric, "variant"].unique())
    excuses = [reason for variant, reason in claim.excused if variant in found]
    wanted = " or ".join(claim.variants) or claim.quantity
    there = ", ".join(found) or "none"
    missing = f"needs results of {wanted}; there are those of {there}"
    if found and (not claim.variants or set(found) & set(claim.variants)):
        missing = f"no run defines {claim.quantity}"
    return (excuses[0] if excuses else "") or claim.untested or missing
