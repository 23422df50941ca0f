"""Pavlovian (classical) conditioning with PES.

Each unconditioned stimulus (US) is preceded by a conditioned one (CS), and while learning is
switched on, the CS comes to evoke the response to the US. The network is that of
:mod:`snnlearn.conditioning.pavlovian`. ``learning_gate`` in the traces is 0 while it learns.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Annotated, Literal

import nengo
import numpy as np
import pandas as pd
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from snnlearn.conditioning.pavlovian import network
from snnlearn.conditioning.responses import Trial, between, change, evoked
from snnlearn.engines.simulator import Engine, Probed, run
from snnlearn.experiments import Metric, Resources, solving_mb
from snnlearn.seeding import Seed, seed_for
from snnlearn.settings.types import (
    LARGEST,
    NOT_A_FLAG,
    STRICT,
    Count,
    NonNegative,
    Real,
    Synapse,
    TimeStep,
)

SEEDS_PER_JOB = 40

CONTROLS = {"no-learning": {"learning_rate": 0.0}, "shuffled-pairs": {"pairing": "shuffled"}}

NOT_SIMULATED = ("stimulus_names", "errors_shown")

RANDOM_SOURCES = {"network": ("network",)}

#: The chapter's conditioned stimuli, one row a CS-US pair; they overlap on purpose.
CHAPTER_STIMULI = ((0.7, 0.0, 0.5), (0.6, 0.7, 0.8), (0.0, 1.0, 0.0))

#: Onset of the CS, onset of the US and end of both within each second-long trial, seconds.
CS_ONSET, US_ONSET, OFFSET = 0.7, 0.9, 1.0

#: A trial is the second that follows a CS onset: within it the responses rise and decay.
TRIAL = 1.0

#: When nothing has been presented yet and the ensembles have settled, seconds: the time of noise.
QUIET = (0.3, CS_ONSET)

#: What :func:`snnlearn.conditioning.responses.evoked` measures, and its units.
EVOKED = {
    **dict.fromkeys(("cr_peak", "ur_peak", "crosstalk", "cr_rise", "cr_tonic"), "1"),
    **{"cr_onset": "s", "cr_missing": "1"},
}


@dataclass(frozen=True, config=STRICT)
class Parameters:
    """Parameters of the conditioning experiment; the defaults are the chapter's."""

    dimensions: Count = 3
    """Number of CS-US pairs, and of dimensions of the vectors that stand for them. Pair k takes the
    k-th second of a cycle that lasts ``dimensions`` seconds; its US is the k-th unit vector.
    """

    conditioned_stimuli: tuple[tuple[Real, ...], ...] | None = None
    """The CS vector of each pair, shape (dimensions, dimensions). By default the chapter's for
    three dimensions, and unit vectors (Stewart's original) for any other number.
    """

    pairing: Literal["fixed", "shuffled"] = "fixed"
    """Which US follows a CS. ``fixed``: that of its pair. ``shuffled``, a control: in each cycle
    that of another pair, in turn.
    """

    n_neurons_per_dimension: Count = 100
    """LIF neurons per represented dimension; the CS ensemble has twice the dimensions."""

    learning_rate: NonNegative = 3e-4
    """Learning rate of PES. Nengo divides it by the number of CS neurons and multiplies it by
    ``dt``.
    """

    learning_start: NonNegative = 2.0
    """Time in seconds at which the gate opens and learning begins."""

    learning_stop: NonNegative = 8.0
    """Time in seconds at which the gate closes and learning ends."""

    duration: Annotated[float, Field(ge=1, le=LARGEST), NOT_A_FLAG] = 15.0
    """Simulated time in seconds, at least 1."""

    dt: TimeStep = 0.001
    """Time step in seconds."""

    memory_synapse: Synapse = 0.2
    """Time constant in seconds of the connection that leaves a fading memory of the CS."""

    response_synapse: Synapse = 0.1
    """Time constant in seconds of the low-pass filter from the CR to the error."""

    probe_synapse: Synapse = 0.1
    """Time constant in seconds of the low-pass filter on the probes of responses that are drawn."""

    evoked_probe_synapse: Synapse = 0.01
    """Time constant in seconds of the low-pass filter on the probes from which evoked responses are
    measured; a longer one mixes the times before and after.
    """

    error_probe_synapse: Synapse = 0.01
    """Time constant in seconds of the low-pass filter on the error probe."""

    stimulus_names: Literal["dimensions", "stimuli"] = "dimensions"
    """What figures call the components of the CS vectors: ``dimensions``, or, as the chapter does,
    ``stimuli``.
    """

    errors_shown: Literal["all", "first"] = "all"
    """Which dimensions of the error are drawn: ``all``, or, as in the chapter, the ``first``."""

    engine: Engine = "compiled"
    """``compiled``: one time loop of machine code. ``nengo``: Nengo's own simulator, the
    reference.
    """

    @model_validator(mode="after")
    def _consistent(self) -> "Parameters":
        shape = [len(vector) for vector in self.conditioned_stimuli or ()]
        if self.conditioned_stimuli is not None and shape != [self.dimensions] * self.dimensions:
            raise ValueError(
                f"conditioned_stimuli must be {self.dimensions} vectors of {self.dimensions} "
                f"numbers each (dimensions is {self.dimensions}); found vectors of {shape} numbers"
            )
        if self.learning_stop <= self.learning_start:
            raise ValueError(
                f"learning_stop ({self.learning_stop} s) must be later than "
                f"learning_start ({self.learning_start} s)"
            )
        return self

    @property
    def stimuli(self) -> np.ndarray:
        """The CS vectors, shape (pairs, dimensions)."""
        if self.conditioned_stimuli is not None:
            return np.array(self.conditioned_stimuli)
        if self.dimensions == len(CHAPTER_STIMULI):
            return np.array(CHAPTER_STIMULI)
        return np.eye(self.dimensions)

    def us(self, t: float) -> np.ndarray:
        """The US at a time in seconds, shape (dimensions,)."""
        others, cycle = self.dimensions - 1, int(t // self.dimensions)
        shift = 1 + cycle % others if self.pairing == "shuffled" and others else 0
        pairs = (np.arange(self.dimensions) + shift) % self.dimensions
        return presented(t, US_ONSET, np.eye(self.dimensions)[pairs])

    def cs(self, t: float) -> np.ndarray:
        """The CS at a time in seconds, shape (dimensions,)."""
        return presented(t, CS_ONSET, self.stimuli)

    def gate(self, t: float) -> float:
        """The signal that inhibits learning: 0 while the gate is open, 1 otherwise (``t`` in s)."""
        return float(not self.learning_start < t < self.learning_stop)


def presented(t: float, onset: float, vectors: np.ndarray) -> np.ndarray:
    """The vector that is on at a time, or zeros between presentations.

    Parameters
    ----------
    t : float
        Time in seconds.
    onset : float
        When within each pair's second its vector comes on; it goes off at :data:`OFFSET`.
    vectors : numpy.ndarray, shape (pairs, dimensions)
        One vector a pair.

    Returns
    -------
    numpy.ndarray, shape (dimensions,)
        The vector.
    """
    in_cycle = t % len(vectors)
    pair = int(in_cycle)
    if pair + onset < in_cycle < pair + OFFSET:
        return vectors[pair]
    return np.zeros(vectors.shape[1])


def resources(parameters: Parameters) -> Resources:
    """What one job that simulates takes."""
    steps = parameters.duration / parameters.dt
    neurons = 6 * parameters.dimensions * parameters.n_neurons_per_dimension
    traces_mb = 8e-6 * steps * (10 * parameters.dimensions + 2)
    return Resources(
        memory_mb=round(800 + 2 * (traces_mb + solving_mb(neurons // 3))),
        seconds=steps * 1e-5 * (0.4 + neurons / 1200),
        trace_mb=steps * parameters.dimensions * 6e-5,
    )


def undefined(parameters: Parameters) -> list[str]:
    """What no run with these parameters defines."""
    pairs = range(parameters.dimensions)
    untested = [str(k + 1) for k in pairs if not trials_after_learning(parameters, k)]
    silent = [str(k + 1) for k in pairs if not parameters.stimuli[k].any()]
    told = []
    if untested:
        told.append(
            f"no trial of pair {', '.join(untested)} comes between learning_stop "
            f"({parameters.learning_stop:g} s) and duration ({parameters.duration:g} s): what is "
            "measured of it is not defined; a longer duration has one"
        )
    if silent:
        told.append(f"the CS of pair {', '.join(silent)} is zero: no CR can be learned to it")
    return told


def simulate(parameters: Parameters, seeds: Sequence[Seed]) -> Iterator[pd.DataFrame]:
    """Simulate some seeds; the stimuli are always the same, the network is drawn from the seed.

    Parameters
    ----------
    parameters : Parameters
        What to simulate.
    seeds : sequence of int or mapping
        Seeds of the runs.

    Yields
    ------
    pandas.DataFrame
        For each seed, one row per time step: ``time`` in seconds, ``learning_gate`` (0 open, 1
        closed) and, numbered by dimension from 1, the dimensionless stimuli ``us_k`` and
        ``cs_k`` (unfiltered), responses ``ur_k`` and ``cr_k``, the same as they are measured
        (``ur_evoked_k``, ``cr_evoked_k``), ``error_k``, and what the
        stimulus ensembles represent: ``us_ensemble_k`` and ``cs_ensemble_k``, whose second half
        of dimensions is the memory.
    """
    for time, data, _ in run(
        partial(build, parameters),
        seeds,
        duration=parameters.duration,
        dt=parameters.dt,
        engine=parameters.engine,
    ):
        gate = data.pop("learning_gate")[:, 0]
        yield pd.DataFrame(
            {"time": time, "learning_gate": gate}
            | {
                f"{name}_{k + 1}": values[:, k]
                for name, values in data.items()
                for k in range(values.shape[1])
            }
        )


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
    """
    parts = network(parameters, parameters, seed_for("conditioning", seed, "network"))
    with parts.network:
        probes = {
            "us": nengo.Probe(parts.us_stimulus),
            "cs": nengo.Probe(parts.cs_stimulus),
            "ur": nengo.Probe(parts.ur, synapse=parameters.probe_synapse),
            "cr": nengo.Probe(parts.cr, synapse=parameters.probe_synapse),
            "error": nengo.Probe(parts.error, synapse=parameters.error_probe_synapse),
            "us_ensemble": nengo.Probe(parts.us, synapse=parameters.probe_synapse),
            "cs_ensemble": nengo.Probe(parts.cs, synapse=parameters.probe_synapse),
            "learning_gate": nengo.Probe(parts.learning_gate),
            "ur_evoked": nengo.Probe(parts.ur, synapse=parameters.evoked_probe_synapse),
            "cr_evoked": nengo.Probe(parts.cr, synapse=parameters.evoked_probe_synapse),
        }
    return Probed(parts.network, probes)


def measure(traces: pd.DataFrame, parameters: Parameters) -> dict[str, Metric]:
    """Measure the responses in the test trials: those after learning was switched off.

    Parameters
    ----------
    traces : pandas.DataFrame
        Traces of one seed, from :func:`simulate`.
    parameters : Parameters
        What was simulated.

    Returns
    -------
    dict of str to Metric
        For each pair k, means over its complete test trials (the second after a CS onset) of what
        :func:`snnlearn.conditioning.responses.evoked` measures in dimension k: ``cr_peak_k``,
        ``ur_peak_k``, ``crosstalk_k``, ``cr_rise_k``, ``cr_tonic_k``, ``cr_onset_k`` and
        ``cr_missing_k``. And ``cr_before_k``, the mean evoked peak in the trials before learning;
        ``cr_acquisition_k``, that of the last trial during learning minus that of the first;
        ``cr_change_k``, the peak of ``cr_k`` in the last test trial minus that in the first, if a
        CR came in any of them. About what the figures show: ``error_shown``, the share of the
        squared error, while the gate is open, that lies in the dimensions drawn;
        ``cs_named_right``, the share of the area under the curves of the CS that belongs to the
        stimulus they are named after (all of it, where they are called dimensions). NaN for a pair
        that has no such trial, or one where two are needed; and for onsets in a run that has no
        time without a stimulus to tell the noise from.
    """
    metrics: dict[str, Metric] = {}
    start, stop = parameters.learning_start, parameters.learning_stop
    paired = OFFSET - CS_ONSET
    by_time = traces.set_index("time")
    responses = by_time.filter(regex="^[cu]r_evoked_")
    noise = between(responses, *QUIET).std()
    for k in range(parameters.dimensions):
        tested = trials_after_learning(parameters, k)
        of_trials = evoked_in(responses, noise, k, tested)
        before = evoked_in(responses, noise, k, trials_between(parameters, k, 0, start, paired))
        during = evoked_in(responses, noise, k, trials_between(parameters, k, start, stop, paired))
        drawn, came = by_time[f"cr_{k + 1}"], (of_trials["cr_missing"] == 0).any()
        peaks = [between(drawn, onset, onset + TRIAL).max() for onset in tested if came]
        found = {name: Metric(of_trials[name].mean(), unit) for name, unit in EVOKED.items()} | {
            "cr_before": Metric(before["cr_peak"].mean(), "1"),
            "cr_acquisition": Metric(change(during["cr_peak"].to_list()), "1"),
            "cr_change": Metric(change(peaks), "1"),
        }
        metrics |= {f"{name}_{k + 1}": metric for name, metric in found.items()}
    metrics["error_shown"] = Metric(error_shown(traces, parameters), "1")
    metrics["cs_named_right"] = Metric(cs_named_right(traces, parameters), "1")
    return metrics


def evoked_in(
    responses: pd.DataFrame, noise: pd.Series, pair: int, onsets: Sequence[float]
) -> pd.DataFrame:
    """What is evoked in some trials of a pair, which begin at some seconds: a row for each."""
    cr, ur = f"cr_evoked_{pair + 1}", f"ur_evoked_{pair + 1}"
    others = [name for name in map(str, responses) if name.startswith("cr_") and name != cr]
    us, off = US_ONSET - CS_ONSET, OFFSET - CS_ONSET
    trials = [Trial(cs, cs + us, cs + off, cs + TRIAL) for cs in onsets]
    rows = [evoked(responses, cr, ur, others, trial, noise) for trial in trials]
    return pd.DataFrame(rows, columns=list(EVOKED))


def error_shown(traces: pd.DataFrame, parameters: Parameters) -> float:
    """Share of the squared error in the dimensions drawn; NaN where the gate never opens."""
    learning = traces[traces["learning_gate"] == 0]
    errors = np.square(
        learning[[f"error_{k + 1}" for k in range(parameters.dimensions)]].to_numpy()
    )
    shown = errors if parameters.errors_shown == "all" else errors[:, :1]
    return float(shown.sum() / errors.sum()) if errors.any() else float("nan")


def cs_named_right(traces: pd.DataFrame, parameters: Parameters) -> float:
    """Share of the area under the CS curves that belongs to the stimulus in their name."""
    if parameters.stimulus_names == "dimensions":
        return 1.0
    stimuli = np.abs(traces[[f"cs_{k + 1}" for k in range(parameters.dimensions)]].to_numpy())
    pair = (traces["time"].to_numpy() % parameters.dimensions).astype(int)
    of_its_pair = stimuli[np.arange(len(stimuli)), pair]
    return float(of_its_pair.sum() / stimuli.sum()) if stimuli.any() else float("nan")


def series(traces: pd.DataFrame) -> pd.DataFrame:
    """Responses and errors of all dimensions over time in seconds."""
    return traces.set_index("time").filter(regex=r"^(ur|cr|error)_\d")


def trials_after_learning(parameters: Parameters, pair: int) -> list[float]:
    """When the complete trials of one pair begin, whose CS comes after learning, in seconds."""
    return trials_between(parameters, pair, parameters.learning_stop, parameters.duration, TRIAL)


def trials_between(
    parameters: Parameters, pair: int, start: float, stop: float, length: float
) -> list[float]:
    """When the CS of a pair comes on, within some time of which the trial takes a length (s)."""
    half_step = parameters.dt / 2
    end = min(stop, parameters.duration)  # learning may go on for longer than the run
    onsets = np.arange(pair + CS_ONSET, end - length + half_step, parameters.dimensions)
    return [float(onset) for onset in onsets if onset > start - half_step]
