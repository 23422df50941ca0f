"""A copy of the project in a folder of its own, and a way to run Snakemake in it."""

import fcntl
import os
import pty
import re
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import sysconfig
import termios
import time
import venv
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from snnlearn.data.hashing import sha256_of_file

ROOT = Path(__file__).parents[1]
PARTS = ("Snakefile", "workflow", "src", "config", "envs", "profiles", "resources/pretrained")

#: Every experiment, as small as it can be. Nothing is looked for, so the bundled digits stand in.
TINY = """
seeds: 3
channel: {duration: 2, generalization_duration: 0.5, n_neurons: 10, seeds_per_job: 2}
conditioning: {duration: 10.5, n_neurons_per_dimension: 5, seeds_per_job: 2}
tuning_curve: {n_currents: 50}
mnist:
  seeds: 1
  test_images: 20
  minibatch_size: 20
  n_steps: 5
  figure_images: 2
  parameters: {training: {epochs: 1, images: 100, minibatch_size: 20}}
variance: {channel: {blocks: 1, seeds_per_job: 8}, mnist: {blocks: 0}}
studies:
  rates:
    experiment: channel
    seeds: 2
    traces: false
    sweep: {learning_rate: [1.0e-3, 1.0e-4]}
    metrics: [rmse_last_second]
data: {search: [], urls: []}
figures: {dpi: 50}
"""

#: The experiments that run there: the chapter's, which nobody has to ask for.
CHAPTER = ("channel", "conditioning", "mnist", "tuning_curve")

#: What makes trained parameters, and nothing that needs them.
TRAINED = ("results/mnist/runs/batch-0000.parquet", "--until", "given_parameters")

#: What people give by the environment, and what must be written nowhere.
SECRET = "hunter2-of-mine"
SECRET_VARIABLES = (
    *("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"),
    *("PGPASSWORD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
)

#: What else stands in the folder of results: it holds times, or what MLflow calls its runs.
PASSING = (
    *("logs", "benchmarks", "mlflow.db", "mlflow.artifacts", "tracking.json"),
    *("provenance.json", "overview.html", "report.html"),
)

#: What MLflow has logged.
RUNS = """
SELECT experiments.name, runs.name, runs.status FROM runs JOIN experiments USING (experiment_id)
WHERE runs.lifecycle_stage = 'active' ORDER BY 1, 2
"""

#: The end of the module that all jobs' scripts begin with, to keep what they are given.
KEEPING = """
import pickle

def begin(snakemake, begin=begin):
    Path("jobs").mkdir(exist_ok=True)
    script = sys.modules["__main__"].__file__
    name = f"{Path(script).stem} {snakemake.rule} {'_'.join(snakemake.wildcards)}"
    ours = {n: value for n, value in os.environ.items() if n.startswith("SNNLEARN_")}
    given = snakemake, script, ours
    Path("jobs", name.replace("/", "_")).write_bytes(pickle.dumps(given))
    begin(snakemake)
"""

SNAKEMAKE = [sys.executable, "-m", "snakemake", "--configfile", "tiny.yaml", "--cores", "2"]


@dataclass(frozen=True)
class Project:
    """A copy of the project."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """Variables with which this copy of the library is found."""
        return os.environ | {"PYTHONPATH": str(self.folder / "src")}

    def snakemake(
        self, *arguments: str, check: bool = True, within: Sequence[str] = (), **variables: str
    ) -> subprocess.CompletedProcess:
        """Run Snakemake there on two cores with the tiny configuration.

        Within another command, such as ``setpriv``, and with variables of the environment.
        """
        finished = subprocess.run(
            [*within, *SNAKEMAKE, *arguments],
            cwd=self.folder,
            env=self.environment | variables,
            capture_output=True,
            text=True,
        )
        if check:
            assert finished.returncode == 0, finished.stdout + finished.stderr
        return finished

    def snakemake_on_a_terminal(
        self, *arguments: str, interrupt_when: Callable[[], bool] = lambda: False
    ) -> tuple[int, str]:
        """Run Snakemake as above, but on a terminal of 40 lines; give its exit code and output.

        As soon as something is the case, all processes get what Ctrl-C sends.
        """
        command = [*SNAKEMAKE, *arguments]
        return on_a_terminal(command, self.folder, self.environment, interrupt_when)

    def start(self, *arguments: str) -> subprocess.Popen:
        """Start Snakemake there, in a group of processes of its own."""
        return subprocess.Popen(
            [*SNAKEMAKE, *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            # A shell that starts tests in the background lets them ignore it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def kill_when(self, reached: Callable[[], bool], *arguments: str) -> None:
        """Start Snakemake, and kill it with all its jobs as soon as something is the case."""
        running = self.start(*arguments)
        wait_until(reached, running)
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()

    def holding(self, text: str) -> set[str]:
        """All files of results, logs and Snakemake that have a text in them."""
        return {
            str(file.relative_to(self.folder))
            for part in ("results", "resources", ".snakemake")
            for file in (self.folder / part).rglob("*")
            if file.is_file() and text.encode() in file.read_bytes()
        }

    def stop_after(self, seconds: float, how: signal.Signals, *arguments: str) -> int | None:
        """Start Snakemake, and send it a signal after a while; what jobs then do, they do.

        SIGKILL and SIGINT go to all processes, as from a node that is lost and a terminal; SIGTERM
        goes to Snakemake. Gives the exit code where it ended before that.
        """
        running = self.start(*arguments)
        try:
            return running.wait(seconds)
        except subprocess.TimeoutExpired:
            if how == signal.SIGTERM:
                running.terminate()
            else:
                os.killpg(running.pid, how)
            running.wait(timeout=120)
            return None
        finally:
            _wait_for_the_end_of(running.pid)
            self.unlock()

    def unlock(self) -> None:
        """Do what ``snakemake --unlock`` does, in less than its 5 s."""
        shutil.rmtree(self.folder / ".snakemake/locks", ignore_errors=True)

    def trained(self, pattern: str = "0.npz") -> list[Path]:
        """The files of trained parameters and what stands beside them; their key is a hash."""
        return sorted((self.folder / "results/trainings").glob(f"*/{pattern}"))

    def planned(self, *arguments: str) -> set[str]:
        """Outputs that a run would make now, relative to the folder of results."""
        table = self.snakemake("--summary", *arguments).stdout
        rows = [line.split("\t") for line in table.splitlines() if "\t" in line][1:]
        assert rows, table
        return {row[0].removeprefix("results/") for row in rows if row[-1] == "update pending"}

    def contents(self) -> dict[str, str]:
        """SHA-256 of each result that is the same in every run."""
        results = self.folder / "results"
        return {
            str(path.relative_to(results)): sha256_of_file(path)
            for path in sorted(results.rglob("*"))
            if path.is_file()
            and not any(part.startswith(".") for part in path.relative_to(results).parts)
            and path.relative_to(results).parts[0] not in PASSING
        }

    def logged(self, file: Path | None = None) -> list[tuple[str, str, str]]:
        """All runs in MLflow's database, or in another file: experiment, name and status."""
        file = file or self.folder / "results/mlflow.db"
        with closing(sqlite3.connect(file)) as database:
            return database.execute(RUNS).fetchall()

    def artifacts(self) -> Counter[tuple[str, str]]:
        """Names and SHA-256 of all files that MLflow keeps of runs, but for those with times."""
        kept = self.folder / "results/mlflow.artifacts"
        return Counter(
            (file.name, sha256_of_file(file))
            for file in kept.rglob("*")
            if file.is_file() and file.name not in PASSING
        )

    def copied(self, folder: Path) -> "Project":
        """The same in another folder, with its results and their dates."""
        return Project(shutil.copytree(self.folder, folder, symlinks=True))

    def keep_jobs(self) -> None:
        """Let each job leave what Snakemake gives it, and its environment, in ``jobs``."""
        script = self.folder / "workflow/scripts/job.py"
        script.write_text(script.read_text() + KEEPING)

    def configure(self, text: str) -> None:
        """Write the configuration file that every run takes."""
        (self.folder / "tiny.yaml").write_text(text)


def wait_until(reached: Callable[[], bool], running: subprocess.Popen) -> None:
    """Wait until something is the case, as long as a process runs."""
    deadline = time.monotonic() + 120
    while not reached():
        assert running.poll() is None, "ended too soon"
        assert time.monotonic() < deadline, "nothing happened in two minutes"
        time.sleep(0.02)


def _wait_for_the_end_of(group: int) -> None:
    """Wait until no process of a group is left; nothing may be left running."""
    deadline = time.monotonic() + 60
    with suppress(ProcessLookupError):
        while True:
            os.killpg(group, 0)
            assert time.monotonic() < deadline, f"processes of group {group} are left running"
            time.sleep(0.05)


def on_a_terminal(
    command: list[str],
    folder: Path,
    environment: Mapping[str, str],
    interrupt_when: Callable[[], bool] = lambda: False,
) -> tuple[int, str]:
    """Run a command on a terminal of 40 lines; give its exit code and output."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    running = subprocess.Popen(
        command,
        cwd=folder,
        env={**environment, "TERM": "xterm"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        # On a terminal, Ctrl-C arrives; a shell that starts tests in the background ignores it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    os.close(theirs)
    shown, interrupted = b"", False
    try:
        while block := os.read(ours, 65536):
            shown += block
            if not interrupted and interrupt_when():
                os.killpg(running.pid, signal.SIGINT)
                interrupted = True
    except OSError:  # on Linux, that is how the other end of a terminal is found closed
        pass
    os.close(ours)
    return running.wait(), shown.decode()


def without_controls(shown: str) -> str:
    """All lines that a terminal was sent, those too that were overwritten, without colours."""
    return re.sub(r" *(\r\n|\r)", "\n", re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown))


def make_python(folder: Path) -> Path:
    """A Python elsewhere, with the packages of this one but the project's, which is a link."""
    venv.create(folder, symlinks=True)
    packages = sysconfig.get_path("purelib", vars={"base": folder, "platbase": folder})
    Path(packages, "all.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin/python"


def copy_project(folder: Path) -> Project:
    """Copy the project, without results."""
    folder.mkdir(exist_ok=True)
    for part in PARTS:
        source, target = ROOT / part, folder / part
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.egg*"))
        else:
            shutil.copyfile(source, target)
    project = Project(folder)
    project.configure(TINY)
    return project
