"""Which trained parameters cells need, and under which names they are kept.

Trained parameters are kept under a key of what decides them, and below it under the seed: all
cells that need the same ones share them, and what only evaluates them is in no key.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from snnlearn.data.hashing import sha256_of_data
from snnlearn.jobs.dependencies import code_of
from snnlearn.mnist.settings import Recipe
from snnlearn.seeding import Seed
from snnlearn.settings.documentation import plain

#: How many digits of a hash make a key.
DIGITS = 12

#: Core seconds that training takes for each image that it is shown, in each step, roughly.
SECONDS_PER_IMAGE = {"compiled": 6e-4, "nengo-dl": 3e-3}

#: Megabytes that a thread keeps of each step of a shard's images: voltages, times, and gradients.
MB_PER_STEP = 25

#: The part of a seed that training knows nothing of: rates have no voltages, and spikes get others,
#: drawn anew.
VOLTAGES = "network"


@dataclass(frozen=True)
class Trainings:
    """The trained parameters under one key.

    Attributes
    ----------
    recipe : Recipe
        What decides them, beside data and code.
    threads : int
        Threads of TensorFlow in one training.
    seeds : mapping of str to Seed
        The seed of each by the name under which it is kept.
    """

    recipe: Recipe
    threads: int
    seeds: Mapping[str, Seed]


def key_of(recipe: Recipe, data: Mapping[str, Any]) -> str:
    """The key of trained parameters.

    Parameters
    ----------
    recipe : Recipe
        What of the settings decides them.
    data : mapping
        What decides which images there are, as plain data.

    Returns
    -------
    str
        Hexadecimal digits.
    """
    code = code_of("snnlearn.mnist.parameter_source")
    return sha256_of_data({"recipe": plain(recipe), "data": data, "code": code})[:DIGITS]


def name_of(seed: Seed) -> str:
    """The name under which what is trained with a seed is kept.

    Seeds that differ in the initial voltages only have the same name.
    """
    if not isinstance(seed, Mapping):
        return str(seed)
    parts = {part: number for part, number in seed.items() if part != VOLTAGES}
    return ",".join(f"{part.replace(' ', '_')}~{number}" for part, number in sorted(parts.items()))


def trained_with(seed: Seed) -> Seed:
    """A seed without what makes no difference to training."""
    return {**seed, VOLTAGES: 0} if isinstance(seed, Mapping) else seed


def seconds(recipe: Recipe) -> float:
    """Core seconds that one training takes, roughly."""
    if recipe.source.mode != "train":
        return 5  # a file is copied, where it fits the images
    training = recipe.source.training
    shown = training.epochs * (training.images or 60_000)
    steps = max(1, training.spikes.steps)
    return 15 + shown * steps * SECONDS_PER_IMAGE[recipe.engine]


def minutes(recipe: Recipe) -> int:
    """The time limit of one training: several times what it takes, also on one slower core."""
    return max(120, round(4 * seconds(recipe) / 60))


def memory_mb(found: Trainings) -> int:
    """What one training may take: spikes of all steps are kept for the way back."""
    steps = found.recipe.source.training.spikes.steps if found.recipe.source.mode == "train" else 0
    return 4000 + MB_PER_STEP * steps * found.threads


def collected(
    needed: Iterable[tuple[str, Recipe, int, Iterable[Seed]]],
) -> dict[str, Trainings]:
    """All trainings that some cells need.

    Parameters
    ----------
    needed : iterable of (str, Recipe, int, iterable of Seed)
        Key, recipe, threads and seeds of each cell.

    Returns
    -------
    dict of str to Trainings
        By key.
    """
    found: dict[str, Trainings] = {}
    for key, recipe, threads, seeds in needed:
        named = {name_of(seed): trained_with(seed) for seed in seeds}
        before = found.get(key, Trainings(recipe, threads, {}))
        found[key] = Trainings(recipe, max(threads, before.threads), {**before.seeds, **named})
    return found
