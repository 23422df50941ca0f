"""The commands and the code of all pages, executed as they are written.

What takes minutes is planned only: here, ``snakemake`` and ``make`` run dry.
"""

import os
import shlex
import shutil
import subprocess
import sys
from contextlib import suppress
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
    ("docs/tutorial.md", "console"): "tests/workflow/test_tutorial.py",
    ("docs/tutorial.md", "yaml"): "tests/workflow/test_tutorial.py",
    ("docs/add-experiment.md", "bash"): "tests/workflow/test_one_file.py",
    ("docs/add-experiment.md", "python"): "tests/workflow/test_one_file.py",
    ("docs/add-experiment.md", "yaml"): "tests/workflow/test_one_file.py",
    ("docs/beyond/functions.md", "python"): "tests/unit/test_functions.py",
    ("docs/claims.md", "bash"): "tests/workflow/test_review.py",
    ("docs/gallery.md", "bash"): "tests/workflow/test_review.py",
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
    "python3 -m pip download": "fetching all packages",
    "mlflow server": "tests/servers/test_mlflow_server.py",
    "snakemake --workflow-profile profiles/kubernetes": "Kubernetes",
    "snakemake --cores 8 --default-storage-provider s3": "S3 of a provider",
}

#: Kinds of blocks that are executed, here or elsewhere.
CODE = {"bash", "console", "python", "yaml", "snakemake"}

#: Formulas and outputs; and an image's recipe, which docs/not-run.md names.
PROSE = {"text", "dockerfile"}


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
    for name in ("Makefile", "pyproject.toml"):
        shutil.copyfile(ROOT / name, project.folder / name)
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
    # What a run has left.
    (project.folder / "tests/baseline").mkdir(parents=True)
    (project.folder / "results").mkdir()
    for name in ("verdict", "errata", "variance"):
        (project.folder / f"results/{name}.csv").touch()
    # Files that readers have of their own.
    own = yaml.safe_load(code(ROOT / "docs/change.md", "yaml"))
    (project.folder / "mine.yaml").write_text(yaml.safe_dump(own))
    (project.folder / "my_rules.py").write_text(code(ROOT / "docs/beyond/functions.md", "python"))
    shutil.copyfile(
        ROOT / "resources/pretrained/spiking-convnet-0.npz", project.folder / "theirs.npz"
    )
    digits = obtaining.stand_in([])[0].arrays()
    for name in ("mnist.npz", "images.npz"):
        datasets.write(project.folder / name, datasets.Images(**digits))
    if (ROOT / "resources/mnist.npz").is_file():
        (project.folder / "resources/mnist.npz").symlink_to(ROOT / "resources/mnist.npz")
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
        | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=300,
    )


def commands(text: str) -> list[str]:
    """The commands of a block ``bash``, each with the lines in which it goes on."""
    found, command = [], ""
    for line in text.splitlines(keepends=True):
        command += line
        with suppress(ValueError):  # a quotation that goes on
            shlex.split(command, comments=True)
            if not line.endswith("\\\n"):
                found.append(command.strip())
                command = ""
    assert not command, f"does not end: {command}"
    return found


def run_commands(project: Project, block: Block) -> None:
    for command in commands(block.text):
        if command.startswith("--"):  # options for the profile that the page is about
            command = f"snakemake --workflow-profile profiles/slurm {command}"
        if not command.startswith(tuple(NOT_RUN)):
            done = shell(project, command.replace("PROJECT", str(project.folder)))
            assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"


def run_console(project: Project, block: Block) -> None:
    """Compare what is shown with what is printed; of notes on the way, only those of failures."""
    for command, expected in block.commands():
        if "mnist" in command and not (project.folder / "resources/mnist.npz").exists():
            pytest.skip("the real MNIST is not in resources/")
        done = shell(project, f"set +e +o pipefail; {command}")
        printed = done.stdout if done.returncode == 0 else done.stdout + done.stderr
        assert matches(expected, printed), f"{command}\n{printed}{done.stderr}"


def run_python(project: Project, block: Block, shown: str | None) -> None:
    done = shell(project, f"python - <<'END'\n{block.text}\nEND")
    assert done.returncode == 0, done.stderr
    assert shown is None or matches(shown, done.stdout), done.stdout


def check_yaml(project: Project, block: Block) -> None:
    raw = yaml.safe_load(block.text)
    if "default-resources" not in raw:
        load(raw.get("learning", raw))
        return
    profile = project.folder / "profiles/mine"
    shutil.copytree(project.folder / "profiles/slurm", profile)
    with (profile / "profile.yaml").open("a") as file:
        file.write(block.text)
    done = shell(project, "snakemake --workflow-profile profiles/mine")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", dict.fromkeys(page for page, _ in BLOCKS))
def test_a_page_does_what_it_shows(place, page):
    found = [block for at, block in BLOCKS if at == page]
    for block, following in zip(found, [*found[1:], None], strict=True):
        if (page, block.language) in ELSEWHERE:
            continue
        match block.language:
            case "bash":
                run_commands(place, block)
            case "console":
                run_console(place, block)
            case "yaml":
                check_yaml(place, block)
            case "python":
                below = block.line + block.text.count("\n") + 3  # the fences, and an empty line
                shows = following and following.language == "text" and following.line == below
                assert shows or page != "docs/recipes.md"
                run_python(place, block, following.text if shows else None)
