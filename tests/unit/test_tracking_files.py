"""Folders of runs that are moved, copied, and lose what is in them."""

import json
import shutil
import sqlite3
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest

from snnlearn import ui
from snnlearn.tracking import record
from snnlearn.tracking.client import ExperimentLog, experiments
from snnlearn.tracking.files import bring_home, copied, file_of, folder_of, has_runs
from snnlearn.tracking.settings import TrackingSettings

# isort: split
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException


def settings_of(folder: Path) -> TrackingSettings:
    return TrackingSettings(uri=f"sqlite:///{folder / 'mlflow.db'}", experiment_prefix="a %b")


def log_of(folder: Path) -> ExperimentLog:
    return ExperimentLog(settings_of(folder), "channel", "Summary.")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a run that has an artifact and a version of a model."""
    folder = tmp_path_factory.mktemp("made here, with spaces")
    log = log_of(folder)
    with log.run("one", {"cell": "1"}) as run:
        log.text(run, "first", "config/first.yaml")
    log.registered("A model.")
    log.register(run, "config", {}, "A version.")
    return folder


@pytest.fixture
def original(made, tmp_path, monkeypatch):
    """A copy of that folder, in which nothing is elsewhere, as another process finds it."""
    cache = "mlflow.tracking._tracking_service.utils._artifact_repos_cache"
    monkeypatch.setattr(cache, OrderedDict())
    shutil.copytree(made, tmp_path / "original")
    assert bring_home(tmp_path / "original/mlflow.db") == 1
    return tmp_path / "original"


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def paths(database: Path) -> list[str]:
    with sqlite3.connect(database) as opened:
        found = [
            *opened.execute("SELECT artifact_location FROM experiments WHERE name != 'Default'"),
            *opened.execute("SELECT artifact_uri FROM runs"),
            *opened.execute("SELECT source FROM model_versions"),
            *opened.execute("SELECT storage_location FROM model_versions"),
        ]
    opened.close()
    return [path for (path,) in found]


def test_a_copy_writes_into_itself_alone(original, tmp_path):
    copy = tmp_path / "a copy"
    shutil.copytree(original, copy)
    before = files(original)
    log = log_of(copy)
    (run,) = log.search("")
    log.text(run.info.run_id, "second", "config/second.yaml")
    with log.run("two", {"cell": "2"}) as new:
        log.text(new, "third", "config/third.yaml")
    assert files(original) == before
    assert len(log.kept([run.info.run_id, new])) == 3
    assert all((copy / name).is_file() for name in log.kept([run.info.run_id, new]))
    own = (copy / "mlflow.artifacts").as_uri()
    assert len(paths(copy / "mlflow.db")) == 5
    assert all(path.startswith(own) for path in paths(copy / "mlflow.db"))


def test_what_was_moved_is_found(original, tmp_path):
    moved = original.rename(tmp_path / "moved")
    log = log_of(moved)
    (run,) = log.search("")
    client = MlflowClient(settings_of(moved).uri)
    found = client.download_artifacts(run.info.run_id, "config", str(tmp_path))
    assert Path(found, "first.yaml").read_text() == "first"
    assert log.files(run.info.run_id, "config") == {"config/first.yaml"}


def test_a_renamed_file_keeps_its_artifacts(original):
    (original / "mlflow.db").rename(original / "other.db")
    assert bring_home(original / "other.db") == 0
    own = (original / "mlflow.artifacts").as_uri()
    assert all(path.startswith(own) for path in paths(original / "other.db"))


def test_artifacts_of_others_are_left_where_they_are(original):
    with sqlite3.connect(original / "mlflow.db") as opened:
        for number, location in enumerate(["s3://bucket/x", "/elsewhere/mlruns/5", "mlruns/7"]):
            opened.execute(
                "INSERT INTO experiments (name, artifact_location, lifecycle_stage, workspace) "
                "SELECT ?, ?, lifecycle_stage, workspace FROM experiments LIMIT 1",
                (f"other {number}", location),
            )
    opened.close()
    before = paths(original / "mlflow.db")
    assert bring_home(original / "mlflow.db") == 0
    assert paths(original / "mlflow.db") == before


def test_a_copy_to_show_leaves_the_file_alone(original, tmp_path):
    moved = original.rename(tmp_path / "moved")
    before = files(moved)
    (tmp_path / "aside").mkdir()
    shown = copied(moved / "mlflow.db", tmp_path / "aside")
    assert files(moved) == before
    assert all(path.startswith((moved / "mlflow.artifacts").as_uri()) for path in paths(shown))


@pytest.mark.parametrize(
    ("writable", "why"), [(True, "was moved or copied"), (False, "cannot be written")]
)
def test_pages_show_a_copy_of_what_was_moved(
    original, tmp_path, monkeypatch, capsys, writable, why
):
    moved = original.rename(tmp_path / "moved")
    before = files(moved)
    (tmp_path / "aside").mkdir()
    with monkeypatch.context() as patched:
        patched.setattr("os.access", lambda *_: writable)
        uri = ui.logged_here(moved / "mlflow.db", tmp_path / "aside")
    assert f"mlflow.db {why}: what is shown is a copy of how it is now" in capsys.readouterr().out
    assert experiments(replace(settings_of(moved), uri=uri))  # as the pages are told
    assert all(
        path.startswith((moved / "mlflow.artifacts").as_uri()) for path in paths(file_of(uri))
    )
    assert files(moved) == before


def test_pages_show_the_file_itself_where_nothing_was_moved(original, tmp_path, capsys):
    database = original / "mlflow.db"
    assert ui.logged_here(database, tmp_path) == f"sqlite:///{database}"
    assert capsys.readouterr().out == ""


# Where artifacts are not beside the file, what it says of them stays


def test_what_a_killed_process_began_to_write_is_rolled_back(original, tmp_path):
    """SQLite's journal of it is there then, and no connection that may only read gets past it."""
    writer = sqlite3.connect(original / "mlflow.db", isolation_level=None)
    writer.execute("PRAGMA cache_size = 1")  # so that pages are in the file before the end
    writer.execute("BEGIN")
    writer.execute("UPDATE runs SET name = 'half'")
    writer.execute("CREATE TABLE noise AS SELECT randomblob(100000) FROM tags")
    killed = Path(shutil.copytree(original, tmp_path / "killed"))
    writer.execute("ROLLBACK")
    writer.close()
    assert (killed / "mlflow.db-journal").stat().st_size
    assert has_runs(killed / "mlflow.db")
    assert not (killed / "mlflow.db-journal").exists()
    assert (killed / "mlflow.db").read_bytes() == (original / "mlflow.db").read_bytes()


def assert_its_artifacts_are_found(database: Path) -> None:
    before = paths(database)
    assert all(folder_of(path).is_dir() for path in before)
    assert bring_home(database) == 0
    assert paths(database) == before


def test_a_link_to_the_file_is_the_file(original, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere/mlflow.db"
    link.symlink_to(original / "mlflow.db")
    assert_its_artifacts_are_found(link)
    (tmp_path / "elsewhere/mlflow.artifacts").mkdir()
    assert_its_artifacts_are_found(link)


@pytest.mark.parametrize("artifacts", [False, True])
def test_a_copy_of_the_file_alone_keeps_its_artifacts(original, tmp_path, artifacts):
    copy = tmp_path / "copy/mlflow.db"
    copy.parent.mkdir()
    if artifacts:  # of another file
        copy.with_name("mlflow.artifacts").mkdir()
    shutil.copy(original / "mlflow.db", copy)
    assert_its_artifacts_are_found(copy)


def test_a_copy_whose_artifacts_are_out_of_reach_says_where_they_are(original, tmp_path):
    copy = tmp_path / "copy/mlflow.db"
    copy.parent.mkdir()
    (original / "mlflow.db").rename(copy)
    before = paths(copy)
    original.rename(tmp_path / "out of reach")
    assert bring_home(copy) == 0
    assert paths(copy) == before


def test_another_path_to_the_same_folder_changes_nothing(original, tmp_path):
    # What a folder is like that is mounted twice, without the right to mount one.
    second = tmp_path / "second"
    second.mkdir()
    (second / "mlflow.artifacts").symlink_to(original / "mlflow.artifacts")
    (second / "mlflow.db").hardlink_to(original / "mlflow.db")
    assert_its_artifacts_are_found(second / "mlflow.db")


def test_an_experiment_without_artifacts_is_moved_with_the_others(original, tmp_path):
    ExperimentLog(settings_of(original), "mnist", "Summary.")
    moved = original.rename(tmp_path / "moved")
    assert bring_home(moved / "mlflow.db") == 2
    assert all(path.startswith(moved.as_uri()) for path in paths(moved / "mlflow.db"))


def test_artifacts_that_cannot_be_written_are_told(original):
    shutil.rmtree(original / "mlflow.artifacts")
    (original / "mlflow.artifacts").write_text("a file in their place")
    log = log_of(original)
    (run,) = log.search("")
    with pytest.raises(MlflowException, match=r"artifacts cannot be written: .*mlflow\.artifacts"):
        log.text(run.info.run_id, "second", "config/second.yaml")


# What was logged, and is there still


@pytest.fixture
def recorded(original):
    """The record of what was logged, and the address."""
    log = log_of(original)
    (run,) = log.search("")
    file = original / "tracking.json"
    logged = {"channel/base": {"artifacts": log.kept([run.info.run_id])}}
    assert len(logged["channel/base"]["artifacts"]) == 1
    record.write(file, 3, logged)
    return file, settings_of(original).uri


def test_what_is_there_is_not_logged_again(recorded):
    assert record.again(*recorded) == 3


@pytest.mark.parametrize("gone", ["mlflow.db", "mlflow.artifacts"])
def test_what_is_gone_is_logged_again(recorded, gone):
    path = recorded[0].with_name(gone)
    path.unlink() if path.is_file() else shutil.rmtree(path)
    assert record.again(*recorded) == 4


def test_a_damaged_file_is_logged_to_again(recorded):
    recorded[0].with_name("mlflow.db").write_bytes(b"no database" * 100)
    assert record.again(*recorded) == 4


def test_a_locked_file_is_taken_as_it_is(recorded):
    with sqlite3.connect(recorded[0].with_name("mlflow.db"), isolation_level=None) as opened:
        opened.execute("BEGIN EXCLUSIVE")
        started = monotonic()
        assert record.again(*recorded) == 3
        assert monotonic() - started < 3
        opened.execute("ROLLBACK")
    opened.close()


def test_a_server_is_not_asked(recorded):
    assert record.again(recorded[0], "http://127.0.0.1:9") == 3


@pytest.mark.parametrize("content", [None, "", "[]", json.dumps({"channel/base": {"added": 1}})])
def test_without_a_record_nothing_was_logged(tmp_path, content):
    file = tmp_path / "tracking.json"
    if content is not None:
        file.write_text(content)
    assert record.again(file, "sqlite:///nowhere.db") == 0
