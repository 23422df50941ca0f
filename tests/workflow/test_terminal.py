"""What a terminal shows of a run, and what is written where there is none."""

import re

from tiny_project import TINY, without_controls

TARGETS = tuple(f"results/channel/runs/batch-000{number}.parquet" for number in range(2))
SHOW_CURSOR, HIDE_CURSOR = "\x1b[?25h", "\x1b[?25l"


def test_a_terminal_shows_jobs_progress_and_the_time_left(project):
    # One after the other, so that there is a time with one job done.
    code, sent = project.snakemake_on_a_terminal(*TARGETS, "--cores", "1")
    shown = without_controls(sent)
    assert code == 0, shown
    # while it runs
    assert re.search(
        r"^ +\d+ s Simulate channel, batch 0000 \(seeds 0, 1\)\n +starting$", shown, re.M
    )
    assert re.search(r"0 of 2 jobs, \d+ s so far$", shown, re.M)
    assert re.search(r"1 of 2 jobs, .* so far, about .* left$", shown, re.M)
    # what stays: each job with its last words, and the whole
    ended = re.findall(r"^\d\d:\d\d:\d\d done (.*)  .* s\n {9}(.*)$", shown, re.M)
    assert {title for title, _ in ended} == {
        "Simulate channel, batch 0000 (seeds 0, 1)",
        "Simulate channel, batch 0001 (seeds 2)",
    }
    for title, message in ended:
        n = 2 if "seeds 0, 1" in title else 1
        assert re.match(rf"100 %: channel: seed \d \({n} of {n}\) done after [\d.]+ s", message)
    assert re.search(r"^2 of 2 jobs done, in .* s$", shown, re.M)
    # jobs are silent themselves, and the cursor is there
    assert "INFO snnlearn" not in shown
    assert sent.rfind(SHOW_CURSOR) > sent.rfind(HIDE_CURSOR)
    assert "Nothing to be done" in project.snakemake_on_a_terminal(*TARGETS)[1]


def test_without_a_terminal_lines_are_plain(project):
    """Snakemake's own, and those of the jobs as they come."""
    said = project.snakemake(*TARGETS).stderr
    assert "\x1b" not in said
    assert "2 of 2 steps (100%) done" in said
    assert re.search(r"INFO snnlearn.simulation: 50 %: channel: seed 0 \(1 of 2\) done after", said)
    assert "so far" not in said


def test_a_dry_run_and_a_quiet_run_on_a_terminal_are_snakemakes(project):
    dry = without_controls(project.snakemake_on_a_terminal(*TARGETS, "--dry-run")[1])
    assert "This was a dry-run" in dry
    code, quiet = project.snakemake_on_a_terminal(TARGETS[1], "--quiet", "all")
    assert code == 0
    assert "so far" not in dry + quiet
    assert "jobs done" not in dry + quiet


def test_a_failed_job_shows_its_log_on_a_terminal(project):
    project.configure(TINY.replace("\nmnist:", "\nmnist:\n  on_unavailable: fail"))
    code, sent = project.snakemake_on_a_terminal("results/data/mnist.npz")
    shown = without_controls(sent)
    assert code != 0
    assert re.search(r"^\d\d:\d\d:\d\d failed Find or download, and verify", shown, re.M)
    assert "DatasetError" in shown
    assert re.search(r"^0 of 1 jobs done, 1 failed, in .* s$", shown, re.M)


def test_ctrl_c_says_what_was_stopped_and_gives_the_terminal_back(project):
    project.configure(
        TINY.replace("seeds: 3", "seeds: 6").replace("duration: 2,", "duration: 500,")
    )
    log = project.folder / "results/logs/simulate/channel-0000.log"
    code, sent = project.snakemake_on_a_terminal(TARGETS[0], interrupt_when=log.is_file)
    shown = without_controls(sent)
    assert code != 0
    assert "Terminating processes on user request" in shown
    assert re.search(r"^\d\d:\d\d:\d\d stopped Simulate channel, batch 0000", shown, re.M)
    assert re.search(r"^0 of 1 jobs done, 1 stopped, in .* s$", shown, re.M)
    assert "Traceback" not in shown
    assert sent.rfind(SHOW_CURSOR) > sent.rfind(HIDE_CURSOR)
