"""The commands and the code of all pages, executed as they are written.

What takes minutes is planned only: here, ``snakemake`` and ``make`` run dry.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from pages import Block, blocks, code, matches
from PIL import Image, ImageOps
from tiny_project import ROOT, Project, copy_project

from snnlearn.config.loading import load
from snnlearn.data import datasets, obtaining

PAGES = [
    page
    for pattern in ("*.md", "config/*.md", "docs/**/*.md", "notebooks/*.md", "resources/*.md")
    for page in sorted(ROOT.glob(pattern))
    if "_build" not in page.parts
]
BLOCKS = [
    (page.relative_to(ROOT).as_posix(), block)
    for page in PAGES
    for block in blocks(page)
    if not block.language.startswith("{")  # a directive of Sphinx
]

#: Blocks that another test executes, which takes them from the page: by page and language.
ELSEWHERE = {
    ("docs/beyond/functions.md", "python"): "tests/unit/test_functions.py",
    ("docs/claims.md", "bash"): "tests/workflow/test_review.py",
    ("docs/module.md", "snakemake"): "tests/workflow/test_module.py",
    ("docs/module.md", "bash"): "tests/workflow/test_module.py",
    ("docs/simulate.md", "python"): "tests/unit/test_simulate.py",
    ("docs/unsupervised.md", "python"): "tests/unit/test_simulate.py",
}

#: Commands that are not executed, and what docs/not-run.md or a test has in their place.
NOT_RUN = {
    "pip-audit": "database of vulnerabilities",
    ".venv/bin/pip install jupytext": "Jupyter Lab",
    ".venv/bin/jupyter lab": "Jupyter Lab",
    ".venv/bin/jupytext": "Jupyter Lab",
    "mlflow server": "tests/servers/test_mlflow_server.py",
    "snakemake --workflow-profile profiles/kubernetes": "Kubernetes",
    "snakemake --cores 8 --default-storage-provider s3": "S3 of a provider",
}

#: Kinds of blocks that are executed, here or elsewhere.
CODE = {"bash", "console", "python", "yaml", "snakemake"}

#: Formulas and outputs; and an image's recipe, which docs/not-run.md names.
PROSE = {"text", "dockerfile"}


def those(*languages: str) -> list:
    """Blocks in some languages, but for those that are executed elsewhere."""
    return [
        pytest.param(page, block, id=f"{page}:{block.line}")
        for page, block in BLOCKS
        if block.language in languages and (page, block.language) not in ELSEWHERE
    ]


def test_every_block_says_what_it_is_and_is_executed_somewhere():
    odd = [f"{page}:{b.line} {b.language}" for page, b in BLOCKS if b.language not in CODE | PROSE]
    assert odd == []
    for (page, language), test in ELSEWHERE.items():
        assert any(at == page and block.language == language for at, block in BLOCKS)
        assert Path(page).name in (ROOT / test).read_text(encoding="utf-8")
    told = (ROOT / "docs/not-run.md").read_text(encoding="utf-8")
    for command, reason in NOT_RUN.items():
        assert any(command in block.text for _, block in BLOCKS)
        assert reason in told or (ROOT / reason).is_file()


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Project:
    """A copy of the project with what the pages take for granted, in which long work runs dry."""
    project = copy_project(tmp_path_factory.mktemp("place"))
    for name in ("Makefile", "pyproject.toml", "docs", "notebooks"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, project.folder / name)
    programs = project.folder / ".venv/bin"
    programs.mkdir(parents=True)
    run = f"exec {shlex.quote(sys.executable)}"
    make = shutil.which("make")
    for name, script in {
        "snakemake": f'{run} -m snakemake "$@" --dry-run',
        "make": f'exec {make} --dry-run "$@"',
        "python": f'{run} "$@"',
        "snnlearn": f'{run} -m snnlearn "$@"',
    }.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    # Files that readers have of their own.
    own = yaml.safe_load(code(ROOT / "docs/change.md", "yaml"))
    (project.folder / "mine.yaml").write_text(yaml.safe_dump(own))
    (project.folder / "my_rules.py").write_text(code(ROOT / "docs/beyond/functions.md", "python"))
    shutil.copyfile(
        ROOT / "resources/pretrained/spiking-convnet-0.npz", project.folder / "theirs.npz"
    )
    digits = obtaining.stand_in([])[0].arrays()
    few = datasets.Images(**{name: array[:40] for name, array in digits.items()})
    for name in ("mnist.npz", "images.npz"):
        datasets.write(project.folder / name, few)
    for name, short in (("x_train", "train-imgs"), ("y_train", "train-labels"),
                        ("x_test", "test-imgs"), ("y_test", "test-labels")):  # fmt: skip
        np.savez(project.folder / f"kmnist-{short}.npz", digits[name])
    (project.folder / "digits").mkdir()
    for number, image in enumerate(digits["x_test"][:3]):
        dark = ImageOps.invert(Image.fromarray(image)).resize((90, 90))
        dark.save(project.folder / f"digits/{number}.png")
    return project


def shell(project: Project, command: str) -> subprocess.CompletedProcess:
    """Run a command in the project's folder, with its programs first on the path."""
    programs = project.folder / ".venv/bin"
    return subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", command],
        cwd=project.folder,
        env=project.environment
        | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=300,
    )


def lines(block: Block) -> list[str]:
    """The commands of a block, each with its continuations."""
    found = re.sub(r"\\\n", " ", block.text).splitlines()
    return ["\n".join(found)] if re.search(r"'[^'\n]*\n", block.text) else found


@pytest.mark.parametrize(("page", "block"), those("bash"))
def test_commands_run(place, page, block):
    for command in lines(block):
        if command.startswith("--"):  # options for the profile that the page is about
            command = f"snakemake --workflow-profile profiles/slurm {command}"
        if command.startswith(tuple(NOT_RUN)):
            continue
        done = shell(place, command)
        assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"


@pytest.mark.parametrize(("page", "block"), those("console"))
def test_commands_print_what_the_page_shows(place, page, block):
    if "mnist" in block.text and not (ROOT / "resources/mnist.npz").is_file():
        pytest.skip("the real MNIST is not in resources/")
    target = place.folder / "resources/mnist.npz"
    if (ROOT / "resources/mnist.npz").is_file() and not target.exists():
        target.symlink_to(ROOT / "resources/mnist.npz")
    for command, expected in block.commands():
        done = shell(place, f"set +e; {command}")
        assert matches(expected, done.stdout + done.stderr), (
            f"{command}\n{done.stdout}{done.stderr}"
        )


@pytest.mark.parametrize(("page", "block"), those("yaml"))
def test_configurations_are_valid(place, page, block):
    raw = yaml.safe_load(block.text)
    if "default-resources" in raw:  # of a profile
        profile = place.folder / "profiles/mine"
        shutil.copytree(place.folder / "profiles/slurm", profile)
        with (profile / "profile.yaml").open("a") as file:
            file.write(block.text)
        done = shell(place, "snakemake --workflow-profile profiles/mine")
        assert done.returncode == 0, done.stderr
        return
    load(raw.get("learning", raw))


def shown_below(page: str, block: Block) -> str:
    """What a page says that a block prints: the next block, where it follows at once."""
    end = block.line + block.text.count("\n") + 3
    found = [b.text for at, b in BLOCKS if at == page and b.line == end and b.language == "text"]
    return found[0] if found else ""


@pytest.mark.parametrize(("page", "block"), those("python"))
def test_python_runs_and_prints_what_the_page_shows(place, page, block):
    done = shell(place, f"python - <<'END'\n{block.text}\nEND")
    assert done.returncode == 0, done.stderr
    expected = shown_below(page, block)
    assert not expected or matches(expected, done.stdout), done.stdout
    assert (page == "docs/recipes.md") <= bool(expected)
    if "kmnist" in block.text:
        assert datasets.read(place.folder / "kmnist.npz").x_test.shape[1:] == (28, 28)
