"""What is computed anew after a change, and what is not."""

from contextlib import contextmanager
from pathlib import Path

import pytest

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
    made = {f"{name}/runs", f"{name}/metrics", f"{name}/figures"}
    return made if name == "conditioning" else made | {name}


def explained(name: str) -> set[str]:
    """What says which slips and which sources of randomness an experiment has."""
    return {
        "channel": {"channel", *ERRATA, *VARIANCE},
        "conditioning": {"conditioning", *ERRATA},
        "mnist": set(),
    }[name]


def test_a_second_run_does_nothing(finished):
    assert "Nothing to be done" in finished.snakemake().stderr


def test_another_example_seed_is_recorded_in_detail(finished):
    with edited(finished.folder / "tiny.yaml", "dpi: 50", "dpi: 50, example_seed: 1"):
        planned = finished.planned()
    # One seed is all that the others have.
    assert {path for path in planned if path.endswith(".parquet")} == {"channel/closeup.parquet"}


def test_a_touch_is_no_edit(finished):
    (finished.folder / "src/snnlearn/experiments/channel.py").touch()
    assert finished.planned() == set()


def test_a_figure_style_redraws_figures_only(finished):
    with edited(finished.folder / "tiny.yaml", "dpi: 50", "dpi: 60"):
        planned = folders(finished.planned())
    names = ("channel", "conditioning", "tuning_curve", "mnist")
    assert planned == {f"{name}/figures" for name in names} | {"tracking.json"}


def test_the_style_module_redraws_figures_only(finished):
    with edited(
        finished.folder / "src/snnlearn/figures/style.py", "BAND_ALPHA = 0.25", "BAND_ALPHA = 0.3"
    ):
        planned = folders(finished.planned())
    assert {path.split("/")[-1] for path in planned} == {"figures", "tracking.json"}


def test_words_of_the_report_redraw_no_figure(finished):
    with edited(finished.folder / "src/snnlearn/report.py", "Changed: ", "Not as by default: "):
        assert finished.planned() == {"overview.html"}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("channel", "DECAY_BIN = 0.1", "DECAY_BIN = 0.2"),
        ("conditioning", "ONSET_FRACTION = 0.1", "ONSET_FRACTION = 0.2"),
    ],
)
def test_an_edited_experiment_reruns_alone(finished, name, old, new):
    with edited(finished.folder / f"src/snnlearn/experiments/{name}.py", old, new):
        planned = folders(finished.planned())
    assert planned == simulations(name) | explained(name) | EVERYWHERE


def test_a_changed_parameter_reruns_its_experiment_alone(finished):
    with edited(finished.folder / "tiny.yaml", "n_neurons: 10", "n_neurons: 11"):
        planned = folders(finished.planned())
    assert planned == simulations("channel") | explained("channel") | EVERYWHERE


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


def test_the_training_length_reruns_the_classifier_alone(finished):
    with edited(finished.folder / "tiny.yaml", "epochs: 1", "epochs: 2"):
        planned = folders(finished.planned())
    assert planned == {"mnist/parameters"} | simulations("mnist") | EVERYWHERE


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
