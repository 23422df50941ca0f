"""What scripts share: they find the library, log their messages, and vouch for their results."""

import errno
import gc
import logging
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

# Libraries make objects by the hundred thousand when they are imported. To look through these for
# what nobody holds any more, after every 700, took a fifteenth of the time of all jobs.
gc.set_threshold(50_000)

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from snnlearn.data import checksums
from snnlearn.experiments import Experiment
from snnlearn.jobs.progress import DISPLAYED, LOG_FORMAT
from snnlearn.registry import load


#: What a disk says that takes nothing, and what helps.
DISK = {
    errno.ENOSPC: "Make room on the disk of {}",
    errno.EDQUOT: "Make room on the disk of {}",
    errno.EFBIG: "Allow larger files (ulimit -f) than {} takes",
    errno.EROFS: "Give yourself the right to write to {}",
    errno.EIO: "See whether the disk of {} is damaged, or no longer reached",
}


def files(inputs: Any, names: Iterable[str]) -> dict[str, Path | list[Path]]:
    """The input files of a job under some names, those that there are."""
    found = {name: getattr(inputs, name, None) for name in names}
    return {
        name: Path(given) if isinstance(given, str) else [Path(file) for file in given]
        for name, given in found.items()
        if given
    }


def experiment_of(job: Mapping[str, Any]) -> tuple[Experiment[Any], Any]:
    """The experiment of a job, and its parameters."""
    experiment = load(job["experiment"])
    return experiment, experiment.Parameters(**job["parameters"])


def begin(snakemake: Any) -> None:
    """Send all messages to the rule's log, and refuse inputs that are not as jobs left them."""
    log_to(snakemake.log[0], Path(snakemake.output[0]).parent)
    checksums.forget(_results(snakemake.output))
    try:
        checksums.check(_results(snakemake.input))
    except checksums.DamagedError as error:
        raise SystemExit(str(error)) from error


def end(snakemake: Any) -> None:
    """Write down what the job has left."""
    checksums.record(_results(snakemake.output))


def _results(files: Iterable[str]) -> list[Path]:
    """Files that stay where they are: not the copies that are made of what is kept elsewhere."""
    return [Path(file) for file in files if ".snakemake" not in Path(file).parts]


def log_to(path: str, written: Path) -> None:
    """Write everything that goes to stderr into a log file; show only our own messages.

    That includes tracebacks and what native libraries print. Where a job fails, Snakemake shows
    the log. Where there is a display of all jobs, our messages are left to it: it reads the log.

    Parameters
    ----------
    path : str
        The rule's log.
    written : pathlib.Path
        Where the job writes.
    """
    terminal = os.fdopen(os.dup(sys.stderr.fileno()), "w", buffering=1)
    _tell_of_the_disk(terminal, written.resolve())
    with Path(path).open("w") as log:
        os.dup2(log.fileno(), sys.stderr.fileno())
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if DISPLAYED not in os.environ:
        shown = logging.StreamHandler(terminal)
        shown.addFilter(logging.Filter("snnlearn"))
        handlers.append(shown)
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT, handlers=handlers, force=True)
    logging.captureWarnings(True)
    # NengoDL reports the size of every plan it makes.
    logging.getLogger("nengo_dl").setLevel(logging.WARNING)


def _tell_of_the_disk(terminal: TextIO, written: Path) -> None:
    """Where a disk takes nothing, say so on the terminal, too: it may not take the log either."""

    def failed(kind: type[BaseException], error: BaseException, at: TracebackType | None) -> None:
        sys.__excepthook__(kind, error, at)
        if isinstance(error, OSError) and error.errno in DISK:
            place = error.filename or f"{written} (or of {tempfile.gettempdir()})"
            told = (
                f"{os.strerror(error.errno)}: {DISK[error.errno].format(place)}, and run the same "
                "command again: what is finished is kept."
            )
            for stream in (sys.stderr, terminal):
                with suppress(OSError):
                    print(told, file=stream, flush=True)

    sys.excepthook = failed
