"""Whatever stands in a configuration file, it loads, or one message says what is wrong where."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from odd_configurations import ODD, texts

from snnlearn.config import __main__, fitting, from_snakemake
from snnlearn.config.errors import ConfigError
from snnlearn.registry import registry

QUICK = settings(max_examples=100)


def check(*files: Path) -> list[str]:
    """What is said of some files, line by line; nothing where they load, which is then planned."""
    try:
        studies = from_snakemake.of_files(files).studies
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
    for line in fitting.too_large(studies, registry(), memory=16_000, disk=500_000):
        assert re.match(r"\S+ would take [\d,.]+ ", line)
    return []


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzzed") / "own.yaml"


#: What YAML is made of.
TOKENS = [
    *("a", ":", " ", "\n", "- ", "? ", "&x", "*x", "{", "}", "[", "]", "<<", "!!", "'", '"'),
    *("|", "#", "---", "...", "%YAML 1.1", "\t", "seeds", "channel", "studies"),
]


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
