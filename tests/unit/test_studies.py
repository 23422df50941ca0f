import re
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic.dataclasses import dataclass
from snakemake.common.configfile import load_configfile

from snnlearn.config import loading, studies
from snnlearn.config.errors import Checker, ConfigError
from snnlearn.config.model import Block, StudySettings
from snnlearn.experiments import Experiment
from snnlearn.experiments.channel import RANDOM_SOURCES, Parameters
from snnlearn.registry import RESERVED
from snnlearn.registry import names as names_of_experiments
from snnlearn.settings.types import STRICT
from snnlearn.studies import (
    LONGEST_VALUE,
    Cell,
    Study,
    block_seeds,
    design,
    in_a_name,
    name_of,
    points_of,
    source_seeds,
    with_changes,
)

ROOT = Path(__file__).parents[2]


def study(block: dict, **top: object) -> Study:
    """One study beside what else stands at the top level."""
    return loading.load({**top, "studies": {"rates": {"experiment": "channel", **block}}}).studies[
        "rates"
    ]


def names(block: dict, **top: object) -> list[str]:
    return [cell.name for cell in study(block, **top).cells]


@pytest.fixture
def refused(tmp_path):
    """The complaints about a configuration: reason and line by key."""

    def refused(text: str) -> dict[str, tuple[str, int]]:
        file = tmp_path / "own.yaml"
        file.write_text(text)
        raw = load_configfile(file)
        with pytest.raises(ConfigError) as error:
            loading.load(raw, [file])
        complaints = {}
        for line in str(error.value).splitlines():
            form = rf"config: (\S+): (.+?) \({re.escape(str(file))}, line (\d+)\)(?:: .+)?"
            key, reason, number = re.fullmatch(form, line).groups()
            assert key not in complaints
            complaints[key] = (reason, int(number))
        return complaints

    return refused


# Cells


def test_a_sweep_has_a_cell_for_every_combination_and_the_last_key_changes_fastest():
    found = study({"sweep": {"n_neurons": [20, 30], "learning_rate": [1e-4, 2e-4, 3e-4]}})
    assert [dict(cell.values) for cell in found.cells] == [
        {"n_neurons": n, "learning_rate": rate} for n in (20, 30) for rate in (1e-4, 2e-4, 3e-4)
    ]
    assert [(cell.parameters.n_neurons, cell.parameters.learning_rate) for cell in found.cells] == [
        (cell.values["n_neurons"], cell.values["learning_rate"]) for cell in found.cells
    ]
    assert found.axes == {"n_neurons": [20, 30], "learning_rate": [1e-4, 2e-4, 3e-4]}
    assert list(found.axes) == ["n_neurons", "learning_rate"]


def test_points_are_cells_of_their_names():
    found = study({"points": {"wide": {"n_neurons": 90, "duration": 4}, "plain": {}}})
    assert [(cell.name, cell.folder) for cell in found.cells] == [
        ("wide", "rates/wide"),
        ("plain", "rates/plain"),
    ]
    wide, plain = (cell.parameters for cell in found.cells)
    assert (wide, plain) == (Parameters(n_neurons=90, duration=4), Parameters())
    assert found.axes == {"point": ["wide", "plain"]}


def test_every_point_is_crossed_with_every_combination():
    found = study(
        {"points": {"a": {"duration": 3}, "b": {"duration": 4}}, "sweep": {"n_neurons": [60, 20]}}
    )
    assert [(cell.name, dict(cell.values)) for cell in found.cells] == [
        ("a", {"point": "a", "n_neurons": 60}),
        ("a,n_neurons~20", {"point": "a", "n_neurons": 20}),
        ("b", {"point": "b", "n_neurons": 60}),
        ("b,n_neurons~20", {"point": "b", "n_neurons": 20}),
    ]
    assert [cell.parameters.duration for cell in found.cells] == [3, 3, 4, 4]
    assert found.axes == {"point": ["a", "b"], "n_neurons": [60, 20]}


def test_a_study_without_sweep_and_points_is_its_base():
    (cell,) = study({"set": {"n_neurons": 20}}).cells
    assert (cell.name, cell.folder, dict(cell.values)) == ("base", "rates", {})
    assert cell.parameters == Parameters(n_neurons=20)


def test_points_know_where_each_key_was_given():
    found = list(points_of({"a": 0}, {"p": {"b": 1, "a": 2}}, {"c": [3, 4]}))
    assert [point.changes for point in found] == [
        {"a": 2, "b": 1, "c": 3},
        {"a": 2, "b": 1, "c": 4},
    ]
    assert found[1].origins == {
        "a": ("points", "p", "a"),
        "b": ("points", "p", "b"),
        "c": ("sweep", "c", "1"),
    }


def test_changes_reach_into_blocks_and_leave_the_rest():
    block = {"a": {"b": 1, "c": 2}, "d": 3}
    assert with_changes(block, {"a.b": 9, "e.f": 4}) == {
        "a": {"b": 9, "c": 2},
        "d": 3,
        "e": {"f": 4},
    }
    assert with_changes(block, {"a": {"b": 9}}) == {"a": {"b": 9, "c": 2}, "d": 3}
    assert block == {"a": {"b": 1, "c": 2}, "d": 3}


# Names of folders


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (3e-05, "3e-05"),
        (0.25, "0.25"),
        (10.0, "10.0"),
        (30, "30"),
        (-3, "-3"),
        (True, "true"),
        (False, "false"),
        (None, "null"),
        ("nengo-dl", "nengo-dl"),
        ("a/b", "a%2Fb"),
        ("a,b~c d%", "a%2Cb~c%20d%25"),
        ("..", ".."),
        ("x" * LONGEST_VALUE, "x" * LONGEST_VALUE),
    ],
)
def test_values_in_the_names_of_folders(value, name):
    assert in_a_name(value) == name


@pytest.mark.parametrize("value", ["x" * (LONGEST_VALUE + 1), "/" * 27])
def test_a_value_too_long_for_a_folder_is_to_be_a_point(value):
    with pytest.raises(ValueError, match=r"is too long for the name of a folder: make it a point$"):
        in_a_name(value)


def test_a_name_has_what_differs_by_sorted_keys():
    base = {"b": {"c": 1}, "a": 2, "d": None}
    assert name_of("", {"b.c": 5, "a": True, "d": None}, base) == "a~true,b.c~5"
    assert name_of("p", {"b.c": 5, "a": 2}, base) == "p,b.c~5"
    assert name_of("p", {"a": 2}, base) == "p"
    assert name_of("", {"a": 2, "b.c": 1}, base) == "base"


def test_names_of_cells_leave_out_what_the_base_holds():
    sweep = {"n_neurons": [60, 20], "learning_rate": [3e-5, 1e-4]}
    assert names({"sweep": sweep}) == [
        "learning_rate~3e-05",
        "base",
        "learning_rate~3e-05,n_neurons~20",
        "n_neurons~20",
    ]


def test_nested_keys_have_dots_in_names():
    found = loading.load(
        {
            "studies": {
                "epochs": {
                    "experiment": "mnist",
                    "set": {"parameters.mode": "train"},
                    "sweep": {"parameters.training.epochs": [1, 10]},
                }
            }
        }
    ).studies["epochs"]
    assert [cell.folder for cell in found.cells] == [
        "epochs/parameters.training.epochs~1",
        "epochs",
    ]
    assert [cell.parameters.parameters.training.epochs for cell in found.cells] == [1, 10]
    assert {cell.parameters.parameters.mode for cell in found.cells} == {"train"}


def test_a_number_is_named_as_the_parameters_read_it():
    """However a file writes it."""
    assert names({"sweep": {"duration": [4, 5.0, "6"]}}) == [
        "duration~4.0",
        "duration~5.0",
        "duration~6.0",
    ]


def test_a_further_axis_that_holds_the_value_of_the_base_renames_nothing():
    before = names({"sweep": {"n_neurons": [20, 60]}})
    after = names({"sweep": {"learning_rate": [1e-4, 3e-4], "n_neurons": [20, 60]}})
    assert before == ["n_neurons~20", "base"]
    assert after == [*before, "learning_rate~0.0003,n_neurons~20", "learning_rate~0.0003"]


def test_further_values_points_and_seeds_rename_nothing():
    few = study({"points": {"a": {}}, "sweep": {"n_neurons": [20]}, "seeds": 3})
    block = {"points": {"b": {}, "a": {}}, "sweep": {"n_neurons": [10, 20]}, "seeds": 5}
    more = {cell.name: cell for cell in study(block).cells}
    (cell,) = few.cells
    assert more[cell.name].folder == cell.folder
    assert more[cell.name].parameters == cell.parameters


# The base


def test_the_base_is_the_block_of_the_user_and_what_is_set():
    block = {"set": {"duration": 4}, "sweep": {"n_neurons": [30, 60]}}
    found = study(block, channel={"n_neurons": 30, "learning_rate": 5e-4, "duration": 3})
    assert [cell.name for cell in found.cells] == ["base", "n_neurons~60"]
    assert [cell.parameters for cell in found.cells] == [
        Parameters(n_neurons=n, learning_rate=5e-4, duration=4) for n in (30, 60)
    ]


def test_what_is_set_is_the_base_of_what_is_swept():
    assert names({"set": {"n_neurons": 20}, "sweep": {"n_neurons": [20, 60]}}) == [
        "base",
        "n_neurons~60",
    ]


def test_a_study_goes_as_fidelity_says():
    (cell,) = study({}, fidelity="as_published").cells
    assert (cell.parameters.generalization_duration, cell.parameters.initial_function) == (
        0.0,
        "unseeded",
    )


# Seeds


def test_seeds_are_those_of_the_experiment_unless_the_study_has_its_own():
    given = {"channel": {"seeds": [7, 3], "seeds_per_job": 9}}
    (cell,) = study({}, **given).cells
    assert (list(cell.seeds.items()), cell.seeds_per_job) == ([(3, 3), (7, 7)], 9)
    (cell,) = study({"seeds": [4, 2], "seeds_per_job": 5, "traces": False}, **given).cells
    assert (list(cell.seeds.items()), cell.seeds_per_job) == ([(2, 2), (4, 4)], 5)
    assert not cell.traces


def cell_of(seeds: tuple[int, ...], per_job: int) -> Cell:
    return Cell("s", "channel", "base", None, {seed: seed for seed in sorted(seeds)}, per_job)


@pytest.mark.parametrize("per_job", [1, 3, 5, 100])
def test_each_seed_is_in_one_batch(per_job):
    seeds = (12, 3, 4, 0, 7, 100)
    batches = cell_of(seeds, per_job).batches()
    assert [seed for batch in batches.values() for seed in batch] == sorted(seeds)
    assert {seed // per_job - k for k, batch in batches.items() for seed in batch} == {0}


@pytest.mark.parametrize("few", [(0,), (0, 1, 2, 3), (9, 2), tuple(range(10))])
def test_more_seeds_only_add_batches(few):
    before, after = cell_of(few, 4).batches(), cell_of(tuple(range(20)), 4).batches()
    for number, batch in before.items():
        assert list(batch) == [seed for seed in after[number] if seed in few]


def test_a_design_has_two_seeds_of_each_source_in_every_combination():
    sources = {"a": ("x", "y"), "b": ("z",)}
    assert block_seeds(sources, 1) == [
        {"x": 2, "y": 2, "z": 2},
        {"x": 2, "y": 2, "z": 3},
        {"x": 3, "y": 3, "z": 2},
        {"x": 3, "y": 3, "z": 3},
    ]
    seeds = design(sources, 2)
    assert list(seeds) == list(range(8))
    assert list(seeds.values()) == block_seeds(sources, 0) + block_seeds(sources, 1)
    assert source_seeds(sources, seeds[5]) == {"a": 2, "b": 3}


def test_a_study_may_take_the_seeds_of_a_design():
    found = study({"seeds": {"blocks": 3}, "seeds_per_job": 5, "sweep": {"n_neurons": [10, 20]}})
    assert found.sources == RANDOM_SOURCES
    assert [dict(cell.seeds) for cell in found.cells] == [design(RANDOM_SOURCES, 3)] * 2
    assert [len(batch) for batch in found.cells[0].batches().values()] == [5, 5, 5, 5, 4]


def test_seeds_of_a_list_are_no_design():
    assert study({"seeds": 2}).sources == {}


@dataclass(frozen=True, config=STRICT)
class Nothing:
    """No parameters but one."""

    width: int = 1
    """Its width."""


def test_an_experiment_without_sources_of_randomness_has_no_design():
    plain = Experiment("plain", "Plain.", Nothing, lambda p, seeds: iter(()), lambda t, p: {})
    checker = Checker({}, (), {})
    settings = StudySettings("plain", seeds={"blocks": 2})
    studies._configured("s", settings, plain, {}, Block(Nothing(), (0,), 1), checker)
    assert checker.problems == [
        "config: studies.s.seeds.blocks: plain does not say which sources of randomness it has: "
        "give its module RANDOM_SOURCES, or the study seeds"
    ]


# What is wrong


@pytest.mark.parametrize(
    ("within", "key", "line"),
    [
        ("sweep: {learning_rat: [1.0e-4, 2.0e-4]}", "sweep.learning_rat", 4),
        ("set: {learning_rat: 1.0e-4}", "set.learning_rat", 4),
        ("points: {a: {duration: 3}, b: {learning_rat: 1}}", "points.b.learning_rat", 4),
        ("points:\n      a:\n        learning_rat: 1", "points.a.learning_rat", 6),
    ],
)
def test_an_unknown_key_is_named_where_it_was_given(refused, within, key, line):
    found = refused(f"studies:\n  rates:\n    experiment: channel\n    {within}\n")
    assert found == {f"studies.rates.{key}": ("unknown key; did you mean 'learning_rate'?", line)}


@pytest.mark.parametrize(
    ("place", "given"),
    [
        ("sweep", "sweep: {parameters.training.epoch: [1]}"),
        ("set", "set: {parameters.training.epoch: 1}"),
        ("set", "set: {parameters: {training: {epoch: 1}}}"),
        ("points.a", "points: {a: {parameters.training.epoch: 1}}"),
        ("points.a", "points: {a: {parameters.training: {epoch: 1}}}"),
    ],
)
def test_an_unknown_nested_key_is_named_with_all_its_parts(refused, place, given):
    found = refused(f"studies: {{s: {{experiment: mnist, {given}}}}}\n")
    assert found == {
        f"studies.s.{place}.parameters.training.epoch": (
            "unknown key; did you mean 'parameters.training.epochs'?",
            1,
        )
    }


def test_a_key_below_one_that_is_no_block_is_refused(refused):
    found = refused("studies: {s: {experiment: channel, sweep: {n_neurons.many: [7]}}}\n")
    assert found == {"studies.s.sweep.n_neurons.many.0": ("{'many': 7} is not a whole number", 1)}


@pytest.mark.parametrize("value", ["[1, 2]", "{'a': 1}"])
def test_lists_and_blocks_are_not_swept(refused, value):
    found = refused(
        f"studies: {{s: {{experiment: channel, sweep: {{n_neurons: [3, {value}]}}}}}}\n"
    )
    assert found == {
        "studies.s.sweep.n_neurons.1": (f"{value} is no single value: make it a point", 1)
    }


def test_a_sweep_over_nothing_is_refused(refused):
    found = refused("studies:\n  s:\n    experiment: channel\n    sweep: {n_neurons: []}\n")
    assert found == {"studies.s.sweep.n_neurons": ("the list of values is empty", 4)}


def test_a_value_out_of_range_is_named_with_its_place(refused):
    text = """
studies:
  rates:
    experiment: channel
    sweep:
      learning_rate: [1.0e-4, 2.0e-4]
      n_neurons:
      - 30
      - 0
"""
    found = refused(text)
    assert found == {"studies.rates.sweep.n_neurons.1": ("0 is less than 1", 7)}


def test_values_that_fit_alone_but_not_together_are_refused(refused):
    found = refused(
        "studies:\n  rates:\n    experiment: channel\n    points:\n      low:\n"
        "        stimulus_cutoff: 0.05\n"
    )
    ((key, (reason, line)),) = found.items()
    assert key == "studies.rates.points.low"
    assert reason.startswith("stimulus_cutoff (0.05 Hz) must lie between")
    assert line == 5


@pytest.mark.parametrize("twice", ["[20, 30, 20]", "[20, '20']", "[60, 60]"])
def test_a_value_listed_twice_is_refused(refused, twice):
    found = refused(
        f"studies:\n  rates:\n    experiment: channel\n    sweep:\n      duration: {twice}\n"
    )
    value = 60.0 if "60" in twice else 20.0
    assert found == {
        "studies.rates.sweep": (f"a value is listed twice: duration~{value}", 4),
    }


def test_a_key_that_points_set_and_a_sweep_overrides_is_refused(refused):
    found = refused(
        "studies:\n  rates:\n    experiment: channel\n    sweep:\n      duration: [20, 30]\n"
        "    points:\n      low:\n        duration: 10\n      high:\n        n_neurons: 90\n"
    )
    assert found == {
        "studies.rates.points.low.duration": ("is swept in this study, too", 8),
    }


def test_a_value_too_long_for_a_folder_is_refused(refused):
    url = "https://example.org/" + "x" * 80
    found = refused(
        "studies:\n  s:\n    experiment: mnist\n    sweep:\n"
        f"      parameters.download.url: ['{url}']\n"
    )
    assert found == {
        "studies.s.sweep": (f"{url!r} is too long for the name of a folder: make it a point", 4)
    }


@pytest.mark.parametrize(
    "name", ["base", "runs", "metrics", "figures", "partial", "metrics.csv", "manifest.csv"]
)
def test_names_that_a_study_needs_itself_are_no_points(refused, name):
    found = refused(f"studies: {{s: {{experiment: channel, points: {{{name}: {{}}}}}}}}\n")
    assert found == {
        f"studies.s.points.{name}": ("is a name that a study needs itself: rename it", 1)
    }


@pytest.mark.parametrize(
    "name",
    [
        *("channel", "mnist", "errata-channel", "variance-channel", "controls-x"),
        *("logs", "data", "trainings", "benchmarks", "studies", "figures", "partial"),
    ],
)
def test_names_of_studies_that_are_taken(refused, name):
    found = refused(f"studies: {{{name}: {{experiment: channel}}}}\n")
    assert found == {f"studies.{name}": ("the name stands for something else: take another one", 1)}


def test_no_study_takes_the_place_of_a_file_of_results():
    files = [*ROOT.glob("workflow/**/*.smk"), *ROOT.glob("src/**/*.py")]
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    found = set(re.findall(r"""["'](?:results|sqlite:///results)/(\w[\w.-]*)["']""", text))
    assert {"metrics.csv", "mlflow.db", "verdict.md"} <= found
    assert found <= RESERVED


@pytest.mark.parametrize("name", ["a/b", "a b", ".hidden", "", "x" * 61])
def test_names_that_are_no_folders_are_refused(name):
    with pytest.raises(ConfigError):
        loading.load({"studies": {name: {"experiment": "channel"}}})
    with pytest.raises(ConfigError):
        loading.load({"studies": {"s": {"experiment": "channel", "points": {name: {}}}}})


def test_an_unknown_experiment_is_refused_with_a_proposal(refused):
    found = refused("studies:\n  a:\n    experiment: chanel\n  b:\n    experiment: xyz\n")
    assert found == {
        "studies.a.experiment": ("there is no experiment 'chanel'; did you mean 'channel'?", 3),
        "studies.b.experiment": (
            f"there is no experiment 'xyz'; {', '.join(names_of_experiments())}",
            5,
        ),
    }


def test_everything_that_is_wrong_is_said_at_once(refused):
    text = """
studies:
  channel: {experiment: channel}
  a:
    experiment: channel
    set: {n_neuron: 3}
    points: {base: {}}
    sweep: {n_neurons: [0]}
  b:
    experiment: channel
    sweep: {n_neurons: [0, 20], learning_rate: [-1.0, 1.0e-4]}
  c:
    experiment: chanel
"""
    assert set(refused(text)) == {
        "studies.channel",
        "studies.a.set.n_neuron",
        "studies.a.points.base",
        "studies.a.sweep.n_neurons.0",
        "studies.b.sweep.n_neurons.0",
        "studies.b.sweep.learning_rate.0",
        "studies.c.experiment",
    }


def test_what_a_study_lacks_and_does_not_know_is_refused(refused):
    found = refused("studies:\n  a: {sweeps: {}}\n")
    assert found == {
        "studies.a.sweeps": ("unknown key", 2),
        "studies.a.experiment": ("must be given", 2),
    }


@pytest.mark.parametrize(
    ("key", "now"),
    [
        ("epochs", "{parameters.training.epochs: …}"),
        ("training_images", "{parameters.training.images: …}"),
        ("test_images", "{test_images: …}"),
    ],
)
def test_keys_of_earlier_layouts_are_told_their_new_names(refused, key, now):
    found = refused(f"variance:\n  mnist:\n    {key}: 3\n")
    assert found == {f"variance.mnist.{key}": (f"is now variance.mnist.set: {now}", 3)}


# What is made of them


def test_own_and_generated_studies_are_beside_those_listed():
    found = loading.load({"studies": {"rates": {"experiment": "channel"}}}).studies
    assert {name for name, study in found.items() if study.own} == {
        *("channel", "conditioning", "mnist", "tuning_curve")
    }
    assert {name for name, study in found.items() if study.generated} == {
        *(f"errata-{name}" for name in ("channel", "conditioning", "mnist", "tuning_curve")),
        *("controls-channel", "controls-conditioning", "variance-channel"),
    }
    assert not found["rates"].own
    assert not found["rates"].generated


def test_an_experiment_on_request_runs_where_its_block_or_a_study_names_it(monkeypatch):
    experiments = loading.registry()
    experiments["channel"] = replace(experiments["channel"], on_request=True)
    monkeypatch.setattr(loading, "registry", lambda: experiments)
    rates = {"rates": {"experiment": "channel"}}

    def found(**given: object) -> dict[str, Study]:
        return {n: s for n, s in loading.load(given).studies.items() if s.experiment == "channel"}

    assert found(seeds=3) == {}
    assert found(channel={"duration": 2}) == {}
    assert set(found(channel={"seeds": 3})) >= {"channel", "errata-channel", "controls-channel"}
    (study,) = found(studies=rates, channel={"duration": 2}).values()
    assert study.cells[0].parameters.duration == 2
    assert len(study.cells[0].seeds) == len(experiments["channel"].default_seeds)
    with pytest.raises(ConfigError, match="stands for something else"):
        loading.load({"studies": {"channel": {"experiment": "conditioning"}}})


def test_what_is_set_for_the_variance_is_beside_what_the_experiment_sets():
    mnist = {"blocks": 1, "set": {"test_images": 50}}
    found = loading.load({"variance": {"mnist": mnist}}).studies
    parameters = found["variance-mnist"].cells[0].parameters
    assert (parameters.test_images, parameters.parameters.mode) == (50, "train")


def test_controls_run_with_the_seeds_of_the_experiment_and_keep_metrics_only():
    found = loading.load({"seeds": 4, "channel": {"n_neurons": 20}}).studies["controls-channel"]
    cell, *at_constant_input = found.cells
    assert (cell.name, cell.folder) == ("no-learning", "controls-channel/no-learning")
    assert [other.parameters.n_neurons for other in at_constant_input] == [30, 60, 120]
    assert (cell.parameters.learning_rate, cell.parameters.n_neurons) == (0, 20)
    assert (list(cell.seeds), cell.traces, found.generated) == ([0, 1, 2, 3], False, True)
