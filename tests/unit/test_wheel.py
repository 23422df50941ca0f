"""The library as a wheel, in a folder of its own, with the packages of this environment."""

import os
import shutil
import subprocess
import sys
import zipfile

import pytest
from tiny_project import ROOT

#: What setuptools reads.
READ = ("pyproject.toml", "README.md", "LICENSE", "envs", "src")

#: Where the library is, what a network of one's own does, and what an experiment gives.
USED = """
import nengo
import numpy as np
import snnlearn
from snnlearn.experiments import tuning_curve

print(snnlearn.__file__)

def constant(seed):
    with nengo.Network(seed=seed) as network:
        ensemble = nengo.Ensemble(100, 1)
        nengo.Connection(nengo.Node(0.5), ensemble)
        nengo.Probe(ensemble, synapse=0.03, label="decoded")
    return network


for result in snnlearn.simulate(constant, seeds=range(2), duration=0.3):
    decoded = result.data["decoded"]
    print(result.seed, decoded.shape, abs(np.mean(decoded[200:]) - 0.5) < 0.05)
parameters = tuning_curve.Parameters(n_currents=20)
(traces,) = tuning_curve.simulate(parameters, seeds=[0])
print(tuning_curve.measure(traces, parameters)["soft_rate_at_1"].value)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built of a copy: setuptools leaves files beside what it builds."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in READ:
        if (ROOT / name).is_dir():
            left_out = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(ROOT / name, folder / name, ignore=left_out)
        else:
            shutil.copyfile(ROOT / name, folder / name)
    pip("wheel", "--no-build-isolation", "--wheel-dir", folder / "dist", folder)
    (built,) = (folder / "dist").iterdir()
    return built


def pip(*arguments):
    command = [sys.executable, "-m", "pip", *map(str, arguments), "--no-deps", "--no-index"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_wheel_has_every_file_of_the_library(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    files = {
        file.relative_to(ROOT / "src").as_posix()
        for file in (ROOT / "src").rglob("*")
        if file.is_file() and not {"__pycache__"} & set(file.parts) and ".egg-info" not in str(file)
    }
    assert {"snnlearn/py.typed", "snnlearn/__init__.pyi"} < files
    assert {name for name in names if ".dist-info/" not in name} == files


def test_what_is_installed_from_the_wheel_works(wheel, tmp_path):
    pip("install", "--target", tmp_path / "target", wheel)

    def printed(*command):
        environment = os.environ | {"PYTHONPATH": str(tmp_path / "target")}
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    assert len(printed(tmp_path / "target/bin/snnlearn", "list")) > 4
    place, *networks, experiment = printed(sys.executable, "-P", "-c", USED)
    assert place == str(tmp_path / "target/snnlearn/__init__.py")
    assert networks == ["0 (300, 1) True", "1 (300, 1) True"]
    assert float(experiment) == pytest.approx(37.06, abs=0.005)  # as README.md has it
