"""The classifier in snnTorch and in SpikingJelly, and its dense layers alone in plain PyTorch.

Runs in the environment of ``benchmarks/peers.txt``, which has nothing of the pipeline:
:mod:`benchmarks.peers` writes the network and the images into a file, and reads what is printed
here, seconds of each repetition and the class of each image. The current that an image drives into
the first neurons is computed once in both peers. Minibatches have the size that is fastest.
"""

import argparse
import json
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
import snntorch
import torch
from spikingjelly.activation_based import neuron
from torch.nn.functional import conv2d, linear

#: Sizes of minibatches to try.
MINIBATCH_SIZES = (20, 50, 200)

#: Strides of the convolutions.
STRIDES = (1, 2, 2)

Tensors = dict[str, Any]


def in_snntorch(network: Tensors) -> Callable[[Any, int], Any]:
    """The classifier of snnTorch's neurons, which advance step by step.

    They take the part of a current that is added to the voltage in a step.
    """
    decay = float(network["decay"])
    added = network | {
        name: (1 - decay) * network[name] for name in network if name.startswith(("kernel", "bias"))
    }
    neurons = [snntorch.Leaky(decay, reset_mechanism="zero") for _ in STRIDES]

    def scores(images: Any, n_steps: int) -> Any:
        constant = conv2d(images, added["kernel 0"], stride=STRIDES[0]) + added["bias 0"]
        voltages = [
            network[f"voltage {k}"].expand(len(images), -1, -1, -1) for k in range(len(STRIDES))
        ]
        found = []
        for _ in range(n_steps):
            spikes, voltages[0] = neurons[0](constant, voltages[0])
            for k, stride in enumerate(STRIDES[1:], start=1):
                current = conv2d(spikes, added[f"kernel {k}"], stride=stride) + added[f"bias {k}"]
                spikes, voltages[k] = neurons[k](current, voltages[k])
            found.append(linear(spikes.flatten(1), network["dense"], network["dense bias"]))
        return torch.stack(found)

    return scores


def in_spikingjelly(network: Tensors) -> Callable[[Any, int], Any]:
    """The classifier of SpikingJelly's neurons, step by step: faster here than by layers."""
    tau = 1 / (1 - float(network["decay"]))
    neurons = [neuron.LIFNode(tau, v_reset=0.0).eval() for _ in STRIDES]

    def scores(images: Any, n_steps: int) -> Any:
        constant = conv2d(images, network["kernel 0"], stride=STRIDES[0]) + network["bias 0"]
        for k, nodes in enumerate(neurons):
            nodes.reset()
            nodes.v = network[f"voltage {k}"].expand(len(images), -1, -1, -1)
        found = []
        for _ in range(n_steps):
            spikes = neurons[0](constant)
            for k, stride in enumerate(STRIDES[1:], start=1):
                current = conv2d(spikes, network[f"kernel {k}"], stride=stride)
                spikes = neurons[k](current + network[f"bias {k}"])
            found.append(linear(spikes.flatten(1), network["dense"], network["dense bias"]))
        return torch.stack(found)

    return scores


def convolutions_alone(network: Tensors) -> Callable[[Any, int], Any]:
    """All that the convolutions and the dense layer do, as of dense numbers, without neurons."""

    def scores(images: Any, n_steps: int) -> Any:
        first = conv2d(images, network["kernel 0"], stride=STRIDES[0])
        found = []
        for _ in range(n_steps):
            values = first
            for k, stride in enumerate(STRIDES[1:], start=1):
                values = conv2d(values, network[f"kernel {k}"], stride=stride)
            found.append(linear(values.flatten(1), network["dense"]))
        return torch.stack(found)

    return scores


WAYS = {
    "snntorch": in_snntorch,
    "spikingjelly": in_spikingjelly,
    "pytorch": convolutions_alone,
}


def classes(scores: Any, keep: float) -> list[int]:
    """The largest of the scores at the last step, after a low-pass filter that is a step late."""
    filtered = torch.zeros_like(scores[0])
    for of_step in scores[:-1]:
        filtered = keep * filtered + (1 - keep) * of_step
    return filtered.argmax(dim=1).tolist()


def main() -> None:
    """Measure one way, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", help="of arrays, as benchmarks.peers writes it")
    parser.add_argument("--way", choices=WAYS, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--repetitions", type=int, required=True)
    parser.add_argument("--timed", type=int, required=True, help="images in each repetition")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.set_flush_denormal(True)
    with np.load(given.file, allow_pickle=False) as file:
        network = {name: torch.from_numpy(file[name]) for name in file.files}
    images, n_steps = network.pop("images"), int(network.pop("n_steps"))
    scores = WAYS[given.way](network)

    def show(size: int, n: int) -> list[int]:
        found = []
        for batch in images[:n].split(size):
            found += classes(scores(batch, n_steps), float(network["keep"]))
        return found

    def seconds(size: int) -> float:
        started = perf_counter()
        show(size, given.timed)
        return perf_counter() - started

    with torch.no_grad():
        answers = show(MINIBATCH_SIZES[-1], len(images))
        once = {size: seconds(size) for size in MINIBATCH_SIZES}
        fastest = min(once, key=lambda size: once[size])
        values = [seconds(fastest) for _ in range(given.repetitions)]
    print(json.dumps({"seconds": values, "answers": answers}))


if __name__ == "__main__":
    main()
