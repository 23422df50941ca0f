"""The tutorial does what it says: its blocks are run in their order, and print what it shows."""

import os
import re
import signal
import subprocess
import sysconfig
import time
from pathlib import Path

import pytest
from pages import Block, blocks, matches
from tiny_project import ROOT, copy_project, make_python, on_a_terminal, without_controls

PAGE = ROOT / "docs/tutorial.md"
LINES = PAGE.read_text(encoding="utf-8").splitlines()

#: What is not run here, and why. That `make` knows the target is tested all the same.
NOT_RUN = {
    "make .venv/ready": "it downloads 800 MB; tests/faults/test_installation.py has its messages",
    "make reproduce": "it takes minutes, and MNIST; test_run.py runs all of it, small",
}

#: What runs until it is interrupted: that is done when all is printed that the page shows.
FOR_EVER = {"make ui"}

#: Commands in `.venv/bin`, and what they start.
COMMANDS = {"snakemake": "snakemake.cli", "snnlearn": "snnlearn.commands.main"}

SCRIPT = """\
#!{python}
import sys
from {module} import main
sys.exit(main())
"""


@pytest.fixture
def clone(tmp_path):
    """A copy of the project as `make .venv/ready` leaves it: with an environment of its own."""
    folder = copy_project(tmp_path / "snnlearn").folder
    for name in ("Makefile", "pyproject.toml"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    python = make_python(folder / ".venv")
    packages = sysconfig.get_path("purelib")
    (found,) = (folder / ".venv/lib").glob("python*/site-packages")
    (found / "all.pth").write_text(f"{folder / 'src'}\n{packages}\n")
    for name, module in COMMANDS.items():
        script = python.with_name(name)
        script.write_text(SCRIPT.format(python=python, module=module))
        script.chmod(0o755)
    for step in ("installed", "ready"):  # in this order, for `make`
        (folder / ".venv" / step).touch()
    return folder


def environment() -> dict[str, str]:
    """That of a new terminal: nothing leads to the project that is tested from."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def file_of(block: Block) -> str:
    """The file that a block of YAML goes into: named in the line before the block."""
    above = next(line for line in reversed(LINES[: block.line - 1]) if line)
    (name,) = re.findall(r"`(\w+\.yaml)`:$", above)
    return name


def run(command: str, folder: Path) -> str:
    """What a command shows on a terminal, with lines that are then overwritten."""
    shell = ["bash", "-eu", "-o", "pipefail", "-c", command]
    status, sent = on_a_terminal(shell, folder, environment())
    shown = without_controls(sent)
    assert status == 0, f"$ {command}\n{shown}"
    return shown


def run_until_told(command: str, expected: str, folder: Path) -> str:
    """What a command prints until it is what is expected; then it is interrupted, and ends."""
    file = folder / "printed.txt"
    with file.open("w") as printed:
        running = subprocess.Popen(
            ["bash", "-c", command],
            cwd=folder,
            env=environment(),
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # A shell that starts tests in the background lets them ignore it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
    deadline = time.monotonic() + 120
    try:
        while not matches(expected, file.read_text()) and time.monotonic() < deadline:
            assert running.poll() is None, file.read_text()
            time.sleep(0.2)
        said = file.read_text()
    finally:
        os.killpg(running.pid, signal.SIGINT)
        running.wait(timeout=60)
    return said


@pytest.mark.slow
@pytest.mark.timeout(1800)  # minutes of computing, whatever else the machine does
def test_the_tutorial_prints_what_it_shows(clone):
    for block in blocks(PAGE):
        if block.language == "yaml":
            (clone / file_of(block)).write_text(block.text, encoding="utf-8")
            continue
        assert block.language == "console", f"line {block.line}: {block.language} is not run"
        for command, expected in block.commands():
            if command in NOT_RUN:
                continue
            printed = (
                run_until_told(command, expected, clone)
                if command in FOR_EVER
                else run(command, clone)
            )
            assert matches(expected, printed), f"line {block.line}: $ {command}\n{printed}"


@pytest.mark.parametrize("command", [*NOT_RUN, *FOR_EVER])
def test_what_is_not_run_to_its_end_is_told_and_there_is_such_a_target(command):
    told = [
        said
        for block in blocks(PAGE)
        if block.language == "console"
        for said, _ in block.commands()
    ]
    assert command in told
    plan = subprocess.run(
        [*command.split(), "--dry-run"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert plan.returncode == 0, plan.stderr
