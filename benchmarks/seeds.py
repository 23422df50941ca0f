"""Time of simulating one seed of the small experiments, starting and importing included.

What Numba compiles, it compiles once for a machine: a first job does so, and is not counted.

The pipeline does what Snakemake does: as many jobs side by side as there are cores, or as
``--threads`` says. A subcommand names the experiment.
"""

import subprocess
import sys
from itertools import pairwise
from time import perf_counter
from typing import Any

import nengo

from benchmarks.measuring import PAGE, PIPELINE, Measurement, arguments, report, seconds
from snnlearn.experiments import channel, conditioning

given = arguments(
    __doc__,
    {"channel": "the communication channel, 10 s", "conditioning": "Pavlovian conditioning"},
)
name = given.subcommand
experiment: Any = {"channel": channel, "conditioning": conditioning}[name]
# The same work on both sides: the chapter ends with learning.
changed = {"channel": {"generalization_duration": 0.0}, "conditioning": {}}[name]
parameters = experiment.Parameters(**changed)
n_seeds, n_page, repetitions = (
    (16, 1, 1) if given.quick else (100, 5, 3 if name == "channel" else 2)
)
TASK = f"{name}: a seed of {n_seeds}"

JOB = f"""
import sys
from snnlearn.registry import load
experiment = load({name!r})
parameters = experiment.Parameters(**{changed!r})
for traces in experiment.simulate(parameters, range(int(sys.argv[1]), int(sys.argv[2]))):
    experiment.measure(traces, parameters)
"""


def page(seed: int) -> float:
    """Build one network and run it with Nengo's defaults, as the chapter does."""
    started = perf_counter()
    with nengo.Simulator(
        experiment.build(parameters, seed).network, dt=parameters.dt, progress_bar=False
    ) as simulator:
        simulator.run(parameters.duration)
    return perf_counter() - started


def pipeline() -> None:
    """Share all seeds between jobs side by side, and wait for the last one."""
    limits = [n_seeds * job // given.threads for job in range(given.threads + 1)]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", JOB, str(first), str(last)], stderr=subprocess.DEVNULL
        )
        for first, last in pairwise(limits)
    ]
    codes = [job.wait() for job in running]
    if any(codes):
        raise RuntimeError("a job has failed")


subprocess.run([sys.executable, "-c", JOB, "0", "1"], stderr=subprocess.DEVNULL, check=True)
by_page = [page(seed) for seed in range(n_page)]
by_pipeline = seconds(pipeline, repetitions, warm_up=False)
report(
    [
        Measurement(TASK, PAGE, "s", by_page),
        Measurement(TASK, PIPELINE, "s", [value / n_seeds for value in by_pipeline]),
    ]
)
