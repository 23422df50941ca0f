"""A Slurm cluster of one node on the loopback address, without systemd, cgroups or accounting."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

PROGRAMS = ("munged", "slurmctld", "slurmd", "srun", "sbatch", "squeue", "scancel", "sinfo")
#: Where Debian puts daemons.
PATH = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"])

#: Snakemake starts `srun` without the variable that says where the configuration is.
SRUN = """#!/bin/sh
SLURM_CONF={configuration} exec {srun} "$@"
"""

CONFIGURATION = """
ClusterName=loopback
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/controller
SlurmdSpoolDir={folder}/node
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
# Of a cancelled job, what its killed parent has left belongs to the job still.
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
KillWait=2
ReturnToService=2
# The node may promise more memory and cores than this machine has.
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 Port={node_port} CPUs=2 RealMemory=64000
PartitionName=test Nodes={host} Default=YES State=UP
"""


class Slurm:
    """Commands for a running cluster."""

    def run(self, *command: str) -> str:
        finished = subprocess.run(command, capture_output=True, text=True)
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    def running(self, comment: str) -> dict[str, str]:
        """Jobs whose comment has a word in it: their memory by their ids."""
        table = self.run("squeue", "--noheader", "--states=RUNNING", "--format=%A|%m|%k")
        rows = [line.split("|") for line in table.splitlines()]
        return {job: memory for job, memory, about in rows if comment in about}


def wait_until(reached: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.2)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def daemon(folder: Path, *command: str) -> Iterator[None]:
    """Run a program until it is no longer needed; what it says goes into the folder."""
    with (folder / f"{command[0]}.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def cluster(folder: Path) -> Iterator[Slurm]:
    """A running cluster, with its files in a folder; the test is skipped where it cannot be."""
    missing = [program for program in PROGRAMS if shutil.which(program, path=PATH) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)} (Debian: munge, slurm-wlm)")
    if os.geteuid() != 0:
        pytest.skip("slurmd starts jobs as root only")
    host = socket.gethostname().split(".")[0]
    for name in ("controller", "node"):
        (folder / name).mkdir()
    (folder / "munge.key").write_bytes(os.urandom(128))
    (folder / "munge.key").chmod(0o400)
    ports = {"controller_port": free_port(), "node_port": free_port()}
    configuration = folder / "slurm.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, host=host, **ports))
    (folder / "bin").mkdir()
    srun = folder / "bin/srun"
    srun.write_text(SRUN.format(configuration=configuration, srun=shutil.which("srun", path=PATH)))
    srun.chmod(0o755)
    munged = [
        *("munged", "--foreground", "--force", f"--key-file={folder}/munge.key"),
        *(f"--{name}-file={folder}/munge.{name}" for name in ("log", "pid", "seed")),
        f"--socket={folder}/munge.socket",
    ]
    slurm = Slurm()
    with pytest.MonkeyPatch.context() as environment, ExitStack() as daemons:
        environment.setenv("PATH", f"{srun.parent}{os.pathsep}{PATH}")
        environment.setenv("SLURM_CONF", str(configuration))
        daemons.enter_context(daemon(folder, *munged))
        wait_until((folder / "munge.socket").exists, 20, "munged listens")
        daemons.enter_context(daemon(folder, "slurmctld", "-D", "-f", str(configuration)))
        daemons.enter_context(daemon(folder, "slurmd", "-D", "-f", str(configuration)))
        try:
            wait_until(lambda: state() == "idle", 60, "Slurm's node is idle")
        except AssertionError as error:
            logs = "\n".join(path.read_text() for path in sorted(folder.glob("*.log")))
            raise AssertionError(f"{error}\n{logs}") from None
        yield slurm
        slurm.run("scancel", "--partition=test")
        wait_until(lambda: not slurm.run("squeue", "--noheader"), 30, "no job is left")
        wait_until(lambda: not of_jobs(configuration), 30, "no process of a job is left")


def of_jobs(configuration: Path) -> list[str]:
    """Numbers of the processes that jobs of a cluster have started."""
    told = f"SLURM_CONF={configuration}\0".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or is another user's
            environment = (process / "environ").read_bytes()
            if told in environment and b"SLURM_JOB_ID=" in environment:
                found.append(process.name)
    return found


def state() -> str:
    """State of the cluster's node; empty as long as the controller does not answer."""
    command = ["sinfo", "--noheader", "--format=%T"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()
