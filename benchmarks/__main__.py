"""Run all measurements, print them as a table, and write them with a figure."""

import argparse
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.measuring import Measurement
from benchmarks.summary import draw, joined, table
from snnlearn.jobs.provenance import checkout, machine, versions

#: Modules and what of them is asked for; those in one tuple run at the same time.
RUNS = (
    ("evaluation",),
    ("training chapter",),
    ("training pipeline",),
    ("training floor",),
    ("seeds channel",),
    ("seeds conditioning",),
    ("scaling",),
    ("comparison --part=0/2", "comparison --part=1/2"),
)


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
    print(f"{what}: {perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    found: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, less work in each")
    parser.add_argument("--output", type=Path, default=Path("results/benchmark.json"))
    parser.add_argument("--only", nargs="*", default=[], help="names of modules (default: all)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="(default: all)")
    given = parser.parse_args()
    options = [f"--threads={given.threads}", *(["--quick"] if given.quick else [])]
    started = perf_counter()
    with ThreadPoolExecutor(max_workers=2) as pool:
        reports = [
            report
            for together in RUNS
            if not given.only or together[0].split()[0] in given.only
            for report in pool.map(lambda what: run(what, options), together)
        ]
    measurements = [Measurement(**row) for report in reports for row in report["measurements"]]
    compared = [report["comparison"] for report in reports if "comparison" in report]
    comparison = joined(compared) if compared else None
    print(table(measurements).to_string())
    print(json.dumps(comparison, indent=2))
    result = {
        "quick": given.quick,
        "threads": given.threads,
        "seconds": perf_counter() - started,
        "measurements": [vars(measurement) for measurement in measurements],
        "comparison": comparison,
        "versions": versions(),
        "machine": machine(),
    } | checkout(Path.cwd())
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(json.dumps(result, indent=2) + "\n")
    draw(measurements, given.output.with_suffix(".png"))
    print(f"{result['seconds']:.0f} s; written to {given.output}", file=sys.stderr)
    failed = [report["failed"] for report in reports if "failed" in report]
    if failed:
        sys.exit(f"failed, and left out: {', '.join(failed)}")


if __name__ == "__main__":
    main()
