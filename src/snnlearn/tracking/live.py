"""Show trainings in MLflow while they run: what Snakemake's process does for it.

A training tells how far it is in a file, and knows nothing of MLflow. Where ``tracking.live`` is
set, Snakemake's process starts another one, ``python -m snnlearn.tracking.watching``, which reads
these files and writes to MLflow. So there is one writer however many trainings run at once, on this
machine or on a cluster; an address that is slow or down holds nothing up; and no result depends on
it. MLflow takes seconds to import, which this module and Snakemake's process need not wait for.

The two hold a pipe. It closes when Snakemake ends, however it ends: what has not ended by then is
marked as killed. Should the watching process be killed as well, the next one does that first.
"""

import atexit
import json
import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from snnlearn.data.files import write_text
from snnlearn.jobs.training_progress import read_progress

#: Seconds that Snakemake's process waits for the last look.
LAST_LOOK = 120.0

#: Within the results: names their trainings in MLflow; and the log of what shows them.
IDENTITY, LOG = ".live", "logs/live.log"


@dataclass(frozen=True, kw_only=True)
class Training:
    """A training that may run.

    Attributes
    ----------
    key : str
        Identifies it: what decides the training, with the seed. It is the tag ``training``, by
        which the run of the seed takes its place.
    seed : int
        Seed of the network.
    file : str
        Where it tells how far it is.
    label : str
        What it is of, where the seed does not say it: the run is named
        ``training seed <seed>, <label>``.
    parameters : mapping
        What it is trained with, as plain data.
    before : str, optional
        What stood in the file already, and is not shown: the first line.
    """

    key: str
    seed: int
    file: str
    label: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    before: str | None = None


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """What the watching process is told.

    Attributes
    ----------
    live : str
        The tag ``live`` of these results' trainings.
    settings : mapping
        Of the tracking, as plain data.
    experiment : str
        Name of the experiment that needs the trainings.
    trainings : sequence of Training
        What to watch.
    tags : mapping of str to str
        Further tags for every run.
    """

    live: str
    settings: Mapping[str, Any]
    experiment: str
    trainings: Sequence[Training]
    tags: Mapping[str, str] = field(default_factory=dict)

    def written(self) -> str:
        """All of it as a line of JSON."""
        return json.dumps(asdict(self)) + "\n"


def read_assignment(line: str) -> Assignment:
    """Read what :meth:`Assignment.written` gives."""
    given = json.loads(line)
    return Assignment(**given | {"trainings": [Training(**one) for one in given["trainings"]]})


def identity(results: Path) -> str | None:
    """The tag ``live`` of the trainings of some results; None where none was ever shown."""
    file = results / IDENTITY
    return file.read_text().strip() if file.is_file() else None


def start(
    settings: Mapping[str, Any],
    experiment: str,
    trainings: Sequence[Training],
    tags: Mapping[str, str],
    results: Path,
) -> None:
    """Start a process that shows trainings until this one ends.

    Parameters
    ----------
    settings : mapping
        Of the tracking, as plain data.
    experiment : str
        Name of the experiment that needs the trainings; their runs stand among its own.
    trainings : sequence of Training
        The trainings that may run. What stands in their files now is of old.
    tags : mapping of str to str
        Further tags for every run, such as ``configuration_sha256``.
    results : pathlib.Path
        The folder of the results.
    """
    if not (live := identity(results)):
        live = uuid.uuid4().hex
        write_text(results / IDENTITY, live + "\n")
    log_file = results / LOG
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("w") as log:
        watcher = subprocess.Popen(
            [sys.executable, "-m", "snnlearn.tracking.watching"],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            text=True,
            start_new_session=True,  # an interrupt is for Snakemake
        )
    assignment = Assignment(
        live=live,
        settings=settings,
        experiment=experiment,
        trainings=[as_it_is(training) for training in trainings],
        tags=tags,
    )
    assert watcher.stdin is not None
    watcher.stdin.write(assignment.written())
    watcher.stdin.flush()
    atexit.register(_stop, watcher, log_file)


def as_it_is(training: Training) -> Training:
    """A training, with what its file holds already."""
    progress = read_progress(Path(training.file))
    return Training(**asdict(training) | {"before": progress.identity if progress else None})


def _stop(watcher: "subprocess.Popen[str]", log: Path) -> None:
    try:
        watcher.communicate(timeout=LAST_LOOK)
    except subprocess.TimeoutExpired:
        print(f"MLflow is slow to take the last of the trainings, see {log}", file=sys.stderr)
