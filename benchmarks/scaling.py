"""How the cost grows: with threads, test images and seeds."""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.measuring import PIPELINE, Measurement, arguments, report
from snnlearn.experiments import channel

ROOT = Path(__file__).parents[1]

given = arguments(__doc__)
seeds = (16, 32) if given.quick else (10, 100, 1000, 10_000)
threads = (1,) if given.quick else [n for n in (1, 2, 4, 8, 16) if n <= given.threads]
found: list[Measurement] = []
rows: list[dict[str, float]] = []


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


def of_channel(folder: Path, n: int) -> list[Measurement]:
    """What some seeds of ``channel`` cost; those that are there already are simulated anew."""
    dry = snakemake(folder, n, "--dry-run")
    batches = -(-n // channel.SEEDS_PER_JOB)
    targets = [f"results/channel/metrics/batch-{batch:04d}.csv" for batch in range(batches)]
    run = snakemake(folder, n, "--forceall", "--", *targets)
    traces = sum(file.stat().st_size for file in folder.glob("results/channel/runs/*"))
    jobs = [
        json.loads(file.read_text().splitlines()[-1])
        for file in folder.glob("results/benchmarks/simulate/channel-*.jsonl")
    ]
    rows.append({"seeds": n, "seconds": run, "memory": max(job["max_rss"] for job in jobs)})
    task = f"channel: {n} seeds"
    return [
        Measurement(f"{task}, building the whole DAG", PIPELINE, "s", [dry]),
        Measurement(f"{task}, all jobs", PIPELINE, "s", [run]),
        Measurement(f"{task}, traces", PIPELINE, "MB", [traces / 1e6]),
        Measurement(f"{task}, largest memory", PIPELINE, "MB", [rows[-1]["memory"]]),
    ]


for n in threads:
    options = ("--threads", str(n))
    quick = ("--quick",) if given.quick or n < given.threads else ()
    found += own_process("threads", *options, *quick)
    if not given.quick and n < given.threads:  # training with all threads is measured already
        found += own_process("training", "pipeline", *options, *quick)

with TemporaryDirectory() as name:
    folder = Path(name)
    for part in ("config", "resources"):
        (folder / part).symlink_to(ROOT / part)
    for n in seeds:
        found += of_channel(folder, n)

report(found, seeds=rows)
