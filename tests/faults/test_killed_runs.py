"""A run that is killed."""

import os
import random
import re
import shutil
import signal

import pytest
from tiny_project import ROOT, TINY, TRAINED, Project

from snnlearn.data import checksums
from snnlearn.results import PARTIAL

#: Results that are made where others need them, and not for themselves.
MADE_FROM = re.compile(r"^(data|trainings)/|\.parquet$")

#: How many kills in a chain, and the seed that their moments are drawn from.
KILLS, SEED = (100 if "ALL_FAULTS" in os.environ else 4), 1


@pytest.mark.timeout(60 + 40 * KILLS)
def test_a_chain_of_kills_ends_in_the_same_bytes(project, finished, record_property):
    """Whatever the moment and the signal; all parts, trainings and tracking included."""
    record_property("tried", chain_of_kills(project, finished, longest=8))


@pytest.mark.timeout(4 * 3600)
@pytest.mark.skipif(os.environ.get("ALL_FAULTS") != "every", reason="takes an hour")
def test_a_chain_of_kills_of_the_smoke_run_ends_in_the_same_bytes(project, record_property):
    """Here an undisturbed run takes minutes, and has all experiments and studies."""
    project.configure((ROOT / "config/smoke.yaml").read_text())
    undisturbed = project.copied(project.folder.with_name("undisturbed"))
    undisturbed.snakemake()
    record_property("tried", chain_of_kills(project, undisturbed, longest=30))


def chain_of_kills(project: Project, finished: Project, longest: float) -> int:
    """Kill runs at random moments until it is enough; give how many were killed.

    Whatever a kill leaves is as in a project that was never disturbed, and so is the end.
    """
    expected, rng, killed = finished.contents(), random.Random(SEED), 0
    results, removed = project.folder / "results", set()

    def assert_finished() -> None:
        # Of what was removed, that from which only others are made may stay away.
        there, logged = project.contents(), project.logged()
        gone = {name for name in removed - there.keys() if MADE_FROM.search(name)}
        after = f"after kill {killed} of seed {SEED}"
        assert there == {name: sha for name, sha in expected.items() if name not in gone}, after
        assert logged == finished.logged(), after
        assert {status for _, _, status in logged} == {"FINISHED"}
        assert project.artifacts() == finished.artifacts(), after
        checksums.check(results / name for name in there)
        assert all(checksums.place(results / name).is_file() for name in there), after
        assert not [*results.rglob(PARTIAL)], after

    while killed < KILLS:
        how = rng.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
        code = project.stop_after(rng.uniform(0, longest), how)
        if code is None:
            killed += 1
            for name, content in project.contents().items():
                if f"/{PARTIAL}/" in name:  # what there is of a study while a job has failed
                    continue
                # Snakemake removes what it knows to be unfinished when it starts again.
                assert name in expected, f"{name} after kill {killed} of seed {SEED}"
                assert content == expected[name], f"half of {name} after kill {killed}"
        else:
            assert code == 0, f"after kill {killed} of seed {SEED}"
            assert_finished()
            project.stop_after(rng.uniform(0, 6), how, "--report", "results/report.html")
            before = project.contents().keys()
            there = [part for part in results.iterdir() if not part.name.startswith(".")]
            for part in rng.sample(sorted(there), 5):  # and there is work again
                shutil.rmtree(part) if part.is_dir() else part.unlink()
            removed |= before - project.contents().keys()
    project.snakemake()
    assert_finished()
    assert "Nothing to be done" in project.snakemake().stderr
    return killed


def test_a_killed_run_is_resumed_where_it_was(project):
    """Finished jobs are kept; what was being written is made anew."""
    project.configure(TINY.replace("seeds: 3", "seeds: 8").replace("10.5", "3"))
    target = [
        f"results/{name}/metrics/batch-000{number}.csv"
        for name in ("channel", "conditioning")
        for number in range(4)
    ]
    runs = project.folder / "results"
    project.kill_when(lambda: any(runs.glob("*/runs/*.parquet")), *target)
    kept = {path: path.stat().st_mtime_ns for path in runs.glob("*/runs/*.parquet")}

    project.snakemake("--unlock")
    project.snakemake(*target)
    assert all((project.folder / file).is_file() for file in target)
    after = {path: path.stat().st_mtime_ns for path in kept}
    # A job that wrote its file, but whose end Snakemake did not record, is rightly run again.
    assert sum(after[path] == kept[path] for path in kept) >= len(kept) - 2
    assert "Nothing to be done" in project.snakemake(*target).stderr


def test_a_killed_training_goes_on_after_its_last_epoch(project):
    project.configure(TINY.replace("epochs: 1, images: 100", "epochs: 40, images: 1000"))
    state = ".0.training.npz"
    project.kill_when(lambda: bool(project.trained(state)), *TRAINED)
    assert not project.trained()

    project.snakemake("--unlock")
    project.snakemake(*TRAINED)
    (folder,) = {path.parent for path in project.trained()}
    log = (project.folder / f"results/logs/trainings/{folder.name}/0.log").read_text()
    done = int(re.search(r"seed 0: goes on after epoch (\d+) of 40", log)[1])
    assert 1 <= done < 40
    assert f"epoch {done} of 40, minibatch" not in log
    assert f"epoch {done + 1} of 40, minibatch 50 of 50: loss" in log
    assert len((folder / "0.csv").read_text().splitlines()) == 1 + 40
    assert not project.trained(state)
