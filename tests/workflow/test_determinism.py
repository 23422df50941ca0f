"""The same bits from separate processes, whatever the size of the batch."""

import os
import subprocess
import sys

import pytest
from tiny_project import ROOT

PROGRAM = """
import hashlib, sys
from snnlearn.registry import load
from simulated import batch

name, duration, *seeds = sys.argv[1:]
experiment = load(name)
parameters = experiment.Parameters(duration=float(duration))
traces, metrics = batch(experiment, parameters, [int(seed) for seed in seeds])
of_seed = traces[traces["seed"] == 2].drop(columns="variant")
values = metrics.loc[metrics["seed"] == 2, "value"].to_numpy()
print(len(of_seed), hashlib.sha256(of_seed.to_numpy().tobytes() + values.tobytes()).hexdigest())
"""


def in_a_process_of_its_own(name: str, duration: float, seeds: list[int], cores: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, name, str(duration), *map(str, seeds)],
        env=os.environ
        | {"OMP_NUM_THREADS": cores, "PYTHONHASHSEED": cores, "PYTHONPATH": str(ROOT / "tests")},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


#: Seconds of learning, and steps in all: the channel goes on for twice 5 s after learning.
RUNS = [("channel", 10, 20_000), ("conditioning", 15, 15_000)]


@pytest.mark.parametrize(("name", "duration", "steps"), RUNS)
def test_batch_and_process_do_not_change_a_bit(name, duration, steps):
    alone = in_a_process_of_its_own(name, duration, [2], "1")
    in_a_batch = in_a_process_of_its_own(name, duration, [0, 1, 2], "2")
    assert int(alone.split()[0]) == steps
    assert alone == in_a_batch
