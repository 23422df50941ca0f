"""Time and memory of showing more and more test images with this pipeline."""

import resource
import sys
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.measuring import (
    N_STEPS,
    PIPELINE,
    Measurement,
    arguments,
    images,
    on_threads,
    report,
    seconds,
)
from snnlearn.mnist import parameter_files
from snnlearn.mnist.evaluation import Evaluator
from snnlearn.mnist.settings import Pretrained

#: Bytes in the unit of ``ru_maxrss``, which is another on macOS.
UNIT = 1 if sys.platform == "darwin" else 1024

given = arguments(__doc__)
data, _ = images()
numbers = (100,) if given.quick else (100, 1000, 10_000)
found = []
network = Evaluator(seed=0, threads=given.threads)
network.load(parameter_files.read(Path(Pretrained().of(0))))
for n in numbers:
    x = np.resize(data.x_test, (n, *data.x_test.shape[1:]))
    values = seconds(partial(network.readouts, x, N_STEPS), repetitions=3, warm_up=n == numbers[0])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT / 1e6
    task = f"evaluate {n:,} images for {N_STEPS} steps"
    each, memory = (
        on_threads(f"{task}, {what}", given.threads) for what in ("each", "largest memory")
    )
    found += [
        Measurement(each, PIPELINE, "ms", [1e3 * value / n for value in values]),
        Measurement(memory, PIPELINE, "MB", [peak]),
    ]
report(found)
