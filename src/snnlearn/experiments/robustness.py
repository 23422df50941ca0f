"""Robustness of the spiking classifier: dead neurons, noisy and coarse weights, noisy images.

Networks that were trained without any of it are shown the test images; nothing is trained here.
"""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field
from pydantic.dataclasses import dataclass

from snnlearn.data import given
from snnlearn.experiments import Metric, Resources
from snnlearn.jobs.progress import Progress
from snnlearn.mnist import parameter_files, perturbing, shown
from snnlearn.mnist.answers import changes
from snnlearn.mnist.evaluation import Evaluator
from snnlearn.seeding import Seed, seed_for
from snnlearn.settings.types import NOT_A_FLAG, STRICT, Count, Positive

logger = logging.getLogger(__name__)

ON_REQUEST = True
SEEDS = (0, 1, 2, 3, 4)
SEEDS_PER_JOB = 1
INPUTS = ("dataset", "trained_parameters")
NOT_SIMULATED = ("parameters", "dataset", "on_unavailable")
RANDOM_SOURCES = {**shown.RANDOM_SOURCES, "perturbations": ("perturbations",)}

#: What is not perturbed.
INTACT = "intact"

#: What is perturbed, and its levels in :class:`Parameters`.
KINDS = ("dead_neurons", "weight_noise", "weight_bits", "image_noise")

#: Core seconds that an image takes in a step of 1 ms, roughly.
SECONDS_PER_STEP = 3e-5

Share = Annotated[float, Field(gt=0, le=1), NOT_A_FLAG]
Bits = Annotated[int, Field(ge=2, le=16), NOT_A_FLAG]


@dataclass(frozen=True, config=STRICT)
class Parameters(shown.Shown):
    """What is perturbed, and how much."""

    dead_neurons: tuple[Share, ...] = (0.05, 0.1, 0.2, 0.4)
    """Shares of the neurons of each layer that never fire."""

    weight_noise: tuple[Positive, ...] = (0.1, 0.2, 0.4, 0.8)
    """Standard deviations of normal noise on each weight, as shares of its kernel's root mean
    square.
    """

    weight_bits: tuple[Bits, ...] = (8, 4, 3, 2)
    """Bits of a weight, of which each output channel has a scale of its own."""

    image_noise: tuple[Positive, ...] = (0.1, 0.2, 0.4, 0.8)
    """Standard deviations of normal noise on each pixel, as shares of 255."""

    n_steps: Annotated[Count, Field(le=999)] = 30
    """Presentation time in steps of 1 ms."""

    @property
    def conditions(self) -> list[tuple[str, float]]:
        """What is perturbed, and how much, in the order in which it is tried."""
        return [(INTACT, 0.0), *((kind, level) for kind in KINDS for level in getattr(self, kind))]


def resources(parameters: Parameters) -> Resources:
    """What one job that simulates takes."""
    shown = (parameters.test_images or 10_000) * parameters.n_steps
    return Resources(
        memory_mb=round(1000 + 2e-4 * shown),
        threads=parameters.threads,
        seconds=10 + len(parameters.conditions) * shown * SECONDS_PER_STEP,
        trace_mb=0.05,
    )


def simulate(
    parameters: Parameters,
    seeds: Sequence[Seed],
    *,
    dataset: Path,
    trained_parameters: Sequence[Path],
) -> Iterator[pd.DataFrame]:
    """Show all test images to the network of each seed, under each condition.

    Parameters
    ----------
    parameters : Parameters
        What to simulate.
    seeds : sequence of int or mapping
        Seeds of the networks; what is perturbed is drawn from them, too.
    dataset : pathlib.Path
        The images, from :func:`snnlearn.data.datasets.write`; their origin stands beside them, if
        the pipeline has written them.
    trained_parameters : sequence of pathlib.Path
        The trained parameters of each seed, from :mod:`snnlearn.mnist.parameter_files`.

    Yields
    ------
    pandas.DataFrame
        For each seed, one row per condition: ``perturbed`` (:data:`INTACT`, or one of
        :data:`KINDS`), ``level``, ``images`` that were shown, how many were answered ``right``,
        and how many of them were ``gained`` and ``lost`` against the intact network. ``variant``
        names the origin of the parameters and the data set.
    """
    images, origin = given.read(dataset)
    x, y = images.x_test[: parameters.test_images], images.y_test[: parameters.test_images]
    progress = Progress(logger)
    for number, (seed, file) in enumerate(zip(seeds, map(Path, trained_parameters), strict=True)):
        trained = parameter_files.read(file)
        rows, intact = [], np.zeros(len(x))
        for done, (kind, level) in enumerate(parameters.conditions):
            answers = _answers(parameters, seed, trained, x, kind, level)
            right = (answers == y).astype(float)
            intact = right if kind == INTACT else intact
            rows.append(
                {"perturbed": kind, "level": level, "images": len(x), "right": int(right.sum())}
                | changes(right, intact)
            )
            progress.tell(
                (number + (done + 1) / len(parameters.conditions)) / len(seeds),
                "seed %s: %s %g: %d of %d right",
                *(seed, kind, level, right.sum(), len(x)),
            )
        variant = parameter_files.read_provenance(file).label_with(origin)
        yield pd.DataFrame(rows).assign(variant=variant)


def _answers(
    parameters: Parameters,
    seed: Seed,
    trained: Sequence[np.ndarray],
    x: np.ndarray,
    kind: str,
    level: float,
) -> np.ndarray:
    """The class that a perturbed network sees in each image, shape (images,)."""
    rng = np.random.default_rng(seed_for("robustness", seed, "perturbations"))
    network = Evaluator(seed, parameters.threads)
    match kind:
        case "dead_neurons":
            network.lose(level, rng)
        case "weight_noise":
            trained = perturbing.noisy(trained, level, rng)
        case "weight_bits":
            trained = perturbing.quantized(trained, int(level))
        case "image_noise":
            x = perturbing.noisy_images(x, level, rng)
    network.load(trained)
    return network.readouts(x, parameters.n_steps)[:, -1].argmax(axis=1)


def measure(traces: pd.DataFrame, parameters: Parameters) -> dict[str, Metric]:
    """Accuracy under each condition, and what it loses against the intact network.

    Parameters
    ----------
    traces : pandas.DataFrame
        Conditions of one seed, from :func:`simulate`.
    parameters : Parameters
        What was simulated.

    Returns
    -------
    dict of str to Metric
        ``accuracy``, of the intact network; for each condition ``accuracy_<perturbed>_<level>``
        and ``loss_<perturbed>_<level>``, what the intact network is better by. Levels are in
        percent, but for bits.
    """
    shares = traces["right"] / traces["images"]
    intact = shares[traces["perturbed"] == INTACT].iloc[0]
    metrics = {"accuracy": Metric(float(intact), "1")}
    for kind, level, share in zip(traces["perturbed"], traces["level"], shares, strict=True):
        if kind != INTACT:
            name = f"{kind}_{level if kind == 'weight_bits' else 100 * level:g}".replace(".", "p")
            metrics[f"accuracy_{name}"] = Metric(float(share), "1")
            metrics[f"loss_{name}"] = Metric(float(intact - share), "1")
    return metrics
