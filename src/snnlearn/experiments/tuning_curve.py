"""Hard and soft (differentiable) LIF tuning curves.

The firing rate of a LIF neuron as a function of its input current has a kink without a
derivative at threshold. Replacing the rectifier ``max(x, 0)`` in it by the softplus
``λ ln(1 + exp(x / λ))`` makes it differentiable everywhere, so that gradients can train it.

References
----------
E. Ezra Tsur, *Neuromorphic Engineering*, chapter 13: the curves and their parameters.
E. Hunsberger and C. Eliasmith (2015), "Spiking deep networks with LIF neurons",
arXiv:1510.08829: a derivative that remains bounded. (Its abstract was at hand.)
NengoDL 3.6, ``nengo_dl.neurons.SoftLIFRate``: the formula, with λ as ``sigma``.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Annotated, Literal

import nengo
import numpy as np
import pandas as pd
from pydantic import Field
from pydantic.dataclasses import dataclass

from snnlearn.engines.simulator import Probed, run
from snnlearn.experiments import Metric, Resources
from snnlearn.seeding import Seed
from snnlearn.settings.types import LARGEST, NOT_A_FLAG, STRICT, Count, Positive

SEEDS = (0,)  # nothing is random
SEEDS_PER_JOB = 1


#: What the product of the chapter's units, kΩ and µF, is in seconds.
KILOOHM_MICROFARAD = 1e-3

#: The two curves.
KINDS = ("hard", "soft")

#: A function of currents in units of the threshold current that gives rates in hertz.
Curve = Callable[[np.ndarray], np.ndarray]

#: How many constant currents a spiking neuron is simulated with, for how many seconds each, and
#: the time step in seconds: that of the other demonstrations.
N_MEASURED, MEASURING_TIME, MEASURING_STEP = 61, 10.0, 0.001

#: A current so large that nothing but the refractory period limits the rate, and the distance
#: over which slopes at threshold are taken; in units of the threshold current.
LARGE_CURRENT, SLOPE_DISTANCE = 1e9, 1e-4


@dataclass(frozen=True, config=STRICT)
class Parameters:
    """Parameters of the tuning curves; the defaults are the chapter's."""

    tau_ref: Positive = 0.010
    """Refractory period in seconds."""

    tau_rc: Positive = 0.005
    """Membrane time constant in seconds: resistance times capacitance."""

    smoothing: Positive = 0.05
    """λ, the width of the softplus, in units of the threshold current."""

    max_current: Annotated[float, Field(ge=3, le=LARGEST), NOT_A_FLAG] = 3.0
    """Largest input current, in units of the threshold current; at least 3."""

    n_currents: Annotated[Count, Field(ge=2)] = 10_000
    """Number of equally spaced currents from 0 to ``max_current``."""

    rectifier: Literal["elementwise", "axis"] = "elementwise"
    """``elementwise``: max(x, 0). ``axis``: the chapter's ``np.max(x, 0)``, which is x."""

    units: Literal["numbers", "comments"] = "numbers"
    """What the numbers of the time constant stand for. ``numbers``: seconds. ``comments``: the
    chapter's kΩ · µF, a thousandth of a second.
    """

    @property
    def membrane_time_constant(self) -> float:
        """Time constant of the membrane in seconds, in the units that are asked for."""
        return self.tau_rc * (KILOOHM_MICROFARAD if self.units == "comments" else 1)


def resources(parameters: Parameters) -> Resources:
    """What the one job takes that computes the curves."""
    table_mb = 8 * 10 * parameters.n_currents / 1e6
    return Resources(memory_mb=round(500 + 3 * table_mb), trace_mb=1 + table_mb)


def simulate(parameters: Parameters, seeds: Sequence[Seed]) -> Iterator[pd.DataFrame]:
    """Compute both curves.

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
        The same in all rows are, for each curve, ``…_slope_below_1`` and ``…_slope_above_1`` in
        hertz per threshold current, over :data:`SLOPE_DISTANCE` either side of threshold,
        ``…_rate_limit`` in hertz, the rate at :data:`LARGE_CURRENT`, and ``count_off``, the most
        spikes that a spiking neuron is off the closed form, see :func:`closeup`.
    """
    currents = np.union1d(
        np.linspace(0, parameters.max_current, parameters.n_currents), [0.0, 1.0, 3.0]
    )
    functions = curves(parameters)
    for seed in seeds:
        counted = closeup(parameters, [seed])
        off = (counted["spikes"] - counted["hard_rate"] * counted["duration"]).abs().max()
        columns = {"current": currents, "count_off": np.full(len(currents), off)}
        columns |= {f"{kind}_rate": rate_at(currents) for kind, rate_at in functions.items()}
        for kind, rate_at in functions.items():
            around = rate_at(1 + SLOPE_DISTANCE * np.array([-1, 0, 1]))
            below, above = np.diff(around) / SLOPE_DISTANCE
            columns[f"{kind}_slope_below_1"] = np.full(len(currents), below)
            columns[f"{kind}_slope_above_1"] = np.full(len(currents), above)
            limit = rate_at(np.array([LARGE_CURRENT]))[0]
            columns[f"{kind}_rate_limit"] = np.full(len(currents), limit)
        yield pd.DataFrame(columns)


def closeup(parameters: Parameters, seeds: Sequence[Seed]) -> pd.DataFrame:
    """Count the spikes of a spiking LIF neuron that is driven with constant currents.

    Parameters
    ----------
    parameters : Parameters
        What to simulate.
    seeds : sequence of int or mapping
        They make no difference: nothing is random.

    Returns
    -------
    pandas.DataFrame
        One row per current: ``current`` in units of the threshold current, the number of
        ``spikes`` within the ``duration`` in seconds, ``rate``, their ratio in hertz, and
        ``hard_rate``, that of the closed form in hertz.

    Notes
    -----
    The neuron starts from rest. Nengo's ``LIF`` interpolates the time of a spike within its
    step, and lets the refractory period end within a step: though spikes come at multiples of the
    step, in the long run they come at the rate of the closed form. Counting leaves an error of
    less than one spike.
    """
    currents = np.linspace(0, parameters.max_current, N_MEASURED)
    neurons = nengo.LIF(
        tau_rc=parameters.membrane_time_constant,
        tau_ref=parameters.tau_ref,
        initial_state={"voltage": nengo.dists.Choice([0])},
    )

    def network_of(_: Seed) -> Probed:
        with nengo.Network(seed=0) as network:  # nothing is random
            # The bias alone drives them.
            ensemble = nengo.Ensemble(
                N_MEASURED, 1, neuron_type=neurons, gain=np.ones(N_MEASURED), bias=currents
            )
            return Probed(network, {"spikes": nengo.Probe(ensemble.neurons)})

    # Nengo also works out at which input each of them would begin to fire; some never would.
    with np.errstate(divide="ignore"):
        ((_, data, _),) = run(
            network_of, seeds[:1], duration=MEASURING_TIME, dt=MEASURING_STEP, engine="nengo"
        )
    spikes = np.count_nonzero(data["spikes"], axis=0)
    return pd.DataFrame(
        {
            "current": currents,
            "spikes": spikes,
            "duration": MEASURING_TIME,
            "rate": spikes / MEASURING_TIME,
            "hard_rate": hard_rates(currents, tau_ref=neurons.tau_ref, tau_rc=neurons.tau_rc),
        }
    )


def curves(parameters: Parameters) -> dict[str, Curve]:
    """The ``hard`` and the ``soft`` curve."""
    tau_ref, tau_rc = parameters.tau_ref, parameters.membrane_time_constant
    hard = hard_rates if parameters.rectifier == "elementwise" else unrectified_rates
    soft = partial(soft_rates, smoothing=parameters.smoothing)
    return {
        "hard": partial(hard, tau_ref=tau_ref, tau_rc=tau_rc),
        "soft": partial(soft, tau_ref=tau_ref, tau_rc=tau_rc),
    }


def hard_rates(currents: np.ndarray, *, tau_ref: float, tau_rc: float) -> np.ndarray:
    r"""Firing rates of LIF neurons, with a kink at threshold.

    1 / (t_ref + τ·ln(1 + 1 / (J − 1))) for currents J > 1, and 0 elsewhere.

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
    found, above = np.zeros(currents.shape), currents > 1
    found[above] = 1 / (tau_ref + tau_rc * np.log1p(1 / (currents[above] - 1)))
    return found


def soft_rates(
    currents: np.ndarray, *, tau_ref: float, tau_rc: float, smoothing: float
) -> np.ndarray:
    """The same with the softplus of J − 1 in its place.

    Parameters
    ----------
    currents : numpy.ndarray, shape (n,)
        Input currents in units of the threshold current.
    tau_ref, tau_rc : float
        Refractory period and membrane time constant in seconds.
    smoothing : float
        λ, the width of the softplus, in units of the threshold current.

    Returns
    -------
    numpy.ndarray, shape (n,)
        Rates in hertz.

    Notes
    -----
    Far below threshold, where the softplus ρ underflows, ln(1 + 1/ρ) is (1 − J) / λ − ln λ.
    """
    distance = (currents - 1) / smoothing
    with np.errstate(divide="ignore", over="ignore"):
        near = np.log1p(1 / (smoothing * np.logaddexp(0, distance)))
    time = np.where(distance > -20, near, -distance - np.log(smoothing))
    return 1 / (tau_ref + tau_rc * time)


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
        return 1 / (tau_ref + tau_rc * np.log(1 + 1 / (currents - 1)))


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
        currents, and ``hard_slope_max`` and ``soft_slope_max``, the largest;
        ``hard_slope_below_1``, ``hard_slope_above_1``, ``soft_slope_below_1`` and
        ``soft_slope_above_1``, the slopes over :data:`SLOPE_DISTANCE` either side of threshold.
        ``hard_rate_undefined``: share of the currents that have no hard rate. ``count_off``: by
        how many spikes a spiking neuron is off the closed form at most.

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
        "count_off": Metric(float(traces["count_off"].iloc[0]), "1"),
    }
    steps = np.diff(traces["current"])
    for kind in KINDS:
        # Two currents that differ by rounding only have no slope between them.
        slopes = (np.diff(traces[f"{kind}_rate"]) / steps)[steps > SLOPE_DISTANCE / 1000]
        metrics[f"{kind}_rate_limit"] = Metric(float(traces[f"{kind}_rate_limit"].iloc[0]), "Hz")
        metrics[f"{kind}_slope_min"] = Metric(float(slopes.min()), "Hz")
        metrics[f"{kind}_slope_max"] = Metric(float(slopes.max()), "Hz")
        for side in ("below", "above"):
            name = f"{kind}_slope_{side}_1"
            metrics[name] = Metric(float(traces[name].iloc[0]), "Hz")
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
