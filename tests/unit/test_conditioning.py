from dataclasses import replace

import nengo
import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from snnlearn.experiments import conditioning
from snnlearn.experiments.conditioning import (
    CHAPTER_STIMULI,
    CS_ONSET,
    US_ONSET,
    Parameters,
    build,
    measure,
    onset_latency,
    presented,
    rise,
    series,
    trials_after_learning,
)

CHAPTER = Parameters()
#: Small and short, with a gate that opens and closes.
SMALL = Parameters(duration=2.2, n_neurons_per_dimension=20, learning_start=0.5, learning_stop=1.25)

#: Onsets of the CS of each pair in the chapter's 15 s, seconds.
ONSETS = {
    0: [0.7, 3.7, 6.7, 9.7, 12.7],
    1: [1.7, 4.7, 7.7, 10.7, 13.7],
    2: [2.7, 5.7, 8.7, 11.7, 14.7],
}

#: Those of them after learning whose second is over before the run is.
TEST_ONSETS = {0: [9.7, 12.7], 1: [10.7, 13.7], 2: [8.7, 11.7]}


def simulate(parameters: Parameters, seed: int) -> pd.DataFrame:
    """The traces of one seed alone."""
    (traces,) = conditioning.simulate(parameters, [seed])
    return traces


def time_axis(parameters: Parameters) -> np.ndarray:
    return parameters.dt * np.arange(1, round(parameters.duration / parameters.dt) + 1)


# Stimuli


@pytest.mark.parametrize("pair", [0, 1, 2])
@pytest.mark.parametrize(("onset", "delay"), [(CS_ONSET, 0.0), (US_ONSET, 0.2)], ids=["CS", "US"])
def test_stimuli_come_when_the_chapter_presents_them(pair, onset, delay):
    vectors = CHAPTER.stimuli
    for start in ONSETS[pair]:
        end = start + 0.3
        on, off = np.array([start + delay, end]) + 0.002, np.zeros(3)
        np.testing.assert_array_equal(presented(on[0], onset, vectors), vectors[pair])
        np.testing.assert_array_equal(presented(on[1] - 0.004, onset, vectors), vectors[pair])
        np.testing.assert_array_equal(presented(on[0] - 0.004, onset, vectors), off)
        np.testing.assert_array_equal(presented(on[1], onset, vectors), off)


def test_every_presentation_is_in_the_table():
    vectors = np.eye(3)
    active = np.array([presented(t, CS_ONSET, vectors) for t in time_axis(CHAPTER)])
    # Rounding of the time moves some edges by one step.
    for pair, onsets in ONSETS.items():
        n = len(onsets)
        assert active[:, pair].sum() == pytest.approx(300 * n, abs=n)
        assert (np.diff(active[:, pair]) == 1).sum() == n


def test_cycle_has_a_second_for_each_pair():
    vectors = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert presented(0.8, 0.7, vectors).tolist() == [1, 2, 3]
    assert presented(3.8, 0.7, vectors).tolist() == [4, 5, 6]
    assert presented(4.8, 0.7, vectors).tolist() == [1, 2, 3]
    assert presented(4.5, 0.7, vectors).tolist() == [0, 0, 0]


def test_stimuli_are_the_chapters_for_three_dimensions_only():
    assert CHAPTER.stimuli.tolist() == [[0.7, 0, 0.5], [0.6, 0.7, 0.8], [0, 1, 0]]
    assert np.array_equal(CHAPTER.stimuli, CHAPTER_STIMULI)
    for d in (1, 2, 5):
        np.testing.assert_array_equal(Parameters(dimensions=d).stimuli, np.eye(d))


def test_own_stimuli_are_taken():
    own = ((0.1, 0.2), (0.3, -0.4))
    stimuli = Parameters(dimensions=2, conditioned_stimuli=own).stimuli
    np.testing.assert_array_equal(stimuli, own)
    thrice = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
    np.testing.assert_array_equal(Parameters(conditioned_stimuli=thrice).stimuli, np.eye(3))


# Simulation


@pytest.fixture(scope="module")
def small():
    return simulate(SMALL, seed=0)


def test_one_row_a_step_and_one_column_a_dimension(small):
    names = {"us": 3, "cs": 3, "ur": 3, "cr": 3, "error": 3, "us_ensemble": 3, "cs_ensemble": 6}
    numbered = [f"{name}_{k}" for name, n in names.items() for k in range(1, n + 1)]
    assert list(small.columns) == ["time", "learning_gate", *numbered]
    np.testing.assert_allclose(small["time"], time_axis(SMALL), rtol=1e-12)
    assert np.isfinite(small.to_numpy()).all()


def test_same_seed_gives_the_same_bits(small):
    np.random.seed(99)  # noqa: NPY002
    again = simulate(SMALL, seed=0)
    assert again.to_numpy().tobytes() == small.to_numpy().tobytes()


def test_seeds_differ_in_the_network_but_not_in_the_stimuli(small):
    other = simulate(SMALL, seed=1)
    same = ["time", "learning_gate", *(f"{s}_{k}" for s in ("us", "cs") for k in (1, 2, 3))]
    pd.testing.assert_frame_equal(other[same], small[same], check_exact=True)
    assert not np.allclose(other["ur_1"], small["ur_1"], atol=0.01)
    assert not np.allclose(other["cs_ensemble_1"], small["cs_ensemble_1"], atol=0.01)


def test_stimuli_in_the_traces_are_those_presented(small):
    columns = {"cs": (CS_ONSET, SMALL.stimuli), "us": (US_ONSET, np.eye(3))}
    for name, (onset, vectors) in columns.items():
        expected = np.array([presented(t, onset, vectors) for t in small["time"]])
        np.testing.assert_array_equal(small[[f"{name}_{k}" for k in (1, 2, 3)]], expected)


def test_gate_is_zero_only_while_learning_is_on(small):
    gate = small.set_index("time")["learning_gate"]
    assert set(gate) == {0.0, 1.0}
    open_times = gate.index[gate == 0]
    assert open_times.min() == pytest.approx(0.501)
    assert open_times.max() == pytest.approx(1.249)
    assert len(open_times) == 749


def test_closed_gate_silences_the_error(small):
    errors = small[["error_1", "error_2", "error_3"]]
    # Ten time constants after the gate closes, nothing is left in the probe's filter.
    silent = small["time"].between(1.26 + 0.1, 2.2)
    assert errors[silent].abs().max(axis=None) < 1e-3
    assert errors[small["learning_gate"] == 0].abs().max(axis=None) > 0.1


def test_ensembles_are_connected_as_in_the_chapter():
    network = build(CHAPTER, seed=0).network
    found = {
        (connection.pre_obj.label, connection.post_obj.label): connection.synapse.tau
        for connection in network.connections
        if isinstance(connection.pre_obj, nengo.Ensemble)
        and isinstance(connection.post_obj, nengo.Ensemble)
    }
    default = 0.005
    assert found == {
        ("US", "UR"): default,
        ("CS and its memory", "CS and its memory"): 0.2,
        ("CS and its memory", "CR"): default,
        ("UR", "error"): default,
        ("CR", "error"): 0.1,
    }
    assert {ensemble.label: ensemble.n_neurons for ensemble in network.all_ensembles} == {
        **dict.fromkeys(("US", "UR", "CR", "error"), 300),
        "CS and its memory": 600,
    }


def test_us_evokes_the_ur_and_the_cs_leaves_a_memory(small):
    run = small.set_index("time")
    assert run["ur_1"].loc[0.9:1.2].max() > 0.3
    assert run["ur_1"].loc[:0.85].abs().max() < 0.25
    assert run["ur_2"].loc[1.9:2.2].max() > 0.3
    # The UR follows the US ensemble, and is no copy of it.
    assert run["ur_1"].corr(run["us_ensemble_1"]) > 0.8
    assert not np.allclose(run["ur_1"], run["us_ensemble_1"], atol=0.01)
    # The second pair's CS is (0.6, 0.7, 0.8); 0.15 s after it, the ensemble has let go of it,
    # the memory with its 0.2 s has not.
    later = run.loc[2.15:2.2].mean()
    assert later["cs_ensemble_5"] > later["cs_ensemble_2"] + 0.1


def test_only_an_open_gate_teaches_the_response():
    """The second time the first CS comes, it evokes a response before its US, if learned."""
    common = {"duration": 3.9, "n_neurons_per_dimension": 40, "learning_rate": 3e-3}
    taught = simulate(Parameters(learning_start=0, learning_stop=3.4, **common), seed=0)
    untaught = simulate(Parameters(learning_start=10, learning_stop=11, **common), seed=0)
    before_us = taught["time"].between(3.75, 3.9)
    assert taught["cr_1"][before_us].max() > 0.2
    assert untaught["cr_1"][before_us].abs().max() < 0.1


def test_series_has_the_responses_and_errors_by_seconds(small):
    found = series(small)
    assert list(found.columns) == [f"{s}_{k}" for s in ("ur", "cr", "error") for k in (1, 2, 3)]
    np.testing.assert_array_equal(found.index, small["time"])
    np.testing.assert_array_equal(found["cr_2"], small["cr_2"])


# Measures


def silence(parameters: Parameters) -> pd.DataFrame:
    """Traces in which nothing responds."""
    d = parameters.dimensions
    columns = [f"{name}_{k + 1}" for name in ("ur", "cr", "cs", "error") for k in range(d)]
    time = time_axis(parameters)
    traces = pd.DataFrame(0.0, index=range(len(time)), columns=columns)
    return traces.assign(time=time, learning_gate=[parameters.gate(t) for t in time])


def add(traces: pd.DataFrame, column: str, onset: float, values) -> None:
    """Put values into the second after an onset."""
    first = round(onset / (traces["time"].iloc[0]))
    traces.loc[first : first + len(values) - 1, column] = values


def triangle(peak: float, base: float = 0.0, dt: float = 0.001) -> np.ndarray:
    """From the base to the peak after half a second, and back."""
    half = round(0.5 / dt)
    rise = np.linspace(base, peak, half, endpoint=False)
    return np.concatenate([rise, [peak], rise[:0:-1]])


@pytest.mark.parametrize("pair", [0, 1, 2])
def test_test_trials_are_those_after_learning_that_are_complete(pair):
    trials = trials_after_learning(silence(CHAPTER), CHAPTER, pair)
    for trial, onset in zip(trials, TEST_ONSETS[pair], strict=True):
        assert len(trial) == 1000
        assert trial["time"].iloc[0] == pytest.approx(onset + 0.001)
        assert trial["time"].iloc[-1] == pytest.approx(onset + 1)


@pytest.mark.parametrize("dt", [0.0005, 0.001, 0.002])
def test_trials_last_a_second_at_any_time_step(dt):
    parameters = Parameters(dt=dt)
    for pair in range(3):
        trials = trials_after_learning(silence(parameters), parameters, pair)
        assert {len(trial) for trial in trials} == {round(1 / dt)}


def test_trial_that_ends_with_the_run_is_complete():
    parameters = Parameters(duration=13.7)
    assert len(trials_after_learning(silence(parameters), parameters, 0)) == 2


def test_learning_until_later_leaves_fewer_trials():
    parameters = Parameters(learning_stop=11)
    counts = [len(trials_after_learning(silence(CHAPTER), parameters, k)) for k in range(3)]
    assert counts == [1, 1, 1]


def test_peaks_are_means_over_the_test_trials():
    traces = silence(CHAPTER)
    for onset, cr, ur in ((9.7, 0.6, 0.9), (12.7, 0.8, 1.0)):
        add(traces, "cr_1", onset, triangle(cr))
        add(traces, "ur_1", onset, triangle(ur))
    # None of these is in a test trial: before learning, while learning, in an incomplete trial.
    for onset in (0.7, 3.7, 6.7):
        add(traces, "cr_1", onset, triangle(5.0))
        add(traces, "ur_1", onset, triangle(5.0))
    add(traces, "cr_3", 14.7, np.full(300, 5.0))
    add(traces, "ur_3", 14.7, np.full(300, 5.0))
    found = measure(traces, CHAPTER)
    assert found["cr_peak_1"].value == pytest.approx(0.7)
    assert found["ur_peak_1"].value == pytest.approx(0.95)
    assert found["cr_peak_2"].value == found["cr_peak_3"].value == 0
    assert found["ur_peak_2"].value == found["ur_peak_3"].value == 0


def test_crosstalk_is_the_largest_response_in_another_dimension_of_either_sign():
    traces = silence(CHAPTER)
    add(traces, "cr_2", 10.7, triangle(5.0))
    add(traces, "cr_1", 10.7, triangle(-0.3))
    add(traces, "cr_3", 10.7, triangle(0.2))
    add(traces, "cr_3", 13.7, triangle(0.1))
    found = measure(traces, CHAPTER)
    assert found["crosstalk_2"].value == pytest.approx((0.3 + 0.1) / 2)
    assert found["crosstalk_1"].value == found["crosstalk_3"].value == 0
    assert found["cr_peak_2"].value == pytest.approx(2.5)


@pytest.mark.parametrize("base", [0.0, 0.2, -0.3])
def test_onset_is_where_a_tenth_of_the_rise_is_made(base):
    traces = silence(CHAPTER)
    # A tenth of a linear rise of 0.5 s is made after 0.05 s, whatever it starts from.
    add(traces, "cr_3", 8.7, triangle(0.9, base))
    add(traces, "cr_3", 11.7, triangle(1.5, base))
    found = measure(traces, CHAPTER)["cr_onset_3"]
    assert found.unit == "s"
    assert found.value == pytest.approx(0.05, abs=0.0021)


def test_onset_is_a_mean_over_the_test_trials():
    traces = silence(CHAPTER)
    for onset, delay in ((9.7, 100), (12.7, 300)):
        add(traces, "cr_1", onset, np.repeat([0.0, 1.0], [delay, 500]))
    # A step counts from its first sample; up to one step more is a matter of convention.
    assert measure(traces, CHAPTER)["cr_onset_1"].value == pytest.approx(0.2, abs=0.0011)


def test_dip_before_the_rise_is_no_onset():
    time = pd.Series(0.001 * np.arange(1, 6))
    assert onset_latency(time, pd.Series([0.0, -1.0, 0.05, 0.1, 1.0])) == pytest.approx(0.003)


@pytest.mark.parametrize("response", [np.linspace(1, 0, 1000), np.zeros(1000), np.full(1000, -0.5)])
def test_response_that_never_rises_has_no_onset(response):
    assert np.isnan(onset_latency(pd.Series(0.001 * np.arange(1, 1001)), pd.Series(response)))


def test_falling_response_has_a_peak_but_no_onset():
    traces = silence(CHAPTER)
    add(traces, "cr_1", 9.7, np.linspace(1.0, 0.1, 1000))
    add(traces, "cr_1", 12.7, np.linspace(0.5, 0.1, 1000))
    found = measure(traces, CHAPTER)
    assert np.isnan(found["cr_onset_1"].value)
    assert found["cr_peak_1"].value == pytest.approx(0.75)


@pytest.mark.parametrize("base", [0.0, 0.2, -0.3])
@pytest.mark.parametrize("dt", [0.0005, 0.001, 0.002])
def test_rise_is_made_until_the_us_comes(base, dt):
    """Of a linear rise of 0.5 s, two fifths are made in the 0.2 s before the US."""
    response = pd.Series(triangle(1.0, base, dt))
    # From the first step after CS onset to the last before US onset there is one step less.
    assert rise(response, dt) == pytest.approx((1 - base) * (0.2 - dt) / 0.5)


def test_rise_is_a_mean_over_the_test_trials():
    traces = silence(CHAPTER)
    for onset, value in ((8.7, 0.4), (11.7, 0.8)):
        # What comes with the US does not count.
        add(traces, "cr_3", onset, np.repeat([0.0, value, 5.0], [150, 50, 500]))
    assert measure(traces, CHAPTER)["cr_rise_3"].value == pytest.approx(0.6)


def test_change_is_from_the_first_to_the_last_test_trial():
    traces = silence(CHAPTER)
    for onset, peak in ((9.7, 0.6), (12.7, 0.5)):
        add(traces, "cr_1", onset, triangle(peak))
    found = measure(traces, CHAPTER)
    assert found["cr_change_1"].value == pytest.approx(-0.1)
    assert found["cr_change_2"].value == 0


def test_one_test_trial_shows_no_change():
    found = measure(silence(CHAPTER), Parameters(duration=12))
    assert np.isnan(found["cr_change_1"].value)
    assert np.isfinite(found["cr_peak_1"].value)


def test_without_test_trials_nothing_is_measured():
    parameters = Parameters(duration=9)
    found = measure(silence(parameters), parameters)
    assert all(np.isnan(m.value) for name, m in found.items() if name != "cs_named_right")


def test_metrics_and_units_are_those_of_the_contract():
    found = measure(silence(CHAPTER), CHAPTER)
    units = {"cr_peak": "1", "ur_peak": "1", "cr_onset": "s", "crosstalk": "1"}
    units |= {"cr_rise": "1", "cr_change": "1"}
    expected = {f"{name}_{k}": unit for name, unit in units.items() for k in (1, 2, 3)}
    expected |= {"error_shown": "1", "cs_named_right": "1"}
    assert {name: metric.unit for name, metric in found.items()} == expected


def test_share_of_the_error_that_is_shown():
    """Only what the error is while the gate is open counts: 1 of 1 + 4 + 9 where one is shown."""
    traces = silence(CHAPTER)
    learning = traces["learning_gate"] == 0
    for k in (1, 2, 3):
        traces[f"error_{k}"] = np.where(learning, k, 100 * (k == 1))
    shown = {
        which: measure(traces, replace(CHAPTER, errors_shown=which))["error_shown"].value
        for which in ("all", "first")
    }
    assert shown == {"all": 1, "first": pytest.approx(1 / 14)}


def test_one_dimension_has_nothing_to_be_confused_with():
    parameters = Parameters(dimensions=1)
    traces = silence(parameters)
    for onset in np.arange(8.7, 14):
        add(traces, "cr_1", onset, triangle(0.5))
    found = measure(traces, parameters)
    assert found["cr_peak_1"].value == pytest.approx(0.5)
    assert found["crosstalk_1"].value == 0


# Parameters


def test_defaults_are_the_chapters():
    assert (CHAPTER.dimensions, CHAPTER.n_neurons_per_dimension) == (3, 100)
    assert (CHAPTER.learning_rate, CHAPTER.duration, CHAPTER.dt) == (3e-4, 15, 1e-3)
    assert (CHAPTER.learning_start, CHAPTER.learning_stop) == (2, 8)
    assert (CHAPTER.memory_synapse, CHAPTER.response_synapse) == (0.2, 0.1)
    assert (CHAPTER.probe_synapse, CHAPTER.error_probe_synapse) == (0.1, 0.01)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"conditioned_stimuli": ((1, 0), (0, 1))}, r"3 vectors of 3 .* found vectors of \[2, 2\]"),
        ({"conditioned_stimuli": ((1, 0, 0), (0, 1, 0))}, r"found vectors of \[3, 3\]"),
        ({"conditioned_stimuli": ((1, 0, 0), (0, 1), (0, 0, 1))}, r"found vectors of \[3, 2, 3\]"),
        ({"conditioned_stimuli": ()}, r"found vectors of \[\]"),
        ({"conditioned_stimuli": ((1, 0, "x"),) * 3}, "conditioned_stimuli"),
        ({"learning_start": 8, "learning_stop": 8}, r"learning_stop \(8.0 s\) must be later"),
        ({"learning_stop": 1.5}, r"learning_start \(2.0 s\)"),
        ({"dimensions": 0}, "dimensions"),
        ({"dimensions": 2.0}, "dimensions"),
        ({"n_neurons_per_dimension": 0}, "n_neurons_per_dimension"),
        ({"duration": 0}, "duration"),
        ({"dt": 0.0021}, "dt"),
        ({"memory_synapse": float("inf")}, "memory_synapse"),
        ({"learning_rate": True}, "learning_rate"),
        ({"n_neurons": 100}, "n_neurons"),
    ],
)
def test_senseless_parameters_are_refused(wrong, complaint):
    with pytest.raises(ValidationError, match=complaint):
        Parameters(**wrong)
