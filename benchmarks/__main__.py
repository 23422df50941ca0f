"""Run all measurements, print them as a table, and write them with a figure."""

import argparse
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks import firing_figure, seeds_figure
from benchmarks.measuring import Measurement
from benchmarks.processor import processor
from benchmarks.summary import draw, floor, joined, ratios, table
from snnlearn.jobs import cores
from snnlearn.jobs.provenance import checkout, machine, versions

EVALUATIONS = ("chapter", "snntorch", "spikingjelly", "tensorflow", "pytorch", "pipeline")

#: Other modules and what of them is asked for; those in one tuple run at the same time.
OTHERS = (
    ("firing",),
    ("training chapter",),
    ("training pipeline",),
    ("training pytorch",),
    ("training floor",),
    ("seeds channel",),
    ("seeds conditioning",),
    ("scaling",),
    ("comparison --part=0/2", "comparison --part=1/2"),
)


def runs(threads: int) -> list[tuple[str, ...]]:
    """All that is to be run, one tuple after the other, with the number of threads of each."""
    evaluations = [
        (f"evaluation {way} --threads={n}",)
        for n in sorted({threads, 1}, reverse=True)
        for way in EVALUATIONS
    ]
    others = [tuple(f"{what} --threads={threads}" for what in together) for together in OTHERS]
    return evaluations + others


def run(what: str, options: list[str]) -> dict[str, Any]:
    """Run one module in a process of its own, and return what it reports.

    One that fails says so, and reports nothing: what the others measured is kept.
    """
    module, *asked_for = what.split()
    started = perf_counter()
    command = [sys.executable, "-m", f"benchmarks.{module}", *asked_for, *options]
    finished = subprocess.run(command, capture_output=True, text=True)
    if finished.returncode != 0:
        print(f"{' '.join(command)} failed:\n{finished.stderr}", file=sys.stderr)
        return {"measurements": [], "failed": what}
    found: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    said = f"left out: {found['left_out']}" if "left_out" in found else "done"
    print(f"{what}: {said}, {perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    return found


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, less work in each")
    parser.add_argument("--output", type=Path, default=Path("results/benchmark.json"))
    parser.add_argument("--only", nargs="*", default=[], help="names of modules (default: all)")
    parser.add_argument("--threads", type=int, default=cores.available(), help="(default: all)")
    given = parser.parse_args()
    options = ["--quick"] if given.quick else []
    started = perf_counter()
    with ThreadPoolExecutor(max_workers=2) as pool:
        reports = [
            report
            for together in runs(given.threads)
            if not given.only or together[0].split()[0] in given.only
            for report in pool.map(lambda what: run(what, options), together)
        ]
    measurements = [Measurement(**row) for report in reports for row in report["measurements"]]
    compared = [report["comparison"] for report in reports if "comparison" in report]
    comparison = joined(compared) if compared else None
    firing = [row for report in reports for row in report.get("firing", [])]
    at_hand = processor()
    print(f"{at_hand['model']} ({at_hand['kind']}, {at_hand['instructions']})", end=", ")
    print(f"{given.threads} threads unless a task says another number")
    if measurements:
        print(table(measurements).to_string(na_rep=""))
    goals = ratios(measurements, given.threads)
    for row in goals:
        print(
            f"{row['task']}: {row['what']} / this pipeline: {row['ratio']:.3g} "
            f"(goal: {row['goal']:.3g}; {row['way']})"
        )
    print(json.dumps(comparison, indent=2))
    given.output.parent.mkdir(parents=True, exist_ok=True)
    draw(measurements, given.output.with_suffix(".png"))
    break_even = None
    if firing:
        place = given.output.with_name(f"{given.output.stem}-firing")
        break_even = firing_figure.draw(firing, floor(measurements, given.threads), place)
        print(f"as fast as the convolutions alone with this share firing: {break_even}")
    seeds = [row for report in reports for row in report.get("seeds", [])]
    cost_of_seeds = None
    if seeds:
        place = given.output.with_name(f"{given.output.stem}-seeds")
        cost_of_seeds = seeds_figure.draw(seeds, place)
        print(f"seconds of a run of channel, and of a seed more: {cost_of_seeds}")
    result = {
        "quick": given.quick,
        "threads": given.threads,
        "seconds": perf_counter() - started,
        "measurements": [vars(measurement) for measurement in measurements],
        "ratios": goals,
        "comparison": comparison,
        "firing": firing,
        "break_even": break_even,
        "seeds": seeds,
        "cost_of_seeds": cost_of_seeds,
        "versions": versions(),
        "machine": machine() | {"processor": at_hand},
    } | checkout(Path.cwd())
    given.output.write_text(json.dumps(result, indent=2) + "\n")
    print(f"{result['seconds']:.0f} s; written to {given.output}", file=sys.stderr)
    failed = [report["failed"] for report in reports if "failed" in report]
    if failed:
        sys.exit(f"failed, and left out: {', '.join(failed)}")


if __name__ == "__main__":
    main()
