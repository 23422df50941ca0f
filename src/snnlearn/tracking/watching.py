"""Write to MLflow how far trainings are, until Snakemake's process ends.

:mod:`snnlearn.tracking.live` starts it, as ``python -m snnlearn.tracking.watching``, and says what
to watch in one line on standard input.
"""

import logging
import select
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from snnlearn.jobs.progress import LOG_FORMAT
from snnlearn.jobs.training_progress import Step, TrainingProgress, read_progress
from snnlearn.registry import load
from snnlearn.tracking.advice import reason
from snnlearn.tracking.client import NOTE, SOURCE, ExperimentLog
from snnlearn.tracking.database import FAILURES
from snnlearn.tracking.live import Assignment, Training, read_assignment
from snnlearn.tracking.points import Point
from snnlearn.tracking.settings import TrackingSettings

logger = logging.getLogger(__name__)

#: Seconds between two looks at the files.
BETWEEN_LOOKS = 2.0


@dataclass
class Watched:
    """A training, as it is known to MLflow.

    Attributes
    ----------
    training : Training
        The training.
    seen : str, optional
        Which one was seen last in its file, or stood there before.
    run : str, optional
        The MLflow run that shows it; None where there is none, or it has ended.
    shown : int
        How many steps are in MLflow.
    """

    training: Training
    seen: str | None
    run: str | None = None
    shown: int = 0


class Watcher:
    """Brings MLflow to what the files of trainings say.

    Parameters
    ----------
    assignment : Assignment
        What to watch, and where to write.
    """

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        self._watched = [Watched(one, one.before) for one in assignment.trainings]
        self._connection: ExperimentLog | None = None

    def look(self, last: bool) -> None:
        """Write down what is new; at the last look, mark as killed what has not ended.

        Raises
        ------
        database.FAILURES
            If the tracking address does not answer; the next look makes up for it.
        """
        log = self._connection or self._connected()
        for watched in self._watched:
            progress = read_progress(Path(watched.training.file))
            if progress is None:
                continue
            if progress.identity != watched.seen:
                self._begin(log, watched, progress)
            if watched.run is not None:
                self._follow(log, watched, watched.run, progress)
        if last:
            log.end_live_runs(self._assignment.live)

    def _connected(self) -> ExperimentLog:
        """Connect, and end what an earlier process that was killed has left."""
        given = self._assignment
        settings, summary = TrackingSettings(**given.settings), load(given.experiment).summary
        log = ExperimentLog(settings, given.experiment, summary)
        log.end_live_runs(given.live)
        self._connection = log
        return log

    def _begin(self, log: ExperimentLog, watched: Watched, progress: TrainingProgress) -> None:
        """Create a run; one that the same job began before, and that did not end, has failed."""
        if watched.run is not None:
            log.end(watched.run, "FAILED")
            watched.run = None
        training = watched.training
        tags = {
            **self._assignment.tags,
            "live": self._assignment.live,
            "training": training.key,
            "experiment": self._assignment.experiment,
            "seed": str(training.seed),
            SOURCE: "snnlearn",
            NOTE: f"The training of network seed {training.seed} while it runs, of "
            f"{progress.epochs} epochs. When all is done, the run of the seed takes its place.",
        }
        name = f"training seed {training.seed}"
        if training.label:
            name += f", {training.label}"
        run = log.begin(name, tags, progress.started)
        log.parameters(run, training.parameters)
        watched.seen, watched.run, watched.shown = progress.identity, run, 0

    def _follow(
        self, log: ExperimentLog, watched: Watched, run: str, progress: TrainingProgress
    ) -> None:
        """Show the steps that are new, and the end."""
        for step in progress.steps[watched.shown :]:
            log.points(run, points_of(step, progress))
            watched.shown += 1
        if progress.ended is not None:
            log.end(run, "FAILED" if progress.failed else "FINISHED", progress.ended)
            watched.run = None


def points_of(step: Step, progress: TrainingProgress) -> list[Point]:
    """What is shown of a step: how far it is and, where an epoch ends, its loss and accuracy."""
    done = (step.epoch - 1) * progress.minibatches + step.minibatch
    percent = 100 * done / (progress.epochs * progress.minibatches)
    points = [Point("training/progress_percent", percent, step.time, done)]
    if step.minibatch == progress.minibatches:
        points += [
            Point("training/loss", step.loss, step.time, step.epoch),
            Point("training/accuracy", step.accuracy, step.time, step.epoch),
        ]
    return points


def watch(watcher: Watcher, ended: Callable[[float], bool]) -> None:
    """Look again and again.

    Parameters
    ----------
    watcher : Watcher
        What to look with.
    ended : callable
        Waits for so many seconds at most, and says whether there is nothing more to wait for.
    """
    answers = True
    while True:
        last = ended(BETWEEN_LOOKS)
        try:
            watcher.look(last)
            answers = True
        except FAILURES as error:
            if answers or last:
                logger.warning("trainings cannot be shown in MLflow now: %s", reason(error))
            answers = False
        if last:
            return


def main() -> None:
    """Show the trainings that the first line on standard input names, until its end."""
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
    watcher = Watcher(read_assignment(sys.stdin.readline()))
    watch(watcher, lambda seconds: bool(select.select([sys.stdin], [], [], seconds)[0]))


if __name__ == "__main__":
    main()
