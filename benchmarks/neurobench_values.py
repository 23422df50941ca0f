"""What the package neurobench says of the classifier's layers and given spikes, kept in a file.

It needs PyTorch, and so an environment of its own::

    pip install neurobench==2.3.0 torch==2.13.0
    python benchmarks/neurobench_values.py tests/baseline/neurobench.json

``tests/unit/test_cost.py`` holds the operations that :mod:`snnlearn.mnist.cost` counts against
them. Spikes are drawn, not simulated: so the values are those of no processor.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from neurobench.benchmarks import Benchmark
from neurobench.metrics.static import ConnectionSparsity, Footprint
from neurobench.metrics.workload import ActivationSparsity, SynapticOperations
from neurobench.models import TorchModel

#: Height and width of the image, size of the kernels, and filters and strides of each layer.
SIDE, KERNEL, LAYERS, CLASSES = 28, 3, ((32, 1), (64, 2), (128, 2)), 10

#: Share of the neurons that fire in the one step that is counted.
FIRING, SEED, IMAGES = 0.1, 7, 4

#: Shares of weights that are zero.
ZEROS = (0.0, 0.25)


class Spikes(torch.nn.Module):  # type: ignore[misc]
    """Puts out given spikes, whatever comes in."""

    def __init__(self, given: torch.Tensor) -> None:
        super().__init__()
        self._given = given

    def forward(self, _: torch.Tensor) -> torch.Tensor:
        """Spikes of all images, shape (images, channels, height, width)."""
        return self._given


def drawn(zeros: float) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Spikes of each layer, shape (images, height, width, channels), and kernels."""
    rng, side, channels = np.random.default_rng(SEED), SIDE, 1
    spikes, kernels = [], []
    for filters, stride in LAYERS:
        side = (side - KERNEL) // stride + 1
        spikes.append(rng.random((IMAGES, side, side, filters)) < FIRING)
        shape = KERNEL, KERNEL, channels, filters
        kernels.append(rng.normal(size=shape) * (rng.random(shape) >= zeros))
        channels = filters
    dense = side * side * channels, CLASSES
    return spikes, [*kernels, rng.normal(size=dense) * (rng.random(dense) >= zeros)]


def classifier(spikes: list[np.ndarray], kernels: list[np.ndarray]) -> torch.nn.Module:
    """The layers, and in the place of neurons the given spikes."""
    parts: list[torch.nn.Module] = []
    for fired, kernel, (filters, stride) in zip(spikes, kernels, LAYERS, strict=False):
        layer = torch.nn.Conv2d(kernel.shape[2], filters, KERNEL, stride, bias=False)
        layer.weight.data = torch.tensor(kernel.transpose(3, 2, 0, 1), dtype=torch.float32)
        parts += [layer, Spikes(torch.tensor(fired.transpose(0, 3, 1, 2), dtype=torch.float32))]
    dense = torch.nn.Linear(kernels[-1].shape[0], CLASSES, bias=False)
    dense.weight.data = torch.tensor(kernels[-1].T, dtype=torch.float32)
    return torch.nn.Sequential(*parts, torch.nn.Flatten(), dense)


def main(file: Path) -> None:
    """Let neurobench count, and write what it says."""
    kept = {
        "neurobench": version("neurobench"),
        "drawn": {"firing": FIRING, "seed": SEED, "images": IMAGES},
        "values": [{"zeros": zeros} | counted(zeros) for zeros in ZEROS],
    }
    file.write_text(json.dumps(kept, indent=2, default=float) + "\n")


def counted(zeros: float) -> dict[str, Any]:
    """What it says of kernels of which a share of the weights is zero."""
    model = TorchModel(classifier(*drawn(zeros)))
    model.add_activation_module(Spikes)
    images = torch.rand(IMAGES, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(SEED)) + 0.1
    data = torch.utils.data.TensorDataset(images, torch.zeros(IMAGES))
    loader = torch.utils.data.DataLoader(data, batch_size=IMAGES)
    metrics = [
        [Footprint, ConnectionSparsity],
        [ActivationSparsity, SynapticOperations],
    ]
    return dict(Benchmark(model, loader, [], [], metrics).run(quiet=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
