"""The whole DAG on a tiny configuration: what it leaves behind."""

import json
from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient
from tiny_project import CHAPTER

from snnlearn.figures import described
from snnlearn.published import claims, slips
from snnlearn.settings.changes import in_words
from snnlearn.verdict import COLUMNS
from snnlearn.verdict.errata import markdown as errata_page
from snnlearn.verdict.table import markdown
from snnlearn.verdict.variance import markdown as variance_page

METRICS = {
    "channel": {
        *(f"rmse_{when}_second" for when in ("first", "last", "stimulus_last", "undelayed_last")),
        *("rmse_generalization", "rmse_retention", "correlation_last_second", "gain_last_second"),
        *("retention_change", "generalization_change"),
        *("bias_last_second", "bias_size_last_second", "drift", "drift_size"),
        *("function_error", "function_error_offline"),
        *("decay_rate", "decay_rate_theory", "decay_rate_lagged"),
        *(
            f"{mode}_decay_rate{which}"
            for mode in ("offset", "slope")
            for which in ("", "_noise_free", "_theory")
        ),
    },
    "conditioning": {
        f"{metric}_{k}"
        for metric in (
            *("cr_peak", "ur_peak", "cr_onset", "cr_rise", "crosstalk", "cr_change"),
            *("cr_tonic", "cr_missing", "cr_before", "cr_acquisition"),
        )
        for k in (1, 2, 3)
    }
    | {"error_shown", "cs_named_right"},
    "tuning_curve": {
        "soft_rate_at_0", "soft_rate_at_1", "soft_rate_at_3", "hard_rate_at_1", "hard_rate_at_3",
        *("excess_min", "excess_max", "drive_excess_max", "hard_rate_undefined", "count_off"),
        *(
            f"{kind}_{metric}"
            for kind in ("hard", "soft")
            for metric in ("rate_limit", "slope_min", "slope_max", "slope_below_1", "slope_above_1")
        ),
    },
    "mnist": {
        *("accuracy_before", "accuracy_after", "accuracy_by_rates", "images"),
        *(f"accuracy_after_{ms}ms" for ms in (2, 10, 20)),
        *(
            f"{way}_{how}"
            for way in ("gained", "lost")
            for how in ("after_2ms", "after_10ms", "after_20ms", "by_spikes")
        ),
        *("counted_images", "accumulates", "neuron_updates", "neuron_updates_without_spikes"),
        *(
            f"{what}_{how}{updates}"
            for how in ("once", "every_step", "without_spikes")
            for what, updates in (
                ("multiply_accumulates", ""),
                ("energy", ""),
                ("energy", "_with_updates"),
            )
        ),
    },
}  # fmt: skip
FIGURES = {
    "channel": {"signals", "error", "rasters", "decoded_function"},
    "conditioning": {"us_ur", "cs_ur", "cs_cr", "error", "learning_gate", "trials"},
    "tuning_curve": {"tuning_curve"},
    "mnist": {"digits", "accuracy", "confusion", "misread", "firing_rates"},
}
SEEDS = {"channel": [0, 1, 2], "conditioning": [0, 1, 2], "tuning_curve": [0], "mnist": [0]}


@pytest.fixture(scope="module")
def results(finished):
    return finished.folder / "results"


def test_metrics_are_tidy_and_complete(results):
    metrics = pd.read_csv(results / "metrics.csv")
    assert list(metrics) == ["experiment", "variant", "seed", "metric", "value", "unit"]
    assert not metrics.duplicated(["experiment", "variant", "seed", "metric"]).any()
    for name, expected in METRICS.items():
        found = metrics[metrics["experiment"] == name]
        assert set(found["metric"]) == expected
        assert sorted(found["seed"].unique()) == SEEDS[name]
        assert len(found) == len(expected) * len(SEEDS[name])
    assert metrics["unit"].notna().all()


def test_the_stand_in_is_announced_everywhere(finished, results):
    metrics = pd.read_csv(results / "metrics.csv")
    variants = metrics.loc[metrics["experiment"] == "mnist", "variant"]
    assert set(variants) == {"trained/uci-digits"}
    verdict = pd.read_csv(results / "verdict.csv")
    mnist = verdict[verdict["claim"].str.startswith("mnist")]
    assert set(mnist["verdict"]) == {"not tested"}
    assert set(mnist["reason"]) == {"MNIST unavailable"}
    assert "bundled digits" in (results / "logs/data/mnist.log").read_text()
    assert (
        "UCI digits stand in for the images asked for"
        in (results / "mnist/figures/digits.svg").read_text()
    )
    provenance = json.loads((results / "provenance.json").read_text())
    assert provenance["datasets"]["mnist"]["stand_in"] is True


def test_all_figures_are_there_as_png_and_svg_with_their_captions(results):
    for name, expected in FIGURES.items():
        assert set(described(name).captions) == expected
        found = {path.name for path in (results / name / "figures").glob("[!.]*")}
        kinds = ("png", "svg", "rst")
        assert found == {f"{figure}.{kind}" for figure in expected for kind in kinds}


def test_closeups_are_of_the_example_seed_first(results):
    for name in ("channel", "mnist"):
        recorded = pd.read_parquet(results / name / "closeup.parquet")
        assert list(recorded["seed"].unique()) == SEEDS[name]
    assert (results / "tuning_curve/closeup.parquet").is_file()
    assert not (results / "conditioning/closeup.parquet").exists()


def test_tuning_curve_is_judged(results):
    verdict = pd.read_csv(results / "verdict.csv")
    assert list(verdict) == COLUMNS
    assert len(verdict) == sum(len(claims(name)) for name in CHAPTER)
    curves = verdict[verdict["experiment"] == "tuning_curve"]
    assert set(curves["verdict"]) == {"reproduced"}


def test_the_page_shows_the_verdict(results):
    page = (results / "verdict.md").read_text(encoding="utf-8")
    differs = in_words(
        json.loads((results / "provenance.json").read_text())["differs_from_default"]
    )
    assert page == markdown(pd.read_csv(results / "verdict.csv"), differs)
    assert "- channel: n_neurons = 10 (by default 60); duration = 2 (by default 10);" in page


def test_every_slip_is_measured_both_ways(results):
    errata = pd.read_csv(results / "errata.csv", dtype={"unit": str})
    assert set(zip(errata["experiment"], errata["slip"], strict=True)) == {
        (name, slip.name) for name in CHAPTER for slip in slips(name)
    }
    # Networks that are trained are not trained again; and pairs 1 and 2 have no test trial here.
    again = errata[errata["slip"] != "seed"]
    assert again["corrected"].notna().all()
    of_pair_3 = errata["quantity"] == "change of cr_peak_3 when run again"
    assert errata.loc[of_pair_3, "corrected"].tolist() == [0]
    assert (results / "errata.md").read_text(encoding="utf-8") == errata_page(errata)


def test_the_variance_of_the_channel_is_decomposed(results):
    variance = pd.read_csv(results / "variance.csv", dtype={"unit": str})
    assert set(variance["experiment"]) == {"channel"}
    first = variance[variance["metric"] == "rmse_first_second"]
    assert list(first["source"]) == ["network", "input", "initial function", "interactions"]
    assert first["share"].sum() == pytest.approx(1)
    assert (results / "variance.md").read_text(encoding="utf-8") == variance_page(variance)


def test_provenance_says_what_made_the_results(results):
    provenance = json.loads((results / "provenance.json").read_text())
    assert provenance["seeds"] == SEEDS
    assert provenance["started"] <= provenance["ended"]
    assert {"commit", "dirty", "configuration_sha256", "platform"} <= set(provenance)
    assert {"python", "nengo", "nengo-dl", "tensorflow", "mlflow"} <= set(provenance["versions"])
    (training,) = (path.parent.name for path in results.glob("trainings/*/0.npz"))
    assert provenance["parameters"][f"{training}/0"]["origin"] == "trained"


def test_runs_are_in_mlflow_and_none_is_left_running(results):
    client = MlflowClient(f"sqlite:///{results}/mlflow.db")
    for name, seeds in SEEDS.items():
        experiment = client.get_experiment_by_name(f"snnlearn/{name}")
        runs = client.search_runs([experiment.experiment_id])
        assert {run.info.status for run in runs} == {"FINISHED"}
        children = [run for run in runs if "mlflow.parentRunId" in run.data.tags]
        parents = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
        (parent,) = [run for run in parents if run.data.tags["study"] == name]
        children = [run for run in children if run.data.tags["study"] == name]
        assert sorted(int(child.data.tags["seed"]) for child in children) == seeds
        assert {child.data.tags["mlflow.parentRunId"] for child in children} == {parent.info.run_id}
        found = client.list_artifacts(parent.info.run_id, "figures")
        logged = {file.path for file in found if not file.is_dir}
        assert logged == {f"figures/{f}.{k}" for f in FIGURES[name] for k in ("png", "svg")}


def test_every_job_left_a_log_and_a_benchmark(results):
    logs = {path.relative_to(results / "logs") for path in (results / "logs").rglob("*.log")}
    benchmarks = (results / "benchmarks").rglob("*.jsonl")
    left = {path.relative_to(results / "benchmarks").with_suffix(".log") for path in benchmarks}
    assert logs == left
    jobs = ("metrics", "verdict", "provenance", "tracking")
    made = (*jobs, "data/mnist", "simulate/channel-0000")
    assert {Path(f"{name}.log") for name in made} <= logs


def test_a_study_has_a_manifest_and_metrics_with_its_axes(results):
    manifest = pd.read_csv(results / "rates/manifest.csv")
    assert list(manifest) == ["cell", "learning_rate", "folder", "seeds", "finished"]
    assert manifest["cell"].to_list() == ["learning_rate~0.001", "base"]
    assert manifest["folder"].to_list() == ["rates/learning_rate~0.001", "rates"]
    assert (manifest["finished"] == 2).all()
    metrics = pd.read_csv(results / "rates/metrics.csv")
    own = pd.read_csv(results / "metrics.csv")
    assert list(metrics) == [*own, "study", "cell", "learning_rate"]
    # The base is the experiment as it stands: the same seeds give the same numbers.
    base = metrics[metrics["cell"] == "base"].reset_index(drop=True)
    same = own[(own["experiment"] == "channel") & (own["seed"] < 2)].reset_index(drop=True)
    pd.testing.assert_frame_equal(base[list(own)], same, check_exact=True)
    assert not (results / "rates/runs").exists()


def test_equal_cells_of_two_studies_are_one_run_in_mlflow(results):
    client = MlflowClient(f"sqlite:///{results}/mlflow.db")
    experiment = client.get_experiment_by_name("snnlearn/channel")
    runs = client.search_runs([experiment.experiment_id])
    parents = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    names = {(run.data.tags["study"], run.data.tags["cell_name"]) for run in parents}
    assert names == {("channel", "base"), ("rates", "learning_rate~0.001")}


def test_a_run_lasts_as_long_as_the_job_that_made_it(results):
    client = MlflowClient(f"sqlite:///{results}/mlflow.db")
    experiment = client.get_experiment_by_name("snnlearn/conditioning")
    (run,) = client.search_runs([experiment.experiment_id], "tags.seed = '2'")
    times = json.loads((results / "logs/simulate/conditioning-0001.times.json").read_text())
    assert run.info.start_time == round(1000 * times["started"])
    assert run.info.end_time == round(1000 * times["ended"])
