import nengo
import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from snnlearn import verdict
from snnlearn.engines import nengodl
from snnlearn.experiments import tuning_curve
from snnlearn.experiments.tuning_curve import (
    Parameters,
    hard_rates,
    measure,
    rectified,
    soft_rates,
)
from snnlearn.published import claims

GOLDEN = {
    "soft_rate_at_0": 8.001,
    "soft_rate_at_1": 37.062,
    "soft_rate_at_3": 83.144,
    "hard_rate_at_1": 0.0,
    "hard_rate_at_3": 83.144,
}


def simulate(parameters: Parameters, seed: int) -> pd.DataFrame:
    """The traces of one seed alone."""
    (traces,) = tuning_curve.simulate(parameters, [seed])
    return traces


def closed_form(log_drive: np.ndarray, parameters: Parameters) -> np.ndarray:
    """1 / (t_ref + tau ln(1 + 1/rho)) with ln(rho) given, which may be -inf."""
    return 1 / (parameters.tau_ref + parameters.tau_rc * np.logaddexp(0, -log_drive))


def hard(currents: np.ndarray, parameters: Parameters) -> np.ndarray:
    above = currents > 1
    log_drive = np.full(len(currents), -np.inf)
    log_drive[above] = np.log(currents[above] - 1)
    return closed_form(log_drive, parameters)


def soft(currents: np.ndarray, parameters: Parameters) -> np.ndarray:
    width = parameters.smoothing
    return closed_form(np.log(width * np.logaddexp(0, (currents - 1) / width)), parameters)


CHAPTER = Parameters()
FASTER = Parameters(tau_ref=0.002, tau_rc=0.02, smoothing=0.2, max_current=10, n_currents=2001)


@pytest.fixture(scope="module")
def curves():
    return simulate(CHAPTER, seed=0)


@pytest.mark.parametrize("parameters", [CHAPTER, FASTER], ids=["chapter", "faster"])
def test_both_curves_follow_their_closed_forms(parameters):
    traces = simulate(parameters, seed=0)
    current = traces["current"].to_numpy()
    assert len(current) >= parameters.n_currents
    assert (current[0], current[-1]) == (0, parameters.max_current)
    # Both work in double precision; NengoDL's logarithm of a sum loses some digits of it.
    np.testing.assert_allclose(traces["hard_rate"], hard(current, parameters), rtol=1e-12)
    np.testing.assert_allclose(traces["soft_rate"], soft(current, parameters), rtol=1e-9)


@pytest.mark.parametrize("parameters", [CHAPTER, FASTER], ids=["chapter", "faster"])
def test_spiking_neuron_fires_at_the_rate_of_the_hard_curve(parameters):
    """But for less than one spike in the time of counting, though steps are of 1 ms."""
    counted = tuning_curve.closeup(parameters, [0])
    current = counted["current"].to_numpy()
    assert (current[0], current[-1]) == (0, parameters.max_current)
    expected = hard(current, parameters)
    np.testing.assert_allclose(counted["hard_rate"], expected, rtol=1e-12)
    assert (counted["spikes"] == counted["rate"] * counted["duration"]).all()
    assert np.abs(counted["rate"] - expected).max() <= 1 / counted["duration"].iloc[0]
    assert (counted["spikes"][current <= 1] == 0).all()
    assert (counted["spikes"][current > 1.02] > 0).all()


def test_seed_changes_no_count():
    pd.testing.assert_frame_equal(
        tuning_curve.closeup(CHAPTER, [5]), tuning_curve.closeup(CHAPTER, [0]), check_exact=True
    )


def test_published_values_are_met(curves):
    metrics = {name: m for name, m in measure(curves, CHAPTER).items() if name in GOLDEN}
    assert {name: metric.unit for name, metric in metrics.items()} == dict.fromkeys(GOLDEN, "Hz")
    # The values are given to 1 mHz.
    assert {name: metric.value for name, metric in metrics.items()} == pytest.approx(
        GOLDEN, abs=5e-4
    )


def test_hard_curve_is_silent_up_to_threshold(curves):
    below = curves["current"] <= 1
    assert below.sum() > 3000
    assert (curves.loc[below, "hard_rate"] == 0).all()
    assert (curves.loc[~below, "hard_rate"] > 0).all()
    assert not curves.isna().any(axis=None)


def test_soft_curve_rises_everywhere(curves):
    assert (np.diff(curves["soft_rate"]) > 0).all()


def test_soft_curve_has_no_kink(curves):
    """Near threshold the hard curve becomes ever steeper; the soft one keeps its slope."""
    slopes = (
        curves.set_index("current").diff().div(np.diff(curves["current"], prepend=np.nan), axis=0)
    )
    near = slopes.loc[0.99:1.01]
    assert near["soft_rate"].max() / near["soft_rate"].min() < 1.3
    assert near["hard_rate"].max() / slopes["hard_rate"].loc[1.1:1.2].max() > 100


def test_narrow_softplus_gives_the_hard_curve():
    traces = simulate(Parameters(smoothing=1e-3, n_currents=301), seed=0)
    away = (traces["current"] - 1).abs() > 0.1
    # At 100 widths below threshold, 1/(tau_ref + 100 tau_rc) = 2 Hz are left of the soft rate.
    assert (traces["soft_rate"] - traces["hard_rate"])[away].abs().max() < 2
    above = traces["current"] > 1.1
    assert traces["soft_rate"][above].to_numpy() == pytest.approx(traces["hard_rate"][above])


TIMES = {"tau_ref": CHAPTER.tau_ref, "tau_rc": CHAPTER.tau_rc}


@pytest.mark.parametrize("smoothing", [0.05, 1.0, 1e-3])
def test_both_curves_are_those_of_nengo_and_nengodl(smoothing):
    nengo_dl, _ = nengodl.load()
    # Far below and above threshold, at it, and where one formula takes over from the other.
    currents = np.unique(
        [*np.linspace(-3, 10, 1301), *1 + smoothing * np.linspace(-40, 40, 161), 1e3, 1e6, 1e9]
    )
    hard, soft = hard_rates(currents, **TIMES), soft_rates(currents, **TIMES, smoothing=smoothing)
    with np.errstate(over="ignore", divide="ignore"):  # NengoDL computes both formulas everywhere
        for found, neurons in (
            (hard, nengo.LIFRate(**TIMES)),
            (soft, nengo_dl.SoftLIFRate(sigma=smoothing, **TIMES)),
        ):
            expected = neurons.rates(currents[:, np.newaxis], np.ones(1), np.zeros(1))[:, 0]
            np.testing.assert_allclose(found, expected, rtol=1e-8, atol=0)
            assert found[-1] == pytest.approx(100, abs=1e-5)
            assert found[-1] < 100


def test_current_is_the_input_itself():
    # Drive 1 above threshold: 1 / (0 + 1 ln 2).
    found = hard_rates(np.array([2.0, 0.0]), tau_ref=0, tau_rc=1)
    assert found == pytest.approx([1 / np.log(2), 0])


def test_currents_that_are_read_are_always_there():
    traces = simulate(Parameters(max_current=3.7, n_currents=2), seed=0)
    assert traces["current"].tolist() == [0, 1, 3, 3.7]


def test_seed_changes_nothing(curves):
    pd.testing.assert_frame_equal(simulate(CHAPTER, seed=5), curves, check_exact=True)


#: What is the same in all rows of the traces.
AT_THRESHOLD = {
    f"{kind}_{name}": 10.0 * number + place
    for number, kind in enumerate(("hard", "soft"))
    for place, name in enumerate(("slope_below_1", "slope_above_1", "rate_limit"))
} | {"count_off": 0.5}


def test_what_is_the_same_in_all_rows_is_a_metric():
    traces = pd.DataFrame({"current": [0.0, 1.0, 3.0], "hard_rate": 0.0, "soft_rate": 1.0})
    found = measure(traces.assign(**AT_THRESHOLD), CHAPTER)
    assert {name: found[name].value for name in AT_THRESHOLD} == AT_THRESHOLD


def test_each_metric_reads_its_own_cell():
    traces = pd.DataFrame(
        {
            "current": [0.0, 0.5, 1.0, 2.0, 3.0],
            "hard_rate": [1.0, 2.0, 3.0, 4.0, 5.0],
            "soft_rate": [6.0, 7.0, 8.0, 9.0, 10.0],
        }
        | AT_THRESHOLD
    )
    found = {name: metric.value for name, metric in measure(traces, CHAPTER).items()}
    read = {
        "soft_rate_at_0": 6.0,
        "soft_rate_at_1": 8.0,
        "soft_rate_at_3": 10.0,
        "hard_rate_at_1": 3.0,
        "hard_rate_at_3": 5.0,
        "excess_min": 5.0,
        "excess_max": 5.0,
        "hard_slope_min": 1.0,
        "soft_slope_min": 1.0,
    }
    assert {name: found[name] for name in read} == read


# Their shape


@pytest.mark.parametrize("parameters", [CHAPTER, FASTER], ids=["chapter", "faster"])
def test_soft_rate_exceeds_the_hard_one_most_at_threshold(parameters):
    """There the softplus is λ ln 2, and the rectifier 0."""
    found = measure(simulate(parameters, seed=0), parameters)
    drive = parameters.smoothing * np.log(2)
    expected = 1 / (parameters.tau_ref + parameters.tau_rc * np.log1p(1 / drive))
    assert found["excess_max"].value == pytest.approx(expected, rel=1e-9)
    assert found["excess_min"].value == pytest.approx(0, abs=1e-6)
    assert found["drive_excess_max"].value == pytest.approx(drive, rel=1e-6)


def test_excess_of_the_rate_shrinks_far_more_slowly_than_the_softplus():
    """A hundredth of the width leaves more than a third of the excess."""
    wide, narrow = (
        measure(simulate(Parameters(smoothing=width), seed=0), Parameters(smoothing=width))
        for width in (0.05, 0.0005)
    )
    assert narrow["drive_excess_max"].value < 0.011 * wide["drive_excess_max"].value
    assert narrow["excess_max"].value > 0.3 * wide["excess_max"].value


@pytest.mark.parametrize("parameters", [CHAPTER, FASTER], ids=["chapter", "faster"])
def test_slopes_at_threshold_and_limits(parameters):
    found = {n: m.value for n, m in measure(simulate(parameters, seed=0), parameters).items()}
    # The softplus has the slope 1/2 at threshold.
    drive = parameters.smoothing * np.log(2)
    slope = found["soft_rate_at_1"] ** 2 * parameters.tau_rc / (drive * (1 + drive)) / 2
    for side in ("below", "above"):
        assert found[f"soft_slope_{side}_1"] == pytest.approx(slope, rel=0.005)
    assert found["hard_slope_below_1"] == 0
    assert found["hard_slope_above_1"] > 50 * slope
    for kind in ("hard", "soft"):
        assert found[f"{kind}_rate_limit"] == pytest.approx(1 / parameters.tau_ref, rel=1e-6)


def test_curve_that_falls_somewhere_has_a_negative_slope(curves):
    dented = curves.copy()
    dented.loc[5000, "soft_rate"] -= 1
    assert measure(dented, CHAPTER)["soft_slope_min"].value < -1000


def test_currents_that_differ_by_rounding_have_no_slope():
    rates = {"current": [0, 1, 1 + 1e-15, 3], "hard_rate": 0.0, "soft_rate": 1.0}
    twice = pd.DataFrame(rates | AT_THRESHOLD)
    twice["soft_rate"] = [1.0, 2.0, 1.9, 8.0]
    assert measure(twice, CHAPTER)["soft_slope_min"].value == pytest.approx(0.9, rel=0.12)


@pytest.mark.parametrize("drive", [1e-6, 0.03, 1.0, 100.0])
def test_drive_is_recovered_from_the_rate(drive):
    rate = pd.Series([1 / (0.010 + 0.005 * np.log1p(1 / drive)), 0.0])
    assert rectified(rate, CHAPTER).tolist() == pytest.approx([drive, 0.0])


def table(metrics) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"metric": name, "value": measured.value, "unit": measured.unit}
            for name, measured in metrics.items()
        ]
    ).assign(experiment="tuning_curve", variant="default", seed=0)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [(CHAPTER, {"reproduced"}), (Parameters(tau_rc=0.00501), {"reproduced", "not reproduced"})],
    ids=["chapter", "0.2 % off"],
)
def test_claims_hold_for_the_chapter_only(parameters, expected):
    published = [("tuning_curve", claim) for claim in claims("tuning_curve")]
    metrics = measure(simulate(parameters, seed=0), parameters)
    verdicts = verdict.judge(published, table(metrics))["verdict"]
    assert len(verdicts) == len(claims("tuning_curve"))
    assert set(verdicts) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"tau_ref": 0},
        {"tau_rc": -0.005},
        {"smoothing": 0},
        {"max_current": 2.9},
        {"n_currents": 1},
        {"n_currents": 10.5},
        {"tau_rc": float("inf")},
        {"lambda": 0.05},
    ],
)
def test_senseless_parameters_are_refused(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Parameters(**wrong)
