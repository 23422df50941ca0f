"""Whatever stands in a configuration file, it loads, or one message says what is wrong where."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from snnlearn.config import __main__, from_snakemake
from snnlearn.config.errors import ConfigError

QUICK = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)

#: What stands behind a key: what YAML reads in other ways than it looks, and what it cannot read.
ODD = [
    *(
        "",
        "~",
        "null",
        "on",
        "no",
        "'on'",
        "true",
        "5",
        "-1",
        "0",
        "2.5",
        "1e-4",
        "1E400",
        "1e-400",
    ),
    *(".inf", "-.inf", ".nan", "0x10", "0x", "0b1", "010", "1_000", "1:30", "0o17", "-_", "0.0"),
    *("2024", "'2024'", "2024-01-01", "2024-13-45", "2024-01-01 00:00:00", "=", "<<", "a: b: c"),
    *("!!python/object:os.system x", "!!python/name:os.system", "!!python/tuple [1, 2]", "!x 1"),
    *("!!binary aGk=", "!!set {a}", "!!omap [a: 1]", "!!int x", "!!bool 3", "!!timestamp 3"),
    *("&a [*a]", "&a {b: *a}", "*nothing", "&b 3", "{<<: {seeds: 2}}", "{<<: 3}", "{<<: [1]}"),
    *("[]", "{}", "[[]]", "[1, 1]", "[a]", "{a: {b: 1}}", "{1: 2}", "{on: 1, null: 2}", "[1, 2"),
    *("{a: 1, a: 2}", "? x", "- 1", "{[a]: 1}", "'", '"', '"\\0"', '"\\ud800"', '"\\u2028"', "\t1"),
    *("@", "`", "%", "|", ">", "#", "é", "\x01", "\ufeff", "{seed}", "a{b}", "..", "/", "a/b", "."),
    *("~nobody-of-this-name/x", "$NOT_A_VARIABLE", "${NOT_A_VARIABLE}/x", "$", "${", "~/x"),
    *("sqlite:///", "sqlite:///:memory:", "http://host:99999", "http://[::1", "postgresql+a://h/b"),
    *("9" * 4400, "0x" + "f" * 5000, "1" + "0" * 400, "a" * 5000, "é" * 200, "[" * 60 + "]" * 60),
    *("[" * 600, "{a: " * 40 + "1" + "}" * 40),
]


def check(*files: Path) -> list[str]:
    """What is said of some files, line by line; nothing where they load."""
    try:
        from_snakemake.of_files(files)
    except ConfigError as error:
        first, *lines = str(error).splitlines()
        if first != "the configuration cannot be used:":
            lines = [first, *lines]
        assert lines
        assert len(set(lines)) == len(lines)
        for line in lines:
            assert re.match(r"config: .+", line), line
            assert line.isprintable(), line
            assert len(line) < 3000
            line.encode()
            assert any(f"{file}" in line for file in files), line
        return lines
    return []


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzzed") / "own.yaml"


#: What YAML is made of.
TOKENS = [
    *("a", ":", " ", "\n", "- ", "? ", "&x", "*x", "{", "}", "[", "]", "<<", "!!", "'", '"'),
    *("|", "#", "---", "...", "%YAML 1.1", "\t", "seeds", "channel", "studies"),
]

LINES = __main__.default_file().splitlines()
GIVEN = [n for n, line in enumerate(LINES) if re.match(r" *\w+:", line)]


@st.composite
def texts(draw):
    """The file of all defaults with some lines changed, and most of the others left out."""
    lines = list(LINES)
    changed = draw(st.lists(st.sampled_from(GIVEN), min_size=1, max_size=4, unique=True))
    for number in changed:
        indent, key = re.match(r"( *)(\w+):", lines[number]).groups()
        value = draw(st.sampled_from(ODD) | st.text(max_size=12))
        match draw(st.integers(0, 9)):
            case 0:  # twice
                lines[number] = f"{lines[number]}\n{indent}{key}: {value}"
            case 1:  # another key
                other = draw(st.sampled_from(["on", "null", "~", "3", "<<", "seeds", "2024-01-01"]))
                lines[number] = f"{indent}{other}: {value}"
            case 2:  # a place that does not fit
                lines[number] = f"{indent} {key}: {value}"
            case _:
                lines[number] = f"{indent}{key}: {value}"
    if draw(st.booleans()):
        return "\n".join(lines) + "\n"
    return yaml_of_few(lines, changed)


def yaml_of_few(lines: list[str], changed: list[int]) -> str:
    """Only the lines that are changed, and the blocks they are in."""
    kept = set(changed)
    for number in changed:
        depth = len(LINES[number]) - len(LINES[number].lstrip())
        for above in range(number, -1, -1):
            indent = len(LINES[above]) - len(LINES[above].lstrip())
            if indent < depth and above in GIVEN:
                kept.add(above)
                depth = indent
    return "\n".join(lines[n] for n in sorted(kept)) + "\n"


@QUICK
@given(text=texts())
def test_a_changed_file_loads_or_is_explained(file, text):
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    check(file)


@QUICK
@given(text=st.text() | st.lists(st.sampled_from(TOKENS), max_size=25).map("".join))
@example(text="")
@example(text="# nothing\n")
@example(text="- 1\n")
@example(text="a: 1\n---\nb: 2\n")
@example(text='{"seeds":\t0, "seeds": 3}')
@example(text="a: &a [1, 2]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(3)))
def test_any_text_loads_or_is_explained(file, text):
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    check(file)


@pytest.mark.parametrize("value", ODD)
def test_an_odd_value_anywhere_loads_or_is_explained(file, value):
    text = "channel: {{learning_rate: 1e-4}}\n{}: {}\n"
    for key in ("seeds", "channel", "data", "studies", "null", "<<"):
        file.write_text(text.format(key, value), errors="surrogatepass")
        check(file)


# What any list of lists is wrong for, and what holds other keys that might be complained about.
LEAVES = [
    key
    for key in __main__.all_keys()
    if not key.is_block and "list of list" not in key.kind and not key.kind.startswith("dict")
]


def written(keys: list[__main__.Key]) -> tuple[str, dict[tuple[str, ...], int]]:
    """A file in which some keys are wrong, and their lines."""
    lines: list[str] = []
    places: dict[tuple[str, ...], int] = {}
    above: tuple[str, ...] = ()
    for path in sorted(key.path for key in keys):
        for depth, part in enumerate(path):
            if path[: depth + 1] == above[: depth + 1]:
                continue
            last = depth == len(path) - 1
            lines.append(f"{'  ' * depth}{part}:{' [[1]]' if last else ''}")
        above, places[path] = path, len(lines)
    return "\n".join(lines) + "\n", places


@QUICK
@given(
    first=st.lists(st.sampled_from(LEAVES), min_size=1, max_size=8, unique_by=lambda k: k.path),
    second=st.lists(st.sampled_from(LEAVES), max_size=8, unique_by=lambda k: k.path),
)
def test_each_mistake_is_named_with_the_file_that_has_the_last_word(file, first, second):
    expected = {}
    later = file.with_name("later.yaml")
    for path, keys in ((file, first), (later, second)):
        text, places = written(keys)
        path.write_text(text or "{}\n")
        expected |= {".".join(key): f"({path}, line {line})" for key, line in places.items()}
    said = check(file, *([later] if second else []))
    found = {}
    for line in said:
        key, place = re.match(r"config: ([a-z_.0-9]+?)(?:\.\d)*: .*?(\(/[^)]*\))", line).groups()
        found[key] = place
    assert found == expected
