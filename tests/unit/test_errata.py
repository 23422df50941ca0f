import numpy as np
import pandas as pd
import pytest

from snnlearn.experiments import channel, conditioning, tuning_curve
from snnlearn.published import Slip, slips
from snnlearn.registry import names, registry
from snnlearn.simulation import measure, simulate
from snnlearn.studies import BASE, Cell
from snnlearn.verdict import errata

SLIPS = [(name, slip) for name in names() for slip in slips(name)]


@pytest.mark.parametrize(("name", "slip"), SLIPS, ids=lambda value: getattr(value, "name", value))
def test_slip_is_a_parameter_whose_default_is_not_the_slip_or_a_missing_seed(name, slip):
    if slip.switch:
        experiment = registry()[name]
        assert getattr(experiment.Parameters(), slip.switch) != slip.as_published
        experiment.Parameters(**{slip.switch: slip.as_published})
    else:
        assert slip.unseeded
        assert not slip.by_fidelity
    assert slip.text
    assert slip.metrics


def test_no_network_of_the_chapter_has_a_seed():
    unseeded = {name for name, slip in SLIPS if slip.unseeded}
    assert unseeded == {"channel", "conditioning", "mnist"}


def own_runs(name, parameters, seeds=(0, 1)):
    return Cell(name, name, BASE, parameters, {seed: seed for seed in seeds}, 10)


def measured(module, parameters, seeds=(0, 1)):
    """The table of all slips of an experiment, each run as a cell of its study."""
    name = module.__name__.rpartition(".")[2]
    experiment = registry()[name]
    study = errata.study(experiment, own_runs(name, parameters, seeds), slips(name))
    metrics = pd.concat(
        measure(
            experiment, cell.parameters, simulate(experiment, cell.parameters, cell.seeds)
        ).assign(cell=cell.name)
        for cell in study.cells
    )
    table = errata.table({name: slips(name)}, metrics)
    assert list(table.columns) == errata.COLUMNS
    missing = [slip.name for slip in slips(name) if slip.unseeded] if len(seeds) < 2 else []
    assert (table.loc[~table["slip"].isin(missing), "n"] == len(seeds)).all()
    return table.set_index("slip")


def test_channel_run_again_changes_as_from_one_seed_to_another():
    settings = channel.Parameters(duration=2, generalization_duration=1)
    table = measured(channel, settings)
    numbers = [
        {name: m.value for name, m in channel.measure(traces, settings).items()}
        for traces in channel.simulate(settings, [0, 1])
    ]
    changes = [
        abs(numbers[0][f"rmse_{which}_second"] - numbers[1][f"rmse_{which}_second"])
        for which in ("first", "last")
    ]
    assert table.loc["initial_function", "as_published"].tolist() == pytest.approx(changes)
    again = table.loc[["initial_function"]]
    assert list(again["quantity"]) == [
        f"change of rmse_{which}_second when run again" for which in ("first", "last")
    ]
    assert (again["corrected"] == 0).all()
    assert (again["as_published"] > 0).all()
    phase = table.loc["generalization_duration"]
    assert np.isnan(phase["as_published"])
    assert phase["corrected"] > 0


def test_unseeded_function_differs_from_run_to_run_and_the_rest_does_not():
    settings = channel.Parameters(
        duration=2, generalization_duration=0, initial_function="unseeded"
    )
    (a,), (b,) = (list(channel.simulate(settings, [0])) for _ in range(2))
    assert not np.allclose(a["post"], b["post"], atol=0.01)
    pd.testing.assert_frame_equal(a[["stimulus", "pre"]], b[["stimulus", "pre"]])


def test_names_and_errors_that_the_chapter_shows():
    """Of the CS vectors (0.7, 0, 0.5), (0.6, 0.7, 0.8), (0, 1, 0), 1.4 of 4.3 bear their name."""
    settings = conditioning.Parameters(n_neurons_per_dimension=20, duration=3.5, learning_stop=3.2)
    table = measured(conditioning, settings, seeds=(0,))
    names = table.loc["stimulus_names"]
    assert names["as_published"] == pytest.approx(1.4 / 4.3, rel=0.05)
    assert names["corrected"] == 1
    shown = table.loc["errors_shown"]
    assert 0 < shown["as_published"] < 0.9
    assert shown["corrected"] == 1


def test_axis_rectifier_leaves_a_third_of_the_curve_undefined():
    table = measured(tuning_curve, tuning_curve.Parameters(n_currents=3001), seeds=(0,))
    assert table.loc["rectifier", "as_published"] == pytest.approx(1 / 3, abs=1e-3)
    assert table.loc["rectifier", "corrected"] == 0


def test_units_of_the_comments_give_a_curve_that_the_chapter_does_not_draw():
    """With 5 µs instead of 5 ms the membrane hardly takes time: 100 Hz, from 1 / 10 ms."""
    units = measured(tuning_curve, tuning_curve.Parameters(n_currents=301), seeds=(0,)).loc["units"]
    as_published = units.set_index("quantity")["as_published"]
    expected = 1 / (0.010 + 5e-6 * np.log1p(1 / 2))
    assert as_published["soft_rate_at_3"] == pytest.approx(expected, rel=1e-9)
    assert units.set_index("quantity")["corrected"]["soft_rate_at_3"] == pytest.approx(
        83.144, abs=5e-4
    )


def test_chapters_formula_is_what_the_axis_rectifier_computes():
    """The page's own code, point by point."""
    currents = np.array([0.0, 0.3, 1.0, 1.5, 3.0])
    with np.errstate(all="ignore"):
        chapter = [
            1 / (10e-3 + 5e-3 * np.log(1 + 1 / np.max(current - 1, 0))) for current in currents
        ]
    found = tuning_curve.unrectified_rates(currents, tau_ref=10e-3, tau_rc=5e-3)
    np.testing.assert_allclose(found, chapter)
    assert np.isnan(found[1])


def test_a_page_tells_both_results():
    slip = Slip("switch", 1, "It is wrong.", ("m",))
    metrics = pd.DataFrame(
        [("thing", "switch~1", seed, "m", np.nan, "Hz") for seed in range(5)]
        + [("thing", "corrected", seed, "m", 2.0 + seed, "Hz") for seed in range(5)],
        columns=["experiment", "cell", "seed", "metric", "value", "unit"],
    )
    page = errata.markdown(errata.table({"thing": [slip]}, metrics))
    assert "| `thing.switch` | It is wrong. | m (Hz) | not defined | 4 [2.037" in page


@pytest.mark.parametrize(
    ("module", "changed", "same", "measured_later"),
    [
        (channel, {}, {"corrected"}, set()),
        (channel, {"generalization_duration": 0}, {"generalization_duration~0.0"}, set()),
        (conditioning, {}, {"corrected"}, {"stimulus_names~stimuli", "errors_shown~first"}),
        (
            conditioning,
            {"errors_shown": "first"},
            {"errors_shown~first"},
            {"corrected", "stimulus_names~stimuli"},
        ),
        (tuning_curve, {}, {"corrected"}, set()),
    ],
)
def test_what_the_experiments_own_runs_simulate_is_not_simulated_again(
    module, changed, same, measured_later
):
    """Metrics are taken where nothing differs, traces where only measuring does."""
    name = module.__name__.rpartition(".")[2]
    own = own_runs(name, module.Parameters(**changed), range(70))
    experiment = registry()[name]
    study = errata.study(experiment, own, slips(name))
    assert {cell.name for cell in study.cells if cell.metrics_of} == same
    assert {cell.name for cell in study.cells if cell.traces_of} == measured_later
    for cell in study.cells:
        taken_from = cell.metrics_of or cell.traces_of
        assert taken_from in (name, None)
        assert list(cell.seeds) == list(range(70 if taken_from else experiment.seeds_per_job))


def test_a_missing_seed_changes_what_another_seed_changes():
    """The mean difference of all pairs of seeds."""
    slip = Slip("", None, "No seed.", ("m",), unseeded=True, again=False)
    rows = [
        ("thing", "corrected", seed, "m", value, "Hz") for seed, value in enumerate([1, 4, 2, 2, 9])
    ]
    columns = ["experiment", "cell", "seed", "metric", "value", "unit"]
    ((_, row),) = errata.table({"thing": [slip]}, pd.DataFrame(rows, columns=columns)).iterrows()
    assert (row["slip"], row["quantity"]) == ("seed", "change of m when run again")
    assert (row["as_published"], row["n"]) == (
        pytest.approx((3 + 1 + 1 + 8 + 2 + 2 + 5 + 0 + 7 + 7) / 10),
        5,
    )
    assert np.isnan(row["corrected"])
    assert 0 < row["as_published_low"] < row["as_published"] < row["as_published_high"]


def test_what_seeds_leave_no_choice_in_has_no_interval():
    """The same bits again are no sample: an interval from 0 to 0 would be of one."""
    slip = Slip("", None, "No seed.", ("m",), unseeded=True)
    rows = [
        ("thing", cell, seed, "m", float(seed**2), "Hz")
        for cell in ("corrected", "corrected-again")
        for seed in range(6)
    ]
    columns = ["experiment", "cell", "seed", "metric", "value", "unit"]
    table = errata.table({"thing": [slip]}, pd.DataFrame(rows, columns=columns))
    assert table["corrected"].tolist() == [0]
    assert table[["corrected_low", "corrected_high"]].isna().all(axis=None)
