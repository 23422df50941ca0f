"""Configuration files as people write them: names like numbers, keys like flags, paths."""

import json
from pathlib import Path

import pytest
import yaml
from snakemake.cli import parse_config
from snakemake.common import configfile
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

import snakemake_logger_plugin_snnlearn as plugin
from snnlearn.config import from_snakemake, loading
from snnlearn.config.errors import ConfigError
from snnlearn.config.files import line_of
from snnlearn.settings.paths import expanded


@pytest.fixture
def said(tmp_path):
    """What is wrong with a file: lines, without the path."""

    def said(text: str | bytes, name: str = "own.yaml") -> list[str]:
        file = tmp_path / name
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        with pytest.raises(ConfigError) as error:
            from_snakemake.of_files([file])
        assert error.value.__suppress_context__ or error.value.__cause__ is None
        return [line.replace(str(file), name) for line in str(error.value).splitlines()]

    return said


@pytest.fixture
def loaded(tmp_path):
    """A configuration that a file gives."""

    def loaded(text: str, name: str = "own.yaml"):
        (tmp_path / name).write_text(text)
        return from_snakemake.of_files([tmp_path / name])

    return loaded


# A text where a text is due


@pytest.mark.parametrize(
    "name", ["2024", "007", "1.10", "2024-01-01", "0x10", "1_000", "on", "yes"]
)
def test_a_name_is_a_text_as_it_is_written(loaded, name):
    assert loaded(f"data: {{name: {name}, sha256: null}}").general.data.name == name
    assert loaded(f"data: {{name: '{name}', sha256: null}}").general.data.name == name


@pytest.mark.parametrize("name", ["2024", "007", "1.10", "true"])
def test_a_name_of_the_command_line_is_a_text_as_it_is_written(name):
    for given in (
        f'data={{"name": "{name}", "sha256": null}}',
        f"data={{name: {name}, sha256: null}}",
    ):
        raw = parse_config([given])
        assert loading.load(raw, (), raw).general.data.name == name


def test_the_command_line_has_the_last_word_on_a_name(tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text("data: {name: 010, sha256: null}\n")
    raw = yaml.safe_load(file.read_text())
    command_line = parse_config(["data={name: 020}"])
    update_config(raw, command_line)
    assert loading.load(raw, [file], command_line).general.data.name == "020"
    assert loading.load(yaml.safe_load(file.read_text()), [file]).general.data.name == "010"


def test_names_in_lists_and_studies_are_texts(loaded):
    found = loaded(
        "data: {search: [2024, ./1e3]}\n"
        "studies:\n"
        "  2024: {experiment: channel, seeds: 2, points: {007: {n_neurons: 30}, on: {}}}\n"
    )
    assert found.general.data.search == ("2024", "./1e3")
    assert [cell.name for cell in found.studies["2024"].cells] == ["007", "on"]


def test_what_is_no_single_value_is_no_text(said):
    (line,) = said("data: {name: [2024]}\n")
    assert line.startswith("config: data.name: [2024] is not a text (own.yaml, line 1)")


def test_keys_are_texts_as_they_are_written(said):
    assert said("on: 3\nchannel:\n  null: 4\n  2024-01-01: 5\n") == [
        "config: on: unknown key (own.yaml, line 1)",
        "config: channel.null: unknown key (own.yaml, line 3)",
        "config: channel.2024-01-01: unknown key (own.yaml, line 4)",
    ]


def test_whole_numbers_of_any_length_are_refused_with_their_line(said):
    for number in ("1" + "0" * 30, "1" + "0" * 400, "-0x" + "f" * 5000):
        lines = said(f"seeds: {number}\nmnist:\n  n_steps: {number}\n")
        for key, line in zip(("seeds", "mnist.n_steps"), lines, strict=True):
            assert line.startswith(f"config: {key}: ")
            assert f"(own.yaml, line {1 if key == 'seeds' else 3})" in line


# What is wrong with a file


def test_a_key_that_is_given_twice_is_named_with_all_else(said):
    assert said("seeds: 3\nchannel:\n  dt: 0.001\n  dt: 1\nseeds: 4\nchanel: 5\n") == [
        "config: seeds: is given twice: in line 1, too; keep one (own.yaml, line 5)",
        "config: channel.dt: is given twice: in line 3, too; keep one (own.yaml, line 4)",
        "config: chanel: unknown key; did you mean 'channel'? (own.yaml, line 6)",
        "config: channel.dt: 1 is more than 0.002 (own.yaml, line 4): Time step in seconds.",
    ]


def test_a_key_that_is_given_twice_in_json_is_named(said):
    assert said('{\n\t"seeds":\t3,\n\t"seeds":\t4\n}', "own.json") == [
        "config: seeds: is given twice: in line 2, too; keep one (own.json, line 3)"
    ]


def test_a_mistake_in_json_with_tabs_has_its_line(said):
    assert said(json.dumps({"channel": {"dt": 1e5}}, indent="\t"), "own.json") == [
        "config: channel.dt: 100000.0 is more than 0.002 (own.json, line 3): Time step in seconds."
    ]


def test_what_a_block_takes_over_is_placed_where_it_is_written(said):
    text = "channel: &c\n  dt: 1\nconditioning:\n  <<: *c\n  probe_synapse: 0.01\n"
    assert [line.partition(": Time")[0] for line in said(text)] == [
        "config: channel.dt: 1 is more than 0.002 (own.yaml, line 2)",
        "config: conditioning.dt: 1 is more than 0.002 (own.yaml, line 2)",
    ]


def test_own_keys_go_before_those_that_are_taken_over():
    text = "a: &a {x: 1}\nb: &b\n  x: 2\nc:\n  <<: [*a, *b]\nd:\n  <<: *b\n  x: 3\n"
    root = yaml.compose(text)
    assert line_of(("c", "x"), root) == 1
    assert line_of(("d", "x"), root) == 8


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("seeds: [1\n", "own.yaml, line 2, column 1: is no YAML: while parsing a flow sequence"),
        ("seeds: 1\n\tchannel: 3\n", "own.yaml, line 2, column 1: is no YAML: while scanning"),
        ("a: *b\n", "own.yaml, line 1, column 4: is no YAML: found undefined alias"),
        ("a: \x01\n", "own.yaml: is no YAML: unacceptable character"),
        ("a: 1\n---\nb: 2\n", "own.yaml, line 2, column 1: is no YAML: expected a single document"),
        ("\na: &a\n  b: *a\n", "own.yaml, line 2: an alias stands within what it repeats"),
        ("seeds: !!python/object:os.system x", "own.yaml, line 1: the tag !!python/object:os.sys"),
        ("\nseeds: " + "9" * 4400, "own.yaml, line 2: '9999"),
        ("seeds: 2024-13-45", "own.yaml, line 1: '2024-13-45' is no timestamp, though it looks"),
        ("? [a]\n: 3\n", "own.yaml, line 1: a key must be a single text"),
        ("a: {<<: 3}\n", "own.yaml, line 1: << takes blocks only"),
        ("a: " + "[" * 60 + "]" * 60, "own.yaml, line 1: blocks and lists lie more than 50 deep"),
        ("a: " + "[" * 5000, "own.yaml: blocks and lists lie more than 50 deep"),
        ("- 1\n", "own.yaml: gives no keys"),
        ("", "own.yaml: gives no keys"),
        (b"a: \xff\n", "own.yaml: is no text in UTF-8 (byte 3)"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_with_file_and_line(said, text, problem):
    first, line = said(text)
    assert first == "the configuration cannot be used:"
    assert line.startswith(f"config: {problem}")


def test_all_that_cannot_be_read_is_named_at_once(said):
    assert len(said("a: !x 1\nb: 2024-13-45\nc: !!int d\n")) == 4


def test_few_lines_that_repeat_each_other_many_times_are_not_followed(said):
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert (
        "has more than 2000000 values, aliases written out"
        in said("\n".join(["l0: &l0 [1]", *levels]))[1]
    )


def test_a_tag_that_python_would_follow_is_refused(said):
    (line, *_) = said("data:\n  search: !!python/tuple [a]\n")
    assert (
        line == "config: data.search: the tag !!python/tuple means nothing here (own.yaml, line 2)"
    )


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(ConfigError, match="Is a directory"):
        from_snakemake.of_files([tmp_path])


def test_snakemake_reads_files_so_once_its_plugin_is_there(tmp_path):
    (tmp_path / "own.yaml").write_text("a: &a [*a]\n")
    assert plugin.LogHandler
    with pytest.raises(WorkflowError, match=r"own\.yaml, line 1: an alias stands within"):
        configfile.load_configfile(tmp_path / "own.yaml")


def test_a_number_of_many_digits_on_the_command_line_is_said_to_be_none():
    raw = parse_config(['channel={"n_neurons": %s}' % ("9" * 4400)])
    with pytest.raises(ConfigError) as error:
        loading.load(raw, (), raw)
    assert len(str(error.value)) < 1000


# Paths


def test_home_and_variables_are_filled_in_on_use(loaded, tmp_path, monkeypatch):
    monkeypatch.setenv("SCRATCH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "digits.npz").touch()
    (tmp_path / "home/digits.npz").touch()
    found = loaded(
        "data: {search: [$SCRATCH, '${SCRATCH}/home', '~'], file: digits.npz}\n"
        "mnist: {seeds: 1, parameters: {pretrained: {file: '$SCRATCH/{seed}.npz'}}}\n"
        "tracking: {uri: 'sqlite:///~/runs.db'}\n"
    )
    home = tmp_path / "home/digits.npz"
    assert found.general.data.candidates() == [tmp_path / "digits.npz", home, home]
    assert found.general.data.search[0] == "$SCRATCH"
    source = found.blocks["mnist"].parameters.parameters
    assert source.pretrained.of(3) == str(tmp_path / "3.npz")
    assert found.general.tracking.uri == f"sqlite:///{tmp_path}/home/runs.db"
    absolute = loaded("data: {search: [], file: $SCRATCH/digits.npz}").general.data
    assert absolute.candidates() == []
    absolute = loaded("data: {search: [elsewhere], file: $SCRATCH/digits.npz}").general.data
    assert absolute.candidates() == [tmp_path / "digits.npz"]


def test_without_a_home_the_chapter_still_loads(monkeypatch):
    def no_home(self):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", no_home)
    assert loading.load({"data": {"search": ["~/x"]}}).general.data.candidates() == []
    assert expanded("~/x") == Path("~/x")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("$NOT_SET_HERE/x", "there is no variable NOT_SET_HERE in the environment"),
        ("${NOT_SET_HERE}", "there is no variable NOT_SET_HERE in the environment"),
        ("~nosuchuser/x", "there is no user 'nosuchuser' here"),
        ("a{b}", "has braces, which Snakemake takes for wildcards"),
        ("a" * 5000, "is too long for a path"),
        ("é" * 200, "is too long for a path"),
        ("a/" * 3000, "is too long for a path"),
        ("a\nb", "has characters that cannot be printed"),
        ("a\0b", "has characters that cannot be printed"),
    ],
)
def test_paths_that_lead_nowhere_are_refused_wherever_they_stand(text, problem):
    for raw in (
        {"data": {"search": ["x", text]}},
        {"data": {"file": text}},
        {"mnist": {"parameters": {"pretrained": {"file": text}}}},
        {"tracking": {"uri": f"sqlite:///{text}"}},
    ):
        with pytest.raises(ConfigError) as error:
            loading.load(raw)
        (line,) = str(error.value).splitlines()
        assert problem in line
        assert len(line) < 1000


def test_names_that_become_files_are_not_too_long():
    with pytest.raises(ConfigError, match=r"data\.name: has more than 60 characters"):
        loading.load({"data": {"name": "a" * 5000, "sha256": None}})


# Addresses for tracking


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("sqlite:///", "names no file"),
        ("sqlite://", "names no file"),
        ("sqlite://runs.db", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:////tmp", "names the folder /tmp"),
        ("sqlite+aiosqlite:///runs.db", "asks for the driver 'aiosqlite', which is not there"),
        ("postgresql+pg8000://host/runs", "asks for the driver 'pg8000', which is not there"),
        ("postgresql://host", "names no database"),
        ("postgresql:///", "names no database"),
        ("http://", "names no host"),
        ("https://:5000", "names no host"),
        ("http://host:99999", "is no tracking address: Port out of range"),
        ("http://host:port", "is no tracking address: Port could not be cast"),
        ("http://host:0", "asks for port 0"),
        ("postgresql://host:-1/runs", "is no tracking address: Port"),
        ("http://[::1", "is no tracking address: Invalid IPv6"),
        ("ftp://host", "is no tracking address: give sqlite:///FILE"),
    ],
)
def test_addresses_that_nothing_can_be_logged_at_are_refused(uri, reason):
    with pytest.raises(ConfigError) as error:
        loading.load({"tracking": {"uri": uri}})
    (line,) = str(error.value).splitlines()
    assert f"tracking.uri: {reason}" in line


def test_a_password_is_not_repeated_whatever_else_is_wrong():
    with pytest.raises(ConfigError) as error:
        loading.load({"tracking": {"uri": "http://me:sec/ret@host:99999"}})
    assert "sec" not in str(error.value).partition("tracking.uri")[2].partition(": MLflow")[0]
