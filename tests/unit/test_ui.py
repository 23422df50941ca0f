"""Opening MLflow's pages."""

import re
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from snnlearn import ui

from mlflow import MlflowClient  # isort: skip


@pytest.fixture
def busy_port():
    with socket.socket() as listening:
        listening.bind((ui.HOST, 0))
        listening.listen()
        yield listening.getsockname()[1]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder with a configuration that is all defaults."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config/config.yaml").write_text("seeds: 20\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_wanted_port_is_taken_where_it_is_free(dead_port):
    assert ui.free_port(dead_port) == dead_port


def test_another_port_is_taken_where_it_is_busy(busy_port):
    found = ui.free_port(busy_port)
    assert found != busy_port
    assert not ui._listens(found)


@pytest.mark.parametrize("left", ["nothing", "an empty file", "no runs"])
def test_without_runs_it_says_so(here, capsys, left):
    database = here / "results/mlflow.db"
    database.parent.mkdir()
    if left == "an empty file":
        database.touch()
    elif left == "no runs":
        with sqlite3.connect(database) as opened:
            opened.execute("CREATE TABLE runs (run_uuid TEXT)")
        opened.close()
    assert ui.main([]) == 1
    assert (
        "Nothing is logged in results/mlflow.db yet: run `make reproduce`"
        in capsys.readouterr().err
    )


def test_a_server_has_pages_of_its_own(here, capsys):
    (here / "mine.yaml").write_text("tracking: {uri: http://tracking.example:5000}")
    assert ui.main(["--configfile", "mine.yaml"]) == 0
    assert "http://tracking.example:5000" in capsys.readouterr().out


def test_a_configuration_that_cannot_be_used_is_refused(here, capsys):
    (here / "mine.yaml").write_text("tracking: {urn: runs.db}")
    assert ui.main(["--configfile", "mine.yaml"]) == 1
    assert "tracking.urn: unknown key (mine.yaml, line 1)" in capsys.readouterr().err


def test_a_missing_configuration_is_refused(here, capsys):
    assert ui.main(["--configfile", "mine.yaml"]) == 1
    assert "mine.yaml" in capsys.readouterr().err


@pytest.mark.slow
def test_pages_are_served_though_the_port_is_busy(here, busy_port, uri):
    (here / "config/config.yaml").write_text(f"tracking: {{uri: '{uri}'}}")
    client = MlflowClient(uri)
    client.create_run(client.create_experiment("ui"))
    command = [sys.executable, "-m", "snnlearn.ui", "--port", str(busy_port)]
    serving = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path.cwd())
    try:
        told = next(line for line in serving.stdout if "pages are at" in line)
        assert f"(port {busy_port} is busy)" in told
        address = re.search(r"http://[\d.:]+", told)[0]
        with urllib.request.urlopen(address, timeout=10) as page:
            assert "<title>MLflow</title>" in page.read().decode()
    finally:
        serving.send_signal(signal.SIGTERM)
    assert serving.wait(timeout=20) == 0
    with pytest.raises(OSError):
        urllib.request.urlopen(address, timeout=10)
