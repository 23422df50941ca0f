"""Hold the compiled engine's spikes, read-outs and answers against NengoDL's on test images.

``--part k/n`` takes the k-th of n equal parts of the images, from 0.
"""

from pathlib import Path

import nengo
import numpy as np

from benchmarks.measuring import N_STEPS, arguments, images, report
from snnlearn.engines import nengodl
from snnlearn.engines.feedforward import reading
from snnlearn.engines.feedforward.evaluation import CompiledNetwork
from snnlearn.mnist import network, parameter_files
from snnlearn.mnist.settings import Pretrained

#: NengoDL's spikes of so many images are held in memory at once.
AT_ONCE = 20

given = arguments(__doc__, parts=True)
nengo_dl, tf = nengodl.load(1)
data, label = images()
n = min(100 if given.quick else 10_000, len(data.x_test)) // given.parts
chosen = slice(given.part * n, (given.part + 1) * n)
x = data.x_test[chosen].reshape(n, -1).astype(np.float32)
y = data.y_test[chosen]

classifier = network.build(seed=0)
with classifier.network:
    probes = [nengo.Probe(ensemble.neurons) for ensemble in classifier.network.ensembles]
    voltages = [
        nengo.Probe(ensemble.neurons, "voltage") for ensemble in classifier.network.ensembles
    ]

spikes = np.zeros((len(probes), 3))
margins, error, other_classes, other_answers = [], [], 0, 0
right = {"nengo-dl": np.zeros(N_STEPS), "compiled": np.zeros(N_STEPS)}
with nengo_dl.Simulator(
    classifier.network, minibatch_size=AT_ONCE, progress_bar=False
) as simulator:
    parameters = parameter_files.read(Path(Pretrained().of(0)))
    simulator.keras_model.set_weights(parameters)
    chain = reading.read(simulator, classifier.image, classifier.filtered)
    compiled = CompiledNetwork(chain, parameters)
    for start in range(0, n, AT_ONCE):
        batch, labels = x[start : start + AT_ONCE], y[start : start + AT_ONCE]
        padded = np.zeros((AT_ONCE, x.shape[1]), np.float32)
        padded[: len(batch)] = batch
        tiled = np.repeat(padded[:, np.newaxis], N_STEPS, axis=1)
        expected = simulator.predict_on_batch({classifier.image: tiled})
        activity = compiled.activity(batch, N_STEPS)
        parted = np.zeros((len(batch), N_STEPS), bool)
        for number, (found, probe) in enumerate(zip(activity, probes, strict=True)):
            theirs = expected[probe][: len(batch)]
            different = found.spikes != theirs
            spikes[number] += different.size, np.count_nonzero(different), np.count_nonzero(theirs)
            # What comes later in an image, or deeper, can follow from its first difference.
            steps = different.any(axis=2)
            first = steps & (np.cumsum(steps, axis=1) == 1) & ~parted
            image, step = np.nonzero(first)
            neurons = different[image, step]
            silent = np.where(
                theirs[image, step] > 0,
                found.voltages[image, step],
                expected[voltages[number]][image, step],
            )
            margins.extend(1 - silent[neurons])
            parted |= np.logical_or.accumulate(steps, axis=1)
        ours = compiled.predict(batch, N_STEPS)
        theirs = expected[classifier.filtered][: len(batch)]
        error.append(np.abs(ours - theirs).max(axis=(1, 2)))
        answers = [readouts.argmax(axis=2) for readouts in (ours, theirs)]
        other_answers += int(np.count_nonzero(answers[0] != answers[1]))
        other_classes += int(np.count_nonzero(answers[0][:, -1] != answers[1][:, -1]))
        for engine, answer in zip(("compiled", "nengo-dl"), answers, strict=True):
            right[engine] += (answer == labels[:, np.newaxis]).sum(axis=0)

report(
    [],
    comparison={
        "dataset": label,
        "images": n,
        "neuron_steps": spikes[:, 0].tolist(),
        "different": spikes[:, 1].tolist(),
        "spikes": spikes[:, 2].tolist(),
        "margins_of_first_differences": [float(margin) for margin in margins],
        "largest_readout_error": np.concatenate(error).tolist(),
        "other_answers_at_any_step": other_answers,
        "other_classes": other_classes,
        "right": {engine: counts.tolist() for engine, counts in right.items()},
    },
)
