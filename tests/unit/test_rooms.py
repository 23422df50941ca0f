"""The rooms of the package: what may import what, how long a module is, and where a name is."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src/snnlearn"

#: From top to bottom: a room may import those of the rows below.
ROOMS = [
    ["commands"],
    ["ui", "pruning", "crate"],
    ["report"],
    ["config"],
    ["verdict", "tracking", "figures", "explore"],
    ["registry", "studies", "simulation"],
    ["experiments"],
    ["mnist", "learning", "conditioning", "recordings"],
    ["engines", "results"],
    ["data"],
    ["published", "settings", "jobs", "seeding", "shares"],
    ["statistics", "paired_shares", "measures"],
]
ROW = {room: number for number, row in enumerate(ROOMS) for room in row}

#: Modules that are over the limit still, and how many lines they may have.
LONGEST = 350
LONGER = {
    "experiments/channel.py": 416,
    "experiments/conditioning.py": 392,
}

#: Files about the classifier.
ABOUT_MNIST = [
    *("src/snnlearn/mnist/", "src/snnlearn/data/", "src/snnlearn/experiments/mnist.py"),
    *("src/snnlearn/figures/mnist", "src/snnlearn/published/mnist.py"),
    *(f"src/snnlearn/commands/{name}.py" for name in ("classifier", "inputs", "predict", "run")),
    "src/snnlearn/explore/mnist.py",
    "src/snnlearn/explore/__main__.py",
    *(
        f"src/snnlearn/{room}/{name}.py"
        for room in ("experiments", "figures", "published")
        for name in ("latency", "robustness")
    ),
    *(f"src/snnlearn/published/{study}.py" for study in ("soft_lif", "surrogate")),
    "workflow/rules/mnist",
]

MODULES = sorted(SOURCE.rglob("*.py"))


def name_of(module: Path) -> str:
    return module.relative_to(SOURCE).as_posix()


def imported(source: str) -> Iterator[str]:
    """Rooms of the package that a source imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name.split(".")[1] for name in names if name.startswith("snnlearn."))


def room_of(module: Path) -> str:
    return module.relative_to(SOURCE).parts[0].removesuffix(".py")


def test_imports_are_found_wherever_they_are():
    source = (
        "import snnlearn.pes\nfrom snnlearn import ui, x\ndef f():\n  from snnlearn.a.b import c"
    )
    assert sorted(imported(source)) == ["a", "pes", "ui", "x"]


def test_every_module_has_a_room():
    assert {room_of(module) for module in MODULES} == {*ROW, "__init__", "__main__"}


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_imports_go_down(module):
    """Those of commands, which nothing imports, may go anywhere."""
    room = room_of(module)
    above = {
        other
        for other in imported(module.read_text(encoding="utf-8"))
        if other != room and ROW[other] <= ROW.get(room, len(ROOMS))
    }
    assert module.name == "__main__.py" or above == set()


def test_nothing_imports_a_command():
    found = [name_of(m) for m in MODULES if "__main__ import" in m.read_text(encoding="utf-8")]
    assert found == []


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_modules_can_be_read_at_a_time(module):
    lines = len(module.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGER.get(name_of(module), LONGEST)


@pytest.mark.parametrize("name", LONGER)
def test_modules_that_have_become_shorter_are_no_exceptions(name):
    assert len((SOURCE / name).read_text(encoding="utf-8").splitlines()) > LONGEST


def test_the_classifier_is_named_only_in_what_is_about_it():
    files = [*MODULES, *sorted((ROOT / "workflow/rules").glob("*.smk"))]
    named = [path.relative_to(ROOT).as_posix() for path in files if "mnist" in path.read_text()]
    assert [path for path in named if not path.startswith(tuple(ABOUT_MNIST))] == []


def test_contributing_has_the_rooms_in_their_order():
    rows = "".join(f"    {', '.join(row)}\n" for row in [["workflow"], *ROOMS])
    assert f"\n{rows}\n" in (ROOT / "CONTRIBUTING.md").read_text()
