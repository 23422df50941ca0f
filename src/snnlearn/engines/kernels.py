"""Functions that Numba compiles to machine code, once for each kind of machine.

What they add and multiply, they do in the order in which it is written: nothing is reordered
(``fastmath`` is off), and no product is fused with a sum. So their bits do not depend on how
wide a processor's registers are.

Machine code is kept in a folder of the user's (``NUMBA_CACHE_DIR`` names another). Numba looks
at the file of a function only when it decides whether kept code is out of date; here all files
beside this one count, since functions call those of other files. Code that cannot be kept or
read is compiled anew. Of other versions and processors it is removed when nobody has used it for
:data:`UNUSED_DAYS`.

Numba has no public way to say where code is kept: this leans on ``FunctionCache`` and
``CompileResultCacheImpl`` of ``numba.core.caching``, as they are in Numba 0.68.
"""

import hashlib
import logging
import os
import shutil
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Self, TypeVar

# As Python, what is compiled here does not run at all.
os.environ.pop("NUMBA_DISABLE_JIT", None)

import numba
import platformdirs
from llvmlite import binding
from numba.core.caching import CompileResultCacheImpl, FunctionCache

logger = logging.getLogger(__name__)

#: After so many days without use, code of another version or processor is removed.
UNUSED_DAYS = 30

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile a function of numbers, tuples and arrays when it is first called.

    Parameters
    ----------
    function : callable
        In Numba's part of Python. It runs without Python's lock: threads work side by side.

    Returns
    -------
    callable
        The compiled function.
    """
    return _compiled(function)


def inner_kernel(function: Function) -> Function:
    """Compile a function that only other compiled functions call, in less time.

    Parameters
    ----------
    function : callable
        As for :func:`kernel`.

    Returns
    -------
    callable
        The compiled function, without what Python needs to call it.
    """
    return _compiled(function, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def _compiled(function: Function, **options: bool) -> Function:
    compiled: Any = numba.njit(error_model="numpy", nogil=True, **options)(function)
    if folder() is not None:
        compiled._cache = _Kept(function)
    return compiled


@cache
def folder() -> Path | None:
    """Where machine code is kept; None if it cannot be.

    Its name stands for the code of all kernels, the processor, the version of Numba, and
    whether indices are checked.
    """
    behind = hashlib.sha256(numba.__version__.encode())
    settings = numba.config.CPU_NAME, numba.config.CPU_FEATURES, numba.config.BOUNDSCHECK
    behind.update(str(settings).encode())
    behind.update(binding.get_host_cpu_name().encode())
    behind.update(binding.get_host_cpu_features().flatten().encode())
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        behind.update(file.read_bytes())
    base = numba.config.CACHE_DIR or platformdirs.user_cache_path("snnlearn")
    found = Path(base) / f"kernels-{behind.hexdigest()[:16]}"
    try:
        found.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        logger.info("Compiled functions are not kept: %s", error)
        return None
    there = found.stat()
    # Who installed this may install code; nobody else may, or everybody's code would run here.
    trusted = {os.geteuid(), 0, Path(__file__).stat().st_uid}
    if there.st_mode & stat.S_IWOTH or there.st_uid not in trusted:
        logger.warning("Compiled functions are not kept: others may write to %s", found)
        return None
    with suppress(OSError):  # where others keep code that we may only read
        os.utime(found)
        _remove_unused(found.parent)
    return found if os.access(found, os.R_OK | os.X_OK) else None


def _remove_unused(base: Path) -> None:
    """Remove the folders of code that nobody has used for long."""
    for other in base.glob(f"kernels-{16 * '[0-9a-f]'}"):
        if other.stat().st_mtime < time.time() - UNUSED_DAYS * 24 * 3600:
            shutil.rmtree(other, ignore_errors=True)


class _Place:
    """Where the code of a function is kept, in the way in which Numba asks for it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> Self:
        return cls(function)

    def ensure_cache_path(self) -> None:
        Path(self.get_cache_path()).mkdir(parents=True, exist_ok=True)

    def get_cache_path(self) -> str:
        return str(folder())

    def get_source_stamp(self) -> str:
        return ""  # the folder's name is one

    def get_disambiguator(self) -> str:
        return self._function.__module__


class _KeptResults(CompileResultCacheImpl):  # type: ignore[misc]
    _locator_classes = (_Place,)


class _Kept(FunctionCache):  # type: ignore[misc]
    """What Numba keeps of a function; faults of the disk only cost the time to compile it."""

    _impl_class = _KeptResults

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception as error:  # a damaged file can fail in any way
            logger.info("Compiled code of %s cannot be read: %s", self._name, error)
            with suppress(OSError):  # of a folder that others keep, and may not be written
                for file in Path(self._cache_path).glob(f"{self._impl.filename_base}.*"):
                    file.unlink(missing_ok=True)
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except OSError as error:
            logger.info("Compiled code of %s cannot be kept: %s", self._name, error)
