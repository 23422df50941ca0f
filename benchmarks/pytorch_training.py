"""Training of a plain network of the classifier's shape in PyTorch.

Runs in the environment of ``benchmarks/peers.txt``, as :mod:`benchmarks.pytorch` does. Units are
rectified and linear instead of spiking, without biases of their own; all else is as the chapter has
it. Of PyTorch's two layouts of images the faster is taken.
"""

import argparse
import json
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

#: Learns from all images once; returns the mean loss and the share of right answers.
Epoch = Callable[[], tuple[float, float]]

#: Layouts to try: channels before height and width, or after them.
LAYOUTS = (torch.contiguous_format, torch.channels_last)


def classifier(convolutions: Any, kernel_size: int, n_classes: int) -> nn.Sequential:
    """The network, untrained; ``convolutions`` has filters and stride of each."""
    layers: list[nn.Module] = []
    channels = 1
    for filters, stride in convolutions:
        layers += [nn.Conv2d(channels, filters, kernel_size, stride), nn.ReLU()]
        channels = filters
    return nn.Sequential(*layers, nn.Flatten(), nn.LazyLinear(n_classes))


def trainer(network: nn.Module, layout: Any, images: Any, labels: Any, size: int) -> Epoch:
    """Training with minibatches of some size, one epoch a call."""
    network(images[:1])  # which gives the dense layer its size
    network.to(memory_format=layout).train()
    images = images.to(memory_format=layout)
    optimizer = torch.optim.RMSprop(network.parameters(), 0.001)

    def epoch() -> tuple[float, float]:
        losses, right = 0.0, 0
        for batch, expected in zip(images.split(size), labels.split(size), strict=True):
            optimizer.zero_grad()
            scores = network(batch)
            loss = cross_entropy(scores, expected)
            loss.backward()
            optimizer.step()
            losses += loss.item() * len(batch)
            right += int((scores.argmax(dim=1) == expected).sum())
        return losses / len(images), right / len(images)

    return epoch


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", help="of arrays, as benchmarks.training writes it")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--repetitions", type=int, required=True)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(0)
    with np.load(given.file, allow_pickle=False) as file:
        shape = file["convolutions"].tolist(), int(file["kernel_size"]), int(file["n_classes"])
        images, labels = torch.from_numpy(file["images"]), torch.from_numpy(file["labels"])
        size = int(file["minibatch_size"])

    def seconds(epoch: Epoch) -> float:
        started = perf_counter()
        epoch()
        return perf_counter() - started

    epochs = [trainer(classifier(*shape), layout, images, labels, size) for layout in LAYOUTS]
    for epoch in epochs:
        epoch()
    fastest = min(epochs, key=seconds)
    print(json.dumps({"seconds": [seconds(fastest) for _ in range(given.repetitions)]}))


if __name__ == "__main__":
    main()
