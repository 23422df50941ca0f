"""MLflow's SQLite file, in every state in which somebody has left it."""

import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import contextmanager
from time import monotonic, sleep

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from snnlearn.tracking import database, files
from snnlearn.tracking.advice import told
from snnlearn.tracking.settings import TrackingSettings

CREATE = """
import sys
from snnlearn.tracking import database
print("begins", flush=True)
database.prepare(sys.argv[1])
"""


def uri_of(file) -> str:
    return f"sqlite:///{file}"


def is_whole(file) -> bool:
    client = MlflowClient(tracking_uri=uri_of(file))
    return [experiment.name for experiment in client.search_experiments()] == ["Default"]


def test_a_file_is_made_with_its_folder_and_nothing_else(tmp_path):
    file = tmp_path / "new folder" / "mlflow.db"
    database.prepare(uri_of(file))
    assert is_whole(file)
    assert {path.name for path in file.parent.iterdir()} == {"mlflow.db", ".mlflow.db.lock"}


@pytest.mark.parametrize("uri", ["http://127.0.0.1:5000", "postgresql://host/name", "sqlite://"])
def test_other_addresses_are_left_alone(uri, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    database.prepare(uri)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("delay", [0, 0.2, 0.4, 0.6, 0.8, 1.2])
def test_a_kill_leaves_a_whole_file_or_none(tmp_path, delay):
    file = tmp_path / "mlflow.db"
    running = subprocess.Popen(
        [sys.executable, "-c", CREATE, uri_of(file)], stdout=subprocess.PIPE, text=True
    )
    assert running.stdout.readline() == "begins\n"
    sleep(delay)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    assert not file.exists() or is_whole(file)
    database.prepare(uri_of(file))
    assert is_whole(file)
    assert {path.name for path in tmp_path.iterdir()} == {"mlflow.db", ".mlflow.db.lock"}


def unfinished(file) -> None:
    """What a kill has left while MLflow made its tables in the file itself."""
    with sqlite3.connect(file) as opened:
        opened.execute("CREATE TABLE span_metrics (id INTEGER)")
    opened.close()


def test_a_file_that_was_left_unfinished_is_set_aside(tmp_path, caplog):
    file = tmp_path / "mlflow.db"
    unfinished(file)
    database.prepare(uri_of(file))
    assert is_whole(file)
    assert (tmp_path / "mlflow.db.unfinished").is_file()
    assert "was left unfinished, without any run" in caplog.text


@pytest.mark.parametrize("content", [b"", b"something else that is no database" * 100])
def test_an_empty_file_is_filled_and_another_one_is_kept(tmp_path, content):
    file = tmp_path / "mlflow.db"
    file.write_bytes(content)
    if content:
        with pytest.raises(sqlite3.DatabaseError, match="not a database"):
            database.prepare(uri_of(file))
        assert file.read_bytes() == content
    else:
        database.prepare(uri_of(file))
        assert is_whole(file)


def test_runs_are_never_set_aside(tmp_path):
    file = tmp_path / "mlflow.db"
    client = MlflowClient(tracking_uri=uri_of(file))
    client.create_run("0")
    with sqlite3.connect(file) as opened:
        opened.execute("UPDATE alembic_version SET version_num = 'of the future'")
    opened.close()
    copy = tmp_path / "copy.db"
    shutil.copy(file, copy)
    database.prepare(uri_of(copy))
    assert copy.read_bytes() == file.read_bytes()


def test_first_runs_that_race_share_one_file(tmp_path):
    file = tmp_path / "mlflow.db"
    threads = [threading.Thread(target=database.prepare, args=(uri_of(file),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert is_whole(file)
    assert {path.name for path in tmp_path.iterdir()} == {"mlflow.db", ".mlflow.db.lock"}


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(MlflowException, match=r"mlflow\.db cannot be made: "):
        database.prepare(uri_of(tmp_path / "file" / "mlflow.db"))


@contextmanager
def locked(file, seconds: float):
    """While this lasts, and for so many seconds at most, another connection locks a file."""
    holding = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    holding.execute("BEGIN EXCLUSIVE")
    releasing = threading.Timer(seconds, holding.execute, ["ROLLBACK"])
    releasing.start()
    try:
        yield
    finally:
        releasing.cancel()
        releasing.join()
        if holding.in_transaction:
            holding.execute("ROLLBACK")
        holding.close()


def test_a_locked_file_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "PATIENCE", 1.0)
    file = tmp_path / "mlflow.db"
    database.prepare(uri_of(file))
    before = file.read_bytes()
    with locked(file, 60), pytest.raises(sqlite3.OperationalError, match="locked"):
        database.prepare(uri_of(file))
    assert file.read_bytes() == before


def test_a_lock_is_waited_for_and_told_once(tmp_path, caplog):
    file = tmp_path / "mlflow.db"
    MlflowClient(uri_of(file)).create_run("0")
    with locked(file, 2):
        database.prepare(uri_of(file))
    (message,) = caplog.messages
    assert message.endswith("is locked by another process: waiting for up to 120 s")


@pytest.mark.parametrize("opened_before", [False, True])
def test_a_lock_that_stays_is_given_up(tmp_path, monkeypatch, opened_before):
    for module in (database, files):
        monkeypatch.setattr(module, "PATIENCE", 1.0)
    file = tmp_path / "mlflow.db"
    MlflowClient(uri_of(file)).create_run("0")
    settings = TrackingSettings(uri=uri_of(file))
    client = database.connected(settings) if opened_before else None
    started = monotonic()
    with locked(file, 60):
        with pytest.raises(database.FAILURES) as failed:
            (client or database.connected(settings)).create_run("0")
        waited = monotonic() - started
    assert "End what holds" in told(failed.value, settings.uri)
    assert 1 <= waited < 15


def test_another_error_is_no_lock(tmp_path, caplog):
    file = tmp_path / "mlflow.db"
    file.write_bytes(b"no database" * 100)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        database.prepare(uri_of(file))
    assert caplog.messages == []
