"""The network of Pavlovian conditioning: a response that is given, and one that is learned.

Unconditioned stimuli (US) evoke unconditioned responses (UR) through a fixed connection. PES
changes the connection from the conditioned stimuli (CS), and a fading memory of them, by the
difference between the conditioned response (CR), which it evokes, and the UR.

References
----------
E. Ezra Tsur, *Neuromorphic Engineering*, chapter 13: the network and its parameters.
T. C. Stewart, ``learning2-conditioning.py`` of nengo_learning_examples: its origin.
"""

from dataclasses import dataclass
from typing import Protocol

import nengo
import numpy as np

#: Weight of the closed gate on each error neuron, which Nengo multiplies by the neuron's gain.
GATE_WEIGHT = -10.0


class Numbers(Protocol):
    """The numbers that a network is built from."""

    @property
    def dimensions(self) -> int:
        """Dimensions of the vectors that stand for stimuli and responses."""
        ...

    @property
    def n_neurons_per_dimension(self) -> int:
        """LIF neurons per represented dimension."""
        ...

    @property
    def learning_rate(self) -> float:
        """Learning rate of PES, before it is divided by the number of CS neurons."""
        ...

    @property
    def memory_synapse(self) -> float:
        """Time constant in seconds of the connection that leaves a fading memory of the CS."""
        ...

    @property
    def response_synapse(self) -> float:
        """Time constant in seconds of the low-pass filter from the CR to the error."""
        ...


class Presented(Protocol):
    """What is presented over time in seconds."""

    def us(self, t: float) -> np.ndarray:
        """The US, shape (dimensions,)."""
        ...

    def cs(self, t: float) -> np.ndarray:
        """The CS, shape (dimensions,)."""
        ...

    def gate(self, t: float) -> float:
        """The signal that inhibits learning: 0 while the gate is open, 1 otherwise."""
        ...


@dataclass(frozen=True)
class Parts:
    """The network, and what can be probed in it.

    Attributes
    ----------
    network : nengo.Network
        The network.
    us_stimulus, cs_stimulus, learning_gate : nengo.Node
        What is presented, and the gate.
    us, ur, cs, cr, error : nengo.Ensemble
        Stimuli and responses. The second half of the dimensions of ``cs`` is the memory.
    """

    network: nengo.Network
    us_stimulus: nengo.Node
    cs_stimulus: nengo.Node
    learning_gate: nengo.Node
    us: nengo.Ensemble
    ur: nengo.Ensemble
    cs: nengo.Ensemble
    cr: nengo.Ensemble
    error: nengo.Ensemble


def network(numbers: Numbers, presented: Presented, seed: int) -> Parts:
    """Build the network.

    Parameters
    ----------
    numbers : Numbers
        What to build.
    presented : Presented
        What is presented to it, and when it learns.
    seed : int
        Seed of the network.

    Returns
    -------
    Parts
        The network and its parts.
    """
    d = numbers.dimensions
    n = numbers.n_neurons_per_dimension * d
    with nengo.Network(label="Pavlovian conditioning", seed=seed) as built:
        us_stimulus = nengo.Node(presented.us, size_out=d)
        us = nengo.Ensemble(n, d, label="US")
        ur = nengo.Ensemble(n, d, label="UR")
        nengo.Connection(us_stimulus, us)
        nengo.Connection(us, ur)

        cs_stimulus = nengo.Node(presented.cs, size_out=d)
        cs = nengo.Ensemble(2 * n, 2 * d, label="CS and its memory")
        cr = nengo.Ensemble(n, d, label="CR")
        nengo.Connection(cs_stimulus, cs[:d])
        nengo.Connection(cs[:d], cs[d:], synapse=numbers.memory_synapse)
        learned = nengo.Connection(
            cs,
            cr,
            function=lambda _: np.zeros(d),
            learning_rule_type=nengo.PES(learning_rate=numbers.learning_rate),
        )

        error = nengo.Ensemble(n, d, label="error")
        nengo.Connection(ur, error, transform=-1)
        nengo.Connection(cr, error, synapse=numbers.response_synapse)
        nengo.Connection(error, learned.learning_rule)
        gate = nengo.Node(presented.gate)
        nengo.Connection(gate, error.neurons, transform=np.full((n, 1), GATE_WEIGHT))
    return Parts(built, us_stimulus, cs_stimulus, gate, us, ur, cs, cr, error)
