"""The command line `snnlearn`, and what the package shows to who imports it."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tiny_project import ROOT

import snnlearn
from snnlearn import registry
from snnlearn.commands import main as cli
from snnlearn.commands.list import summaries
from snnlearn.commands.pairing import paired
from snnlearn.commands.tables import without_marks
from snnlearn.data import checksums, datasets, obtaining
from snnlearn.settings.documentation import keys_of
from snnlearn.simulation import measure, simulate
from snnlearn.statistics import mean_interval

SHIPPED = ROOT / "resources/pretrained/spiking-convnet-{seed}.npz"
HEAVY = ("numpy", "pandas", "nengo", "tensorflow", "matplotlib")
SHORT = ("--set", "duration=2", "--set", "generalization_duration=0", "--set", "n_neurons=20")


def fresh(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def snn(*arguments: object) -> None:
    cli.main([*map(str, arguments)])


@pytest.fixture
def refused(capsys):
    """The message with which a command ends."""

    def refused(*arguments: object) -> str:
        with pytest.raises(SystemExit) as end:
            snn(*arguments)
        assert end.value.code == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert "Traceback" not in printed.err
        return printed.err

    return refused


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A file with 40 of the digits that stand in for MNIST."""
    path = tmp_path_factory.mktemp("images") / "digits.npz"
    arrays = obtaining.stand_in([])[0].arrays().items()
    datasets.write(path, datasets.Images(**{name: array[:40] for name, array in arrays}))
    return path


# The package


@pytest.mark.parametrize(
    "doing",
    [
        "import snnlearn",
        "import snnlearn; snnlearn.__version__; dir(snnlearn)",
        "from snnlearn.commands.main import main; main(['list'])",
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_asked_for(doing):
    told = f"; import sys; print(sorted(set(sys.modules) & {{*{HEAVY}}}))"
    finished = fresh("-c", doing + told)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines()[-1] == "[]"


def test_the_package_is_there_at_once():
    """Loading of Python itself is not counted."""
    timed = "import time; t = time.perf_counter(); import snnlearn; print(time.perf_counter() - t)"
    assert min(float(fresh("-c", timed).stdout) for _ in range(3)) < 0.3


def test_what_is_public_is_reached_from_the_package():
    found = fresh("-c", "import snnlearn; print(snnlearn.experiments.channel.simulate.__module__)")
    assert found.stdout == "snnlearn.experiments.channel\n"
    assert set(snnlearn.__all__) <= set(dir(snnlearn))
    assert all(getattr(snnlearn, name) for name in snnlearn.__all__)
    assert f'version = "{snnlearn.__version__}"' in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize(
    ("of", "name"), [(snnlearn, "simulated"), (snnlearn.experiments, "chanel")]
)
def test_what_there_is_not_is_named(of, name):
    with pytest.raises(AttributeError, match=f"module '{of.__name__}' has no attribute '{name}'"):
        getattr(of, name)


# Help, list, show


def test_every_command_says_what_it_takes(capsys):
    for name in cli.COMMANDS:
        with pytest.raises(SystemExit) as end:
            snn(name, "--help")
        assert end.value.code == 0
        assert f"usage: snnlearn {name}" in capsys.readouterr().out


def test_the_module_is_the_command():
    finished = fresh("-m", "snnlearn", "--version")
    assert finished.stdout == f"snnlearn {snnlearn.__version__}\n"
    assert fresh("-m", "snnlearn").returncode == 2


def test_the_list_is_that_of_the_registry(capsys):
    assert summaries() == {name: of.summary for name, of in registry.registry().items()}
    snn("list")
    printed = capsys.readouterr().out
    assert all(re.search(rf"^{name} +{re.escape(of)}$", printed, re.M)
               for name, of in summaries().items())  # fmt: skip


@pytest.mark.parametrize("name", registry.names())
def test_every_experiment_is_shown_whole(name, capsys):
    snn("show", name)
    printed = " ".join(capsys.readouterr().out.split())
    experiment = registry.load(name)
    assert experiment.summary in printed
    for key in keys_of(experiment.Parameters()):
        assert key.is_block or f"{'.'.join(key.path)} ({key.kind}; default" in printed
        assert key.is_block or without_marks(key.meaning) in printed
    assert "Metrics: " in printed
    assert "Figures:" in printed


def test_what_is_shown_has_metrics_and_figures(capsys):
    snn("show", "tuning_curve")
    printed = capsys.readouterr().out
    assert "In hertz: soft_rate_at_0, soft_rate_at_1" in printed
    assert "\n  tuning_curve\n      (a) Firing rate of a LIF neuron" in printed
    assert "``" not in printed


# Run


def test_a_run_is_that_of_the_library(tmp_path, capsys):
    table = tmp_path / "metrics.csv"
    snn("run", "channel", "--seed", 3, *SHORT, "--output", table)
    experiment = registry.load("channel")
    parameters = experiment.Parameters(duration=2, generalization_duration=0, n_neurons=20)
    expected = measure(experiment, parameters, simulate(experiment, parameters, {3: 3}))
    pd.testing.assert_frame_equal(pd.read_csv(table, dtype={"unit": str}), expected)
    printed = capsys.readouterr().out
    (value,) = expected.loc[expected["metric"] == "rmse_last_second", "value"]
    assert re.search(rf"^rmse_last_second +{value:.4g}$", printed, re.M)
    assert re.search(r"^rmse_generalization +not defined$", printed, re.M)


def test_several_seeds_have_their_mean_and_interval(tmp_path, capsys):
    table = tmp_path / "metrics.csv"
    snn("run", "channel", "--seeds", 5, *SHORT, "--output", table)
    values = pd.read_csv(table).query("metric == 'drift'")["value"].to_numpy()
    low, high = mean_interval(values)
    expected = f"{values.mean():.4g} [{low:.4g}, {high:.4g}]"
    printed = capsys.readouterr().out
    assert "mean of 5 seeds [95 % interval]" in printed
    assert re.search(rf"^drift +{re.escape(expected)} +1/s$", printed, re.M)


@pytest.mark.parametrize(("kind", "n"), [("png", 4), ("pdf", 1)])
def test_figures_are_drawn(tmp_path, kind, n):
    snn("run", "channel", *SHORT, "--plot", tmp_path / f"look.{kind}")
    files = sorted(tmp_path.iterdir())
    begins = {"png": b"\x89PNG", "pdf": b"%PDF"}[kind]
    assert len(files) == n
    assert all(file.name.startswith("look") for file in files)
    assert all(file.read_bytes().startswith(begins) for file in files)


def test_all_mistakes_are_told_at_once(refused):
    given = ("n_neuron=30", "learning_rate=-1", "foo", "dt=1e-3", "dt=1e-4", "duration=[1")
    options = [text for entry in given for text in ("--set", entry)]
    assert refused("run", "channel", *options, "--set", "stimulus_rms=loud").splitlines() == [
        "--set foo: give KEY=VALUE",
        "--set dt: is given twice; keep one",
        "--set duration: '[1' is no value in YAML",
        "--set learning_rate: -1 is less than 0: Learning rate of PES. Nengo divides it by "
        "`n_neurons` and multiplies it by `dt`.",
        "--set stimulus_rms: 'loud' is not a number: Root mean square of the input.",
        "--set n_neuron: unknown key; did you mean 'n_neurons'?",
    ]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["chanel"], "invalid choice: 'chanel' (choose from 'channel'"),
        (["channel", "--seed", "-1"], "'-1' is not a whole number from 0"),
        (["channel", "--seed", "1", "--seeds", "2"], "not allowed with argument"),
        (["channel", "--output", "metrics.txt"], "is written as .csv"),
        (["channel", "--output", "nowhere/metrics.csv"], "there is no folder nowhere"),
        (["channel", "--plot", "look.gif"], "ends with .png, .svg, .pdf"),
        (["channel", "--set", "n_neurons=1000000000"], "of memory for one job"),
        (["channel", "--images", "x.npz"], "takes neither images nor trained parameters"),
        (["channel", "--set", "duration=2026-13-45"], "is no value in YAML"),
        (["mnist", "--set", "parameters.mode=train"], "nothing is trained here"),
        (["mnist", "--set", "dataset=fashion"], "give their file with --images"),
        (["mnist", "--params", "none.npz"], "there is no file none.npz"),
        (["mnist", "--params", "none.npz", "--seeds", "2"], "is one network, and there are 2"),
        (["mnist", "--seed", "77"], "there is no file"),
    ],
)
def test_what_cannot_be_run_is_refused(refused, arguments, complaint):
    assert complaint in refused("run", *arguments)


def test_without_images_it_is_said_where_they_were_looked_for(refused, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (line,) = refused("run", "mnist").splitlines()
    assert "mnist.npz was looked for in resources, ../shared/data" in line
    assert "--images FILE.npz" in line


@pytest.mark.parametrize(
    ("name", "settings", "metric"),
    [
        ("mnist", ["n_steps=3"], "accuracy_after"),
        ("latency", ["n_steps=20"], "accuracy_by_rates"),
        ("robustness", ["n_steps=3", "dead_neurons=[0.1]"], "accuracy_dead_neurons_10"),
    ],
)
def test_the_classifier_takes_images_and_parameters(
    tmp_path, digits, capsys, name, settings, metric
):
    table = tmp_path / "metrics.csv"
    options = [text for entry in settings for text in ("--set", entry)]
    files = ("--images", digits, "--params", SHIPPED)
    snn("run", name, *options, *files, "--seeds", 2, "--output", table)
    found = pd.read_csv(table)
    assert found["variant"].unique().tolist() == ["pretrained-on-mnist/digits-unverified"]
    assert found["seed"].unique().tolist() == [0, 1]
    assert found.loc[found["metric"] == metric, "value"].between(0.2, 1).all()
    assert f"{name} (pretrained-on-mnist/digits-unverified)" in capsys.readouterr().out


# Predict


def test_images_are_predicted(digits, capsys):
    params = str(SHIPPED).format(seed=0)
    snn("predict", "--params", params, "--images", digits, "--limit", 3, "--steps", 2)
    printed = capsys.readouterr().out
    assert list(pd.read_csv(io.StringIO(printed))) == ["image", "class", "score"]
    other = fresh("-m", "snnlearn.mnist", "predict", "--params", params, "--data", str(digits),
                  "--limit", "3", "--steps", "2")  # fmt: skip
    assert other.stdout == printed


def test_files_that_there_are_not_cannot_be_predicted(refused, tmp_path):
    path = tmp_path / "nowhere.npz"
    assert refused("predict", "--params", path, "--images", path) == (
        f"{path}: there is no such file\n"
    )


def test_no_library_speaks_on_the_terminal(digits):
    """With NengoDL's engine, TensorFlow starts."""
    params = str(SHIPPED).format(seed=0)
    options = ["--limit", "2", "--steps", "2", "--engine", "nengo-dl", "--minibatch-size", "2"]
    finished = fresh(
        *("-m", "snnlearn", "predict", "--params", params, "--images", str(digits)), *options
    )
    assert finished.returncode == 0, finished.stderr
    assert re.fullmatch(r"Evaluating with engine nengo-dl, threads: \d+\s*", finished.stderr)


def test_an_error_at_the_start_of_a_library_is_told():
    failing = (
        "import os\nfrom snnlearn.engines.native_messages import held_back\n"
        "with held_back():\n"
        "    os.write(2, b'I0000 00:00:1.2   3 port.cc:153] information\\n')\n"
        "    os.write(2, b'something else\\n')\n"
    )
    assert fresh("-c", failing).stderr == "something else\n"
    told = fresh("-c", failing + "    raise OSError('broken')\n").stderr
    assert "information\nsomething else\n" in told
    assert told.endswith("OSError: broken\n")


# Compare


def results(folder: Path, values: dict[str, dict[int, float]], **more: str) -> Path:
    """A folder of results with these metrics by their names, and by seed."""
    rows = [
        {"experiment": "channel", "variant": "default", "seed": seed, "metric": metric,
         "value": value, "unit": "1", **more}
        for metric, of_seeds in values.items()
        for seed, value in of_seeds.items()
    ]  # fmt: skip
    folder.mkdir(parents=True)
    pd.DataFrame(rows).to_csv(folder / "metrics.csv", index=False)
    return folder


@pytest.fixture
def two(tmp_path):
    rng = np.random.default_rng(0)
    first = dict(enumerate(rng.normal(size=8)))
    second = {seed: value + 0.5 + 0.1 * rng.normal() for seed, value in first.items() if seed > 1}
    one = results(tmp_path / "one", {"error": first, "drift": {1: 1.0}})
    return one, results(tmp_path / "two", {"error": second | {9: 0.0}, "gain": {2: 1.0}})


def test_differences_are_paired_by_seed(two, tmp_path, capsys):
    snn("compare", *two, "--csv", tmp_path / "compared.csv")
    tables = [pd.read_csv(folder / "metrics.csv").query("metric == 'error'") for folder in two]
    values = [table.set_index("seed")["value"].loc[range(2, 8)] for table in tables]
    differences = (values[1] - values[0]).to_numpy()
    found = pd.read_csv(tmp_path / "compared.csv").iloc[0]
    assert (found["metric"], found["n"]) == ("error", 6)
    measured = found[["results", "other", "difference", "low", "high"]].to_numpy(float)
    expected = [values[0].mean(), values[1].mean(), differences.mean(), *mean_interval(differences)]
    np.testing.assert_allclose(measured, expected, rtol=1e-12)
    printed = capsys.readouterr().out
    assert "channel: 6 seeds paired; left out: 2 of RESULTS alone, 1 of OTHER alone\n" in printed
    assert "in RESULTS alone: 1 metrics of channel\nin OTHER alone: 1 metrics of channel" in printed


def test_undefined_values_make_no_pair(two):
    tables = [
        pd.read_csv(folder / "metrics.csv").assign(study="channel", cell="") for folder in two
    ]
    tables[0].loc[tables[0]["seed"] == 3, "value"] = np.nan
    assert paired(*tables).metrics["n"].tolist() == [5]
    assert paired(*tables).seeds["paired"].tolist() == [6]


def test_results_are_the_same_as_themselves(two, capsys):
    snn("compare", two[0], two[0])
    printed = capsys.readouterr().out
    assert re.search(r"^error +8 +\S+ +\S+ +0$", printed, re.M)


def test_cells_of_studies_are_compared_with_each_other(tmp_path, capsys):
    for name, shift in (("one", 0.0), ("two", 1.0)):
        results(tmp_path / name, {"error": {0: 0.0}})
        for cell in ("base", "n~30"):
            values = {"error": {seed: seed**2 + shift * seed for seed in range(6)}}
            results(tmp_path / name / f"of-{cell}", values, study="rates", cell=cell)
    snn("compare", tmp_path / "one", tmp_path / "two")
    printed = capsys.readouterr().out
    for cell in ("rates/base (channel)", "rates/n~30 (channel)"):
        assert f"{cell}: 6 seeds paired; left out: 0 of RESULTS alone, 0 of OTHER alone" in printed
    assert len(re.findall(r"^error +6 +9\.167 +11\.67 +2\.5 \[", printed, re.M)) == 2


def test_what_made_results_is_compared_as_far_as_it_is_known(two, capsys):
    for folder, commit in zip(two, ("abc", "def"), strict=True):
        record = {"commit": commit, "versions": {"numpy": "2"}, "started": str(folder)}
        (folder / "provenance.json").write_text(json.dumps(record))
    snn("compare", *two)
    assert capsys.readouterr().out.endswith("The provenance differs in:\n  commit: abc -> def\n")
    (two[1] / "provenance.json").unlink()
    snn("compare", *two)
    assert f"What made OTHER is not known: {two[1]} has no prov" in capsys.readouterr().out


def test_what_cannot_be_compared_is_refused(refused, two, tmp_path):
    assert f"{tmp_path}/no has no metrics.csv" in refused("compare", two[0], tmp_path / "no")
    other = results(tmp_path / "three", {"gain": {100: 1.0}})
    assert "have no metric of the same run in common" in refused("compare", two[0], other)
    (other / "metrics.csv").write_text("experiment,seed\n")
    assert "it lacks the columns variant" in refused("compare", two[0], other)
    checksums.record([two[0] / "metrics.csv"])
    with (two[0] / "metrics.csv").open("a") as file:
        file.write("channel,default,77,error,1,1\n")
    assert "damaged or edited" in refused("compare", *two)
    assert "ends with .csv" in refused("compare", *two, "--csv", "compared.txt")
