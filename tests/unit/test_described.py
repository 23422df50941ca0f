import subprocess
import sys

import pytest

from snnlearn import figures
from snnlearn.figures import Described, caption, described
from snnlearn.registry import names


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Put a module beside those of figures."""
    monkeypatch.setattr(figures, "__path__", [*figures.__path__, str(tmp_path)])

    def put(text: str) -> Described:
        (tmp_path / "noise_of_many.py").write_text(text)
        return described("noise_of_many")

    return put


def test_what_stands_in_a_module_is_read_and_not_run(module):
    text = """
raise RuntimeError("this module is read")

TITLE = "Noise (much of it)"

@caption("One text "
         "in two lines, ± 1.")
def lines(runs, settings, /, parameters, *, closeup): ...

def helper(runs, settings): ...

@other("No figure.")
def neither(runs): ...

@caption("Another.")
def bars(settings): ...
"""
    assert module(text) == Described(
        "Noise (much of it)",
        {"lines": "One text in two lines, ± 1.", "bars": "Another."},
        {"lines": ("runs", "settings", "parameters", "closeup"), "bars": ("settings",)},
    )
    assert list(module(text).captions) == ["lines", "bars"]


@pytest.mark.parametrize("text", ["TEXT", "'One ' + 'two.'", "f'{TITLE}.'", "3"])
def test_a_caption_that_would_have_to_be_run_is_refused(module, text):
    with pytest.raises(ValueError, match=r"line 2: the caption of lines is read without running"):
        module(f"TITLE = 'Noise'\n@caption({text})\ndef lines(runs): ...\n")


def test_a_module_without_figures_is_named_by_its_name(module):
    assert module("x = 1\n") == Described("Noise of many")


def test_functions_of_which_none_is_a_figure_are_refused(module):
    with pytest.raises(ValueError, match=r"noise_of_many.py has no figure: put @caption"):
        module("@captoin('A line.')\ndef lines(runs): ...\n")


def test_an_experiment_without_figures_is_named_by_its_name():
    assert described("nobody_draws_this") == Described("Nobody draws this")


@pytest.mark.parametrize("name", names())
def test_every_experiment_has_a_title_and_captions(name):
    found = described(name)
    assert found.title != name.replace("_", " ").capitalize()
    assert found.captions
    assert all(text.endswith(".") for text in found.captions.values())
    assert set(found.drawn_from) == set(found.captions)


def test_a_caption_leaves_its_function_what_it_is():
    def draw() -> None: ...

    assert caption("Nothing.")(draw) is draw


def test_a_configuration_is_read_without_plotting_and_learning():
    code = (
        "import sys, snnlearn.config.loading as loading; loading.load({});"
        "print(*{'matplotlib', 'seaborn', 'tensorflow', 'nengo_dl', 'mlflow'} & set(sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
