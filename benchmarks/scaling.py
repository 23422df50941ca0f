"""How the cost grows: with threads, test images and seeds."""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.measuring import Measurement, arguments, report
from snnlearn.experiments import channel

ROOT = Path(__file__).parents[1]

given = arguments(__doc__)
seeds = (16,) if given.quick else (10, 1000)
threads = (1,) if given.quick else [n for n in (1, 2, 4, 8, 16) if n <= given.threads]
found = []


def own_process(module: str, *options: str) -> list[Measurement]:
    """Measurements of another module, with other options."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *options]
    finished = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    rows = json.loads(finished.stdout.splitlines()[-1])["measurements"]
    return [Measurement(**row) for row in rows]


def snakemake(folder: Path, seeds: int, *options: str) -> float:
    """Seconds of a run of the pipeline in a folder of its own."""
    settings = folder / "settings.yaml"
    settings.write_text(
        f"{{seeds: {seeds}, channel: {{generalization_duration: 0}}, mnist: {{seeds: 1}}, "
        "tracking: {enabled: false}}"
    )
    command = [sys.executable, "-m", "snakemake", "--cores", str(given.threads)]
    command += ["--directory", str(folder), "--snakefile", str(ROOT / "Snakefile")]
    command += ["--configfile", str(settings), "--quiet", "all", *options]
    started = perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    return perf_counter() - started


for n in threads:
    options = ("--threads", str(n))
    quick = ("--quick",) if given.quick or n < given.threads else ()
    found += own_process("threads", *options, *quick)
    if not given.quick and n < given.threads:  # training with all threads is measured already
        found += own_process("training", "pipeline", *options, *quick)

for n in seeds:
    with TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("config", "resources"):
            (folder / part).symlink_to(ROOT / part)
        task, way = f"channel: {n} seeds", "this pipeline"
        dry = snakemake(folder, n, "--dry-run")
        batches = -(-n // channel.SEEDS_PER_JOB)
        targets = [f"results/channel/metrics/batch-{batch:04d}.csv" for batch in range(batches)]
        run = snakemake(folder, n, "--", *targets)
        traces = sum(file.stat().st_size for file in folder.glob("results/channel/runs/*"))
    found += [
        Measurement(f"{task}, building the whole DAG", way, "s", [dry]),
        Measurement(f"{task}, all jobs", way, "s", [run]),
        Measurement(f"{task}, all jobs, for each seed", way, "s", [run / n]),
        Measurement(f"{task}, traces", way, "MB", [traces / 1e6]),
    ]

report(found)
