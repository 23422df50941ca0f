"""Time of showing more and more test images with this pipeline, on some number of threads."""

from functools import partial

import numpy as np

from benchmarks.measuring import (
    MINIBATCH_SIZE,
    N_STEPS,
    PIPELINE,
    Measurement,
    arguments,
    images,
    report,
    seconds,
)
from snnlearn.mnist.evaluation import evaluator

given = arguments(__doc__)
data, _ = images()
numbers = (100,) if given.quick else (100, 1000, 10_000)
found = []
with evaluator(
    seed=0, minibatch_size=MINIBATCH_SIZE, engine="compiled", threads=given.threads
) as network:
    for n in numbers:
        x = np.resize(data.x_test, (n, *data.x_test.shape[1:]))
        values = seconds(
            partial(network.readouts, x, N_STEPS),
            repetitions=3 if n == numbers[0] else 1,
            warm_up=n == numbers[0],  # minibatches have one shape, whatever the number of images
        )
        task = f"evaluate {n:,} images for 30 steps, each"
        found.append(Measurement(task, PIPELINE, "ms", [1e3 * value / n for value in values]))
report(found)
