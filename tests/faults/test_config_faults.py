"""A configuration that cannot be used."""

MISTAKES = """\
seeds: 0
chanel: {n_neurons: 60}
channel:
  learning_rat: 1e-4
  n_neurons: many
conditioning:
  learning_rate: -0.1
mnist:
  parameters: {mode: download}
data:
  name: ""
"""


def test_all_mistakes_are_named_at_once_before_any_job(project):
    project.configure(MISTAKES)
    failed = project.snakemake("--dry-run", check=False)
    message = failed.stdout + failed.stderr
    assert failed.returncode != 0
    for mistake in (
        "seeds: 0 seeds are too few",
        "chanel: unknown key; did you mean 'channel'?",
        "channel.learning_rat: unknown key; did you mean 'learning_rate'?",
        "channel.n_neurons: 'many' is not a whole number",
        "conditioning.learning_rate: -0.1 is less than 0",
        "mnist.parameters: mode is 'download' but download.sha256 is not given",
        "data.name: '' does not have the form",
    ):
        assert mistake in message
    # config/config.yaml has this key, too, and is overridden.
    assert "'many' is not a whole number (" in message
    assert message.count("config/config.yaml, line") == 0
    assert "tiny.yaml, line 5)" in message
    assert "Traceback" not in message
    assert not (project.folder / "results").exists()


def test_a_mistake_within_a_block_of_the_command_line_is_said_to_be_there(project):
    given = ("mnist={'seeds': 1}", "tracking={'enabled': 'maybe'}", 'channel={"n_neurons": 0}')
    failed = project.snakemake("--dry-run", "--config", *given, check=False)
    message = failed.stdout + failed.stderr
    assert failed.returncode != 0
    for mistake in (
        "tracking.enabled: 'maybe' is neither true nor false",
        "channel.n_neurons: 0 is less than 1",
    ):
        assert f"config: {mistake} (given on the command line)" in message
    assert "mnist" not in message.partition("the configuration cannot be used")[2]
