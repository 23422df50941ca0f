"""What rooms may import, as CONTRIBUTING lists them, how long a module is, and where a name is."""

from pathlib import Path

import pytest
import rooms
from rooms import MODULES, ROOT, SOURCE, imported, room_of

WORKFLOW, *ROOMS = rooms.listed()
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


def name_of(module: Path) -> str:
    return module.relative_to(SOURCE).as_posix()


def test_imports_are_found_wherever_they_are():
    source = (
        "import snnlearn.pes\nfrom snnlearn import ui, x\ndef f():\n  from snnlearn.a.b import c"
    )
    assert sorted(imported(source)) == ["a", "pes", "ui", "x"]


def test_every_module_has_a_room():
    assert WORKFLOW == ["workflow"]
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
