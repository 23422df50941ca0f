"""MLflow at a tracking address."""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import sqlalchemy
from mlflow import MlflowClient
from mlflow.entities import LifecycleStage, Metric, Param, Run, RunStatus
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE

from snnlearn.data.hashing import sha256_of_data
from snnlearn.experiments import Experiment
from snnlearn.settings.changes import flat
from snnlearn.tracking.settings import TrackingSettings

logger = logging.getLogger(__name__)

MS_PER_SECOND = 1000


#: What a tracking address that does not answer, or refuses, ends in.
FAILURES = (MlflowException, sqlalchemy.exc.SQLAlchemyError, requests.RequestException)


#: Seconds in which a PostgreSQL server must take a connection.
CONNECT_TIMEOUT = 10


#: Where artifacts go if runs go straight into a database that is not a file.
ARTIFACTS = Path("results/mlflow.artifacts")


def connect(settings: TrackingSettings) -> MlflowClient:
    """A client of the tracking address.

    Raises
    ------
    sqlalchemy.exc.OperationalError
        If the address is a PostgreSQL server that takes no connection; MLflow itself would try
        for two minutes.
    """
    if settings.uri.startswith("postgresql"):
        limits = {"connect_timeout": CONNECT_TIMEOUT}
        engine = sqlalchemy.create_engine(settings.uri, connect_args=limits)
        engine.connect().close()
        engine.dispose()
    return MlflowClient(tracking_uri=settings.uri)


def reason(error: BaseException) -> str:
    """What happened, in one line; of a request that failed, why it did."""
    text = str(error).strip().splitlines()[0]
    cause = re.search(r"\(Caused by \w+\((.*)\)\)$", text)
    return (cause[1].strip("\"'") if cause else text)[:400]


def experiment_id(client: MlflowClient, name: str, experiment: Experiment[Any], uri: str) -> str:
    """Id of an MLflow experiment, which is created if it is not there.

    Raises
    ------
    RuntimeError
        If it was deleted.
    """
    found = client.get_experiment_by_name(name)
    if found is not None and found.lifecycle_stage == LifecycleStage.DELETED:
        raise RuntimeError(
            f"the MLflow experiment {name} at {uri} was deleted: restore it there, or set "
            "tracking.experiment_prefix to another name"
        )
    if found is not None:
        return str(found.experiment_id)
    # A server knows where its artifacts go; those of a database go into a folder, beside a file.
    location = None
    if not uri.startswith("http"):
        file = uri.removeprefix("sqlite:///")
        folder = Path(file).with_suffix(".artifacts") if file != uri else ARTIFACTS
        location = (folder.resolve() / name).as_uri()
    tags = {
        MLFLOW_RUN_NOTE: experiment.summary,
        # Of its pages, MLflow shows those on model training, not those on language models.
        "mlflow.experimentKind": "custom_model_development",
    }
    return str(client.create_experiment(name, artifact_location=location, tags=tags))


def search(client: MlflowClient, experiment: str, condition: str) -> list[Run]:
    """All runs of an experiment that meet a condition, the latest first."""
    runs: list[Run] = []
    page = client.search_runs([experiment], condition)
    runs += page
    while page.token:
        page = client.search_runs([experiment], condition, page_token=page.token)
        runs += page
    return runs


@contextmanager
def running(
    client: MlflowClient, experiment: str, name: str, tags: Mapping[str, str]
) -> Iterator[Run]:
    """A run that ends as finished, or as failed if what is logged within fails."""
    run = client.create_run(experiment, run_name=name, tags=dict(tags))
    try:
        yield run
    except BaseException:
        try:
            client.set_terminated(run.info.run_id, RunStatus.to_string(RunStatus.FAILED))
        except FAILURES as error:  # it stays RUNNING, and is replaced next time
            logger.warning("run %s could not be marked as failed: %s", run.info.run_id, error)
        raise
    client.set_terminated(run.info.run_id, RunStatus.to_string(RunStatus.FINISHED))


def log_parameters(client: MlflowClient, run: Run, parameters: Mapping[str, Any]) -> None:
    """Log nested parameters, with dots between the keys."""
    params = [Param(key, str(value)) for key, value in flat(parameters).items()]
    client.log_batch(run.info.run_id, params=params)


def log_points(
    client: MlflowClient, run: str, time_in_ms: int, points: Sequence[tuple[str, float, int]]
) -> None:
    """Log metrics of one moment, each with its name, value and step."""
    metrics = [Metric(name, value, time_in_ms, step) for name, value, step in points]
    client.log_batch(run, metrics=metrics)


def training_of(name: str, parameters: Mapping[str, Any], code_sha256: str, seed: int) -> str:
    """The tag ``training`` of the run that shows a training: a hash of all that decides it."""
    return sha256_of_data([name, parameters, code_sha256, seed])


def end_live_runs(client: MlflowClient, experiment: str, live: str) -> None:
    """Mark as killed what shows trainings that nobody watches any more."""
    condition = f"tags.live = '{live}' AND attributes.status = 'RUNNING'"
    for run in search(client, experiment, condition):
        client.set_terminated(run.info.run_id, RunStatus.to_string(RunStatus.KILLED))
