"""How far a training is, in a file: the end that writes it, and the end that reads it.

The file holds JSON lines, each with its ``time`` (UTC). The first has ``epochs`` and
``minibatches`` (of an epoch); those that follow have ``epoch`` and ``minibatch`` (both from 1) and
the means of ``loss`` (nats) and ``accuracy`` over the epoch so far; the last has ``ended``:
``finished`` or ``failed``. A training that was killed leaves a file without a last line.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


class ProgressWriter:
    """Writes how far one training is, in place of what an older one has left.

    Parameters
    ----------
    file : pathlib.Path, optional
        Where to; None writes nothing.
    epochs : int
        How many epochs the training has.
    minibatches : int
        How many minibatches an epoch has.
    """

    def __init__(self, file: Path | None, epochs: int, minibatches: int) -> None:
        self._file = file
        if file is not None:
            file.write_text("")
        self._write({"epochs": epochs, "minibatches": minibatches})

    def step(self, epoch: int, minibatch: int, loss: float, accuracy: float) -> None:
        """Write what has been reached, epoch and minibatch counted from 1."""
        self._write(
            {"epoch": int(epoch), "minibatch": minibatch, "loss": loss, "accuracy": accuracy}
        )

    def end(self, *, failed: bool) -> None:
        """Write that the training is over."""
        self._write({"ended": "failed" if failed else "finished"})

    def _write(self, line: dict[str, Any]) -> None:
        if self._file is not None:
            now = datetime.now(UTC).isoformat()
            with self._file.open("a") as file:
                file.write(json.dumps({"time": now} | line) + "\n")


@dataclass(frozen=True)
class Step:
    """What a training had reached at one moment.

    Attributes
    ----------
    time : int
        When, in ms since 1970 (UTC).
    epoch, minibatch : int
        Both from 1.
    loss : float
        Mean over the epoch so far, nats.
    accuracy : float
        Mean over the epoch so far, from 0 to 1.
    """

    time: int
    epoch: int
    minibatch: int
    loss: float
    accuracy: float


@dataclass(frozen=True)
class TrainingProgress:
    """What the file of a training says.

    Attributes
    ----------
    identity : str
        Its first line, which no other training has.
    started : int
        When it was written, in ms since 1970 (UTC).
    epochs : int
        How many epochs the training has.
    minibatches : int
        How many minibatches an epoch has.
    steps : list of Step
        What it had reached, the oldest first.
    ended : int, optional
        When the training was over, in ms since 1970 (UTC); None where it is not, or was killed.
    failed : bool
        Whether it ended with an error.
    """

    identity: str
    started: int
    epochs: int
    minibatches: int
    steps: list[Step] = field(default_factory=list)
    ended: int | None = None
    failed: bool = False


def read_progress(file: Path) -> TrainingProgress | None:
    """Read how far a training is; None where it has not said so yet.

    A line that is only half written is left for the next time.
    """
    if not file.is_file():
        return None
    lines = [line for line in file.read_text().splitlines(keepends=True) if line.endswith("\n")]
    if not lines:
        return None
    first, *others = (json.loads(line) for line in lines)
    steps = [
        Step(
            _milliseconds(line), *(line[key] for key in ("epoch", "minibatch", "loss", "accuracy"))
        )
        for line in others
        if "epoch" in line
    ]
    last = others[-1] if others and "ended" in others[-1] else None
    return TrainingProgress(
        lines[0],
        _milliseconds(first),
        first["epochs"],
        first["minibatches"],
        steps,
        _milliseconds(last) if last else None,
        failed=last is not None and last["ended"] == "failed",
    )


def _milliseconds(line: dict[str, Any]) -> int:
    return round(datetime.fromisoformat(line["time"]).timestamp() * 1000)
