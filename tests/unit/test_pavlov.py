"""The battery of conditioning, its designs, and the model of Rescorla and Wagner."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from snnlearn import published, simulation
from snnlearn.conditioning.designs import BATTERY, Schedule, Trial, all_trials, letters
from snnlearn.conditioning.rescorla_wagner import Model, fitted
from snnlearn.experiments import pavlov
from snnlearn.experiments.pavlov import Parameters
from snnlearn.measures import explained
from snnlearn.registry import load
from snnlearn.verdict import judge

# Designs


def test_phases_are_read_as_the_field_writes_them():
    assert all_trials(["2 A+ BX-", "1 -"]) == [
        *[Trial("A", True), Trial("BX", False)] * 2,
        Trial("", False),
    ]
    assert letters(["2 A+ BX-", "1 -"]) == {"A", "B", "X"}


@pytest.mark.parametrize("phase", ["", "A+", "0 A+", "20A+", "20 a+", "20 A", "20 A+X-", "x A+"])
def test_what_is_no_phase_is_refused_with_an_example(phase):
    with pytest.raises(ValueError, match=r"is no phase of a design: it is written as '20 A\+'"):
        all_trials([phase])


def test_stimuli_come_in_their_trials_and_the_gate_closes_before_the_tests():
    vectors = {"A": np.array([0.7, 0, 0]), "X": np.array([0, 0.7, 0])}
    schedule = Schedule(
        all_trials(["1 A+", "1 AX-"]), [Trial("X", False)], vectors, (0, 0.3), (0.2, 0.3)
    )
    assert schedule.duration == pytest.approx(3.7)
    assert [round(onset, 9) for onset, _ in schedule.onsets()] == [0.7, 1.7, 2.7]
    for t, cs, us in [
        (0.5, (0, 0, 0), 0),
        (0.8, (0.7, 0, 0), 0),
        (0.95, (0.7, 0, 0), 1),
        (1.05, (0, 0, 0), 0),
        (1.95, (0.7, 0.7, 0), 0),
        (2.95, (0, 0.7, 0), 0),
        (3.75, (0, 0, 0), 0),
    ]:
        assert tuple(schedule.cs(t)) == cs
        assert tuple(schedule.us(t)) == (us, 0, 0)
    assert [schedule.gate(t) for t in (0.1, 2.5, 2.65, 3.0)] == [0, 0, 1, 1]


# The model


def test_one_stimulus_is_acquired_exponentially_and_extinguished():
    model = Model(rate=0.2, asymptote=0.5)
    acquired = model.responses(all_trials(["20 A+"]))
    np.testing.assert_allclose(acquired, 0.5 * (1 - 0.8 ** np.arange(20)))
    after = model.responses(all_trials(["20 A+", "20 A-"]))[20:]
    np.testing.assert_allclose(after, 0.5 * (1 - 0.8**20) * 0.8 ** np.arange(20))


def test_stimuli_compete_for_what_is_not_predicted_yet():
    model = Model(rate=0.3, asymptote=1)
    blocked = model.strengths(all_trials(["30 A+", "30 AX+"]))
    alone = model.strengths(all_trials(["30 B+", "30 AX+"]))
    assert blocked["X"] == pytest.approx(0, abs=1e-4)
    assert alone["X"] == alone["A"] == pytest.approx(0.5, abs=1e-4)
    inhibiting = model.strengths(all_trials(["200 A+ AX-"]))
    assert inhibiting["X"] == pytest.approx(-inhibiting["A"], abs=1e-3)
    assert model.response(all_trials(["30 A+ X+"]), "AX") == pytest.approx(2, abs=1e-3)


@pytest.mark.parametrize("rate", [0.02, 0.2, 0.7])
def test_the_model_is_found_again_in_what_it_predicts(rate):
    model = Model(rate, 0.6)
    found = fitted(model.responses(all_trials(["20 A+"])))
    assert found.rate == pytest.approx(rate, rel=1e-3)
    assert found.asymptote == pytest.approx(0.6, rel=1e-3)
    reached = found.reaching(0.3, all_trials(["20 A+"]), "A")
    assert reached.response(all_trials(["20 A+"]), "A") == pytest.approx(0.3)
    assert reached.rate == found.rate


def test_what_is_explained_is_a_share_of_the_variance():
    assert explained([(1, 1), (2, 2)]) == 1
    assert explained([(1, 1.5), (2, 1.5)]) == 0
    assert explained([(1, 2), (2, 1)]) < 0
    assert np.isnan(explained([(1, 1), (1, 1)]))
    assert np.isnan(explained([]))
    with pytest.raises(ValueError, match="2 trials of acquisition are fewer than 3"):
        fitted([0, 1])


# The experiment

#: As few neurons and trials as learn something.
SMALL = Parameters(
    designs={
        "acquisition": ("8 A+",),
        "extinction": ("8 A+", "8 A-"),
        "blocking": ("8 A+", "8 AX+"),
        "blocking_control": ("8 B+", "8 AX+"),
    },
    tests=("A", "X"),
    test_repeats=1,
    n_neurons_per_dimension=60,
    learning_rate=6e-4,
)


@pytest.fixture(scope="module")
def run():
    (traces,) = simulation.simulate(load("pavlov"), SMALL, {0: 0})
    return traces


def test_a_run_has_a_row_for_each_trial(run):
    assert run.groupby("design", sort=False).size().to_dict() == {
        "acquisition": 10,
        "extinction": 18,
        "blocking": 18,
        "blocking_control": 18,
    }
    assert set(run["phase"]) == {"8 A+", "8 A-", "8 AX+", "8 B+", "test"}
    reinforced = run[run["reinforced"]]
    assert reinforced["ur"].between(0.4, 1.2).all()  # the US lasts for ten time constants
    assert run["ur"][~run["reinforced"]].abs().max() < 0.2


def test_what_is_the_same_until_then_is_learned_in_the_same_way(run):
    """Designs differ in nothing before they differ."""
    first = [run[run["design"] == name].head(8) for name in ("acquisition", "extinction")]
    np.testing.assert_array_equal(first[0]["cr"], first[1]["cr"])


def test_the_network_acquires_extinguishes_and_blocks(run):
    found = {name: metric.value for name, metric in pavlov.measure(run, SMALL).items()}
    assert found["cr_acquisition_a"] > 0.3
    assert found["cr_extinction_a"] < 0.3 * found["cr_acquisition_a"]
    assert found["cr_blocking_x"] < 0.6 * found["cr_blocking_control_x"]
    assert found["rw_fit"] > 0.95
    assert found["rw_explained_trials"] > 0.8
    assert found["rw_acquisition_a"] == pytest.approx(found["cr_acquisition_a"])
    assert np.isnan(found["rw_acquisition_x"])
    assert np.isnan(found["early_extinction"])


def test_what_one_design_gives_does_not_depend_on_the_others(run):
    alone = replace(SMALL, designs={"acquisition": ("8 A+",)})
    (traces,) = simulation.simulate(load("pavlov"), alone, {0: 0})
    of_both = run[run["design"] == "acquisition"]
    pd.testing.assert_frame_equal(traces, of_both.reset_index(drop=True))
    assert np.isnan(pavlov.measure(traces, alone)["rw_explained_tests"].value)


def test_how_fast_the_last_phase_is_learned_is_that_of_no_other():
    twice = Parameters(designs={"acquisition": ("8 A+",), "again": ("8 A+", "8 A-", "8 A+")})
    rows = [
        (name, "test" if number >= n else "8 A+", trial.stimuli, trial.reinforced, number)
        for name, n in (("acquisition", 8), ("again", 24))
        for number, (_, trial) in enumerate(twice.schedule(name).onsets())
    ]
    traces = pd.DataFrame(rows, columns=["design", "phase", "stimuli", "reinforced", "cr"])
    found = pavlov.measure(traces.assign(tonic=0.0), twice)
    assert found["early_acquisition"].value == np.mean(range(6))
    assert found["early_again"].value == np.mean(range(16, 22))


def test_without_learning_nothing_is_claimed_to_be_learned():
    """No claim about learning holds of networks that learn nothing."""
    none = replace(SMALL, learning_rate=0.0, designs=dict(BATTERY) | {"acquisition": ("8 A+",)})
    experiment = load("pavlov")
    rng = np.random.default_rng(0)
    rows = []
    for seed in range(8):
        for name in none.battery:
            for number, (_, trial) in enumerate(none.schedule(name).onsets()):
                phase = "test" if number >= len(all_trials(none.battery[name])) else "learning"
                noise = rng.normal(0, 0.01, 2)
                rows.append(
                    (seed, name, phase, number, trial.stimuli, trial.reinforced, *noise, 0.0)
                )
    columns = ["seed", "design", "phase", "trial", "stimuli", "reinforced", "cr", "ur", "tonic"]
    traces = pd.DataFrame(rows, columns=columns).assign(variant="default")
    metrics = simulation.measure(experiment, none, simulation.runs_in(traces))
    judged = judge(published.listed({"pavlov": "pavlov"}), metrics)
    verdicts = judged.set_index("name")["verdict"]
    shown = {name for name in verdicts.index if "no-" not in name}
    assert not [name for name in shown if verdicts[name] == "reproduced"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"designs": {}}, "designs is empty"),
        ({"designs": {"acquisition": ()}}, "design acquisition has no phase"),
        ({"designs": {"acquisition": ("8 Q+",)}}, "design acquisition presents Q, not in stimuli"),
        ({"designs": {"acquisition": ("8 A",)}}, "'8 A' is no phase of a design"),
        ({"designs": {"other": ("8 A+",)}}, "fitted_on is 'acquisition', which is none of"),
        ({"designs": {"acquisition": ("8 AX+",)}}, "is not one CS, always reinforced"),
        ({"designs": {"acquisition": ("2 A+",)}}, "has fewer than 3 trials"),
        ({"tests": ("X",)}, "tests do not present A of acquisition alone"),
        ({"tests": ("A", "Q")}, "tests present Q, not in stimuli"),
        ({"stimuli": {"A": (1, 0), "B": (0, 1, 0), "X": (0, 1)}}, "vectors of one length"),
        ({"us_delay": 0.7, "us_duration": 0.2}, "the US is not over before the next trial"),
    ],
)
def test_what_does_not_fit_together_is_refused(changed, told):
    with pytest.raises(ValidationError, match=told):
        Parameters(**changed)
