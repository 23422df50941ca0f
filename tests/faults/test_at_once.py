"""Two runs at once, and jobs in any order."""

import os
import signal
import time

from tiny_project import TINY, copy_project, wait_until

BATCHES = [f"results/channel/metrics/batch-000{number}.csv" for number in range(2)]


def test_a_second_run_in_the_same_folder_says_so_and_stops(project):
    first, locks = project.start(BATCHES[0]), project.folder / ".snakemake/locks"
    try:
        wait_until(lambda: any(locks.glob("*output*")), first)
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
        "backwards": ["--cores", "1", "--scheduler", "ilp", "--prioritize", BATCHES[1]],
        "together": ["--cores", "4"],
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


def test_two_folders_log_into_one_new_database(finished, tmp_path):
    database = tmp_path / "shared.db"
    running = []
    for name in ("one", "other"):
        project = finished.copied(tmp_path / name)
        project.configure(f"{TINY}tracking: {{uri: 'sqlite:///{database}'}}\n")
        running.append(project.start("results/tracking.json"))
    assert [one.wait(timeout=300) for one in running] == [0, 0]
    assert project.logged(database) == finished.logged()
    assert {status for _, _, status in project.logged(database)} == {"FINISHED"}


def test_a_writer_that_is_suspended_with_all_its_jobs_is_waited_for(finished, tmp_path):
    database, running = tmp_path / "shared.db", []
    for name in ("one", "other"):
        project = finished.copied(tmp_path / name)
        project.configure(f"{TINY}tracking: {{uri: 'sqlite:///{database}'}}\n")
        running.append(project.start("results/tracking.json"))
        if name == "one":
            wait_until(lambda: database.is_file() and bool(finished.logged(database)), running[0])
            os.killpg(running[0].pid, signal.SIGSTOP)
    try:
        time.sleep(10)  # time enough for the other one to log it all
        logged = project.logged(database)
        assert running[1].poll() is None
    finally:
        os.killpg(running[0].pid, signal.SIGCONT)
    assert len(logged) < len(finished.logged())
    assert [one.wait(timeout=300) for one in running] == [0, 0]
    assert project.logged(database) == finished.logged()
