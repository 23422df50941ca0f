"""A battery of conditioning: what the chapter's network learns from ten classical designs.

In each design, some conditioned stimuli (CS) are presented, alone or together, with or without the
unconditioned one (US); then the gate of learning closes, and tests show what each evokes. The
network is that of :mod:`snnlearn.conditioning.pavlovian`, the same in all designs of a run. What it
evokes is held against the model of Rescorla and Wagner
(:mod:`snnlearn.conditioning.rescorla_wagner`), whose two numbers are fitted to the acquisition of
one stimulus and to nothing else.

References
----------
R. A. Rescorla and A. R. Wagner (1972), as in :mod:`snnlearn.conditioning.rescorla_wagner`.
L. J. Kamin (1969), "Predictability, surprise, attention, and conditioning", in *Punishment and
Aversive Behavior*: blocking. (Not at hand.)
J. W. Moore and N. Schmajuk (2008), "Kamin blocking", Scholarpedia 3(5):3542: blocking.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated

import nengo
import numpy as np
import pandas as pd
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from snnlearn.conditioning.designs import (
    BATTERY,
    CLOSED,
    STIMULI,
    TRIAL,
    Schedule,
    Trial,
    all_trials,
    letters,
)
from snnlearn.conditioning.pavlovian import network
from snnlearn.conditioning.rescorla_wagner import FEWEST, TEST, models_of, parts_of
from snnlearn.conditioning.responses import BASELINE, between
from snnlearn.engines.simulator import Engine, Probed, run
from snnlearn.experiments import Metric, Resources, solving_mb
from snnlearn.measures import explained
from snnlearn.seeding import Seed, seed_for
from snnlearn.settings.types import (
    NOT_A_FLAG,
    STRICT,
    Count,
    NonNegative,
    Real,
    Synapse,
    Text,
    TimeStep,
)

ON_REQUEST = True

SEEDS_PER_JOB = 5

NOT_SIMULATED = ("fitted_on",)

RANDOM_SOURCES = {"network": ("network",)}

#: How many trials at the beginning of a design's last phase show how fast it is learned.
EARLY = 6


@dataclass(frozen=True, config=STRICT)
class Parameters:
    """Parameters of the battery; those of the network are the chapter's."""

    designs: dict[Annotated[str, Field(pattern=r"^[a-z][a-z_]*$")], tuple[Text, ...]] | None = None
    """What is presented in each design, phase by phase: ``20 A+`` are 20 trials of the CS A that
    the US follows, ``20 AX-`` of A and X together without it, ``20 A+ X+`` 20 of each in turn,
    and ``20 -`` of nothing. By default the classical designs of
    :data:`snnlearn.conditioning.designs.BATTERY`.
    """

    tests: tuple[Annotated[str, Field(pattern=r"^[A-Z]+$")], ...] = ("A", "B", "X", "AX", "BX")
    """What is presented when learning is over, without the US."""

    test_repeats: Annotated[Count, Field(le=1000)] = 2
    """How often each of these is presented."""

    stimuli: dict[Annotated[str, Field(pattern=r"^[A-Z]$")], tuple[Real, ...]] | None = None
    """The vector of each CS. That of a compound is their sum, which should not be longer than 1.
    By default A, B and X are 0.7 in a dimension of their own.
    """

    fitted_on: Text = "acquisition"
    """The design to which the model of Rescorla and Wagner is fitted: one CS, always reinforced."""

    cs_duration: Annotated[float, Field(ge=0.05, le=0.5), NOT_A_FLAG] = 0.3
    """How long the CS is on, seconds."""

    us_delay: Annotated[float, Field(ge=0.05, le=0.7), NOT_A_FLAG] = 0.2
    """From the onset of the CS to that of the US, seconds: with more than ``cs_duration`` there is
    nothing in between, as in trace conditioning.
    """

    us_duration: Annotated[float, Field(ge=0.01, le=0.2), NOT_A_FLAG] = 0.1
    """How long the US is on, seconds."""

    n_neurons_per_dimension: Count = 100
    """LIF neurons per represented dimension; the CS ensemble has twice the dimensions."""

    learning_rate: NonNegative = 3e-4
    """Learning rate of PES. Nengo divides it by the number of CS neurons and multiplies it by
    ``dt``.
    """

    memory_synapse: Synapse = 0.2
    """Time constant in seconds of the connection that leaves a fading memory of the CS."""

    response_synapse: Synapse = 0.1
    """Time constant in seconds of the low-pass filter from the CR to the error."""

    probe_synapse: Synapse = 0.01
    """Time constant in seconds of the low-pass filter on the probes."""

    dt: TimeStep = 0.001
    """Time step in seconds."""

    engine: Engine = "compiled"
    """``compiled``: one time loop of machine code. ``nengo``: Nengo's own simulator, the
    reference.
    """

    @model_validator(mode="after")
    def _consistent(self) -> "Parameters":
        sizes = {len(vector) for vector in self.vectors.values()}
        if len(sizes) != 1 or 0 in sizes:
            raise ValueError(f"stimuli must be vectors of one length; found {sorted(sizes)}")
        if not self.battery:
            raise ValueError("designs is empty: at least one is needed")
        for name, phases in self.battery.items():
            if not phases:
                raise ValueError(f"design {name} has no phase")
            if unknown := sorted(letters(phases) - self.vectors.keys()):
                raise ValueError(f"design {name} presents {', '.join(unknown)}, not in stimuli")
        if self.fitted_on not in self.battery:
            raise ValueError(f"fitted_on is {self.fitted_on!r}, which is none of the designs")
        only = self.learned
        if {(len(trial.stimuli), trial.reinforced) for trial in only} != {(1, True)}:
            raise ValueError(f"{self.fitted_on}, in fitted_on, is not one CS, always reinforced")
        if len(only) < FEWEST:
            raise ValueError(f"{self.fitted_on}, in fitted_on, has fewer than {FEWEST} trials")
        if only[0].stimuli not in self.tests:
            raise ValueError(f"tests do not present {only[0].stimuli} of {self.fitted_on} alone")
        if unknown := sorted({letter for test in self.tests for letter in test} - {*self.vectors}):
            raise ValueError(f"tests present {', '.join(unknown)}, not in stimuli")
        if self.us_delay + self.us_duration > TRIAL - CLOSED - BASELINE:
            raise ValueError("the US is not over before the next trial")
        return self

    @property
    def battery(self) -> Mapping[str, tuple[str, ...]]:
        """The phases of each design."""
        return BATTERY if self.designs is None else self.designs

    @property
    def vectors(self) -> Mapping[str, tuple[float, ...]]:
        """The vector of each CS."""
        return STIMULI if self.stimuli is None else self.stimuli

    @property
    def learned(self) -> list[Trial]:
        """The trials that the model of Rescorla and Wagner is fitted to."""
        return all_trials(self.battery[self.fitted_on])

    @property
    def dimensions(self) -> int:
        """Dimensions of the vectors that stand for stimuli and responses."""
        return len(next(iter(self.vectors.values())))

    def schedule(self, design: str) -> Schedule:
        """The trials of a design and its tests in time."""
        return Schedule(
            all_trials(self.battery[design]),
            [Trial(test, False) for test in self.tests] * self.test_repeats,
            {letter: np.array(vector) for letter, vector in self.vectors.items()},
            (0.0, self.cs_duration),
            (self.us_delay, self.us_delay + self.us_duration),
        )


def resources(parameters: Parameters) -> Resources:
    """What one job that simulates takes."""
    seconds = sum(parameters.schedule(name).duration for name in parameters.battery)
    steps = seconds / parameters.dt
    neurons = 6 * parameters.dimensions * parameters.n_neurons_per_dimension
    return Resources(
        memory_mb=round(800 + 2 * solving_mb(neurons // 3)),
        seconds=steps * 1e-5 * (0.4 + neurons / 1200),
        trace_mb=0.05,
    )


def simulate(parameters: Parameters, seeds: Sequence[Seed]) -> Iterator[pd.DataFrame]:
    """Simulate some seeds: all designs with the same network.

    Parameters
    ----------
    parameters : Parameters
        What to simulate.
    seeds : sequence of int or mapping
        Seeds of the runs.

    Yields
    ------
    pandas.DataFrame
        For each seed, one row per trial: ``design``, ``phase`` (as it is written, or ``test``),
        ``trial`` (from 0 in each design), ``stimuli``, ``reinforced``, and the dimensionless
        ``cr``, the evoked response: its mean over the last
        :data:`snnlearn.conditioning.responses.BASELINE` before the US is due, from that before the
        CS, which is ``tonic``; and ``ur``, that over the last such time of the US, from the same.
    """
    runs = [
        run(
            partial(build, parameters, schedule),
            seeds,
            duration=schedule.duration,
            dt=parameters.dt,
            engine=parameters.engine,
        )
        for schedule in map(parameters.schedule, parameters.battery)
    ]
    for of_seed in zip(*runs, strict=True):
        yield pd.concat(
            [
                evoked(parameters, name, time, data)
                for name, (time, data, _) in zip(parameters.battery, of_seed, strict=True)
            ],
            ignore_index=True,
        )


def build(parameters: Parameters, schedule: Schedule, seed: Seed) -> Probed:
    """Build the network of one seed, which is the same for all designs."""
    parts = network(parameters, schedule, seed_for("pavlov", seed, "network"))
    with parts.network:
        probes = {
            "cr": nengo.Probe(parts.cr[0], synapse=parameters.probe_synapse),
            "ur": nengo.Probe(parts.ur[0], synapse=parameters.probe_synapse),
        }
    return Probed(parts.network, probes)


def evoked(
    parameters: Parameters, design: str, time: np.ndarray, data: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """What each trial of a design evoked, as :func:`simulate` says.

    Parameters
    ----------
    parameters : Parameters
        What was simulated.
    design : str
        The design.
    time : numpy.ndarray, shape (steps,)
        Seconds.
    data : mapping of str to numpy.ndarray, shape (steps, 1)
        What the probes recorded.

    Returns
    -------
    pandas.DataFrame
        One row per trial.
    """
    responses = pd.DataFrame({name: values[:, 0] for name, values in data.items()}, index=time)
    phases = [
        phase for phase in parameters.battery[design] for _ in range(len(all_trials([phase])))
    ]
    rows = []
    schedule = parameters.schedule(design)
    for number, (cs, trial) in enumerate(schedule.onsets()):
        us, off = (cs + time for time in schedule.us_on)
        level = between(responses, cs - BASELINE, cs).mean()
        rows.append(
            {
                "design": design,
                "phase": phases[number] if number < len(phases) else TEST,
                "trial": number,
                "stimuli": trial.stimuli,
                "reinforced": trial.reinforced,
                "cr": between(responses["cr"], us - BASELINE, us).mean() - level["cr"],
                "ur": between(responses["ur"], off - BASELINE, off).mean() - level["ur"],
                "tonic": level["cr"],
            }
        )
    return pd.DataFrame(rows)


def measure(traces: pd.DataFrame, parameters: Parameters) -> dict[str, Metric]:
    """Measure what the designs of one run have left, and what the model says of it.

    Parameters
    ----------
    traces : pandas.DataFrame
        The trials of one seed, from :func:`simulate`.
    parameters : Parameters
        What was simulated.

    Returns
    -------
    dict of str to Metric
        For each design and test, ``cr_<design>_<stimuli>``, the mean evoked response (without
        unit), and ``rw_<design>_<stimuli>``, that of the model of Rescorla and Wagner (NaN for
        stimuli that the design does not present). For each design ``early_<design>``, the mean
        evoked response to what its last phase reinforces, over the first :data:`EARLY` trials of
        it (NaN where it reinforces nothing), and ``tonic_<design>``, the mean level before tests.
        ``rw_rate``, ``rw_asymptote`` and ``rw_asymptote_tests``, the numbers of the model as
        :func:`snnlearn.conditioning.rescorla_wagner.models_of` finds them. ``rw_fit``,
        ``rw_explained_trials`` and ``rw_explained_tests``, how much of the variance it explains:
        of the trials it was fitted to, of the trials of all other designs, and of their tests.
    """
    in_trials, in_tests = models_of(traces, parameters.fitted_on, parameters.learned)
    metrics: dict[str, Metric] = {}
    trials: list[tuple[float, float]] = []
    tests: list[tuple[float, float]] = []
    for name, phases in parameters.battery.items():
        others = name != parameters.fitted_on
        presented, presents = all_trials(phases), letters(phases)
        learning, tested = parts_of(traces, name)
        last = learning[-len(all_trials(phases[-1:])) :]  # a phase of that name may come before
        if others:
            trials += zip(learning["cr"], in_trials.responses(presented), strict=True)
        for stimuli in parameters.tests:
            cr = tested["cr"][tested["stimuli"] == stimuli].mean()
            known = set(stimuli) <= presents
            rw = in_tests.response(presented, stimuli) if known else float("nan")
            if known and others:
                tests.append((cr, rw))
            metrics[f"cr_{name}_{stimuli.lower()}"] = Metric(cr, "1")
            metrics[f"rw_{name}_{stimuli.lower()}"] = Metric(rw, "1")
        metrics[f"early_{name}"] = Metric(last["cr"][last["reinforced"]].iloc[:EARLY].mean(), "1")
        metrics[f"tonic_{name}"] = Metric(tested["tonic"].mean(), "1")
    fitted_to = zip(
        parts_of(traces, parameters.fitted_on)[0]["cr"],
        in_trials.responses(parameters.learned),
        strict=True,
    )
    return metrics | {
        "rw_rate": Metric(in_trials.rate, "1"),
        "rw_asymptote": Metric(in_trials.asymptote, "1"),
        "rw_asymptote_tests": Metric(in_tests.asymptote, "1"),
        "rw_fit": Metric(explained(fitted_to), "1"),
        "rw_explained_trials": Metric(explained(trials), "1"),
        "rw_explained_tests": Metric(explained(tests), "1"),
    }
