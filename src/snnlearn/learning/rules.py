"""Learning rules by name: Nengo's PES and RLS, and those of a user by their import path.

A rule of one's own is written as ``module:name``. The name is a subclass of
``nengo.learning_rules.LearningRuleType``, made without arguments, or a function without arguments
that returns a rule. The module is looked for in the folder where the run happens, too.
"""

import importlib
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nengo
import numpy as np
from nengo.learning_rules import LearningRuleType

#: Weight of the closed gate on the neurons of an error: no error is larger.
CLOSED = -1e6

#: How a rule of a user's own is written.
PATH = re.compile(r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$")


def label(rule: str) -> str:
    """What metrics call a rule: its name in small letters, without its module."""
    return rule.rpartition(":")[2].lower()


def made(rule: str, known: Mapping[str, LearningRuleType]) -> LearningRuleType:
    """The rule that a name stands for.

    Parameters
    ----------
    rule : str
        A name that is known, or ``module:name``.
    known : mapping of str to nengo.learning_rules.LearningRuleType
        Rules by their names.

    Returns
    -------
    nengo.learning_rules.LearningRuleType
        The rule; a new one at each call where it is a user's own.

    Raises
    ------
    ValueError
        If the module or the name is not there, is no rule, or cannot be made without arguments.
        The message names the rule, what was looked for and where, and what to do.
    """
    if rule in known:
        return known[rule]
    module, _, name = rule.partition(":")
    with _from_here():
        try:
            loaded = importlib.import_module(module)
        except ImportError as error:
            raise ValueError(
                f"rules names {rule!r}, but {module} cannot be imported ({error}): put "
                f"{module.replace('.', '/')}.py into {Path.cwd()}, or install it"
            ) from error
    where = getattr(loaded, "__file__", None) or module
    if not hasattr(loaded, name):
        raise ValueError(f"rules names {rule!r}, but {where} has no {name}: define it there")
    return _rule_of(rule, getattr(loaded, name), where)


def _rule_of(rule: str, found: Any, where: str) -> LearningRuleType:
    """What a class or a function gives, if it is a rule."""
    what = (
        "make it a subclass of nengo.learning_rules.LearningRuleType, or a function that returns "
        "such a rule, which takes no arguments"
    )
    if not callable(found):
        raise ValueError(f"rules names {rule!r}, which is {found!r} in {where}: {what}")
    try:
        given = found()
    except TypeError as error:
        raise ValueError(
            f"rules names {rule!r}, which cannot be made in {where} ({error}): {what}"
        ) from error
    if not isinstance(given, LearningRuleType):
        raise ValueError(f"rules names {rule!r}, which gives {given!r} in {where}: {what}")
    if given.modifies != "decoders":
        raise ValueError(
            f"rules names {rule!r}, which changes {given.modifies} in {where}: name a rule that "
            "changes decoders, as PES does"
        )
    return given


@contextmanager
def _from_here() -> Iterator[None]:
    """Let modules be found in the folder where the run happens, after all others."""
    here = str(Path.cwd())
    sys.path.append(here)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(here)


def teach(learning: nengo.Connection, target: nengo.Node, gate: nengo.Node) -> None:
    """Give a rule its error, what is decoded minus the target, until a gate closes.

    The error goes through two rectifiers, one for each sign, which pass it on as it is, without
    noise, until the gate inhibits them.

    Parameters
    ----------
    learning : nengo.Connection
        The connection that learns, to a node of one dimension.
    target : nengo.Node
        What should be decoded, as late as what is.
    gate : nengo.Node
        0 while there is learning, then 1.

    Raises
    ------
    ValueError
        If the rule does not learn from such an error.
    """
    if learning.learning_rule.size_in != 1:
        raise ValueError(
            f"{learning.learning_rule_type} takes no error that is a number: in rules, name rules "
            "that learn from the error of what is decoded, as PES does"
        )
    rectifiers = nengo.Ensemble(
        2, 1, neuron_type=nengo.RectifiedLinear(), gain=np.ones(2), bias=np.zeros(2)
    )
    signs = np.array([[1.0], [-1.0]])
    for source, weights in ((learning.post, signs), (target, -signs), (gate, CLOSED * abs(signs))):
        nengo.Connection(source, rectifiers.neurons, transform=weights, synapse=None)
    nengo.Connection(rectifiers.neurons, learning.learning_rule, transform=signs.T, synapse=None)
