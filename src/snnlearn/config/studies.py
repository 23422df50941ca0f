"""The studies of a configuration: its experiments' own, those it lists, and generated ones."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from snnlearn.config.errors import Checker
from snnlearn.config.model import Block, Design, General, StudySettings, VarianceSettings
from snnlearn.experiments import Experiment
from snnlearn.published import slips
from snnlearn.registry import RESERVED
from snnlearn.seeding import Seed
from snnlearn.settings.documentation import plain
from snnlearn.studies import (
    BASE,
    RESERVED_POINTS,
    Cell,
    Point,
    Study,
    design,
    name_of,
    points_of,
    value_at,
    with_changes,
)
from snnlearn.verdict import controls, errata
from snnlearn.verdict import variance as components

#: What the names of studies begin with that are made, not listed.
GENERATED = (controls.STUDY, errata.STUDY, components.STUDY)


def all_studies(
    general: General,
    experiments: Mapping[str, Experiment[Any]],
    raw: Mapping[str, Mapping[str, Any]],
    blocks: Mapping[str, Block],
    checker: Checker,
) -> dict[str, Study]:
    """All studies of a configuration.

    Parameters
    ----------
    general : General
        The top level.
    experiments : mapping of str to Experiment
        The experiments.
    raw, blocks : mapping of str to mapping, mapping of str to Block
        Their blocks: the parameters as they were given, and validated.
    checker : Checker
        Collects what is wrong.

    Returns
    -------
    dict of str to Study
        By name: the experiments' own, generated ones, and those that are listed.
    """
    owned = {
        name: own(experiment, blocks[name])
        for name, experiment in experiments.items()
        if blocks[name].runs
    }
    found: list[Study | None] = [*owned.values()]
    for name in owned:
        experiment, block = experiments[name], blocks[name]
        if switches := slips(name):
            found.append(errata.study(experiment, owned[name].cells[0], switches))
        if experiment.controls:
            found.append(controls.study(experiment, owned[name].cells[0]))
        varied = getattr(general.variance, name, None)
        if varied is not None and varied.blocks > 0:
            found.append(_variance(experiment, raw[name], block, varied, checker))
    taken = {study.name for study in found if study is not None} | {*experiments} | RESERVED
    for name, settings in general.studies.items():
        of = settings.experiment
        if name in taken or name.startswith(GENERATED):
            checker.add(("studies", name), "the name stands for something else: take another one")
        elif of not in experiments:
            close = difflib.get_close_matches(of, experiments, n=1)
            instead = f"did you mean {close[0]!r}?" if close else ", ".join(experiments)
            checker.add(
                ("studies", name, "experiment"), f"there is no experiment {of!r}; {instead}"
            )
        else:
            found.append(_configured(name, settings, experiments[of], raw[of], blocks[of], checker))
    return {study.name: study for study in found if study is not None}


def own(experiment: Experiment[Any], block: Block) -> Study:
    """The study that an experiment's own block is."""
    seeds = {seed: seed for seed in sorted(block.seeds)}
    cell = Cell(
        experiment.name, experiment.name, BASE, block.parameters, seeds, block.seeds_per_job
    )
    return Study(experiment.name, experiment.name, [cell])


def _variance(
    experiment: Experiment[Any],
    raw: Mapping[str, Any],
    block: Block,
    settings: VarianceSettings,
    checker: Checker,
) -> Study | None:
    """The study in which each source of randomness is varied alone; None where it cannot be."""
    point = Point("", settings.set, {key: ("set", key) for key in settings.set})
    above = ("variance", experiment.name)
    parameters = _parameters(experiment, raw, point, above, checker)
    if parameters is None:
        return None
    per_job = settings.seeds_per_job or block.seeds_per_job
    return components.study(experiment, parameters, settings.blocks, settings.metrics, per_job)


def _configured(
    name: str,
    settings: StudySettings,
    experiment: Experiment[Any],
    raw: Mapping[str, Any],
    block: Block,
    checker: Checker,
) -> Study | None:
    """A study that the configuration lists; None where something is wrong with it."""
    above = ("studies", name)
    for name_given in settings.points:
        if name_given in RESERVED_POINTS:
            checker.add(
                (*above, "points", name_given), "is a name that a study needs itself: rename it"
            )
        for key in settings.points[name_given]:
            if key in settings.sweep:
                checker.add((*above, "points", name_given, key), "is swept in this study, too")
    seeds, sources = _seeds(settings, experiment, block, above, checker)
    for key, listed in settings.sweep.items():
        if not listed:
            checker.add((*above, "sweep", key), "the list of values is empty")
    common = Point("", settings.set, {key: ("set", key) for key in settings.set})
    base = _parameters(experiment, raw, common, above, checker)
    of_base = None if base is None else plain(base)
    cells: dict[str, Cell] = {}
    failed = of_base is None or not all(settings.sweep.values())
    for point in points_of(settings.set, settings.points, settings.sweep):
        parameters = _parameters(experiment, raw, point, above, checker)
        if parameters is None or of_base is None:
            failed = True
            continue
        given = plain(parameters)
        values = {key: value_at(given, key) for key in settings.sweep}
        try:
            cell = name_of(point.name, values, of_base)
        except ValueError as error:
            checker.add((*above, "sweep"), str(error))
            return None
        if cell in cells:
            checker.add((*above, "sweep"), f"a value is listed twice: {cell}")
            return None
        cells[cell] = Cell(
            name,
            experiment.name,
            cell,
            parameters,
            seeds,
            settings.seeds_per_job or block.seeds_per_job,
            ({"point": point.name} if settings.points else {}) | values,
            settings.traces,
        )
    if failed:
        return None
    axes = {
        key: list(dict.fromkeys(cell.values[key] for cell in cells.values()))
        for key in (["point"] if settings.points else []) + list(settings.sweep)
    }
    return Study(
        name, experiment.name, list(cells.values()), axes, settings.metrics, sources=sources
    )


def _seeds(
    settings: StudySettings,
    experiment: Experiment[Any],
    block: Block,
    above: tuple[str, ...],
    checker: Checker,
) -> tuple[Mapping[int, Seed], Mapping[str, tuple[str, ...]]]:
    """The seeds of a study, and the sources of randomness if they are a design."""
    if isinstance(settings.seeds, Design):
        sources = experiment.random_sources
        if not sources:
            checker.add(
                (*above, "seeds", "blocks"),
                f"{experiment.name} does not say which sources of randomness it has: "
                "give its module RANDOM_SOURCES, or the study seeds",
            )
        return design(sources, settings.seeds.blocks), sources
    return {seed: seed for seed in sorted(settings.seeds or block.seeds)}, {}


def _parameters(
    experiment: Experiment[Any],
    raw: Mapping[str, Any],
    point: Point,
    above: tuple[str, ...],
    checker: Checker,
) -> Any:
    """The parameters of a point, or None: what is wrong is said at the key that gave it."""
    known = known_keys(experiment.Parameters)

    def origin(key: tuple[str, ...]) -> tuple[str, ...]:
        given = ".".join(key)
        for changed, place in point.origins.items():
            if f"{given}.".startswith(f"{changed}."):
                # What is wrong with a swept key itself is so whatever its value is.
                whole = place[:2] if place[0] == "sweep" and given not in known else place
                return (*above, *whole, *key[changed.count(".") + 1 :])
            if key and changed.startswith(f"{given}."):
                return (*above, *place)
        return (*above, *(("points", point.name) if point.name else ()), *key)

    changed = with_changes(raw, point.changes)
    parameters = checker.check(experiment.Parameters, changed, origin, known)
    if "dataset" in point.changes:
        checker.check_images(parameters, origin(("dataset",)))
    return parameters


def known_keys(model: Any) -> list[str]:
    """All keys of a data class, with dots between nested ones."""
    return list(_keys(model, ""))


def _keys(model: Any, above: str) -> Iterator[str]:
    defaults = model if not isinstance(model, type) else model()
    for field in fields(defaults):
        yield f"{above}{field.name}"
        value = getattr(defaults, field.name)
        if is_dataclass(value):
            yield from _keys(value, f"{above}{field.name}.")
