"""Two runs at once, and jobs in any order."""

import os
import signal
import subprocess
import time

from tiny_project import SNAKEMAKE, copy_project

BATCHES = [f"results/channel/metrics/batch-000{number}.csv" for number in range(2)]


def test_a_second_run_in_the_same_folder_says_so_and_stops(project):
    first = subprocess.Popen(
        [*SNAKEMAKE, BATCHES[0]],
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 120
        while not any((project.folder / ".snakemake/locks").glob("*output*")):
            assert first.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)
        os.killpg(first.pid, signal.SIGSTOP)  # however slow the second one is
        second = project.snakemake(BATCHES[0], check=False)
        assert first.poll() is None
    finally:
        os.killpg(first.pid, signal.SIGCONT)
    assert second.returncode != 0
    told = second.stdout + second.stderr
    assert "Directory cannot be locked" in told
    assert "no other Snakemake process" in told
    assert "Traceback" not in told
    assert first.wait() == 0
    assert (project.folder / BATCHES[0]).is_file()
    assert "Nothing to be done" in project.snakemake(BATCHES[0]).stderr


def test_neither_cores_nor_the_order_of_jobs_changes_a_byte(tmp_path):
    orders = {
        "forwards": ["--cores", "1", "--prioritize", BATCHES[0]],
        "backwards": ["--cores", "1", "--scheduler", "greedy", "--prioritize", BATCHES[1]],
        "together": ["--cores", "4", "--scheduler", "greedy"],
    }
    made, ended = {}, {}
    for name, given in orders.items():
        project = copy_project(tmp_path / name)
        project.snakemake(*BATCHES, *given)
        results = project.folder / "results/channel"
        made[name] = {
            file.relative_to(results): file.read_bytes()
            for file in results.rglob("batch-*")
            if file.is_file()
        }
        ended[name] = sorted(
            (file.stat().st_mtime_ns, file.name) for file in results.rglob("*.parquet")
        )
    assert len(made["forwards"]) == 4
    assert made["backwards"] == made["forwards"]
    assert made["together"] == made["forwards"]
    first = {name: files[0][1] for name, files in ended.items()}
    assert (first["forwards"], first["backwards"]) == ("batch-0000.parquet", "batch-0001.parquet")
