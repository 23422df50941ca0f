"""Writers that log at once, and those that were killed meanwhile."""

import json
import signal
import subprocess
import sys
import threading
from time import monotonic, sleep

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_ALREADY_EXISTS, RESOURCE_DOES_NOT_EXIST

from snnlearn.tracking import writers
from snnlearn.tracking.advice import told
from snnlearn.tracking.writers import BusyError, only_writer

LOCK = "tests-lock"


@pytest.fixture
def client(tmp_path):
    return MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'mlflow.db'}")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(writers, "PAUSE", 0.05)
    monkeypatch.setattr(writers, "SIGN", 0.1)


def is_held(client) -> bool:
    return bool(client.search_registered_models(f"name = '{LOCK}'"))


def token_of(process: int, host: str | None = None) -> str:
    return json.dumps(
        json.loads(writers._token()) | {"process": process} | ({"host": host} if host else {})
    )


def test_the_lock_is_there_while_somebody_writes_and_not_afterwards(client):
    with only_writer(client, LOCK):
        assert is_held(client)
    assert not is_held(client)
    with pytest.raises(ZeroDivisionError), only_writer(client, LOCK):
        raise ZeroDivisionError
    assert not is_held(client)


def test_writers_follow_each_other(client):
    inside, most = [], []

    def write() -> None:
        with only_writer(client, LOCK):
            inside.append(1)
            most.append(len(inside))
            sleep(0.1)
            inside.pop()

    threads = [threading.Thread(target=write) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 5
    assert not is_held(client)


def test_the_lock_of_a_killed_process_is_taken_at_once(client, caplog):
    caplog.set_level("INFO")
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    client.create_registered_model(LOCK, description=token_of(ended.pid))
    started = monotonic()
    with only_writer(client, LOCK):
        assert monotonic() - started < writers.SILENCE / 10
    assert f"that writer is gone, and its lock is removed: process {ended.pid}" in caplog.text


def test_another_machine_is_given_time_to_say_that_it_lives(client, monkeypatch):
    monkeypatch.setattr(writers, "SILENCE", 0.5)
    client.create_registered_model(LOCK, description=token_of(1, "elsewhere"))
    started = monotonic()
    with only_writer(client, LOCK):
        assert monotonic() - started >= 0.5


def test_another_machine_of_the_same_name_is_given_the_same_time(client, monkeypatch):
    """The number of a process says nothing where it was given by another kernel."""
    monkeypatch.setattr(writers, "SILENCE", 0.5)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    token = json.loads(token_of(ended.pid))
    token["space"] = token["space"].partition(" ")[0] + " another start"
    client.create_registered_model(LOCK, description=json.dumps(token))
    started = monotonic()
    with only_writer(client, LOCK):
        assert monotonic() - started >= 0.5


def test_a_suspended_writer_is_not_robbed(client, monkeypatch):
    """It gives no sign, and goes on with its work when it is woken."""
    monkeypatch.setattr(writers, "SILENCE", 0.5)
    monkeypatch.setattr(writers, "PATIENCE", 2.0)
    suspended = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    suspended.send_signal(signal.SIGSTOP)
    try:
        client.create_registered_model(LOCK, description=token_of(suspended.pid))
        with pytest.raises(BusyError, match=f"process {suspended.pid}"), only_writer(client, LOCK):
            pass
    finally:
        suspended.kill()
        suspended.wait()
    with only_writer(client, LOCK):
        assert is_held(client)


def test_a_writer_that_was_taken_for_dead_writes_no_more(client):
    """It was suspended with its machine, say, and wakes."""
    uri = "sqlite:///mlflow.db"
    with pytest.raises(BusyError) as refused, only_writer(client, LOCK) as still_ours:
        still_ours()
        client.delete_registered_model(LOCK)
        client.create_registered_model(LOCK, description=token_of(7, "elsewhere"))
        still_ours()
    assert "this one for dead, which was silent for too long: process 7 on elsewhere" in told(
        refused.value, uri
    )
    assert "Run the same command again: what is missing is logged" in told(refused.value, uri)
    assert is_held(client)  # by the other one
    client.delete_registered_model(LOCK)
    with pytest.raises(BusyError, match="it has ended since"), only_writer(client, LOCK) as ours:
        client.delete_registered_model(LOCK)
        ours()


def test_who_lives_is_not_robbed(client, monkeypatch):
    monkeypatch.setattr(writers, "SILENCE", 0.5)
    monkeypatch.setattr(writers, "PATIENCE", 1.5)
    held, done = threading.Event(), threading.Event()

    def write() -> None:
        with only_writer(client, LOCK):
            held.set()
            done.wait(30)

    holder = threading.Thread(target=write)
    holder.start()
    assert held.wait(30)
    message = r"another writer has not come to an end in 0 minutes: process \d+ on .*tests-lock"
    with pytest.raises(BusyError, match=message), only_writer(client, LOCK):
        pass
    done.set()
    holder.join()
    assert not is_held(client)


@pytest.mark.parametrize("description", ["", "not ours", "[]", "{}"])
def test_a_lock_that_says_nothing_is_waited_for(client, monkeypatch, description):
    monkeypatch.setattr(writers, "SILENCE", 0.2)
    client.create_registered_model(LOCK, description=description)
    with only_writer(client, LOCK):
        assert is_held(client)


def test_a_store_that_contradicts_itself_is_asked_now_and_then(monkeypatch):
    monkeypatch.setattr(writers, "PATIENCE", 1.0)
    monkeypatch.setattr(writers, "PAUSE", 0.2)
    asked = []

    class Contradicting:
        def create_registered_model(self, name: str, description: str) -> None:
            asked.append(name)
            raise MlflowException("there", RESOURCE_ALREADY_EXISTS)

        def get_registered_model(self, name: str) -> None:
            raise MlflowException("not there", RESOURCE_DOES_NOT_EXIST)

    message = f"registered model {LOCK} can neither be made nor found"
    with pytest.raises(BusyError, match=message), only_writer(Contradicting(), LOCK):
        pass
    assert 1 < len(asked) < 8
