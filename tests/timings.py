"""Rows of tables in the documents, made from what ``make bench`` found.

Printed for a page that is rewritten: ``python -m tests.timings``, after a copy of
``results/benchmark.json`` to ``tests/baseline/``.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.measuring import EVALUATION, PAGE, PIPELINE, TRAINING, Measurement, on_threads
from benchmarks.summary import table

FOUND = Path(__file__).parent / "baseline/benchmark.json"

#: What runs of `channel` are told of, with digits after the point.
SCALES = {"all jobs": 0, "building the whole DAG": 1, "traces": 0, "largest memory": 0}


class Timings:
    """What one run of the benchmarks found."""

    def __init__(self, path: Path = FOUND) -> None:
        self.found = json.loads(path.read_text())
        self.threads = self.found["threads"]
        self.rows = table([Measurement(**row) for row in self.found["measurements"]])

    def speed_page(self) -> list[str]:
        """All rows of docs/speed.md."""
        tables = (
            self._evaluation(),
            self._training(),
            self._exactness(),
            self._seeds(),
            self._scale(),
            self._growth(),
        )
        return [row for rows in tables for row in rows]

    def summary(self) -> list[str]:
        """The rows of the page of results."""
        evaluation = on_threads(EVALUATION, self.threads)
        tasks = {
            "evaluate an image for 30 steps": evaluation,
            "train on 10,000 images": on_threads(TRAINING, self.threads),
            "a seed of `channel`, of 100, with everything": "channel: a seed of 100",
            "a seed of `conditioning`, of 100, with everything": "conditioning: a seed of 100",
        }
        return [
            _row(told, *(short(self._of(task, way)) for way in (PAGE, PIPELINE)), self._ratio(task))
            for told, task in tasks.items()
        ]

    def _of(self, task: str, way: str) -> pd.Series:
        return self.rows.loc[(task, way)]

    def _ratio(self, task: str, way: str = PAGE) -> str:
        ratio = self._of(task, way)["median"] / self._of(task, PIPELINE)["median"]
        return f"{ratio:.3g}"

    def _ways(self, task: str) -> Iterator[str]:
        yield from (way for of, way in self.rows.index if of == task)

    def _evaluation(self) -> Iterator[str]:
        tasks = [on_threads(EVALUATION, n) for n in (self.threads, 1)]
        for way in self._ways(tasks[0]):
            cells = [
                cell
                for task in tasks
                for cell in (spread(self._of(task, way)), self._ratio(task, way))
            ]
            same = self._of(tasks[0], way)["same"]
            yield _row(way, *cells, "–" if np.isnan(same) else f"{100 * same:.1f} %")

    def _training(self) -> Iterator[str]:
        task = on_threads(TRAINING, self.threads)
        for way in self._ways(task):
            yield _row(way, spread(self._of(task, way)), self._ratio(task, way))

    def _exactness(self) -> Iterator[str]:
        found = self.found["comparison"]
        agreement = ", ".join(percent(share) for share in found["agreement"])
        yield _row("neuron-steps that agree, layers 1, 2, 3", agreement)
        answers = "images with another answer, at any of the 30 steps"
        yield _row(answers, str(found["other_answers_at_any_step"]))
        accuracy = f"{found['accuracy']['compiled']:.4f}, {found['accuracy_difference']:.1g}"
        yield _row("accuracy of both, and the largest difference at any step", accuracy)
        readouts = (
            f"{found['readout_error']['median']:.1g}, {found['readout_error']['largest']:.1g}"
        )
        yield _row("filtered read-outs, largest difference in an image: median, largest", readouts)
        margin = f"{found['margin']['n']}, {found['margin']['largest']:.1g}"
        yield _row(
            "neurons that are the first to differ in their image and layer, and how far the silent "
            "one of the two was below its threshold at most",
            margin,
        )

    def _seeds(self) -> Iterator[str]:
        for name, seconds in (("channel", 10), ("conditioning", 15)):
            task = f"{name}: a seed of 100"
            times = [spread(self._of(task, way)) for way in (PAGE, PIPELINE)]
            yield _row(f"`{name}`, {seconds} s simulated", *times, self._ratio(task))

    def _scale(self) -> Iterator[str]:
        numbers = [row["seeds"] for row in self.found["seeds"]]
        for what, digits in SCALES.items():
            cells = [self._of(f"channel: {n} seeds, {what}", PIPELINE) for n in numbers]
            yield _row(what, *(f"{cell['median']:,.{digits}f} {cell['unit']}" for cell in cells))

    def _growth(self) -> Iterator[str]:
        for task, way in self.rows.index:
            if task.startswith("evaluate ") and " each" in task and way == PIPELINE:
                whole = self._of(task.replace(" each", " largest memory"), way)
                cells = spread(self._of(task, way)), f"{whole['median']:.0f} MB"
                yield _row(task.replace(", each", "").removeprefix("evaluate "), *cells)


def percent(share: float) -> str:
    """A share near 1, down to the first digit that is no nine."""
    missing = 100 * (1 - share)
    digits = max(0, -int(np.floor(np.log10(missing)))) if missing > 0 else 0
    return f"{100 - missing:.{digits}f} %"


def short(of: pd.Series) -> str:
    """A median with its unit."""
    return f"{of['median']:.3g} {of['unit']}"


def spread(of: pd.Series) -> str:
    """A median with its unit, the least and the largest value."""
    least, most = f"{of['least']:.3g}", f"{of['most']:.3g}"
    return short(of) if least == most else f"{short(of)} [{least}, {most}]"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    timings = Timings()
    print("\n".join([*timings.speed_page(), *timings.summary()]))
