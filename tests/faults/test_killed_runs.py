"""A run that is killed."""

import os
import random
import re
import shutil
import signal

import pytest
from tiny_project import TINY, TRAINED

from snnlearn.results import PARTIAL

#: Results that are made where others need them, and not for themselves.
MADE_FROM = re.compile(r"^(data|trainings)/|\.parquet$")

#: How many kills in a chain, and the seed that their moments are drawn from.
KILLS, SEED = (100 if "ALL_FAULTS" in os.environ else 4), 1


@pytest.mark.timeout(60 + 40 * KILLS)
def test_a_chain_of_kills_ends_in_the_same_bytes(project, finished, record_property):
    """Whatever the moment and the signal; all parts, trainings and tracking included."""
    expected, rng, killed = finished.contents(), random.Random(SEED), 0
    results, removed = project.folder / "results", set()

    def wanted() -> dict[str, str]:
        """Of what was removed, that from which only others are made may stay away."""
        gone = {name for name in removed - project.contents().keys() if MADE_FROM.search(name)}
        return {name: content for name, content in expected.items() if name not in gone}

    while killed < KILLS:
        how = rng.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
        code = project.stop_after(rng.uniform(0, 8), how)
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
            assert project.contents() == wanted(), f"after kill {killed} of seed {SEED}"
            assert project.logged() == finished.logged()
            project.stop_after(rng.uniform(0, 6), how, "--report", "results/report.html")
            before = project.contents().keys()
            for part in rng.sample(sorted(results.iterdir()), 5):  # and there is work again
                shutil.rmtree(part) if part.is_dir() else part.unlink()
            removed |= before - project.contents().keys()
    project.snakemake()
    assert project.contents() == wanted()
    assert project.logged() == finished.logged()
    assert {status for _, _, status in project.logged()} == {"FINISHED"}
    assert "Nothing to be done" in project.snakemake().stderr
    record_property("tried", killed)


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
