"""Configuration files that people could write, drawn from the model: good ones and others."""

import re

from hypothesis import strategies as st

from snnlearn.config import __main__

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

LINES = __main__.default_file().splitlines()
TOP = [line.partition(":")[0] for line in LINES if re.match(r"\w+:", line)]
KEYS = sorted({line.strip().partition(":")[0] for line in LINES if re.match(r" +\w+:", line)})
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


@st.composite
def pairs(draw):
    """What may follow ``--config``: a key or two, each with an odd value, or one deep in it."""
    keys = draw(st.lists(st.sampled_from([*TOP, "on", "null"]), min_size=1, max_size=2))
    value = st.sampled_from(ODD) | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    deeper = st.builds("{{{}: {}}}".format, st.sampled_from(KEYS), value)
    return [f"{key}={draw(value | deeper)}".replace("\0", "") for key in keys]


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
