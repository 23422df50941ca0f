"""Run any Nengo network of a user for many seeds."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import nengo
import numpy as np
from nengo.base import ObjView
from nengo.builder import Model
from nengo.connection import LearningRule
from nengo.ensemble import Neurons

from snnlearn.engines.simulator import Engine, Probed, double_precision, prepared
from snnlearn.engines.simulator.sampling import period, recorded


@dataclass(frozen=True, eq=False)
class Simulated:
    """What one seed gave.

    Attributes
    ----------
    seed : int
        The seed.
    time : numpy.ndarray, shape (steps,)
        Seconds at the end of each step; the first entry is ``dt``.
    data : dict of str to numpy.ndarray, shape (steps recorded, …)
        What each probe recorded, by the probe's name: one row a step or, with ``sample_every``,
        one row for each entry of ``times``.
    times : dict of str to numpy.ndarray, shape (steps recorded,)
        Seconds at which each probe recorded.
    model : nengo.builder.Model
        The network as it was built; ``model.params[obj]`` has gains, encoders and decoders.
    """

    seed: int
    time: np.ndarray
    data: dict[str, np.ndarray]
    times: dict[str, np.ndarray]
    model: Model


def simulate(
    network_function: Callable[[int], nengo.Network],
    seeds: Iterable[int],
    *,
    duration: float,
    dt: float = 0.001,
    engine: Engine = "compiled",
) -> Iterator[Simulated]:
    """Simulate a Nengo network for each of some seeds.

    Two calls give the same bits, and what a seed gives does not depend on the others.

    Parameters
    ----------
    network_function : callable
        Makes the network of a seed. If that has no seed (``network.seed`` is None), it is built
        with the seed it was made for. Random numbers that the function or the network's own
        functions draw from elsewhere are the user's: they should follow from the seed.
    seeds : iterable of int
        The seeds; they are asked for one at a time.
    duration : float
        Simulated time in seconds.
    dt : float
        Time step in seconds.
    engine : str
        ``compiled``, machine code, or ``nengo``, the reference: Nengo's own simulator without
        its optimizer, which changes the last bits from run to run.

    Returns
    -------
    iterator of Simulated
        One result for each seed, in their order; each is simulated when it is asked for.

    Raises
    ------
    ValueError
        If there is no such engine, or the duration is less than a step; and when a result is
        asked for, if its network has no probes, or two of one label.
    TypeError
        When a result is asked for, if the function returned no network.
    UnsupportedNetworkError
        When a result is asked for, if the engine is ``compiled`` and does not know a part of the
        network, which the message names.

    Notes
    -----
    A probe is named by its label. One without a label is named by what it observes:

    - An object is called by its label or, without one, by its kind and its number in
      ``network.all_ensembles``, ``all_nodes`` or ``all_connections``: ``ensemble 0``.
    - Neurons are called ``ensemble 0.neurons``, and a learning rule by its type:
      ``connection 1.PES``.
    - What is recorded follows, unless it is what Nengo records by default, such as the output of
      a connection: ``connection 1.weights``.
    - So does the part of the object, if it is not the whole: ``ensemble 0[1:]`` or ``[0,2]``.
    - A name that is taken already gets a number: ``ensemble 0 (2)``.

    Examples
    --------
    An oscillator of spiking neurons, ten times:

    >>> import nengo
    >>> import numpy as np
    >>> from snnlearn import simulate
    >>> def oscillator(seed):
    ...     with nengo.Network(seed=seed) as network:
    ...         kick = nengo.Node(lambda t: [1, 0] if t < 0.1 else [0, 0])
    ...         state = nengo.Ensemble(200, dimensions=2, label="state")
    ...         nengo.Connection(kick, state)
    ...         nengo.Connection(state, state, transform=[[1, 1], [-1, 1]], synapse=0.1)
    ...         nengo.Probe(state, synapse=0.03)
    ...     return network
    >>> for result in simulate(oscillator, range(10), duration=1.0):
    ...     radius = np.linalg.norm(result.data["state"], axis=1)
    ...     assert 0.5 < radius[-1] < 1.5
    """
    time, _ = prepared(duration, dt, engine)

    def results() -> Iterator[Simulated]:
        for seed in seeds:
            # An engine for each: a function of time that networks share may draw numbers.
            _, runner = prepared(duration, dt, engine)
            with double_precision():
                network = network_function(seed)
                probes = named(network)
                own_seed = network.seed
                try:
                    network.seed = seed if own_seed is None else own_seed
                    data, model = runner.run(Probed(network, probes))
                finally:
                    network.seed = own_seed  # the function may return it again, for another seed
            times = {
                name: time[recorded(len(time), period(probe, dt)) - 1]
                for name, probe in probes.items()
            }
            yield Simulated(seed, time, data, times, model)

    return results()


def named(network: nengo.Network) -> dict[str, nengo.Probe]:
    """All probes of a network by their names, as :func:`simulate` documents them.

    Raises
    ------
    TypeError
        If it is no network.
    ValueError
        If it has no probes, or two of one label.
    """
    if not isinstance(network, nengo.Network):
        raise TypeError(
            f"the network function returned {network!r}; it must return a nengo.Network"
        )
    probes = network.all_probes
    if not probes:
        raise ValueError(f"{network} has no probes; add a nengo.Probe for what is to be recorded")
    labels = Counter(probe.label for probe in probes if probe.label is not None)
    if twice := [label for label, count in labels.items() if count > 1]:
        raise ValueError(
            f"{network} has several probes with the label {twice[0]!r}; give each its own, or none"
        )
    kinds = {
        "ensemble": network.all_ensembles,
        "node": network.all_nodes,
        "connection": network.all_connections,
    }
    numbered = {
        obj: f"{kind} {number}" for kind, objs in kinds.items() for number, obj in enumerate(objs)
    }
    names: dict[str, nengo.Probe] = {}
    for probe in probes:
        name = first = probe.label or _observed(probe, numbered)
        count = 1
        while probe.label is None and (name in names or name in labels):
            count += 1
            name = f"{first} ({count})"
        names[name] = probe
    return names


def _observed(probe: nengo.Probe, numbered: dict[object, str]) -> str:
    """What a probe observes, in words."""
    obj = probe.obj
    match obj:
        case Neurons():
            name = f"{obj.ensemble.label or numbered[obj.ensemble]}.neurons"
        case LearningRule():
            rule = type(obj.learning_rule_type).__name__
            name = f"{obj.connection.label or numbered[obj.connection]}.{rule}"
        case _:
            name = obj.label or numbered[obj]
    if probe.attr != obj.probeable[0]:
        name = f"{name}.{probe.attr}"
    return f"{name}[{_part(probe.target.slice)}]" if isinstance(probe.target, ObjView) else name


def _part(part: slice | list[int]) -> str:
    """A part of an object, as it is written between brackets."""
    if isinstance(part, slice):
        ends = ["" if end is None else str(end) for end in (part.start, part.stop)]
        return ":".join(ends if part.step in (None, 1) else [*ends, str(part.step)])
    return ",".join(map(str, part))
