import json
from dataclasses import replace
from pathlib import Path
from time import monotonic, time
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from pydantic.dataclasses import dataclass
from simulated import batch

from snnlearn.data.hashing import sha256_of_data
from snnlearn.data.origin import Origin
from snnlearn.experiments import Metric
from snnlearn.settings.types import STRICT
from snnlearn.statistics import mean_interval
from snnlearn.tracking.advice import reason
from snnlearn.tracking.cells import FinishedCell, Inputs
from snnlearn.tracking.client import ExperimentLog
from snnlearn.tracking.database import FAILURES, BusyError
from snnlearn.tracking.runs import _CellWriter, log, thinned
from snnlearn.tracking.settings import TrackingSettings

# isort: split
from mlflow import MlflowClient
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException
from mlflow.telemetry import get_telemetry_client

TAGS = {"commit": "abc123", "dirty": "False", "configuration_sha256": "f" * 64}
PARENT = "mlflow.parentRunId"
N_POINTS = 250


def simulate(parameters, seeds):
    for seed in seeds:
        rng = np.random.default_rng(seed)
        moments = np.arange(1, parameters["points"] + 1) / 1000
        yield pd.DataFrame({"time": moments, "value": rng.random(len(moments)), "zero": 0.0})


def measure(traces, parameters):
    """Two numbers, the second of which seed 1 does not define."""
    seed = traces["seed"].iloc[0]
    return {
        "peak": Metric(traces["value"].max(), "1"),
        "latency": Metric(float("nan") if seed == 1 else 0.5 + seed, "s"),
    }


@dataclass(frozen=True, config=STRICT)
class FakeTraining:
    """How it is trained."""

    epochs: int = 2
    """How often."""


@dataclass(frozen=True, config=STRICT)
class FakeSource:
    """Where it comes from."""

    mode: str = "train"
    """How it comes."""

    training: FakeTraining = FakeTraining()
    """Settings of the training."""


@dataclass(frozen=True, config=STRICT)
class FakeParameters:
    """Parameters."""

    points: int = N_POINTS
    """Number of points."""

    source: FakeSource = FakeSource()
    """Where they come from."""


FAKE = SimpleNamespace(
    name="fake",
    summary="Random numbers.",
    Parameters=FakeParameters,
    simulate=simulate,
    measure=measure,
    series=lambda traces: traces.set_index("time")[["value", "zero"]],
)

ORIGIN = Origin(
    name="mnist",
    source="resources/mnist.npz",
    verified=True,
    stand_in=False,
    sha256={"x_train": "a" * 64, "y_test": "b" * 64},
    problems=[],
)


@pytest.fixture(scope="session")
def client(uri):
    return MlflowClient(tracking_uri=uri)


@pytest.fixture
def settings(uri, request):
    """TrackingSettings whose experiments are this test's own."""
    return TrackingSettings(uri=uri, experiment_prefix=f"tests/{request.node.name}", max_points=20)


@pytest.fixture
def make_cell(tmp_path):
    """A cell of a fake experiment, with a file of traces for each batch of seeds."""

    def make(*batches: list[int], points: int = N_POINTS, **others: object) -> FinishedCell:
        parameters = {"points": points, "source": {"mode": "train", "training": {"epochs": 2}}}
        runs, metrics = [], []
        for number, seeds in enumerate(batches or ([0, 1], [2])):
            traces, measured = batch(FAKE, parameters, seeds)
            runs.append(tmp_path / f"batch-{len(batches)}-{number}-{points}.parquet")
            traces.to_parquet(runs[-1], index=False)
            metrics.append(measured)
        figures = []
        for name in ("line.png", "line.svg"):
            figures.append(tmp_path / name)
            figures[-1].write_text(f"drawing of {name}")
        given = {
            "study": "fake",
            "experiment": FAKE,
            "parameters": parameters,
            "code_sha256": "c" * 64,
            "metrics": pd.concat(metrics),
            "runs": runs,
            "figures": figures,
            "captions": {"line": "A line.", "dots": "Dots."},
        }
        return FinishedCell(**given | others)

    return make


@pytest.fixture
def everything(client, settings):
    """All runs of this test's experiment."""

    def everything(view: int = ViewType.ACTIVE_ONLY) -> list:
        experiment = client.get_experiment_by_name(f"{settings.experiment_prefix}/fake")
        return list(client.search_runs([experiment.experiment_id], run_view_type=view))

    return everything


@pytest.fixture
def family(everything):
    """Each parent run with its children by seed."""

    def family() -> list[tuple]:
        runs = everything()
        parents = [run for run in runs if PARENT not in run.data.tags]
        children = [run for run in runs if PARENT in run.data.tags]
        found = [
            (
                parent,
                {
                    int(child.data.tags["seed"]): child
                    for child in children
                    if child.data.tags[PARENT] == parent.info.run_id
                },
            )
            for parent in parents
        ]
        assert sum(len(children) for _, children in found) == len(children)
        return found

    return family


@pytest.fixture
def history(client):
    """All points of a metric, by step."""

    def history(run, name: str) -> dict[int, float]:
        points = client.get_metric_history(run.info.run_id, name)
        assert len({point.step for point in points}) == len(points)
        return {point.step: point.value for point in points}

    return history


@pytest.fixture
def contents(everything, client):
    """All that is in all runs, down to each point of each metric."""

    def contents() -> dict:
        return {
            run.info.run_id: (
                run.info.status,
                run.data.params,
                run.data.tags,
                {
                    name: [
                        (point.step, point.value, point.timestamp)
                        for point in client.get_metric_history(run.info.run_id, name)
                    ]
                    for name in run.data.metrics
                },
            )
            for run in everything()
        }

    return contents


# What is logged


def test_a_parent_for_the_configuration_and_a_child_for_each_seed(
    client, settings, make_cell, family
):
    reported = log(make_cell(), settings, TAGS)
    name = f"{settings.experiment_prefix}/fake"
    experiment = client.get_experiment_by_name(name)
    ((parent, children),) = family()
    assert sorted(children) == [0, 1, 2]
    assert {run.info.status for run in (parent, *children.values())} == {"FINISHED"}
    assert {run.info.experiment_id for run in children.values()} == {experiment.experiment_id}
    assert {child.info.run_name for child in children.values()} == {"seed 0", "seed 1", "seed 2"}
    assert parent.info.run_name == "chapter"
    assert "Random numbers." in experiment.tags["mlflow.note.content"]
    assert reported == {
        "experiment": name,
        "study": "fake",
        "cell_name": "base",
        "cell": make_cell().cell,
        "parent": parent.info.run_id,
        "seeds": [0, 1, 2],
        "added": 4,
        "artifacts": [
            f"runs.artifacts/{name}/{parent.info.run_id}/artifacts/figures/line.{kind}"
            for kind in ("png", "svg")
        ],
    }


def test_parameters_are_flattened(settings, make_cell, family):
    log(make_cell(), settings, TAGS)
    ((parent, children),) = family()
    for run in (parent, *children.values()):
        assert run.data.params == {
            "points": str(N_POINTS),
            "source.mode": "train",
            "source.training.epochs": "2",
        }


def test_tags_tell_what_a_run_is(settings, make_cell, family):
    log(make_cell(), settings, TAGS)
    ((parent, children),) = family()
    for run in (parent, *children.values()):
        assert TAGS.items() <= run.data.tags.items()
        assert run.data.tags["variant"] == "default"
        assert run.data.tags["experiment"] == "fake"
        assert run.data.tags["study"] == "fake"
        assert run.data.tags["cell_name"] == "base"
    assert parent.data.tags["cell"] == make_cell().cell
    assert "seed" not in parent.data.tags
    for seed, child in children.items():
        assert child.data.tags["cell"] == make_cell().cell_of(seed)
        assert child.data.tags["seed"] == str(seed)


def test_the_parent_says_what_the_experiment_and_its_figures_are(settings, make_cell, family):
    log(make_cell(), settings, TAGS)
    ((parent, _),) = family()
    note = parent.data.tags["mlflow.note.content"]
    assert note.startswith("Random numbers. This is the chapter's configuration.\n")
    assert "- `line`: A line.\n- `dots`: Dots.\n" in note


def test_a_run_is_named_after_what_is_not_the_chapters(settings, make_cell, family):
    log(make_cell([0], points=100), settings, TAGS)
    ((parent, _),) = family()
    assert parent.info.run_name == "points=100"
    note = parent.data.tags["mlflow.note.content"]
    assert f"- `points` is 100, not {N_POINTS}. Number of points." in note


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ({"name": "mnist"}, "chapter"),
        ({"name": "uci-digits", "stand_in": True}, "chapter on uci-digits"),
        ({"verified": False}, "chapter on mnist-unverified"),
    ],
)
def test_a_run_is_named_after_images_that_are_not_the_chapters(make_cell, origin, name):
    assert make_cell([0], inputs=Inputs(dataset=replace(ORIGIN, **origin))).run_name() == name


def test_the_configuration_is_kept_with_the_parent(settings, make_cell, family, client, tmp_path):
    files = {"effective.yaml": "seeds: [0]\n", "given.yaml": "seeds: 1\n"}
    log(make_cell([0]), settings, TAGS, files)
    log(make_cell([0]), settings, TAGS | {"configuration_sha256": "0" * 64}, files)  # adds nothing
    more = {"effective.yaml": "seeds: [0, 1]\n"}
    log(make_cell([0, 1]), settings, TAGS | {"configuration_sha256": "1" * 64}, more)
    ((parent, _),) = family()
    folder = Path(client.download_artifacts(parent.info.run_id, "config", str(tmp_path)))
    found = {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*.yaml")}
    assert found == {
        "ffffffff/effective.yaml": "seeds: [0]\n",
        "ffffffff/given.yaml": "seeds: 1\n",
        "11111111/effective.yaml": "seeds: [0, 1]\n",
    }


def test_metrics_of_each_seed(settings, make_cell, family):
    log(make_cell(), settings, TAGS)
    ((_, children),) = family()
    table = make_cell().metrics
    for seed, child in children.items():
        own = table[table["seed"] == seed].dropna().set_index("metric")["value"]
        found = {n: v for n, v in child.data.metrics.items() if not n.startswith("over_time/")}
        assert found == own.to_dict()


def test_a_metric_that_a_run_does_not_define_is_left_out(settings, make_cell, family):
    log(make_cell(), settings, TAGS)
    ((parent, children),) = family()
    assert "latency" not in children[1].data.metrics
    assert children[2].data.metrics["latency"] == 2.5
    assert parent.data.metrics["latency"] == np.mean([0.5, 2.5])


def test_a_metric_that_no_run_defines_is_nowhere(settings, make_cell, family):
    log(make_cell([1]), settings, TAGS)
    ((parent, children),) = family()
    assert "latency" not in children[1].data.metrics
    assert not [name for name in parent.data.metrics if name.startswith("latency")]


def test_mean_and_interval_on_the_parent(settings, make_cell, family, history):
    log(make_cell(range(6)), settings, TAGS)
    ((parent, _),) = family()
    table = make_cell(range(6)).metrics
    peaks = table[table["metric"] == "peak"]["value"].to_numpy()
    low, high = mean_interval(peaks)
    assert parent.data.metrics["peak"] == peaks.mean()
    assert parent.data.metrics["peak.ci_low"] == low
    assert parent.data.metrics["peak.ci_high"] == high
    assert history(parent, "peak") == {6: peaks.mean()}


def test_one_seed_has_a_mean_and_no_interval(settings, make_cell, family):
    log(make_cell([0]), settings, TAGS)
    ((parent, _),) = family()
    assert sorted(parent.data.metrics) == ["latency", "peak"]


def test_series_are_thinned_and_keep_their_last_point(settings, make_cell, family, history):
    log(make_cell(), settings, TAGS)
    ((parent, children),) = family()
    for seed, child in children.items():
        (traces,) = simulate({"points": N_POINTS}, [seed])
        values = traces["value"]
        found = history(child, "over_time/value")
        assert len(found) <= settings.max_points
        assert max(found) == N_POINTS  # steps are milliseconds
        assert found == {step: values[step - 1] for step in found}
        assert len(set(np.diff(sorted(found)))) == 1
    assert not [name for name in parent.data.metrics if name.startswith("over_time/")]


def test_more_points_than_mlflow_takes_at_once(settings, make_cell, family, history, monkeypatch):
    """A server refuses more than 1,000 at once; the database itself takes them."""
    log_batch = MlflowClient.log_batch

    def refusing(client, run_id, metrics=(), **others):
        assert len(metrics) <= 1000
        log_batch(client, run_id, metrics, **others)

    monkeypatch.setattr(MlflowClient, "log_batch", refusing)
    n = 1100  # of two series
    log(make_cell([0], points=n), replace(settings, max_points=n), TAGS)
    ((_, children),) = family()
    (traces,) = simulate({"points": n}, [0])
    values = traces["value"]
    assert history(children[0], "over_time/value") == dict(enumerate(values, start=1))
    assert history(children[0], "over_time/zero") == dict.fromkeys(range(1, n + 1), 0.0)


def test_an_experiment_without_time_has_no_series(settings, make_cell, family):
    timeless = SimpleNamespace(**vars(FAKE) | {"series": lambda traces: pd.DataFrame()})
    log(replace(make_cell([0]), experiment=timeless), settings, TAGS)
    ((_, children),) = family()
    assert sorted(children[0].data.metrics) == ["latency", "peak"]


def test_figures_hang_on_the_parent(settings, make_cell, family, client, tmp_path):
    log(make_cell(), settings, TAGS)
    ((parent, children),) = family()
    found = [file.path for file in client.list_artifacts(parent.info.run_id, "figures")]
    assert sorted(found) == ["figures/line.png", "figures/line.svg"]
    path = client.download_artifacts(parent.info.run_id, "figures/line.png", str(tmp_path))
    assert Path(path).read_text() == "drawing of line.png"
    assert all(not client.list_artifacts(child.info.run_id) for child in children.values())


def test_artifacts_lie_beside_the_database(settings, make_cell, family, uri):
    log(make_cell([0]), settings, TAGS)
    ((parent, _),) = family()
    folder = Path(uri.removeprefix("sqlite:///")).with_suffix(".artifacts")
    expected = folder / settings.experiment_prefix / "fake"
    assert parent.info.artifact_uri.startswith(expected.as_uri() + "/")


def test_the_data_set_is_an_input_of_every_run(settings, make_cell, family):
    log(make_cell(inputs=Inputs(dataset=ORIGIN, dataset_sha256="e" * 64)), settings, TAGS)
    ((parent, children),) = family()
    for run in (parent, *children.values()):
        (used,) = run.inputs.dataset_inputs
        assert used.dataset.name == "mnist"
        assert used.dataset.digest == sha256_of_data(ORIGIN.sha256)[:36]
        assert "resources/mnist.npz" in used.dataset.source
        assert json.loads(used.dataset.profile)["sha256"]["file"] == "e" * 64
        assert run.data.tags["dataset"] == "mnist"
        assert run.data.tags["dataset.sha256.file"] == "e" * 64
        assert run.data.tags["dataset.sha256.x_train"] == "a" * 64
        assert run.data.tags["dataset.sha256.y_test"] == "b" * 64


def test_without_a_data_set_there_is_no_input(settings, make_cell, family):
    log(make_cell([0]), settings, TAGS)
    ((parent, children),) = family()
    assert parent.inputs.dataset_inputs == []
    assert children[0].inputs.dataset_inputs == []


def test_training_is_logged_by_epoch(settings, make_cell, family, history):
    trained = {0: {"origin": "trained", "sha256": "d" * 64}}
    epochs = pd.DataFrame({"epoch": [1, 2], "loss": [0.5, 0.25], "accuracy": [0.75, 0.875]})
    log(make_cell([0], inputs=Inputs(trained=trained, histories={0: epochs})), settings, TAGS)
    ((_, children),) = family()
    assert children[0].data.tags["parameters_sha256"] == "d" * 64
    assert history(children[0], "training/loss") == {1: 0.5, 2: 0.25}
    assert history(children[0], "training/accuracy") == {1: 0.75, 2: 0.875}


def test_without_traces_there_are_metrics_and_no_series(settings, make_cell, family):
    log(replace(make_cell(), runs=[]), settings, TAGS)
    ((_, children),) = family()
    assert sorted(children) == [0, 1, 2]
    assert sorted(children[0].data.metrics) == ["latency", "peak"]


# When it was

START = 1_700_000_000_000
TIMES = {0: (START, START + 4_000), 1: (START, START + 4_000), 2: (START + 9_000, START + 11_000)}


def lasted(run) -> tuple[int, int]:
    return run.info.start_time - START, run.info.end_time - START


def test_a_run_lasts_as_long_as_the_job_that_made_it(settings, make_cell, family):
    log(make_cell(times=TIMES), settings, TAGS)
    ((parent, children),) = family()
    assert {seed: lasted(child) for seed, child in children.items()} == {
        0: (0, 4_000),
        1: (0, 4_000),
        2: (9_000, 11_000),
    }
    assert lasted(parent) == (0, 11_000)  # from the first start to the last end


def test_points_lie_within_the_run(client, settings, make_cell, family):
    epochs = pd.DataFrame({"epoch": [1, 2], "loss": [0.5, 0.25], "accuracy": [0.75, 0.875]})
    log(make_cell(times=TIMES, inputs=Inputs(histories={2: epochs})), settings, TAGS)
    ((parent, children),) = family()

    def moments(run, name: str) -> list[int]:
        points = client.get_metric_history(run.info.run_id, name)
        return [point.timestamp - START for point in sorted(points, key=lambda one: one.step)]

    found = moments(children[2], "over_time/value")
    assert found == sorted(found)
    assert found[0] > 9_000
    assert found[-1] == 11_000
    assert moments(children[2], "training/loss") == [10_000, 11_000]
    assert moments(children[2], "peak") == [11_000]
    assert moments(parent, "peak") == [11_000]


def test_without_times_a_run_is_of_now(settings, make_cell, family):
    before = round(time() * 1000)
    log(make_cell(times={0: TIMES[0]}), settings, TAGS)
    after = round(time() * 1000)
    ((_, children),) = family()
    assert lasted(children[0]) == (0, 4_000)
    for seed in (1, 2):
        assert before <= children[seed].info.start_time <= children[seed].info.end_time <= after


def test_a_parent_ends_later_with_more_seeds(settings, make_cell, family):
    log(make_cell([0, 1], times=TIMES), settings, TAGS)
    ((parent, _),) = family()
    assert lasted(parent) == (0, 4_000)
    log(make_cell(times=TIMES), settings, TAGS)
    ((parent, _),) = family()
    assert lasted(parent) == (0, 11_000)
    assert parent.info.status == "FINISHED"


def test_a_parent_does_not_end_earlier_with_more_seeds(settings, make_cell, family):
    log(make_cell([2], times=TIMES), settings, TAGS)
    log(make_cell(times=TIMES), settings, TAGS)
    ((parent, _),) = family()
    assert lasted(parent) == (9_000, 11_000)


def test_jobs_that_ran_again_change_no_time(settings, make_cell, contents, family):
    log(make_cell(times=TIMES), settings, TAGS)
    before = contents(), [lasted(parent) for parent, _ in family()]
    later = {seed: (start + 50_000, end + 50_000) for seed, (start, end) in TIMES.items()}
    assert log(make_cell(times=later), settings, TAGS)["added"] == 0
    assert (contents(), [lasted(parent) for parent, _ in family()]) == before


# Studies


def test_equal_cells_of_two_studies_are_one_run(settings, make_cell, family, client):
    log(make_cell(), settings, TAGS)
    sweep = make_cell([0, 1], [2, 3], study="rates", cell_name="points~250")
    reported = log(sweep, settings, TAGS)
    assert reported["study"] == "rates"
    assert reported["cell_name"] == "points~250"
    assert reported["added"] == 1  # seed 3
    ((parent, children),) = family()
    assert sorted(children) == [0, 1, 2, 3]
    assert parent.data.tags["study"] == "fake"
    assert children[3].data.tags["study"] == "rates"
    found = [file.path for file in client.list_artifacts(parent.info.run_id, "figures")]
    assert sorted(found) == ["figures/line.png", "figures/line.svg", "figures/rates"]


def test_runs_of_a_sweep_are_named_after_what_differs(settings, make_cell, family):
    for points in (100, 150):
        log(make_cell([0], points=points, study="sizes", cell_name=f"p~{points}"), settings, TAGS)
    assert {
        parent.info.run_name: (parent.data.tags["study"], parent.data.tags["cell_name"])
        for parent, _ in family()
    } == {"points=100": ("sizes", "p~100"), "points=150": ("sizes", "p~150")}


def test_seeds_of_single_sources_are_other_runs(settings, make_cell, family):
    """The run's number is then no seed: run 0 of the study is not seed 0 of the experiment."""
    log(make_cell([0, 1]), settings, TAGS)
    sources = {0: {"network": 0, "input": 0}, 1: {"network": 0, "input": 1}}
    design = make_cell([0, 1], study="sources", sources=sources)
    assert log(design, settings, TAGS)["added"] == 3
    assert log(design, settings, TAGS)["added"] == 0
    of_study = {parent.data.tags["study"]: children for parent, children in family()}
    assert of_study["sources"][1].data.tags.items() >= {
        "seed": "1", "seed.network": "0", "seed.input": "1"
    }.items()  # fmt: skip
    assert "seed.network" not in of_study["fake"][1].data.tags
    assert design.run_name() != make_cell([0, 1]).run_name()


# The model registry


@pytest.fixture
def parameter_files(tmp_path):
    """For each seed, a file of parameters and its provenance."""

    def make(origin: str, *seeds: int) -> Inputs:
        trained, files = {}, {}
        for seed in seeds:
            content = f"{origin} with {seed}"
            files[seed] = tmp_path / f"seed-{seed}.npz"
            files[seed].write_text(content)
            sha256 = sha256_of_data(content)
            trained[seed] = {"origin": origin, "sha256": sha256, "source": f"{origin}: {content}"}
            files[seed].with_suffix(".json").write_text(json.dumps(trained[seed]))
        return Inputs(trained=trained, parameter_files=files)

    return make


@pytest.fixture
def versions(client, settings):
    """All versions of this test's model, by run."""

    def versions() -> dict:
        model = f"{settings.experiment_prefix}-fake".replace("/", "-")
        found = client.search_model_versions(f"name = '{model}'")
        assert len({version.run_id for version in found}) == len(found)
        return {version.run_id: version for version in found}

    return versions


def test_a_version_has_the_file_and_its_provenance(
    client, settings, make_cell, family, parameter_files, versions, tmp_path
):
    log(make_cell([4], inputs=parameter_files("pretrained", 4)), settings, TAGS)
    ((_, children),) = family()
    ((run, version),) = versions().items()
    assert run == children[4].info.run_id
    assert version.tags["origin"] == "pretrained"
    assert version.description == "pretrained: pretrained with 4; chapter"
    assert version.source == f"{children[4].info.artifact_uri}/parameters"
    folder = Path(client.download_artifacts(run, "parameters", str(tmp_path)))
    assert (folder / "parameters.npz").read_text() == "pretrained with 4"
    assert json.loads((folder / "parameters.json").read_text())["sha256"] == version.tags["sha256"]


@pytest.mark.parametrize("origin", ["trained", "pretrained"])
def test_parameters_are_versions_of_their_seeds(
    settings, make_cell, family, parameter_files, versions, origin
):
    log(make_cell(inputs=parameter_files(origin, 0, 1, 2)), settings, TAGS)
    ((_, children),) = family()
    assert set(versions()) == {child.info.run_id for child in children.values()}
    for seed, child in children.items():
        tags = versions()[child.info.run_id].tags
        assert tags["peak"] == f"{child.data.metrics['peak']:.6g}"
        assert tags["sha256"] == sha256_of_data(f"{origin} with {seed}")
        assert ("latency" in tags) == (seed != 1)  # which does not define it


def test_a_version_is_registered_once(settings, make_cell, parameter_files, versions):
    log(make_cell([0], inputs=parameter_files("trained", 0)), settings, TAGS)
    before = {run: version.version for run, version in versions().items()}
    log(make_cell([0], inputs=parameter_files("trained", 0)), settings, TAGS)
    assert {run: version.version for run, version in versions().items()} == before
    log(make_cell([0, 1], inputs=parameter_files("trained", 0, 1)), settings, TAGS)
    assert len(versions()) == 2
    assert before.items() <= {run: version.version for run, version in versions().items()}.items()


def test_a_version_that_failed_is_made_up_for(
    settings, make_cell, parameter_files, versions, monkeypatch
):
    def fail(*_, **__):
        raise MlflowException("the disk is full")

    given = parameter_files("trained", 0, 1)
    with monkeypatch.context() as patch, pytest.raises(MlflowException):
        patch.setattr(MlflowClient, "create_model_version", fail)
        log(make_cell([0, 1], inputs=given), settings, TAGS)
    assert versions() == {}
    assert log(make_cell([0, 1], inputs=given), settings, TAGS)["added"] == 0
    assert len(versions()) == 2


# What is not logged again


def test_logging_twice_adds_nothing(settings, make_cell, contents):
    log(make_cell(inputs=Inputs(dataset=ORIGIN)), settings, TAGS)
    before = contents()
    again = log(make_cell(inputs=Inputs(dataset=ORIGIN)), settings, TAGS | {"commit": "later"})
    assert again["added"] == 0
    assert contents() == before


def test_what_two_writers_have_logged_twice_is_removed(settings, make_cell, family, monkeypatch):
    first = log(make_cell(), settings, TAGS)["parent"]
    with monkeypatch.context() as patch:
        patch.setattr(ExperimentLog, "finished", lambda *_: [])
        second = log(make_cell(), settings, TAGS)["parent"]
    assert first != second
    assert log(make_cell(), settings, TAGS)["added"] == 0
    ((parent, children),) = family()
    assert parent.info.run_id == min(first, second)
    assert sorted(children) == [0, 1, 2]


def test_more_seeds_add_children_to_the_same_parent(settings, make_cell, family, history):
    log(make_cell(), settings, TAGS)
    ((parent, before),) = family()
    reported = log(make_cell([0, 1], [2, 3], [4]), settings, TAGS)
    assert reported["added"] == 2
    ((again, after),) = family()
    assert again.info.run_id == parent.info.run_id
    assert sorted(after) == [0, 1, 2, 3, 4]
    assert all(after[seed].info.run_id == before[seed].info.run_id for seed in before)
    assert sorted(history(again, "peak")) == [3, 5]  # the mean of three, then of five


def test_batches_of_another_size_change_nothing(settings, make_cell, contents):
    log(make_cell(), settings, TAGS)
    before = contents()
    assert log(make_cell([0], [1, 2]), settings, TAGS)["added"] == 0
    assert contents() == before


def test_logging_fewer_seeds_twice_adds_nothing(settings, make_cell, contents):
    log(make_cell(), settings, TAGS)
    log(make_cell([0, 1]), settings, TAGS)
    before = contents()
    log(make_cell([0, 1]), settings, TAGS)
    assert contents() == before


def test_children_of_a_deleted_parent_are_logged_anew(client, settings, make_cell, contents):
    deleted = log(make_cell(), settings, TAGS)["parent"]
    client.delete_run(deleted)
    again = log(make_cell(), settings, TAGS)
    assert again["parent"] != deleted
    assert again["added"] == 4
    before = contents()
    assert log(make_cell(), settings, TAGS)["added"] == 0
    assert contents() == before


def test_a_deleted_experiment_is_named_with_the_remedy(client, settings, make_cell):
    name = log(make_cell(), settings, TAGS)["experiment"]
    client.delete_experiment(client.get_experiment_by_name(name).experiment_id)
    with pytest.raises(RuntimeError, match=r"was deleted.*tracking\.experiment_prefix"):
        log(make_cell(), settings, TAGS)


def test_another_parameter_adds_a_parent(settings, make_cell, family):
    log(make_cell([0, 1]), settings, TAGS)
    reported = log(make_cell([0, 1], points=100), settings, TAGS)
    assert reported["added"] == 3
    found = family()
    assert sorted(parent.data.params["points"] for parent, _ in found) == ["100", str(N_POINTS)]
    assert [sorted(children) for _, children in found] == [[0, 1], [0, 1]]


TRAINED = {"origin": "trained", "sha256": "d" * 64}


def test_what_decides_the_numbers_decides_the_cell(make_cell):
    first = make_cell([0])
    given = {"origin": "pretrained", "sha256": "d" * 64}
    others = [
        replace(first, experiment=SimpleNamespace(**vars(FAKE) | {"name": "other"})),
        replace(first, parameters={"points": 1}),
        replace(first, code_sha256="e" * 64),
        replace(first, metrics=first.metrics.assign(variant="other")),
        replace(first, inputs=Inputs(dataset=ORIGIN)),
        replace(first, inputs=Inputs(dataset=replace(ORIGIN, sha256={"x_train": "e" * 64}))),
        replace(first, inputs=Inputs(trained={0: given})),
        replace(first, inputs=Inputs(trained={0: given | {"sha256": "e" * 64}})),
        *(
            replace(first, inputs=Inputs(trained={0: TRAINED}, trainings={0: f"{key}/0"}))
            for key in ("one", "other")
        ),
        replace(first, inputs=Inputs(others={"recordings.npz": "d" * 64})),
        replace(first, inputs=Inputs(others={"recordings.npz": "e" * 64})),
    ]
    cells = {first.cell, *(other.cell for other in others)}
    assert len(cells) == 1 + len(others)
    assert len({first.cell, first.cell_of(0), first.cell_of(1)}) == 3


def test_what_does_not_decide_the_numbers_does_not_decide_the_cell(make_cell):
    inputs = Inputs(dataset=ORIGIN, trained={0: TRAINED}, trainings={0: "key/0"})
    first = make_cell([0], inputs=inputs)
    elsewhere = replace(ORIGIN, source="elsewhere", problems=["a 404"])
    same = [
        make_cell([0, 1], inputs=inputs),
        replace(first, figures=[]),
        replace(first, runs=[]),
        replace(first, inputs=replace(inputs, dataset=elsewhere)),
        # What is trained here follows from the key of the training and the seed.
        replace(first, inputs=replace(inputs, trained={0: TRAINED | {"sha256": "e" * 64}})),
        replace(first, study="rates", cell_name="points~250"),
        replace(first, times={0: (1, 2)}),
    ]
    assert {other.cell for other in same} == {first.cell}


# What was interrupted


def statuses(runs) -> set[str]:
    return {run.info.status for run in runs}


def test_runs_left_running_are_replaced(client, settings, make_cell, family, everything):
    """As a process that was killed leaves them."""
    log(make_cell([0]), settings, TAGS)
    ((parent, _),) = family()
    cells = [make_cell().cell_of(1), make_cell(points=100).cell]
    killed = [
        client.create_run(parent.info.experiment_id, tags={"cell": cell}).info.run_id
        for cell in cells
    ]
    assert log(make_cell(), settings, TAGS)["added"] == 2
    assert log(make_cell([0], points=100), settings, TAGS)["added"] == 2
    assert [sorted(children) for _, children in family()] in ([[0], [0, 1, 2]], [[0, 1, 2], [0]])
    assert statuses(everything()) == {"FINISHED"}
    assert "RUNNING" not in statuses(everything(ViewType.ALL))
    assert not {run.info.run_id for run in everything()} & set(killed)


def test_runs_of_others_are_left_alone(client, settings, make_cell, everything):
    log(make_cell([0]), settings, TAGS)
    experiment = client.get_experiment_by_name(f"{settings.experiment_prefix}/fake")
    own = client.create_run(experiment.experiment_id, tags={"note": "tried by hand"})
    log(make_cell([0]), settings, TAGS)
    found = {run.info.run_id: run for run in everything()}
    assert len(found) == 3
    assert found[own.info.run_id].info.status == "RUNNING"


@pytest.mark.parametrize("helper", ["_log_given", "_log_points"])
def test_a_failure_is_marked_and_repaired(
    settings, make_cell, family, everything, monkeypatch, helper
):
    original, calls = getattr(_CellWriter, helper), []

    def second_fails(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise MlflowException("the server is gone")
        original(*arguments)

    monkeypatch.setattr(_CellWriter, helper, second_fails)
    with pytest.raises(MlflowException, match="the server is gone"):
        log(make_cell(), settings, TAGS)
    (failed,) = [run for run in everything() if run.info.status == "FAILED"]
    assert statuses(everything()) == {"FINISHED", "FAILED"}

    log(make_cell(), settings, TAGS)
    ((_, children),) = family()
    assert sorted(children) == [0, 1, 2]
    assert statuses(everything()) == {"FINISHED"}
    assert failed.info.run_id not in {run.info.run_id for run in everything()}


def test_a_lock_that_is_lost_ends_the_logging_before_the_next_run(settings, make_cell, everything):
    asked = []

    def still_ours():
        asked.append(len(everything()))
        if len(asked) == 3:
            raise BusyError("another writer took this one for dead")

    with pytest.raises(BusyError):
        log(make_cell(), settings, TAGS, still_ours=still_ours)
    assert asked == [0, 1, 2]  # before the parent with what is found, and before each seed
    assert statuses(everything()) == {"FINISHED"}
    assert log(make_cell(), settings, TAGS)["added"] == 2


def test_a_failed_parent_is_replaced(settings, make_cell, family, everything, monkeypatch):
    def fail(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(_CellWriter, "_log_given", fail)
        log(make_cell([0]), settings, TAGS)
    assert statuses(everything()) == {"FAILED"}
    assert log(make_cell([0]), settings, TAGS)["added"] == 2
    ((_, children),) = family()
    assert list(children) == [0]
    assert statuses(everything()) == {"FINISHED"}


def test_a_summary_that_failed_is_made_up_for(settings, make_cell, family, client, monkeypatch):
    def fail(*_):
        raise MlflowException("the disk is full")

    with monkeypatch.context() as patch, pytest.raises(MlflowException):
        patch.setattr(_CellWriter, "summarize", fail)
        log(make_cell(), settings, TAGS)
    assert log(make_cell(), settings, TAGS)["added"] == 0
    ((parent, _),) = family()
    assert "peak" in parent.data.metrics
    assert len(client.list_artifacts(parent.info.run_id, "figures")) == 2


def test_runs_are_found_on_all_pages(settings, make_cell, contents, monkeypatch):
    log(make_cell(), settings, TAGS)
    before = contents()
    search = MlflowClient.search_runs
    monkeypatch.setattr(
        MlflowClient, "search_runs", lambda *a, **k: search(*a, **k | {"max_results": 2})
    )
    assert log(make_cell(), settings, TAGS)["added"] == 0
    monkeypatch.undo()
    assert contents() == before


def test_runs_are_found_on_all_pages_while_others_are_removed(
    client, settings, make_cell, everything, monkeypatch
):
    log(make_cell(), settings, TAGS)
    experiment = everything()[0].info.experiment_id
    for seed in (7, 8):
        client.create_run(experiment, tags={"cell": make_cell().cell_of(seed)})
    search = MlflowClient.search_runs
    monkeypatch.setattr(
        MlflowClient, "search_runs", lambda *a, **k: search(*a, **k | {"max_results": 2})
    )
    assert log(make_cell(), settings, TAGS)["added"] == 0


# An address that does not answer


@pytest.mark.parametrize("scheme", ["http", "postgresql"])
def test_an_address_that_does_not_answer_is_given_up_soon(make_cell, dead_port, scheme):
    settings = TrackingSettings(uri=f"{scheme}://127.0.0.1:{dead_port}/runs")
    started = monotonic()
    with pytest.raises(FAILURES) as failure:
        log(make_cell([0]), settings, TAGS)
    assert monotonic() - started < 20
    assert "refused" in reason(failure.value)
    assert "\n" not in reason(failure.value)


def test_a_run_that_cannot_be_marked_as_failed_hides_nothing(
    settings, make_cell, everything, monkeypatch, caplog
):
    """The server goes away while a run is logged: the first error is the one that counts."""

    def gone(*_, **__):
        raise MlflowException("the server is gone")

    with monkeypatch.context() as patch:
        patch.setattr(_CellWriter, "_log_points", gone)
        ended = MlflowClient.set_terminated
        patch.setattr(
            MlflowClient, "set_terminated", lambda *a: gone() if a[2] == "FAILED" else ended(*a)
        )
        with pytest.raises(MlflowException, match="gone"):
            log(make_cell([0]), settings, TAGS)
    assert "could not be marked as failed" in caplog.text
    assert statuses(everything()) == {"FINISHED", "RUNNING"}
    assert log(make_cell([0]), settings, TAGS)["added"] == 1
    assert statuses(everything()) == {"FINISHED"}


# Helpers


def test_mlflow_does_not_report_its_use():
    assert get_telemetry_client() is None


@pytest.mark.parametrize(
    ("n", "max_points", "kept"),
    [
        (0, 10, []),
        (1, 10, [0]),
        (10, 10, list(range(10))),
        (11, 10, [0, 2, 4, 6, 8, 10]),
        (12, 10, [1, 3, 5, 7, 9, 11]),
        (9, 3, [2, 5, 8]),
        (10, 3, [1, 5, 9]),
        (7, 1, [6]),
    ],
)
def test_thinning_takes_the_smallest_step_that_fits(n, max_points, kept):
    found = thinned(pd.DataFrame({"row": range(n)}), max_points)
    assert list(found["row"]) == kept
