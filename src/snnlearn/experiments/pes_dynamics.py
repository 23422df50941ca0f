"""PES against theory: how the error of a learned communication channel decays at a constant input.

A connection between two ensembles learns, with the prescribed error sensitivity (PES) rule, to pass
a value on that stays the same. Theory says how fast its error decays, from which rate on it
overshoots, and from which on it oscillates for ever; all three are measured over a grid of learning
rates, sizes of the ensembles, synapses and inputs.

References
----------
:mod:`snnlearn.experiments.channel`: the network, with an input that changes.
:mod:`snnlearn.learning.pes`: the rule, and the rate at which the error decays.
:mod:`snnlearn.learning.pes_loop`: what synapses and time steps in its loop make of it.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated

import nengo
import numpy as np
import pandas as pd
from nengo.builder import Model
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from snnlearn.engines import tuning
from snnlearn.engines.simulator import Engine, Probed, run
from snnlearn.experiments import Metric, Resources, solving_mb
from snnlearn.learning import courses
from snnlearn.measures import exponent, geometric_mean, onset
from snnlearn.seeding import Seed, seed_for
from snnlearn.settings.types import LARGEST, NOT_A_FLAG, STRICT, Real, Synapse, TimeStep

ON_REQUEST = True
DEFAULT_SEEDS = tuple(range(20))
SEEDS_PER_JOB = 5
RANDOM_SOURCES = {"network": ("network",)}

#: The error overshoots where it goes so many standard deviations of the noise beyond zero.
BEYOND_NOISE = 4.0

#: It oscillates where its amplitude in the last second is more than this share of the input.
SUSTAINED = 0.25

#: What conditions of one size differ in.
WITHIN = ("learning_rate", "input", "synapse")

#: Rates of the close-up: shares of those at which theory lets the error overshoot, and oscillate.
SHOWN = ((0.3, 0.0), (0.9, 0.0), (3.0, 0.0), (0.0, 0.8), (0.0, 1.5))

Size = Annotated[int, Field(strict=True, ge=5, le=10_000)]
LearningRate = Annotated[float, Field(ge=1e-9, le=0.1), NOT_A_FLAG]


@dataclass(frozen=True, config=STRICT)
class Parameters:
    """Parameters of the grid; each learning rate is combined with each of the others."""

    learning_rates: Annotated[tuple[LearningRate, ...], Field(min_length=1, max_length=100)] = (
        tuple(round(1e-4 * 2 ** (step / 2), 7) for step in range(17))
    )
    """Learning rates of PES, each twice the one before the last: Nengo divides them by the number
    of neurons and multiplies them by ``dt``.
    """

    n_neurons: Annotated[tuple[Size, ...], Field(min_length=1, max_length=20)] = (30, 60, 120, 240)
    """LIF neurons in each of the three ensembles; each number is a network of its own."""

    synapses: Annotated[tuple[Synapse, ...], Field(min_length=1, max_length=20)] = (
        0.002,
        0.005,
        0.01,
    )
    """Time constants in seconds of the three equal low-pass filters in the loop of the error: from
    pre to post, from post to error, from error to the rule.
    """

    inputs: Annotated[tuple[Real, ...], Field(min_length=1, max_length=20)] = (-0.8, 0.5)
    """Values to pass on, from -1 to 1 but 0: nothing is decoded at first, and with 0 there would be
    no error.
    """

    duration: Annotated[float, Field(ge=2, le=LARGEST), NOT_A_FLAG] = 3.0
    """Simulated time in seconds, at least 2: the last second tells noise and oscillations."""

    dt: TimeStep = 0.001
    """Time step in seconds."""

    engine: Engine = "compiled"
    """``compiled``: one time loop of machine code. ``nengo``: Nengo's own simulator, the
    reference.
    """

    @model_validator(mode="after")
    def _errors_are_there_and_represented(self) -> "Parameters":
        for value in self.inputs:
            if not 0 < abs(value) <= 1:
                raise ValueError(f"inputs has {value:g}: give values from -1 to 1 other than 0")
        return self


def resources(parameters: Parameters) -> Resources:
    """What one job that simulates takes."""
    branches = len(parameters.learning_rates) * len(parameters.synapses)
    steps, largest = parameters.duration / parameters.dt, max(parameters.n_neurons)
    rows = branches * len(parameters.inputs) * len(parameters.n_neurons)
    return Resources(
        memory_mb=round(600 + 2 * (8e-6 * steps * branches + branches * solving_mb(largest))),
        seconds=rows * (0.03 + 1.5e-8 * steps * largest),
        trace_mb=0.1 + 1.5e-4 * rows,
    )


def simulate(parameters: Parameters, seeds: Sequence[Seed]) -> Iterator[pd.DataFrame]:
    """Simulate the whole grid for some seeds.

    Parameters
    ----------
    parameters : Parameters
        What to simulate.
    seeds : sequence of int or mapping
        Seeds of the runs. For each size there is one network, the same in all conditions.

    Yields
    ------
    pandas.DataFrame
        For each seed, one row per condition, with ``n_neurons``, ``input``, ``synapse`` and
        the columns of :func:`snnlearn.learning.courses.predicted`, with the rates that these
        neurons have at this input, and of :func:`snnlearn.learning.courses.described`.
    """
    for seed in seeds:
        tables = []
        for n_neurons, value in itertools.product(parameters.n_neurons, parameters.inputs):
            rates, errors = _errors(parameters, seed, n_neurons, value)
            for synapse in parameters.synapses:
                table = courses.described(
                    courses.predicted(parameters.learning_rates, rates, synapse, parameters.dt),
                    errors[synapse],
                    value,
                    synapse,
                    parameters.dt,
                )
                tables.append(table.assign(n_neurons=n_neurons, input=value, synapse=synapse))
        yield pd.concat(tables, ignore_index=True)


def _errors(
    parameters: Parameters, seed: Seed, n_neurons: int, value: float
) -> tuple[np.ndarray, dict[float, np.ndarray]]:
    """Rates of pre in hertz, and by synapse the errors, shape (learning rates, bins)."""
    ((_, data, model),) = run(
        lambda of: build(parameters, of, n_neurons, value),
        [seed],
        duration=parameters.duration,
        dt=parameters.dt,
        engine=parameters.engine,
    )
    by_synapse = {
        synapse: np.array(
            [
                courses.binned(data[f"{synapse} {rate}"][:, 0], parameters.dt)
                for rate in parameters.learning_rates
            ]
        )
        for synapse in parameters.synapses
    }
    return rates_of(model, value), by_synapse


def rates_of(model: Model, value: float) -> np.ndarray:
    """Firing rates of pre at its input in hertz, shape (neurons,)."""
    pre = model.toplevel.ensembles[0]
    built = model.params[pre]
    projected = value * built.encoders[:, 0] / pre.radius
    found: np.ndarray = tuning.rates(
        pre.neuron_type, projected[np.newaxis], built.gain, built.bias
    )[0]
    return found


def build(parameters: Parameters, seed: Seed, n_neurons: int, value: float) -> Probed:
    """Build the network of one seed and size, with a loop for each synapse and learning rate.

    The loops share their pre ensemble, and nothing goes from one to another: each has a post and an
    error ensemble with the same neurons as those of all others, so that conditions are compared
    within one network.

    Parameters
    ----------
    parameters : Parameters
        What to build.
    seed : int or mapping
        Seed of the run.
    n_neurons : int
        Neurons in each ensemble.
    value : float
        The input.

    Returns
    -------
    Probed
        The network, whose first ensemble is pre, and a probe of each error.
    """
    drawn = np.random.default_rng([seed_for("pes_dynamics", seed, "network"), n_neurons])
    of_pre, of_post, of_error, *others = (int(one) for one in drawn.integers(2**31, size=6))
    probes = {}
    with nengo.Network(label="PES against theory", seed=of_pre) as network:
        stimulus = nengo.Node([value], label="stimulus")
        pre = nengo.Ensemble(n_neurons, 1, label="pre", seed=of_pre)
        nengo.Connection(stimulus, pre, synapse=None)
        for tau, rate in itertools.product(parameters.synapses, parameters.learning_rates):
            post = nengo.Ensemble(n_neurons, 1, label="post", seed=of_post)
            error = nengo.Ensemble(n_neurons, 1, label="error", seed=of_error)
            learned = nengo.Connection(
                pre,
                post,
                function=lambda _: 0.0,
                synapse=tau,
                learning_rule_type=nengo.PES(learning_rate=rate),
                seed=others[0],
            )
            nengo.Connection(post, error, synapse=tau, seed=others[1])
            nengo.Connection(pre, error, transform=-1, synapse=tau, seed=others[2])
            nengo.Connection(error, learned.learning_rule, synapse=tau, seed=others[1])
            probes[f"{tau} {rate}"] = nengo.Probe(error, synapse=courses.PROBE_SYNAPSE)
    return Probed(network, probes)


def closeup(parameters: Parameters, seeds: Sequence[int]) -> pd.DataFrame:
    """Record the error over time at a few learning rates: the largest size, the first input.

    Parameters
    ----------
    parameters : Parameters
        What to simulate.
    seeds : sequence of int
        Seeds of the runs.

    Returns
    -------
    pandas.DataFrame
        One row per ``seed``, ``learning_rate`` and ``time`` in seconds, with ``error``,
        ``error_theory`` (:func:`snnlearn.learning.courses.by_theory`; NaN where it grows), both
        over minus the input; and ``n_neurons``, ``input``, ``synapse`` and ``rate`` in 1/s. The
        synapse is the middle one, and the learning rates are those next to :data:`SHOWN`.
    """
    n_neurons, value, tables = max(parameters.n_neurons), parameters.inputs[0], []
    synapse = sorted(parameters.synapses)[len(parameters.synapses) // 2]
    chosen = replace(parameters, synapses=(synapse,))
    for seed in seeds:
        rates, errors = _errors(chosen, seed, n_neurons, value)
        table = courses.predicted(chosen.learning_rates, rates, synapse, chosen.dt)
        for number in shown(table):
            row, error = table.iloc[number], errors[synapse][number]
            theory = np.full(len(error), np.nan)
            if row["rate"] < row["oscillates_from"]:
                theory = -courses.by_theory(row["rate"], synapse, parameters.dt, len(error))
            tables.append(
                pd.DataFrame(
                    {
                        "time": courses.times(len(error), parameters.dt),
                        "error": -error / value,
                        "error_theory": theory,
                    }
                ).assign(seed=seed, learning_rate=row["learning_rate"], rate=row["rate"])
            )
    return pd.concat(tables, ignore_index=True).assign(
        n_neurons=n_neurons, input=value, synapse=synapse
    )


def shown(table: pd.DataFrame) -> list[int]:
    """Rows of a table of theory whose rates are next to :data:`SHOWN`, in order, each once."""
    from_, to = table["overshoots_from"].iloc[0], table["oscillates_from"].iloc[0]
    wanted = [low * from_ + high * to for low, high in SHOWN]
    return sorted({int(np.abs(np.log(table["rate"] / rate)).argmin()) for rate in wanted})


def seen(traces: pd.DataFrame) -> pd.Series:
    """What is seen in each condition: ``monotone``, ``overshoots`` or ``oscillates``."""
    beyond = traces["overshoot"] * traces["input"].abs()
    kinds = np.where(beyond > BEYOND_NOISE * traces["noise_slowest"], "overshoots", "monotone")
    kinds = np.where(traces["amplitude"] > SUSTAINED, "oscillates", kinds)
    return pd.Series(kinds, index=traces.index)


def measure(traces: pd.DataFrame, parameters: Parameters) -> dict[str, Metric]:
    """Compare the grid of one seed with theory.

    Parameters
    ----------
    traces : pandas.DataFrame
        The grid of one seed, from :func:`simulate`.
    parameters : Parameters
        What was simulated.

    Returns
    -------
    dict of str to Metric
        Geometric means over the conditions, without a unit:
        ``rate_over_plain`` and ``rate_over_lagged``: measured rate over η·mean(a²), and over that
        of the loop with its synapses and steps.
        ``overshoot_onset``: the rate η·mean(a²) from which on an overshoot is seen, over that from
        which on there is one by theory; ``overshoot_onset_visible``: over that from which on it
        would be seen by theory, in the same noise. ``oscillation_onset``: the same of oscillations
        that do not end; with ``_largest_input`` and ``_smallest_input``, of these alone.
        ``oscillation_frequency``: frequency where they set in, over that of theory.
        And exponents of the number of neurons, within conditions that differ in nothing else:
        ``rate_exponent`` of the measured rate over η·mean(a²), and ``noise_exponent`` of the noise
        where the error is monotone. NaN where nothing defines them: one size has no exponent, and
        learning rates that are all too small no onset.
    """
    oscillating, visible = traces["amplitude"] / SUSTAINED, {}
    for suffix in ("", "_theory"):
        size = traces[f"overshoot{suffix}"] * traces["input"].abs()
        visible[suffix] = size / (BEYOND_NOISE * traces["noise_slowest"])
    found = []
    for _, rows in traces.groupby(["n_neurons", "input", "synapse"]):
        rate, of = rows["rate"].to_numpy(), rows.index
        overshoots, expected, oscillates = (
            onset(rate, level[of].to_numpy()) for level in (*visible.values(), oscillating)
        )
        by_theory = rows.iloc[0]
        above = rows[rate >= oscillates]
        first = above["frequency"].iloc[above["rate"].argmin()] if len(above) else np.nan
        found.append(
            {
                "size": abs(by_theory["input"]),
                "overshoot_onset": overshoots / by_theory["overshoots_from"],
                "overshoot_onset_visible": overshoots / expected,
                "oscillation_onset": oscillates / by_theory["oscillates_from"],
                "oscillation_frequency": first / by_theory["frequency_theory"],
            }
        )
    onsets = pd.DataFrame(found).set_index("size")
    of_size = onsets["oscillation_onset"]
    monotone = traces[traces["rate"] <= courses.CLEARLY_MONOTONE * traces["overshoots_from"]]
    over_plain = traces["rate_measured"] / traces["rate"]
    values = {
        "rate_over_plain": geometric_mean(over_plain),
        "rate_over_lagged": geometric_mean(traces["rate_measured"] / traces["rate_lagged"]),
        **{str(name): geometric_mean(values) for name, values in onsets.items()},
        "oscillation_onset_largest_input": geometric_mean(of_size[[of_size.index.max()]]),
        "oscillation_onset_smallest_input": geometric_mean(of_size[[of_size.index.min()]]),
        "rate_exponent": exponent(traces.assign(over=over_plain), "over", "n_neurons", WITHIN),
        "noise_exponent": exponent(monotone, "noise", "n_neurons", WITHIN),
    }
    return {name: Metric(value, "1") for name, value in values.items()}
