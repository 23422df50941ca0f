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

from collections.abc import Iterator, Sequence
from typing import Annotated

import nengo
import numpy as np
import pandas as pd
from pydantic import Field
from pydantic.dataclasses import dataclass

from snnlearn import nengodl
from snnlearn.experiment import Claim, Metric
from snnlearn.quantities import STRICT, Count, Positive

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


CLAIMS = (
    _golden("the soft curve fires at 8.001 Hz without input", "soft_rate_at_0", 8.001),
    _golden("the soft curve fires at 37.062 Hz at threshold", "soft_rate_at_1", 37.062),
    _golden("the soft curve fires at 83.144 Hz at three times threshold", "soft_rate_at_3", 83.144),
    _golden("the hard curve is silent at threshold", "hard_rate_at_1", 0.0),
    _golden("the hard curve meets the soft one far above threshold", "hard_rate_at_3", 83.144),
)


@dataclass(frozen=True, config=STRICT)
class Parameters:
    """Parameters of the tuning curves; the defaults are the chapter's.

    Attributes
    ----------
    tau_ref : float
        Refractory period in seconds.
    tau_rc : float
        Membrane time constant in seconds: resistance times capacitance. (The chapter gives
        1000 kΩ and 5e-6 µF, whose product is 5e-6 s; its curve is that of 5 ms.)
    smoothing : float
        λ, the width of the softplus, in units of the threshold current.
    max_current : float
        Largest input current, in units of the threshold current; at least 3.
    n_currents : int
        Number of equally spaced currents from 0 to ``max_current``.
    """

    tau_ref: Positive = 0.010
    tau_rc: Positive = 0.005
    smoothing: Positive = 0.05
    max_current: Annotated[Positive, Field(ge=3)] = 3.0
    n_currents: Annotated[Count, Field(ge=2)] = 10_000


def simulate(parameters: Parameters, seeds: Sequence[int]) -> Iterator[pd.DataFrame]:
    """Compute both curves with Nengo's ``LIFRate`` and NengoDL's ``SoftLIFRate``.

    Parameters
    ----------
    parameters : Parameters
        What to compute.
    seeds : sequence of int
        They make no difference: nothing is random.

    Yields
    ------
    pandas.DataFrame
        For each seed, one row per current: ``current`` in units of the threshold current,
        ``hard_rate`` and ``soft_rate`` in hertz. The currents 0, 1 and 3 are always among them.

    Notes
    -----
    The chapter rectifies with ``np.max(x, 0)``, whose second argument is an axis: it returns
    x, and the hard curve becomes NaN below threshold where it should be 0.
    """
    nengo_dl, _ = nengodl.load()
    times = {"tau_ref": parameters.tau_ref, "tau_rc": parameters.tau_rc}
    currents = np.union1d(
        np.linspace(0, parameters.max_current, parameters.n_currents), [0.0, 1.0, 3.0]
    )
    soft = nengo_dl.SoftLIFRate(sigma=parameters.smoothing, **times)
    for _ in seeds:
        yield pd.DataFrame(
            {
                "current": currents,
                "hard_rate": rates(nengo.LIFRate(**times), currents),
                "soft_rate": rates(soft, currents),
            }
        )


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
    """Read the curves at the currents 0, 1 (threshold) and 3.

    Parameters
    ----------
    traces : pandas.DataFrame
        The curves, from :func:`simulate`.
    parameters : Parameters
        What was computed.

    Returns
    -------
    dict of str to Metric
        ``soft_rate_at_0``, ``soft_rate_at_1``, ``soft_rate_at_3``, ``hard_rate_at_1`` and
        ``hard_rate_at_3`` in hertz.
    """
    curve = traces.set_index("current")[["hard_rate", "soft_rate"]]
    return {
        f"{kind}_rate_at_{current}": Metric(curve[f"{kind}_rate"][float(current)], "Hz")
        for kind, current in (("soft", 0), ("soft", 1), ("soft", 3), ("hard", 1), ("hard", 3))
    }


def series(traces: pd.DataFrame) -> pd.DataFrame:
    """Nothing: the curves run over the input current, not over time."""
    return pd.DataFrame()
