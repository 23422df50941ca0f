"""Setting up `.venv`, where the machine, the folder, or the user's settings are not the usual ones.

A package of one line takes the place of all that the lock names.
"""

import hashlib
import os
import runpy
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tiny_project import ROOT

CHECK = runpy.run_path(str(ROOT / "envs/check.py"))
GLIBC = ("glibc", "2.31")

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="make is not there")


def make_wheel(folder: Path) -> str:
    """A package, and its line in a lock."""
    folder.mkdir()
    wheel = folder / "onewheel-1.0-py3-none-any.whl"
    meta = "onewheel-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("onewheel.py", "there = True\n")
        archive.writestr(
            f"{meta}/METADATA", "Metadata-Version: 2.1\nName: onewheel\nVersion: 1.0\n"
        )
        archive.writestr(f"{meta}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n")
        archive.writestr(f"{meta}/RECORD", "")
    return f"onewheel==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


@pytest.fixture
def clone(tmp_path):
    """A function that copies what make needs to a folder and calls make there."""

    def make(*targets: str, folder: str = "clone", **variables: str) -> subprocess.CompletedProcess:
        here = tmp_path / folder
        if not here.exists():
            (here / "envs").mkdir(parents=True)
            for file in ("Makefile", "envs/check.py", "envs/install.py"):
                shutil.copyfile(ROOT / file, here / file)
            lock = make_wheel(tmp_path / "wheels")
            (here / "envs/requirements.lock").write_text(lock)
        # Of the user's settings, none of the machine that runs the tests.
        plain = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        return subprocess.run(
            ["make", f"PYTHON={sys.executable}", *targets],
            cwd=here,
            env=plain | variables,
            capture_output=True,
            text=True,
        )

    return make


def test_only_the_settings_that_reach_packages_count(clone, tmp_path):
    settings = tmp_path / "pip.conf"
    settings.write_text(
        f"[global]\nno-index = true\nfind-links = {tmp_path}/wheels\nuser = true\nquiet = 3\n"
        f"require-virtualenv = true\n[install]\nprefix = {tmp_path}/prefix\n"
        f"constraint = {tmp_path}/missing.txt\nno-binary = :all:\n"
    )
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "pip").mkdir(parents=True)
    (elsewhere / "pip/__init__.py").write_text("raise SystemExit('another pip')")
    done = clone(
        ".venv/installed",
        PIP_CONFIG_FILE=str(settings),
        PIP_USER="1",
        PIP_TARGET=str(tmp_path / "target"),
        PYTHONPATH=str(elsewhere),
        PYTHONHOME=str(elsewhere),
        PYTHONWARNINGS="error",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    python = tmp_path / "clone/.venv/bin/python"
    assert subprocess.run([python, "-I", "-c", "import onewheel"]).returncode == 0
    assert not (tmp_path / "target").exists() and not (tmp_path / "prefix").exists()


@pytest.mark.parametrize("folder", ["My Projects", "it's", 'a"b', "a&b", "{a}", "$a"])
def test_a_path_that_shells_trip_over_is_refused_before_anything_is_installed(
    clone, folder, tmp_path
):
    refused = clone("reproduce", folder=folder)
    assert refused.returncode != 0
    assert "Nothing was installed: the path of this folder has" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / folder / ".venv").exists()


def test_other_letters_and_links_in_the_path_are_no_trouble(tmp_path):
    folder = tmp_path / "Zürich-λ,1+1=2"
    folder.mkdir()
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert CHECK["why_not_this_folder"](folder) is None
    assert CHECK["why_not_this_folder"](link) is None


@pytest.mark.parametrize(
    ("machine", "why"),
    [
        (("Linux", "x86_64", GLIBC, ""), None),
        (("Linux", "aarch64", ("glibc", "2.28"), ""), None),
        (("Darwin", "arm64", ("", ""), "14.5"), None),
        (("Darwin", "x86_64", ("", ""), "13.0"), "TensorFlow comes for arm64 on Darwin"),
        (("Darwin", "arm64", ("", ""), "11.7.1"), "need macOS 12.0 or newer, and this is 11.7.1"),
        (("Linux", "x86_64", ("glibc", "2.17"), ""), "need glibc 2.28 or newer, and this is 2.17"),
        (("Linux", "x86_64", ("", ""), ""), "need glibc, which this Linux has not"),
        (("Linux", "ppc64le", GLIBC, ""), "TensorFlow comes for x86_64 and aarch64 on Linux"),
        (("Windows", "AMD64", ("", ""), ""), "it runs on Linux and macOS, and this is Windows"),
    ],
)
def test_a_machine_that_packages_do_not_come_for_is_named(machine, why):
    said = CHECK["why_not_this_machine"](*machine)
    assert said is None if why is None else why in said


def test_the_readme_says_what_the_check_asks_for():
    readme = (ROOT / "README.md").read_text()
    for needed in ("GLIBC", "MACOS"):
        version = ".".join(map(str, CHECK[needed])).removesuffix(".0")
        assert version in readme.partition("## What comes out")[0]


def test_a_full_disk_is_told_before_anything_is_installed(monkeypatch, tmp_path):
    def usage(_):
        return shutil._ntuple_diskusage(10**10, 10**10 - 10**8, 10**8)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    why = CHECK["why_not_this_folder"](tmp_path)
    assert why == f"4 GB must be free in {tmp_path}, and 0.1 GB are: make room"


def test_a_folder_that_cannot_be_written_is_told():
    assert "nothing can be written to /proc" in CHECK["why_not_this_folder"](Path("/proc"))


def test_a_profile_of_another_snakemake_is_left_aside_and_said_so(clone):
    shown = clone("--dry-run", "help", SNAKEMAKE_PROFILE="slurm")
    assert "SNAKEMAKE_PROFILE is left aside" in shown.stdout
    assert "left aside" not in clone("--dry-run", "help").stdout
    seen = clone("--eval", "seen:; @env", "seen", SNAKEMAKE_PROFILE="slurm").stdout
    assert "PATH=" in seen
    assert not any(line.startswith("SNAKEMAKE_PROFILE=") for line in seen.splitlines())
