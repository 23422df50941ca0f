"""Accuracy, latency and energy of the spiking classifier: for how long must an image be shown.

The test images are shown for long to trained networks. After each step it is asked what the answer
is, and what the operations until then have cost; and, for early exits, when the largest read-out
is first ahead of the second by a margin.
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
from snnlearn.mnist import cost, parameter_files, shown
from snnlearn.mnist.answers import changes
from snnlearn.mnist.evaluation import Evaluator
from snnlearn.mnist.network import DT
from snnlearn.seeding import Seed
from snnlearn.settings.types import STRICT, Count, Positive

logger = logging.getLogger(__name__)

ON_REQUEST = True
SEEDS = (0, 1, 2, 3, 4)
SEEDS_PER_JOB = 1
INPUTS = ("dataset", "trained_parameters")
NOT_SIMULATED = ("parameters", "dataset", "on_unavailable")
RANDOM_SOURCES = shown.RANDOM_SOURCES

#: When the accuracy is measured, in steps of 1 ms, as far as an image is shown.
MOMENTS = (1, 2, 5, 10, 20, 30, 50, 100)

#: How many images are shown between two messages, and how many are taken to count spikes.
AT_ONCE = 500

#: What NeuroBench says beside operations, with units.
SPARSITIES = {"activation_sparsity": "1", "connection_sparsity": "1", "footprint": "B"}

#: Core seconds that an image takes in a step of 1 ms, roughly.
SECONDS_PER_STEP = 1e-4


@dataclass(frozen=True, config=STRICT)
class Parameters(shown.Shown):
    """For how long images are shown, and when it is enough."""

    n_steps: Annotated[Count, Field(ge=2, le=10_000)] = 100
    """Presentation time in steps of 1 ms."""

    margins: tuple[Positive, ...] = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
    """Early exits: an answer is given as soon as its filtered read-out is ahead of all others by so
    much, or at the end.
    """


def resources(parameters: Parameters) -> Resources:
    """What one job that simulates takes."""
    shown = (parameters.test_images or 10_000) * parameters.n_steps
    return Resources(
        memory_mb=round(1000 + 2e-4 * shown),
        threads=parameters.threads,
        seconds=10 + shown * SECONDS_PER_STEP,
        trace_mb=0.05,
    )


def simulate(
    parameters: Parameters,
    seeds: Sequence[Seed],
    *,
    dataset: Path,
    trained_parameters: Sequence[Path],
) -> Iterator[pd.DataFrame]:
    """Show all test images to the trained network of each seed.

    Parameters
    ----------
    parameters : Parameters
        What to simulate.
    seeds : sequence of int or mapping
        Seeds of the networks.
    dataset : pathlib.Path
        The images, from :func:`snnlearn.data.datasets.write`; their origin stands beside them, if
        the pipeline has written them.
    trained_parameters : sequence of pathlib.Path
        The trained parameters of each seed, from :mod:`snnlearn.mnist.parameter_files`.

    Yields
    ------
    pandas.DataFrame
        For each seed, one row per way to answer: ``exit`` (``step``: after so many steps for all
        images; ``margin``: an early exit; ``rates``: with rates for spikes, which takes no time),
        ``level`` (the steps, or the margin), how many of the ``images`` are answered ``right``,
        ``time`` (mean seconds until the answer), ``time_90`` (the 90th percentile), ``accumulates``
        (mean operations that spikes cause until then), ``settled`` (how many images have the
        answer that they have at the end), and how many ``gained`` are right that are wrong by
        rates, and ``lost`` the other way round. Of the network, the same in all rows, what
        :func:`snnlearn.mnist.cost.sparsities` says of the first :data:`AT_ONCE` images.
        ``variant`` names the origin of the parameters and the data set.
    """
    images, origin = given.read(dataset)
    x, y = images.x_test[: parameters.test_images], images.y_test[: parameters.test_images]
    progress = Progress(logger)
    for number, (seed, file) in enumerate(zip(seeds, map(Path, trained_parameters), strict=True)):
        network, trained = Evaluator(seed, parameters.threads), parameter_files.read(file)
        network.load(trained)
        shown = []
        for start in range(0, len(x), AT_ONCE):
            part = x[start : start + AT_ONCE]
            shown.append(_shown(network, part, parameters.n_steps))
            progress.tell(
                (number + (start + len(part)) / len(x)) / len(seeds),
                "seed %s: %d of %d images",
                *(seed, start + len(part), len(x)),
            )
        answers, margins, added = (np.concatenate(parts) for parts in zip(*shown, strict=True))
        rated = network.rate_readouts(x).argmax(axis=1)
        spikes = network.spikes(x[:AT_ONCE], parameters.n_steps)
        variant = parameter_files.read_provenance(file).label_with(origin)
        yield _ways(parameters, answers, margins, added, rated, y).assign(
            **cost.sparsities(spikes, parameters.n_steps, trained), variant=variant
        )


def _shown(network: Evaluator, images: np.ndarray, n_steps: int) -> tuple[np.ndarray, ...]:
    """Answers, margins and operations so far, each of shape (images, steps)."""
    readouts, accumulates = network.readouts_and_accumulates(images, n_steps)
    first, second = np.partition(readouts, -2, axis=2)[:, :, [-1, -2]].transpose(2, 0, 1)
    so_far = accumulates.sum(axis=2).cumsum(axis=1)
    return readouts.argmax(axis=2).astype(np.int8), first - second, so_far


def _ways(
    parameters: Parameters,
    answers: np.ndarray,
    margins: np.ndarray,
    added: np.ndarray,
    rated: np.ndarray,
    labels: np.ndarray,
) -> pd.DataFrame:
    """What comes of each way to answer: the rows of :func:`simulate`."""
    n, n_steps = answers.shape
    image, by_rates = np.arange(n), (rated == labels).astype(float)

    def row(way: str, level: float, last: np.ndarray) -> dict[str, object]:
        answered = answers[image, last]
        return {
            "exit": way,
            "level": level,
            "images": n,
            "right": int(np.sum(answered == labels)),
            "time": DT * (last.mean() + 1),
            "time_90": DT * (np.percentile(last, 90) + 1),
            "accumulates": added[image, last].mean(),
            "settled": int(np.sum(answered == answers[:, -1])),
            **changes((answered == labels).astype(float), by_rates),
        }

    rows = [row("step", step + 1, np.full(n, step)) for step in range(n_steps)]
    for margin in parameters.margins:
        ahead = margins >= margin
        rows.append(
            row("margin", margin, np.where(ahead.any(axis=1), ahead.argmax(axis=1), n_steps - 1))
        )
    of_rates = {"exit": "rates", "level": 0.0, "images": n, "right": int(by_rates.sum())}
    return pd.DataFrame([*rows, of_rates])


def measure(traces: pd.DataFrame, parameters: Parameters) -> dict[str, Metric]:
    """Accuracy, latency and energy of each way to answer.

    Parameters
    ----------
    traces : pandas.DataFrame
        The ways of one seed, from :func:`simulate`.
    parameters : Parameters
        What was simulated.

    Returns
    -------
    dict of str to Metric
        ``images``, how many; ``accuracy_by_rates``; ``accuracy_<n>ms``, after so many milliseconds
        of :data:`MOMENTS`, ``settled_<n>ms``, the share of images whose answer is then that at the
        end, ``gained_<n>ms`` and ``lost_<n>ms``, the images that are right then and wrong by rates,
        and the other way round, and ``energy_<n>ms``, joules for an image as
        :func:`snnlearn.mnist.cost.energies` has them for the first layer computed once; for each
        margin ``accuracy_margin_<m>``, ``time_margin_<m>`` and ``time_90_margin_<m>`` in seconds,
        ``energy_margin_<m>``, and ``loss_margin_<m>``, what the end is better by in accuracy.
        ``energy_without_spikes``, of the same layers with numbers for spikes, and ``break_even``,
        up to what time in seconds spikes take less of it, if the first layer is computed once;
        ``break_even_every_step``, if it is computed in each step. Dots in names are written p. And
        what NeuroBench says beside operations (:data:`SPARSITIES`).
    """
    ways: dict[tuple[str, float], dict[str, float]] = {}
    numbers = ["right", "images", "settled", "gained", "lost", "time", "time_90", "accumulates"]
    for way, level, *values in traces[["exit", "level", *numbers]].to_numpy():
        row = dict(zip(numbers, map(float, values), strict=True))
        steps = int(level) if way == "step" else 0
        spent = cost.energies(cost.operations(np.nan_to_num(row["accumulates"]), steps))
        shares = {name: row[name] / row["images"] for name in ("right", "settled")}
        ways[str(way), float(level)] = {**row, **spent, **shares}
    of_steps = [found for (way, _), found in ways.items() if way == "step"]
    without, at_end = of_steps[0]["energy_without_spikes"], of_steps[-1]["right"]
    metrics = {
        **{name: Metric(float(traces[name].iloc[0]), of) for name, of in SPARSITIES.items()},
        "images": Metric(of_steps[-1]["images"], "1"),
        "accuracy_by_rates": Metric(ways["rates", 0.0]["right"], "1"),
        "energy_without_spikes": Metric(without, "J"),
        "break_even": Metric(_up_to([s["energy_once"] < without for s in of_steps]), "s"),
        "break_even_every_step": Metric(
            _up_to([s["energy_every_step"] < without for s in of_steps]), "s"
        ),
    }
    for moment in (moment for moment in MOMENTS if moment <= len(of_steps)):
        found = ways["step", float(moment)]
        metrics |= {
            f"accuracy_{moment}ms": Metric(found["right"], "1"),
            f"settled_{moment}ms": Metric(found["settled"], "1"),
            f"gained_{moment}ms": Metric(found["gained"], "1"),
            f"lost_{moment}ms": Metric(found["lost"], "1"),
            f"energy_{moment}ms": Metric(found["energy_once"], "J"),
        }
    for (way, level), found in ways.items():
        if way == "margin":
            name = f"margin_{level:g}".replace(".", "p")
            metrics |= {
                f"accuracy_{name}": Metric(found["right"], "1"),
                f"loss_{name}": Metric(at_end - found["right"], "1"),
                f"time_{name}": Metric(found["time"], "s"),
                f"time_90_{name}": Metric(found["time_90"], "s"),
                f"energy_{name}": Metric(found["energy_once"], "J"),
            }
    return metrics


def _up_to(holds: Sequence[bool]) -> float:
    """Up to which time in seconds something holds, from the first step on; 0 if it never does."""
    return DT * (list(holds).index(False) if False in holds else len(holds))
