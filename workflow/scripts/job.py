"""What every script does first: find the library, and send all messages to the rule's log."""

import logging
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))


def log_to(path: str) -> None:
    """Write everything that goes to stderr into a log file; show only our own messages.

    That includes tracebacks and what native libraries print. Where a job fails, Snakemake shows
    the log.

    Parameters
    ----------
    path : str
        The rule's log.
    """
    terminal = os.fdopen(os.dup(sys.stderr.fileno()), "w", buffering=1)
    with Path(path).open("w") as log:
        os.dup2(log.fileno(), sys.stderr.fileno())
    shown = logging.StreamHandler(terminal)
    shown.addFilter(logging.Filter("snnlearn"))
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        handlers=[logging.StreamHandler(sys.stderr), shown],
        force=True,
    )
    logging.captureWarnings(True)
    # NengoDL reports the size of every plan it makes.
    logging.getLogger("nengo_dl").setLevel(logging.WARNING)


def files(inputs: Any, *besides: str) -> dict[str, Path | list[Path]]:
    """The named inputs of a rule as paths, but for some: one path, or a list of them."""
    return {
        name: Path(given) if isinstance(given, str) else [Path(file) for file in given]
        for name, given in inputs.items()
        if name not in besides and given
    }
