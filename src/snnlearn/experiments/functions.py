"""Functions and rules: how well and how fast a population learns functions, by PES and by RLS.

All functions are learned at once, by each of the rules, from the spikes of the same neurons: so
nothing but the rule and the function differs between two conditions. Then learning stops, and the
input comes again, a new one of the same law, and one beyond what the neurons represent. All is
held against decoders that least squares find offline for the same neurons and inputs, in the same
simulation.

References
----------
Nengo's documentation, examples ``learn-square`` and ``learn-product``: the functions; and its
``nengo.RLS``, which cites D. Sussillo and L. F. Abbott (2009), Neuron 63:544-557. (Not at hand.)
:mod:`snnlearn.learning.pes`: PES, and the modes in which its error decays.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated, Literal

import nengo
import numpy as np
import pandas as pd
from nengo.builder import Model
from nengo.learning_rules import LearningRuleType
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from snnlearn.engines.simulator import Engine, Probed, run
from snnlearn.engines.simulator.stimuli import of_process
from snnlearn.experiments import Metric, Resources, solving_mb
from snnlearn.learning import learned, rules
from snnlearn.learning.learned import FUNCTIONS, LEARNING, PHASES, THEORIES, Times
from snnlearn.measures import LEFT, explained
from snnlearn.seeding import Seed, seed_for
from snnlearn.settings.types import (
    NOT_A_FLAG,
    STRICT,
    Count,
    NonNegative,
    Positive,
    Synapse,
    Text,
    TimeStep,
)

ON_REQUEST = True
DEFAULT_SEEDS = tuple(range(20))
SEEDS_PER_JOB = 5
RANDOM_SOURCES = {
    "network": ("network",),
    "input": ("learning", "generalization", "extrapolation"),
}

#: Regularization of the solvers offline: with the noise that Nengo assumes, and next to none.
OFFLINE = {"offline": 0.1, "offline_noise_free": 0.001}

#: How many values of the input the solvers offline fit.
FITTED = 1000


@dataclass(frozen=True, config=STRICT)
class Parameters:
    """Parameters of the functions and rules."""

    functions: Annotated[
        tuple[Literal["identity", "square", "product"], ...], Field(min_length=1)
    ] = ("identity", "square", "product")
    """What is learned of the input (x, y): x, x² and x·y."""

    rules: Annotated[tuple[Text, ...], Field(min_length=1)] = ("PES", "RLS")
    """How it is learned: ``PES``, ``RLS``, and rules of your own, each as ``module:name``. The
    module may be a file in the folder where the run happens; the name is a subclass of
    ``nengo.learning_rules.LearningRuleType``, or a function that returns a rule.
    """

    n_neurons: Annotated[Count, Field(ge=5, le=5000)] = 200
    """LIF neurons that represent the input."""

    pes_learning_rate: NonNegative = 1e-3
    """Learning rate of PES. Nengo divides it by ``n_neurons`` and multiplies it by ``dt``."""

    rls_learning_rate: NonNegative = 1e-2
    """Learning rate of RLS: the inverse of its regularization. Nengo multiplies it by ``dt``."""

    duration: Annotated[float, Field(ge=0.5, le=1e4), NOT_A_FLAG] = 20.0
    """Time in seconds for which is learned."""

    test_duration: Annotated[float, Field(ge=0.2, le=1e4), NOT_A_FLAG] = 5.0
    """Time in seconds of each of the three tests; not longer than ``duration``."""

    bin_width: Annotated[float, Field(ge=0.05, le=1e4), NOT_A_FLAG] = 0.5
    """Time in seconds over which an error is averaged while it is learned."""

    stimulus_cutoff: Positive = 5.0
    """Highest frequency in hertz of the white noise that comes in."""

    stimulus_rms: Annotated[float, Field(ge=0.01, le=1), NOT_A_FLAG] = 0.35
    """Root mean square of each of the two numbers that come in; the neurons represent points up to
    a distance of 1 from zero.
    """

    extrapolation: Annotated[float, Field(ge=1, le=100), NOT_A_FLAG] = 2.0
    """How many times as large the input is by which extrapolation is tested; only its points beyond
    a distance of 1 count.
    """

    synapse: Synapse = 0.005
    """Time constant in seconds of the low-pass filter on what is decoded, and on the target."""

    probe_synapse: Synapse = 0.01
    """Time constant in seconds of the low-pass filter on the probes."""

    dt: TimeStep = 0.001
    """Time step in seconds."""

    engine: Engine = "compiled"
    """``compiled``: one time loop of machine code. ``nengo``: Nengo's own, the reference, which
    runs rules of your own.
    """

    @model_validator(mode="after")
    def _consistent(self) -> "Parameters":
        for rule in self.rules:
            if rule not in ("PES", "RLS") and not rules.PATH.match(rule):
                raise ValueError(f"rules has {rule!r}: write PES, RLS, or module:name")
        for names, what in ((self.functions, "functions"), (self.labels, "rules")):
            if twice := sorted({name for name in names if [*names].count(name) > 1}):
                raise ValueError(f"{what} has {', '.join(twice)} twice: leave one, or rename it")
        if taken := sorted({*self.labels} & {*OFFLINE}):
            raise ValueError(f"a rule cannot be called {', '.join(taken)}: rename it")
        if self.test_duration > self.duration:
            raise ValueError(
                f"test_duration ({self.test_duration:g} s) is longer than duration "
                f"({self.duration:g} s), whose end is what is tested again"
            )
        if self.bin_width > self.duration:
            raise ValueError(f"bin_width is longer than duration ({self.duration:g} s)")
        low, high = 1 / self.test_duration, 1 / (2 * self.dt)
        if not low <= self.stimulus_cutoff <= high:
            raise ValueError(
                f"stimulus_cutoff ({self.stimulus_cutoff:g} Hz) must lie between 1 / test_duration "
                f"= {low:.6g} Hz and half the sampling rate, {high:.6g} Hz"
            )
        return self

    @property
    def labels(self) -> tuple[str, ...]:
        """What tables and metrics call the rules."""
        return tuple(rules.label(rule) for rule in self.rules)

    def made(self) -> dict[str, LearningRuleType]:
        """The rules by what tables and metrics call them."""
        known = {
            "PES": nengo.PES(learning_rate=self.pes_learning_rate),
            "RLS": nengo.RLS(learning_rate=self.rls_learning_rate),
        }
        return {rules.label(rule): rules.made(rule, known) for rule in self.rules}

    @property
    def times(self) -> Times:
        """When is learned, and when is tested."""
        return Times(self.duration, self.test_duration, self.bin_width, self.dt)

    def gate(self, t: float) -> float:
        """1 when learning is over, at a time in seconds, else 0."""
        return float(t > self.duration + self.dt / 2)


def resources(parameters: Parameters) -> Resources:
    """What one job that simulates takes."""
    n, conditions = parameters.n_neurons, len(parameters.functions) * len(parameters.rules)
    steps = parameters.times.duration / parameters.dt
    return Resources(
        memory_mb=round(600 + conditions * (2 * solving_mb(n) + 1.6e-5 * n * n) + 5e-5 * steps * n),
        seconds=1 + steps * 1e-5 * (0.5 + n / 100 + 2e-5 * conditions * n * n),
        trace_mb=0.05,
    )


def simulate(parameters: Parameters, seeds: Sequence[Seed]) -> Iterator[pd.DataFrame]:
    """Simulate some seeds: all functions and rules with the same neurons and inputs.

    Parameters
    ----------
    parameters : Parameters
        What to simulate.
    seeds : sequence of int or mapping
        Seeds of the runs.

    Yields
    ------
    pandas.DataFrame
        For each seed, one row per ``function``, ``learner`` (a rule in small letters, or one of
        :data:`OFFLINE`) and ``phase``: what :func:`snnlearn.learning.learned.errors` says, of bins
        of learning and of :data:`snnlearn.learning.learned.PHASES`; and of PES ``modes`` and
        ``steps``, what :func:`snnlearn.learning.learned.predicted` predicts of ``nrmse``.
    """
    network_of, duration = partial(build, parameters, parameters.made()), parameters.times.duration
    dt, engine = parameters.dt, parameters.engine
    for time, data, model in run(network_of, seeds, duration=duration, dt=dt, engine=engine):
        yield errors(parameters, time, data, model)


def presented(parameters: Parameters, seed: Seed) -> np.ndarray:
    """What comes in at each step, shape (steps, 2), dimensionless."""

    def noise(source: str, seconds: float) -> np.ndarray:
        signal = nengo.processes.WhiteSignal(
            seconds,
            high=parameters.stimulus_cutoff,
            rms=parameters.stimulus_rms,
            seed=seed_for("functions", seed, source),
        )
        return of_process(signal, (2,), round(seconds / parameters.dt), parameters.dt)

    first = noise(LEARNING, parameters.duration)
    new, far = (noise(phase, parameters.test_duration) for phase in PHASES[2:])
    far *= parameters.extrapolation
    return np.concatenate([first, first[-len(new) :], new, far])


def build(parameters: Parameters, made: Mapping[str, LearningRuleType], seed: Seed) -> Probed:
    """Build the network of one seed: what is decoded and its targets pass the same filter."""
    inputs, n = presented(parameters, seed), parameters.n_neurons
    first = inputs[: round(parameters.duration / parameters.dt)]
    fitted = {"eval_points": first[:: max(1, len(first) // FITTED)], "scale_eval_points": False}
    network_seed = seed_for("functions", seed, "network")
    probes = {}
    with nengo.Network(label="Functions and rules", seed=network_seed) as network:
        shown = nengo.Node(nengo.processes.PresentInput(inputs, parameters.dt), label="stimulus")
        pre = nengo.Ensemble(n, dimensions=2, seed=network_seed, label="pre")
        gate = nengo.Node(parameters.gate, label="gate")
        nengo.Connection(shown, pre, synapse=None)
        probes["stimulus"] = nengo.Probe(shown)
        for name in parameters.functions:
            wanted, filtered = FUNCTIONS[name], {"synapse": parameters.synapse}
            shows = nengo.processes.PresentInput(wanted(inputs)[:, np.newaxis], parameters.dt)
            source, target = nengo.Node(shows), nengo.Node(size_in=1, label=f"{name} target")
            nengo.Connection(source, target, **filtered)
            posts = {"target": target}
            for learner, strength in OFFLINE.items():
                posts[learner] = nengo.Node(size_in=1, label=f"{name} {learner}")
                solver = nengo.solvers.LstsqL2(reg=strength)
                of = {"function": wanted, "solver": solver} | fitted | filtered
                nengo.Connection(pre, posts[learner], **of)
            for learner, rule in made.items():
                posts[learner] = nengo.Node(size_in=1, label=f"{name} {learner}")
                of = {"function": wanted, "solver": nengo.solvers.NoSolver(np.zeros((n, 1)))}
                kind = {"learning_rule_type": rule} | filtered
                learning = nengo.Connection(pre, posts[learner], **of, **kind)
                rules.teach(learning, target, gate)
            for learner, post in posts.items():
                probes[f"{name} {learner}"] = nengo.Probe(post, synapse=parameters.probe_synapse)
    return Probed(network, probes)


def errors(
    parameters: Parameters, time: np.ndarray, data: Mapping[str, np.ndarray], model: Model
) -> pd.DataFrame:
    """The errors of all conditions in each part of the time.

    Parameters
    ----------
    parameters : Parameters
        What was simulated.
    time : numpy.ndarray, shape (steps,)
        Seconds.
    data : mapping of str to numpy.ndarray, shape (steps, dimensions)
        What the probes recorded.
    model : nengo.builder.Model
        The network as it was built.

    Returns
    -------
    pandas.DataFrame
        As :func:`simulate` says.
    """
    stimulus, times = data["stimulus"], parameters.times
    parts, eta = times.parts(time, stimulus), parameters.pes_learning_rate * times.learns(time)
    tables = []
    for name in parameters.functions:
        theory = dict.fromkeys(THEORIES, np.full(len(parts), np.nan))
        if parameters.pes_learning_rate > 0 and "pes" in parameters.labels:
            wanted = FUNCTIONS[name](stimulus)
            theory = learned.predicted(model, stimulus, wanted, eta, parts, parameters.dt)
        for learner in (*OFFLINE, *parameters.labels):
            decoded, target = (data[f"{name} {what}"][:, 0] for what in (learner, "target"))
            table = learned.errors(decoded, target, parts)
            told = theory if learner == "pes" else dict.fromkeys(THEORIES, np.nan)
            tables.append(table.assign(function=name, learner=learner, **told))
    return pd.concat(tables, ignore_index=True)


def measure(traces: pd.DataFrame, parameters: Parameters) -> dict[str, Metric]:
    """Measure how well and how fast each function was learned by each rule.

    Parameters
    ----------
    traces : pandas.DataFrame
        The errors of one seed, from :func:`simulate`.
    parameters : Parameters
        What was simulated.

    Returns
    -------
    dict of str to Metric
        For each function, each rule and the solvers offline, and each of the
        :data:`snnlearn.learning.learned.PHASES`, ``nrmse_<function>_<rule>_<phase>``: RMS of the
        error over that of the target; and for the rules ``ratio_<function>_<rule>_<phase>``, that
        over the same ``offline``. ``time_<function>_<rule>`` and ``lag_<function>_<rule>``, how
        long it takes, as :func:`snnlearn.learning.learned.pace` says.
        ``retained_<function>_<rule>``, the error in retention over that at the end of learning, and
        ``generalized_<function>_<rule>``, that with a new input over that in retention, both over
        the one offline; NaN where more than :data:`snnlearn.measures.LEFT` is left of the target at
        the end, since little was learned that could stay. Of PES ``explained_<function>_<theory>``,
        the share of the variance of its errors over time that each of the
        :data:`snnlearn.learning.learned.THEORIES` predicts.
    """
    metrics: dict[str, Metric] = {}
    for function, learner in itertools.product(
        parameters.functions, [*OFFLINE, *parameters.labels]
    ):
        of, offline = (
            traces[(traces["function"] == function) & (traces["learner"] == name)]
            for name in (learner, "offline")
        )
        name = f"{function}_{learner}"
        nrmse, best = (
            table[table["phase"] != LEARNING].set_index("phase")["nrmse"] for table in (of, offline)
        )
        metrics |= {f"nrmse_{name}_{phase}": Metric(nrmse[phase], "1") for phase in PHASES}
        if learner in OFFLINE:
            continue
        ratio = nrmse / best
        metrics |= {f"ratio_{name}_{phase}": Metric(ratio[phase], "1") for phase in PHASES}
        course, offline_course = (table[table["phase"] == LEARNING] for table in (of, offline))
        pace = learned.pace(course["nrmse"], offline_course["nrmse"], parameters.bin_width)
        metrics |= {f"{what}_{name}": Metric(value, "s") for what, value in pace.items()}
        end, old, new = ratio["end"], ratio["retention"], ratio["generalization"]
        for what, change in (("retained", old / end), ("generalized", new / old)):
            value = change if nrmse["end"] < LEFT else float("nan")
            metrics[f"{what}_{name}"] = Metric(float(value), "1")
        for theory in THEORIES if learner == "pes" else ():
            share = explained(zip(course["nrmse"], course[theory], strict=True))
            metrics[f"explained_{function}_{theory}"] = Metric(share, "1")
    return metrics
