"""What of Snakemake is used that it does not document."""

import inspect
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake.api import Workflow  # which comes first: Snakemake imports in a circle
from snakemake.exceptions import WorkflowError
from snakemake.path_modifier import PathModifier

from snnlearn.config import from_snakemake
from snnlearn.config.loading import load


def prefixed(prefix):
    """As Snakemake keeps the prefix of a module."""
    return PathModifier(None, prefix, workflow=None)


@pytest.fixture
def workflow(tmp_path):
    """As Snakemake keeps it: files of the command line first, though they override the others."""
    own, shipped = tmp_path / "own.yaml", tmp_path / "config.yaml"
    own.write_text("seeds: 0\n")
    shipped.write_text("seeds: 2\n")
    return SimpleNamespace(
        configfiles=[str(own), str(shipped)],
        overwrite_configfiles=[str(own)],
        config_settings=SimpleNamespace(config={}),
        is_main_process=True,
        modifier=SimpleNamespace(skip_configfile=False, path_modifier=prefixed(None)),
    )


def test_what_cannot_fit_this_machine_is_said():
    assert from_snakemake.too_large(load({}), Path("results")) == ""
    said = from_snakemake.too_large(load({"channel": {"duration": 1e9}}), Path("results"))
    assert re.match(r"this does not fit this machine:\nchannel would take .* of memory", said)


def test_snakemake_has_what_is_asked_of_it():
    for attribute in (
        *("configfiles", "overwrite_configfiles", "config_settings"),
        *("is_main_process", "local_exec", "resource_settings"),  # asked by the rules
        *("modifier", "modifier_stack", "skip_configfile", "path_modifier"),
    ):
        assert re.search(rf"\b{attribute}\b", inspect.getsource(Workflow)), attribute


def test_what_is_wrong_is_said_with_the_file_that_has_the_last_word(workflow):
    with pytest.raises(WorkflowError, match=r"seeds: 0 seeds are too few.*own\.yaml, line 1"):
        from_snakemake.of_workflow(workflow, {"seeds": 0})


def test_texts_of_the_command_line_are_read(workflow):
    workflow.config_settings.config = {"channel": {"n_neurons": "30"}}
    found = from_snakemake.of_workflow(workflow, {"channel": {"n_neurons": "30"}})
    assert found.blocks["channel"].parameters.n_neurons == 30


@pytest.mark.parametrize("path", ["/data", "../data", "~/data", "$DATA/x", "${DATA}"])
def test_what_is_elsewhere_is_not_below_the_prefix(workflow, path):
    workflow.modifier.path_modifier = prefixed("snn")
    assert from_snakemake.placed(workflow)(path) == path
    assert from_snakemake.placed(workflow)("data") == "snn/data"


def test_files_are_merged_as_snakemake_does_it(tmp_path):
    files = [tmp_path / "one.yaml", tmp_path / "two.yaml"]
    files[0].write_text("channel: {n_neurons: 30, duration: 3}\n")
    files[1].write_text("channel: {n_neurons: 40}\n")
    parameters = from_snakemake.of_files(files).blocks["channel"].parameters
    assert (parameters.n_neurons, parameters.duration) == (40, 3)
