from pathlib import Path
from types import SimpleNamespace

import pytest

import snnlearn
from snnlearn import registry
from snnlearn.jobs import dependencies
from snnlearn.jobs.dependencies import modules_behind

PACKAGE = Path(next(iter(snnlearn.__path__)))


@pytest.fixture(autouse=True)
def fresh():
    modules_behind.cache_clear()
    yield
    modules_behind.cache_clear()


def behind(*names: str) -> set[str]:
    """The files behind some modules, relative to the package."""
    return {str(Path(file).resolve().relative_to(PACKAGE)) for file in modules_behind(*names)}


def test_channel_depends_on_what_it_uses_and_on_nothing_else():
    assert behind("snnlearn.experiments.channel") == {
        "__init__.py",
        "engines/__init__.py",
        "engines/blas.py",
        "engines/errors.py",
        "engines/lif.py",
        "engines/nengodl.py",
        "engines/simulator/__init__.py",
        "engines/simulator/building.py",
        "engines/simulator/compiled.py",
        "engines/simulator/graph.py",
        "engines/simulator/operators.py",
        "engines/simulator/reference.py",
        "experiments/__init__.py",
        "experiments/channel.py",
        "pes.py",
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
        "engines/nengodl.py",
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


def test_paths_are_sorted_and_relative_to_where_one_is(monkeypatch):
    monkeypatch.chdir(PACKAGE.parent)
    found = modules_behind("snnlearn.experiments.channel")
    assert found == sorted(found)
    assert f"{PACKAGE.name}/engines/simulator/compiled.py" in found


def test_paths_elsewhere_are_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    found = modules_behind("snnlearn.experiments.channel")
    assert str(PACKAGE / "seeding.py") in found


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
    assert [name for name in found if name.startswith("sample")] == [
        f"sample/{name}.py" for name in expected
    ]


def test_other_packages_are_not_followed(package):
    assert not any(name.startswith("other") for name in modules_behind("sample.top"))
