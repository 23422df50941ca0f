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
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from time import time
from typing import Any

import pandas as pd
from mlflow.entities import Run

from snnlearn.results import read_table, seeds_of
from snnlearn.tracking.cells import FinishedCell, Inputs
from snnlearn.tracking.client import NOTE, PARENT, SOURCE, ExperimentLog
from snnlearn.tracking.points import Point, spread, thinned
from snnlearn.tracking.settings import TrackingSettings
from snnlearn.tracking.summaries import note_on, summary_of, tags_of

logger = logging.getLogger(__name__)

MS_PER_SECOND = 1000


def log(
    cell: FinishedCell,
    settings: TrackingSettings,
    tags: Mapping[str, str],
    configuration: Mapping[str, str] | None = None,
    live: str | None = None,
    still_ours: Callable[[], None] = lambda: None,
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
    still_ours : callable, optional
        Called before what others left unfinished is removed, and before each run is added; what
        it raises ends the logging.

    Returns
    -------
    dict
        ``experiment`` (its name in MLflow), ``study``, ``cell_name``, ``cell``, ``parent`` (run
        id), ``seeds``, ``added`` (how many runs were not there before) and, where runs are in an
        SQLite file, ``artifacts`` (the files that are kept, relative to its folder).

    Raises
    ------
    mlflow.exceptions.MlflowException, sqlalchemy.exc.SQLAlchemyError, requests.RequestException
        If the tracking address does not answer or refuses. The run at hand is then marked as
        failed where that is possible, and logged anew next time.
    RuntimeError
        If the MLflow experiment was deleted.
    """
    into = ExperimentLog(settings, cell.experiment.name, cell.experiment.summary)
    writer = _CellWriter(into, cell, tags, settings.max_points, still_ours)
    added = writer.add_runs(configuration or {})
    writer.summarize()
    writer.register_parameters()
    if live is not None:
        trainings = cell.inputs.trainings.values() if cell.inputs else ()
        into.remove_live_runs(live, set(trainings))
    there = len(cell.seeds) - added
    logger.info(
        "%s, %s of %s: %d runs added%s",
        *(into.name, cell.cell_name, cell.study, added),
        f", {there} were there already" if there else "",
    )
    return {
        "experiment": into.name,
        "study": cell.study,
        "cell_name": cell.cell_name,
        "cell": cell.cell,
        "parent": writer.parent,
        "seeds": cell.seeds,
        "added": added,
        "artifacts": into.kept([writer.parent, *writer.children.values()]),
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
        self,
        into: ExperimentLog,
        cell: FinishedCell,
        tags: Mapping[str, str],
        max_points: int,
        still_ours: Callable[[], None],
    ) -> None:
        self._into, self._cell, self._max_points = into, cell, max_points
        self._still_ours = still_ours
        self._inputs = cell.inputs or Inputs()
        self._tags = {
            **tags,
            "experiment": cell.experiment.name,
            "study": cell.study,
            "cell_name": cell.cell_name,
            "variant": cell.variant,
            SOURCE: "snnlearn",
            **tags_of(self._inputs),
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
        self._still_ours()
        existing = into.finished({cell.cell, *(cell.cell_of(seed) for seed in cell.seeds)})
        existing = self._without_doubles(existing)
        parent = next((run for run in existing if run.data.tags["cell"] == cell.cell), None)
        if parent is None:
            self.parent = self._add_parent()
        else:
            self.parent = parent.info.run_id
            self._find_children(existing)
        missing = set(cell.seeds) - self.children.keys()
        if parent is not None:
            self._prolong(parent, missing)
        self._keep(configuration, anew=parent is None or bool(missing))
        for seed, traces in _traces_of(cell.runs, missing):
            self._still_ours()
            self.children[seed] = self._add_child(seed, traces)
        return len(missing) + (parent is None)

    def _keep(self, configuration: Mapping[str, str], anew: bool) -> None:
        """Keep the configuration if it adds runs, or if one that was kept is gone."""
        folder = f"config/{self._tags.get('configuration_sha256', '')[:8]}"
        kept = self._into.files(self.parent, "config")
        there = self._into.files(self.parent, folder) if folder in kept else set()
        for file, text in configuration.items():
            if anew or not kept or (folder in kept and f"{folder}/{file}" not in there):
                self._into.text(self.parent, text, f"{folder}/{file}")

    def _without_doubles(self, runs: Sequence[Run]) -> list[Run]:
        """One run of each cell and parent; what two writers have logged twice is removed."""
        kept: dict[tuple[str, str], Run] = {}
        dropped: set[str] = set()
        # Parents first: the children of one that is dropped are dropped with it.
        for run in sorted(runs, key=lambda run: (PARENT in run.data.tags, run.info.run_id)):
            parent = run.data.tags.get(PARENT, "")
            if parent in dropped or (run.data.tags["cell"], parent) in kept:
                dropped.add(run.info.run_id)
                self._into.delete(run.info.run_id)
            else:
                kept[run.data.tags["cell"], parent] = run
        return list(kept.values())

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
            points += spread(series.add_prefix("over_time/"), started, ended)
        if seed in self._inputs.histories:
            epochs = self._inputs.histories[seed].set_index("epoch")[["loss", "accuracy"]]
            points += spread(epochs.add_prefix("training/"), started, ended)
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
        """Make the trained parameters versions of a registered model, one for each seed's run.

        The version's tags are the metrics of that run, and where the parameters come from.
        """
        if not self._inputs.parameter_files:
            return
        registered = self._into.registered(
            f"Trained parameters of the network of `{self._cell.experiment.name}`, in NengoDL's "
            "layout (.npz)."
        )
        for seed, file in self._inputs.parameter_files.items():
            run = self.children[seed]
            if len(self._into.files(run, "parameters")) < len(_with_provenance(file)):
                self._keep_parameters(run, file)
            if run not in registered:
                self._register(run, seed)

    def _keep_parameters(self, run: str, file: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for source in _with_provenance(file):
                shutil.copyfile(source, Path(folder, f"parameters{source.suffix}"))
            self._into.artifacts(run, Path(folder), "parameters")

    def _register(self, run: str, seed: int) -> None:
        metrics = self._cell.metrics
        own = metrics[metrics["seed"] == seed].dropna(subset="value")
        provenance = self._inputs.trained[seed]
        tags = {
            "sha256": provenance["sha256"],
            "origin": provenance["origin"],
            "variant": self._cell.variant,
            **{
                name: f"{value:.6g}"
                for name, value in zip(own["metric"], own["value"], strict=True)
            },
        }
        description = f"{provenance['source']}; {self._cell.run_name()}"
        self._into.register(run, "parameters", tags, description)


def _with_provenance(file: Path) -> tuple[Path, Path]:
    """A file of parameters, and where they come from."""
    return file, file.with_suffix(".json")


def _traces_of(
    batches: Sequence[Path], seeds: Collection[int]
) -> Iterator[tuple[int, pd.DataFrame]]:
    """Each seed with its traces, which are empty where none were kept."""
    left = set(seeds)
    for batch in batches:
        wanted = sorted(left.intersection(seeds_of(batch)))
        if not wanted:
            continue
        traces = read_table(batch)
        for seed in wanted:
            yield seed, traces[traces["seed"] == seed]
        left.difference_update(wanted)
    for seed in sorted(left):
        yield seed, pd.DataFrame()


def _now() -> int:
    return round(time() * MS_PER_SECOND)
