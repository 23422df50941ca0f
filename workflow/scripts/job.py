"""What every script does first: find the library, and send its messages to the rule's log."""

import logging
import sys
from pathlib import Path
from types import TracebackType

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))


def log_to(path: str) -> None:
    """Send log messages, warnings and the last words of a crash to a log file and to stderr.

    Parameters
    ----------
    path : str
        The rule's log.
    """
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        handlers=[logging.FileHandler(path, mode="w"), logging.StreamHandler()],
        force=True,
    )
    logging.captureWarnings(True)
    # NengoDL reports the size of every plan it makes.
    logging.getLogger("nengo_dl").setLevel(logging.WARNING)
    sys.excepthook = _log_uncaught


def _log_uncaught(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    logging.getLogger("snnlearn").error("%s", error, exc_info=(kind, error, traceback))
