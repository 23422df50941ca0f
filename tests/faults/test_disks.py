"""Disks that are full, read-only or elsewhere: nothing is lost, and it is said."""

import errno
import os
import re
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from tiny_project import ROOT, Project

from snnlearn.data import checksums, datasets, files
from snnlearn.figures import FigureSettings, style
from snnlearn.mnist import parameter_files
from snnlearn.mnist.checkpoint import Checkpoint
from snnlearn.mnist.network import parameter_shapes
from snnlearn.results import write_table
from snnlearn.tracking.advice import told

RNG = np.random.default_rng(0)
TABLE = pd.DataFrame({"seed": range(2000), "value": RNG.normal(size=2000)})


@contextmanager
def limited(size: int) -> Iterator[None]:
    """No file becomes larger: the system refuses what goes beyond, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def draw(file: Path) -> None:
    figure = style.blank(FigureSettings(), 40)
    figure.subplots().plot(TABLE["value"])
    style.save(figure, file.with_suffix(""), FigureSettings(dpi=50))


def save_checkpoint(file: Path) -> None:
    values = SimpleNamespace(numpy=lambda: RNG.normal(size=3000))
    Checkpoint(file, {}).save([values], pd.DataFrame({"loss": [0.5]}))


def write_parameters(file: Path) -> None:
    shapes = parameter_shapes().values()
    parameter_files.write(file, [np.zeros(shape, np.float32) for shape in shapes])


#: Whatever writes results, by the name of its file.
WRITERS: dict[str, Callable[..., object]] = {
    "table.csv": lambda file: write_table(TABLE, file),
    "table.parquet": lambda file: write_table(TABLE, file),
    "text.md": lambda file: files.write_text(file, "words " * 5000),
    "figure.png": draw,
    "figure.svg": draw,
    "images.npz": lambda file: datasets.write(
        file, datasets.Images(*[np.zeros((9, 28, 28), np.uint8), np.zeros(9, np.uint8)] * 2)
    ),
    "checkpoint.npz": save_checkpoint,
    "parameters.npz": write_parameters,
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_disk_that_fills_at_any_byte_leaves_the_old_file_and_nothing_else(tmp_path, name):
    file = tmp_path / name
    WRITERS[name](file)
    size = file.stat().st_size
    listed = sorted(tmp_path.iterdir())
    for written in listed:
        written.write_bytes(b"old")
    for room in sorted({0, 1, 100, *range(0, size, size // 20 + 1), size - 100, size - 1}):
        with limited(room), pytest.raises(OSError) as refused:
            WRITERS[name](file)
        assert refused.value.errno == errno.EFBIG
        assert file.read_bytes() == b"old"
        assert sorted(tmp_path.iterdir()) == listed
    WRITERS[name](file)
    assert file.stat().st_size == pytest.approx(size, rel=0.05)


@pytest.mark.parametrize("name", ["fsync", "replace"])
def test_a_disk_that_fails_at_the_end_leaves_the_old_file(tmp_path, monkeypatch, name):
    (tmp_path / "table.csv").write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    if name == "fsync":
        monkeypatch.setattr(os, "fsync", fail)
    else:
        monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="Input/output error"):
        write_table(TABLE, tmp_path / "table.csv")
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"old"]


def test_a_full_disk_of_the_database_is_told(tmp_path):
    file = tmp_path / "mlflow.db"
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE runs (name TEXT)")
        database.commit()
        with limited(file.stat().st_size), pytest.raises(sqlite3.OperationalError) as refused:
            database.execute("INSERT INTO runs VALUES (?)", ["x" * 10**5])
            database.commit()
    assert f"disk of {file} is full" in told(refused.value, f"sqlite:///{file}")


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "Make room on the disk of {}"),
        (errno.EDQUOT, "Make room on the disk of {}"),
        (errno.EROFS, "Give yourself the right to write to {}"),
        (errno.EIO, "See whether the disk of {} is damaged, or no longer reached"),
    ],
)
def test_a_job_that_the_disk_refuses_says_what_helps(tmp_path, number, advice):
    """In its log, and on the terminal, since the log may be on that disk."""
    log = tmp_path / "log"
    code = (
        "import job\n"
        f"job.log_to({str(log)!r}, job.Path({str(tmp_path)!r}))\n"
        f"raise OSError({number}, 'what it is called here', {str(tmp_path / 'a.csv')!r})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT / "workflow/scripts",
        capture_output=True,
        text=True,
    )
    told = f"{os.strerror(number)}: {advice.format(tmp_path / 'a.csv')}, and run the same command"
    assert done.returncode == 1
    assert told in done.stderr
    assert told in log.read_text()


# A whole run


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A disk of its own in place of a folder."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("only root, and not in every container, may mount a disk")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def leave(folder: Path, room: int) -> None:
    """Fill a disk up, but for so many bytes."""
    ballast = folder / ".ballast"
    ballast.unlink(missing_ok=True)
    disk = os.statvfs(folder)
    ballast.write_bytes(bytes(disk.f_bavail * disk.f_frsize - room))


#: An experiment without what others need.
TARGETS = (
    *(
        "results/tuning_curve/metrics/batch-0000.csv",
        "results/tuning_curve/figures/tuning_curve.png",
    ),
    *("--allowed-rules", "simulate", "measure", "closeup", "figures_tuning_curve"),
)


def made(project: Project) -> dict[str, bytes]:
    """What a run has made of the experiment."""
    place = project.folder / "results/tuning_curve"
    return {
        file.name: file.read_bytes()
        for file in sorted(place.rglob("*"))
        if file.is_file() and not file.name.startswith(".")
    }


def test_a_full_disk_is_told_and_the_next_start_goes_on_to_the_same_bytes(project, tmp_path):
    """Results are a link to another disk."""
    elsewhere, results = tmp_path / "elsewhere", project.folder / "results"
    project.snakemake(*TARGETS)
    undisturbed = made(project)
    assert len(undisturbed) > 4
    results.rename(tmp_path / "undisturbed")
    with small_disk(elsewhere):
        results.symlink_to(elsewhere)
        for room in (0, 20_000):
            leave(elsewhere, room)
            failed = project.snakemake(*TARGETS, check=False)
            assert failed.returncode != 0
            shown = failed.stdout + failed.stderr
            assert "No space left on device: Make room on the disk of" in shown
            there = made(project)
            assert there == {name: undisturbed[name] for name in there}
            checksums.check(elsewhere.rglob("*"))
        leave(elsewhere, 2**24)
        project.snakemake(*TARGETS)
        assert made(project) == undisturbed


@pytest.mark.timeout(1800)
@pytest.mark.skipif("ALL_FAULTS" not in os.environ, reason="takes minutes: make faults")
def test_a_disk_that_fills_at_any_stage_of_a_whole_run_loses_nothing(
    project, finished, tmp_path, record_property
):
    elsewhere, expected, full = tmp_path / "elsewhere", finished.contents(), 0
    with small_disk(elsewhere):
        (project.folder / "results").symlink_to(elsewhere)
        for kilobytes in (256, 1024):
            leave(elsewhere, 1024 * kilobytes)
            ended = project.snakemake(check=False)
            if ended.returncode:
                full += 1
                assert re.search("Make room on the disk of|is full", ended.stdout + ended.stderr)
            assert project.contents().items() <= expected.items(), f"with room for {kilobytes} kB"
        (elsewhere / ".ballast").unlink()
        project.snakemake()
        assert project.contents() == expected
        assert project.logged() == finished.logged()
    assert full >= 1
    record_property("tried", full)


def test_a_disk_that_is_read_only_is_told_and_results_there_stay(project):
    results = project.folder / "results"
    with small_disk(results):
        (results / "mine").write_text("mine")
        subprocess.run(["mount", "-o", "remount,ro", str(results)], check=True)
        failed = project.snakemake(*TARGETS, check=False)
        assert failed.returncode != 0
        shown = failed.stdout + failed.stderr
        assert f"nothing can be written to {results}: allow it" in shown
        assert "Traceback" not in shown
        assert (results / "mine").read_text() == "mine"
