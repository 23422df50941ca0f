from dataclasses import replace

import nengo
import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from snnlearn import published, simulation
from snnlearn.experiments import conditioning
from snnlearn.experiments.conditioning import (
    CHAPTER_STIMULI,
    CS_ONSET,
    US_ONSET,
    Parameters,
    build,
    measure,
    presented,
    series,
    trials_after_learning,
    trials_between,
    undefined,
)
from snnlearn.registry import registry
from snnlearn.verdict import judge

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
    names |= {"ur_evoked": 3, "cr_evoked": 3}
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


SIGNALS = ("ur", "cr", "ur_evoked", "cr_evoked", "cs", "error")


def silence(parameters: Parameters) -> pd.DataFrame:
    """Traces in which nothing responds."""
    d = parameters.dimensions
    columns = [f"{name}_{k + 1}" for name in SIGNALS for k in range(d)]
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
    assert trials_after_learning(CHAPTER, pair) == pytest.approx(TEST_ONSETS[pair])


@pytest.mark.parametrize("dt", [0.0005, 0.001, 0.002])
def test_trials_are_found_at_any_time_step(dt):
    parameters = Parameters(dt=dt)
    for pair in range(3):
        assert trials_after_learning(parameters, pair) == pytest.approx(TEST_ONSETS[pair])
    # Pair 2's stimuli end just when the gate opens, and just when it closes.
    assert trials_between(parameters, 1, 0, 2, 0.3) == pytest.approx([1.7])
    assert trials_between(parameters, 1, 2, 8, 0.3) == pytest.approx([4.7, 7.7])
    assert trials_between(parameters, 2, 0, 2, 0.3) == []


def test_trial_that_ends_with_the_run_is_complete():
    assert len(trials_after_learning(Parameters(duration=13.7), 0)) == 2


def test_learning_until_later_leaves_fewer_trials():
    parameters = Parameters(learning_stop=11)
    assert [len(trials_after_learning(parameters, k)) for k in range(3)] == [1, 1, 1]


#: From the CS on: nothing, while the CS is alone, and while the US is on.
ALONE, WITH_US, AFTER = 200, 100, 700


def response(rise: float, peak: float) -> np.ndarray:
    return np.repeat([rise, peak, 0.0], [ALONE, WITH_US, AFTER])


def test_responses_are_means_over_the_test_trials():
    traces = silence(CHAPTER)
    for onset, cr, ur in ((9.7, 0.6, 0.9), (12.7, 0.8, 1.0)):
        add(traces, "cr_evoked_1", onset, response(cr / 2, cr))
        add(traces, "ur_evoked_1", onset, response(0, ur))
    # None of these is in a test trial: before learning, while learning, in an incomplete trial.
    for onset in (0.7, 3.7, 6.7):
        add(traces, "cr_evoked_1", onset, response(5, 5))
    add(traces, "cr_evoked_3", 14.7, np.full(300, 5.0))
    found = {name: metric.value for name, metric in measure(traces, CHAPTER).items()}
    assert found["cr_peak_1"] == pytest.approx(0.7)
    assert found["ur_peak_1"] == pytest.approx(0.95)
    assert found["cr_rise_1"] == pytest.approx(0.35)
    assert found["cr_onset_1"] == pytest.approx(-0.2)
    assert found["cr_missing_1"] == 0
    assert found["cr_before_1"] == pytest.approx(5)
    assert found["cr_acquisition_1"] == 0
    assert found["cr_peak_2"] == found["cr_peak_3"] == found["ur_peak_2"] == 0


def test_what_is_there_before_the_cs_is_evoked_by_none():
    traces = silence(CHAPTER)
    traces.loc[traces["time"] > 8, "cr_evoked_2"] = 0.25
    add(traces, "cr_evoked_2", 10.7, 0.25 + response(0.1, 0.4))
    found = {name: metric.value for name, metric in measure(traces, CHAPTER).items()}
    assert found["cr_tonic_2"] == pytest.approx(0.25)
    assert found["cr_peak_2"] == pytest.approx(0.4 / 2), "in one of two trials"
    assert found["crosstalk_1"] == found["crosstalk_3"] == 0


def test_crosstalk_is_what_the_cs_evokes_most_in_another_dimension():
    traces = silence(CHAPTER)
    add(traces, "cr_evoked_1", 10.7, response(0, -0.3))
    add(traces, "cr_evoked_3", 10.7, response(0.9, 0.2))  # before the US comes does not count
    add(traces, "cr_evoked_3", 13.7, response(0, 0.1))
    found = measure(traces, CHAPTER)
    assert found["crosstalk_2"].value == pytest.approx((0.2 + 0.1) / 2)


def test_a_response_that_never_comes_counts_as_late_and_is_counted():
    traces = silence(CHAPTER)
    add(traces, "cr_evoked_1", 9.7, response(0.5, 0.5))
    for onset in TEST_ONSETS[0]:
        add(traces, "ur_evoked_1", onset, response(0, 1.0))
    found = measure(traces, CHAPTER)
    assert found["cr_missing_1"].value == 0.5
    # In one trial 0.2 s before the UR, in the other 0.8 s after it, at its end.
    assert found["cr_onset_1"].value == pytest.approx((-0.2 + 0.8) / 2, abs=0.002)


def test_an_onset_lasts_and_a_ur_follows_its_us():
    """Neither a blip of the CR, nor one of the UR before its US, is one."""
    traces = silence(CHAPTER)
    blip, soon, late = (np.repeat([0.0, 1.0, 0.0], [n, width, 1000 - n - width]) for n, width in
                        ((50, 15), (100, 25), (250, 100)))  # fmt: skip
    for onset in TEST_ONSETS[0]:
        add(traces, "cr_evoked_1", onset, np.maximum(blip, soon))
        add(traces, "ur_evoked_1", onset, np.maximum(soon, late))
    found = measure(traces, CHAPTER)
    assert found["cr_onset_1"].value == pytest.approx(-0.15, abs=0.002)
    assert found["cr_missing_1"].value == 0


def test_without_a_time_of_noise_there_is_no_onset():
    traces = silence(CHAPTER)
    found = measure(traces[traces["time"] > 0.7], CHAPTER)
    assert np.isnan([found["cr_onset_1"].value, found["cr_missing_1"].value]).all()
    assert found["cr_peak_1"].value == 0


def test_acquisition_is_from_the_first_to_the_last_trial_of_learning():
    traces = silence(CHAPTER)
    for onset, peak in ((4.7, 0.1), (7.7, 0.25)):
        add(traces, "cr_evoked_2", onset, response(0, peak)[:300])
    found = measure(traces, CHAPTER)
    assert found["cr_acquisition_2"].value == pytest.approx(0.15)
    assert found["cr_acquisition_1"].value == 0


def test_change_is_from_the_first_to_the_last_test_trial():
    traces = silence(CHAPTER)
    for onset, peak in ((9.7, 0.6), (12.7, 0.5)):
        add(traces, "cr_1", onset, triangle(peak))
    add(traces, "cr_evoked_1", 9.7, response(0.3, 0.6))
    found = measure(traces, CHAPTER)
    assert found["cr_change_1"].value == pytest.approx(-0.1)


def test_a_cr_that_never_came_does_not_change():
    traces = silence(CHAPTER)
    for onset, peak in ((9.7, 0.6), (12.7, 0.6)):
        add(traces, "cr_1", onset, triangle(peak))
    for k in (1, 2, 3):
        assert np.isnan(measure(traces, CHAPTER)[f"cr_change_{k}"].value)


def test_one_test_trial_shows_no_change():
    found = measure(silence(CHAPTER), Parameters(duration=12))
    assert np.isnan(found["cr_change_1"].value)
    assert np.isfinite(found["cr_peak_1"].value)


def test_without_test_trials_nothing_is_measured():
    parameters = Parameters(duration=9)
    found = measure(silence(parameters), parameters)
    other = ("cs_named_right", "cr_before", "cr_acquisition")
    assert all(np.isnan(m.value) for name, m in found.items() if not name.startswith(other))


def test_metrics_and_units_are_those_of_the_contract():
    found = measure(silence(CHAPTER), CHAPTER)
    names = ("cr_peak", "ur_peak", "crosstalk", "cr_rise", "cr_tonic", "cr_onset", "cr_missing")
    names += ("cr_before", "cr_acquisition", "cr_change")
    expected = {
        f"{name}_{k}": "s" if name == "cr_onset" else "1" for name in names for k in (1, 2, 3)
    }
    expected |= {"error_shown": "1", "cs_named_right": "1"}
    assert {name: metric.unit for name, metric in found.items()} == expected


def test_without_learning_no_stimulus_evokes_a_response():
    """Whatever noise there is has no sign: what is evoked before the US is nothing."""
    run = simulate(replace(CHAPTER, learning_rate=0.0, n_neurons_per_dimension=50), seed=0)
    found = measure(run, CHAPTER)
    for k in (1, 2, 3):
        assert abs(found[f"cr_rise_{k}"].value) < 0.02
        assert found[f"cr_onset_{k}"].value > 0
        assert found[f"ur_peak_{k}"].value > 0.8


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
        add(traces, "cr_evoked_1", onset, response(0.2, 0.5))
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


# Controls


def metrics_of(parameters: conditioning.Parameters, study: str, cell: str) -> pd.DataFrame:
    """The metrics of the networks, as a cell of a study."""
    experiment = registry()["conditioning"]
    seeds = {seed: seed for seed in experiment.default_seeds}
    traces = simulation.simulate(experiment, parameters, seeds)
    found = simulation.measure(experiment, parameters, traces)
    return found.assign(study=study, cell=cell)


def test_networks_that_learn_nothing_reproduce_no_claim_about_a_cr():
    still, controls = Parameters(learning_rate=0), "controls-conditioning"
    of_pairs = metrics_of(still, "conditioning", "base")
    shuffled = metrics_of(replace(still, pairing="shuffled"), controls, "shuffled-pairs")
    metrics = pd.concat([of_pairs, of_pairs.assign(study=controls, cell="no-learning"), shuffled])
    studies = dict.fromkeys(("conditioning", controls), "conditioning")
    verdict = judge(published.listed(studies), metrics).set_index("name")
    about_a_cr = verdict["claim"].str.contains("CR ")
    without = verdict.index.str.contains("no-learning-no-cr|before-learning-no-cr")
    assert (about_a_cr & ~without).sum() > 20
    assert "reproduced" not in set(verdict.loc[about_a_cr & ~without, "verdict"])
    without = verdict[without]
    assert len(without) == 8
    assert set(without["verdict"]) == {"reproduced"}


@pytest.mark.parametrize(("evoked", "verdict"), [(0.0, "reproduced"), (0.05, "not reproduced")])
def test_what_is_evoked_before_learning_is_held_against_nothing(evoked, verdict):
    seeds = np.arange(20)
    of_pairs = [
        pd.DataFrame({"seed": seeds, "metric": f"cr_before_{k}", "value": evoked + 1e-4 * seeds})
        for k in (1, 2)
    ]
    metrics = pd.concat(of_pairs).assign(experiment="conditioning", variant="default", unit="1")
    found = judge(published.listed({"conditioning": "conditioning"}), metrics).set_index("name")
    for k in (1, 2):
        assert found["verdict"][f"conditioning.before-learning-no-cr-{k}"] == verdict
        assert found["kind"][f"conditioning.before-learning-no-cr-{k}"] == "control"


def test_shuffled_pairs_never_put_a_us_after_its_cs():
    shuffled = Parameters(pairing="shuffled")
    times = np.arange(0, 12, 0.001) + 0.0005
    us, own = (np.array([p.us(t) for t in times]) for p in (shuffled, Parameters()))
    assert not (us * own).any()
    np.testing.assert_array_equal(us.any(axis=1), own.any(axis=1))
    # Each of the others in turn: over two cycles, every US follows every other CS once.
    assert np.bincount(us.argmax(axis=1)[us.any(axis=1)]).std() == 0
    np.testing.assert_array_equal(us[:6000], us[6000:])


def test_a_single_pair_cannot_be_shuffled():
    one = Parameters(dimensions=1, pairing="shuffled")
    assert one.us(0.95) == [1]


def test_what_no_run_defines_is_told():
    assert registry()["conditioning"].undefined is undefined
    assert undefined(CHAPTER) == []
    few, silent = Parameters(dimensions=7), [[0.0] * 3, [0.0] * 3, [1.0, 0.0, 0.0]]
    assert [k for k in range(7) if not trials_after_learning(few, k)] == [0]
    (told,) = undefined(few)
    assert told.startswith("no trial of pair 1 comes between learning_stop (8 s) and duration")
    (told,) = undefined(Parameters(conditioned_stimuli=silent))
    assert told == "the CS of pair 1, 2 is zero: no CR can be learned to it"


def test_learning_may_go_on_for_longer_than_the_run():
    endless = replace(CHAPTER, learning_stop=1e9)
    onsets = trials_between(endless, 0, endless.learning_start, endless.learning_stop, 0.3)
    assert onsets == pytest.approx([3.7, 6.7, 9.7, 12.7])
