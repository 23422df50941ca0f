"""Run what is written in PyTorch, in an environment of its own."""

import json
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.measuring import N_STEPS
from snnlearn.engines import lif
from snnlearn.engines.feedforward.chain import Linear, Population, Shared, Weights
from snnlearn.mnist import network

#: The environment of ``benchmarks/peers.txt``, and the file that says that it is complete.
ENVIRONMENT = Path(".venv-peers")
INSTALLED = ENVIRONMENT / "installed"


def arrays(weights: Weights) -> dict[str, np.ndarray]:
    """The chapter's classifier as PyTorch lays it out: channels, height, width.

    Parameters
    ----------
    weights : sequence of numpy.ndarray
        Its parameters.

    Returns
    -------
    dict of str to numpy.ndarray of float32
        For each convolution, by number from 0: ``kernel`` and ``bias``, which turn spikes of
        height 1 into currents, and ``voltage`` before the first step, in units of the threshold.
        ``dense`` and ``dense bias``. In a step, ``decay`` of a voltage and ``keep`` of the
        read-out, of which there are ``n_steps``. The refractory time of the neurons and their
        least voltage are left out: the peers' neurons have none.
    """
    chain = network.chain(seed=0)
    assert chain.filter is not None
    found: dict[str, Any] = {"keep": chain.filter[0], "n_steps": N_STEPS}
    layers = [part for part in chain.parts if isinstance(part, Linear)]
    populations = [part for part in chain.parts if isinstance(part, Population)]
    height, kernels = np.float32(1), [weights[layer.kernel] for layer in layers]
    biases = [weights[layer.bias] for layer in layers if layer.bias is not None]
    for k, neurons in enumerate(populations):
        assert isinstance(neurons.bias, Shared)
        shape = layers[k].shape_out
        gain = neurons.gain.reshape(shape)
        own = weights[neurons.bias.number][neurons.bias.start : neurons.bias.stop].reshape(shape)
        found[f"kernel {k}"] = (gain[0, 0] * height * kernels[k]).transpose(3, 2, 0, 1)
        found[f"bias {k}"] = (gain * biases[k] + own).transpose(2, 0, 1)
        found[f"voltage {k}"] = neurons.voltage.reshape(shape).transpose(2, 0, 1)
        height = lif.height(neurons.neuron_type, chain.dt, np.float32)
        found["decay"] = np.exp(-chain.dt / neurons.neuron_type.tau_rc)
    dense = (height * kernels[-1]).reshape(*shape, -1).transpose(3, 2, 0, 1)
    found |= {"dense": dense.reshape(len(dense), -1), "dense bias": biases[-1]}
    return {name: np.ascontiguousarray(value, np.float32) for name, value in found.items()}


def run(
    way: str, x: np.ndarray, weights: Weights, *, threads: int, repetitions: int, timed: int
) -> tuple[list[float], list[int]]:
    """Measure one way of :mod:`benchmarks.pytorch`.

    Parameters
    ----------
    way : str
        Its name there.
    x : numpy.ndarray of float32, shape (n, 784)
        Images to classify.
    weights : sequence of numpy.ndarray
        The classifier's parameters.
    threads, repetitions, timed : int
        Threads, timed repetitions, and how many images each of them shows.

    Returns
    -------
    seconds : list of float
        Of each repetition.
    answers : list of int
        The class of each image at the last step.
    """
    with TemporaryDirectory() as folder:
        file = Path(folder) / "network.npz"
        side = network.IMAGE_SIZE
        np.savez(file, images=x.reshape(-1, 1, side, side), **arrays(weights))  # type: ignore[arg-type]
        command = [str(ENVIRONMENT / "bin/python"), "-m", "benchmarks.pytorch", way, str(file)]
        options = [f"--threads={threads}", f"--repetitions={repetitions}", f"--timed={timed}"]
        finished = subprocess.run([*command, *options], stdout=subprocess.PIPE, check=True)
    found = json.loads(finished.stdout.splitlines()[-1])
    return found["seconds"], found["answers"]
