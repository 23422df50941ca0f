"""Let a piece of work run in a process of its own, and break it at one of its file events."""

import ctypes
import os
import re
import resource
import shutil
import signal
import subprocess
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

#: System calls that change files.
CALLS = (
    *("open", "openat", "creat", "write", "writev", "pwrite64", "ftruncate", "fsync", "fdatasync"),
    *("mkdir", "mkdirat", "rename", "renameat", "renameat2", "link", "linkat", "symlink"),
    *("unlink", "unlinkat", "rmdir"),
)


@dataclass(frozen=True)
class Event:
    """A call that changes files: the n-th of its kind in its thread, and what it is about."""

    call: str
    number: int
    about: str


def traceable() -> bool:
    """Whether strace is there and may look at a process."""
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True).returncode == 0


def events(work: Callable[[], object], folder: Path) -> list[Event]:
    """Everything that some work changes about the files below a folder, call by call."""
    with NamedTemporaryFile("r") as log:
        traced = f"trace={','.join(f'?{call}' for call in CALLS)}"
        assert _run(work, "-y", "-s", "0", "-e", traced, "-o", log.name) == 0
        lines = log.read().splitlines()
    counts: Counter[tuple[str, str]] = Counter()
    found = {}
    for line in lines:
        if not (match := re.match(r"(\d+) +(\w+)\((.*)", line)):
            continue
        thread, call, about = match.groups()
        counts[thread, call] += 1
        # Those that take no file descriptor are few, and name files as the work does.
        changes = not call.startswith("open") or "O_CREAT" in about or "O_TRUNC" in about
        if changes and (str(folder) in about or not re.match(r"\d|AT_FDCWD", about)):
            number = counts[thread, call]
            found[call, number] = Event(call, number, about)
    return list(found.values())


#: Of Linux's ``prctl.h``: who may trace a process, and that anybody may.
PR_SET_PTRACER, ANY = 0x59616D61, 2 ** (8 * ctypes.sizeof(ctypes.c_ulong)) - 1


def kill_at(work: Callable[[], object], event: Event) -> bool:
    """Do some work, and kill it just before an event; tell whether it came to that."""
    inject = f"inject={event.call}:signal=KILL:when={event.number}"
    return _run(work, "-e", f"trace={event.call}", "-e", inject, "-o", os.devnull) == -9


def fail_at(work: Callable[[], object], event: Event, error: str) -> int:
    """Do some work, but let one call fail with an error, such as ``EIO``; give the exit code."""
    inject = f"inject={event.call}:error={error}:when={event.number}"
    return _run(work, "-e", f"trace={event.call}", "-e", inject, "-o", os.devnull)


def do(work: Callable[[], object], memory_mb: int | None = None) -> int:
    """Do some work in a process of its own; give its exit code, negative for a signal.

    It gets so much more memory than there is at its beginning, if that is said, and half a minute
    then: OpenBLAS waits without end for memory that it does not get.
    """

    def limited() -> None:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)  # it ends the process, whatever that does
        signal.alarm(30)
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + memory_mb * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        work()

    return _run(work if memory_mb is None else limited)


def _run(work: Callable[[], object], *strace: str) -> int:
    go, told = os.pipe()
    child = os.fork()
    if child == 0:
        # Who is not root may trace its own children only, on kernels with Yama: this one says yes.
        ctypes.CDLL(None).prctl(PR_SET_PTRACER, ctypes.c_ulong(ANY), 0, 0, 0)
        os.read(go, 1)
        try:
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    tracer = None
    if strace:
        tracer = subprocess.Popen(["strace", "-f", "-qq", "-p", str(child), *strace])
        while "TracerPid:\t0\n" in Path(f"/proc/{child}/status").read_text():
            assert tracer.poll() is None, "strace cannot trace here"
            time.sleep(0.002)
    os.write(told, b"x")
    try:
        _, status = os.waitpid(child, 0)
    except BaseException:  # a test that took too long
        os.kill(child, signal.SIGKILL)
        raise
    if tracer:
        tracer.wait()
    for end in (go, told):
        os.close(end)
    return os.waitstatus_to_exitcode(status)
