"""Time of showing test images to the spiking classifier for 30 steps."""

from typing import Any

import numpy as np

from benchmarks.measuring import (
    FLOOR,
    MINIBATCH_SIZE,
    N_STEPS,
    PAGE,
    PIPELINE,
    Measurement,
    arguments,
    images,
    report,
    seconds,
)
from snnlearn.engines import nengodl
from snnlearn.engines.feedforward.evaluation import CompiledNetwork
from snnlearn.mnist import network

TASK = "evaluate an image for 30 steps"

given = arguments(__doc__)
nengo_dl, tf = nengodl.load(given.threads)
data, _ = images()
x = data.x_test.reshape(len(data.x_test), -1).astype(np.float32)
y = data.y_test
repetitions, n_page, n_pipeline = (2, 50, 400) if given.quick else (5, 200, 600)
n_page, n_pipeline = min(n_page, len(x)), min(n_pipeline, len(x))
classifier = network.build(seed=0)


def accuracy(labels: Any, predicted: Any) -> Any:
    return tf.metrics.sparse_categorical_accuracy(labels[:, -1], predicted[:, -1])


def convolve(shown: Any, weights: Any) -> Any:
    """All that the convolutions and the dense layer do for one minibatch in a presentation."""
    kernels = weights[1::2]
    first = tf.nn.conv2d(tf.reshape(shown, (-1, 28, 28, 1)), kernels[0], 1, "VALID")

    def step(number: Any, total: Any) -> tuple[Any, Any]:
        spikes = first + tf.cast(number, tf.float32)  # differs by step, so that none is left out
        for kernel in kernels[1:-1]:
            spikes = tf.nn.conv2d(spikes, kernel, 2, "VALID")
        return number + 1, total + tf.reshape(spikes, (spikes.shape[0], -1)) @ kernels[-1]

    begin = (0, tf.zeros((shown.shape[0], network.N_CLASSES)))
    return tf.while_loop(lambda number, _: number < N_STEPS, step, begin)[1]


with nengo_dl.Simulator(
    classifier.network, minibatch_size=min(MINIBATCH_SIZE, n_page), progress_bar=False
) as simulator:
    simulator.compile(loss={classifier.filtered: accuracy})
    shown = np.tile(x[:n_page, np.newaxis], (1, N_STEPS, 1))
    labels = np.tile(y[:n_page, np.newaxis, np.newaxis], (1, N_STEPS, 1))
    page = seconds(
        lambda: simulator.evaluate(shown, {classifier.filtered: labels}, verbose=0), repetitions
    )
    compiled = CompiledNetwork(simulator, classifier.image, classifier.filtered)
    pipeline = seconds(
        lambda: compiled.predict(x[:n_pipeline], N_STEPS, MINIBATCH_SIZE), repetitions
    )
    minibatch = tf.constant(x[:20])
    weights = [tf.constant(weight) for weight in simulator.keras_model.get_weights()]
    convolutions = tf.function(convolve, autograph=False, jit_compile=True)
    floor = seconds(lambda: convolutions(minibatch, weights).numpy(), 10 * repetitions)

report(
    [
        Measurement(TASK, PAGE, "ms", [1e3 * value / n_page for value in page]),
        Measurement(TASK, PIPELINE, "ms", [1e3 * value / n_pipeline for value in pipeline]),
        Measurement(TASK, FLOOR, "ms", [1e3 * value / minibatch.shape[0] for value in floor]),
    ]
)
