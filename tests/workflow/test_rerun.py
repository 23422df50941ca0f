"""What is computed anew after a change, and what is not."""

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

from snnlearn.data import checksums

#: What is made beside something else, and what nothing is made from.
BESIDE = {
    *("errata.md", "variance.md", "verdict.md", "rates/manifest.csv"),
    *("errata-channel/manifest.csv", "channel/figures/error.svg"),
}

EVERYWHERE = {
    "metrics.csv", "verdict.csv", "verdict.md", "provenance.json", "overview.html", "tracking.json",
}  # fmt: skip
ERRATA, VARIANCE = {"errata.csv", "errata.md"}, {"variance.csv", "variance.md"}


@contextmanager
def edited(path: Path, old: str, new: str):
    """Change a file, and back again."""
    before = path.read_text()
    assert old in before
    try:
        path.write_text(before.replace(old, new))
        yield
    finally:
        path.write_text(before)


def folders(planned: set[str]) -> set[str]:
    """Kinds of results, such as ``channel/runs``, and single files at the top."""
    return {str(Path(path).parent) if "/" in path else path for path in planned}


def simulations(name: str) -> set[str]:
    """What is made of an experiment; in its own folder lies the close-up, if it has one."""
    made = {f"{name}/runs", *measures(name)}
    return made if name == "conditioning" else made | {name}


def measures(name: str) -> set[str]:
    """What is made of an experiment's traces."""
    return {f"{name}/metrics", f"{name}/figures"}


def explained(name: str) -> set[str]:
    """What shows an experiment's slips, controls and sources of randomness."""
    return {
        "channel": {
            *(*study("errata-channel"), *study("variance-channel"), *study("controls-channel")),
            *(*ERRATA, *VARIANCE),
        },
        "conditioning": {*study("errata-conditioning"), *study("controls-conditioning"), *ERRATA},
        "mnist": {*study("errata-mnist"), *ERRATA},
    }[name]


def study(name: str) -> set[str]:
    """The cells of a study of which the metrics only are kept, and its tables."""
    cells = {
        "errata-channel": ["corrected", "corrected-again", "generalization_duration~0.0"],
        "errata-conditioning": [
            "corrected-again", "stimulus_names~stimuli", "errors_shown~first",
        ],
        "errata-mnist": [],
        "controls-channel": [
            "no-learning", *(f"constant-input-{n}-neurons" for n in (30, 60, 120)),
        ],
        "controls-conditioning": ["no-learning", "shuffled-pairs"],
        "variance-channel": [""],
        "rates": ["", "learning_rate~0.001"],
    }[name]  # fmt: skip
    return {name} | {str(Path(name, cell, "metrics")) for cell in cells}


RATES = study("rates") | {"rates/figures"}


def test_a_second_run_does_nothing(finished):
    assert "Nothing to be done" in finished.snakemake().stderr


def artifacts(folder: Path) -> set[str]:
    """Where the artifacts of MLflow are, without the names of runs."""
    beside = folder / "results/mlflow.artifacts"
    files = [file.relative_to(beside) for file in beside.rglob("*") if file.is_file()]
    return {str(Path(*file.parts[:2], *file.parts[3:])) for file in files}


@pytest.mark.parametrize("gone", ["artifacts", "database"])
def test_what_is_gone_of_what_was_logged_is_logged_again(finished, gone):
    before = artifacts(finished.folder)
    assert {Path(file).name for file in before} >= {"error.png", "effective.yaml", "parameters.npz"}
    if gone == "artifacts":
        shutil.rmtree(finished.folder / "results/mlflow.artifacts")
    else:
        (finished.folder / "results/mlflow.db").unlink()
    assert finished.planned() == {"tracking.json"}
    assert f"Where to look now, in {finished.folder}:\n" in finished.snakemake().stderr
    assert artifacts(finished.folder) == before
    assert "Nothing to be done" in finished.snakemake().stderr


def test_what_nothing_is_made_from_is_made_anew_when_it_is_gone(finished):
    results = finished.folder / "results"
    for name in BESIDE:
        (results / name).rename(results / f"{name}.aside")
    planned = finished.planned()
    for name in BESIDE:
        (results / f"{name}.aside").rename(results / name)
    assert planned >= BESIDE
    assert finished.planned() == set()


def test_traces_that_are_removed_to_save_room_are_not_made_again(finished, tmp_path):
    project = finished.copied(tmp_path / "copy")
    traces = [*(project.folder / "results").glob("*/runs/*.parquet")]
    assert traces
    for file in traces:
        file.unlink()
    assert "Nothing to be done" in project.snakemake().stderr


def test_another_example_seed_is_recorded_in_detail(finished):
    with edited(finished.folder / "tiny.yaml", "dpi: 50", "dpi: 50, example_seed: 1"):
        planned = finished.planned()
    # One seed is all that the others have.
    assert {path for path in planned if path.endswith(".parquet")} == {"channel/closeup.parquet"}


def test_a_touch_is_no_edit(finished):
    (finished.folder / "src/snnlearn/experiments/channel.py").touch()
    assert finished.planned() == set()


@pytest.mark.parametrize("dated", ["as it was", "now"])
def test_a_damaged_table_is_named_and_goes_into_no_other(finished, tmp_path, dated):
    project = finished.copied(tmp_path / "copy")
    results = project.folder / "results"
    table = results / "channel/metrics/batch-0000.csv"
    content, there = table.read_bytes(), table.stat()
    table.write_bytes(content[:-3] + bytes([content[-3] ^ 1]) + content[-2:])
    if dated == "as it was":
        os.utime(table, ns=(there.st_atime_ns, there.st_mtime_ns))
        date = (there.st_mtime_ns, there.st_mtime_ns)
        os.utime(checksums.place(table), ns=date)  # an earlier start has compared it
    (results / "metrics.csv").unlink()
    failed = project.snakemake("results/metrics.csv", check=False)
    assert failed.returncode == 1
    shown = failed.stderr + failed.stdout
    assert "not as a job has left them" in shown
    assert "  results/channel/metrics/batch-0000.csv" in shown
    assert ("rule metrics" in shown) == (dated == "as it was")
    assert not (results / "metrics.csv").exists()


def test_a_figure_style_redraws_figures_only(finished):
    with edited(finished.folder / "tiny.yaml", "dpi: 50", "dpi: 60"):
        planned = folders(finished.planned())
    names = ("channel", "conditioning", "tuning_curve", "mnist")
    assert planned == {f"{name}/figures" for name in (*names, "rates")} | {"tracking.json"}


def test_the_style_module_redraws_figures_only(finished):
    with edited(
        finished.folder / "src/snnlearn/figures/style.py",
        "BAND_STRENGTH = 0.25",
        "BAND_STRENGTH = 0.3",
    ):
        planned = folders(finished.planned())
    assert {path.split("/")[-1] for path in planned} == {"figures", "tracking.json"}


def test_words_of_the_page_redraw_no_figure(finished):
    path = finished.folder / "src/snnlearn/report/overview.py"
    with edited(path, ", not verified", ", unverified"):
        assert finished.planned() == {"overview.html"}


def test_a_reworded_caption_redraws_its_figures_and_nothing_else(finished):
    path = finished.folder / "src/snnlearn/figures/channel.py"
    with edited(path, "Communication channel learned with PES", "Channel learned with PES"):
        planned = finished.planned()
    assert "channel/figures/signals.png" in planned
    assert folders(planned) == {"channel/figures", "tracking.json"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("the error of post - pre falls from", "the error of post - pre goes down from"),
        ("low=0.95", "low=0.85"),
    ],
)
def test_a_reworded_claim_or_a_moved_bound_is_judged_anew_and_nothing_else(finished, old, new):
    with edited(finished.folder / "src/snnlearn/published/channel.py", old, new):
        assert finished.planned() == {"verdict.csv", "verdict.md", "overview.html"}


def test_a_reworded_slip_changes_the_errata_and_nothing_else(finished):
    path = finished.folder / "src/snnlearn/published/channel.py"
    with edited(path, "The chapter stops when learning stops", "The chapter ends with learning"):
        assert finished.planned() == {*ERRATA, "overview.html"}


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("experiments/channel.py", "Measure how well the channel", "Tell how well the channel"),
        ("engines/lif.py", "Advance", "Move"),
        ("engines/simulator/operators.py", "# ", "#  "),
        ("mnist/training.py", "Train with RMSprop on", "Learn with RMSprop from"),
        ("jobs/progress.py", "%: {message}", "percent: {message}"),
    ],
)
def test_an_edited_docstring_comment_or_message_runs_nothing(finished, file, old, new):
    with edited(finished.folder / "src/snnlearn" / file, old, new):
        assert finished.planned() == set()


def test_a_reworded_description_of_a_key_which_captions_have_simulates_nothing(finished):
    path = finished.folder / "src/snnlearn/experiments/channel.py"
    with edited(path, "Learning rate of PES.", "How fast PES learns."):
        planned = finished.planned()
    assert folders(planned) == {"channel/figures", "tracking.json"}


@pytest.mark.parametrize(
    ("name", "module"),
    [("channel", "experiments/channel"), ("conditioning", "conditioning/pavlovian")],
)
def test_a_changed_number_reruns_its_experiment_alone(finished, name, module):
    weights = "GATE_WEIGHT = -10.0", "GATE_WEIGHT = -20.0"
    with edited(finished.folder / f"src/snnlearn/{module}.py", *weights):
        planned = folders(finished.planned())
    swept = RATES if name == "channel" else set()
    assert planned == simulations(name) | explained(name) | swept | EVERYWHERE


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("channel", "SYNAPSE, IN_THE_LOOP = 0.005", "SYNAPSE, IN_THE_LOOP = 0.004"),
        ("conditioning", "QUIET = (0.3,", "QUIET = (0.4,"),
    ],
)
def test_another_way_to_measure_simulates_nothing_of_which_traces_are_kept(
    finished, name, old, new
):
    with edited(finished.folder / f"src/snnlearn/experiments/{name}.py", old, new):
        planned = folders(finished.planned())
    swept = RATES if name == "channel" else set()
    # Figures may take constants of the experiment, and so are drawn with any of its numbers.
    planned -= {f"{name}/figures"}
    assert planned == {f"{name}/metrics"} | explained(name) | swept | EVERYWHERE


def test_a_changed_parameter_reruns_its_experiment_alone(finished):
    with edited(finished.folder / "tiny.yaml", "n_neurons: 10", "n_neurons: 11"):
        planned = folders(finished.planned())
    # These have numbers of neurons of their own.
    others = {path for path in explained("channel") if "/constant-input-" in path}
    expected = simulations("channel") | explained("channel") - others
    assert planned == expected | RATES | EVERYWHERE


def test_a_parameter_of_what_is_drawn_simulates_nothing(finished):
    with edited(
        finished.folder / "tiny.yaml", "conditioning: {", "conditioning: {errors_shown: first, "
    ):
        planned = folders(finished.planned())
    # What is corrected was measured as the experiment's own; now this differs from it.
    corrected = {"errata-conditioning", "errata-conditioning/corrected/metrics", *ERRATA}
    expected = measures("conditioning") | study("controls-conditioning") | corrected
    assert planned == expected | EVERYWHERE


def test_a_point_that_is_added_is_all_that_is_computed(finished):
    with edited(finished.folder / "tiny.yaml", "[1.0e-3, 1.0e-4]", "[1.0e-3, 1.0e-4, 3.0e-3]"):
        planned = finished.planned()
    assert planned == {
        "rates/learning_rate~0.003/metrics/batch-0000.csv",
        *("rates/metrics.csv", "rates/manifest.csv", "tracking.json"),
        *("provenance.json", "overview.html"),  # which name the configuration
        *(f"rates/figures/rmse_last_second.{kind}" for kind in ("png", "svg", "rst")),
    }


def test_an_axis_that_is_added_keeps_what_was_there(finished):
    axes = "{learning_rate: [1.0e-3, 1.0e-4], n_neurons: [10, 20]}"
    with edited(finished.folder / "tiny.yaml", "{learning_rate: [1.0e-3, 1.0e-4]}", axes):
        planned = {path for path in finished.planned() if "/metrics/" in path}
    assert planned == {
        f"rates/{cell}/metrics/batch-0000.csv"
        for cell in ("learning_rate~0.001,n_neurons~20", "n_neurons~20")
    }


def test_two_parameters_that_swap_their_values_are_noticed(finished):
    """Snakemake compares params as a set of values; ours are one dict."""
    swapped = "channel: {duration: 2, probe_synapse: 0.03, error_probe_synapse: 0.01,"
    with edited(finished.folder / "tiny.yaml", "channel: {duration: 2,", swapped):
        planned = folders(finished.planned())
    assert simulations("channel") <= planned


def test_more_seeds_simulate_the_new_batches_only(finished):
    with edited(finished.folder / "tiny.yaml", "seeds: 3", "seeds: 6"):
        planned = finished.planned()
    runs = {path for path in planned if "/runs/" in path}
    # Batch 1 held seed 2 and now holds 2 and 3; batch 0 holds 0 and 1 as before.
    assert runs == {
        f"{name}/runs/batch-000{k}.parquet" for name in ("channel", "conditioning") for k in (1, 2)
    }


def test_another_length_of_training_trains_and_evaluates_anew(finished):
    with edited(finished.folder / "tiny.yaml", "epochs: 1", "epochs: 2"):
        planned = folders(finished.planned())
    trained = {path for path in planned if path.startswith("trainings/")}
    (key,) = {path.split("/")[1] for path in trained}
    assert planned == trained | simulations("mnist") | explained("mnist") | EVERYWHERE
    assert key not in {path.parent.name for path in finished.trained()}


@pytest.mark.parametrize(
    ("old", "new"), [("n_steps: 5", "n_steps: 6"), ("test_images: 20", "test_images: 15")]
)
def test_what_only_evaluates_does_not_train(finished, old, new):
    with edited(finished.folder / "tiny.yaml", old, new):
        planned = folders(finished.planned())
    assert planned == simulations("mnist") | explained("mnist") | EVERYWHERE


def test_a_redrawn_figure_leaves_the_traces_alone(finished):
    figure = "results/channel/figures/error.png"
    drawn = (finished.folder / figure).read_bytes()
    traces = sorted((finished.folder / "results").glob("*/runs/*.parquet"))
    before = [path.stat().st_mtime_ns for path in traces]
    with edited(finished.folder / "tiny.yaml", "dpi: 50", "dpi: 60"):
        finished.snakemake(figure)
        assert (finished.folder / figure).read_bytes() != drawn
    finished.snakemake()
    assert (finished.folder / figure).read_bytes() == drawn
    assert [path.stat().st_mtime_ns for path in traces] == before
