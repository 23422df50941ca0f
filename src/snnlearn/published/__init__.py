"""What was published about the experiments: claims, and slips of the chapter's code.

A module for each experiment or study of which something was published, with ``CLAIMS``, no two of
the same name, and, for an experiment, ``SLIPS``, which its ``Parameters`` can bring back. All of
it is optional.
"""

import importlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any, Literal

#: What kinds of claims there are, and how a count of them is introduced.
KINDS = {
    "literature": "claims of the literature",
    "control": "controls of this project",
    "identity": "identities of a closed form or of the network's construction",
    "expectation": "expectations of this project that no source states",
    "regression": "earlier measurements of this project",
    "context": "results of other networks, for comparison",
}


@dataclass(frozen=True)
class Claim:
    """What was published about a metric, and what a measured one must come to.

    What is held against the bounds is one number a run: the metric itself, its difference from
    another metric of the same run (``minus``), or its ratio to one (``over``).

    Attributes
    ----------
    name : str
        A short name that stays when the words change: small letters, digits and hyphens. Verdicts
        of different runs are compared by it.
    text : str
        What is claimed, in words.
    source : str
        Where it stands.
    metric : str
        The metric that tests it.
    published : float, optional
        The number that the source prints; None where it prints none.
    predicted : float, optional
        The number that theory predicts, if it is not printed.
    low, high : float
        The bounds. Where both are finite, they belong to what is allowed; a lone one does not
        ("greater than"). Bounds around a number are the smallest difference of interest, chosen
        before it was measured.
    because : str
        Why these bounds.
    kind : str
        ``literature``: what a source claims. ``control``: that what is claimed is not there where
        it should not be, or is not what it is without its cause. ``identity``: what follows from a
        closed form or by construction, so that every single run must obey. ``expectation``: what
        this project expects of the network, and no source says. ``regression``: what
        this project measured before. ``context``: what was found with another network, which
        nothing here tests. They are counted apart.
    test : str
        ``mean``: whether the mean lies within the bounds. ``prediction``: whether one more network
        could come to the ``published`` number, which a source prints of a single one. ``share``:
        whether a share of ``images``, a metric too, that a source prints could be that of the one
        network that there is.
    case : float, optional
        A number that the metric is in a run, or is not: the claim is then about the share of runs
        in which it is, which is no mean of numbers that vary, and is tested exactly.
    scale : str
        ``log``: of ratios and rates, whose geometric mean is tested.
    family : str
        Claims of the same family are corrected for each other; by default, all of the same kind
        on the same study.
    variants : tuple of str
        Variants of the results that test the claim; any, if empty.
    excused : tuple of (str, str)
        Variants that cannot test the claim, with the reason to give where one of them was run.
    minus, over : str
        Another metric of the same run, to be subtracted or divided by; at most one of them.
    pairs : (str, str), optional
        Metrics that count the images of which one network is right by ``metric`` alone, and by
        ``minus`` alone: with a single run, they test the claim about this one network, with one
        bound or two.
    untested : str
        Why nothing that is measured here tests the claim, which is listed all the same.
    study : str
        The study whose runs test the claim; empty for that of the module's name.
    cell : str
        The cell of that study.
    control : str
        A cell of the same study, or another study and its cell as in
        ``controls-channel/no-learning``, whose value, of the run with the same seed, is subtracted.
    """

    name: str
    text: str
    source: str
    metric: str
    published: float | None = None
    predicted: float | None = None
    low: float = -math.inf
    high: float = math.inf
    because: str = ""
    kind: Literal["literature", "control", "identity", "expectation", "regression", "context"] = (
        "literature"
    )
    test: Literal["mean", "prediction", "share"] = "mean"
    case: float | None = None
    scale: Literal["linear", "log"] = "linear"
    family: str = ""
    variants: tuple[str, ...] = ()
    excused: tuple[tuple[str, str], ...] = ()
    minus: str = ""
    over: str = ""
    pairs: tuple[str, str] | None = None
    untested: str = ""
    study: str = ""
    cell: str = "base"
    control: str = ""

    def control_in(self, study: str) -> tuple[str, str]:
        """Study and cell of the control, of a claim on a study."""
        other, _, cell = self.control.rpartition("/")
        return other or study, cell

    @property
    def quantity(self) -> str:
        """What is held against the bounds, such as ``a - b``."""
        if self.case is not None:
            return f"share of runs with {self.metric} = {self.case:g}"
        quantity = f"{self.metric} / {self.over}" if self.over else self.metric
        if self.minus:
            quantity = f"{self.metric} - {self.minus}"
        return f"{quantity} - the same of {self.control}" if self.control else quantity

    @property
    def two_sided(self) -> bool:
        """Whether there are two bounds."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    @property
    def expected(self) -> str:
        """What is allowed, in signs."""
        if self.test == "prediction":
            return f"{self.published:.6g} in the prediction interval"
        if self.test == "share":
            return f"{self.published:.6g} in Wilson's interval"
        if self.two_sided:
            return f"in [{self.low:.6g}, {self.high:.6g}]"
        return f"> {self.low:.6g}" if math.isfinite(self.low) else f"< {self.high:.6g}"

    def allows(self, value: float) -> bool:
        """Whether a value lies within the bounds."""
        if self.two_sided:
            return self.low <= value <= self.high
        return self.low < value < self.high


@dataclass(frozen=True)
class Slip:
    """Something that the chapter's code does and its text does not mean.

    Attributes
    ----------
    switch : str
        The parameter that brings it back; its default is the corrected value. Empty where the slip
        is only that seeds are missing.
    as_published : Any
        Its value that does what the chapter does.
    text : str
        What the chapter does, and what is done instead.
    metrics : tuple of str
        The metrics that show its effect.
    unseeded : bool
        Whether the slip is that seeds are missing. The effect is then how much the metrics change
        when the same script is run again: as from one seed to another.
    again : bool
        Whether, to show that with seeds nothing changes, seeds are run again.
    by_fidelity : bool
        Whether ``fidelity: as_published`` turns it on. What the chapter only says and does not do
        stays off, so that its figures come out as they are printed.
    """

    switch: str
    as_published: Any
    text: str
    metrics: tuple[str, ...]
    unseeded: bool = False
    again: bool = True
    by_fidelity: bool = True

    @property
    def name(self) -> str:
        """Its parameter, or what is missing."""
        return self.switch or "seed"


def claims(name: str) -> tuple[Claim, ...]:
    """What was claimed about an experiment or a study; nothing where it has no module here."""
    return _published(name, "CLAIMS")


def listed(studies: Mapping[str, str]) -> Iterator[tuple[str, Claim]]:
    """The claims that are judged: those on studies that there are.

    Parameters
    ----------
    studies : mapping of str to str
        The experiment of each study; an experiment's own runs are the study of its name.

    Yields
    ------
    experiment : str
        What the claim is about.
    claim : Claim
        The claim, with its study filled in.
    """
    for name in studies:
        for claim in claims(name):
            study = claim.study or name
            if study in studies and claim.control_in(study)[0] in studies:
                yield studies[study], replace(claim, study=study)


def slips(name: str) -> tuple[Slip, ...]:
    """The slips of the chapter's code about an experiment; none where it has no module here."""
    return _published(name, "SLIPS")


def switches(name: str) -> tuple[Slip, ...]:
    """The slips that a parameter of the experiment brings back."""
    return tuple(slip for slip in slips(name) if slip.switch)


def _published(name: str, what: str) -> tuple[Any, ...]:
    module = f"{__name__}.{name}"
    if find_spec(module) is None:
        return ()
    return tuple(getattr(importlib.import_module(module), what, ()))
