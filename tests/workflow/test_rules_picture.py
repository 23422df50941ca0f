"""The picture of the rules shows what Snakemake says: `make diagram` draws it anew."""

import diagram


def test_the_picture_of_rules_is_that_of_the_workflow(project):
    rows, edges = diagram.of_rules(project.folder)
    rules = {rule for row in rows for rule in row}
    assert {"simulate", "measure", "verdict", "tracking"} <= rules
    assert diagram.shown(diagram.FIGURES / "rules.svg") == (rules, edges), "run `make diagram`"
