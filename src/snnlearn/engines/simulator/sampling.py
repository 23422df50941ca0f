"""Which steps a probe records, as Nengo decides it."""

import nengo
import numpy as np


def period(probe: nengo.Probe, dt: float) -> float:
    """In how many steps of ``dt`` seconds a probe records once; 1 and below mean every step."""
    return 1.0 if probe.sample_every is None else float(probe.sample_every / dt)


def recorded(steps: int, period: float) -> np.ndarray:
    """The numbers, from 1 on, of the steps that are recorded, shape (recorded,).

    Of each period, that is the first step which is not before its end.
    """
    numbers = np.arange(1, steps + 1)
    return numbers[numbers % period < 1]
