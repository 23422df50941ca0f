"""What is written beside the jobs, killed at its file events: what is partial, live runs, notes."""

import os
import random
import shutil
import sqlite3
import subprocess
from base64 import urlsafe_b64encode
from contextlib import closing

import file_events
import pandas as pd
import pytest
from tiny_project import SNAKEMAKE

from snnlearn.experiments.mnist import Parameters
from snnlearn.figures import FigureSettings
from snnlearn.jobs.training_progress import ProgressWriter
from snnlearn.report import partial
from snnlearn.settings.documentation import plain
from snnlearn.tracking import live, watching
from snnlearn.tracking.settings import TrackingSettings

#: At how many events each is killed, drawn from this seed.
EVENTS, SEED = (40, 1) if "ALL_FAULTS" in os.environ else (3, 1)

pytestmark = [
    pytest.mark.skipif(not file_events.traceable(), reason="strace is not here, or may not trace"),
    pytest.mark.timeout(120 + 60 * EVENTS),
]


def test_what_is_partial_is_written_again_to_the_same_bytes(tmp_path, record_property):
    cells = [
        {"cell": cell, "values": {"rate": rate}, "folder": f"rates/{cell}", "seeds": 4}
        for cell, rate in (("base", 1.0), ("rate~3.0", 3.0))
    ]
    rows = [("channel", "default", seed, "error", seed, "1") for seed in range(4)]
    columns = ["experiment", "variant", "seed", "metric", "value", "unit"]
    (tmp_path / "rates/base/metrics").mkdir(parents=True)
    pd.DataFrame(rows, columns=columns).to_csv(
        tmp_path / "rates/base/metrics/batch-0000.csv", index=False
    )

    def write() -> None:
        partial.write(
            tmp_path,
            "rates",
            [cell | {"numbers": [0]} for cell in cells],
            {"rate": [1.0, 3.0]},
            ["error"],
            {},
            FigureSettings(dpi=30),
        )

    def written() -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in folder.iterdir()}

    folder = tmp_path / "rates/partial"
    events = file_events.events(write, tmp_path)
    expected = written()
    drawn = random.Random(SEED).sample(events, min(EVENTS, len(events)))
    for event in drawn:
        shutil.rmtree(folder)
        assert file_events.kill_at(write, event), event
        if folder.exists():
            whole = {name: content for name, content in written().items() if name[0] != "."}
            assert whole.items() <= expected.items(), event
        assert file_events.do(write) == 0, event
        assert written() == expected, event
    record_property("tried", len(drawn))


def test_a_killed_watcher_leaves_nothing_that_runs_for_ever(tmp_path, record_property):
    """The next one marks as killed what it has left, and shows the training anew."""
    told = ProgressWriter(tmp_path / "progress.jsonl", 1, 2)
    told.step(1, 1, 0.5, 0.5)
    told.step(1, 2, 0.25, 0.75)
    told.end(failed=False)
    file = str(tmp_path / "progress.jsonl")
    training = live.Training(key="key/0", seed=0, file=file, parameters=plain(Parameters()))
    given = live.Assignment(
        live="these results",
        settings=plain(TrackingSettings(uri=f"sqlite:///{tmp_path}/runs.db", live=True)),
        experiment="mnist",
        trainings=[training],
        tags={},
    ).written()

    def look() -> None:
        watching.Watcher(live.read_assignment(given)).look(last=True)

    def shown() -> list[str]:
        with closing(sqlite3.connect(tmp_path / "runs.db")) as database:
            return [status for (status,) in database.execute("SELECT status FROM runs")]

    rng = random.Random(SEED)
    assert file_events.do(look) == 0  # makes the database, as the job that logs does
    (tmp_path / "runs.db").rename(tmp_path / "made.db")
    shutil.copyfile(tmp_path / "made.db", tmp_path / "runs.db")
    drawn, struck = rng.sample(file_events.events(look, tmp_path), EVENTS), 0
    for event in drawn:
        shutil.copyfile(tmp_path / "made.db", tmp_path / "runs.db")
        before = len(shown())
        struck += file_events.kill_at(look, event)
        assert file_events.do(look) == 0, f"cannot go on after {event}"
        assert "RUNNING" not in shown(), event
        assert shown()[-1] == "FINISHED", event
        assert len(shown()) - before in (1, 2), event
    assert struck > EVENTS / 2  # how often it looks depends on how fast it is
    record_property("tried", struck)


#: The output of a job whose notes Snakemake does not get to write.
NOTED = "results/errata.csv"

#: The calls with which it notes that an output is begun, what it was made from, and that it is
#: complete: the notes are not written aside, so that those of a killed one may be torn.
CALLS = ["write", "openat", "chmod", "unlink"] if "ALL_FAULTS" in os.environ else ["write"]


@pytest.mark.parametrize("call", CALLS)
def test_snakemake_killed_at_its_notes_does_the_job_again(call, finished, tmp_path):
    project, expected = finished.copied(tmp_path / "project"), finished.contents()
    (project.folder / NOTED).unlink()
    name = urlsafe_b64encode(NOTED.encode()).decode()
    notes = [project.folder / ".snakemake" / kind / name for kind in ("incomplete", "metadata")]
    assert notes[1].is_file()
    # Of the two notes, it makes one anew, and removes the same one.
    when = random.Random(f"{SEED} {call}").choice([1, 2]) if call in ("write", "openat") else 1
    strace = ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={call}"]
    paths = [word for note in notes for word in ("-P", str(note))]
    inject = ["-e", f"inject={call}:signal=KILL:when={when}"]
    killed = subprocess.run(
        [*strace, *paths, *inject, *SNAKEMAKE],
        cwd=project.folder,
        env=project.environment,
        capture_output=True,
    )
    assert killed.returncode == -9
    project.unlock()
    project.snakemake()
    assert project.contents() == expected
    assert "Nothing to be done" in project.snakemake().stderr
