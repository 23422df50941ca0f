"""Opening MLflow's pages."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
import webbrowser
from pathlib import Path

import pytest

from snnlearn import ui
from snnlearn.tracking.client import experiments
from snnlearn.tracking.settings import TrackingSettings

from mlflow import MlflowClient  # isort: skip


#: Which of MLflow's pages are shown around the table.
TRAINING = "?workflowType=machine_learning"


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


def test_a_damaged_file_is_told(here, capsys):
    (here / "results").mkdir()
    (here / "results/mlflow.db").write_bytes(b"no database" * 100)
    assert ui.main([]) == 1
    assert "results/mlflow.db is damaged or no database: move it away" in capsys.readouterr().err


def test_a_file_elsewhere_can_be_named(here, capsys, monkeypatch):
    with sqlite3.connect(here / "old.db") as opened:
        opened.execute("CREATE TABLE experiments (experiment_id, name, artifact_location)")
        opened.execute("CREATE TABLE runs (run_uuid TEXT)")
        opened.execute("INSERT INTO runs VALUES ('1')")
    opened.close()
    served = []
    monkeypatch.setattr(ui, "serve", lambda settings, *_: served.append(settings.uri) or 0)
    assert ui.main(["--database", "old.db"]) == 0
    assert served == ["sqlite:///old.db"]
    (here / "mine.yaml").write_text("tracking: {uri: https://tracking.example:5000}")
    assert ui.main(["--database", "old.db", "--configfile", "mine.yaml"]) == 0
    assert served == ["sqlite:///old.db"] * 2


def test_advice_is_about_the_file_that_is_named(here, capsys):
    (here / "old.db").write_bytes(b"no database" * 100)
    assert ui.main(["--database", "old.db"]) == 1
    assert "\nold.db is damaged or no database: move it away" in capsys.readouterr().err


def test_a_server_has_pages_of_its_own(here, capsys, dead_port):
    (here / "mine.yaml").write_text(f"tracking: {{uri: http://127.0.0.1:{dead_port}}}")
    assert ui.main(["--configfile", "mine.yaml"]) == 0
    told = capsys.readouterr()
    assert f"http://127.0.0.1:{dead_port}: its pages are there" in told.out
    assert "The experiments cannot be listed: " in told.err
    assert "refused" in told.err


@pytest.fixture
def settings(uri, request):
    """Settings under which two experiments are logged, and others under another prefix."""
    client = MlflowClient(uri)
    for name in ("channel", "mnist"):
        client.create_experiment(f"{request.node.name}/{name}")
        client.create_experiment(f"other {request.node.name}/{name}")
    return TrackingSettings(uri=uri, experiment_prefix=request.node.name)


@pytest.fixture
def opened(monkeypatch):
    """What is opened in a browser."""
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    return opened


def test_the_table_of_runs_of_each_experiment_is_told(settings, opened, capsys):
    ui.show("http://127.0.0.1:5000", settings, browser=False)
    ids = experiments(settings)
    assert list(ids) == [f"{settings.experiment_prefix}/{name}" for name in ("channel", "mnist")]
    told = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert told == [
        [name, f"http://127.0.0.1:5000/#/experiments/{number}/runs{TRAINING}"]
        for name, number in ids.items()
    ]
    assert opened == []


def test_the_first_is_opened_in_a_browser(settings, opened):
    ui.show("https://tracking.example/mlflow/", settings, browser=True)
    first = next(iter(experiments(settings).values()))
    assert opened == [f"https://tracking.example/mlflow/#/experiments/{first}/runs{TRAINING}"]


def test_where_nothing_is_logged_nothing_is_opened(uri, opened, capsys):
    ui.show("http://here", TrackingSettings(uri=uri, experiment_prefix="nobody"), browser=True)
    assert opened == []
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("browser", "display", "terminal", "expected"),
    [
        (True, True, True, True),
        (False, True, True, False),
        (True, False, True, False),
        (True, True, False, False),
    ],
)
def test_a_browser_is_opened_where_somebody_sees_it(
    monkeypatch, browser, display, terminal, expected
):
    def get() -> None:
        if not browser:
            raise webbrowser.Error

    monkeypatch.setattr("webbrowser.get", get)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    if display:
        monkeypatch.setenv("DISPLAY", ":0")
    assert ui.has_browser() == expected


def test_no_browser_is_opened_where_none_is_wanted(here, monkeypatch):
    wanted = []
    monkeypatch.setattr(ui, "has_browser", lambda: True)
    monkeypatch.setattr(ui, "show", lambda pages, settings, browser: wanted.append(browser))
    (here / "mine.yaml").write_text("tracking: {uri: https://tracking.example:5000}")
    ui.main(["--configfile", "mine.yaml"])
    ui.main(["--configfile", "mine.yaml", "--no-browser"])
    assert wanted == [True, False]


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
    experiment = client.create_experiment("snnlearn/ui")
    client.create_run(experiment)
    command = [sys.executable, "-m", "snnlearn.ui", "--port", str(busy_port)]
    elsewhere = {"UVICORN_HOST": "0.0.0.0", "MLFLOW_HOST": "0.0.0.0", "UVICORN_FD": "0"}
    serving = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=Path.cwd(), env=os.environ | elsewhere
    )
    try:
        told = next(line for line in serving.stdout if "pages are at" in line)
        assert f"(port {busy_port} is busy)" in told
        table = next(line for line in serving.stdout if "snnlearn/ui" in line)
        address = re.search(r"http://[\d.:]+", told)[0]
        assert table.split()[-1] == f"{address}/#/experiments/{experiment}/runs{TRAINING}"
        with urllib.request.urlopen(address, timeout=10) as page:
            assert "<title>MLflow</title>" in page.read().decode()
        if sys.platform == "linux":  # where all of 127.0.0.0/8 is this machine
            with pytest.raises(OSError):
                urllib.request.urlopen(address.replace("127.0.0.1", "127.0.0.2"), timeout=10)
    finally:
        serving.send_signal(signal.SIGTERM)
    assert serving.wait(timeout=20) == 0
    with pytest.raises(OSError):
        urllib.request.urlopen(address, timeout=10)
