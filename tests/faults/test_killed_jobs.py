"""A job that is killed at one of its file events."""

import json
import os
import pickle
import random
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import file_events
import pytest

# What jobs load first: here, once for all.
from snnlearn.data import checksums
from snnlearn.figures import style  # noqa: F401

#: How many events of each job, drawn from this seed, and of a training, which takes as long as all
#: others together. Where ``ALL_FAULTS`` is set, these are nearly all.
EVENTS, OF_TRAINING, SEED = (250, 25, 1) if "ALL_FAULTS" in os.environ else (3, 1, 1)

#: A job of each script, by the beginning of its name among those that were kept.
JOBS = {
    "dataset": "dataset ",
    "training": "train ",
    "simulation": "simulate simulate ",
    "simulation without traces": "simulate simulate_and_measure ",
    "measuring": "measure ",
    "close-up": "closeup ",
    "metrics": "metrics ",
    "metrics of a study": "study_metrics ",
    "figures": "figures figures_rates ",
    "errata": "errata ",
    "variance": "variance ",
    "verdict": "verdict ",
    "provenance": "provenance ",
    "overview": "overview ",
}


def traceable() -> bool:
    """Whether strace is there and may look at a process."""
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True).returncode == 0


pytestmark = [
    pytest.mark.skipif(not traceable(), reason="strace is not here, or may not trace"),
    pytest.mark.timeout(1800),
]


class Job:
    """A job of Snakemake that was done once, to do it again in a process of its own."""

    def __init__(self, folder: Path, file: Path) -> None:
        self._folder = folder
        self._given, script, self._environment = pickle.loads(file.read_bytes())
        self._script = folder / "workflow/scripts" / Path(script).name
        self.outputs = [folder / path for path in self._given.output]

    def __call__(self) -> None:
        os.chdir(self._folder)
        os.environ.update(self._environment)
        sys.path.insert(0, str(self._script.parent))
        runpy.run_path(
            str(self._script), init_globals={"snakemake": self._given}, run_name="__main__"
        )

    def forget(self) -> None:
        """As Snakemake does before a job: remove what it is to make."""
        for path in self.outputs:
            path.unlink(missing_ok=True)

    def leftovers(self) -> list[Path]:
        """What was written aside."""
        folders = {path.parent for path in self.outputs}
        return [path for folder in folders for path in folder.glob(".*.partial*")]


@pytest.fixture(scope="module")
def folder(finished, tmp_path_factory):
    """A copy of the finished project."""
    return shutil.copytree(
        finished.folder, tmp_path_factory.mktemp("killed") / "project", symlinks=True
    )


@pytest.mark.parametrize("name", JOBS)
def test_a_job_that_is_killed_at_any_file_event_is_done_again_to_the_same_bytes(
    name, folder, record_property
):
    job = Job(folder, min(folder.glob(f"jobs/{JOBS[name]}*")))
    job.forget()
    events = file_events.events(job, folder)
    expected = {path: path.read_bytes() for path in job.outputs}
    assert {"openat", "fsync", "rename"} <= {event.call for event in events}

    most = min(OF_TRAINING if name == "training" else EVENTS, len(events))
    drawn = random.Random(f"{SEED} {name}").sample(events, most)
    killed = 0
    for event in drawn:
        job.forget()
        killed += file_events.kill_at(job, event)
        for path in job.leftovers():  # a power cut may leave less than what was written
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        for path in filter(Path.exists, job.outputs):
            assert same(path, path.read_bytes(), expected[path]), f"half of {path} after {event}"
        assert file_events.do(job) == 0, f"cannot go on after {event}"
        for path in job.outputs:
            assert same(path, path.read_bytes(), expected[path]), f"other bytes after {event}"
        checksums.check(job.outputs)
        assert not job.leftovers(), event
    # Some calls are of threads that take turns: now and then there are fewer.
    assert killed >= 0.9 * len(drawn)
    record_property("tried", killed)


def same(path: Path, found: bytes, expected: bytes) -> bool:
    """Whether a result is as it was, but for the times in it."""
    if path.name != "provenance.json":
        return found == expected
    return json.loads(found).keys() == json.loads(expected).keys()
