"""Run what is written in PyTorch, in an environment of its own."""

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks import measuring
from benchmarks.measuring import N_STEPS, Measurement
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


def images(x: np.ndarray) -> dict[str, np.ndarray]:
    """Images of shape (n, 784) as PyTorch lays them out, as ``images``."""
    side = network.IMAGE_SIZE
    return {"images": x.reshape(-1, 1, side, side).astype(np.float32)}


def run(
    module: str, given: Mapping[str, Any], *options: str, threads: int, repetitions: int
) -> dict[str, Any]:
    """Run a module that is written in PyTorch.

    Parameters
    ----------
    module : str
        Its name in :mod:`benchmarks`.
    given : mapping of str to numpy.ndarray
        What it reads from a file.
    *options : str
        Its other arguments.
    threads, repetitions : int
        Threads, and timed repetitions.

    Returns
    -------
    dict
        What it prints: ``seconds`` of each repetition, and whatever else it found.
    """
    with TemporaryDirectory() as folder:
        file = Path(folder) / "given.npz"
        np.savez(file, **given)
        command = [str(ENVIRONMENT / "bin/python"), "-m", f"benchmarks.{module}", str(file)]
        asked_for = [f"--threads={threads}", f"--repetitions={repetitions}", *options]
        finished = subprocess.run([*command, *asked_for], stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    return found


def report(measure: Callable[[], list[Measurement]]) -> None:
    """Report what is measured in the environment, or that it is not there."""
    if INSTALLED.is_file():
        measuring.report(measure())
    else:
        measuring.report([], left_out=f"{INSTALLED} is not there")
