"""A configuration that cannot be used."""

import os
import re
import subprocess
import threading

import pytest
from hypothesis import given, settings
from odd_configurations import pairs, texts
from tiny_project import TINY

from snnlearn.config.errors import ConfigError
from snnlearn.config.loading import load
from snnlearn.results import read_metrics

MISTAKES = """\
seeds: 0
chanel: {n_neurons: 60}
channel:
  learning_rat: 1e-4
  n_neurons: many
conditioning:
  learning_rate: -0.1
mnist:
  parameters: {mode: download}
data:
  name: ""
"""


def test_all_mistakes_are_named_at_once_before_any_job(project):
    project.configure(MISTAKES)
    failed = project.snakemake("--dry-run", check=False)
    message = failed.stdout + failed.stderr
    assert failed.returncode != 0
    for mistake in (
        "seeds: 0 seeds are too few",
        "chanel: unknown key; did you mean 'channel'?",
        "channel.learning_rat: unknown key; did you mean 'learning_rate'?",
        "channel.n_neurons: 'many' is not a whole number",
        "conditioning.learning_rate: -0.1 is less than 0",
        "mnist.parameters: mode is 'download' but download.sha256 is not given",
        "data.name: '' does not have the form",
    ):
        assert mistake in message
    # config/config.yaml has this key, too, and is overridden.
    assert "'many' is not a whole number (" in message
    assert message.count("config/config.yaml, line") == 0
    assert "tiny.yaml, line 5)" in message
    assert "Traceback" not in message
    assert not (project.folder / "results").exists()


def test_a_mistake_within_a_block_of_the_command_line_is_said_to_be_there(project):
    given = ("mnist={'seeds': 1}", "tracking={'enabled': 'maybe'}", 'channel={"n_neurons": 0}')
    failed = project.snakemake("--dry-run", "--config", *given, check=False)
    message = failed.stdout + failed.stderr
    assert failed.returncode != 0
    for mistake in (
        "tracking.enabled: 'maybe' is neither true nor false",
        "channel.n_neurons: 0 is less than 1",
    ):
        assert f"config: {mistake} (given on the command line)" in message
    assert "mnist" not in message.partition("the configuration cannot be used")[2]


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("seeds: 2\na: &a\n  b: *a\n", ["line 2: an alias stands within"]),
        (f"seeds: 2\nchannel: {{n_neurons: {'9' * 4400}}}\n", ["line 2: '999"]),
        ("seeds: !!python/object:os.system x\n", ["line 1: the tag !!python/object:os.system"]),
        (
            "? __use_yte__\n: yes\nseeds: ?open('results', 'w').close() or 3\n",
            ["line 1: __use_yte__ lets files run code"],
        ),
        ("seeds: [1\n", ["line 2, column 1: is no YAML"]),
        ("- 1\n", [": gives no keys"]),
        (
            "on: 3\nnull: 4\nseeds: 2\nseeds: 0\ndata:\n  search: [~nosuchuser/x, $NOT_SET_HERE]\n"
            "  file: a{b}.npz\ntracking: {uri: 'sqlite:///'}\n",
            [
                "config: seeds: is given twice: in line 3, too",
                "config: on: unknown key",
                "config: null: unknown key",
                "config: seeds: 0 seeds are too few",
                "config: data.search.0: '~nosuchuser/x': there is no user 'nosuchuser'",
                "config: data.search.1: '$NOT_SET_HERE': there is no variable NOT_SET_HERE",
                "config: data.file: 'a{b}.npz' has braces",
                "config: tracking.uri: names no file",
            ],
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_one_message_with_its_lines(project, text, mistakes):
    (project.folder / "later.yaml").write_text(text)
    failed = project.snakemake("--configfile", "tiny.yaml", "later.yaml", "--dry-run", check=False)
    message = failed.stdout + failed.stderr
    assert failed.returncode != 0
    assert "Traceback" not in message
    assert message.count("the configuration cannot be used:") == 1
    lines = [line for line in message.splitlines() if line.startswith("config: ")]
    assert len(lines) == len(mistakes)
    for mistake in mistakes:
        (line,) = [line for line in lines if mistake in line]
        assert re.search(r"later\.yaml(, line \d|: gives no keys)", line)
    assert not (project.folder / "results").exists()


@pytest.mark.timeout(1200)
@pytest.mark.skipif("ALL_FAULTS" not in os.environ, reason="takes minutes: make faults")
@settings(max_examples=15)
@given(text=texts())
def test_whatever_is_written_is_planned_or_explained(project, text):
    file = project.folder / "tiny.yaml"
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    assert_planned_or_explained(
        project.snakemake("--dry-run", check=False), r"^config: .*tiny\.yaml"
    )


@pytest.mark.timeout(1200)
@pytest.mark.skipif("ALL_FAULTS" not in os.environ, reason="takes minutes: make faults")
@settings(max_examples=15)
@given(given=pairs())
def test_whatever_is_given_on_the_command_line_is_planned_or_explained(project, given):
    ended = project.snakemake("--dry-run", "--config", *given, check=False)
    assert_planned_or_explained(ended, r"^config: .*\(given on the command line\)|name=value")


def assert_planned_or_explained(ended: subprocess.CompletedProcess, mistake: str) -> None:
    shown = ended.stdout + ended.stderr
    assert "Traceback" not in shown
    if ended.returncode == 0:
        assert "This was a dry-run" in shown
    else:
        assert re.search(f"{mistake}|the configuration cannot be used", shown, re.M), shown


@pytest.mark.parametrize("rate", ["0.05", "0.1"])
def test_a_rate_at_which_learning_breaks_is_drawn_and_what_it_defines_measured(project, rate):
    batches = [f"results/channel/metrics/batch-000{number}.csv" for number in range(2)]
    figures = [f"results/channel/figures/{name}.png" for name in ("error", "signals")]
    learning = f"channel={{learning_rate: {rate}, duration: 5}}"
    project.snakemake(*batches, *figures, "--config", learning)
    metrics = read_metrics([project.folder / batch for batch in batches])
    assert set(metrics["seed"]) == {0, 1, 2}
    rmse = metrics.loc[metrics["metric"] == "rmse_last_second", "value"]
    assert (rmse.isna() | (rmse > 0.1)).all()
    assert all((project.folder / figure).stat().st_size > 5000 for figure in figures)


def test_a_file_that_is_not_there_is_told_and_so_is_a_target_that_is_taken_for_one(project):
    target = "results/metrics.csv"
    for files in (["nowhere.yaml"], ["tiny.yaml", target]):
        failed = project.snakemake("--dry-run", "--configfile", *files, check=False)
        assert failed.returncode != 0
        message = failed.stdout + failed.stderr
        assert "Traceback" not in message
        assert f"config: {files[-1]}: there is no such file" in message
        assert "put what is to be made before it" in message


def test_a_name_that_looks_like_a_number_is_a_name(project):
    given = ("--config", 'data={"name": "2024", "sha256": null}')
    planned = project.snakemake("--dry-run", *given).stdout
    assert "results/data/2024.npz" in planned


def test_what_cannot_fit_this_machine_is_told_and_not_run(project):
    project.configure(TINY.replace("duration: 2,", "duration: 1.0e+9,"))
    for arguments in (["--dry-run"], ["--cores", "1"], ["--unlock"]):
        ended = project.snakemake(*arguments, check=False)
        said = ended.stdout + ended.stderr
        assert "this does not fit this machine:\nchannel would take" in said
        assert (ended.returncode != 0) == (arguments[0] == "--cores"), said
    assert not (project.folder / "results/channel").exists()


@pytest.mark.parametrize("text", ["__use_yte__: 1\nseeds: ?open('results', 'w')", "seeds: \udcff"])
def test_what_a_pipe_gives_is_read_once_and_runs_no_code(project, text):
    pipe = project.folder / "pipe.yaml"
    os.mkfifo(pipe)
    writing = threading.Thread(
        target=lambda: pipe.write_text(text, encoding="utf-8", errors="surrogateescape"),
        daemon=True,
    )
    writing.start()
    failed = project.snakemake("--configfile", str(pipe), "--dry-run", check=False)
    message = failed.stdout + failed.stderr
    assert failed.returncode != 0
    assert "Traceback" not in message
    assert re.search(r"config: \S+pipe\.yaml(, line 1: __use_yte__|: is no YAML)", message)
    assert not (project.folder / "results").exists()


def test_code_is_refused_where_another_snakemake_has_read_the_file(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("seeds: 3\n__use_yte__: true\n")
    with pytest.raises(ConfigError, match=r"__use_yte__: lets files run code.*mine\.yaml, line 2"):
        load({"seeds": 3}, [file])
