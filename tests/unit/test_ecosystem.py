"""What others expect of a workflow and a package: files for services that are not reached here."""

import yaml
from tiny_project import ROOT


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
    assert {"snakemake", "workflow"} <= set((ROOT / "README.md").read_text().lower().split())
