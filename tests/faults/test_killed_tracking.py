"""The job that logs, killed or refused a file operation at any of its file events."""

import os
import random
import shutil

import file_events
import pytest
from kept_jobs import Job

# What the job loads first: here, once for all.
from snnlearn.tracking import runs  # noqa: F401

#: At how many events, drawn from this seed.
EVENTS, SEED = (6, 1) if "ALL_FAULTS" in os.environ else (2, 1)

pytestmark = [
    pytest.mark.skipif(not file_events.traceable(), reason="strace is not here, or may not trace"),
    pytest.mark.timeout(120 + 60 * EVENTS),
]


@pytest.fixture(scope="module")
def project(finished, tmp_path_factory):
    """A copy of the finished project."""
    return finished.copied(tmp_path_factory.mktemp("killed") / "project")


def test_the_next_start_logs_each_run_once_with_all_its_files(project, finished, record_property):
    job = Job(project.folder, project.folder / "jobs/tracking tracking ")
    rng = random.Random(SEED)

    def forget() -> None:
        job.forget()
        for path in (project.folder / "results").glob("mlflow*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    forget()
    drawn = rng.sample(file_events.events(job, project.folder), EVENTS)
    expected, struck = project.artifacts(), 0
    assert expected.keys() == finished.artifacts().keys()
    assert project.logged() == finished.logged()
    for number, event in enumerate(drawn):
        forget()
        if number % 2:
            struck += file_events.fail_at(job, event, rng.choice(["EIO", "ENOSPC"])) != 0
        else:
            struck += file_events.kill_at(job, event)
        job.forget()
        assert file_events.do(job) == 0, f"cannot go on after {event}"
        assert project.logged() == finished.logged(), event
        assert project.artifacts() == expected, event
        assert {status for _, _, status in project.logged()} == {"FINISHED"}, event
    assert struck >= EVENTS // 2
    record_property("tried", struck)
