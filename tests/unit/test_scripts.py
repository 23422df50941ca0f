import re

import pytest
from tiny_project import ROOT

SCRIPTS = sorted(set(ROOT.glob("workflow/scripts/*.py")) - {ROOT / "workflow/scripts/job.py"})


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_every_script_checks_its_inputs_and_vouches_for_its_outputs(script):
    statements = re.findall(r"^\S.*$", script.read_text(), re.MULTILINE)
    code = [
        line for line in statements if not re.match(r"from |import |if TYPE_CHECKING|def ", line)
    ]
    assert code[0] == "job.begin(snakemake)"
    assert code[-1] == "job.end(snakemake)"


def test_every_rule_runs_a_script():
    rules = "".join(file.read_text() for file in ROOT.glob("workflow/rules/*.smk"))
    assert {
        ROOT / "workflow/scripts" / name for name in re.findall(r"scripts/(\w+\.py)", rules)
    } == {*SCRIPTS}
    assert not re.search(r"^    (run|shell):", rules, re.MULTILINE)
