"""What others expect of a workflow and a package: files for services that are not reached here."""

import re
import subprocess
import sys

import yaml
from tiny_project import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
ACTIONS = ROOT / ".github/workflows/ci.yml"


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
    assert environments["conda"] == ("conda:" in rules)
    assert environments["apptainer"] == ("container" in rules + (ROOT / "Snakefile").read_text())
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
