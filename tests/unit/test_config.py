import re
from pathlib import Path
from typing import Literal

import pytest
import yaml
from pydantic.dataclasses import dataclass
from snakemake.cli import parse_config
from snakemake.common.configfile import load_configfile
from snakemake.utils import update_config

from snnlearn import published
from snnlearn.config import __main__, loading
from snnlearn.config.errors import ConfigError
from snnlearn.config.files import line_of
from snnlearn.config.model import Block, Config, given
from snnlearn.config.studies import own
from snnlearn.registry import names, registry
from snnlearn.settings.documentation import documented, in_one_line, kind_in_words
from snnlearn.settings.types import STRICT, Count, Flag, Positive, Seeds, Sha256, Text
from snnlearn.tracking.settings import TrackingSettings

ROOT = Path(__file__).parents[2]
SHIPPED = [
    *("beyond-full.yaml", "beyond.yaml", "config.yaml", "fashion-mnist.yaml", "full.yaml"),
    *("gate.yaml", "kmnist.yaml", "smoke.yaml"),
]
DEFAULTS = loading.load({})


def merged(*files: Path) -> dict:
    """Configuration files, merged as Snakemake merges them."""
    raw: dict = {}
    for file in files:
        update_config(raw, load_configfile(file))
    return raw


def load(*files: Path) -> loading.Config:
    """Load configuration files."""
    return loading.load(merged(*files), files)


@pytest.fixture
def written(tmp_path):
    """Write configuration files."""

    def write(text: str, name: str = "own.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


@pytest.fixture
def refused(written):
    """The complaints about a configuration: reason and line by key."""

    def refused(text: str) -> dict[str, tuple[str, int]]:
        file = written(text)
        with pytest.raises(ConfigError) as error:
            load(ROOT / "config/config.yaml", file)
        complaints = {}
        for line in str(error.value).splitlines():
            form = rf"config: (\S+): (.+) \({re.escape(str(file))}, line (\d+)\)(?:: .+\.)?"
            key, reason, number = re.fullmatch(form, line).groups()
            assert key not in complaints
            complaints[key] = (reason, int(number))
        return complaints

    return refused


# What is shipped


def test_all_shipped_files_are_tested():
    assert sorted(path.name for path in (ROOT / "config").glob("*.yaml")) == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_file_loads(name):
    found = load(ROOT / "config/config.yaml", ROOT / "config" / name)
    assert list(found.blocks) == list(registry())


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_file_loads_by_itself(name):
    merged = load(ROOT / "config/config.yaml", ROOT / "config" / name)
    assert load(ROOT / "config" / name) == merged


def test_shipped_defaults_are_those_of_the_model():
    assert load(ROOT / "config/config.yaml") == DEFAULTS


def test_shipped_defaults_name_every_key():
    found = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    for key in __main__.all_keys():
        part = found
        for name in key.path:
            assert name in part, key.path
            part = part[name]


@pytest.mark.parametrize("path", __main__.files(), ids=str)
def test_generated_file_is_up_to_date(path):
    expected = __main__.files()[path]
    message = f"{path} differs from the model: run `make config`"
    assert (ROOT / path).read_text() == expected, message


@dataclass(frozen=True, config=STRICT)
class Undocumented:
    """A block."""

    rate: Positive = 1.0
    """Its rate."""

    width: Positive = 1.0

    dpi: Count = 1


def test_undocumented_field_is_refused():
    """Else its line would be empty in the reference, unnoticed."""
    with pytest.raises(ValueError, match=r"Undocumented does not document \['width', 'dpi'\]"):
        documented(Undocumented)


def test_class_whose_descriptions_are_not_read_is_refused():
    with pytest.raises(ValueError, match=r"Block does not document \['parameters', 'seeds', "):
        documented(Block)


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        (Count, "int"),
        (Positive, "float"),
        (Flag, "bool"),
        (Text | None, "str, optional"),
        (Seeds, "int or list of int"),
        (Seeds | None, "int or list of int, optional"),
        (tuple[tuple[Positive, ...], ...], "list of list of float"),
        (dict[Literal["a", "b"], Sha256] | None, "dict of str to str, optional"),
        (Literal["a", "b"], "str"),
    ],
)
def test_kinds_in_words(annotation, kind):
    assert kind_in_words(annotation) == kind


# The schema


def parts_of(schema):
    """Every part of a schema that describes a value."""
    if isinstance(schema, list):
        for part in schema:
            yield from parts_of(part)
    elif isinstance(schema, dict):
        yield schema
        for keyword, part in schema.items():
            if keyword in ("properties", "patternProperties", "$defs"):
                yield from parts_of(list(part.values()))
            elif keyword not in ("default", "enum"):
                yield from parts_of(part)


def test_every_property_in_the_schema_is_described_in_one_line():
    properties = [
        (name, part)
        for block in parts_of(__main__.schema())
        for name, part in block.get("properties", {}).items()
    ]
    keys = __main__.all_keys() + __main__.study_keys()
    assert {name for name, _ in properties} == {key.path[-1] for key in keys}
    # Where the words on a block are those of its class, pydantic leaves them to the class.
    assert [name for name, part in properties if not part.get("description")] == []
    for _, part in properties:
        assert part["description"] == in_one_line(part["description"])


def test_schema_knows_the_keywords_of_json_schema_only():
    known = {
        *(
            "$defs",
            "$ref",
            "$schema",
            "title",
            "description",
            "default",
            "type",
            "enum",
            "anyOf",
            "oneOf",
            "minItems",
            "maxItems",
        ),
        *("oneOf", "patternProperties", "maxLength", "required"),
        *("properties", "additionalProperties", "propertyNames", "items", "pattern", "minLength"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    }
    assert {keyword for part in parts_of(__main__.schema()) for keyword in part} <= known


@pytest.mark.parametrize(
    ("path", "bounds"),
    [
        ("channel.duration", {"minimum": 2, "maximum": 1e9}),
        ("channel.learning_rate", {"minimum": 0, "maximum": 1e9}),
        ("channel.stimulus_rms", {"minimum": 1e-9, "maximum": 1e9}),
        ("channel.dt", {"minimum": 1e-5, "maximum": 0.002}),
        ("tuning_curve.n_currents", {"minimum": 2, "maximum": 1e9}),
        ("mnist.threads", {"minimum": 1, "maximum": 1024}),
    ],
)
def test_bounds_in_the_schema(path, bounds):
    block, key = path.split(".")
    part = __main__.schema()["properties"][block]["properties"][key]
    assert {name: value for name, value in part.items() if "imum" in name.lower()} == bounds


# Merging and defaults


def test_empty_blocks_are_the_chapter(written):
    assert load(written("channel:\ndata:\nmnist: {}\n")) == DEFAULTS


def test_later_file_overrides_single_keys(written):
    first = written("channel: {learning_rate: 2e-4, n_neurons: 30}\nseeds: 2\n", "first.yaml")
    second = written("channel: {learning_rate: 3e-4}\nfigures: {dpi: 50}\n", "second.yaml")
    found = load(ROOT / "config/config.yaml", first, second)
    expected = loading.load(
        {
            "channel": {"learning_rate": 3e-4, "n_neurons": 30},
            "seeds": 2,
            "figures": {"dpi": 50},
        }
    )
    assert found == expected
    assert found.blocks["channel"].parameters.duration == 10.0


def test_seeds_of_a_block_go_before_those_of_the_experiment_and_the_top_level(written):
    found = load(written("seeds: 4\nconditioning: {seeds: [7, 3]}\nmnist: {seeds: 1}\n")).blocks
    assert found["channel"].seeds == (0, 1, 2, 3)
    assert found["conditioning"].seeds == (7, 3)
    assert found["mnist"].seeds == (0,)
    assert found["tuning_curve"].seeds == registry()["tuning_curve"].seeds
    named_nowhere = load(written("channel: {seeds: null}\n")).blocks
    assert len(named_nowhere["channel"].seeds) == 100
    assert len(named_nowhere["conditioning"].seeds) == 20


def test_null_means_the_default(written):
    text = "seeds: 4\nchannel: {seeds: null, seeds_per_job: null}\nfidelity: null\n"
    assert load(written(text)) == loading.load({"seeds": 4})


def switches(found: loading.Config) -> dict[str, object]:
    return {
        f"{name}.{slip.switch}": getattr(found.blocks[name].parameters, slip.switch)
        for name in names()
        for slip in published.switches(name)
    }


CORRECTED = {
    "channel.initial_function": "seeded",
    "channel.generalization_duration": 5.0,
    "conditioning.stimulus_names": "dimensions",
    "conditioning.errors_shown": "all",
    "tuning_curve.rectifier": "elementwise",
    "tuning_curve.units": "numbers",
}
AS_PUBLISHED = {
    "channel.initial_function": "unseeded",
    "channel.generalization_duration": 0.0,
    "conditioning.stimulus_names": "stimuli",
    "conditioning.errors_shown": "first",
    "tuning_curve.rectifier": "axis",
    "tuning_curve.units": "numbers",
}


def test_fidelity_turns_all_slips_on_that_the_chapter_makes(written):
    shipped = ROOT / "config/config.yaml"
    assert switches(load(shipped)) == CORRECTED
    assert switches(load(shipped, written("fidelity: as_published\n"))) == AS_PUBLISHED
    assert switches(loading.load({"fidelity": "as_published"})) == AS_PUBLISHED


def test_a_slip_goes_its_own_way_where_it_is_set(written):
    own = "fidelity: as_published\nchannel: {generalization_duration: 2}\n"
    found = switches(load(ROOT / "config/config.yaml", written(own)))
    assert found == AS_PUBLISHED | {"channel.generalization_duration": 2.0}
    found = switches(load(written("tuning_curve: {rectifier: axis, units: null}\n")))
    assert found == CORRECTED | {"tuning_curve.rectifier": "axis"}


def varied(found: Config) -> list[str]:
    return [study.experiment for name, study in found.studies.items() if name.startswith("varian")]


def test_experiments_whose_variance_is_not_wanted_are_left_out(written):
    assert varied(DEFAULTS) == ["channel"]
    assert varied(load(written("variance: {channel: {blocks: 0}, mnist: {blocks: 1}}\n"))) == [
        "mnist"
    ]


def test_what_a_block_of_variance_does_not_say_is_as_by_default(written):
    text = "variance: {mnist: {blocks: 3, set: {test_images: 50, figure_images: 2}}}\n"
    found, default = load(written(text)).general.variance, DEFAULTS.general.variance
    assert found.channel == default.channel
    assert (found.mnist.blocks, found.mnist.metrics) == (3, default.mnist.metrics)
    assert found.mnist.set == default.mnist.set | {"test_images": 50, "figure_images": 2}


def test_numbers_in_any_notation(written):
    """YAML 1.1 reads 1e-4, without a point, as text."""
    assert yaml.safe_load("1e-4") == "1e-4"
    found = load(written("channel: {learning_rate: 1e-4, duration: 3}")).blocks["channel"]
    assert found.parameters.learning_rate == 1e-4
    assert found.parameters.duration == 3.0


# Mistakes

MISTAKES = f"""\
# A comment, so that lines and keys do not agree by chance.
seeds: 0
chanel: {{n_neurons: 60}}
banana: 1
fidelity: faithful
channel:
  learning_rat: 1e-4
  n_neurons: many

  learning_rate: -0.1
  duration: .nan
  stimulus_rms: .inf
  pre_synapse: 0.1
  probe_synapse: true
  seeds: [1, 2, 1]
  seeds_per_job: true
conditioning:
  conditioned_stimuli: [[1, 0, 0], [0, one, 0], [0, 0, 1]]
  dt: 0.5
  seeds: []
tuning_curve: 5
mnist:
  n_steps: 2.5
  engine: nengo_dl
  threads: 0
  parameters:
    mode: download
data:
  name: ""
  file: ""
  search: resources
  sha256:
    x_train: {"A" * 64}
    y_test: {"f" * 63}
    z_test: {"f" * 64}
tracking:
  enabled: 1
  uri: [5]
figures:
  - wide
"""

COMPLAINTS = {
    "seeds": "0 seeds are too few: at least 1 is needed",
    "chanel": "unknown key; did you mean 'channel'?",
    "banana": "unknown key",
    "fidelity": "'faithful' is not one of 'corrected' or 'as_published'",
    "channel.learning_rat": "unknown key; did you mean 'learning_rate'?",
    "channel.n_neurons": "'many' is not a whole number",
    "channel.learning_rate": "-0.1 is less than 0",
    "channel.duration": "nan is not a number",
    "channel.stimulus_rms": "inf is not a number",
    "channel.pre_synapse": "unknown key; did you mean 'probe_synapse'?",
    "channel.probe_synapse": "true is not a number",
    "channel.seeds": "a seed is listed twice",
    "channel.seeds_per_job": "True is not a whole number",
    "conditioning.conditioned_stimuli.1.1": "'one' is not a number",
    "conditioning.dt": "0.5 is more than 0.002",
    "conditioning.seeds": "the list of seeds is empty: at least 1 is needed",
    "tuning_curve": "5 is not a block of keys",
    "mnist.n_steps": "2.5 is not a whole number",
    "mnist.engine": "'nengo_dl' is not one of 'compiled' or 'nengo-dl'",
    "mnist.threads": "0 is less than 1",
    "mnist.parameters": "mode is 'download' but download.sha256 is not given: give it, or set "
    "accept_unverified: true to use a file that cannot be verified",
    "data.name": "'' does not have the form ^[A-Za-z0-9][A-Za-z0-9._-]*$",
    "data.file": "must not be empty",
    "data.search": "'resources' is not a list",
    "data.sha256.x_train": f"'{'A' * 64}' does not have the form ^[0-9a-f]{{64}}$",
    "data.sha256.y_test": f"'{'f' * 63}' does not have the form ^[0-9a-f]{{64}}$",
    "data.sha256.z_test": "'z_test' is not one of 'x_train', 'y_train', 'x_test' or 'y_test'",
    "tracking.enabled": "1 is neither true nor false",
    "tracking.uri": "[5] is not a text",
    "figures": "['wide'] is not a block of keys",
}


def line_in(text: str, key: str) -> int:
    """Line of a key in a text without comments on keys, found by its indentation."""
    lines, start = text.splitlines(), 0
    for depth, name in enumerate(part for part in key.split(".") if not part.isdecimal()):
        begins = f"{'  ' * depth}{name}:"
        start = next(n for n in range(start, len(lines)) if lines[n].startswith(begins))
    return start + 1


def test_all_mistakes_are_named_at_once(refused):
    complaints = refused(MISTAKES)
    assert {key: reason for key, (reason, _) in complaints.items()} == COMPLAINTS
    for key, (_, line) in complaints.items():
        assert line == line_in(MISTAKES, key), key


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("seeds: true", "seeds", "neither a number of seeds nor a list"),
        ("seeds: three", "seeds", "neither a number of seeds nor a list"),
        ("seeds: -2", "seeds", "-2 seeds are too few"),
        ("seeds: [0, 1.5]", "seeds.1", "1.5 is not a whole number"),
        ("seeds: [0, -1]", "seeds.1", "-1 is less than 0"),
        ("seeds: [2147483648]", "seeds.0", "2147483648 is not less than 2147483648"),
        ("channel: [1]", "channel", r"\[1\] is not a block of keys"),
        ("channel: {duration: 1.9}", "channel.duration", "1.9 is less than 2"),
        ("channel: {stimulus_rms: 0}", "channel.stimulus_rms", "0 is less than 1e-09"),
        ("channel: {stimulus_rms: -.inf}", "channel.stimulus_rms", "-inf is not a number"),
        ("channel: {stimulus_cutoff: 501}", "channel", r"stimulus_cutoff \(501.0 Hz\) must lie"),
        ("conditioning: {learning_stop: 1}", "conditioning", r"learning_stop \(1.0 s\) must be"),
        ("conditioning: {dimensions: 2, conditioned_stimuli: [[1, 0]]}", "conditioning", "must be"),
        ("tuning_curve: {max_current: 2}", "tuning_curve.max_current", "2 is less than 3"),
        ("mnist: {parameters: 3}", "mnist.parameters", "3 is not a block of keys"),
        (
            "mnist: {parameters: {pretrained: {sha256: abc}}}",
            "mnist.parameters.pretrained.sha256",
            "'abc' does not have the form",
        ),
        (
            "mnist: {parameters: {training: {epoch: 3}}}",
            "mnist.parameters.training.epoch",
            "unknown key",
        ),
        ("mnist: {on_unavailable: stop}", "mnist.on_unavailable", "'stop' is not one of"),
    ],
)
def test_mistake_is_explained(refused, text, key, reason):
    complaints = refused(text)
    assert list(complaints) == [key]
    found, line = complaints[key]
    assert re.search(reason, found)
    assert line == 1


@pytest.mark.parametrize(
    "prefix", ["thesis:v2", "O'Brien", "../up", "/tmp/x", "a//b", "a/", " a", "a\nb", "x" * 101, ""]
)
def test_a_prefix_that_names_cannot_have_is_refused(prefix):
    with pytest.raises(ValueError, match=r"has .* in it|no name that a folder|at (most|least)"):
        TrackingSettings(experiment_prefix=prefix)


@pytest.mark.parametrize(
    "uri",
    [
        "sqlite:///elsewhere/runs.db",
        "sqlite:////tmp/runs.db",
        "http://127.0.0.1:5000",
        "https://somebody@tracking.example/mlflow",
        "postgresql://somebody@127.0.0.1:5432/runs",
        "postgresql+psycopg2://127.0.0.1/runs?sslmode=require",
        "postgresql:///runs",
        "postgresql://somebody@/runs?host=/run/postgresql",
    ],
)
def test_tracking_addresses(written, uri):
    assert load(written(f"tracking: {{uri: '{uri}'}}")).general.tracking.uri == uri


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("./mlruns", "is no tracking address: give sqlite:///FILE, http"),
        ("mysql://host/runs", "is no tracking address"),
        ("http://me:secret@tracking.example", "holds a password.*MLFLOW_TRACKING_PASSWORD"),
        ("https://:secret@tracking.example", "holds a password.*MLFLOW_TRACKING_TOKEN"),
        ("postgresql://me:secret@host/runs", "holds a password.*PGPASSWORD"),
        ("postgresql+psycopg2://me:secret@host/runs", "holds a password.*PGPASSWORD"),
        ("postgresql://host/runs?user=me&password=secret", "holds a password.*pgpass"),
        ("postgresql://host/runs?password=", "holds a password.*pgpass"),
    ],
)
def test_passwords_are_refused_and_not_repeated(refused, uri, reason):
    complaints = refused(f"tracking: {{uri: '{uri}'}}")
    found, line = complaints["tracking.uri"]
    assert re.search(reason, found)
    assert line == 1
    assert "secret" not in found


def test_what_was_given_is_what_differs(written):
    """Whatever its form; given again as a file, it makes the same configuration."""
    text = """
seeds: 3
channel: {learning_rate: 2e-4, n_neurons: 60, seeds_per_job: 7}
mnist: {parameters: {mode: train, training: {epochs: 10}}}
data: {urls: []}
"""
    raw = merged(ROOT / "config/config.yaml", written(text))
    settings, chapter = loading.load(raw), loading.load({})
    found = given(raw, settings.plain(), chapter.plain())
    assert found == {
        "seeds": [0, 1, 2],
        "channel": {"learning_rate": 2e-4},
        "mnist": {"parameters": {"mode": "train"}},
        "data": {"urls": []},
    }
    assert loading.load(found).plain() == settings.plain()


def test_nothing_is_given_by_the_chapters_file():
    raw = merged(ROOT / "config/config.yaml")
    assert given(raw, loading.load(raw).plain(), loading.load({}).plain()) == {}


def test_missing_hashes_of_the_data_are_named():
    """All are in config.yaml, so this needs a configuration without it."""
    with pytest.raises(ConfigError, match=r"data\.sha256: the hashes of y_train, x_test, y_test"):
        loading.load({"data": {"sha256": {"x_train": "0" * 64}}})


def test_unverified_download_is_allowed_if_asked_for(written):
    text = "mnist: {parameters: {mode: download, accept_unverified: true}}"
    assert load(written(text)).blocks["mnist"].parameters.parameters.mode == "download"


def test_mistake_is_placed_in_the_file_that_decides(written):
    first = written("channel:\n  dt: 1\n  duration: 1\n", "first.yaml")
    second = written("seeds: 3\n\nchannel: {dt: 2}\n", "second.yaml")
    with pytest.raises(ConfigError) as error:
        load(ROOT / "config/config.yaml", first, second)
    assert sorted(str(error.value).splitlines()) == [
        f"config: channel.dt: 2 is more than 0.002 ({second}, line 3): Time step in seconds.",
        f"config: channel.duration: 1 is less than 2 ({first}, line 3): Time in seconds for which "
        "the channel learns, at least 2 (first and last second are compared).",
    ]


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        ({"figures": {"width": "wide"}}, "'wide' is not a number: Width in millimetres."),
        ({"data": {"search": [""]}}, "must not be empty: Folders to look in, in this order."),
        ({"mnist": {"parameters": {"training": {"epochs": 0}}}}, "less than 1: How often all"),
        ({"channel": {"engine": "xla"}}, "'compiled' or 'nengo': `compiled`: one time loop"),
    ],
)
def test_a_complaint_says_what_is_to_stand_there(raw, complaint):
    with pytest.raises(ConfigError, match=complaint):
        loading.load(raw)


@pytest.mark.parametrize("raw", [{"chanel": 1}, {"channel": 3}, {"mnist": {"parameters": 3}}])
def test_a_block_and_an_unknown_key_are_not_explained(raw):
    with pytest.raises(ConfigError, match=r"(unknown key; did you mean 'channel'\?|of keys)$"):
        loading.load(raw)


def test_mistake_that_is_in_no_file_comes_from_the_command_line(written):
    with pytest.raises(ConfigError) as error:
        loading.load({"chanel": 1}, [written("seeds: 3\n"), written("", "empty.yaml")])
    where = "(given on the command line)"
    assert str(error.value) == f"config: chanel: unknown key; did you mean 'channel'? {where}"


def test_value_of_the_command_line_is_not_blamed_on_a_file(written):
    """The file has the key, too, but with another value."""
    file = written("channel: {dt: 0.001}\n")
    with pytest.raises(
        ConfigError, match=r"channel.dt: 1 is more .* \(given on the command line\)"
    ):
        loading.load({"channel": {"dt": 1}}, [file])


# The command line


def load_with(given: list[str], *files: Path) -> loading.Config:
    """Load what stands on the command line after ``--config``, and files, as Snakemake does."""
    raw: dict = {}
    for file in files:
        update_config(raw, load_configfile(file))
    command_line = parse_config(given)
    update_config(raw, command_line)
    return loading.load(raw, files, command_line)


def test_a_block_that_is_wrong_as_a_whole_is_in_the_file_and_on_the_command_line(written):
    """Neither value is wrong without the other."""
    file = written("mnist:\n  parameters: {training: {minibatch_size: 200}}\n")
    with pytest.raises(ConfigError, match=r"line 2, and on the command line\)$"):
        load_with(["mnist={parameters: {training: {images: 100}}}"], file)
    with pytest.raises(ConfigError, match=r"line 2\)$"):
        load_with(["seeds=1"], written("mnist:\n  parameters: {training: {images: 100}}\n"))


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("seeds=3", {"seeds": 3}),
        ("seeds=[3, 4]", {"seeds": [3, 4]}),
        ("mnist={'seeds': 1}", {"mnist": {"seeds": 1}}),
        ('mnist={"seeds": [0, 3]}', {"mnist": {"seeds": [0, 3]}}),
        ("mnist={n_steps: 5, test_images: null}", {"mnist": {"n_steps": 5}}),
        (
            'mnist={"parameters": {"mode": "train", "training": {"epochs": 2}}}',
            {"mnist": {"parameters": {"mode": "train", "training": {"epochs": 2}}}},
        ),
        ("tracking={'enabled': False}", {"tracking": {"enabled": False}}),
        ('tracking={"enabled": false}', {"tracking": {"enabled": False}}),
        ('channel={"learning_rate": 2e-4}', {"channel": {"learning_rate": 2e-4}}),
        (
            "conditioning={conditioned_stimuli: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}",
            {"conditioning": {"conditioned_stimuli": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}},
        ),
    ],
)
def test_values_within_blocks_of_the_command_line(given, meant):
    shipped = ROOT / "config/config.yaml"
    assert load_with([given], shipped) == loading.load(meant)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ("tracking={enabled: maybe}", "tracking.enabled: 'maybe' is neither true nor false"),
        ("tracking={enabled: yes}", "tracking.enabled: 'yes' is neither true nor false"),
        ("tracking={enabled: 1}", "tracking.enabled: 1 is neither true nor false"),
        ("mnist={n_steps: 2.5}", "mnist.n_steps: '2.5' is not a whole number"),
        ("mnist={n_steps: 0}", "mnist.n_steps: 0 is less than 1"),
        ("mnist={n_steps: true}", "mnist.n_steps: True is not a whole number"),
        ("channel={'n_neurons': 'many'}", "channel.n_neurons: 'many' is not a whole number"),
        ("channel={n_neuron: 3}", "channel.n_neuron: unknown key; did you mean 'n_neurons'?"),
        ("data={name: [5]}", "data.name: [5] is not a text"),
    ],
)
def test_mistakes_within_blocks_of_the_command_line(given, complaint):
    with pytest.raises(ConfigError) as error:
        load_with([given], ROOT / "config/config.yaml")
    (found,) = str(error.value).splitlines()
    assert found.startswith(f"config: {complaint} (given on the command line)")


def test_numbers_in_quotes_are_texts_in_a_file(written):
    """Whatever the command line gives beside them."""
    file = written("mnist: {n_steps: '5'}\ntracking:\n  enabled: 'true'\n")
    with pytest.raises(ConfigError) as error:
        load_with(["mnist={seeds: 1}", "tracking={max_points: 5}"], file)
    assert sorted(str(error.value).splitlines()) == [
        f"config: mnist.n_steps: '5' is not a whole number ({file}, line 1): Presentation time in "
        "steps of 1 ms.",
        f"config: tracking.enabled: 'true' is neither true nor false ({file}, line 3): Whether "
        "runs are logged at all.",
    ]


# Batches


def batches_of(seeds, per_job: int) -> dict[int, list[int]]:
    channel = registry()["channel"]
    (cell,) = own(channel, Block(channel.Parameters(), tuple(seeds), per_job)).cells
    return {number: list(batch) for number, batch in cell.batches().items()}


@pytest.mark.parametrize("per_job", [1, 3, 5, 100])
def test_each_seed_is_in_one_batch(per_job):
    seeds = (12, 3, 4, 0, 7, 100)
    batches = batches_of(seeds, per_job)
    assert [seed for batch in batches.values() for seed in batch] == sorted(seeds)
    for number, batch in batches.items():
        assert all(seed // per_job == number for seed in batch)


def test_whole_batches():
    assert batches_of(range(7), 3) == {0: [0, 1, 2], 1: [3, 4, 5], 2: [6]}


@pytest.mark.parametrize("few", [(0,), (0, 1, 2, 3), (9, 2), tuple(range(10))])
def test_more_seeds_only_add(few):
    before = batches_of(few, 4)
    after = batches_of(range(20), 4)
    for number, batch in before.items():
        assert batch == [seed for seed in after[number] if seed in few]
    full = [number for number, batch in before.items() if len(batch) == 4]
    assert all(before[number] == after[number] for number in full)


# Hash


@pytest.mark.parametrize(
    "raw",
    [
        {"figures": {"dpi": 50, "example_seed": 3}},
        {"tracking": {"enabled": False, "uri": "sqlite:///elsewhere.db"}},
        {"channel": {"seeds_per_job": 3}},
        {"channel": {"learning_rate": "1e-4"}},
        {"channel": {"seeds": list(range(100))}},
        {"seeds": 20, "channel": {"seeds": 100}},
    ],
)
def test_hash_ignores_what_decides_no_result(raw):
    assert loading.load(raw).sha256() == DEFAULTS.sha256()


@pytest.mark.parametrize(
    "raw",
    [
        {"channel": {"learning_rate": 2e-4}},
        {"conditioning": {"conditioned_stimuli": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}},
        {"tuning_curve": {"n_currents": 9999}},
        {"mnist": {"parameters": {"mode": "train"}}},
        {"mnist": {"seeds": 4}},
        {"seeds": 21},
        {"data": {"name": "other", "sha256": None}},
    ],
)
def test_hash_depends_on_parameters_seeds_and_data(raw):
    found = loading.load(raw).sha256()
    assert re.fullmatch("[0-9a-f]{64}", found)
    assert found != DEFAULTS.sha256()


def test_plain_configuration_loads_again():
    plain = loading.load({"seeds": 2, "mnist": {"n_steps": 3}}).plain()
    assert loading.load(plain).plain() == plain
    assert yaml.safe_load(yaml.safe_dump(plain)) == plain


# Lines

DOCUMENT = """\
# comment
seeds: 3
mnist:
  parameters: {mode: train, training: {epochs: 1}}

  n_steps: 5
data:
  search: [a, b]
  rows:
    - {x: 1}
    - y: 2
      z: 3
"""


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (("seeds",), 2),
        (("mnist",), 3),
        (("mnist", "parameters"), 4),
        (("mnist", "parameters", "training", "epochs"), 4),
        (("mnist", "n_steps"), 6),
        (("data", "search", "1"), 8),
        (("data", "rows", "1", "z"), 12),
        (("seeds", "0"), 2),  # what is in no block is where the block should be
        (("n_steps",), None),
        (("mnist", "epochs"), None),
        (("mnist", "parameters", "training", "images"), None),
        (("data", "rows", "0", "z"), None),
    ],
)
def test_line_of_a_key(key, line):
    assert line_of(key, yaml.compose(DOCUMENT)) == line


def test_no_line_in_an_empty_document():
    assert line_of(("seeds",), yaml.compose("# nothing\n")) is None


@pytest.mark.parametrize(
    "shaped", ["rates: {noise: 10}", "rates: {penalty: 1e-3}", "spikes: {steps: 5}"]
)
def test_what_nengodl_does_not_train_with_is_refused(written, shaped):
    training = f"parameters: {{training: {{{shaped}}}}}"
    load(written(f"mnist: {{{training}}}"))
    load(written("mnist: {engine: nengo-dl, parameters: {training: {rates: {smoothing: 0.1}}}}"))
    with pytest.raises(ConfigError, match="are not NengoDL's: set engine: compiled"):
        load(written(f"mnist: {{engine: nengo-dl, {training}}}"))


@pytest.mark.parametrize("shaped", ["smoothing: 0.1", "noise: 10"])
def test_spikes_are_no_rates(written, shaped):
    training = f"{{rates: {{{shaped}}}, spikes: {{steps: 5}}}}"
    with pytest.raises(ConfigError, match="leave one of them out"):
        load(written(f"mnist: {{parameters: {{training: {training}}}}}"))


def test_images_have_names_of_their_own(written):
    with pytest.raises(ConfigError, match=r"datasets\.0\.name: two data sets are named mnist"):
        load(written("datasets: [{name: mnist}]"))


@pytest.mark.parametrize(
    ("block", "place"),
    [
        ("mnist: {dataset: a}", "mnist.dataset"),
        ("latency: {dataset: a}", "latency.dataset"),
        ("studies: {s: {experiment: mnist, set: {dataset: a}}}", "studies.s.set.dataset"),
        ("studies: {s: {experiment: mnist, sweep: {dataset: [a]}}}", "studies.s.sweep.dataset.0"),
        (
            "studies: {s: {experiment: mnist, points: {o: {dataset: mnist}, p: {dataset: a}}}}",
            "studies.s.points.p.dataset",
        ),
        (
            "studies: {s: {experiment: mnist, set: {dataset: mnist}, sweep: {dataset: [null, a]}}}",
            "studies.s.sweep.dataset.1",
        ),
        ("variance: {mnist: {blocks: 1, set: {dataset: a}}}", "variance.mnist.set.dataset"),
    ],
)
def test_images_that_there_are_not_are_told_with_their_place(written, block, place):
    load(written(f"datasets: [{{name: a, sha256: null}}]\n{block}"))
    with pytest.raises(ConfigError) as caught:
        load(written(f"datasets: [{{name: b, sha256: null}}]\n{block}"))
    told = f"config: {place}: there are no images 'a' in data and datasets, but mnist, b"
    assert str(caught.value).count(told) == str(caught.value).count("no images") == 1


def test_the_same_images_have_the_same_hashes_in_all_files():
    named = [
        (data["name"], data["sha256"])
        for name in SHIPPED
        for raw in [merged(ROOT / "config" / name)]
        for data in [raw.get("data", {}), *raw.get("datasets", [])]
        if data.get("sha256") and data.get("name")
    ]
    assert len([name for name, _ in named if name == "fashion-mnist"]) == 3
    assert len({str(sorted(hashes.items())) for _, hashes in named}) == len(dict(named))


def test_held_out_images_of_mnist_have_another_name(written):
    load(written("datasets: [{name: mnist-held-out, file: mnist.npz, held_out: 5000}]"))
    with pytest.raises(ConfigError, match="give name another name"):
        load(written("data: {held_out: 5000}"))
