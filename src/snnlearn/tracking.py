"""Log finished results to MLflow. Nothing else writes there, and nothing is read from there.

Each experiment of the pipeline is an MLflow experiment ``<prefix>/<experiment>``. In it, a parent
run stands for one configuration of the experiment and holds its figures and the mean of each
metric over the seeds; a child run stands for one seed. The tag ``cell`` is a hash of all that
decides a run's numbers: what is logged already under the same cell is not logged again.
"""

import json
import logging
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import time
from typing import Any

import pandas as pd

from snnlearn.config import Tracking
from snnlearn.datasets import Origin
from snnlearn.experiment import Experiment
from snnlearn.hashing import sha256_of_data
from snnlearn.statistics import mean_interval

# MLflow reports its use over the internet unless it is told otherwise before it is imported.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

from mlflow import MlflowClient
from mlflow.entities import (
    Dataset,
    DatasetInput,
    LifecycleStage,
    Metric,
    Param,
    Run,
    RunStatus,
)
from mlflow.utils import chunk_list
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NOTE, MLFLOW_SOURCE_NAME
from mlflow.utils.validation import MAX_DATASET_DIGEST_SIZE, MAX_METRICS_PER_BATCH

logger = logging.getLogger(__name__)

MS_PER_SECOND = 1000


@dataclass(frozen=True)
class Study:
    """The results of one experiment under one configuration.

    Attributes
    ----------
    name : str
        Name of the experiment.
    experiment : module
        The experiment.
    parameters : dict
        Its parameters.
    code_sha256 : str
        SHA-256 of the modules that its numbers come from.
    metrics : pandas.DataFrame
        Its part of ``metrics.csv``.
    runs : sequence of pathlib.Path
        Its traces, a file for each batch of seeds.
    figures : sequence of pathlib.Path
        Its figures.
    dataset : Origin, optional
        The data set it used.
    trained : dict of int to dict
        For each seed, the provenance of the trained parameters it used.
    histories : dict of int to pandas.DataFrame
        For each seed that was trained here, loss and accuracy per epoch.
    """

    name: str
    experiment: Experiment
    parameters: Mapping[str, Any]
    code_sha256: str
    metrics: pd.DataFrame
    runs: Sequence[Path]
    figures: Sequence[Path]
    dataset: Origin | None = None
    trained: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    histories: Mapping[int, pd.DataFrame] = field(default_factory=dict)

    @property
    def variant(self) -> str:
        """What the results are of; the same for all seeds."""
        (variant,) = self.metrics["variant"].unique()
        return str(variant)

    def cell(self) -> str:
        """Identifies the parent run: a hash of all that decides the numbers, but the seed."""
        # Parameters that were trained here follow from code, configuration and seed.
        given = {
            record["sha256"] for record in self.trained.values() if record["origin"] != "trained"
        }
        return sha256_of_data(
            {
                "experiment": self.name,
                "variant": self.variant,
                "parameters": self.parameters,
                "code": self.code_sha256,
                "dataset": self.dataset.sha256 if self.dataset else None,
                "trained parameters": sorted(given),
            }
        )

    def cell_of(self, seed: int) -> str:
        """Identifies the child run of one seed."""
        return sha256_of_data([self.cell(), seed])


def log(study: Study, settings: Tracking, tags: Mapping[str, str]) -> dict[str, Any]:
    """Log one experiment: what is not logged yet, no more.

    Parameters
    ----------
    study : Study
        The results.
    settings : Tracking
        Where to log them, and how many points of a time series.
    tags : mapping of str to str
        Tags for every run, such as ``commit`` and ``configuration_sha256``.

    Returns
    -------
    dict
        ``experiment`` (its name in MLflow), ``cell``, ``parent`` (run id), ``seeds`` and ``added``
        (how many runs were not there before).

    Raises
    ------
    mlflow.exceptions.MlflowException
        If the tracking address does not answer or refuses. The run at hand is then marked as
        failed, and logged anew next time.
    RuntimeError
        If the MLflow experiment was deleted.
    """
    client = MlflowClient(tracking_uri=settings.uri)
    name = f"{settings.experiment_prefix}/{study.name}"
    mlflow_experiment = _experiment(client, name, settings.uri)
    tags = {**tags, "variant": study.variant, MLFLOW_SOURCE_NAME: "snnlearn"}
    if study.dataset is not None:
        tags |= {f"dataset.sha256.{array}": h for array, h in study.dataset.sha256.items()}

    seeds = [int(seed) for seed in sorted(study.metrics["seed"].unique())]
    cells = {study.cell(), *(study.cell_of(seed) for seed in seeds)}
    existing = _finished_runs(client, mlflow_experiment, cells)
    added = 0
    parent = existing.get(study.cell())
    if parent is None:
        run_name = f"{study.name} {study.variant} {study.cell()[:8]}"
        parent_tags = {**tags, "cell": study.cell(), MLFLOW_RUN_NOTE: _note(study)}
        with _run(client, mlflow_experiment, run_name, parent_tags) as parent:
            _log_parameters(client, parent, study)
        added += 1
    parent_id = parent.info.run_id

    # Where a parent was deleted by hand, its children count no longer.
    logged = {
        cell
        for cell, run in existing.items()
        if run.data.tags.get(MLFLOW_PARENT_RUN_ID) == parent_id
    }
    for batch in study.runs:
        present = pd.read_parquet(batch, columns=["seed"])["seed"].unique()
        missing = [seed for seed in present if study.cell_of(int(seed)) not in logged]
        if not missing:
            continue
        traces = pd.read_parquet(batch)
        for seed in map(int, missing):
            child_tags = {
                **tags,
                "cell": study.cell_of(seed),
                "seed": str(seed),
                MLFLOW_PARENT_RUN_ID: parent_id,
            }
            if seed in study.trained:
                child_tags["parameters_sha256"] = study.trained[seed]["sha256"]
            with _run(client, mlflow_experiment, f"seed {seed}", child_tags) as child:
                _log_parameters(client, child, study)
                _log_metrics(client, child, study, seed, traces, settings.max_points)
            added += 1
    _log_summary(client, parent_id, study, len(seeds))
    logger.info("%s: %d runs added to the %d there are", name, added, len(existing))
    return {
        "experiment": name,
        "cell": study.cell(),
        "parent": parent_id,
        "seeds": seeds,
        "added": added,
    }


def _experiment(client: MlflowClient, name: str, uri: str) -> str:
    """Id of an MLflow experiment, which is created if it is not there."""
    found = client.get_experiment_by_name(name)
    if found is not None and found.lifecycle_stage == LifecycleStage.DELETED:
        raise RuntimeError(
            f"the MLflow experiment {name} at {uri} was deleted: restore it there, or set "
            "tracking.experiment_prefix to another name"
        )
    if found is not None:
        return str(found.experiment_id)
    # A server knows where its artifacts go; beside a database file they go into a folder.
    database = uri.removeprefix("sqlite:///")
    folder = Path(database).resolve().with_suffix(".artifacts") / name
    location = folder.as_uri() if database != uri else None
    return str(client.create_experiment(name, artifact_location=location))


def _finished_runs(client: MlflowClient, experiment: str, cells: set[str]) -> dict[str, Run]:
    """The complete runs of some cells; what a killed process has left of them is removed."""
    runs: list[Run] = []
    page = client.search_runs([experiment], "tags.cell != ''")
    runs += page
    while page.token:
        page = client.search_runs([experiment], "tags.cell != ''", page_token=page.token)
        runs += page
    finished: dict[str, Run] = {}
    for run in runs:
        if run.data.tags["cell"] not in cells:
            continue
        if run.info.status == RunStatus.to_string(RunStatus.FINISHED):
            finished.setdefault(run.data.tags["cell"], run)  # the latest comes first
        else:
            client.set_terminated(run.info.run_id, RunStatus.to_string(RunStatus.KILLED))
            client.delete_run(run.info.run_id)
    return finished


@contextmanager
def _run(
    client: MlflowClient, experiment: str, name: str, tags: Mapping[str, str]
) -> Iterator[Run]:
    """A run that ends as finished, or as failed if what is logged within fails."""
    run = client.create_run(experiment, run_name=name, tags=dict(tags))
    try:
        yield run
    except BaseException:
        client.set_terminated(run.info.run_id, RunStatus.to_string(RunStatus.FAILED))
        raise
    client.set_terminated(run.info.run_id, RunStatus.to_string(RunStatus.FINISHED))


def _log_parameters(client: MlflowClient, run: Run, study: Study) -> None:
    params = [Param(key, str(value)) for key, value in flat(study.parameters).items()]
    client.log_batch(run.info.run_id, params=params)
    if study.dataset is not None:
        digest = sha256_of_data(study.dataset.sha256)[:MAX_DATASET_DIGEST_SIZE]
        source = json.dumps({"uri": study.dataset.source})
        dataset = Dataset(study.dataset.label, digest, "snnlearn", source)
        client.log_inputs(run.info.run_id, [DatasetInput(dataset)])


def flat(parameters: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested parameters as one level, with dots between the keys."""
    entries: dict[str, Any] = {}
    for key, value in parameters.items():
        if isinstance(value, Mapping):
            entries |= flat(value, f"{prefix}{key}.")
        else:
            entries[f"{prefix}{key}"] = value
    return entries


def _log_metrics(
    client: MlflowClient, run: Run, study: Study, seed: int, traces: pd.DataFrame, max_points: int
) -> None:
    now = run.info.start_time
    own = study.metrics[study.metrics["seed"] == seed]
    metrics = [
        Metric(name, value, now, 0) for name, value in zip(own["metric"], own["value"], strict=True)
    ]
    series = study.experiment.series(traces[traces["seed"] == seed])
    for time_in_seconds, row in thinned(series, max_points).iterrows():
        step = round(float(time_in_seconds) * MS_PER_SECOND)  # type: ignore[arg-type]
        metrics += [Metric(f"over_time/{name}", v, now + step, step) for name, v in row.items()]
    for _, row in study.histories.get(seed, pd.DataFrame()).iterrows():
        epoch = int(row["epoch"])
        metrics += [
            Metric(f"training/{name}", float(row[name]), now + epoch, epoch)
            for name in ("loss", "accuracy")
        ]
    # A number that the run does not define is left out: MLflow has no word for it.
    finite = [metric for metric in metrics if math.isfinite(metric.value)]
    for chunk in chunk_list(finite, MAX_METRICS_PER_BATCH):
        client.log_batch(run.info.run_id, metrics=chunk)


def thinned(series: pd.DataFrame, max_points: int) -> pd.DataFrame:
    """Every k-th row up to the last, with the smallest k that leaves at most ``max_points``."""
    every = max(1, math.ceil(len(series) / max_points))
    return series.iloc[::-1].iloc[::every].iloc[::-1]


def _log_summary(client: MlflowClient, parent: str, study: Study, n_seeds: int) -> None:
    """Mean and interval of each metric over the seeds, and the figures, on the parent.

    The step is the number of seeds: with more of them, the history shows the mean settle.
    """
    now = round(time() * MS_PER_SECOND)
    summary: dict[str, float] = {}
    for name, values in study.metrics.groupby("metric")["value"]:
        defined = values.dropna().to_numpy()
        if len(defined) > 0:
            low, high = mean_interval(defined)
            summary |= {str(name): defined.mean(), f"{name}.ci_low": low, f"{name}.ci_high": high}
    metrics = [
        Metric(name, float(value), now, n_seeds)
        for name, value in summary.items()
        if math.isfinite(value)
        and (n_seeds, value)
        not in [(logged.step, logged.value) for logged in client.get_metric_history(parent, name)]
    ]
    client.log_batch(parent, metrics=metrics)
    for figure in study.figures:
        client.log_artifact(parent, str(figure), "figures")


def _note(study: Study) -> str:
    figures = "\n".join(f"- `{name}`: {text}" for name, text in study.experiment.FIGURES.items())
    return f"{(study.experiment.__doc__ or '').splitlines()[0]}\n\nFigures:\n{figures}\n"
