"""Classification of MNIST with a spiking convolutional network.

The network is looked at twice: with its initial weights and with trained parameters. The
images of the data set and the file of parameters are inputs, made by rules of their own.

References
----------
E. Ezra Tsur, *Neuromorphic Engineering*, chapter 13, after NengoDL's example
"Optimizing a spiking neural network" (spiking-mnist).
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from snnlearn.data import datasets, given
from snnlearn.experiments import Metric, Resources, Variance
from snnlearn.jobs.progress import Progress
from snnlearn.mnist import cost, parameter_files, shown
from snnlearn.mnist.answers import accuracy_over_time, changes, right_at
from snnlearn.mnist.evaluation import Evaluator, evaluator
from snnlearn.mnist.network import DT, N_CLASSES, READOUT_SYNAPSE
from snnlearn.mnist.neurons import CHAPTER, FilterTime, Neurons
from snnlearn.mnist.settings import Engine, Recipe
from snnlearn.seeding import Seed
from snnlearn.settings.types import NOT_A_FLAG, STRICT, Count, Positive, Threads

logger = logging.getLogger(__name__)

SEEDS = (0, 1, 2, 3, 4)
SEEDS_PER_JOB = 1
INPUTS = ("dataset", "trained_parameters")
NOT_SIMULATED = ("parameters", "dataset", "on_unavailable")

RANDOM_SOURCES = shown.RANDOM_SOURCES

#: Short trainings, where they are asked for: every block trains four networks.
VARIANCE = Variance(
    blocks=0,
    metrics=("accuracy_before", "accuracy_after"),
    set={
        "parameters.mode": "train",
        "parameters.training.epochs": 1,
        "parameters.training.images": 6000,
        "test_images": 200,
        "figure_images": 1,
    },
    seeds_per_job=8,
)

#: Core seconds that an image takes in a step of 1 ms, roughly.
SECONDS_PER_STEP = {"compiled": 6e-5, "nengo-dl": 1.5e-3}

#: How many test images firing rates are averaged over, and how many operations.
CLOSEUP_IMAGES, COUNTED_IMAGES = 200, 100

MS_PER_SECOND = 1000
READOUTS = [f"readout_{digit}" for digit in range(N_CLASSES)]


@dataclass(frozen=True, config=STRICT)
class Parameters(shown.Shown):
    """Parameters of the classifier experiment; the defaults are the chapter's."""

    n_steps: Count = 30
    """Presentation time in steps of 1 ms."""

    amplitude: Positive = CHAPTER.amplitude
    """Height of a spike times the time step, in training and in evaluation. Parameters that were
    trained with another one are taken as they are.
    """

    max_rate: Annotated[float, Field(ge=2, le=499), NOT_A_FLAG] = CHAPTER.max_rate
    """Firing rate in hertz at a driven input of 1, where ``amplitude`` counts: it sets the gain,
    which is not finite for a neuron that fires once in many membrane time constants.
    """

    readout_synapse: FilterTime = READOUT_SYNAPSE
    """Time constant in seconds of the low-pass filter on the read-out that is evaluated."""

    minibatch_size: Annotated[Count, Field(le=60_000)] = 200
    """Images that the engine ``nengo-dl`` simulates at once."""

    figure_images: Count = 6
    """The first so many test images have their read-out over time recorded and drawn."""

    engine: Engine = "compiled"
    """``compiled``: loops over the neurons that fire, with the same spikes, and XLA-compiled
    functions with the same gradients. ``nengo-dl``: NengoDL's own simulator and training, the
    reference.
    """

    threads: Threads = 1
    """Threads of one job. With the engine ``nengo-dl``, sums are split between them,
    and the last bits of trained parameters depend on their number.
    """

    @model_validator(mode="after")
    def _trainable(self) -> "Parameters":
        self.parameters.training.check(self.engine)
        return self

    @property
    def neurons(self) -> Neurons:
        """How neurons fire."""
        return Neurons(self.amplitude, self.max_rate)

    @property
    def recipe(self) -> Recipe:
        """What decides the trained parameters."""
        return Recipe.of(self.parameters, self.engine, self.threads, self.neurons)


def resources(parameters: Parameters) -> Resources:
    """What one job that simulates takes."""
    images = parameters.test_images or 10_000
    shown = images * parameters.n_steps
    network_mb = 1000 if parameters.engine == "compiled" else 4000 + parameters.minibatch_size // 2
    return Resources(
        memory_mb=round(network_mb + 4.5e-4 * shown),  # read-outs, their table, and copies
        threads=parameters.threads,
        seconds=10 + 2 * shown * SECONDS_PER_STEP[parameters.engine],
        trace_mb=2 * shown * 6e-7,
    )


def simulate(
    parameters: Parameters,
    seeds: Sequence[Seed],
    *,
    dataset: Path,
    trained_parameters: Sequence[Path],
) -> Iterator[pd.DataFrame]:
    """Show all test images to the network of each seed, before and after training.

    Parameters
    ----------
    parameters : Parameters
        What to simulate.
    seeds : sequence of int or mapping
        Seeds of the networks; the chapter's is 0.
    dataset : pathlib.Path
        The images, from :func:`snnlearn.data.datasets.write`; their origin stands beside them, if
        the pipeline has written them.
    trained_parameters : sequence of pathlib.Path
        The trained parameters of each seed, from :mod:`parameter_files`; their provenance stands
        beside them.

    Yields
    ------
    pandas.DataFrame
        For each seed, one row per phase, image and time step: ``phase`` (``before`` or
        ``after`` training), ``image`` (index in the test set), ``time`` in seconds, ``label``,
        ``predicted`` (the class with the largest filtered read-out), ``predicted_by_rates`` (that
        of the same network if its neurons put out their rates; -1 before training),
        ``accumulates`` (operations that the spikes of a presentation cause, mean over the first
        :data:`COUNTED_IMAGES`) and, for the first ``figure_images`` images, the read-out itself,
        ``readout_0`` to ``readout_9``.
        ``variant`` names the origin of the parameters and the data set, and on which they were
        trained if that is known to be another.
    """
    images, origin = given.read(dataset)
    x, y = images.x_test[: parameters.test_images], images.y_test[: parameters.test_images]
    progress = Progress(logger)

    def report(number: int, phase: str, done: int) -> None:
        shown = done + (len(x) if phase == "after" else 0)
        progress.tell(
            (number + shown / (2 * len(x))) / len(seeds),
            "seed %s (%d of %d), %s training: %d of %d images",
            *(seeds[number], number + 1, len(seeds), phase, done, len(x)),
        )

    for number, (seed, file) in enumerate(zip(seeds, map(Path, trained_parameters), strict=True)):
        with _untrained(parameters, seed) as network:
            phases = []
            rated = np.full(len(x), -1)
            for phase in ("before", "after"):
                if phase == "after":
                    network.load(parameter_files.read(file))
                    rated = network.rate_readouts(x).argmax(axis=1)
                readouts = network.readouts(x, parameters.n_steps, partial(report, number, phase))
                counted = network.spikes(x[:COUNTED_IMAGES], parameters.n_steps)
                table = _table(readouts, rated, y, parameters.figure_images)
                phases.append(table.assign(phase=phase, accumulates=cost.accumulates(counted)))
        variant = parameter_files.read_provenance(file).label_with(origin)
        yield (
            pd.concat(phases, ignore_index=True)
            .assign(variant=variant)
            .astype({"phase": "category", "variant": "category"})
        )


def _untrained(parameters: Parameters, seed: Seed) -> AbstractContextManager[Evaluator]:
    return evaluator(
        seed=seed,
        minibatch_size=parameters.minibatch_size,
        engine=parameters.engine,
        threads=parameters.threads,
        neurons=parameters.neurons,
        readout_synapse=parameters.readout_synapse,
    )


def _table(
    readouts: np.ndarray, rated: np.ndarray, labels: np.ndarray, n_recorded: int
) -> pd.DataFrame:
    n_images, n_steps, _ = readouts.shape
    image = np.repeat(np.arange(n_images, dtype=np.int32), n_steps)
    recorded = readouts.reshape(-1, N_CLASSES).astype(np.float32)
    recorded[image >= n_recorded] = np.nan
    return pd.DataFrame(
        {
            "image": image,
            "time": np.tile(np.arange(1, n_steps + 1) * DT, n_images),
            "label": np.repeat(labels.astype(np.int8), n_steps),
            "predicted": readouts.argmax(axis=2).astype(np.int8).ravel(),
            "predicted_by_rates": np.repeat(rated.astype(np.int8), n_steps),
        }
        | dict(zip(READOUTS, recorded.T, strict=True))
    )


def closeup(
    parameters: Parameters,
    seeds: Sequence[int],
    *,
    dataset: Path,
    trained_parameters: Sequence[Path],
) -> pd.DataFrame:
    """Count the spikes of all neurons while the first test images are shown.

    The compiled network counts them, whatever the engine: its spikes are NengoDL's.

    Parameters
    ----------
    parameters : Parameters
        What to simulate.
    seeds : sequence of int
        Seeds of the networks.
    dataset : pathlib.Path
        The images, as :func:`simulate` takes them.
    trained_parameters : sequence of pathlib.Path
        The trained parameters of each seed, as :func:`simulate` takes them.

    Returns
    -------
    pandas.DataFrame
        One row per seed, phase and neuron: ``seed``, ``phase`` (``before`` or ``after``
        training), ``layer`` (1 to 3), ``neuron`` (its number within the layer, from 0) and
        ``rate``, its mean firing rate in hertz over :data:`CLOSEUP_IMAGES` images, or all if
        they are fewer; their number is ``images``.
    """
    x = datasets.read(dataset).x_test[: parameters.test_images][:CLOSEUP_IMAGES]
    tables = []
    for seed, file in zip(seeds, trained_parameters, strict=True):
        with _untrained(parameters, seed) as network:
            before = network.spikes(x, parameters.n_steps)
            network.load(parameter_files.read(file))
            after = network.spikes(x, parameters.n_steps)
        tables += [
            pd.DataFrame(
                {
                    "seed": seed,
                    "phase": phase,
                    "layer": np.int8(layer),
                    "neuron": np.arange(len(spikes), dtype=np.int32),
                    "rate": spikes / (parameters.n_steps * DT),
                    "images": len(x),
                }
            )
            for phase, layers in (("before", before), ("after", after))
            for layer, spikes in enumerate(layers, start=1)
        ]
    return pd.concat(tables, ignore_index=True).astype({"phase": "category"})


def measure(traces: pd.DataFrame, parameters: Parameters) -> dict[str, Metric]:
    """Accuracy at the end of the presentation time and on the way there, and what it costs.

    Parameters
    ----------
    traces : pandas.DataFrame
        Traces of one seed, from :func:`simulate`.
    parameters : Parameters
        What was simulated.

    Returns
    -------
    dict of str to Metric
        ``accuracy_before`` and ``accuracy_after`` training: shares of the test images whose
        largest filtered read-out at the last step is the right class. ``accuracy_after_2ms``,
        ``accuracy_after_10ms`` and ``accuracy_after_20ms``: the same after training, that long
        after the image came on; NaN where it is presented for a shorter time.
        ``accuracy_by_rates``: after training, if neurons put out their rates. ``gained_…`` and
        ``lost_…``: test images whose answer is right at the end and was not ``after_2ms`` and so
        on, and the other way round, or ``by_spikes`` and not by rates. ``images``: all.
        And, after training, the operations of a presentation and their energies in joules
        (:func:`snnlearn.mnist.cost.operations`, :func:`snnlearn.mnist.cost.energies`). Spikes are
        counted for the first ``counted_images`` alone.
    """
    after = traces[traces["phase"] == "after"]
    answers = after.assign(right=after["label"] == after["predicted"])
    right = answers.pivot(index="image", columns="time", values="right").to_numpy(float)
    then = {ms: right_at(right, ms / MS_PER_SECOND) for ms in (2, 10, 20)}
    rated = after.groupby("image")[["label", "predicted_by_rates"]].first()
    by_rates = (rated["label"] == rated["predicted_by_rates"]).to_numpy(float)
    others = {"by_spikes": by_rates, **{f"after_{ms}ms": of for ms, of in then.items()}}
    operations = cost.operations(after["accumulates"].iloc[0], right.shape[1])
    return {
        **{name: Metric(value, "1") for name, value in series(traces).iloc[-1].items()},
        **{f"accuracy_after_{ms}ms": Metric(of.mean(), "1") for ms, of in then.items()},
        **{
            f"{way}_{how}": Metric(number, "1")
            for how, of in others.items()
            for way, number in changes(right[:, -1], of).items()
        },
        "accuracy_by_rates": Metric(by_rates.mean(), "1"),
        "images": Metric(len(right), "1"),
        "counted_images": Metric(min(len(right), COUNTED_IMAGES), "1"),
        **{name: Metric(number, "1") for name, number in operations.items()},
        **{name: Metric(energy, "J") for name, energy in cost.energies(operations).items()},
    }


def series(traces: pd.DataFrame) -> pd.DataFrame:
    """Accuracy before and after training over the presentation time in seconds."""
    accuracy = accuracy_over_time(traces, ["phase"])
    return accuracy.pivot(index="time", columns="phase", values="accuracy").add_prefix("accuracy_")
