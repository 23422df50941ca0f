"""Time of one epoch of training the classifier, for 10,000 images.

Each way is measured in a process of its own, which a subcommand asks for: ``chapter``, which leaves
its operations to all threads; ``pipeline``, whose threads take whole operations; ``pytorch``, a
plain network of the same shape; and ``floor``, the convolutions and the dense layer alone.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.measuring import (
    FLOOR,
    MINIBATCH_SIZE,
    PAGE,
    PIPELINE,
    PLAIN_PYTORCH,
    TRAINING,
    Measurement,
    arguments,
    images,
    on_threads,
    report,
    seconds,
)
from snnlearn.engines import nengodl
from snnlearn.mnist import network
from snnlearn.mnist.learners import learner

given = arguments(
    __doc__,
    {
        "chapter": "the chapter's way: NengoDL's fit",
        "pipeline": "this pipeline",
        "pytorch": "a plain network of the same shape, by PyTorch",
        "floor": "the convolutions and the dense layer alone",
    },
)
data, _ = images()
repetitions, n = (2, 400) if given.quick else (5, 1000)
x = data.x_train[:n].reshape(-1, network.IMAGE_SIZE**2)
y = data.y_train[: len(x)]
n = len(x) // MINIBATCH_SIZE * MINIBATCH_SIZE
x, y = x[:n], y[:n]


def measured(way: str, values: Sequence[float], images: int = n) -> Measurement:
    per_10000 = [1e4 * value / images for value in values]
    return Measurement(on_threads(TRAINING, given.threads), way, "s", per_10000)


def page() -> list[Measurement]:
    nengo_dl, tf = nengodl.load(given.threads)
    classifier = network.build(seed=0)
    shown, labels = x[:, np.newaxis].astype(np.float32), y[:, np.newaxis, np.newaxis]
    with nengo_dl.Simulator(
        classifier.network, minibatch_size=MINIBATCH_SIZE, progress_bar=False
    ) as simulator:
        simulator.compile(
            optimizer=tf.optimizers.RMSprop(0.001),
            loss={classifier.readout: tf.losses.SparseCategoricalCrossentropy(from_logits=True)},
        )
        fitted = seconds(
            lambda: simulator.fit(shown, {classifier.readout: labels}, epochs=1, verbose=0),
            repetitions,
        )
    return [measured(PAGE, fitted)]


def pipeline() -> list[Measurement]:
    with learner(
        seed=0,
        learning_rate=0.001,
        minibatch_size=MINIBATCH_SIZE,
        engine="compiled",
        threads=given.threads,
    ) as learning:
        return [
            measured(PIPELINE, seconds(lambda: learning.epoch(x, y, lambda *_: None), repetitions))
        ]


def in_pytorch() -> list[Measurement]:
    shape = {
        "convolutions": network.CONVOLUTIONS,
        "kernel_size": network.KERNEL_SIZE,
        "n_classes": network.N_CLASSES,
    }
    learnt = {"labels": y.astype(np.int64), "minibatch_size": MINIBATCH_SIZE}
    found = peers.run(
        "pytorch_training",
        peers.images(x) | learnt | shape,
        threads=given.threads,
        repetitions=repetitions,
    )
    return [measured(PLAIN_PYTORCH, found["seconds"])]


def floor() -> list[Measurement]:
    """The convolutions and the dense layer, forwards and backwards, on all threads."""
    tf = nengodl.tensorflow(given.threads)
    kernels = [
        tf.random.stateless_normal(shape, (0, 0))
        for name, shape in network.parameter_shapes().items()
        if "kernel" in name
    ]

    def gradients(values: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(kernels)
            values = tf.reshape(values, (-1, network.IMAGE_SIZE, network.IMAGE_SIZE, 1))
            for kernel, (_, stride) in zip(kernels[:-1], network.CONVOLUTIONS, strict=True):
                values = tf.nn.conv2d(values, kernel, stride, "VALID")
            values = tf.reshape(values, (values.shape[0], -1)) @ kernels[-1]
        return tape.gradient(values, kernels)

    compiled = tf.function(gradients, autograph=False)
    minibatch = tf.constant(x[:MINIBATCH_SIZE], tf.float32)
    values = seconds(lambda: [g.numpy() for g in compiled(minibatch)], 5 * repetitions)
    return [measured(FLOOR, values, images=minibatch.shape[0])]


if given.subcommand == "pytorch":
    peers.report(in_pytorch)
else:
    report({"chapter": page, "pipeline": pipeline, "floor": floor}[given.subcommand]())
