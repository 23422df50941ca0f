"""What cannot fit the machine is told before it starts; what can is not."""

import re
from pathlib import Path

import pytest
import yaml

from snnlearn.config import fitting
from snnlearn.config.errors import ConfigError
from snnlearn.config.loading import load
from snnlearn.registry import registry

#: Megabytes of a machine, and of its disk.
MACHINE = {"memory": 16_000.0, "disk": 500_000.0}

LARGE = {
    "neurons": ("channel", {"n_neurons": 1_000_000}),
    "duration": ("channel", {"duration": 1e9}),
    "time after learning": ("channel", {"generalization_duration": 1e9}),
    "period": ("channel", {"stimulus_period": 1e9}),
    "duration of conditioning": ("conditioning", {"duration": 1e9}),
    "neurons of conditioning": ("conditioning", {"n_neurons_per_dimension": 1_000_000}),
    "dimensions": ("conditioning", {"dimensions": 1_000_000}),
    "steps": ("mnist", {"n_steps": 1_000_000_000}),
    "minibatch": ("mnist", {"engine": "nengo-dl", "minibatch_size": 60_000}),
    "currents": ("tuning_curve", {"n_currents": 1_000_000_000}),
}


def large(raw: dict) -> list[str]:
    return fitting.too_large(load(raw).studies, registry(), **MACHINE)


@pytest.mark.parametrize("what", LARGE)
def test_what_cannot_fit_is_told_with_its_study(what):
    name, block = LARGE[what]
    found = large({name: block})
    assert any(line.startswith(f"{name} would take ") for line in found)
    assert any("GB" in line for line in found)


def test_of_a_study_too():
    study = {"experiment": "channel", "sweep": {"n_neurons": [60, 1_000_000]}}
    (found,) = large({"studies": {"sizes": study}})
    assert found == "sizes would take 32,321 GB of memory for one job, and there are 16 GB"


def test_many_runs_that_are_kept_need_a_disk():
    (found,) = large({"channel": {"seeds": 1_000_000}})
    assert found == "channel would take 1,400 GB on the disk, which holds 500 GB"


def test_nobody_waits_for_a_seed_for_years():
    studies = load({"channel": {"duration": 1e9, "n_neurons": 10_000, "seeds": 1}}).studies
    found = fitting.too_large(studies, registry(), memory=1e12, disk=1e15)
    assert re.fullmatch(r"channel would take [\d.e+]+ years for one seed", found[0])


@pytest.mark.parametrize("file", ["config", "smoke", "full", "gate"])
def test_what_is_shipped_fits_a_small_machine(file):
    raw = yaml.safe_load((Path(__file__).parents[2] / f"config/{file}.yaml").read_text())
    assert fitting.too_large(load(raw).studies, registry(), memory=2000, disk=20_000) == []


def test_a_machine_has_memory_and_a_disk(tmp_path):
    assert fitting.memory_mb() > 100
    assert fitting.disk_mb(tmp_path / "not" / "there") == fitting.disk_mb(tmp_path) > 0


TOO_MUCH = {
    "channel.n_neurons": ({"channel": {"n_neurons": 10**12}}, "is more than 1000000000"),
    "channel.dt": ({"channel": {"dt": 1e-12}}, "is less than 1e-05"),
    "channel.probe_synapse": ({"channel": {"probe_synapse": 1e-300}}, "is less than 1e-05"),
    "channel.stimulus_rms": ({"channel": {"stimulus_rms": 1e300}}, "is more than 1000000000"),
    "mnist.threads": ({"mnist": {"threads": 1_000_000}}, "is more than 1024"),
    "seeds": ({"seeds": 10**9}, "1000000000 seeds are too many"),
    "variance.channel.blocks": (
        {"variance": {"channel": {"blocks": 10**9}}},
        "is more than 10000",
    ),
    "figures.width": ({"figures": {"width": 1}}, "is less than 80"),
    "figures.dpi": ({"figures": {"dpi": 1_000_000}}, "is more than 1200"),
}


@pytest.mark.parametrize("key", TOO_MUCH)
def test_a_number_beyond_its_bound_is_told_with_its_key(key):
    raw, told = TOO_MUCH[key]
    with pytest.raises(ConfigError) as error:
        load(raw)
    assert str(error.value).startswith(f"config: {key}: ")
    assert told in str(error.value)
