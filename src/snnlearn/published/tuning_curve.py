"""What was published about `tuning_curve`."""

from typing import Any

from snnlearn.published import Claim, Slip

_EQUATION = "closed form (Ezra Tsur, chapter 13; NengoDL, SoftLIFRate)"


def _golden(name: str, text: str, metric: str, rate: float) -> Claim:
    """A value of the closed form at the chapter's parameters, given to 1 mHz."""
    half = 0.0005
    because = "the closed form is given to 1 mHz"
    return Claim(
        name,
        text,
        _EQUATION,
        metric,
        predicted=rate,
        low=rate - half,
        high=rate + half,
        because=because,
        kind="identity",
    )


def _shape(name: str, text: str, metric: str, because: str, **expected: Any) -> Claim:
    """A relation that the curves must have at any parameters; nothing in it is random."""
    return Claim(name, text, _EQUATION, metric, because=because, kind="identity", **expected)


CLAIMS = (
    _golden(
        "soft-without-input",
        "the soft curve fires at 8.001 Hz without input",
        "soft_rate_at_0",
        8.001,
    ),
    _golden(
        "soft-at-threshold",
        "the soft curve fires at 37.062 Hz at threshold",
        "soft_rate_at_1",
        37.062,
    ),
    _golden(
        "soft-above-threshold",
        "the soft curve fires at 83.144 Hz at three times threshold",
        "soft_rate_at_3",
        83.144,
    ),
    _golden(
        "hard-silent-at-threshold", "the hard curve is silent at threshold", "hard_rate_at_1", 0.0
    ),
    _golden(
        "hard-meets-soft",
        "the hard curve meets the soft one far above threshold",
        "hard_rate_at_3",
        83.144,
    ),
    _golden(
        "hard-limit",
        "the hard curve approaches 100 Hz for large currents",
        "hard_rate_limit",
        100.0,
    ),
    _golden(
        "soft-limit",
        "the soft curve approaches 100 Hz for large currents",
        "soft_rate_limit",
        100.0,
    ),
    _golden(
        "largest-excess",
        "the soft rate exceeds the hard one by at most 37.062 Hz",
        "excess_max",
        37.062,
    ),
    _shape(
        "largest-excess-at-threshold",
        "the soft rate exceeds the hard one most at threshold",
        "excess_max",
        "the rate is a concave function of the rectified drive",
        minus="soft_rate_at_1",
        predicted=0,
        low=-0.0005,
        high=0.0005,
    ),
    _shape(
        "soft-nowhere-below-hard",
        "the soft rate is nowhere below the hard one",
        "excess_min",
        "the softplus exceeds the rectifier; both rates are computed to 1 mHz",
        low=-0.001,
    ),
    Claim(
        "softplus-excess",
        "the softplus exceeds the rectifier by at most λ·ln 2",
        _EQUATION,
        "drive_excess_max",
        predicted=0.034657,
        low=0.034656,
        high=0.034658,
        because="λ = 0.05, and the closed form is given to six decimals",
        kind="identity",
    ),
    _shape(
        "soft-rises-everywhere",
        "the soft curve rises everywhere",
        "soft_slope_min",
        "its derivative is positive",
        low=0,
    ),
    _shape(
        "hard-falls-nowhere",
        "the hard curve falls nowhere",
        "hard_slope_min",
        "it is 0 up to threshold and rises from there",
        low=-0.001,
    ),
    _shape(
        "soft-differentiable",
        "the soft curve is differentiable at threshold",
        "soft_slope_above_1",
        "its slopes either side, over a ten-thousandth of the threshold current, are the same",
        over="soft_slope_below_1",
        predicted=1,
        low=0.99,
        high=1.01,
    ),
    _shape(
        "hard-not-differentiable",
        "the hard curve is not differentiable at threshold",
        "hard_slope_above_1",
        "it has no slope below, and one without bound above",
        minus="hard_slope_below_1",
        low=1000,
    ),
    _shape(
        "soft-slope-bounded",
        "the soft curve is nowhere steeper than 95.83 Hz per threshold current",
        "soft_slope_max",
        "its derivative is largest just above threshold (Hunsberger and Eliasmith 2015, abstract: "
        "it remains bounded)",
        high=95.828,
    ),
    _shape(
        "spikes-at-closed-form",
        "a spiking neuron fires as often as the hard curve says, to less than one spike in 10 s",
        "count_off",
        "spikes are whole, and the first comes without a refractory time before it",
        low=-1e-9,
        high=1,
        predicted=0,
    ),
)

SLIPS = (
    Slip(
        "rectifier",
        "axis",
        "The chapter rectifies with np.max(x, 0), whose second argument is an axis: it returns x, "
        "and the hard rate becomes NaN below threshold. Here it is 0 there.",
        ("hard_rate_undefined",),
    ),
    Slip(
        "units",
        "comments",
        "The chapter's comments give 1000 kΩ and 5e-6 µF, whose product is 5 µs; the curve that it "
        "draws is that of 5 ms, which the bare numbers give. Here the unit is the second.",
        ("soft_rate_at_1", "soft_rate_at_3"),
        by_fidelity=False,
    ),
)
