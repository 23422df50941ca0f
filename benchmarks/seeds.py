"""Time of simulating one seed of the small experiments, importing and compiling included.

The pipeline does what Snakemake does: as many jobs side by side as there are cores.

``--part k/2`` takes the k-th of them.
"""

import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from time import perf_counter

import nengo

from benchmarks.measuring import PAGE, PIPELINE, Measurement, arguments, report
from snnlearn.engines.simulator import Probed
from snnlearn.experiments import channel, conditioning
from snnlearn.registry import load

#: How each experiment of a part builds a network.
BUILD: dict[str, Callable[..., Probed]] = {
    "channel": channel.build,
    "conditioning": conditioning.build,
}

given = arguments()
name = list(BUILD)[int(given.part.split("/")[0])]
experiment = load(name)
# The same work on both sides: the chapter ends with learning.
changed = {"channel": {"generalization_duration": 0.0}, "conditioning": {}}[name]
parameters = experiment.Parameters(**changed)
n_seeds, n_page, repetitions = (
    (16, 1, 1) if given.quick else (100, 5, 2 if name == "channel" else 1)
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
        BUILD[name](parameters, seed).network, dt=parameters.dt, progress_bar=False
    ) as simulator:
        simulator.run(parameters.duration)
    return perf_counter() - started


def jobs(n_jobs: int) -> float:
    """Jobs side by side that share all seeds between them, from their start to their end."""
    limits = [n_seeds * job // n_jobs for job in range(n_jobs + 1)]
    started = perf_counter()
    running = [
        subprocess.Popen(
            [sys.executable, "-c", JOB, str(first), str(last)], stderr=subprocess.DEVNULL
        )
        for first, last in pairwise(limits)
    ]
    codes = [job.wait() for job in running]
    if any(codes):
        raise RuntimeError("a job has failed")
    return perf_counter() - started


report(
    [
        Measurement(TASK, PAGE, "s", [page(seed) for seed in range(n_page)]),
        Measurement(
            TASK, PIPELINE, "s", [jobs(given.threads) / n_seeds for _ in range(repetitions)]
        ),
    ]
)
