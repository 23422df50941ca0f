from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from simulated import batch

from snnlearn import simulation
from snnlearn.experiments import Metric
from snnlearn.results import (
    METRIC_COLUMNS,
    TableError,
    read_metrics,
    read_table,
    read_traces,
    write_table,
)

PARAMETERS = SimpleNamespace(points=3)


def simulate(parameters, seeds, **inputs):
    """Random traces, all of them from the seed."""
    for seed in seeds:
        rng = np.random.default_rng(seed)
        time = np.arange(1, parameters.points + 1) / 1000
        yield pd.DataFrame({"time": time, "value": rng.random(parameters.points)})


def measure(traces, parameters):
    """Two numbers, the second of which seed 1 does not define."""
    seed = traces["seed"].iloc[0]
    return {
        "peak": Metric(traces["value"].max(), "1"),
        "latency": Metric(float("nan") if seed == 1 else 0.5 + seed, "s"),
    }


FAKE = SimpleNamespace(name="fake", simulate=simulate, measure=measure)


def test_columns_of_traces_and_metrics():
    traces, metrics = batch(FAKE, PARAMETERS, [4])
    assert list(traces.columns) == ["seed", "time", "value", "variant"]
    assert list(metrics.columns) == METRIC_COLUMNS
    assert METRIC_COLUMNS == ["experiment", "variant", "seed", "metric", "value", "unit"]
    assert metrics["experiment"].unique() == ["fake"]
    assert metrics["value"].dtype == np.float64
    assert list(metrics["unit"]) == ["1", "s"]


def test_one_variant_is_the_default():
    traces, metrics = batch(FAKE, PARAMETERS, [0, 2])
    assert traces["variant"].unique().tolist() == ["default"]
    assert metrics["variant"].unique().tolist() == ["default"]


def test_an_experiment_can_name_its_variant():
    def with_variant(parameters, seeds):
        for traces in simulate(parameters, seeds):
            yield traces.assign(variant="trained/mnist")

    experiment = SimpleNamespace(name="fake", simulate=with_variant, measure=measure)
    traces, metrics = batch(experiment, PARAMETERS, [0, 2])
    assert traces["variant"].unique().tolist() == ["trained/mnist"]
    assert metrics["variant"].unique().tolist() == ["trained/mnist"]


def test_order_is_that_of_the_seeds_and_of_what_is_measured():
    traces, metrics = batch(FAKE, PARAMETERS, [2, 0])
    assert list(traces["seed"]) == [2, 2, 2, 0, 0, 0]
    assert list(traces.index) == list(range(6))
    assert list(zip(metrics["seed"], metrics["metric"], strict=True)) == [
        (2, "peak"),
        (2, "latency"),
        (0, "peak"),
        (0, "latency"),
    ]


def test_a_seed_gives_the_same_alone_and_in_any_batch():
    alone = batch(FAKE, PARAMETERS, [1])
    for seeds in ([0, 1, 2], [2, 1]):
        for table, expected in zip(batch(FAKE, PARAMETERS, seeds), alone, strict=True):
            own = table[table["seed"] == 1].reset_index(drop=True)
            pd.testing.assert_frame_equal(own, expected, check_exact=True)


def test_each_seed_is_measured_from_its_own_traces():
    traces, metrics = batch(FAKE, PARAMETERS, [0, 2, 3])
    peaks = metrics[metrics["metric"] == "peak"].set_index("seed")["value"]
    expected = traces.groupby("seed")["value"].max()
    pd.testing.assert_series_equal(peaks, expected, check_names=False, check_exact=True)


def test_the_experiment_gets_its_inputs(tmp_path):
    given = {}

    def noting(parameters, seeds, **inputs):
        given.update(inputs)
        return simulate(parameters, seeds)

    experiment = SimpleNamespace(name="fake", simulate=noting, measure=measure)
    files = {"one": tmp_path / "one.npz", "each": [tmp_path / "3.npz", tmp_path / "4.npz"]}
    batch(experiment, PARAMETERS, [3, 4], **files)
    assert given == files


def test_an_experiment_that_forgets_a_seed_is_noticed():
    experiment = SimpleNamespace(
        name="fake",
        simulate=lambda parameters, seeds: simulate(parameters, seeds[:-1]),
        measure=measure,
    )
    with pytest.raises(ValueError, match="shorter"):
        batch(experiment, PARAMETERS, [3, 4])


def test_an_undefined_metric_is_an_empty_cell(tmp_path):
    _, metrics = batch(FAKE, PARAMETERS, [0, 1])
    path = tmp_path / "metrics.csv"
    metrics.to_csv(path, index=False)
    assert "fake,default,1,latency,,s" in path.read_text().splitlines()
    found = read_metrics([path])
    assert found["value"].isna().tolist() == [False, False, False, True]


def test_numbers_survive_the_file_bit_for_bit(tmp_path):
    _, metrics = batch(FAKE, PARAMETERS, range(50))
    path = tmp_path / "metrics.csv"
    metrics.to_csv(path, index=False)
    pd.testing.assert_frame_equal(read_metrics([path]), metrics, check_exact=True)


@pytest.fixture
def tables(tmp_path):
    """Metric tables of two experiments in three batches."""
    paths = []
    for name, number, seeds in (("b", 0, [0, 1]), ("b", 1, [2, 3]), ("a", 0, [10, 9])):
        _, metrics = batch(
            SimpleNamespace(name=name, simulate=simulate, measure=measure), PARAMETERS, seeds
        )
        paths.append(tmp_path / f"{name}-{number}.csv")
        metrics.to_csv(paths[-1], index=False)
    return paths


def test_metrics_are_joined_in_one_order_whatever_the_order_of_files(tables):
    joined = read_metrics(tables)
    assert list(joined.columns) == METRIC_COLUMNS
    rows = list(zip(joined["experiment"], joined["seed"], joined["metric"], strict=True))
    by_seed = [("a", 9), ("a", 10), ("b", 0), ("b", 1), ("b", 2), ("b", 3)]
    assert rows == [(*row, metric) for row in by_seed for metric in ("peak", "latency")]
    for order in (tables[::-1], [tables[1], tables[2], tables[0]]):
        pd.testing.assert_frame_equal(read_metrics(order), joined, check_exact=True)


HEADING = ",".join(METRIC_COLUMNS)
NO_TABLES = {
    "empty file": ("", "it cannot be read"),
    "another page": (
        "<html>\n<body>please log in</body>",
        "it lacks the columns experiment, variant",
    ),
    "another table": ("a,b\n1,2", "it lacks the columns experiment, variant"),
    "heading lost": ("fake,default,0,peak,1.5,1", "it lacks the columns experiment"),
    "no rows": (HEADING, "it has no rows"),
    "cut in a line": (f"{HEADING}\nfake,default,0,peak,1.5,1\nfake,def", "a seed"),
    "nulls": (f"{HEADING}\n" + "\0" * 30, "a seed|it cannot be read"),
    "no seed": (f"{HEADING}\nfake,default,1.5,peak,1.5,1", "a seed in it is no whole number"),
    "infinite": (f"{HEADING}\nfake,default,0,peak,inf,1", "no finite number"),
    "no number": (f"{HEADING}\nfake,default,0,peak,high,1", "no finite number"),
    "no name": (f"{HEADING}\nfake,default,0,,1,1", "a row of it has no metric"),
    "twice": (f"{HEADING}\n" + "fake,default,0,peak,1,1\n" * 2, "a metric of a seed twice"),
    "one column more": (
        f"{HEADING}\nfake,default,0,peak,1,1,1,1",
        "its rows are longer than its heading",
    ),
}


@pytest.mark.parametrize(("text", "why"), NO_TABLES.values(), ids=NO_TABLES)
def test_what_is_no_table_of_metrics_is_refused_by_its_name(tmp_path, tables, text, why):
    damaged = tmp_path / "damaged.csv"
    damaged.write_text(text)
    with pytest.raises(TableError, match=rf"damaged\.csv is not as a job has left it: .*({why})"):
        read_metrics([*tables, damaged])


@pytest.mark.parametrize(
    ("runs", "why"),
    [
        (("a", [0, 1]), "it is of b, not of a"),
        (("b", [0]), r"the seeds \[1\]"),
        (("b", [0, 1, 2]), r"the seeds \[2\]"),
    ],
)
def test_metrics_of_other_runs_are_refused_by_their_name(tables, runs, why):
    known = [("b", [0, 1]), ("b", [2, 3]), ("a", [9, 10])]
    pd.testing.assert_frame_equal(read_metrics(tables, known), read_metrics(tables))
    with pytest.raises(TableError, match=rf"b-0\.csv is not as a job has left it: .*{why}"):
        read_metrics(tables, [runs, *known[1:]])


def last(column: str, value: str):
    """Another value in the last row of a table."""
    return lambda table: table.assign(**{column: [*table[column].iloc[:-1], value]})


CHANGES = {
    "another column": lambda table: table.assign(**{"<html>": 1}),
    "a row that is lost": lambda table: table[:-1],
    "a metric that is called otherwise": last("metric", "HTML"),
    "a unit that is lost": last("unit", ""),
    "another variant": last("variant", "other"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_batch_in_which_runs_differ_in_what_is_measured_is_refused(tables, change):
    """Without a checksum beside it, that is how damage shows."""
    known = [("b", [0, 1]), ("b", [2, 3]), ("a", [9, 10])]
    change(pd.read_csv(tables[0])).to_csv(tables[0], index=False)
    why = "the columns <html>, too|have not all the same metrics and units"
    with pytest.raises(TableError, match=rf"b-\d\.csv is not as a job has left it: .*({why})"):
        read_metrics(tables, known)


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"<html>", None])
def test_what_is_no_table_of_traces_is_refused_by_its_name(tmp_path, damage):
    path = tmp_path / "batch.parquet"
    write_table(batch(FAKE, PARAMETERS, [0])[0], path)
    path.write_bytes(path.read_bytes()[:-20] if damage is None else damage)
    with pytest.raises(TableError, match=r"batch\.parquet is not as a job has left it"):
        read_traces([path])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda traces: traces.drop(columns="seed"), "its seeds are no whole numbers"),
        (lambda traces: traces.assign(seed=traces["seed"] + 0.5), "its seeds are no whole numbers"),
        (lambda traces: traces[:0], "it has no rows"),
        (lambda traces: traces[traces["seed"] == 0], r"the seeds \[1\]"),
        (lambda traces: traces.replace({"seed": {1: 7}}), r"the seeds \[1, 7\]"),
        (lambda traces: traces.assign(time=np.inf), "a time in it is infinite"),
    ],
)
def test_traces_of_other_runs_are_refused_by_their_name(tmp_path, change, why):
    path = tmp_path / "batch.parquet"
    traces = batch(FAKE, PARAMETERS, [0, 1])[0]
    write_table(traces, path)
    pd.testing.assert_frame_equal(read_table(path, seeds=[0, 1]), traces)
    write_table(change(traces), path)
    with pytest.raises(TableError, match=rf"batch\.parquet is not as a job has left it: .*{why}"):
        read_table(path, seeds=[0, 1])


def test_a_column_that_is_missed_in_measuring_is_named():
    traces = batch(FAKE, PARAMETERS, [3])[0].drop(columns="value")
    with pytest.raises(TableError, match="the traces of seed 3 lack 'value', which fake measures"):
        simulation.measure(FAKE, PARAMETERS, simulation.runs_in(traces))


def test_a_missing_column_is_named(tmp_path):
    path = tmp_path / "batch.parquet"
    write_table(batch(FAKE, PARAMETERS, [0])[0], path)
    with pytest.raises(TableError, match="nothing"):
        read_traces([path], ["nothing"])


def test_traces_of_all_batches_are_joined(tmp_path):
    batches = [batch(FAKE, PARAMETERS, seeds)[0] for seeds in ([0, 1], [2])]
    paths = [tmp_path / f"batch-{number}.parquet" for number in range(2)]
    for path, traces in zip(paths, batches, strict=True):
        traces.to_parquet(path, index=False)
    joined = read_traces(paths)
    assert list(joined["seed"].unique()) == [0, 1, 2]
    assert list(joined.index) == list(range(len(joined)))
    whole = batch(FAKE, PARAMETERS, [0, 1, 2])[0]
    pd.testing.assert_frame_equal(joined, whole, check_exact=True)
    some = read_traces(paths, ["seed", "value"])
    pd.testing.assert_frame_equal(some, whole[["seed", "value"]], check_exact=True)
