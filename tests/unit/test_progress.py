"""How far jobs are: what they log, how it is read, and what follows for the whole run."""

import logging
import os

import pytest

from snakemake_logger_plugin_snnlearn.jobs import Job, Jobs
from snnlearn.jobs import progress
from snnlearn.jobs.progress import LOG_FORMAT, Progress, duration, messages_in, share_in

logger = logging.getLogger("snnlearn.test")


# What jobs say


def test_the_share_begins_the_message(caplog):
    caplog.set_level(logging.INFO)
    Progress(logger).tell(0.678, "seed %d of %d, 100 %% sure", 3, 5, always=True)
    assert caplog.messages == ["67.8 %: seed 3 of 5, 100 % sure"]
    assert share_in(caplog.messages[0]) == pytest.approx(0.678)


def test_a_share_of_one_is_told_at_the_end_only(caplog):
    caplog.set_level(logging.INFO)
    Progress(logger).tell(0.9999, "almost", always=True)
    assert caplog.messages == ["99.9 %: almost"]


def test_within_a_part_shares_are_those_of_the_part(caplog):
    caplog.set_level(logging.INFO)
    for part in progress.parts(4):
        with part:
            for share in (0, 0.5, 1):
                Progress(logger).tell(share, "at work", always=True)
    with pytest.raises(ZeroDivisionError), next(progress.parts(2)):
        raise ZeroDivisionError
    Progress(logger).tell(0.5, "done with parts", always=True)
    assert [share_in(message) for message in caplog.messages] == [
        *(0, 0.125, 0.25, 0.25, 0.375, 0.5, 0.5, 0.625, 0.75, 0.75, 0.875, 1),
        0.5,
    ]


@pytest.mark.parametrize("message", ["", "seed 60 %: 3", "60 percent: done", "-5 %: x", "60 %"])
def test_other_messages_tell_no_share(message):
    assert share_in(message) is None


def test_messages_keep_their_distance(caplog, monkeypatch):
    caplog.set_level(logging.INFO)
    now = [0.0]
    monkeypatch.setattr(progress, "perf_counter", lambda: now[0])
    telling = Progress(logger)
    for now[0] in (1.0, 9.9, 10.0, 15.0, 19.9, 20.0):
        telling.tell(now[0] / 100, "at work")
    assert caplog.messages == ["10 %: at work", "20 %: at work"]


def test_messages_are_found_in_a_log(tmp_path):
    """In the form that jobs write, among what others write."""
    log = tmp_path / "job.log"
    handler = logging.FileHandler(log)
    handler.setFormatter(logging.Formatter(LOG_FORMAT))
    for name, level, message in (
        ("snnlearn", "WARNING", "going on with digits"),
        ("mlflow.tracking", "INFO", "50 %: not ours"),
        ("snnlearn.experiments.mnist", "INFO", "50 %: seed 1\nand a second line"),
    ):
        record = logging.LogRecord(name, getattr(logging, level), "", 0, message, None, None)
        handler.emit(record)
    handler.close()
    log.write_text(f"2025-01-01 from a library\n{log.read_text()}Traceback: snnlearn: what\n")
    assert messages_in(log.read_text()) == [
        ("WARNING", "going on with digits"),
        ("INFO", "50 %: seed 1"),
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (192, "3 min 12 s"),
        (7500, "2 h 5 min"),
        (7200, "2 h 0 min"),
    ],
)
def test_time_spans_in_words(seconds, words):
    assert duration(seconds) == words


# What is heard of one job


@pytest.fixture
def log(tmp_path):
    return tmp_path / "job.log"


def say(log, message, level="INFO"):
    with log.open("a") as file:
        file.write(f"2025-01-01 12:00:00,000 {level} snnlearn.test: {message}\n")


def test_the_last_message_is_heard(log):
    job = Job("Train", "parameters", 1, started=0, log=log)
    job.listen(1)
    assert (job.message, job.share) == ("", None)
    say(log, "reading")
    job.listen(2)
    assert (job.message, job.share) == ("reading", None)
    say(log, "25 %: epoch 1 of 4")
    job.listen(3)
    assert (job.message, job.share) == ("25 %: epoch 1 of 4", 0.25)
    say(log, "going on")
    job.listen(4)
    assert (job.message, job.share) == ("going on", 0.25)


def test_the_end_of_a_long_log_is_enough(log):
    job = Job("Train", "parameters", 1, started=0, log=log)
    log.write_text("é" * 100_000 + "\n")
    say(log, "25 %: epoch 1 of 4")
    job.listen(1)
    assert job.share == 0.25


def test_what_a_former_run_said_is_not_heard(log):
    say(log, "100 %: epoch 4 of 4")
    job = Job("Train", "parameters", 1, started=0, log=log)
    job.listen(1)
    assert job.message == ""
    log.write_text("")
    os.utime(log, ns=(1, 1))  # a clock that is too coarse, or runs behind
    say(log, "25 %: epoch 1 of 4")
    job.listen(2)
    assert job.share == 0.25


def test_warnings_are_gathered(log):
    job = Job("Find", "dataset", 1, started=0, log=log)
    assert job.warnings() == []
    say(log, "refused: no route", "WARNING")
    say(log, "done")
    say(log, "going on with digits", "WARNING")
    assert job.warnings() == ["refused: no route", "going on with digits"]


def test_time_left_of_a_job(log):
    job = Job("Train", "parameters", 1, started=100, log=log)
    assert job.left(105) is None
    say(log, "20 %: epoch 1")
    job.listen(110)
    assert job.left(110) == pytest.approx(40)  # 10 s for a fifth
    say(log, "60 %: epoch 3")
    job.listen(130)
    assert job.left(130) == pytest.approx(20)  # 20 s for two fifths
    assert job.left(135) == pytest.approx(15)
    assert job.left(1000) == 0


def test_time_left_of_a_job_that_went_on_from_a_former_run(log):
    """What was done before took no time in this run."""
    job = Job("Train", "parameters", 1, started=0, log=log)
    say(log, "70 %: epoch 7")
    job.listen(10)
    say(log, "80 %: epoch 8")
    job.listen(20)
    assert job.left(20) == pytest.approx(20)


def test_no_share_no_time(log):
    job = Job("Train", "parameters", 1, started=0, log=log)
    say(log, "0 %: epoch 0")
    job.listen(10)
    assert job.left(10) is None


# What follows for the whole run


@pytest.fixture
def run():
    jobs = Jobs(started=0, cores=2)
    jobs.plan({"simulate": 4, "figure": 2, "total": 6})
    return jobs


def test_nothing_is_foretold_before_anything_is_known(run):
    assert (run.total, run.left(0)) == (6, None)
    run.running[1] = Job("Simulate", "simulate", 1, started=0)
    assert run.left(5) is None


def test_rules_take_as_long_as_they_did(run):
    for number, taken in ((1, 8), (2, 12)):
        run.running[number] = Job("Simulate", "simulate", 1, started=0)
        assert run.finish(number, now=taken).rule == "simulate"
    run.running[3] = Job("Draw", "figure", 1, started=12)
    run.finish(3, now=13)
    assert run.done == 3
    # two simulations of 10 s and a figure of 1 s, on two cores
    assert run.left(13) == pytest.approx(21 / 2)
    run.running[4] = Job("Simulate", "simulate", 1, started=13)
    assert run.left(16) == pytest.approx((7 + 10 + 1) / 2)
    assert run.left(100) == pytest.approx((0 + 10 + 1) / 2)  # longer than usual


def test_rules_without_example_take_the_mean_of_all(run):
    run.running[1] = Job("Simulate", "simulate", 2, started=0)
    run.finish(1, now=5)  # 10 s of one core
    assert run.left(5) == pytest.approx((3 * 10 + 2 * 10) / 2)


def test_a_long_job_is_no_example_for_other_rules(run, log):
    run.running[1] = Job("Draw", "figure", 1, started=0)
    run.finish(1, now=2)
    run.running[2] = Job("Simulate", "simulate", 1, started=0, log=log)
    run.plan({"simulate": 1, "metrics": 1, "total": 2})
    say(log, "0.5 %: seed 1 of 200")
    run.running[2].listen(10)
    assert run.left(10) == pytest.approx(1990)
    run.cores = 1
    assert run.left(10) == pytest.approx(1990 + 2)


def test_a_running_job_that_tells_its_share_is_an_example_for_others(run, log):
    run.running[1] = Job("Simulate", "simulate", 1, started=0, log=log)
    say(log, "25 %: seed 1 of 4")
    run.running[1].listen(10)
    assert run.left(10) == pytest.approx((30 + 3 * 40 + 2 * 40) / 2)


def test_the_longest_job_decides_in_the_end(log):
    run = Jobs(started=0, cores=8)
    run.plan({"simulate": 1, "total": 1})
    run.running[1] = Job("Simulate", "simulate", 1, started=0, log=log)
    say(log, "50 %: seed 1 of 2")
    run.running[1].listen(30)
    assert run.left(30) == pytest.approx(30)
    run.finish(1, now=60)
    assert run.left(60) == 0


def test_a_failed_job_is_counted(run):
    run.running[1] = Job("Simulate", "simulate", 1, started=0)
    assert run.fail(1).title == "Simulate"
    assert (run.done, run.failed, run.running) == (0, 1, {})
    assert run.fail(1) is None
