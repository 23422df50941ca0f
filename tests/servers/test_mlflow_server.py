"""Tracking with a real MLflow server on a real PostgreSQL server, both on the loopback address."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
import pytest
import sqlalchemy
from tiny_project import CHAPTER, SNAKEMAKE, TINY, Project

from snnlearn.tracking import postgresql
from snnlearn.tracking.client import experiments
from snnlearn.tracking.database import connected
from snnlearn.tracking.settings import TrackingSettings

from mlflow import MlflowClient  # isort: skip
from mlflow.exceptions import MlflowException  # isort: skip

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),  # five runs of Snakemake, the first of everything
    pytest.mark.skipif(
        not PROGRAMS, reason="needs PostgreSQL's programs (Debian's package postgresql)"
    ),
    pytest.mark.skipif(
        os.geteuid() == 0 and "postgres" not in [user.pw_name for user in pwd.getpwall()],
        reason="PostgreSQL refuses to run as root, and there is no user postgres",
    ),
]

USER = "snnlearn"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_until(reached, what: str) -> None:
    deadline = time.monotonic() + 180
    while not reached():
        assert time.monotonic() < deadline, f"{what} in three minutes"
        time.sleep(0.1)


@dataclass
class Postgres:
    """A PostgreSQL server with a password.

    Attributes
    ----------
    port : int
        Where it listens.
    password : str
        Of the user ``snnlearn``.
    """

    port: int
    password: str

    @property
    def uri(self) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/postgres"

    def created(self, database: str) -> str:
        """The address of a new database."""
        connection = psycopg2.connect(self.uri, password=self.password)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {database}")
        finally:
            connection.close()
        return f"{self.uri.removesuffix('postgres')}{database}"

    def scalar(self, query: str) -> int | None:
        """The one number that a query gives; None where it cannot be asked."""
        try:
            connection = psycopg2.connect(self.uri, password=self.password)
        except psycopg2.OperationalError:
            return None
        try:
            with connection.cursor() as cursor:
                cursor.execute(query)
                return int(cursor.fetchone()[0])
        except psycopg2.errors.UndefinedTable:
            return None
        finally:
            connection.close()


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """A server with data of its own, as another user where this one is root."""
    programs = PROGRAMS[-1]
    user = {"user": "postgres", "group": "postgres", "extra_groups": []}
    as_user = user if os.geteuid() == 0 else {}
    server = Postgres(free_port(), secrets.token_hex(16))
    # Not in pytest's folder, which other users cannot enter.
    folder = Path(tempfile.mkdtemp(prefix="snnlearn-postgresql-"))
    try:
        (folder / "password").write_text(server.password)
        if as_user:
            for path in (folder, folder / "password"):
                shutil.chown(path, "postgres", "postgres")
        subprocess.run(
            [programs / "initdb", "--pgdata", folder / "data", "--username", USER,
             "--auth", "scram-sha-256", "--pwfile", folder / "password", "--no-sync"],
            check=True, capture_output=True, cwd=folder, **as_user,
        )  # fmt: skip
        running = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", "-p", str(server.port),
             "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
             "-c", "fsync=off"],
            stderr=subprocess.DEVNULL, cwd=folder, **as_user,
        )  # fmt: skip
        try:
            wait_until(lambda: server.scalar("SELECT 1") == 1, "PostgreSQL did not start")
            yield server
        finally:
            running.send_signal(signal.SIGINT)
            running.wait()
    finally:
        shutil.rmtree(folder)


@dataclass
class Mlflow:
    """An MLflow server, which can be killed and started again.

    Attributes
    ----------
    postgres : Postgres
        Where it keeps runs.
    artifacts : pathlib.Path
        Where it keeps artifacts.
    port : int
        Where it listens.
    """

    postgres: Postgres
    artifacts: Path
    port: int = field(default_factory=free_port)
    running: subprocess.Popen | None = None

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.running = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", self.postgres.uri,
             "--artifacts-destination", str(self.artifacts), "--host", "127.0.0.1",
             "--port", str(self.port), "--workers", "1"],
            env=os.environ | {
                "PGPASSWORD": self.postgres.password,
                "MLFLOW_DISABLE_TELEMETRY": "true",
                "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            },
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        wait_until(self.answers, "the MLflow server did not start")

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.uri}/health", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def kill(self) -> None:
        if self.running is not None:
            os.killpg(self.running.pid, signal.SIGKILL)
            self.running.wait()
            self.running = None


@pytest.fixture(scope="module")
def mlflow(postgres, tmp_path_factory) -> Iterator[Mlflow]:
    server = Mlflow(postgres, tmp_path_factory.mktemp("artifacts"))
    yield server
    server.kill()


def tracking_log(project: Project) -> str:
    return (project.folder / "results/logs/tracking.log").read_text()


def runs(uri: str, prefix: str = "snnlearn") -> dict[str, list]:
    """The runs of each experiment."""
    client = MlflowClient(uri)
    found = {}
    for name in CHAPTER:
        experiment = client.get_experiment_by_name(f"{prefix}/{name}")
        found[name] = list(client.search_runs([experiment.experiment_id])) if experiment else []
    return found


def test_a_server_that_goes_away_loses_nothing(project, mlflow):
    """It is down at first, killed in the middle of tracking, and comes back."""
    project.configure(f"{TINY}tracking: {{uri: '{mlflow.uri}'}}\n")
    refused = project.snakemake(check=False)
    assert refused.returncode == 1
    results = project.folder / "results"
    for name in ("metrics.csv", "verdict.csv", "provenance.json", "mnist/figures/digits.png"):
        assert (results / name).is_file()
    assert not (results / "tracking.json").exists()
    assert project.planned() == {"tracking.json"}
    message = tracking_log(project)
    assert "Traceback" not in message
    assert f"tracking: MLflow at {mlflow.uri} failed: " in message
    assert "Connection refused" in message
    assert "run the same command again" in message

    mlflow.start()
    command = subprocess.Popen(
        SNAKEMAKE, cwd=project.folder, env=project.environment, stderr=subprocess.DEVNULL
    )
    done = "SELECT count(*) FROM runs WHERE status = 'FINISHED'"
    wait_until(lambda: (mlflow.postgres.scalar(done) or 0) >= 3, "nothing was logged")
    mlflow.kill()
    killed = time.monotonic()
    assert command.wait(timeout=100) == 1
    assert time.monotonic() - killed < 60
    assert "Traceback" not in tracking_log(project)

    mlflow.start()
    kept = {
        run.info.run_id: run.info.end_time
        for found in runs(mlflow.uri).values()
        for run in found
        if run.info.status == "FINISHED"
    }
    assert len(kept) >= 3
    project.snakemake()
    found = runs(mlflow.uri)
    everything = {run.info.run_id: run for of_experiment in found.values() for run in of_experiment}
    assert {run.info.status for run in everything.values()} == {"FINISHED"}
    assert len({run.data.tags["cell"] for run in everything.values()}) == len(everything)
    assert {name: len(found[name]) for name in found} == {
        "channel": 7, "conditioning": 4, "mnist": 2, "tuning_curve": 2
    }  # fmt: skip
    assert kept == {run: everything[run].info.end_time for run in kept}
    now = time.time() * 1000
    for run in everything.values():  # as long as the jobs took, each of which loads libraries
        assert run.info.start_time + 200 < run.info.end_time < now
    assert list(experiments(TrackingSettings(uri=mlflow.uri))) == [
        f"snnlearn/{name}" for name in CHAPTER
    ]
    client = MlflowClient(mlflow.uri)
    (version,) = client.search_model_versions("name = 'snnlearn-mnist'")
    assert version.source.startswith("mlflow-artifacts:/")
    for run in everything.values():
        if "seed" not in run.data.tags:
            assert client.list_artifacts(run.info.run_id, "figures")
    assert "Nothing to be done" in project.snakemake().stderr


def test_a_server_that_falls_silent_is_given_up_and_loses_nothing(finished, mlflow, tmp_path):
    """It keeps its connections, and answers nothing any more."""
    project = finished.copied(tmp_path / "project")
    project.configure(f"{TINY}tracking: {{uri: '{mlflow.uri}', experiment_prefix: silent}}\n")
    if mlflow.running is None:
        mlflow.start()
    command = subprocess.Popen(
        [*SNAKEMAKE, "results/tracking.json"],
        cwd=project.folder,
        env=project.environment | {"MLFLOW_HTTP_REQUEST_TIMEOUT": "2"},
        stderr=subprocess.DEVNULL,
    )

    def logged() -> list:
        found = runs(mlflow.uri, "silent").values()
        return [run for of_one in found for run in of_one if run.info.status == "FINISHED"]

    wait_until(lambda: len(logged()) >= 3, "nothing was logged")
    os.killpg(mlflow.running.pid, signal.SIGSTOP)
    try:
        assert command.wait(timeout=300) == 1
    finally:
        os.killpg(mlflow.running.pid, signal.SIGCONT)
    message = tracking_log(project)
    assert "Traceback" not in message
    assert "timed out" in message
    assert "run the same command again" in message
    project.snakemake("results/tracking.json")
    everything = [run for of_one in runs(mlflow.uri, "silent").values() for run in of_one]
    assert {run.info.status for run in everything} == {"FINISHED"}
    assert len(everything) == len(finished.logged())


def test_a_database_server_is_used_directly(finished, postgres, monkeypatch, tmp_path):
    """With the password from the environment, which is written nowhere."""
    monkeypatch.setenv("PGPASSWORD", postgres.password)
    uri = f"tracking={{'uri': '{postgres.uri}', 'experiment_prefix': 'direct'}}"
    artifacts = finished.folder / "results/mlflow.artifacts/direct"
    try:
        finished.snakemake("results/tracking.json", "--config", uri)
        found = runs(postgres.uri, "direct")
        assert {run.info.status for of_one in found.values() for run in of_one} == {"FINISHED"}
        assert len(found["channel"]) == 7
        assert list(artifacts.glob("channel/*/artifacts/figures/error.png"))
        for file in (finished.folder / "results").rglob("*"):
            if file.is_file():
                assert postgres.password.encode() not in file.read_bytes()
    finally:
        shutil.rmtree(artifacts, ignore_errors=True)
        finished.snakemake("results/tracking.json")


def test_a_password_in_the_home_folder_is_enough_and_never_told(
    finished, postgres, monkeypatch, tmp_path
):
    file, uri = tmp_path / ".pgpass", postgres.created("at_home")
    file.write_text(f"127.0.0.1:{postgres.port}:*:{USER}:{postgres.password}\n")
    file.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    project = finished.copied(tmp_path / "project")
    project.configure(f"{TINY}tracking: {{uri: '{uri}'}}\n")
    said = project.snakemake("results/tracking.json").stderr
    assert postgres.password not in said
    assert [len(of_one) for of_one in runs(uri).values()] == [7, 4, 2, 2]
    for kept in project.folder.rglob("*"):
        if kept.is_file() and not kept.is_symlink():
            assert postgres.password.encode() not in kept.read_bytes()


def test_a_database_server_that_falls_silent_is_given_up(postgres, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", postgres.password)
    client = connected(TrackingSettings(uri=postgres.created("silent")))
    monkeypatch.setattr(postgresql, "LONGEST", 1)
    assert len(client.search_experiments()) == 1
    session_maker, began = client._tracking_client.store.ManagedSessionMaker, time.monotonic()
    with pytest.raises(MlflowException, match="silent for 1 s"), session_maker() as session:
        session.execute(sqlalchemy.text("SELECT pg_sleep(60)"))
    assert time.monotonic() - began < 10
    assert len(client.search_experiments()) == 1  # on another connection


@pytest.mark.parametrize("kind", ["a new database", "a server"])
def test_first_runs_that_race_log_each_run_once(
    finished, postgres, mlflow, monkeypatch, tmp_path, kind
):
    monkeypatch.setenv("PGPASSWORD", postgres.password)
    if kind == "a new database":
        uri = postgres.created("race")
    else:
        uri = mlflow.uri
        if mlflow.running is None:
            mlflow.start()
    running = []
    for name in ("one", "other"):
        project = finished.copied(tmp_path / name)
        project.configure(f"{TINY}tracking: {{uri: '{uri}', experiment_prefix: race}}\n")
        running.append(project.start("results/tracking.json"))
    assert [one.wait(timeout=300) for one in running] == [0, 0]
    logged = [
        (f"snnlearn/{name}", run.info.run_name, run.info.status)
        for name, of_experiment in runs(uri, "race").items()
        for run in of_experiment
    ]
    assert sorted(logged) == finished.logged()


def test_a_wrong_password_is_told(finished, postgres, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", "wrong")
    uri = f"tracking={{'uri': '{postgres.uri}', 'experiment_prefix': 'refused'}}"
    try:
        refused = finished.snakemake("results/tracking.json", "--config", uri, check=False)
        assert refused.returncode == 1
        message = tracking_log(finished)
        assert "password authentication failed" in message
        assert "Traceback" not in message
    finally:
        finished.snakemake("results/tracking.json")
