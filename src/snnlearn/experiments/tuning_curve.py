"""Hard and soft (differentiable) LIF tuning curves.

The firing rate of a LIF neuron as a function of its input current has a kink without a
derivative at threshold. Replacing the rectifier ``max(x, 0)`` in it by the softplus
``λ ln(1 + exp(x / λ))`` makes it differentiable everywhere, so that gradients can train it.

References
----------
E. Ezra Tsur, *Neuromorphic Engineering*, chapter 13: the curves and their parameters.
E. Hunsberger and C. Eliasmith (2015), "Spiking deep networks with LIF neurons",
arXiv:1510.08829, equations 1 and 4: the soft LIF rate; λ is called γ there.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Annotated, Any, Literal

import nengo
import numpy as np
import pandas as pd
from pydantic import Field
from pydantic.dataclasses import dataclass

from snnlearn import nengodl
from snnlearn.experiment import Claim, Metric, Slip
from snnlearn.quantities import STRICT, Count, Positive
from snnlearn.seeding import Seed

SEEDS = (0,)  # nothing is random
SEEDS_PER_JOB = 1
FIGURES = {
    "tuning_curve": "Firing rate of a LIF neuron over its input current: the hard curve, which "
    "is zero up to the threshold current 1 and has no derivative there, and the soft curve, "
    "which is differentiable everywhere. Nothing in it is random, so all seeds give the same.",
}

_EQUATION = "Ezra Tsur, chapter 13; Hunsberger and Eliasmith 2015, eqs. 1 and 4"


def _golden(text: str, metric: str, rate: float) -> Claim:
    """A value of the closed form at the chapter's parameters, given to 1 mHz."""
    half = 0.0005
    because = "the closed form is given to 1 mHz"
    return Claim(text, _EQUATION, metric, rate, rate - half, rate + half, because)


def _shape(text: str, metric: str, because: str, **expected: Any) -> Claim:
    """A relation that the curves must have at any parameters; nothing in it is random."""
    return Claim(text, _EQUATION, metric, because=because, **expected)


CLAIMS = (
    _golden("the soft curve fires at 8.001 Hz without input", "soft_rate_at_0", 8.001),
    _golden("the soft curve fires at 37.062 Hz at threshold", "soft_rate_at_1", 37.062),
    _golden("the soft curve fires at 83.144 Hz at three times threshold", "soft_rate_at_3", 83.144),
    _golden("the hard curve is silent at threshold", "hard_rate_at_1", 0.0),
    _golden("the hard curve meets the soft one far above threshold", "hard_rate_at_3", 83.144),
    _golden("the hard curve approaches 100 Hz for large currents", "hard_rate_limit", 100.0),
    _golden("the soft curve approaches 100 Hz for large currents", "soft_rate_limit", 100.0),
    _golden("the soft rate exceeds the hard one by at most 37.062 Hz", "excess_max", 37.062),
    _shape(
        "the soft rate exceeds the hard one most at threshold",
        "excess_max",
        "the rate is a concave function of the rectified drive",
        minus="soft_rate_at_1",
        published=0,
        low=-0.0005,
        high=0.0005,
    ),
    _shape(
        "the soft rate is nowhere below the hard one",
        "excess_min",
        "the softplus exceeds the rectifier; both rates are computed to 1 mHz",
        low=-0.001,
    ),
    Claim(
        "the softplus exceeds the rectifier by at most λ·ln 2",
        _EQUATION,
        "drive_excess_max",
        published=0.034657,
        low=0.034656,
        high=0.034658,
        because="λ = 0.05, and the closed form is given to six decimals",
    ),
    _shape(
        "the soft curve rises everywhere", "soft_slope_min", "its derivative is positive", low=0
    ),
    _shape(
        "the hard curve falls nowhere",
        "hard_slope_min",
        "it is 0 up to threshold and rises from there",
        low=-0.001,
    ),
    _shape(
        "the soft curve is differentiable at threshold",
        "soft_slope_above_1",
        "its slopes either side, over a ten-thousandth of the threshold current, are the same",
        over="soft_slope_below_1",
        published=1,
        low=0.99,
        high=1.01,
    ),
    _shape(
        "the hard curve is not differentiable at threshold",
        "hard_slope_above_1",
        "it has no slope below, and one without bound above",
        minus="hard_slope_below_1",
        low=1000,
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

#: What the product of the chapter's units, kΩ and µF, is in seconds.
KILOOHM_MICROFARAD = 1e-3

#: A function of currents in units of the threshold current that gives rates in hertz.
Curve = Callable[[np.ndarray], np.ndarray]

#: A current so large that nothing but the refractory period limits the rate, and the distance
#: over which slopes at threshold are taken; in units of the threshold current.
LARGE_CURRENT, SLOPE_DISTANCE = 1e9, 1e-4


@dataclass(frozen=True, config=STRICT)
class Parameters:
    """Parameters of the tuning curves; the defaults are the chapter's.

    Attributes
    ----------
    tau_ref : float
        Refractory period in seconds.
    tau_rc : float
        Membrane time constant in seconds: resistance times capacitance.
    smoothing : float
        λ, the width of the softplus, in units of the threshold current.
    max_current : float
        Largest input current, in units of the threshold current; at least 3.
    n_currents : int
        Number of equally spaced currents from 0 to ``max_current``.
    rectifier : str
        ``elementwise``: max(x, 0). ``axis``: the chapter's ``np.max(x, 0)``, which is x.
    units : str
        What the numbers of the time constant stand for. ``numbers``: seconds. ``comments``: the
        chapter's kΩ · µF, a thousandth of a second.
    """

    tau_ref: Positive = 0.010
    tau_rc: Positive = 0.005
    smoothing: Positive = 0.05
    max_current: Annotated[Positive, Field(ge=3)] = 3.0
    n_currents: Annotated[Count, Field(ge=2)] = 10_000
    rectifier: Literal["elementwise", "axis"] = "elementwise"
    units: Literal["numbers", "comments"] = "numbers"

    @property
    def membrane_time_constant(self) -> float:
        """Time constant of the membrane in seconds, in the units that are asked for."""
        return self.tau_rc * (KILOOHM_MICROFARAD if self.units == "comments" else 1)


def simulate(parameters: Parameters, seeds: Sequence[Seed]) -> Iterator[pd.DataFrame]:
    """Compute both curves with Nengo's ``LIFRate`` and NengoDL's ``SoftLIFRate``.

    Parameters
    ----------
    parameters : Parameters
        What to compute.
    seeds : sequence of int or mapping
        They make no difference: nothing is random.

    Yields
    ------
    pandas.DataFrame
        For each seed, one row per current: ``current`` in units of the threshold current,
        ``hard_rate`` and ``soft_rate`` in hertz. The currents 0, 1 and 3 are always among them.
    """
    currents = np.union1d(
        np.linspace(0, parameters.max_current, parameters.n_currents), [0.0, 1.0, 3.0]
    )
    functions = curves(parameters)
    for _ in seeds:
        yield pd.DataFrame(
            {"current": currents}
            | {f"{kind}_rate": rate_at(currents) for kind, rate_at in functions.items()}
        )


def curves(parameters: Parameters) -> dict[str, Curve]:
    """The ``hard`` and the ``soft`` curve."""
    nengo_dl, _ = nengodl.load()
    times = {"tau_ref": parameters.tau_ref, "tau_rc": parameters.membrane_time_constant}
    found: dict[str, Curve] = {
        "hard": partial(rates, nengo.LIFRate(**times)),
        "soft": partial(rates, nengo_dl.SoftLIFRate(sigma=parameters.smoothing, **times)),
    }
    if parameters.rectifier == "axis":
        found["hard"] = lambda currents: unrectified_rates(currents, **times)
    return found


def unrectified_rates(currents: np.ndarray, *, tau_ref: float, tau_rc: float) -> np.ndarray:
    """What the chapter's formula gives with ``np.max(x, 0)``: NaN between 0 and threshold.

    Parameters
    ----------
    currents : numpy.ndarray, shape (n,)
        Input currents in units of the threshold current.
    tau_ref, tau_rc : float
        Refractory period and membrane time constant in seconds.

    Returns
    -------
    numpy.ndarray, shape (n,)
        Rates in hertz.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        found: np.ndarray = 1 / (tau_ref + tau_rc * np.log(1 + 1 / (currents - 1)))
    return found


def rates(neuron_type: nengo.neurons.NeuronType, currents: np.ndarray) -> np.ndarray:
    """Firing rates in hertz of a neuron whose input is the current itself (gain 1, bias 0).

    Parameters
    ----------
    neuron_type : nengo.neurons.NeuronType
        A rate neuron.
    currents : numpy.ndarray, shape (n,)
        Input currents in units of the threshold current.

    Returns
    -------
    numpy.ndarray, shape (n,)
        Rates in hertz.
    """
    # NengoDL computes two formulas everywhere, also where one overflows, and then takes the other.
    with np.errstate(over="ignore", divide="ignore"):
        found: np.ndarray = neuron_type.rates(
            currents[:, np.newaxis], gain=np.ones(1), bias=np.zeros(1)
        )
    return found[:, 0]


def measure(traces: pd.DataFrame, parameters: Parameters) -> dict[str, Metric]:
    """Read the curves at the currents 0, 1 (threshold) and 3, and describe their shape.

    Parameters
    ----------
    traces : pandas.DataFrame
        The curves, from :func:`simulate`.
    parameters : Parameters
        What was computed.

    Returns
    -------
    dict of str to Metric
        In hertz: ``soft_rate_at_0``, ``soft_rate_at_1``, ``soft_rate_at_3``, ``hard_rate_at_1``,
        ``hard_rate_at_3``; ``hard_rate_limit`` and ``soft_rate_limit``, the rates at
        :data:`LARGE_CURRENT`; ``excess_min`` and ``excess_max``, the smallest and the largest
        difference of the soft from the hard rate. In units of the threshold current:
        ``drive_excess_max``, the largest difference of what the two rectifiers give. In hertz
        per threshold current:
        ``hard_slope_min`` and ``soft_slope_min``, the smallest slopes between two neighbouring
        currents; ``hard_slope_below_1``, ``hard_slope_above_1``, ``soft_slope_below_1`` and
        ``soft_slope_above_1``, the slopes over :data:`SLOPE_DISTANCE` either side of threshold.
        ``hard_rate_undefined``: share of the currents that have no hard rate.

    Notes
    -----
    The rate f(ρ) = 1 / (t_ref + τ·ln(1 + 1/ρ)) is a concave, increasing function of the rectified
    drive ρ: the sign of f'' is that of 2τf - (1 + 2ρ), and f < 1 / (τ·ln(1 + 1/ρ)) <=
    (1 + 2ρ) / (2τ). Below threshold the hard rate is 0 and the soft one rises; above it, the
    softplus is steeper nowhere than the rectifier and exceeds it, so f gains less by it. The
    largest difference is therefore that at threshold, f(λ·ln 2): it is of the size of λ in the
    drive, but not in the rate, which goes to 0 with λ only as 1 / ln(1/λ).
    """
    curve = traces.set_index("current")[["hard_rate", "soft_rate"]]
    excess = traces["soft_rate"] - traces["hard_rate"]
    drive = rectified(traces["soft_rate"], parameters) - rectified(traces["hard_rate"], parameters)
    metrics = {
        f"{kind}_rate_at_{current}": Metric(curve[f"{kind}_rate"][float(current)], "Hz")
        for kind, current in (("soft", 0), ("soft", 1), ("soft", 3), ("hard", 1), ("hard", 3))
    }
    metrics |= {
        "excess_min": Metric(float(excess.min()), "Hz"),
        "excess_max": Metric(float(excess.max()), "Hz"),
        "drive_excess_max": Metric(float(drive.max()), "1"),
        "hard_rate_undefined": Metric(float(traces["hard_rate"].isna().mean()), "1"),
    }
    steps = np.diff(traces["current"])
    for kind, rate_at in curves(parameters).items():
        # Two currents that differ by rounding only have no slope between them.
        slopes = (np.diff(traces[f"{kind}_rate"]) / steps)[steps > SLOPE_DISTANCE / 1000]
        around = 1 + SLOPE_DISTANCE * np.array([-1, 0, 1])
        below, above = np.diff(rate_at(around)) / SLOPE_DISTANCE
        limit = rate_at(np.array([LARGE_CURRENT]))[0]
        metrics |= {
            f"{kind}_rate_limit": Metric(float(limit), "Hz"),
            f"{kind}_slope_min": Metric(float(slopes.min()), "Hz"),
            f"{kind}_slope_below_1": Metric(float(below), "Hz"),
            f"{kind}_slope_above_1": Metric(float(above), "Hz"),
        }
    return metrics


def rectified(rate: pd.Series, parameters: Parameters) -> pd.Series:
    """The rectified drive ρ, in threshold currents, at which a neuron has a rate in hertz."""
    with np.errstate(divide="ignore", over="ignore"):  # silent neurons have no drive
        time = (1 / rate - parameters.tau_ref) / parameters.membrane_time_constant
        drive: pd.Series = 1 / np.expm1(time)
    return drive


def series(traces: pd.DataFrame) -> pd.DataFrame:
    """Nothing: the curves run over the input current, not over time."""
    return pd.DataFrame()
