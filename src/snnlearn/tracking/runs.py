"""Log finished results to MLflow. Nothing else writes there, and nothing is read from there.

Each experiment of the pipeline is an MLflow experiment ``<prefix>/<experiment>``. In it, a parent
run stands for one configuration of the experiment and holds its figures and the mean of each
metric over the seeds; a child run stands for one seed. The tag ``cell`` is a hash of all that
decides a run's numbers: what is logged already under the same cell is not logged again.
Trained parameters of a classifier become versions of a model in MLflow's registry.

Trainings that are shown while they run (:mod:`snnlearn.tracking.live`) are runs of their own, with
the tags ``live`` and ``training``; the run of the seed takes their place.
"""

import json
import logging
import math
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import time
from typing import Any

import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import (
    Dataset,
    DatasetInput,
    Metric,
    Run,
    RunStatus,
)
from mlflow.utils import chunk_list
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NOTE, MLFLOW_SOURCE_NAME
from mlflow.utils.validation import MAX_DATASET_DIGEST_SIZE, MAX_METRICS_PER_BATCH

from snnlearn.data import obtaining
from snnlearn.data.hashing import sha256_of_data
from snnlearn.data.origin import Origin
from snnlearn.experiments import Experiment
from snnlearn.settings.changes import Change, changes, name_of, short
from snnlearn.statistics import mean_interval
from snnlearn.tracking.client import (
    MS_PER_SECOND,
    connect,
    end_live_runs,
    experiment_id,
    log_parameters,
    running,
    search,
    training_of,
)
from snnlearn.tracking.settings import TrackingSettings

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Study:
    """The results of one experiment under one configuration.

    Attributes
    ----------
    name : str
        Name of the experiment.
    experiment : Experiment
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
    captions : dict of str to str
        What each figure shows.
    dataset : Origin, optional
        The data set it used.
    dataset_sha256 : str, optional
        SHA-256 of the file of the data set that the simulation read.
    trained : dict of int to dict
        For each seed, the provenance of the trained parameters it used.
    parameter_files : dict of int to pathlib.Path
        For each seed, the file of these parameters, with the provenance beside it.
    histories : dict of int to pandas.DataFrame
        For each seed that was trained here, loss and accuracy per epoch.
    """

    name: str
    experiment: Experiment[Any]
    parameters: Mapping[str, Any]
    code_sha256: str
    metrics: pd.DataFrame
    runs: Sequence[Path]
    figures: Sequence[Path]
    captions: Mapping[str, str] = field(default_factory=dict)
    dataset: Origin | None = None
    dataset_sha256: str | None = None
    trained: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    parameter_files: Mapping[int, Path] = field(default_factory=dict)
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

    def changes(self) -> list[Change]:
        """How its parameters differ from the chapter's."""
        return changes(self.experiment, self.parameters)

    def run_name(self) -> str:
        """What differs from the chapter."""
        name = name_of(self.changes())
        if self.dataset is not None and self.dataset.label != obtaining.DataSettings().name:
            name += f" on {self.dataset.label}"
        return name


def log(
    study: Study,
    settings: TrackingSettings,
    tags: Mapping[str, str],
    configuration: Mapping[str, str] | None = None,
    live: str | None = None,
) -> dict[str, Any]:
    """Log one experiment: what is not logged yet, no more.

    Parameters
    ----------
    study : Study
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
        ``experiment`` (its name in MLflow), ``cell``, ``parent`` (run id), ``seeds`` and ``added``
        (how many runs were not there before).

    Raises
    ------
    mlflow.exceptions.MlflowException, sqlalchemy.exc.SQLAlchemyError, requests.RequestException
        If the tracking address does not answer or refuses. The run at hand is then marked as
        failed where that is possible, and logged anew next time.
    RuntimeError
        If the MLflow experiment was deleted.
    """
    client = connect(settings)
    name = f"{settings.experiment_prefix}/{study.name}"
    mlflow_experiment = experiment_id(client, name, study.experiment, settings.uri)
    tags = {
        **tags,
        "experiment": study.name,
        "variant": study.variant,
        MLFLOW_SOURCE_NAME: "snnlearn",
    }
    if study.dataset is not None:
        tags["dataset"] = study.dataset.label
        tags |= {f"dataset.sha256.{array}": h for array, h in study.dataset.sha256.items()}
        if study.dataset_sha256 is not None:
            tags["dataset.sha256.file"] = study.dataset_sha256

    seeds = [int(seed) for seed in sorted(study.metrics["seed"].unique())]
    cells = {study.cell(), *(study.cell_of(seed) for seed in seeds)}
    existing = _finished_runs(client, mlflow_experiment, cells)
    added = 0
    parent = existing.get(study.cell())
    if parent is None:
        note = note_on(study.experiment, study.changes(), study.captions)
        parent_tags = {**tags, "cell": study.cell(), MLFLOW_RUN_NOTE: note}
        with running(client, mlflow_experiment, study.run_name(), parent_tags) as parent:
            _log_parameters(client, parent, study)
        added += 1
    parent_id = parent.info.run_id

    # Where a parent was deleted by hand, its children count no longer.
    children = {
        int(run.data.tags["seed"]): run.info.run_id
        for run in existing.values()
        if run.data.tags.get(MLFLOW_PARENT_RUN_ID) == parent_id
    }
    if added or not children.keys() >= set(seeds):
        folder = f"config/{tags.get('configuration_sha256', '')[:8]}"
        for file, text in (configuration or {}).items():
            client.log_text(parent_id, text, f"{folder}/{file}")
    for batch in study.runs:
        present = pd.read_parquet(batch, columns=["seed"])["seed"].unique()
        missing = [int(seed) for seed in present if int(seed) not in children]
        if not missing:
            continue
        traces = pd.read_parquet(batch)
        for seed in missing:
            child_tags = {
                **tags,
                "cell": study.cell_of(seed),
                "seed": str(seed),
                MLFLOW_PARENT_RUN_ID: parent_id,
            }
            if seed in study.trained:
                child_tags["parameters_sha256"] = study.trained[seed]["sha256"]
            with running(client, mlflow_experiment, f"seed {seed}", child_tags) as child:
                _log_parameters(client, child, study)
                _log_metrics(client, child, study, seed, traces, settings.max_points)
            children[seed] = child.info.run_id
            added += 1
    summary = _summary(study)
    _log_summary(client, parent_id, study, summary, len(seeds))
    model = f"{settings.experiment_prefix}-{study.name}".replace("/", "-")
    _register_parameters(client, model, study, parent_id, children, summary)
    if live is not None:
        _remove_live_runs(client, mlflow_experiment, live, study, seeds)
    logger.info("%s: %d runs added to the %d there are", name, added, len(existing))
    return {
        "experiment": name,
        "cell": study.cell(),
        "parent": parent_id,
        "seeds": seeds,
        "added": added,
    }


def _finished_runs(client: MlflowClient, experiment: str, cells: set[str]) -> dict[str, Run]:
    """The complete runs of some cells; what a killed process has left of them is removed."""
    finished: dict[str, Run] = {}
    for run in search(client, experiment, "tags.cell != ''"):
        if run.data.tags["cell"] not in cells:
            continue
        if run.info.status == RunStatus.to_string(RunStatus.FINISHED):
            finished.setdefault(run.data.tags["cell"], run)  # the latest comes first
        else:
            client.set_terminated(run.info.run_id, RunStatus.to_string(RunStatus.KILLED))
            client.delete_run(run.info.run_id)
    return finished


def _log_parameters(client: MlflowClient, run: Run, study: Study) -> None:
    log_parameters(client, run, study.parameters)
    if study.dataset is not None:
        digest = sha256_of_data(study.dataset.sha256)[:MAX_DATASET_DIGEST_SIZE]
        kind = "http" if study.dataset.source.startswith("http") else "local"
        source = json.dumps({"url" if kind == "http" else "uri": study.dataset.source})
        profile = json.dumps({"sha256": {**study.dataset.sha256, "file": study.dataset_sha256}})
        dataset = Dataset(study.dataset.label, digest, kind, source, profile=profile)
        client.log_inputs(run.info.run_id, [DatasetInput(dataset)])


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


def _summary(study: Study) -> dict[str, float]:
    """Mean of each metric over the seeds, and its interval; without what is not defined."""
    summary: dict[str, float] = {}
    for name, values in study.metrics.groupby("metric")["value"]:
        defined = values.dropna().to_numpy()
        if len(defined) > 0:
            low, high = mean_interval(defined)
            summary |= {str(name): defined.mean(), f"{name}.ci_low": low, f"{name}.ci_high": high}
    return {name: float(value) for name, value in summary.items() if math.isfinite(value)}


def _log_summary(
    client: MlflowClient, parent: str, study: Study, summary: Mapping[str, float], n_seeds: int
) -> None:
    """Put the summary and the figures on the parent.

    The step is the number of seeds: with more of them, the history shows the mean settle.
    """
    now = round(time() * MS_PER_SECOND)
    metrics = [
        Metric(name, value, now, n_seeds)
        for name, value in summary.items()
        if (n_seeds, value)
        not in [(logged.step, logged.value) for logged in client.get_metric_history(parent, name)]
    ]
    client.log_batch(parent, metrics=metrics)
    for figure in study.figures:
        client.log_artifact(parent, str(figure), "figures")


def _register_parameters(
    client: MlflowClient,
    model: str,
    study: Study,
    parent: str,
    children: Mapping[int, str],
    summary: Mapping[str, float],
) -> None:
    """Make the trained parameters versions of a registered model, one for each run.

    What a seed has trained belongs to its run; a file that all seeds share, to the parent. The
    version's tags are the metrics of that run, and where the parameters come from.
    """
    if not study.parameter_files:
        return
    if not client.search_registered_models(f"name = '{model}'"):
        text = f"Trained parameters of the network of `{study.name}`, in NengoDL's layout (.npz)."
        client.create_registered_model(model, description=text)
    registered = {version.run_id for version in _versions(client, model)}
    by_seed = study.metrics.pivot(index="seed", columns="metric", values="value")
    for seed, file in study.parameter_files.items():
        provenance = study.trained[seed]
        of_seed = provenance["origin"] == "trained"
        run = children[seed] if of_seed else parent
        if run in registered:
            continue
        registered.add(run)
        metrics = by_seed.loc[seed].dropna().to_dict() if of_seed else summary
        with tempfile.TemporaryDirectory() as folder:
            for source in (file, file.with_suffix(".json")):
                shutil.copyfile(source, Path(folder, f"parameters{source.suffix}"))
            client.log_artifacts(run, folder, "parameters")
        client.create_model_version(
            model,
            f"{client.get_run(run).info.artifact_uri}/parameters",
            run,
            tags={
                "sha256": provenance["sha256"],
                "origin": provenance["origin"],
                "variant": study.variant,
                **{name: f"{value:.6g}" for name, value in metrics.items()},
            },
            description=f"{provenance['source']}; {study.run_name()}",
        )


def _versions(client: MlflowClient, model: str) -> list[Any]:
    """All versions of a registered model."""
    condition = f"name = '{model}'"
    page = client.search_model_versions(condition)
    versions = list(page)
    while page.token:
        page = client.search_model_versions(condition, page_token=page.token)
        versions += page
    return versions


def _remove_live_runs(
    client: MlflowClient, experiment: str, live: str, study: Study, seeds: Sequence[int]
) -> None:
    """Remove the runs that showed the trainings of these seeds, now that their runs are there."""
    shown = {training_of(study.name, study.parameters, study.code_sha256, seed) for seed in seeds}
    end_live_runs(client, experiment, live)
    for run in search(client, experiment, f"tags.live = '{live}'"):
        if run.data.tags["training"] in shown:
            client.delete_run(run.info.run_id)


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
        "",
        "Figures, under Artifacts:",
        "",
        *(f"- `{name}`: {text}" for name, text in captions.items()),
    ]
    return "\n".join(lines) + "\n"
