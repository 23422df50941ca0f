"""Simulate one kind of Nengo network for many seeds, so that all give the same bits every time.

There are two engines. ``nengo`` is Nengo's own simulator, operator by operator: it runs every
network, and is the reference. ``compiled`` runs the same operators in one time loop of machine
code; it refuses what it cannot run exactly.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal, get_args

import nengo
import numpy as np
from nengo.builder import Model

from snnlearn.engines.simulator.building import Probed
from snnlearn.engines.simulator.compiled import Compiled
from snnlearn.engines.simulator.reference import Reference
from snnlearn.seeding import Seed

__all__ = ["ENGINES", "Engine", "Probed", "double_precision", "prepared", "run"]

Engine = Literal["compiled", "nengo"]
ENGINES = get_args(Engine)

_ENGINES: dict[str, type[Compiled] | type[Reference]] = {"compiled": Compiled, "nengo": Reference}


def run(
    build: Callable[[Seed], Probed],
    seeds: Sequence[Seed],
    *,
    duration: float,
    dt: float,
    engine: Engine,
) -> Iterator[tuple[np.ndarray, dict[str, np.ndarray], Model]]:
    """Simulate a network for each of some seeds.

    The result of a seed does not depend on the others.

    Parameters
    ----------
    build : callable
        Makes the network of a seed. The network's own seed fixes everything random in it.
    seeds : sequence of int or mapping
        The seeds.
    duration : float
        Simulated time in seconds.
    dt : float
        Time step in seconds.
    engine : str
        ``compiled`` or ``nengo``.

    Yields
    ------
    time : numpy.ndarray, shape (steps,)
        Seconds; the first entry is ``dt``.
    data : dict of str to numpy.ndarray, shape (steps, dimensions)
        What each probe recorded. Seeds come in the order given.
    model : nengo.builder.Model
        The network as it was built, with gains, encoders and decoders.

    Raises
    ------
    snnlearn.engines.errors.UnsupportedNetworkError
        If the engine is ``compiled`` and does not know a part of the network.
    ValueError
        If the duration is less than a step.
    """
    time, runner = prepared(duration, dt, engine)
    for seed in seeds:
        with double_precision():
            data, model = runner.run(build(seed))
        yield time, data, model


@contextmanager
def double_precision() -> Iterator[None]:
    """Whatever a user's nengorc says: networks are rounded to it as soon as they are described."""
    own = nengo.rc.get("precision", "bits")
    nengo.rc.set("precision", "bits", "64")
    try:
        yield
    finally:
        nengo.rc.set("precision", "bits", own)


def prepared(duration: float, dt: float, engine: str) -> tuple[np.ndarray, Compiled | Reference]:
    """Prepare an engine for networks of one duration.

    Parameters
    ----------
    duration, dt : float
        Simulated time and time step in seconds.
    engine : str
        ``compiled`` or ``nengo``.

    Returns
    -------
    time : numpy.ndarray, shape (steps,)
        Seconds; the first entry is ``dt``.
    runner : Compiled or Reference
        What runs networks, one after the other.

    Raises
    ------
    ValueError
        If there is no such engine, or the duration is less than a step.
    """
    if engine not in _ENGINES:
        raise ValueError(f"there is no engine {engine!r}; engine can be {' or '.join(ENGINES)}")
    if not dt > 0:
        raise ValueError(f"dt is {dt} s; a time step must be longer than 0")
    steps = round(duration / dt)
    if steps < 1:
        raise ValueError(
            f"a duration of {duration} s is less than one step of {dt} s; make it {dt} or longer"
        )
    return dt * np.arange(1, steps + 1), _ENGINES[engine](steps, dt)
