"""SHA-256 of files, arrays and configurations."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np


def sha256_of_file(path: Path) -> str:
    """SHA-256 of a file's bytes, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_files(paths: Iterable[Path]) -> str:
    """SHA-256 of the contents of several files, whatever they are called."""
    return sha256_of_data([sha256_of_file(path) for path in paths])


def sha256_of_array(array: np.ndarray) -> str:
    """SHA-256 of an array's values in C order, whatever its shape, as hexadecimal digits."""
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def sha256_of_data(data: Any) -> str:
    """SHA-256 of plain data (dicts, lists, numbers, strings), whatever the order of its keys."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
