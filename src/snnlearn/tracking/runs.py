"""Log finished results to MLflow: one cell of a study after the other.

Each experiment of the pipeline is an MLflow experiment ``<prefix>/<experiment>``. In it, a parent
run stands for one configuration of the experiment and holds its figures and the mean of each
metric over the seeds; a child run stands for one seed. The tag ``cell`` is a hash of all that
decides a run's numbers: what is logged already under the same cell is not logged again, whatever
study asks for it. Trained parameters of a classifier become versions of a model in MLflow's
registry.

A run begins and ends with the job that made its numbers, not with the logging of them.

Trainings that are shown while they run (:mod:`snnlearn.tracking.live`) are runs of their own, with
the tags ``live`` and ``training``; the run of the seed takes their place.
"""

import logging
import math
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from time import time
from typing import Any

import pandas as pd
from mlflow.entities import Run

from snnlearn.data import obtaining
from snnlearn.data.hashing import sha256_of_data
from snnlearn.data.origin import Origin
from snnlearn.experiments import Experiment
from snnlearn.settings.changes import Change, changes, name_of, short
from snnlearn.statistics import mean_interval
from snnlearn.tracking.client import NOTE, PARENT, SOURCE, ExperimentLog, Point
from snnlearn.tracking.settings import TrackingSettings

logger = logging.getLogger(__name__)

MS_PER_SECOND = 1000


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """The files that a cell was simulated from.

    Attributes
    ----------
    dataset : Origin, optional
        The data set.
    dataset_sha256 : str, optional
        SHA-256 of the file of the data set that the simulation read.
    trained : mapping of int to mapping
        For each seed, the provenance of the trained parameters it used: ``sha256``, ``source``
        and ``origin``, which is ``trained`` where they were trained here.
    parameter_files : mapping of int to pathlib.Path
        For each seed, the file of these parameters, with the provenance beside it.
    histories : mapping of int to pandas.DataFrame
        For each seed that was trained here, ``loss`` and ``accuracy`` by ``epoch``.
    trainings : mapping of int to str
        For each seed that was trained here, the ``key`` under which :mod:`snnlearn.tracking.live`
        showed the training; what showed it is removed.
    """

    dataset: Origin | None = None
    dataset_sha256: str | None = None
    trained: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    parameter_files: Mapping[int, Path] = field(default_factory=dict)
    histories: Mapping[int, pd.DataFrame] = field(default_factory=dict)
    trainings: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FinishedCell:
    """The results of one cell of a study: an experiment with some parameters, over some seeds.

    Attributes
    ----------
    study : str
        Name of the study; an experiment's own runs are the study of its name.
    cell_name : str
        Name of the cell within the study.
    experiment : Experiment
        The experiment.
    parameters : mapping
        Its parameters.
    code_sha256 : str
        SHA-256 of the modules that its numbers come from.
    metrics : pandas.DataFrame
        Its part of the study's metrics: ``variant``, ``seed``, ``metric`` and ``value``.
    runs : sequence of pathlib.Path
        Its traces, a file for each batch of seeds; empty where none are kept.
    figures : sequence of pathlib.Path
        Its figures.
    captions : mapping of str to str
        What each figure shows.
    inputs : Inputs, optional
        The files it was simulated from.
    times : mapping of int to tuple of int
        For each seed, start and end of the job that simulated it, in ms since 1970 (UTC). The
        run of a seed that is not in it begins and ends with its logging.
    sources : mapping of int to mapping of str to int
        Where a seed only numbers the run, and each source of randomness has one of its own:
        these.
    """

    study: str
    cell_name: str = "base"
    experiment: Experiment[Any]
    parameters: Mapping[str, Any]
    code_sha256: str
    metrics: pd.DataFrame
    runs: Sequence[Path] = ()
    figures: Sequence[Path] = ()
    captions: Mapping[str, str] = field(default_factory=dict)
    inputs: Inputs | None = None
    times: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    sources: Mapping[int, Mapping[str, int]] = field(default_factory=dict)

    @property
    def variant(self) -> str:
        """What the results are of; the same for all seeds."""
        (variant,) = self.metrics["variant"].unique()
        return str(variant)

    @cached_property
    def seeds(self) -> list[int]:
        """All seeds, in their order."""
        return [int(seed) for seed in sorted(self.metrics["seed"].unique())]

    @cached_property
    def cell(self) -> str:
        """Identifies the parent run: a hash of all that decides the numbers, but the seed."""
        inputs = self.inputs or Inputs()
        # Parameters that were trained here follow from code, configuration and seed.
        given = {
            record["sha256"] for record in inputs.trained.values() if record["origin"] != "trained"
        }
        deciding = {
            "experiment": self.experiment.name,
            "variant": self.variant,
            "parameters": self.parameters,
            "code": self.code_sha256,
            "dataset": inputs.dataset.sha256 if inputs.dataset else None,
            "trained parameters": sorted(given),
        }
        if self.sources:  # a mean over other runs than those of plain seeds
            deciding["sources"] = sorted({name for seed in self.sources.values() for name in seed})
        return sha256_of_data(deciding)

    def cell_of(self, seed: int) -> str:
        """Identifies the child run of one seed."""
        return sha256_of_data([self.cell, self.sources.get(seed, seed)])

    def changes(self) -> list[Change]:
        """How its parameters differ from the chapter's."""
        return changes(self.experiment.Parameters, self.parameters)

    def run_name(self) -> str:
        """What differs from the chapter."""
        name = name_of(self.changes())
        dataset = self.inputs.dataset if self.inputs else None
        if dataset is not None and dataset.label != obtaining.DataSettings().name:
            name += f" on {dataset.label}"
        return f"{name}, each source of randomness by itself" if self.sources else name

    def span(self, seeds: Collection[int]) -> tuple[int, int] | tuple[None, None]:
        """When the first job of some seeds began and the last ended, in ms since 1970 (UTC)."""
        known = [self.times[seed] for seed in seeds if seed in self.times]
        if not known:
            return None, None
        return min(start for start, _ in known), max(end for _, end in known)


def log(
    cell: FinishedCell,
    settings: TrackingSettings,
    tags: Mapping[str, str],
    configuration: Mapping[str, str] | None = None,
    live: str | None = None,
) -> dict[str, Any]:
    """Log one cell: what is not logged yet, no more.

    Parameters
    ----------
    cell : FinishedCell
        The results.
    settings : TrackingSettings
        Where to log them, and how many points of a time series.
    tags : mapping of str to str
        Tags for every run, such as ``commit`` and ``configuration_sha256``.
    configuration : mapping of str to str
        Files that hold the configuration: name and text. They are kept with the parent, in a
        folder for each ``configuration_sha256`` that has added runs.
    live : str, optional
        The tag ``live`` of these results' trainings; the runs that showed them are removed.

    Returns
    -------
    dict
        ``experiment`` (its name in MLflow), ``study``, ``cell_name``, ``cell``, ``parent`` (run
        id), ``seeds`` and ``added`` (how many runs were not there before).

    Raises
    ------
    mlflow.exceptions.MlflowException, sqlalchemy.exc.SQLAlchemyError, requests.RequestException
        If the tracking address does not answer or refuses. The run at hand is then marked as
        failed where that is possible, and logged anew next time.
    RuntimeError
        If the MLflow experiment was deleted.
    """
    into = ExperimentLog(settings, cell.experiment.name, cell.experiment.summary)
    writer = _CellWriter(into, cell, tags, settings.max_points)
    added = writer.add_runs(configuration or {})
    writer.summarize()
    writer.register_parameters()
    if live is not None:
        trainings = cell.inputs.trainings.values() if cell.inputs else ()
        into.remove_live_runs(live, set(trainings))
    logger.info("%s, %s of %s: %d runs added", into.name, cell.cell_name, cell.study, added)
    return {
        "experiment": into.name,
        "study": cell.study,
        "cell_name": cell.cell_name,
        "cell": cell.cell,
        "parent": writer.parent,
        "seeds": cell.seeds,
        "added": added,
    }


class _CellWriter:
    """Brings an MLflow experiment to what one cell has found.

    Attributes
    ----------
    parent : str
        Id of the run of the cell.
    children : dict of int to str
        Id of the run of each seed.
    """

    def __init__(
        self, into: ExperimentLog, cell: FinishedCell, tags: Mapping[str, str], max_points: int
    ) -> None:
        self._into, self._cell, self._max_points = into, cell, max_points
        self._inputs = cell.inputs or Inputs()
        self._tags = {
            **tags,
            "experiment": cell.experiment.name,
            "study": cell.study,
            "cell_name": cell.cell_name,
            "variant": cell.variant,
            SOURCE: "snnlearn",
            **_tags_of(self._inputs),
        }
        self._summary = summary_of(cell.metrics)
        self.parent = ""
        self.children: dict[int, str] = {}

    def add_runs(self, configuration: Mapping[str, str]) -> int:
        """Add the runs that are not there; keep the configuration if there are any.

        Returns
        -------
        int
            How many were added.
        """
        cell, into = self._cell, self._into
        existing = into.finished({cell.cell, *(cell.cell_of(seed) for seed in cell.seeds)})
        parent = next((run for run in existing if run.data.tags["cell"] == cell.cell), None)
        if parent is None:
            self.parent = self._add_parent()
        else:
            self.parent = parent.info.run_id
            self._find_children(existing)
        missing = set(cell.seeds) - self.children.keys()
        if parent is not None:
            self._prolong(parent, missing)
        if parent is None or missing:
            folder = f"config/{self._tags.get('configuration_sha256', '')[:8]}"
            for file, text in configuration.items():
                into.text(self.parent, text, f"{folder}/{file}")
        for seed, traces in _traces_of(cell.runs, missing):
            self.children[seed] = self._add_child(seed, traces)
        return len(missing) + (parent is None)

    def _find_children(self, existing: Sequence[Run]) -> None:
        """Find the runs of seeds; where a parent was deleted by hand, its children do not count."""
        for run in existing:
            if run.data.tags.get(PARENT) == self.parent:
                self.children[int(run.data.tags["seed"])] = run.info.run_id

    def _add_parent(self) -> str:
        cell = self._cell
        note = note_on(cell.experiment, cell.changes(), cell.captions)
        tags = {**self._tags, "cell": cell.cell, NOTE: note}
        with self._into.run(cell.run_name(), tags, *cell.span(cell.seeds)) as parent:
            self._log_given(parent)
        return parent

    def _prolong(self, parent: Run, seeds: Collection[int]) -> None:
        """Let a parent that is there end with the last of the seeds that come to it."""
        _, ended = self._cell.span(seeds)
        if ended is not None and ended > (parent.info.end_time or 0):
            self._into.end(self.parent, ended=ended)

    def _add_child(self, seed: int, traces: pd.DataFrame) -> str:
        tags = {
            **self._tags,
            "cell": self._cell.cell_of(seed),
            "seed": str(seed),
            PARENT: self.parent,
            **{f"seed.{name}": str(n) for name, n in self._cell.sources.get(seed, {}).items()},
        }
        if seed in self._inputs.trained:
            tags["parameters_sha256"] = self._inputs.trained[seed]["sha256"]
        started, ended = self._cell.span([seed])
        with self._into.run(f"seed {seed}", tags, started, ended) as child:
            self._log_given(child)
            self._log_points(child, seed, traces)
        return child

    def _log_given(self, run: str) -> None:
        """Log what a run was made with."""
        self._into.parameters(run, self._cell.parameters)
        if self._inputs.dataset is not None:
            self._into.dataset(run, self._inputs.dataset, self._inputs.dataset_sha256)

    def _log_points(self, run: str, seed: int, traces: pd.DataFrame) -> None:
        """Log the metrics of a seed, its time series and the history of its training."""
        cell = self._cell
        started, ended = cell.times.get(seed) or (_now(), _now())
        own = cell.metrics[cell.metrics["seed"] == seed]
        points = [
            Point(name, value, ended, 0)
            for name, value in zip(own["metric"], own["value"], strict=True)
        ]
        if not traces.empty:
            series = thinned(cell.experiment.series(traces), self._max_points)
            series.index = (series.index.to_numpy(float) * MS_PER_SECOND).round().astype(int)
            points += _spread(series.add_prefix("over_time/"), started, ended)
        if seed in self._inputs.histories:
            epochs = self._inputs.histories[seed].set_index("epoch")[["loss", "accuracy"]]
            points += _spread(epochs.add_prefix("training/"), started, ended)
        self._into.points(run, points)

    def summarize(self) -> None:
        """Put the mean of each metric and the figures on the parent.

        The step is the number of seeds: with more of them, the history shows the mean settle.
        """
        cell, n_seeds = self._cell, len(self._cell.seeds)
        _, ended = cell.span(cell.seeds)
        self._into.points(
            self.parent,
            [
                Point(name, value, ended or _now(), n_seeds)
                for name, value in self._summary.items()
                if (n_seeds, value) not in self._into.history(self.parent, name)
            ],
        )
        own = cell.study == cell.experiment.name
        for figure in cell.figures:
            # Studies may have the same cell, and figures of the same name.
            self._into.artifact(self.parent, figure, "figures" if own else f"figures/{cell.study}")

    def register_parameters(self) -> None:
        """Make the trained parameters versions of a registered model, one for each run.

        What a seed has trained belongs to its run; a file that all seeds share, to the parent.
        The version's tags are the metrics of that run, and where the parameters come from.
        """
        if not self._inputs.parameter_files:
            return
        registered = self._into.registered(
            f"Trained parameters of the network of `{self._cell.experiment.name}`, in NengoDL's "
            "layout (.npz)."
        )
        for seed, file in self._inputs.parameter_files.items():
            of_seed = self._inputs.trained[seed]["origin"] == "trained"
            run = self.children[seed] if of_seed else self.parent
            if run not in registered:
                registered.add(run)
                self._register(run, seed, file, of_seed)

    def _register(self, run: str, seed: int, file: Path, of_seed: bool) -> None:
        metrics = self._cell.metrics
        own = metrics[metrics["seed"] == seed].dropna(subset="value")
        numbers = dict(zip(own["metric"], own["value"], strict=True)) if of_seed else self._summary
        with tempfile.TemporaryDirectory() as folder:
            for source in (file, file.with_suffix(".json")):
                shutil.copyfile(source, Path(folder, f"parameters{source.suffix}"))
            self._into.artifacts(run, Path(folder), "parameters")
        provenance = self._inputs.trained[seed]
        tags = {
            "sha256": provenance["sha256"],
            "origin": provenance["origin"],
            "variant": self._cell.variant,
            **{name: f"{value:.6g}" for name, value in numbers.items()},
        }
        description = f"{provenance['source']}; {self._cell.run_name()}"
        self._into.register(run, "parameters", tags, description)


def _tags_of(inputs: Inputs) -> dict[str, str]:
    """Tags that say which data set was used."""
    if inputs.dataset is None:
        return {}
    tags = {"dataset": inputs.dataset.label}
    tags |= {f"dataset.sha256.{array}": sha for array, sha in inputs.dataset.sha256.items()}
    if inputs.dataset_sha256 is not None:
        tags["dataset.sha256.file"] = inputs.dataset_sha256
    return tags


def _traces_of(
    batches: Sequence[Path], seeds: Collection[int]
) -> Iterator[tuple[int, pd.DataFrame]]:
    """Each seed with its traces, which are empty where none were kept."""
    left = set(seeds)
    for batch in batches:
        present = pd.read_parquet(batch, columns=["seed"])["seed"].unique()
        wanted = sorted(left.intersection(int(seed) for seed in present))
        if not wanted:
            continue
        traces = pd.read_parquet(batch)
        for seed in wanted:
            yield seed, traces[traces["seed"] == seed]
        left.difference_update(wanted)
    for seed in sorted(left):
        yield seed, pd.DataFrame()


def _spread(table: pd.DataFrame, started: int, ended: int) -> list[Point]:
    """The values of a table, indexed by step, at moments in proportion to their steps.

    What lasts 15 s for the network may take the job 2 s: the moments are those of the job.
    """
    last = max(table.index, default=0) or 1
    return [
        Point(str(name), float(value), started + round((ended - started) * step / last), int(step))
        for step, row in zip(table.index, table.to_dict("records"), strict=True)
        for name, value in row.items()
    ]


def _now() -> int:
    return round(time() * MS_PER_SECOND)


def thinned(series: pd.DataFrame, max_points: int) -> pd.DataFrame:
    """Every k-th row up to the last, with the smallest k that leaves at most ``max_points``."""
    every = max(1, math.ceil(len(series) / max_points))
    return series.iloc[::-1].iloc[::every].iloc[::-1]


def summary_of(metrics: pd.DataFrame) -> dict[str, float]:
    """Mean of each metric over the seeds, and its interval; without what is not defined."""
    summary: dict[str, float] = {}
    for name, values in metrics.groupby("metric")["value"]:
        defined = values.dropna().to_numpy()
        if len(defined) > 0:
            low, high = mean_interval(defined)
            summary |= {str(name): defined.mean(), f"{name}.ci_low": low, f"{name}.ci_high": high}
    return {name: float(value) for name, value in summary.items() if math.isfinite(value)}


def note_on(
    experiment: Experiment[Any], changed: Sequence[Change], captions: Mapping[str, str]
) -> str:
    """What the runs of a configuration are, in Markdown."""
    summary = experiment.summary
    if changed:
        # MLflow's page folds away all but the first lines.
        lines = [f"{summary} Other than in the chapter:", ""]
        lines += [
            f"- `{c.key}` is {short(c.value)}, not {short(c.chapter)}. {c.meaning}" for c in changed
        ]
    else:
        lines = [f"{summary} This is the chapter's configuration."]
    lines += [
        "",
        "The seeds are runs of their own below this one. Each metric here is their mean, with the "
        "95 % interval in `….ci_low` and `….ci_high`; its step is the number of seeds.",
    ]
    if captions:
        lines += ["", "Figures, under Artifacts:", ""]
        lines += [f"- `{name}`: {text}" for name, text in captions.items()]
    return "\n".join(lines) + "\n"
