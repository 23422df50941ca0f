"""A job that is killed, refused a file operation, or short of memory, at any of its file events."""

import json
import os
import random
from pathlib import Path

import file_events
import pytest
from kept_jobs import Job

# What jobs load first: here, once for all.
from snnlearn.data import checksums
from snnlearn.figures import style  # noqa: F401

#: Whether all jobs are tried with all faults, and how often: ``every`` kills at every event.
ALL = os.environ.get("ALL_FAULTS")

#: At how many events each job is killed, and at how many something else happens to it, drawn from
#: this seed; and with a training, which takes as long as all others together.
KILLS, OTHERS, OF_TRAINING, SEED = (
    (1000 if ALL == "every" else 15 if ALL else 1),
    2,
    1,
    1,
)

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

pytestmark = [
    pytest.mark.skipif(not file_events.traceable(), reason="strace is not here, or may not trace"),
    pytest.mark.timeout(1800),
]


def killed(job: Job, event: file_events.Event, _: random.Random) -> bool:
    """Kill a job; tell whether it came to that."""
    return file_events.kill_at(job, event)


def refused(job: Job, event: file_events.Event, rng: random.Random) -> bool:
    """Let the disk refuse a call."""
    return file_events.fail_at(job, event, rng.choice(["EIO", "ENOSPC"])) != 0


def short_of_memory(job: Job, _: file_events.Event, rng: random.Random) -> bool:
    """Let allocations fail beyond a limit; how much jobs take differs from one to the next."""
    return file_events.do(job, memory_mb=round(2 ** rng.uniform(0, 6))) != 0


def killed_after_refusal(job: Job, event: file_events.Event, rng: random.Random) -> bool:
    """Both: the disk refuses a call, and the job that is begun again is killed."""
    refused(job, event, rng)
    return killed(job, event, rng)


#: What happens to jobs, as SQLite's tests have it: crashes, I/O errors, failed allocations, and two
#: faults together.
FAULTS = {
    "killed": killed,
    "refused a file operation": refused,
    "short of memory": short_of_memory,
    "refused a file operation, and killed when it is begun again": killed_after_refusal,
}


#: What is tried: by sample, kills of all jobs, and all else with two of them.
TRIED = [
    (fault, name)
    for fault in FAULTS
    for name in JOBS
    if ALL or fault == "killed" or name in ("simulation", "metrics")
]


@pytest.fixture(scope="module")
def folder(finished, tmp_path_factory):
    """A copy of the finished project."""
    return finished.copied(tmp_path_factory.mktemp("killed") / "project").folder


@pytest.mark.parametrize(("fault", "name"), TRIED)
def test_a_job_that_fails_anywhere_is_done_again_to_the_same_bytes(
    fault, name, folder, record_property
):
    job = Job(folder, min(folder.glob(f"jobs/{JOBS[name]}*")))
    job.forget()
    events = file_events.events(job, folder)
    expected = {path: path.read_bytes() for path in job.outputs}
    assert {"openat", "fsync", "rename"} <= {event.call for event in events}

    rng = random.Random(f"{SEED} {fault} {name}")
    wanted = KILLS if fault == "killed" else OTHERS
    if name == "training" and ALL != "every":
        wanted = min(wanted, OF_TRAINING)
    most = min(wanted, len(events))
    struck = 0
    for event in rng.sample(events, most):
        job.forget()
        struck += FAULTS[fault](job, event, rng)
        for path in job.leftovers():  # a power cut may leave less than what was written
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        for path in filter(Path.exists, job.outputs):
            assert same(path, path.read_bytes(), expected[path]), f"half of {path} after {event}"
        assert file_events.do(job) == 0, f"cannot go on after {event}"
        for path in job.outputs:
            assert same(path, path.read_bytes(), expected[path]), f"other bytes after {event}"
        checksums.check(job.outputs)
        assert not job.leftovers(), event
    if fault == "killed":  # some calls are of threads that take turns: now and then there are fewer
        assert struck >= 0.9 * most
    record_property("fault", f"A job that is {fault}")
    record_property("tried", struck)


def same(path: Path, found: bytes, expected: bytes) -> bool:
    """Whether a result is as it was, but for the times in it."""
    if path.name != "provenance.json":
        return found == expected
    return json.loads(found).keys() == json.loads(expected).keys()
