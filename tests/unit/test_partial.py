from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure

from snnlearn.figures import FigureSettings
from snnlearn.report import partial
from snnlearn.results import manifest, remove_partial, study_metrics

SETTINGS = FigureSettings(dpi=30)

#: Two cells of a study with four seeds, in two batches each.
CELLS = [
    {"cell": "base", "values": {"rate": 1.0}, "folder": "rates", "seeds": 4, "numbers": [0, 1]},
    {
        "cell": "rate~3.0",
        "values": {"rate": 3.0},
        "folder": "rates/rate~3.0",
        "seeds": 4,
        "numbers": [0, 1],
    },
]
AXES = {"rate": [1.0, 3.0]}
JOINED = [cell | {"batches": 2} for cell in CELLS]


@pytest.fixture
def finish(tmp_path):
    """Write the metrics of a batch of a cell."""

    def finish(cell: int, batch: int) -> Path:
        file = tmp_path / CELLS[cell]["folder"] / "metrics" / f"batch-{batch:04d}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        rows = [
            ("channel", "default", seed, "error", 10 * cell + seed, "1")
            for seed in (2 * batch, 2 * batch + 1)
        ]
        columns = ["experiment", "variant", "seed", "metric", "value", "unit"]
        pd.DataFrame(rows, columns=columns).to_csv(file, index=False)
        return file

    return finish


@pytest.fixture
def write(tmp_path):
    """Write what is finished."""

    def write(metrics: tuple[str, ...] = ("error",), sources: dict | None = None) -> Path | None:
        return partial.write(tmp_path, "rates", CELLS, AXES, metrics, sources or {}, SETTINGS)

    return write


def test_nothing_is_written_where_nothing_is_finished(write, tmp_path):
    assert write() is None
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_where_everything_is_finished(write, finish, tmp_path):
    for cell in (0, 1):
        for batch in (0, 1):
            finish(cell, batch)
    assert write() is None
    assert not (tmp_path / "rates/partial").exists()


def test_what_is_finished_is_joined_and_counted(write, finish, tmp_path):
    finish(0, 0), finish(0, 1), finish(1, 1)
    folder = write()
    assert folder == tmp_path / "rates/partial"
    joined = pd.read_csv(folder / "metrics.csv")
    assert joined.groupby("cell")["seed"].unique().map(list).to_dict() == {
        "base": [0, 1, 2, 3],
        "rate~3.0": [2, 3],
    }
    assert joined["value"].tolist() == [0, 1, 2, 3, 12, 13]
    counted = pd.read_csv(folder / "manifest.csv")
    assert counted.to_dict("list") == {
        "cell": ["base", "rate~3.0"],
        "rate": [1.0, 3.0],
        "folder": ["rates", "rates/rate~3.0"],
        "seeds": [4, 4],
        "finished": [4, 2],
    }


def test_a_cell_without_results_is_in_the_manifest(write, finish):
    finish(1, 0)
    counted = pd.read_csv(write() / "manifest.csv")
    assert counted["finished"].tolist() == [0, 2]


def test_figures_are_marked_as_partial(write, finish, monkeypatch):
    titles = []
    suptitle = Figure.suptitle
    monkeypatch.setattr(
        Figure, "suptitle", lambda self, text: titles.append(text) or suptitle(self, text)
    )
    finish(1, 0)
    folder = write()
    assert titles == ["partial: 1 of 2 cells have results"]
    assert {file.name for file in folder.iterdir()} == {
        *("metrics.csv", "manifest.csv", "error.png", "error.svg")
    }
    assert (folder / "error.png").read_bytes().startswith(b"\x89PNG")


def test_what_is_partial_is_removed_and_nothing_else(write, finish, tmp_path):
    kept = finish(0, 0)
    assert write().is_dir()
    remove_partial(tmp_path, "rates")
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [kept]
    remove_partial(tmp_path, "rates")


# The tables of a whole study


def test_metrics_of_a_study_say_of_which_cell_they_are(finish):
    files = [finish(cell, batch) for cell in (0, 1) for batch in (0, 1)]
    found = study_metrics("rates", JOINED, files, {})
    assert list(found.columns) == [
        *("experiment", "variant", "seed", "metric", "value", "unit", "study", "cell", "rate")
    ]
    assert found["cell"].tolist() == ["base"] * 4 + ["rate~3.0"] * 4
    assert found["rate"].tolist() == [1.0] * 4 + [3.0] * 4
    assert found["value"].tolist() == [0, 1, 2, 3, 10, 11, 12, 13]
    assert set(found["study"]) == {"rates"}


def test_runs_of_a_design_say_which_seed_each_source_has(finish):
    sources = {0: {"net": 0, "input": 0}, 1: {"net": 0, "input": 1}, 2: {"net": 1, "input": 0}}
    sources |= {3: {"net": 1, "input": 1}}
    found = study_metrics(
        "rates", [CELLS[0] | {"batches": 2}], [finish(0, 1), finish(0, 0)], sources
    )
    assert found[["seed", "seed of net", "seed of input"]].to_numpy().tolist() == [
        *([0, 0, 0], [1, 0, 1], [2, 1, 0], [3, 1, 1])
    ]


def test_a_manifest_has_a_row_for_every_cell(finish):
    found = study_metrics("rates", [CELLS[1] | {"batches": 1}], [finish(1, 0)], {})
    assert manifest(CELLS, found).to_dict("records") == [
        {"cell": "base", "rate": 1.0, "folder": "rates", "seeds": 4, "finished": 0},
        {"cell": "rate~3.0", "rate": 3.0, "folder": "rates/rate~3.0", "seeds": 4, "finished": 2},
    ]
