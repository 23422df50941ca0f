"""What Snakemake puts into scripts, for mypy: Snakemake's own types know no names of values."""

from collections.abc import ItemsView, Iterator
from typing import Any

class Values:
    """Files, parameters or wildcards of a job: some by number, some by name too."""

    def __getattr__(self, name: str) -> Any: ...
    def __getitem__(self, key: int | str) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> int: ...
    def get(self, name: str, default: Any = None) -> Any: ...
    def items(self) -> ItemsView[str, Any]: ...

class Snakemake:
    """The job that a script does."""

    input: Values
    output: Values
    params: Values
    wildcards: Values
    resources: Values
    log: Values
    threads: int
    rule: str
    config: dict[str, Any]

snakemake: Snakemake
