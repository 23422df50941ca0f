"""What the repository ships: configurations, environments, and the linter's word on them."""

import ast
import re
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from tiny_project import ROOT

CONFIGS = sorted(path.name for path in (ROOT / "config").glob("*.yaml"))


@pytest.mark.parametrize("name", CONFIGS)
def test_lint_is_clean(project, name):
    project.snakemake("--lint", "--configfile", f"config/{name}")


@pytest.mark.parametrize("name", CONFIGS)
def test_dry_run_plans_all_experiments(project, name):
    planned = project.planned("--configfile", f"config/{name}")
    for experiment in ("channel", "conditioning", "mnist", "tuning_curve"):
        assert f"{experiment}/runs/batch-0000.parquet" in planned


def test_the_command_line_takes_whole_numbers_and_flags_within_blocks(project):
    given = ("mnist={'seeds': 2}", 'tracking={"enabled": false}')
    planned = project.planned("--config", *given)
    assert {path for path in planned if path.startswith("mnist/runs/")} == {
        "mnist/runs/batch-0000.parquet",
        "mnist/runs/batch-0001.parquet",
    }
    assert "tracking.json" not in planned


def test_conda_has_the_pins_of_the_lock():
    lock = (ROOT / "envs/requirements.lock").read_text()
    pinned = re.findall(r"^(\S.*?) \\$", lock, re.MULTILINE)
    conda = yaml.safe_load((ROOT / "envs/snnlearn.yaml").read_text())
    (by_pip,) = [part["pip"] for part in conda["dependencies"] if isinstance(part, dict)]
    assert len(pinned) > 100
    assert by_pip == pinned


def test_the_lock_has_a_hash_for_every_package_and_no_address():
    lock = (ROOT / "envs/requirements.lock").read_text()
    packages = re.split(r"^(?=\S)", lock, flags=re.MULTILINE)[1:]
    assert [package for package in packages if "--hash=sha256:" not in package] == []
    assert not re.search(r"https?://|index-url|find-links", lock)


def required(name: str) -> set[str]:
    lines = (ROOT / "envs" / name).read_text().splitlines()
    return {re.match(r"[\w-]+", line)[0] for line in lines if re.match(r"\w", line)}


def test_tools_of_development_are_no_dependencies_of_the_library():
    tools = required("requirements-dev.in")
    assert {"pytest", "mypy", "ruff"} <= tools
    assert not tools & required("requirements.in")
    imported = {
        name.partition(".")[0]
        for path in (ROOT / "src").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in names_imported(node)
    }
    packages = packages_distributions()
    assert {"numpy", "mlflow"} <= imported
    assert not {package for name in imported for package in packages.get(name, ())} & tools


def names_imported(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names):
            return [alias.name for alias in names]
        case ast.ImportFrom(str(module)):
            return [module]
    return []


def test_every_rule_names_the_environment_and_leaves_a_log_and_a_benchmark():
    rules = "\n".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    count = len(re.findall(r"^ *rule( \w+)?:", rules, re.MULTILINE))
    assert count > 10
    for directive in ("conda", "log", "benchmark", "message", "script"):
        assert len(re.findall(rf"^ +{directive}:$", rules, re.MULTILINE)) >= count
    for env in set(re.findall(r'conda:\s+"(.*?)"', rules)):
        assert (ROOT / "workflow/rules" / Path(env)).is_file()


def test_rules_say_what_they_take_where_they_are_submitted():
    """Rules that run beside Snakemake take what there is."""
    for path in (ROOT / "workflow/rules").glob("*.smk"):
        for rule in re.split(r"^(?=use rule |rule )", path.read_text(), flags=re.MULTILINE)[1:]:
            if rule.startswith("use "):  # what the other one takes, it does
                continue
            submitted = "localrule: True" not in rule
            assert ("mem_mb=" in rule) == submitted, rule
