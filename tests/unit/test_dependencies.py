import ast
import hashlib
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import snnlearn
from snnlearn import registry
from snnlearn.jobs import dependencies
from snnlearn.jobs.dependencies import code_of, modules_behind, needed_for, without_words

PACKAGE = Path(next(iter(snnlearn.__path__)))


@pytest.fixture(autouse=True)
def fresh():
    cached = (
        *(modules_behind, code_of),
        *(dependencies._imported_by, dependencies._file_in_package),
    )
    for function in cached:
        function.cache_clear()
    yield
    for function in cached:
        function.cache_clear()


def behind(*names: str) -> set[str]:
    """The files behind some modules, relative to the package."""
    return {str(Path(file).resolve().relative_to(PACKAGE)) for file in modules_behind(*names)}


def test_channel_depends_on_what_it_uses_and_on_nothing_else():
    assert behind("snnlearn.experiments.channel") == {
        "learning/__init__.py",
        "learning/decays.py",
        "engines/__init__.py",
        "engines/blas.py",
        "engines/elementary.py",
        "engines/errors.py",
        "engines/kernels.py",
        "engines/lif.py",
        "engines/lms.py",
        "engines/simulator/__init__.py",
        "engines/simulator/arithmetic.py",
        "engines/simulator/building.py",
        "engines/simulator/compiled.py",
        "engines/simulator/dynamics.py",
        "engines/simulator/graph.py",
        "engines/simulator/loop.py",
        "engines/simulator/neurons.py",
        "engines/simulator/operators.py",
        "engines/simulator/program.py",
        "engines/simulator/reference.py",
        "engines/simulator/rows.py",
        "engines/simulator/rules.py",
        "engines/simulator/sampling.py",
        "engines/simulator/stimuli.py",
        "engines/tuning.py",
        "experiments/__init__.py",
        "experiments/channel.py",
        "measures.py",
        "learning/pes.py",
        "recordings.py",
        "seeding.py",
        "settings/__init__.py",
        "settings/types.py",
    }


@pytest.mark.parametrize("name", registry.names())
def test_simulations_depend_on_no_plotting_judging_or_tracking(name):
    found = behind(f"snnlearn.experiments.{name}")
    assert {"settings/types.py", "experiments/__init__.py"} <= found
    unwanted = ("figures", "published", "verdict", "tracking", "report", "config", "statistics")
    assert not [file for file in found if file.startswith(unwanted)]


def test_indirect_imports_are_found():
    found = behind("snnlearn.experiments.mnist")
    assert {
        "engines/lif.py",
        "engines/feedforward/evaluation.py",
        "data/hashing.py",
        "mnist/network.py",
    } <= found
    assert "mnist/training.py" not in found
    assert "experiments/conditioning.py" not in found
    assert "mnist/training.py" in behind("snnlearn.mnist.parameter_source")


def test_several_modules_are_joined():
    one, other = "snnlearn.experiments.channel", "snnlearn.experiments.conditioning"
    assert behind(one, other) == behind(one) | behind(other)


@pytest.mark.parametrize("name", ["snnlearn.experiments.nope", "snnlearn.channel", "snnlearn.a.b"])
def test_unknown_module_is_an_error(name):
    with pytest.raises(ModuleNotFoundError, match=name.rpartition(".")[0]):
        modules_behind(name)


def test_words_only_are_left_out():
    assert not any("progress" in file for file in behind("snnlearn.mnist.evaluation"))


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package ``sample`` in the place of this one, with another package beside it."""
    files = {
        "sample/__init__.py": "",
        "sample/top.py": "import other\ndef f():\n    from sample import inner\n",
        "sample/inner.py": "import sample.deep.deepest\n",
        "sample/deep/__init__.py": "",
        "sample/deep/deepest.py": "raise RuntimeError('not to be run')\n",
        "sample/unused.py": "",
        "other/__init__.py": "",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(content)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        dependencies, "snnlearn", SimpleNamespace(__path__=[str(tmp_path / "sample")])
    )


def test_imports_inside_functions_are_found_without_running_them(package):
    found = modules_behind("sample.top")
    expected = ["__init__", "deep/__init__", "deep/deepest", "inner", "top"]
    assert [str(Path(file).relative_to(Path.cwd())) for file in found] == [
        f"sample/{name}.py" for name in expected
    ]


def test_other_packages_are_not_followed(package):
    assert not any("other" in Path(name).parts for name in modules_behind("sample.top"))


SOURCE = '''"""A module."""

import math
from snnlearn.learning import pes

#: How wide.
WIDTH = 2  # metres


class Box:
    """A box."""

    height: int = 3
    """Its height, "in" metres."""

    def area(self):
        """Its area.

        Over two lines.
        """
        text = "# not a comment"  # a comment: ß
        return WIDTH * self.height, text


def alone():
    return math.pi
'''

BARE = """import math
from snnlearn.learning import pes
WIDTH = 2
class Box:
    height: int = 3
    def area(self):
        text = "# not a comment"
        return WIDTH * self.height, text
def alone():
    return math.pi
"""


def test_words_are_cut_out_of_source_text():
    assert without_words(SOURCE) == BARE
    assert without_words(BARE) == BARE


def test_a_statement_needs_what_its_names_need():
    found = [ast.unparse(statement) for statement in needed_for("Box", SOURCE)]
    assert [text.partition("\n")[0] for text in found] == ["WIDTH = 2", "class Box:"]
    assert [ast.unparse(s) for s in needed_for("alone", SOURCE)] == [
        "import math",
        "def alone():\n    return math.pi",
    ]
    with pytest.raises(AttributeError, match="nothing"):
        needed_for("nothing", SOURCE)


@pytest.fixture
def hashed(tmp_path, monkeypatch):
    """The hash of what two functions need in a module of a package, after an edit."""
    (tmp_path / "hashed").mkdir()
    (tmp_path / "hashed/__init__.py").write_text("")
    (tmp_path / "hashed/things.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "hashed", raising=False)

    def hashed(old: str = "", new: str = "") -> tuple[str, str]:
        assert old in SOURCE
        (tmp_path / "hashed/things.py").write_text(SOURCE.replace(old, new) if old else SOURCE)
        code_of.cache_clear()
        return code_of("hashed.things:Box"), code_of("hashed.things:alone")

    return hashed


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("A box.", "The box."),
        ("# metres", "# feet"),
        ("#: How wide.", "#: How wide it is."),
        ("in" + chr(34) + " metres", "in" + chr(34) + " feet"),
        ("Over two lines.", "Over\n        three lines."),
        ("\n\n\nclass", "\n\nclass"),
    ],
)
def test_words_change_no_hash(hashed, old, new):
    assert hashed(old, new) == hashed()


def test_a_number_changes_the_hash_of_what_needs_it(hashed):
    box, alone = hashed()
    changed, same = hashed("WIDTH = 2", "WIDTH = 3")
    assert changed != box
    assert same == alone
    box_as_before, other = hashed("math.pi", "math.tau")
    assert box_as_before == box
    assert other != alone


def test_a_text_in_code_is_code(hashed):
    assert hashed("# not a comment", "# no comment")[0] != hashed()[0]


def test_hashes_are_of_text_which_is_the_same_in_every_version_of_python(hashed):
    needed = BARE[BARE.index("WIDTH") : BARE.index("def alone")]
    assert hashed()[0] == hashlib.sha256(needed.encode()).hexdigest()


def test_what_is_imported_counts_for_what_uses_it(hashed):
    box, alone = hashed()
    same, changed = hashed("import math", "import cmath as math")
    assert same == box
    assert changed != alone


@pytest.mark.parametrize(
    ("statement", "module"),
    [
        ("import snnlearn.learning.pes as math", "snnlearn.learning.pes"),
        ("from snnlearn.learning import pes as math", "snnlearn.learning.pes"),
        ("from snnlearn.learning.pes import decay_rate as math", "snnlearn.learning.pes"),
        ("from snnlearn.learning.pes import *", "snnlearn.learning.pes"),
        ("import math", None),
        ("from snnlearn.learning import pes", None),  # which nothing uses
    ],
)
def test_modules_of_this_package_count_however_they_are_imported(
    hashed, monkeypatch, statement, module
):
    followed = []
    monkeypatch.setattr(dependencies, "modules_behind", lambda *names: followed.extend(names) or ())
    hashed("import math", statement)
    assert set(followed) == ({module} if module else set())


def test_relative_imports_are_followed():
    (statement,) = ast.parse("from .. import pes").body
    found = list(dependencies._imports([statement], "snnlearn.experiments"))
    assert found == [("snnlearn.pes", "pes")]


@pytest.mark.parametrize("name", registry.names())
def test_measuring_is_no_part_of_a_simulation(name):
    experiment = f"snnlearn.experiments.{name}"
    source = (PACKAGE / f"experiments/{name}.py").read_text()
    for function, left_out in (("simulate", "measure"), ("measure", "simulate")):
        needed = needed_for(function, source)
        assert not [s for s in needed if getattr(s, "name", "") == left_out]
    assert code_of(f"{experiment}:simulate") != code_of(f"{experiment}:measure")
