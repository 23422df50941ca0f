"""What others expect of a workflow and a package: files for services that are not reached here."""

import json
import re
import subprocess
import sys

import yaml
from tiny_project import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
ACTIONS = ROOT / ".github/workflows/ci.yml"
DOCKERFILE = (ROOT / "Dockerfile").read_text()
APPTAINER = (ROOT / "apptainer.def").read_text()


def recipe(target: str) -> list[str]:
    """The commands of a target of the Makefile."""
    lines = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)[1].splitlines()
    return [line.strip().replace("$(BIN)", ".venv/bin") for line in lines]


def steps() -> list[dict]:
    (job,) = yaml.safe_load(ACTIONS.read_text())["jobs"].values()
    return job["steps"]


def test_the_catalog_of_workflows_finds_what_it_asks_for():
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert usage.keys() == {"mandatory-flags", "software-stack-deployment", "report"}
    assert usage["mandatory-flags"]["flags"] == []
    environments = usage["software-stack-deployment"]
    assert environments.keys() == {"conda", "apptainer", "apptainer+conda"}
    rules = "".join(file.read_text() for file in ROOT.glob("workflow/rules/*.smk"))
    # Whoever deploys the rules alone has the library from a clone, which these do not look into.
    assert not any(environments.values())
    assert usage["report"] == ("report(" in rules)
    # And beside that file: by these it lists a workflow, and snakedeploy deploys it.
    for path in ("workflow/Snakefile", "config/README.md", "config/config.yaml", "LICENSE"):
        assert (ROOT / path).is_file()
    words = re.findall(r"\w+", (ROOT / "README.md").read_text().lower())
    assert {"snakemake", "workflow"} <= set(words)


def test_github_runs_what_continuous_integration_runs():
    made = re.findall(r"^make .*$", (ROOT / ".ci/run").read_text(), re.MULTILINE)
    assert made == ["make lint", "make test", "make test-servers"]
    assert [step["run"] for step in steps() if step.get("run", "").startswith("make ")] == made
    for step in steps():
        assert step.get("continue-on-error", False) == (step.get("name") == "Install servers")
    (install,) = [step["run"] for step in steps() if "name" in step]
    assert ".ci/packages.txt" in install


def test_github_runs_it_on_what_the_project_is_for():
    actions = yaml.safe_load(ACTIONS.read_text())
    (job,) = actions["jobs"].values()
    assert job["strategy"]["matrix"]["os"] == ["ubuntu-latest", "macos-14"]
    told = re.search(r"Python (3[\d., or]+3\.\d+)", (ROOT / "README.md").read_text())[1]
    assert job["strategy"]["matrix"]["python"] == re.findall(r"3\.\d+", told)
    assert job["env"] == {"PYTHON": "python"} and "PYTHON ?=" in MAKEFILE
    assert actions["permissions"] == {"contents": "read"}
    for used in (step["uses"] for step in job["steps"] if "uses" in step):
        assert re.fullmatch(r"actions/[\w-]+@v\d+\.\d+\.\d+", used)
    for step in job["steps"]:
        if lock := step.get("with", {}).get("cache-dependency-path"):
            assert (ROOT / lock).is_file()


def test_github_takes_the_file():
    """By the schema that a package brings along, and one that asks for a limit of time."""
    for schema in ("vendor.github-workflows", "custom.github-workflows-require-timeout"):
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema]
        checked = subprocess.run([*command, ACTIONS], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_hooks_check_before_a_commit_what_lint_does_and_fetch_nothing():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    (local,) = config["repos"]
    assert local["repo"] == "local"
    *checks, configurations = recipe("lint")
    assert [hook["entry"] for hook in local["hooks"]] == checks
    assert "snakemake --lint" in configurations  # that of every configuration takes a minute
    for hook in local["hooks"]:
        assert hook["language"] == "system" and not hook["pass_filenames"]


def copied_by_docker() -> list[str]:
    """What the image is made of, in this order."""
    lines = re.findall(r"^COPY --chown=snnlearn (.*) \S+$", DOCKERFILE, re.MULTILINE)
    return [path for line in lines for path in line.split()]


def test_images_are_made_of_what_there_is_and_of_nothing_else():
    (files,) = re.findall(r"^%files\n((?: +.*\n)+)", APPTAINER, re.MULTILINE)
    by_apptainer = [line.split() for line in files.splitlines()]
    copied = copied_by_docker()
    assert len(copied) > 10
    assert [source for source, _ in by_apptainer] == copied
    assert all(target == f"/snnlearn/{source}" for source, target in by_apptainer)
    for path in copied:
        assert (ROOT / path).exists(), path
    # All is left out (results, .venv and .git among it) but these.
    everything, *patterns = [
        line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[0] != "#"
    ]
    assert everything == "*"
    let_in = {pattern[1:] for pattern in patterns if pattern.startswith("!")}
    assert let_in == {*copied, "resources"}
    assert "resources/*" in patterns  # downloads


def test_images_are_set_up_by_make_with_hashes_and_without_rights():
    assert re.search(r"^FROM python:3\.11-slim$", DOCKERFILE, re.MULTILINE)
    assert re.search(r"^From: python:3\.11-slim$", APPTAINER, re.MULTILINE)
    names = dict(re.findall(r"^(INSTALLED|READY) := (.*)$", MAKEFILE, re.MULTILINE))
    targets = {
        value.replace("$(VENV)", ".venv"): f"\\$\\({name}\\)" for name, value in names.items()
    }
    made = re.findall(r"make PYTHON=python3 (\S+)", DOCKERFILE + APPTAINER)
    assert made == [".venv/installed", ".venv/ready", ".venv/ready"]
    assert set(made) == set(targets)
    assert "--require-hashes --requirement envs/requirements.lock" in "".join(
        recipe(targets[".venv/installed"])
    )
    # What takes minutes is done before what changes often is copied, and nothing of it by root.
    layers = ["USER snnlearn", " envs envs", ".venv/installed", " src src", ".venv/ready"]
    places = [DOCKERFILE.index(layer) for layer in layers]
    assert places == sorted(places)
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE) == ["snnlearn"]


def test_images_start_the_snakemake_that_make_sets_up():
    (entry,) = re.findall(r"^ENTRYPOINT (.*)$", DOCKERFILE, re.MULTILINE)
    started = ["/snnlearn/.venv/bin/snakemake", "--snakefile", "/snnlearn/Snakefile"]
    assert json.loads(entry) == started
    assert f'exec {" ".join(started)} "$@"' in APPTAINER
