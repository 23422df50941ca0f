import io
from pathlib import Path

import pytest

from snnlearn import pruning

NAMED = "results/channel/metrics/batch-0000.csv"

#: Files that no job makes any more, and that only results are.
UNNAMED = [
    "results/channel/runs/batch-0007.parquet",
    "results/rates/learning_rate~3e-05/metrics/batch-0000.csv",
    "results/trainings/abc/7.json",
    "results/trainings/abc/7.npz",
]

#: Files that are kept whatever is named.
KEPT = [
    "results/metrics.csv",
    "results/overview.html",
    "results/logs/channel/old.csv",
    "results/benchmarks/simulate/old.json",
    "results/rates/partial/metrics.csv",
    "results/trainings/abc/.0.checkpoint.npz",
    "results/mlflow.db",
    "results/mlflow-artifacts/1/figure.png",
    "results/channel/mlflow/run.json",
    "results/channel/notes.txt",
    "results/channel/.hidden.csv",
]


@pytest.fixture
def prune(tmp_path, monkeypatch, capsys):
    """Prune a folder of results with what Snakemake says; exit code and what is printed."""
    monkeypatch.chdir(tmp_path)

    def prune(*arguments: str, named: tuple[str, ...] = (NAMED,)) -> tuple[int, str]:
        rows = ["output_file\tdate\trule\tstatus", *(f"{file}\t-\tmeasure\tok" for file in named)]
        summary = "Building DAG of jobs...\n" + "\n".join(rows) + "\n" if named else "Nothing\n"
        monkeypatch.setattr("sys.stdin", io.StringIO(summary))
        code = pruning.main(arguments)
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return prune


def put(*files: str) -> None:
    for file in map(Path, files):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * 1_000_000)


def there() -> list[str]:
    return sorted(str(file) for file in Path("results").rglob("*") if file.is_file())


def test_what_is_not_named_is_shown_and_not_removed(prune):
    put(NAMED, *UNNAMED, *KEPT)
    code, printed = prune()
    assert code == 0
    assert printed.splitlines() == [
        "results/channel/runs: 1 files, 1.0 MB",
        "results/rates/learning_rate~3e-05/metrics: 1 files, 1.0 MB",
        "results/trainings/abc: 2 files, 2.0 MB",
        "To remove these files: make prune YES=1",
    ]
    assert there() == sorted([NAMED, *UNNAMED, *KEPT])


def test_only_what_is_not_named_is_removed(prune):
    put(NAMED, *UNNAMED, *KEPT)
    code, printed = prune("--yes")
    assert (code, printed.splitlines()[-1]) == (0, "Removed 4 files.")
    assert there() == sorted([NAMED, *KEPT])


def test_folders_that_become_empty_are_removed(prune):
    put(NAMED, *UNNAMED)
    prune("--yes")
    assert sorted(str(path) for path in Path("results").iterdir()) == ["results/channel"]
    assert there() == [NAMED]


def test_where_everything_is_named_nothing_is_removed(prune):
    put(NAMED, *UNNAMED)
    assert prune("--yes", named=(NAMED, *UNNAMED)) == (
        0,
        "The configuration names all results.\n",
    )
    assert there() == sorted([NAMED, *UNNAMED])


def test_a_summary_that_names_nothing_removes_nothing(prune):
    put(*UNNAMED)
    assert prune("--yes", named=()) == (1, "Snakemake named no results: nothing is removed.\n")
    assert there() == UNNAMED


def test_a_summary_of_headings_only_removes_nothing(prune, monkeypatch):
    put(*UNNAMED)
    monkeypatch.setattr("sys.stdin", io.StringIO("output_file\tdate\trule\tstatus\n"))
    assert pruning.main(["--yes"]) == 1
    assert there() == UNNAMED


def test_files_of_earlier_layouts_are_named_with_where_they_are_now(prune):
    old = [
        "results/channel/slips.csv",
        "results/channel/varied.csv",
        "results/mnist/dataset.npz",
        "results/mnist/parameters/seed-0.npz",
    ]
    put(NAMED, *old)
    assert prune()[1].splitlines()[:-1] == [
        "results/channel: 2 files, 2.0 MB  (of an earlier layout: now in "
        "results/errata-*/metrics.csv, results/variance-*/metrics.csv)",
        "results/mnist: 1 files, 1.0 MB  (of an earlier layout: now in results/data/)",
        "results/mnist/parameters: 1 files, 1.0 MB  (of an earlier layout: now in "
        "results/trainings/)",
    ]
