"""Two runs at once, and jobs in any order."""

import os
import re
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
from tiny_project import ROOT, TINY, copy_project, wait_until

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


#: How the whole default run is made twice: arguments, and variables. What MLflow keeps is no part.
UNLOGGED = "tracking={enabled: false}"
WHOLE = {
    "as it is": (["--cores", "2", "--config", UNLOGGED], {"PYTHONHASHSEED": "1"}),
    "in another way": (
        [
            *("--cores", "8", "--scheduler", "ilp"),
            *("--prioritize", "results/tuning_curve/metrics/batch-0000.csv"),
            *(
                "--config",
                UNLOGGED,
                "channel={seeds_per_job: 33}",
                "conditioning={seeds_per_job: 7}",
                "mnist={minibatch_size: 77, threads: 2}",
            ),
        ],
        {"PYTHONHASHSEED": "2", "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"},
    ),
}


NAMING = re.compile(r"mnist/figures/\w+\.rst|(mnist/)?verdict\.md")


@pytest.mark.timeout(3600)
@pytest.mark.skipif("ALL_FAULTS" not in os.environ, reason="takes five minutes: make faults")
def test_the_whole_default_run_gives_the_same_bytes_in_any_way(tmp_path):
    made, traces = {}, {}
    for name, (arguments, variables) in WHOLE.items():
        project = copy_project(tmp_path / name.replace(" ", "-"))
        if (images := ROOT / "resources/mnist.npz").is_file():
            (project.folder / "resources/mnist.npz").symlink_to(images)
        subprocess.run(
            [sys.executable, "-m", "snakemake", *arguments],
            cwd=project.folder,
            env=project.environment | variables,
            check=True,
            capture_output=True,
        )
        # Batches are of other seeds: what is in all of them together is the same. What names
        # parameters differs, since those of `mnist` do.
        contents = project.contents()
        contents = {file: sha for file, sha in contents.items() if not NAMING.fullmatch(file)}
        made[name] = {file: sha for file, sha in contents.items() if "batch-" not in file}
        for folder in sorted({file.rpartition("/")[0] for file in contents.keys() - made[name]}):
            files = sorted((project.folder / "results" / folder).glob("batch-*"))
            read = pd.read_csv if files[0].suffix == ".csv" else pd.read_parquet
            traces[name, folder] = pd.concat([read(file) for file in files], ignore_index=True)
    one, other = made.values()
    assert {"metrics.csv", "verdict.csv", "errata.csv", "variance.csv"} <= one.keys()
    assert sum(file.endswith(".svg") for file in one) >= 16
    assert other == one
    folders = {folder for _, folder in traces}
    assert len(folders) >= 12
    for folder in folders:
        pd.testing.assert_frame_equal(*(traces[name, folder] for name in WHOLE), check_exact=True)
    if images.is_file():  # on whatever processor the baseline was made
        verdict = pd.read_csv(project.folder / "results/verdict.csv").set_index("name")
        baseline = pd.read_csv(ROOT / "tests/baseline/verdict.csv").set_index("name")
        assert verdict["verdict"].to_dict() == baseline["verdict"].to_dict()
        apart = (verdict["measured"] - baseline["measured"]).abs()
        width = baseline["ci_high"] - baseline["ci_low"]
        assert (apart <= 0.1 * width)[width > 0].all()
