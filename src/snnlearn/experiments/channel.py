"""PES learning of a communication channel.

A connection between two ensembles starts from a random function and learns, with the
prescribed error sensitivity (PES) rule, to pass its input on unchanged.

References
----------
E. Ezra Tsur, *Neuromorphic Engineering*, chapter 13: the network and its parameters.
T. C. Stewart et al., Nengo example ``learn-communication-channel``: its origin.
A. R. Voelker (2015), "A solution to the dynamics of the prescribed error sensitivity
learning rule", Centre for Theoretical Neuroscience, University of Waterloo: rate of decay.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Annotated

import nengo
import numpy as np
import pandas as pd
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass
from scipy.optimize import curve_fit

from snnlearn.experiment import Claim, Metric
from snnlearn.quantities import STRICT, Count, NonNegative, Positive, TimeStep
from snnlearn.seeding import seed_for
from snnlearn.simulator import Engine, Probed, run

SEEDS = None
SEEDS_PER_JOB = 100
CLAIMS: tuple[Claim, ...] = ()
FIGURES = {
    "signals": "Communication channel learned with PES: the white-noise input, the value "
    "decoded from the pre ensemble and the value decoded from the post ensemble over time. "
    "(a) one seed, as the chapter draws it; (b) median over all seeds with the band that "
    "holds 90 % of them (each seed has an input of its own).",
    "error": "Error of the communication channel, post minus pre, as decoded from the error "
    "ensemble that drives PES. (a) one seed, as the chapter draws it; (b) mean over all seeds "
    "with its 95 % bootstrap interval, and the band that holds 90 % of the seeds.",
}

#: Width of the bins in which the falling error is averaged before its decay is fitted, seconds.
DECAY_BIN = 0.1


@dataclass(frozen=True, config=STRICT)
class Parameters:
    """Parameters of the communication channel; the defaults are the chapter's.

    Attributes
    ----------
    n_neurons : int
        LIF neurons in each of the three ensembles.
    learning_rate : float
        Learning rate of PES. Nengo divides it by ``n_neurons`` and multiplies it by ``dt``.
    duration : float
        Simulated time in seconds, at least 2 (first and last second are compared).
    dt : float
        Time step in seconds.
    stimulus_period : float
        Time in seconds after which the white-noise input repeats itself.
    stimulus_cutoff : float
        Highest frequency of the input in hertz.
    stimulus_rms : float
        Root mean square of the input.
    probe_synapse : float
        Time constant in seconds of the low-pass filter on the pre and post probes.
    error_probe_synapse : float
        Time constant in seconds of the low-pass filter on the error probe.
    engine : str
        ``compiled``: one XLA-compiled time loop for several seeds. ``nengo``: Nengo's own
        simulator, the reference.
    """

    n_neurons: Count = 60
    learning_rate: NonNegative = 1e-4
    duration: Annotated[Positive, Field(ge=2)] = 10.0
    dt: TimeStep = 0.001
    stimulus_period: Positive = 10.0
    stimulus_cutoff: Positive = 5.0
    stimulus_rms: Positive = 0.5
    probe_synapse: Positive = 0.01
    error_probe_synapse: Positive = 0.03
    engine: Engine = "compiled"

    @model_validator(mode="after")
    def _band_exists(self) -> "Parameters":
        low, high = 1 / self.stimulus_period, 1 / (2 * self.dt)
        if not low <= self.stimulus_cutoff <= high:
            raise ValueError(
                f"stimulus_cutoff ({self.stimulus_cutoff} Hz) must lie between the input's lowest "
                f"frequency, 1 / stimulus_period = {low:.6g} Hz, and half the sampling rate, "
                f"1 / (2 dt) = {high:.6g} Hz"
            )
        return self


def simulate(parameters: Parameters, seeds: Sequence[int]) -> Iterator[pd.DataFrame]:
    """Simulate some seeds: input, network and initial function are all drawn from the seed.

    Parameters
    ----------
    parameters : Parameters
        What to simulate.
    seeds : sequence of int
        Seeds of the runs.

    Yields
    ------
    pandas.DataFrame
        For each seed, one row per time step: ``time`` in seconds and the dimensionless values
        ``stimulus`` (unfiltered), ``pre``, ``post`` and ``error`` (low-pass filtered by the
        probes).
    """
    for time, data in run(
        partial(build, parameters),
        seeds,
        duration=parameters.duration,
        dt=parameters.dt,
        engine=parameters.engine,
    ):
        yield pd.DataFrame({"time": time} | {name: values[:, 0] for name, values in data.items()})


def build(parameters: Parameters, seed: int) -> Probed:
    """Build the network of one seed.

    Parameters
    ----------
    parameters : Parameters
        What to build.
    seed : int
        Seed of the run.

    Returns
    -------
    Probed
        The network and its probes.

    Notes
    -----
    The initial function gives a random number in [0, 1) for every evaluation point, so the
    first decoders are a least-squares fit to noise around one half. The chapter draws these
    numbers from NumPy's global generator, which the network's seed does not fix.
    """
    seeds = {s: seed_for("channel", seed, s) for s in ("network", "stimulus", "initial function")}
    initial = np.random.default_rng(seeds["initial function"])
    with nengo.Network(label="Communication channel", seed=seeds["network"]) as network:
        stimulus = nengo.Node(
            nengo.processes.WhiteSignal(
                parameters.stimulus_period,
                high=parameters.stimulus_cutoff,
                rms=parameters.stimulus_rms,
                seed=seeds["stimulus"],
            )
        )
        pre, post, error = (
            nengo.Ensemble(parameters.n_neurons, dimensions=1, label=label)
            for label in ("pre", "post", "error")
        )
        nengo.Connection(stimulus, pre)
        learned = nengo.Connection(
            pre,
            post,
            function=lambda _: initial.random(),
            learning_rule_type=nengo.PES(learning_rate=parameters.learning_rate),
        )
        nengo.Connection(post, error)
        nengo.Connection(pre, error, transform=-1)
        nengo.Connection(error, learned.learning_rule)
        probes = {
            "stimulus": nengo.Probe(stimulus),
            "pre": nengo.Probe(pre, synapse=parameters.probe_synapse),
            "post": nengo.Probe(post, synapse=parameters.probe_synapse),
            "error": nengo.Probe(error, synapse=parameters.error_probe_synapse),
        }
    return Probed(network, probes)


def measure(traces: pd.DataFrame, parameters: Parameters) -> dict[str, Metric]:
    """Measure how well the channel passes its input on, and how fast it learned to.

    Parameters
    ----------
    traces : pandas.DataFrame
        Traces of one seed, from :func:`simulate`.
    parameters : Parameters
        What was simulated.

    Returns
    -------
    dict of str to Metric
        ``rmse_first_second``, ``rmse_last_second``: root mean square of post - pre.
        ``rmse_stimulus_last_second``: of post - stimulus, which adds what the pre ensemble
        and the synapses distort and delay.
        ``decay_rate``: see :func:`decay_rate`.
    """
    time = traces["time"]
    to_pre = traces["post"] - traces["pre"]
    to_stimulus = traces["post"] - traces["stimulus"]
    first = time <= 1 + parameters.dt / 2
    last = time > parameters.duration - 1 + parameters.dt / 2
    return {
        "rmse_first_second": Metric(root_mean_square(to_pre[first]), "1"),
        "rmse_last_second": Metric(root_mean_square(to_pre[last]), "1"),
        "rmse_stimulus_last_second": Metric(root_mean_square(to_stimulus[last]), "1"),
        "decay_rate": Metric(decay_rate(time, to_pre), "1/s"),
    }


def series(traces: pd.DataFrame) -> pd.DataFrame:
    """Input, pre, post and error over time in seconds."""
    return traces.set_index("time")[["stimulus", "pre", "post", "error"]]


def root_mean_square(values: pd.Series) -> float:
    """Root of the mean of the squares."""
    return float(np.sqrt(np.mean(np.square(values))))


def decay_rate(time: pd.Series, error: pd.Series) -> float:
    """Rate at which the error decays exponentially to its final noise.

    The root mean square m of the error in bins of :data:`DECAY_BIN` is fitted with
    ``m(t)^2 = (a exp(-r t))^2 + c^2``: a decaying error and independent noise add in squares.
    PES theory predicts r = η·mean(a²) for a constant input (Voelker 2015); slower modes and a
    changing input lag it.

    Parameters
    ----------
    time, error : pandas.Series
        Seconds, and the error post - pre.

    Returns
    -------
    float
        The rate r in 1/s; NaN where the error does not decay: where the fit finds no amplitude
        above the noise, or no rate above its own standard error.
    """
    # A bin holds the steps after its beginning, up to its end.
    number = np.ceil((time - 1e-9) / DECAY_BIN).astype(int) - 1
    binned = np.sqrt(np.square(error).groupby(number).mean())
    centres = (binned.index.to_numpy() + 0.5) * DECAY_BIN
    try:
        (amplitude, rate, noise), covariance = curve_fit(
            lambda t, a, r, c: np.hypot(a * np.exp(-r * t), c),
            centres,
            binned.to_numpy(),
            p0=(binned.iloc[0], 1.0, binned.iloc[-1]),
            bounds=(0, np.inf),
        )
    except RuntimeError:  # curve_fit's word for "no optimum found"
        return float("nan")
    determined = amplitude > noise and rate > np.sqrt(covariance[1, 1])
    return float(rate) if determined else float("nan")
