"""What a finished run was made of, in the words of the profile Workflow Run Crate 0.5.

Everything said stands in a file of the run or of the project. What these do not say, such as who
started the run, is left out.
"""

import math
import mimetypes
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rocrate.model.contextentity import ContextEntity
from rocrate.model.entity import Entity
from rocrate.rocrate import ROCrate

from snnlearn.crate.contents import Contents, sources
from snnlearn.data.hashing import sha256_of_file
from snnlearn.report.captions import TABLES, ranges
from snnlearn.verdict.table import summary

#: The version of RO-Crate that the profiles are written for.
VERSION = "1.1"

#: The profiles that the crate says it conforms to: address, name and version.
PROFILES = (
    ("https://w3id.org/ro/wfrun/process/0.5", "Process Run Crate", "0.5"),
    ("https://w3id.org/ro/wfrun/workflow/0.5", "Workflow Run Crate", "0.5"),
    ("https://w3id.org/workflowhub/workflow-ro-crate/1.0", "Workflow RO-Crate", "1.0"),
)

#: Terms that RO-Crate 1.1 lacks, and the profile has.
TERMS = {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}

#: What Python does not know of. The rest of the project's files are texts.
TYPES = {".parquet": "application/vnd.apache.parquet", ".npz": "application/zip"}
TYPES |= {".rst": "text/x-rst", ".yaml": "application/yaml", ".cff": "application/yaml"}

#: What Python knows of, whatever the machine does.
KNOWN = mimetypes.MimeTypes()

#: Where the configuration stands in the crate.
CONFIGURATION = "results/configuration.yaml"


def describe(contents: Contents, configuration: Path | None, sources_of: str | None) -> ROCrate:
    """Describe a finished run.

    Parameters
    ----------
    contents : Contents
        What it has left.
    configuration : pathlib.Path, optional
        The configuration that made it, with all values; None where it is not known.
    sources_of : str, optional
        The commit that the project's files are of now; None where that is not known, or files
        differ from it.

    Returns
    -------
    rocrate.rocrate.ROCrate
        With all files that are to go along, laid out as in the project.
    """
    crate = ROCrate(version=VERSION)
    crate.metadata.extra_terms = dict(TERMS)
    citation, provenance = contents.citation, contents.provenance
    crate.name = f"Results of {citation['title']}"
    counted = " ".join(summary(contents.verdict))
    crate.description = (
        "A finished run of the workflow, with its metrics, verdict, figures and traces, and what "
        f"made them. Images are not among them: they are named by their hashes. {counted}"
    )
    licence = _add(
        crate,
        f"https://spdx.org/licenses/{citation['license']}",
        "CreativeWork",
        name=str(citation["license"]),
    )
    crate.license = licence
    authors = [_author(crate, author) for author in citation["authors"]]
    crate.root_dataset["author"] = authors if len(authors) > 1 else authors[0]
    crate.root_dataset["conformsTo"] = [
        _add(crate, address, "CreativeWork", name=name, version=version)
        for address, name, version in PROFILES
    ]
    crate.root_dataset["variableMeasured"] = list(_measured(crate, contents))

    workflow = _workflow(crate, contents, licence, sources_of)
    results = {
        file: _file(crate, file, _within(contents, file), sha)
        for file, sha in contents.files.items()
    }
    for file, entity in results.items():
        if told := TABLES.get(file.name) or _caption(file):
            entity["description"] = told
    given = {
        results[file]
        for key, record in provenance["parameters"].items()
        if record["origin"] != "trained"
        for file in (contents.results / "trainings" / f"{key}.npz",)
        if file in results
    }
    inputs = [
        *_images(crate, provenance["datasets"]),
        *sorted(given, key=lambda entity: entity.id),
        *_settings(crate, contents, configuration),
    ]
    machine = provenance["platform"]
    action = crate.add_action(
        workflow,
        identifier="#run",
        object=inputs,
        result=[entity for entity in results.values() if entity not in given],
        properties={
            "name": "The run of the workflow that finished these results",
            "description": f"On {machine['system']}, {machine['machine']}, "
            f"{machine['cores']} cores; configuration with the SHA-256 "
            f"{provenance['configuration_sha256']}",
            "startTime": provenance["started"],
            "endTime": provenance["ended"],
            "actionStatus": "http://schema.org/CompletedActionStatus",
        },
    )
    if logged := list(_logged(crate, contents.logged)):
        action["identifier"] = logged
    crate.root_dataset["mentions"] = action
    return crate


def _add(crate: ROCrate, where: str, kind: str, /, **properties: Any) -> Entity:
    """An entity that is no file; what is None is not said."""
    known = {name: value for name, value in properties.items() if value is not None}
    return crate.add(ContextEntity(crate, where, properties={"@type": kind, **known}))


def _author(crate: ROCrate, author: Mapping[str, str]) -> Entity:
    """A person or, where one name is all, a group."""
    parts = (author.get("given-names"), author.get("name-particle"), author.get("family-names"))
    person = " ".join(filter(None, parts))
    name = person or author["name"]
    where = author.get("orcid") or author.get("website") or f"#{quote(name)}"
    kind = "Person" if person else "Organization"
    return _add(crate, where, kind, name=name, affiliation=author.get("affiliation"))


def _workflow(
    crate: ROCrate, contents: Contents, licence: Entity, sources_of: str | None
) -> Entity:
    """The Snakefile and all that it needs; which versions ran is what ``provenance.json`` says."""
    citation, provenance = contents.citation, contents.provenance
    commit = provenance["commit"]
    properties = {
        "name": citation["title"],
        "version": commit or str(citation["version"]),
        "codeRepository": citation.get("repository-code"),
        "sha256": sha256_of_file(contents.project / "Snakefile"),
        "encodingFormat": "text/plain",
    }
    notes = []
    if provenance["dirty"]:
        notes.append(f"Files differed from commit {commit} when the run ended.")
    if commit and sources_of != commit:
        now = f"commit {sources_of}" if sources_of else "no known commit"
        notes.append(f"The results are of commit {commit}, the files packed here of {now}.")
    if notes:
        properties["description"] = " ".join(notes)
    workflow = crate.add_workflow(
        contents.project / "Snakefile",
        "Snakefile",
        main=True,
        lang="snakemake",
        lang_version=provenance["versions"]["snakemake"],
        properties={name: value for name, value in properties.items() if value},
        record_size=True,
    )
    workflow["author"], workflow["license"] = crate.root_dataset["author"], licence
    workflow["softwareRequirements"] = [
        _add(crate, f"#software-{name}", "SoftwareApplication", name=name, softwareVersion=version)
        for name, version in provenance["versions"].items()
    ]
    workflow["hasPart"] = [
        _file(crate, file, file.relative_to(contents.project).as_posix(), sha256_of_file(file))
        for file in sources(contents.project)
        if file.name != "Snakefile" or file.parent != contents.project
    ]
    return workflow


def _file(crate: ROCrate, source: Path, where: str, sha256: str) -> Entity:
    kind = TYPES.get(source.suffix) or KNOWN.guess_type(source.name)[0] or "text/plain"
    said = {"name": where, "sha256": sha256, "encodingFormat": kind}
    return crate.add_file(
        source, where, properties=said | {"contentSize": str(source.stat().st_size)}
    )


def _within(contents: Contents, file: Path) -> str:
    """Where a result stands in the crate."""
    return f"results/{file.relative_to(contents.results).as_posix()}"


def _caption(file: Path) -> str:
    """What a figure shows: the first paragraph of its caption, which stands beside it."""
    told = file.with_suffix(".rst")
    if file.parent.name != "figures" or not told.is_file():
        return ""
    return told.read_text(encoding="utf-8").partition("\n\n")[0]


def _images(crate: ROCrate, datasets: Mapping[str, Mapping[str, Any]]) -> Iterable[Entity]:
    """The images of each data set, which are not in the crate, by the hashes of their arrays."""
    for name, images in datasets.items():
        hashes = [
            _add(
                crate,
                f"#images-{name}-{array}",
                "PropertyValue",
                name=array,
                propertyID="SHA-256 of the array's bytes in C order",
                value=sha,
            )
            for array, sha in images["sha256"].items()
        ]
        yield _add(
            crate,
            f"#images-{name}",
            "CreativeWork",
            name=images["name"],
            description=f"Images from {images['source']}"
            + ("" if images["verified"] else ", not verified"),
            identifier=hashes,
        )


def _settings(crate: ROCrate, contents: Contents, configuration: Path | None) -> Iterable[Entity]:
    """The configuration, and the seeds of each experiment."""
    sha = contents.provenance["configuration_sha256"]
    yield _add(
        crate, "#configuration", "PropertyValue", name="SHA-256 of the configuration", value=sha
    )
    if configuration:
        yield _file(crate, configuration, CONFIGURATION, sha256_of_file(configuration))
    for name, seeds in contents.provenance["seeds"].items():
        identifier = f"#seeds-{name}"
        yield _add(crate, identifier, "PropertyValue", name=f"{name}.seeds", value=ranges(seeds))


def _measured(crate: ROCrate, contents: Contents) -> Iterable[Entity]:
    """What was measured of each claim; what was not measured is left out."""
    for _, row in contents.verdict.iterrows():
        if not math.isnan(row["measured"]):
            yield _add(
                crate,
                f"#claim-{row['name']}",
                "PropertyValue",
                name=row["name"],
                description=f"{row['claim']}: {row['expected']}, {row['verdict']}",
                value=row["measured"],
                unitText=row["unit"] if isinstance(row["unit"], str) else None,
            )


def _logged(crate: ROCrate, cells: Mapping[str, Mapping[str, Any]]) -> Iterable[Entity]:
    """The runs of MLflow; those of seeds are below them. Cells that are the same share one."""
    shared: dict[str, list[str]] = {}
    for cell, logged in cells.items():
        shared.setdefault(logged["parent"], []).append(cell)
    for run, named in shared.items():
        yield _add(
            crate,
            f"#mlflow-{run}",
            "PropertyValue",
            name=", ".join(named),
            propertyID="mlflow.run_id",
            value=run,
        )
