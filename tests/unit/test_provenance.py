import os
import platform
import subprocess
from datetime import UTC, datetime, timedelta
from importlib import metadata

import pytest

from snnlearn.config.differences import differences
from snnlearn.config.loading import load
from snnlearn.jobs import provenance
from snnlearn.jobs.provenance import checkout, collect

CONFIGURATION = {
    "sha256": "c" * 64,
    "differs_from_default": differences(load({"channel": {"seeds": 2, "learning_rate": 2e-4}})),
    "seeds": {"channel": [0, 1], "mnist": [0]},
}
DATASET = {"name": "mnist", "verified": True}
PARAMETERS = {
    "0": {
        "origin": "trained",
        "source": "trained here with seed 0",
        "sha256": "p" * 64,
        "verified": True,
        "details": {"history": [1, 2, 3]},
    }
}


@pytest.fixture
def git(tmp_path, monkeypatch):
    """Runs git in a folder that is in no checkout, with nobody's settings."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "no-config"))
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "folder"
    folder.mkdir()

    def run(*arguments: str) -> str:
        identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
        command = ["git", "-C", str(folder), *identity, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    run.folder = folder
    return run


@pytest.fixture
def commit(git):
    """A checkout with one file, and its commit."""
    git("init", "--quiet")
    (git.folder / "deeper").mkdir()
    (git.folder / "deeper" / "file").write_text("1")
    git("add", ".")
    git("commit", "--quiet", "--message", "First")
    return git("rev-parse", "HEAD")


def test_clean_checkout_gives_its_commit(git, commit):
    assert len(commit) == 40
    expected = {"commit": commit, "dirty": False, "no_commit_because": None}
    assert checkout(git.folder) == expected
    assert checkout(git.folder / "deeper") == expected


@pytest.mark.parametrize("name", ["deeper/file", "new file"])
def test_edited_checkout_is_dirty(git, commit, name):
    (git.folder / name).write_text("2")
    assert checkout(git.folder) == {"commit": commit, "dirty": True, "no_commit_because": None}
    assert checkout(git.folder / "deeper")["dirty"]


def test_ignored_files_leave_it_clean(git, commit):
    (git.folder / ".git" / "info" / "exclude").write_text("results\n")
    (git.folder / "results").write_text("2")
    assert checkout(git.folder)["dirty"] is False


def assert_unknown(found, why):
    assert (found["commit"], found["dirty"]) == (None, None)
    assert why in found["no_commit_because"]


def test_nothing_is_known_outside_a_checkout(git):
    assert_unknown(checkout(git.folder), "not a git repository")


def test_a_hook_of_another_repository_does_not_name_its_own(git, commit, tmp_path, monkeypatch):
    """Git tells its hooks by variables which repository they are of."""
    for name, there in (("GIT_DIR", ".git"), ("GIT_WORK_TREE", ".")):
        monkeypatch.setenv(name, str(git.folder / there))
    (tmp_path / "elsewhere").mkdir()
    assert_unknown(checkout(tmp_path / "elsewhere"), "not a git repository")


def test_nothing_is_known_before_the_first_commit(git):
    git("init", "--quiet")
    (git.folder / "file").write_text("1")
    git("add", ".")
    assert_unknown(checkout(git.folder), "HEAD")


def test_nothing_is_known_without_git(git, commit, monkeypatch):
    monkeypatch.setenv("PATH", str(git.folder))
    assert_unknown(checkout(git.folder), "there is no git")


@pytest.mark.parametrize("ignored", [True, False])
def test_the_commit_of_a_project_around_this_one_is_not_ours(git, commit, ignored):
    (git.folder / "unpacked").mkdir()
    (git.folder / "unpacked" / "module.py").write_text("1")
    if ignored:
        (git.folder / ".git" / "info" / "exclude").write_text("unpacked\n")
    assert_unknown(checkout(git.folder / "unpacked"), f"{git.folder} does not track this project")


def test_a_checkout_of_another_owner_says_so(git, commit, monkeypatch):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert_unknown(checkout(git.folder), "dubious ownership")


def test_everything_that_made_a_result_is_written_down(monkeypatch):
    started = datetime.now(UTC) - timedelta(seconds=5)
    monkeypatch.setenv("SNNLEARN_STARTED", started.isoformat(timespec="seconds"))
    found = collect(CONFIGURATION, {"mnist": DATASET}, PARAMETERS)
    assert list(found) == [
        *(
            "commit",
            "dirty",
            "no_commit_because",
            "configuration_sha256",
            "differs_from_default",
            "seeds",
            "datasets",
            "parameters",
        ),
        *("versions", "platform", "started", "ended"),
    ]
    assert found["configuration_sha256"] == CONFIGURATION["sha256"]
    assert found["differs_from_default"] == {
        "channel": [
            {"key": "learning_rate", "here": 2e-4, "default": 1e-4},
            {"key": "seeds", "here": "2, from 0 to 1", "default": "100, from 0 to 99"},
        ]
    }
    assert found["seeds"] == CONFIGURATION["seeds"]
    assert found["datasets"] == {"mnist": DATASET}
    assert found["parameters"] == {
        "0": {key: PARAMETERS["0"][key] for key in ("origin", "source", "sha256", "verified")}
    }
    assert set(found["versions"]) == {"python", *provenance.PACKAGES}
    assert found["versions"]["python"] == platform.python_version()
    assert found["versions"]["nengo-dl"] == metadata.version("nengo-dl")
    assert found["platform"]["cores"] >= 1
    assert found["platform"]["machine"] == platform.machine()
    assert found["platform"]["processor"]
    ended = datetime.fromisoformat(found["ended"])
    assert ended.utcoffset() == timedelta(0)
    assert timedelta(seconds=3) < ended - datetime.fromisoformat(found["started"])
    assert abs(ended - datetime.now(UTC)) < timedelta(minutes=1)


def test_start_must_be_known(monkeypatch):
    monkeypatch.delenv("SNNLEARN_STARTED", raising=False)
    with pytest.raises(KeyError, match="SNNLEARN_STARTED"):
        collect(CONFIGURATION, DATASET, PARAMETERS)


def test_what_a_rule_of_ones_own_provides_has_its_origin_told(monkeypatch):
    monkeypatch.setenv("SNNLEARN_STARTED", "2026-01-01T00:00:00+00:00")
    found = collect(CONFIGURATION, {}, {}, recordings={"source": "a laboratory"})
    assert found["recordings"] == {"source": "a laboratory"}


def test_nothing_is_written_into_a_repository(git, commit):
    """Git would note that a file with another date is the same, and a kill would leave its lock."""
    index = git.folder / ".git/index"
    os.utime(git.folder / "deeper/file", (1e9, 1e9))
    before = index.stat().st_mtime_ns, index.read_bytes()
    assert checkout(git.folder)["dirty"] is False
    assert (index.stat().st_mtime_ns, index.read_bytes()) == before
