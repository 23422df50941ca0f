"""The Slurm profile on a real Slurm: a job is cancelled twice, and the next start does the rest."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass

import pytest
from loopback_slurm import cluster, wait_until
from tiny_project import TINY, Project, copy_project

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

ON_SLURM = [
    *("--workflow-profile", "profiles/slurm"),
    *("--default-resources", "slurm_account=test", "slurm_partition=test"),
    # There is no accounting to ask.
    *("--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "5"),
]


@dataclass(frozen=True)
class Run:
    """A copy of the project; what two starts in it said and left, and what a job asked for."""

    project: Project
    memory: list[str]
    first: str
    left: dict[str, int]
    second: str


def files(project: Project, *patterns: str) -> dict[str, int]:
    """Results by name, with the time of their last change."""
    results = project.folder / "results"
    return {
        str(file.relative_to(results)): file.stat().st_mtime_ns
        for pattern in patterns
        for file in results.glob(pattern)
    }


def submitted(output: str) -> list[str]:
    """What the jobs are for that were given to Slurm."""
    return sorted(re.findall(r"has been submitted .*/slurm_logs/([\w-]+)", output))


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    with cluster(tmp_path_factory.mktemp("slurm")) as slurm:
        yield slurm


@pytest.fixture(scope="module")
def run(slurm, tmp_path_factory) -> Run:
    project = copy_project(tmp_path_factory.mktemp("on-slurm"))
    # As it is anyway, without MNIST; asked for, it is a job.
    project.configure(TINY.replace("parameters: {", "parameters: {mode: train, "))
    command = [sys.executable, "-m", "snakemake", "--configfile", "tiny.yaml", *ON_SLURM]
    memory: dict[str, str] = {}

    def new() -> bool:
        return bool(set(slurm.running("simulate-conditioning")) - set(memory))

    logs, said = project.folder / "results/logs/simulate", project.folder / "first.log"
    with said.open("w") as output:
        running = subprocess.Popen(
            [*command, "--retries", "1"],
            cwd=project.folder,
            env=os.environ | {"PYTHONPATH": str(project.folder / "src")},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until(lambda: any(logs.glob("conditioning-*")), 600, "conditioning is simulated")
            for _ in range(2):
                wait_until(new, 600, "its job runs")  # behind all that waits
                memory |= slurm.running("simulate-conditioning")
                slurm.run("scancel", *slurm.running("simulate-conditioning"))
            assert running.wait(timeout=900) != 0, said.read_text()
        finally:
            running.terminate()
            running.wait()
    left = files(project, "*/runs/*.parquet", "trainings/*/*.npz")
    second = project.snakemake(*ON_SLURM).stderr
    return Run(project, list(memory.values()), said.read_text(), left, second)


def test_a_cancelled_job_fails_and_the_others_are_done(run):
    assert "CANCELLED" in run.first
    assert {"channel/runs/batch-0000.parquet", "channel/runs/batch-0001.parquet"} <= set(run.left)
    assert not any(name.startswith("conditioning") for name in run.left)


def test_ten_batches_of_a_study_are_one_job(run):
    own = ("channel", "conditioning", "conditioning", "mnist", "tuning_curve")
    others = ("controls-channel", "controls-conditioning", "rates")
    others += ("errata-channel", "errata-conditioning", "errata-tuning_curve")
    groups = [name for name in submitted(run.first) if name.startswith("group_simulate")]
    assert groups == sorted(
        [f"group_simulate-{name}_simulate" for name in own]
        + [f"group_simulate-{n}_simulate_and_measure" for n in (*others, "variance-channel")]
    )


def test_a_training_is_a_job(run):
    assert "rule_train" in submitted(run.first)


def test_the_next_start_does_only_what_is_missing(run):
    assert submitted(run.second) == ["group_simulate-conditioning_simulate"]
    after = files(run.project, "*/runs/*.parquet", "trainings/*/*.npz")
    assert {name: after[name] for name in run.left} == run.left
    assert "Nothing to be done" in run.project.snakemake(*ON_SLURM).stderr


def test_results_have_the_bits_of_a_local_run(run, finished):
    patterns = (
        *("metrics.csv", "verdict.csv", "*/runs/*.parquet", "*/metrics/*.csv"),
        *("*/figures/*.png", "*/figures/*.svg"),
    )
    names = files(finished, *patterns)
    assert len(names) > 20
    assert set(files(run.project, *patterns)) == set(names)
    for name in names:
        here, there = (p.folder / "results" / name for p in (run.project, finished))
        assert here.read_bytes() == there.read_bytes(), name
    # Trained here because it was asked for, and there because nothing else fits the images.
    for kind in ("0.npz", "0.csv"):
        (here,), (there,) = run.project.trained(kind), finished.trained(kind)
        assert here.read_bytes() == there.read_bytes()


def test_a_job_that_is_tried_again_gets_more_memory(run):
    first, second = (int(amount.removesuffix("M")) for amount in run.memory)
    assert second == 2 * first
