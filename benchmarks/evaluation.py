"""Time of showing test images to the trained spiking classifier for 30 steps, and the answers.

Each way is measured in a process of its own, which a subcommand asks for.
"""

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.measuring import (
    EVALUATION,
    FLOOR_PYTORCH,
    FLOOR_TENSORFLOW,
    MINIBATCH_SIZE,
    N_STEPS,
    PAGE,
    PIPELINE,
    SNNTORCH,
    SPIKINGJELLY,
    Measurement,
    arguments,
    images,
    on_threads,
    report,
    seconds,
)
from snnlearn.engines import nengodl
from snnlearn.engines.feedforward.evaluation import CompiledNetwork
from snnlearn.mnist import network, parameter_files
from snnlearn.mnist.settings import Pretrained

#: Images of a minibatch of the convolutions alone in TensorFlow.
FLOOR_MINIBATCH_SIZE = 20

IN_PYTORCH = {"snntorch": SNNTORCH, "spikingjelly": SPIKINGJELLY, "pytorch": FLOOR_PYTORCH}

given = arguments(
    __doc__,
    {
        "chapter": "the chapter's way: NengoDL's evaluate",
        "snntorch": "a network of snnTorch's neurons",
        "spikingjelly": "a network of SpikingJelly's neurons",
        "tensorflow": "the convolutions and the dense layer alone, by TensorFlow",
        "pytorch": "the convolutions and the dense layer alone, by PyTorch",
        "pipeline": "this pipeline",
    },
)
data, _ = images()
repetitions, n_timed, n_answers = (2, 50, 100) if given.quick else (5, 200, 1000)
x = data.x_test[:n_answers].reshape(-1, network.IMAGE_SIZE**2).astype(np.float32)
n_timed = min(n_timed, len(x))
parameters = parameter_files.read(Path(Pretrained().of(0)))


def measured(way: str, values: list[float], n: int, answers: Any = ()) -> Measurement:
    per_image = [1e3 * value / n for value in values]
    digits = "".join(map(str, answers))
    return Measurement(on_threads(EVALUATION, given.threads), way, "ms", per_image, digits)


def page() -> Measurement:
    nengo_dl, tf = nengodl.load(given.threads)
    classifier = network.build(seed=0)

    def accuracy(labels: Any, predicted: Any) -> Any:
        return tf.metrics.sparse_categorical_accuracy(labels[:, -1], predicted[:, -1])

    size = min(MINIBATCH_SIZE, n_timed)
    with nengo_dl.Simulator(
        classifier.network, minibatch_size=size, progress_bar=False
    ) as simulator:
        simulator.keras_model.set_weights(parameters)
        simulator.compile(loss={classifier.filtered: accuracy})
        shown = np.tile(x[:, np.newaxis], (1, N_STEPS, 1))
        labels = np.tile(data.y_test[:n_timed, np.newaxis, np.newaxis], (1, N_STEPS, 1))
        timed = {classifier.filtered: labels}
        values = seconds(lambda: simulator.evaluate(shown[:n_timed], timed, verbose=0), repetitions)
        whole = shown[: len(shown) // size * size]  # minibatches have one size
        predicted = simulator.predict(whole)[classifier.filtered]
    return measured(PAGE, values, n_timed, predicted[:, -1].argmax(axis=1))


def pipeline() -> Measurement:
    compiled = CompiledNetwork(network.chain(seed=0), parameters, given.threads)
    values = seconds(lambda: compiled.predict(x, N_STEPS), repetitions)
    answers = compiled.predict(x, N_STEPS)[:, -1].argmax(axis=1)
    return measured(PIPELINE, values, len(x), answers)


def convolve(tf: Any, shown: Any, kernels: Any) -> Any:
    """All that the convolutions and the dense layer do for one minibatch in a presentation."""
    first = tf.nn.conv2d(tf.reshape(shown, (-1, 28, 28, 1)), kernels[0], 1, "VALID")

    def step(number: Any, total: Any) -> tuple[Any, Any]:
        spikes = first + tf.cast(number, tf.float32)  # differs by step, so that none is left out
        for kernel in kernels[1:-1]:
            spikes = tf.nn.conv2d(spikes, kernel, 2, "VALID")
        return number + 1, total + tf.reshape(spikes, (spikes.shape[0], -1)) @ kernels[-1]

    begin = (0, tf.zeros((shown.shape[0], network.N_CLASSES)))
    return tf.while_loop(lambda number, _: number < N_STEPS, step, begin)[1]


def floor() -> Measurement:
    tf = nengodl.tensorflow(given.threads)
    minibatch = tf.constant(x[:FLOOR_MINIBATCH_SIZE])
    kernels = [tf.constant(kernel) for kernel in parameters[1::2]]
    compiled = tf.function(
        lambda shown, kernels: convolve(tf, shown, kernels), autograph=False, jit_compile=True
    )
    values = seconds(lambda: compiled(minibatch, kernels).numpy(), 10 * repetitions)
    return measured(FLOOR_TENSORFLOW, values, len(minibatch))


def in_pytorch(way: str) -> Measurement:
    found = peers.run(
        "pytorch",
        peers.images(x) | peers.arrays(parameters),
        f"--way={way}",
        f"--timed={n_timed}",
        threads=given.threads,
        repetitions=repetitions,
    )
    has_neurons = IN_PYTORCH[way] != FLOOR_PYTORCH
    answers = found["answers"] if has_neurons else ()
    return measured(IN_PYTORCH[way], found["seconds"], n_timed, answers)


if given.subcommand in IN_PYTORCH:
    peers.report(lambda: [in_pytorch(given.subcommand)])
else:
    ways = {"chapter": page, "pipeline": pipeline, "tensorflow": floor}
    report([ways[given.subcommand]()])
