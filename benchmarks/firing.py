"""Time of showing an image with this pipeline, against the share of neurons that fire in a step.

The networks before training, the shipped ones, and the first of these with a number added to all
currents of its neurons, in units of the threshold: so they fire between seldom and in every other
step, which is as often as their refractory time lets them.
"""

from pathlib import Path

import numpy as np

from benchmarks.measuring import N_STEPS, arguments, images, report, seconds
from snnlearn.engines.feedforward.evaluation import CompiledNetwork
from snnlearn.mnist import network, parameter_files
from snnlearn.mnist.settings import Pretrained

SEEDS = range(5)
SHIFTS = (-100, -50, -30, -10, -3, 1, 2, 3, 5, 10, 20, 30, 50, 100, 300)

given = arguments(__doc__)
data, _ = images()
repetitions, n = (2, 50) if given.quick else (5, 500)
x = data.x_test[:n].reshape(-1, network.IMAGE_SIZE**2).astype(np.float32)
trained = [parameter_files.read(Path(Pretrained().of(seed))) for seed in SEEDS]
shifted = [[trained[0][0] + np.float32(shift), *trained[0][1:]] for shift in SHIFTS]
networks = [
    *(("before training", seed, network.initial_parameters(seed)) for seed in SEEDS),
    *(("trained", seed, parameters) for seed, parameters in zip(SEEDS, trained, strict=True)),
    *(("trained, other currents", 0, parameters) for parameters in shifted),
]
found = []
for kind, seed, parameters in networks:
    compiled = CompiledNetwork(network.chain(seed), parameters, given.threads)
    spikes = np.concatenate(compiled.spikes(x, N_STEPS))
    share = spikes.sum() / (spikes.size * len(x) * N_STEPS)
    values = seconds(lambda of=compiled: of.predict(x, N_STEPS), repetitions)  # type: ignore[misc]
    milliseconds = 1e3 * float(np.median(values)) / len(x)
    found.append({"network": kind, "share": float(share), "ms": milliseconds})
report([], firing=found)
