"""A configuration that cannot be used, and a run that is killed."""

import os
import signal
import subprocess
import sys
import time

from tiny_project import TINY

MISTAKES = """\
seeds: 0
chanel: {n_neurons: 60}
channel:
  learning_rat: 1e-4
  n_neurons: many
conditioning:
  learning_rate: -0.1
mnist:
  parameters: {mode: download}
data:
  name: ""
"""


def test_all_mistakes_are_named_at_once_before_any_job(project):
    project.configure(MISTAKES)
    failed = project.snakemake("--dry-run", check=False)
    message = failed.stdout + failed.stderr
    assert failed.returncode != 0
    for mistake in (
        "seeds: 0 seeds are too few",
        "chanel: unknown key; did you mean 'channel'?",
        "channel.learning_rat: unknown key; did you mean 'learning_rate'?",
        "channel.n_neurons: 'many' is not a whole number",
        "conditioning.learning_rate: -0.1 is less than 0",
        "mnist.parameters: mode is 'download' but download.sha256 is not given",
        "data.name: '' does not have the form",
    ):
        assert mistake in message
    # config/config.yaml has this key, too, and is overridden.
    assert "'many' is not a whole number (" in message
    assert message.count("config/config.yaml, line") == 0
    assert "tiny.yaml, line 5)" in message
    assert "Traceback" not in message
    assert not (project.folder / "results").exists()


def test_a_killed_run_is_resumed_where_it_was(project):
    """Finished jobs are kept; what was being written is made anew."""
    project.configure(TINY.replace("seeds: 3", "seeds: 8").replace("10.5", "3"))
    target = [
        f"results/{name}/metrics/batch-000{number}.csv"
        for name in ("channel", "conditioning")
        for number in range(4)
    ]
    command = [sys.executable, "-m", "snakemake", "--configfile", "tiny.yaml", "--cores", "2"]
    running = subprocess.Popen(
        [*command, *target],
        cwd=project.folder,
        env=os.environ | {"PYTHONPATH": str(project.folder / "src")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    runs = project.folder / "results"
    deadline = time.monotonic() + 120
    while not list(runs.glob("*/runs/*.parquet")):
        assert time.monotonic() < deadline, "no job finished in two minutes"
        time.sleep(0.2)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    kept = {path: path.stat().st_mtime_ns for path in runs.glob("*/runs/*.parquet")}

    project.snakemake("--unlock")
    project.snakemake(*target)
    assert all((project.folder / file).is_file() for file in target)
    after = {path: path.stat().st_mtime_ns for path in kept}
    # A job that wrote its file, but whose end Snakemake did not record, is rightly run again.
    assert sum(after[path] == kept[path] for path in kept) >= len(kept) - 2
    assert "Nothing to be done" in project.snakemake(*target).stderr
