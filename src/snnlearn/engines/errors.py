"""How a compiled engine refuses a network that it cannot run exactly."""

from typing import NoReturn


class UnsupportedNetworkError(ValueError):
    """A network that a compiled engine cannot run exactly; the message names the part."""


def refuse(part: object, reason: str, reference: str) -> NoReturn:
    """Say what cannot be run, and what to do about it.

    Parameters
    ----------
    part : object
        The part of the network.
    reason : str
        What it is or does, as the rest of a sentence.
    reference : str
        The engine that runs every network.

    Raises
    ------
    UnsupportedNetworkError
        Always.
    """
    raise UnsupportedNetworkError(
        f"{part} {reason}, which the compiled engine cannot run exactly; "
        f"use the engine {reference} for this network"
    )
