"""The first steps of training with a hard and with a soft threshold: loss and size of the gradient.

    python benchmarks/first_steps.py ~/.keras/datasets/mnist.npz

All neurons begin at their threshold, where the slope of the hard rate has no bound. The gradient is
read from the mean square that RMSprop keeps of it.
"""

import sys
from pathlib import Path

import numpy as np

from snnlearn.data.datasets import read
from snnlearn.mnist.learners import Learner, learner
from snnlearn.mnist.neurons import TrainedRates

SMOOTHINGS, SEEDS, STEPS, MINIBATCH, KEPT = (None, 0.02, 0.1), (0, 1, 2), 50, 200, 0.9
TOLD = (1, 2, 5, 10, 20, 50)


def mean_squares(learning: Learner) -> list[np.ndarray]:
    """What RMSprop keeps of each parameter's squared gradients."""
    found = [v.numpy() for v in learning.optimizer.variables if "velocity" in v.name]
    assert [kept.shape for kept in found] == [weight.shape for weight in learning.weights]
    return found


def first_steps(seed: int, smoothing: float | None, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Loss and norm of the gradient in each step, shape (steps, 2)."""
    rows = []
    with learner(
        seed=seed,
        learning_rate=0.001,
        minibatch_size=MINIBATCH,
        engine="compiled",
        threads=2,
        rates=TrainedRates(smoothing=smoothing),
    ) as learning:
        before = [0 * kept for kept in mean_squares(learning)]
        for step in range(STEPS):
            batch = slice(step * MINIBATCH, (step + 1) * MINIBATCH)
            loss, _ = learning.epoch(x[batch], y[batch], lambda *_: None)
            after = mean_squares(learning)
            squares = sum(
                np.sum(new - KEPT * old) for new, old in zip(after, before, strict=True)
            ) / (1 - KEPT)
            rows.append((loss, np.sqrt(squares)))
            before = after
    return np.array(rows)


def main() -> None:
    """Print a table: a row for each threshold, and mean loss and gradient after some steps."""
    images = read(Path(sys.argv[1]))
    x, y = images.x_train.reshape(len(images.x_train), -1), images.y_train
    print("| threshold | " + " | ".join(f"step {step}" for step in TOLD) + " |")
    for smoothing in SMOOTHINGS:
        found = np.mean([first_steps(seed, smoothing, x, y) for seed in SEEDS], axis=0)
        cells = [f"{found[step - 1, 0]:.3g} ({found[step - 1, 1]:.2g})" for step in TOLD]
        print(f"| {smoothing or 'hard'} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
