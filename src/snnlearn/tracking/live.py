"""Show trainings in MLflow while they run.

A training tells how far it is in a file, and knows nothing of MLflow. Where ``tracking.live`` is
set, Snakemake's process starts another one, ``python -m snnlearn.tracking.live``, which reads these
files and writes to MLflow. So there is one writer however many trainings run at once, on this
machine or on a cluster; an address that is slow or down holds nothing up; and no result depends on
it.

The two hold a pipe. It closes when Snakemake ends, however it ends: what has not ended by then is
marked as killed. Should the watching process be killed as well, the next one does that first.
"""

import atexit
import json
import logging
import select
import subprocess
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from snnlearn.jobs.progress import LOG_FORMAT

logger = logging.getLogger(__name__)

#: Seconds between two looks at the files.
BETWEEN_LOOKS = 2.0

#: Seconds that Snakemake's process waits for the last look.
LAST_LOOK = 120.0

#: Names these results' trainings in MLflow.
IDENTITY = Path("results/.live")

LOG = Path("results/logs/live.log")


def identity() -> str | None:
    """The tag ``live`` of these results' trainings; None where none was ever shown."""
    return IDENTITY.read_text().strip() if IDENTITY.is_file() else None


def start(
    settings: Mapping[str, Any],
    parameters: Mapping[str, Any],
    code: Sequence[str],
    files: Mapping[int, str],
    tags: Mapping[str, str],
) -> None:
    """Start a process that shows trainings until this one ends.

    Parameters
    ----------
    settings : mapping
        Of the tracking, as plain data.
    parameters : mapping
        Of the experiment ``mnist``, as plain data.
    code : sequence of str
        The modules that its numbers come from.
    files : mapping of int to str
        Where the training of each seed tells how far it is. What stands there now is of old.
    tags : mapping of str to str
        Further tags for every run, such as ``configuration_sha256``.
    """
    if not IDENTITY.is_file():
        IDENTITY.parent.mkdir(parents=True, exist_ok=True)
        IDENTITY.write_text(uuid.uuid4().hex + "\n")
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.open("w") as log:
        watcher = subprocess.Popen(
            [sys.executable, "-m", "snnlearn.tracking.live"],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            text=True,
            start_new_session=True,  # an interrupt is for Snakemake
        )
    assignment = {
        "live": identity(),
        "tags": tags,
        "settings": settings,
        "parameters": parameters,
        "code": code,
        "files": [
            [seed, file, next(iter(_lines(Path(file))), None)] for seed, file in files.items()
        ],
    }
    assert watcher.stdin is not None
    watcher.stdin.write(json.dumps(assignment) + "\n")
    watcher.stdin.flush()
    atexit.register(_stop, watcher)


def _stop(watcher: "subprocess.Popen[str]") -> None:
    try:
        watcher.communicate(timeout=LAST_LOOK)
    except subprocess.TimeoutExpired:
        print(f"MLflow is slow to take the last of the trainings, see {LOG}", file=sys.stderr)


def _lines(file: Path) -> list[str]:
    """The whole lines of a file; none where there is no such file."""
    if not file.is_file():
        return []
    return [line for line in file.read_text().splitlines(keepends=True) if line.endswith("\n")]


@dataclass
class Training:
    """One seed's training, as it is known to MLflow.

    Attributes
    ----------
    seed : int
        Seed of the network.
    file : pathlib.Path
        Where it tells how far it is.
    first : str, optional
        The first line of that file, which no other training has.
    run : str, optional
        The MLflow run that shows it; None where there is none, or it has ended.
    shown : int
        How many lines of the file are in MLflow.
    """

    seed: int
    file: Path
    first: str | None
    run: str | None = None
    shown: int = 0


class Writer:
    """Brings MLflow to what the files say.

    Parameters
    ----------
    assignment : mapping
        What :func:`start` sends.
    """

    def __init__(self, assignment: Mapping[str, Any]) -> None:
        # MLflow takes seconds to import, which Snakemake's process need not wait for.
        from snnlearn.data.hashing import sha256_of_files
        from snnlearn.registry import load
        from snnlearn.tracking import client
        from snnlearn.tracking.settings import TrackingSettings

        self.failures, self.reason = client.FAILURES, client.reason
        self._tracking = client
        self._live, self._tags = assignment["live"], assignment["tags"]
        self._settings = TrackingSettings(**assignment["settings"])
        self._parameters = assignment["parameters"]
        self._code_sha256 = sha256_of_files([Path(file) for file in assignment["code"]])
        self._experiment = load("mnist")
        self._trainings = [
            Training(seed, Path(file), first) for seed, file, first in assignment["files"]
        ]
        self._client: Any = None
        self._mlflow_experiment = ""

    def look(self, last: bool) -> None:
        """Write down what is new; at the last look, mark as killed what has not ended.

        Raises
        ------
        client.FAILURES
            If the tracking address does not answer; the next look makes up for it.
        """
        if self._client is None:
            client = self._tracking.connect(self._settings)
            name = f"{self._settings.experiment_prefix}/mnist"
            self._mlflow_experiment = self._tracking.experiment_id(
                client, name, self._experiment, self._settings.uri
            )
            self._tracking.end_live_runs(client, self._mlflow_experiment, self._live)
            self._client = client
        for training in self._trainings:
            lines = _lines(training.file)
            if lines and lines[0] != training.first:
                self._begin(training, lines[0])
            if training.run is not None:
                self._follow(training, training.run, lines)
        if last:
            self._tracking.end_live_runs(self._client, self._mlflow_experiment, self._live)

    def _begin(self, training: Training, first: str) -> None:
        """Create a run; one that the same job began before, and that did not end, has failed."""
        if training.run is not None:
            self._client.set_terminated(training.run, "FAILED")
            training.run = None
        seed, told = training.seed, json.loads(first)
        tags = {
            **self._tags,
            "live": self._live,
            "training": self._tracking.training_of(
                "mnist", self._parameters, self._code_sha256, seed
            ),
            "experiment": "mnist",
            "seed": str(seed),
            "mlflow.source.name": "snnlearn",
            "mlflow.note.content": f"The training of network seed {seed} while it runs, of "
            f"{told['epochs']} epochs. When all is done, the run of the seed takes its place.",
        }
        run = self._client.create_run(
            self._mlflow_experiment,
            start_time=_milliseconds(told),
            run_name=f"training seed {seed}",
            tags=tags,
        )
        self._tracking.log_parameters(self._client, run, self._parameters)
        training.first, training.run, training.shown = first, run.info.run_id, 1

    def _follow(self, training: Training, run: str, lines: Sequence[str]) -> None:
        first = json.loads(lines[0])
        for line in lines[training.shown :]:
            told = json.loads(line)
            if "ended" in told:
                self._client.set_terminated(
                    run, told["ended"].upper(), end_time=_milliseconds(told)
                )
                training.run = None
                return
            steps = (told["epoch"] - 1) * first["minibatches"] + told["minibatch"]
            percent = 100 * steps / (first["epochs"] * first["minibatches"])
            points = [("progress_percent", percent, steps)]
            if told["minibatch"] == first["minibatches"]:
                points += [(name, told[name], told["epoch"]) for name in ("loss", "accuracy")]
            self._tracking.log_points(
                self._client,
                run,
                _milliseconds(told),
                [(f"training/{name}", value, step) for name, value, step in points],
            )
            training.shown += 1


def _milliseconds(told: Mapping[str, Any]) -> int:
    """When a line was written, as MLflow counts time."""
    return round(datetime.fromisoformat(told["time"]).timestamp() * 1000)


def watch(writer: Writer, ended: Callable[[float], bool]) -> None:
    """Look again and again.

    Parameters
    ----------
    writer : Writer
        What to look with.
    ended : callable
        Waits for so many seconds at most, and says whether there is nothing more to wait for.
    """
    answers = True
    while True:
        last = ended(BETWEEN_LOOKS)
        try:
            writer.look(last)
            answers = True
        except writer.failures as error:
            if answers or last:
                logger.warning("trainings cannot be shown in MLflow now: %s", writer.reason(error))
            answers = False
        if last:
            return


def main() -> None:
    """Show the trainings that the first line on standard input names, until its end."""
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
    writer = Writer(json.loads(sys.stdin.readline()))
    watch(writer, lambda seconds: bool(select.select([sys.stdin], [], [], seconds)[0]))


if __name__ == "__main__":
    main()
