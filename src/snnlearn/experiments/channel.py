"""PES learning of a communication channel.

A connection between two ensembles starts from a random function and learns, with the
prescribed error sensitivity (PES) rule, to pass its input on unchanged. After learning,
``error`` in the traces is 0, since its neurons are inhibited then: what is left of it is ``post``
less ``pre``.

References
----------
E. Ezra Tsur, *Neuromorphic Engineering*, chapter 13: the network and its parameters.
Nengo's documentation, example ``learn-communication-channel``: its origin.
:mod:`snnlearn.learning.pes`: the rule, and how fast the error decays.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Annotated, Literal

import nengo
import numpy as np
import pandas as pd
from nengo.builder import Model
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from snnlearn.engines.simulator import Engine, Probed, run
from snnlearn.engines.simulator.stimuli import of_process
from snnlearn.experiments import Metric, Resources, Variance, solving_mb
from snnlearn.learning import decays, pes
from snnlearn.measures import after_learning, root_mean_square, slope
from snnlearn.recordings import ensemble, neurons, spikes
from snnlearn.seeding import Seed, seed_for
from snnlearn.settings.types import (
    LARGEST,
    NOT_A_FLAG,
    STRICT,
    Count,
    NonNegative,
    Positive,
    Real,
    Synapse,
    TimeStep,
)

#: The input differs more than the network does: fewer seeds leave claims undecided.
DEFAULT_SEEDS = tuple(range(100))
SEEDS_PER_JOB = 50

RANDOM_SOURCES = {
    "network": ("network",),
    "input": ("stimulus", "stimulus after learning"),
    "initial function": ("initial function",),
}
CONTROLS = {
    "no-learning": {"learning_rate": 0.0},
    **{
        f"constant-input-{n}-neurons": {
            "constant_input": -0.8, "n_neurons": n, "duration": 3.0, "generalization_duration": 0.0
        }
        for n in (30, 60, 120)
    },
}  # fmt: skip
VARIANCE = Variance(
    blocks=16,
    metrics=("rmse_first_second", "rmse_last_second", "rmse_generalization", "slope_decay_rate"),
    seeds_per_job=128,
)

#: Weight of the closed gate on each error neuron, which Nengo multiplies by the neuron's gain.
GATE_WEIGHT = -10.0

#: Time constant in seconds of every synapse, Nengo's default; three are in the loop of the error.
SYNAPSE, IN_THE_LOOP = 0.005, 3

#: Of the learned decoders, and of those found offline.
FUNCTION_ERRORS = ("function_error", "function_error_offline")

#: How many inputs the learned function is evaluated at, and how far out, in units of their RMS.
N_INPUTS, INPUT_RANGE = 201, 3.0


@dataclass(frozen=True, config=STRICT)
class Parameters:
    """Parameters of the communication channel; the defaults are the chapter's."""

    n_neurons: Count = 60
    """LIF neurons in each of the three ensembles."""

    learning_rate: NonNegative = 1e-4
    """Learning rate of PES. Nengo divides it by ``n_neurons`` and multiplies it by ``dt``."""

    duration: Annotated[float, Field(ge=2, le=LARGEST), NOT_A_FLAG] = 10.0
    """Time in seconds for which the channel learns, at least 2 (first and last second are
    compared).
    """

    generalization_duration: NonNegative = 5.0
    """Simulated time in seconds that follows, in which the error is inhibited and an input comes in
    that was never presented before; and for as long again, the end of the one that was. 0, as in
    the chapter, leaves both out.
    """

    dt: TimeStep = 0.001
    """Time step in seconds."""

    stimulus_period: Positive = 10.0
    """Time in seconds after which the white-noise input repeats itself."""

    stimulus_cutoff: Positive = 5.0
    """Highest frequency of the input in hertz."""

    stimulus_rms: Positive = 0.5
    """Root mean square of the input."""

    constant_input: Real | None = None
    """A value to present while the channel learns, instead of white noise."""

    probe_synapse: Synapse = 0.01
    """Time constant in seconds of the low-pass filter on the pre and post probes."""

    error_probe_synapse: Synapse = 0.03
    """Time constant in seconds of the low-pass filter on the error probe."""

    initial_function: Literal["seeded", "unseeded"] = "seeded"
    """What draws the random function that the connection starts from. ``seeded``: the run's seed.
    ``unseeded``: the operating system's entropy, so that no two runs are the same, as with the
    chapter's global generator.
    """

    engine: Engine = "compiled"
    """``compiled``: one time loop of machine code. ``nengo``: Nengo's own simulator, the
    reference.
    """

    def gate(self, t: float | np.ndarray) -> np.ndarray:
        """Inhibition at times in seconds, in their shape: 0 while the channel learns, then 1."""
        return np.asarray(t > self.duration + self.dt / 2, float)

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


def resources(parameters: Parameters) -> Resources:
    """What one job that simulates takes."""
    steps = (parameters.duration + 2 * parameters.generalization_duration) / parameters.dt
    decoders_mb = 8 * steps * parameters.n_neurons / 1e6
    noise_mb = 8 * parameters.stimulus_period / parameters.dt / 1e6
    return Resources(
        memory_mb=round(600 + 2 * (decoders_mb + noise_mb + solving_mb(parameters.n_neurons))),
        seconds=steps * 1e-5 * (0.5 + parameters.n_neurons / 120),
        trace_mb=steps * 7e-5,
    )


def simulate(parameters: Parameters, seeds: Sequence[Seed]) -> Iterator[pd.DataFrame]:
    """Simulate some seeds: input, network and initial function are all drawn from the seed.

    Parameters
    ----------
    parameters : Parameters
        What to simulate.
    seeds : sequence of int or mapping
        Seeds of the runs.

    Yields
    ------
    pandas.DataFrame
        For each seed, one row per time step: ``time`` in seconds, ``learning_gate`` (0 while the
        channel learns, 1 afterwards) and the dimensionless values ``stimulus`` (unfiltered),
        ``pre``, ``post`` and ``error`` (low-pass filtered by the probes); what theory says, in
        the columns of :func:`snnlearn.learning.pes.predict`; and, the same at all steps, the
        :func:`snnlearn.learning.pes.function_error` over the inputs presented of the decoders
        learned (``function_error``) and of those that Nengo finds offline
        (``function_error_offline``).
    """
    for time, data, model in _run(partial(build, parameters), parameters, seeds):
        gate, learned = parameters.gate(time), data.pop("decoders")[-1, 0]
        columns = {name: values[:, 0] for name, values in data.items()}
        eta, shown = parameters.learning_rate * (1 - gate), columns["stimulus"]
        (rates, initial), steps = pes.tuning(model, shown), np.count_nonzero(gate == 0)
        predicted = pes.predict(rates, initial, shown, eta, parameters.dt)
        found = {
            name: pes.function_error(model, rates[:steps], decoders, shown[:steps])
            for name, decoders in zip(FUNCTION_ERRORS, (learned, pes.offline(model)), strict=True)
        }
        yield pd.DataFrame({"time": time, "learning_gate": gate} | columns | predicted | found)


def _run(
    network_of: Callable[[Seed], Probed], parameters: Parameters, seeds: Sequence[Seed]
) -> Iterator[tuple[np.ndarray, dict[str, np.ndarray], Model]]:
    return run(
        network_of,
        seeds,
        duration=parameters.duration + 2 * parameters.generalization_duration,
        dt=parameters.dt,
        engine=parameters.engine,
    )


def closeup(parameters: Parameters, seeds: Sequence[int]) -> pd.DataFrame:
    """Record the spikes of one seed, and what the connection of some seeds has learned.

    Parameters
    ----------
    parameters : Parameters
        What to simulate.
    seeds : sequence of int
        Seeds of the runs; spikes are recorded of the first.

    Returns
    -------
    pandas.DataFrame
        The ``kind`` of a row says which columns it fills, beside ``seed``:

        ============ ==========================================================================
        ``neuron``   ``ensemble`` (``pre`` or ``post``), ``neuron`` (its number, from 0), its
                     ``encoder`` (the sign of the values for which it fires) and its
                     ``intercept`` (how far in that direction it begins to)
        ``spike``    ``ensemble``, ``neuron``, ``time`` in seconds (the end of the step)
        ``function`` ``phase`` (``before`` or ``after`` learning, or solved ``offline``), ``input``
                     (a value that pre represents), ``decoded`` (what is made of it)
        ============ ==========================================================================
    """
    inputs = np.linspace(-1, 1, N_INPUTS) * INPUT_RANGE * parameters.stimulus_rms
    tables = []
    runs = _run(partial(build_for_closeup, parameters), parameters, seeds)
    for number, (seed, (time, data, model)) in enumerate(zip(seeds, runs, strict=True)):
        found = [pes.decoded(model, data["decoders"][-1, 0], inputs)]
        if number == 0:
            for name in ("pre", "post"):
                found += [neurons(model, name), spikes(name, time, data[f"{name}_spikes"])]
        tables += [table.assign(seed=seed) for table in found]
    return pd.concat(tables, ignore_index=True)


def build(parameters: Parameters, seed: Seed) -> Probed:
    """Build the network of one seed.

    Parameters
    ----------
    parameters : Parameters
        What to build.
    seed : int or mapping
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

    Nengo's example ``learn-communication-channel`` goes on with its error inhibited, and asks
    whether what was learned holds for another input; the chapter leaves that part out.
    """
    seeded = parameters.initial_function == "seeded"
    initial = np.random.default_rng(
        seed_for("channel", seed, "initial function") if seeded else None
    )
    inputs = [presented(parameters, seed, "stimulus", parameters.duration)]
    if parameters.constant_input is not None:
        inputs[0][:] = parameters.constant_input
    if parameters.generalization_duration > 0:
        another = "stimulus after learning"
        inputs.append(presented(parameters, seed, another, parameters.generalization_duration))
        inputs.append(np.resize(inputs[0][::-1], inputs[1].shape)[::-1])
    network_seed = seed_for("channel", seed, "network")
    with nengo.Network(label="Communication channel", seed=network_seed) as network:
        stimulus = nengo.Node(
            nengo.processes.PresentInput(np.concatenate(inputs), parameters.dt), label="stimulus"
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
        if parameters.generalization_duration > 0:
            # A network of its own leaves the seeds of all other objects what they are without it.
            with nengo.Network(label="gate"):
                gate = nengo.Node(parameters.gate)
                weights = np.full((parameters.n_neurons, 1), GATE_WEIGHT)
                nengo.Connection(gate, error.neurons, transform=weights)
        probes = {
            "stimulus": nengo.Probe(stimulus),
            "pre": nengo.Probe(pre, synapse=parameters.probe_synapse),
            "post": nengo.Probe(post, synapse=parameters.probe_synapse),
            "error": nengo.Probe(error, synapse=parameters.error_probe_synapse),
            "decoders": nengo.Probe(learned, "weights"),
        }
    return Probed(network, probes)


def build_for_closeup(parameters: Parameters, seed: Seed) -> Probed:
    """Build the same network, with probes on the spikes in addition.

    Nengo draws the seeds of probes last: these change nothing in what others record.
    """
    probed = build(parameters, seed)
    with probed.network:
        more = {
            f"{name}_spikes": nengo.Probe(ensemble(probed.network, name).neurons)
            for name in ("pre", "post")
        }
    return Probed(probed.network, probed.probes | more)


def presented(parameters: Parameters, seed: Seed, source: str, duration: float) -> np.ndarray:
    """White noise to be presented for some seconds, shape (steps, 1)."""
    signal = nengo.processes.WhiteSignal(
        parameters.stimulus_period,
        high=parameters.stimulus_cutoff,
        rms=parameters.stimulus_rms,
        seed=seed_for("channel", seed, source),
    )
    return of_process(signal, (1,), round(duration / parameters.dt), parameters.dt)


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
        While the channel learns:
        ``rmse_first_second``, ``rmse_last_second``: root mean square of post - pre.
        ``rmse_stimulus_last_second``: of post - stimulus, which adds what the pre ensemble
        and the synapses distort and delay. ``rmse_undelayed_last_second``: the same, with the
        stimulus as late as two synapses and the probe make it.
        The rates of :func:`snnlearn.learning.decays.rates`.
        ``correlation_last_second``: of post and pre. ``gain_last_second``: slope of the line
        that fits post as a function of pre best. ``bias_last_second``: mean of post - pre, and
        ``bias_size_last_second`` without its sign. ``drift``: slope of post - pre over time in the
        second half of learning, and ``drift_size`` without its sign. ``function_error`` and
        ``function_error_offline``, from the traces.
        And afterwards: ``rmse_generalization``, root mean square of post - pre with an input that
        was not presented before, and ``rmse_retention``, in the last second, whose input is that
        of the last second of learning; NaN where the simulation ends with learning.
        How both differ from what was before: :func:`snnlearn.measures.after_learning`.
        Correlation and gain are NaN where pre is constant.
    """
    time, half, end = traces["time"], parameters.dt / 2, parameters.duration
    of_new = end + parameters.generalization_duration
    of_old = of_new + parameters.generalization_duration

    def between(start: float, stop: float) -> pd.Series:
        return (time > start + half) & (time <= stop + half)

    to_pre = traces["post"] - traces["pre"]
    delay = round((2 * SYNAPSE + parameters.probe_synapse) / parameters.dt)
    to_stimulus = traces["post"] - traces["stimulus"]
    to_delayed = traces["post"] - traces["stimulus"].shift(delay)
    last, later = between(end - 1, end), between(end / 2, end)
    pre, bias = traces["pre"][last], float(to_pre[last].mean())
    drift = slope(time[later], to_pre[later])
    values = {
        "rmse_generalization": root_mean_square(to_pre[between(end, of_new)]),
        "rmse_retention": root_mean_square(to_pre[between(max(of_new, of_old - 1), of_old)]),
        "rmse_first_second": root_mean_square(to_pre[between(0, 1)]),
        "rmse_last_second": root_mean_square(to_pre[last]),
        "rmse_stimulus_last_second": root_mean_square(to_stimulus[last]),
        "rmse_undelayed_last_second": root_mean_square(to_delayed[last]),
        "correlation_last_second": float(traces["post"][last].corr(pre)),
        "gain_last_second": slope(pre, traces["post"][last]),
        "bias_last_second": bias,
        "bias_size_last_second": abs(bias),
        **{name: float(traces[name].iloc[0]) for name in FUNCTION_ERRORS},
    }
    names = ("first_second", "last_second", "retention", "generalization")
    values |= after_learning(*(values[f"rmse_{name}"] for name in names))
    late = SYNAPSE + parameters.probe_synapse
    rates = decays.rates(traces[between(0, end)], late, [SYNAPSE] * IN_THE_LOOP)
    return {
        **{name: Metric(value, "1") for name, value in values.items()},
        "drift": Metric(drift, "1/s"),
        "drift_size": Metric(abs(drift), "1/s"),
        **{name: Metric(value, "1/s") for name, value in rates.items()},
    }


def series(traces: pd.DataFrame) -> pd.DataFrame:
    """Input, pre, post and error over time in seconds."""
    return traces.set_index("time")[["stimulus", "pre", "post", "error"]]
