"""The one connection to MLflow: an experiment at a tracking address, and what is written to it."""

import json
import logging
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypeVar

from mlflow.entities import Dataset, DatasetInput, LifecycleStage, Metric, Param, Run
from mlflow.exceptions import MlflowException
from requests import RequestException

from snnlearn.data.hashing import sha256_of_data
from snnlearn.data.origin import Origin
from snnlearn.settings.changes import flat
from snnlearn.tracking.advice import reason
from snnlearn.tracking.database import FAILURES, connected
from snnlearn.tracking.files import artifacts_of, file_of, folder_of
from snnlearn.tracking.points import Point
from snnlearn.tracking.settings import TrackingSettings

logger = logging.getLogger(__name__)

#: Where artifacts go if runs go straight into a database that is not a file.
ARTIFACTS = Path("results/mlflow.artifacts")

# The system tags of MLflow's documentation, by which its pages know what a run is.
NOTE = "mlflow.note.content"
PARENT = "mlflow.parentRunId"
SOURCE = "mlflow.source.name"

#: What MLflow's REST API takes in one request: so many metrics, and so many parameters.
METRICS_AT_ONCE, PARAMETERS_AT_ONCE = 1000, 100

#: MLflow refuses a data set whose digest has more characters.
DIGEST_CHARACTERS = 36

#: How a run can end, in MLflow's words.
Ending = Literal["FINISHED", "FAILED", "KILLED"]

T = TypeVar("T")


class ExperimentLog:
    """An MLflow experiment, which is created if it is not there.

    Parameters
    ----------
    settings : TrackingSettings
        Where it is; it is named ``<prefix>/<experiment>``.
    experiment : str
        Name of the experiment.
    summary : str
        What the experiment is, in a sentence.

    Attributes
    ----------
    name : str
        Its name in MLflow.
    model : str
        Name of the registered model whose versions are its trained parameters.

    Raises
    ------
    sqlalchemy.exc.OperationalError
        If the address is a PostgreSQL server that takes no connection.
    mlflow.exceptions.MlflowException, requests.RequestException
        If the address does not answer, or refuses. So do all methods.
    RuntimeError
        If the experiment was deleted.
    """

    def __init__(self, settings: TrackingSettings, experiment: str, summary: str) -> None:
        self.name = f"{settings.experiment_prefix}/{experiment}"
        self.model = f"{settings.experiment_prefix}-{experiment}".replace("/", "-")
        self._client = connected(settings)
        self._id = self._found(settings.uri) or self._created(settings.uri, summary)
        self._file = file_of(settings.uri)

    def _found(self, uri: str) -> str | None:
        """Id of the experiment where it is there."""
        found = self._client.get_experiment_by_name(self.name)
        if found is None:
            return None
        if found.lifecycle_stage == LifecycleStage.DELETED:
            raise RuntimeError(
                f"the MLflow experiment {self.name} at {uri} was deleted: restore it there, or "
                "set tracking.experiment_prefix to another name"
            )
        return str(found.experiment_id)

    def _created(self, uri: str, summary: str) -> str:
        """Id of the experiment, which is new."""
        # A server knows where its artifacts go; those of a database go into a folder, beside a
        # file.
        location = None
        if not uri.startswith("http"):
            file = file_of(uri)
            folder = artifacts_of(file) if file else ARTIFACTS.resolve()
            location = (folder / self.name).as_uri()
        # Of its pages, MLflow shows those on model training, not those on language models.
        tags = {NOTE: summary, "mlflow.experimentKind": "custom_model_development"}
        created = self._client.create_experiment(self.name, artifact_location=location, tags=tags)
        return str(created)

    # Runs

    def begin(self, name: str, tags: Mapping[str, str], started: int | None = None) -> str:
        """Create a run and return its id.

        Parameters
        ----------
        name : str
            Its name.
        tags : mapping of str to str
            Its tags.
        started : int, optional
            When what it shows began, in ms since 1970 (UTC); by default now.
        """
        run = self._client.create_run(self._id, started, dict(tags), name)
        return str(run.info.run_id)

    def end(self, run: str, ending: Ending = "FINISHED", ended: int | None = None) -> None:
        """Say how a run ended, and when (ms since 1970, UTC; by default now)."""
        self._client.set_terminated(run, ending, ended)

    @contextmanager
    def run(
        self,
        name: str,
        tags: Mapping[str, str],
        started: int | None = None,
        ended: int | None = None,
    ) -> Iterator[str]:
        """Id of a run that ends as finished, or as failed if what is logged within fails.

        Parameters
        ----------
        name : str
            Its name.
        tags : mapping of str to str
            Its tags.
        started, ended : int, optional
            When what it shows began and ended, in ms since 1970 (UTC); by default, the time
            that logging takes.
        """
        run = self.begin(name, tags, started)
        try:
            yield run
        except BaseException:
            try:
                self.end(run, "FAILED")
            except FAILURES as error:  # it stays RUNNING, and is replaced next time
                logger.warning("run %s could not be marked as failed: %s", run, reason(error))
            raise
        self.end(run, ended=ended)

    def delete(self, run: str) -> None:
        """Remove a run, as MLflow does: it can be restored by hand."""
        self._client.delete_run(run)

    def search(self, condition: str) -> list[Run]:
        """All runs that meet a condition, those that began last first."""
        page = self._client.search_runs([self._id], condition)
        runs = list(page)
        while page.token:
            page = self._client.search_runs([self._id], condition, page_token=page.token)
            runs += page
        return runs

    def finished(self, cells: Collection[str]) -> list[Run]:
        """The complete runs of some cells; what a killed process has left of them is removed."""
        complete = []
        for run in self.search("tags.cell != ''"):
            if run.data.tags["cell"] not in cells:
                continue
            if run.info.status == "FINISHED":
                complete.append(run)
            else:
                self.end(run.info.run_id, "KILLED")
                self.delete(run.info.run_id)
        return complete

    # What is in a run

    def parameters(self, run: str, parameters: Mapping[str, Any]) -> None:
        """Log nested parameters, with dots between the keys."""
        params = [Param(key, str(value)) for key, value in flat(parameters).items()]
        for batch in _batches(params, PARAMETERS_AT_ONCE):
            self._client.log_batch(run, params=batch)

    def points(self, run: str, points: Iterable[Point]) -> None:
        """Log values of metrics; what a run does not define is left out."""
        metrics = [
            Metric(point.name, point.value, point.time, point.step)
            for point in points
            if math.isfinite(point.value)
        ]
        for batch in _batches(metrics, METRICS_AT_ONCE):
            self._client.log_batch(run, metrics=batch)

    def history(self, run: str, name: str) -> list[tuple[int, float]]:
        """Step and value of each point of a metric."""
        return [(point.step, point.value) for point in self._client.get_metric_history(run, name)]

    def dataset(self, run: str, origin: Origin, file_sha256: str | None) -> None:
        """Log a data set as the input of a run.

        Parameters
        ----------
        run : str
            Id of the run.
        origin : Origin
            Where the data set comes from.
        file_sha256 : str, optional
            SHA-256 of the file that was read.
        """
        kind, key = ("http", "url") if origin.source.startswith("http") else ("local", "uri")
        dataset = Dataset(
            origin.label,
            sha256_of_data(origin.sha256)[:DIGEST_CHARACTERS],
            kind,
            json.dumps({key: origin.source}),
            profile=json.dumps({"sha256": {**origin.sha256, "file": file_sha256}}),
        )
        self._client.log_inputs(run, [DatasetInput(dataset)])

    def text(self, run: str, text: str, file: str) -> None:
        """Keep a text with a run, as an artifact."""
        with _told():
            self._client.log_text(run, text, file)

    def artifact(self, run: str, file: Path, folder: str) -> None:
        """Keep a file with a run, in a folder of its artifacts."""
        with _told():
            self._client.log_artifact(run, str(file), folder)

    def artifacts(self, run: str, files: Path, folder: str) -> None:
        """Keep all that a folder holds with a run, in a folder of its artifacts."""
        with _told():
            self._client.log_artifacts(run, str(files), folder)

    def files(self, run: str, folder: str) -> set[str]:
        """The artifacts of a run in a folder, with the folder's name."""
        return {str(found.path) for found in self._client.list_artifacts(run, folder)}

    def kept(self, runs: Collection[str]) -> list[str]:
        """All artifacts of some runs, relative to the folder of the SQLite file that runs are in.

        There are none where runs are elsewhere.
        """
        if self._file is None:
            return []
        beside = self._file.resolve().parent
        own = folder_of(str(self._client.get_experiment(self._id).artifact_location))
        if not own.is_relative_to(beside):
            return []
        files = (file for run in runs for file in (own / run).rglob("*") if file.is_file())
        return sorted(file.relative_to(beside).as_posix() for file in files)

    # Trainings that are shown while they run

    def end_live_runs(self, live: str) -> None:
        """Mark as killed what shows trainings that nobody watches any more."""
        for run in self.search(f"tags.live = '{live}' AND attributes.status = 'RUNNING'"):
            self.end(run.info.run_id, "KILLED")

    def remove_live_runs(self, live: str, trainings: Collection[str]) -> None:
        """Remove the runs that showed some trainings, now that their runs are there.

        Parameters
        ----------
        live : str
            The tag ``live`` of these results' trainings.
        trainings : collection of str
            The tags ``training`` of those to remove.
        """
        self.end_live_runs(live)
        for run in self.search(f"tags.live = '{live}'"):
            if run.data.tags["training"] in trainings:
                self.delete(run.info.run_id)

    # The model registry

    def registered(self, description: str) -> set[str]:
        """The runs that have a version of the model, which is created if it is not there.

        Parameters
        ----------
        description : str
            What the model is, if it is created.
        """
        condition = f"name = '{self.model}'"
        if not self._client.search_registered_models(condition):
            self._client.create_registered_model(self.model, description=description)
        page = self._client.search_model_versions(condition)
        versions = list(page)
        while page.token:
            page = self._client.search_model_versions(condition, page_token=page.token)
            versions += page
        return {str(version.run_id) for version in versions}

    def register(self, run: str, folder: str, tags: Mapping[str, str], description: str) -> None:
        """Make a folder of a run's artifacts a version of the model."""
        source = f"{self._client.get_run(run).info.artifact_uri}/{folder}"
        self._client.create_model_version(
            self.model, source, run, tags=dict(tags), description=description
        )


def experiments(settings: TrackingSettings) -> dict[str, str]:
    """The id of each MLflow experiment that runs were logged to, in alphabetical order of names.

    Raises
    ------
    mlflow.exceptions.MlflowException, sqlalchemy.exc.SQLAlchemyError, requests.RequestException
        If the tracking address does not answer, or refuses.
    """
    client = connected(settings)
    prefix = f"{settings.experiment_prefix}/"
    page = client.search_experiments()
    found = list(page)
    while page.token:
        page = client.search_experiments(page_token=page.token)
        found += page
    ids = {e.name: str(e.experiment_id) for e in found if e.name.startswith(prefix)}
    return dict(sorted(ids.items()))


@contextmanager
def _told() -> Iterator[None]:
    """Let what cannot be kept in a folder fail as what a server refuses does."""
    try:
        yield
    except RequestException:
        raise
    except OSError as error:
        raise MlflowException(f"artifacts cannot be written: {error}") from error


def _batches(items: Sequence[T], size: int) -> Iterator[list[T]]:
    """The items in their order, so many at once."""
    rest = iter(items)
    while batch := list(islice(rest, size)):  # itertools.batched, which Python 3.11 lacks
        yield batch
