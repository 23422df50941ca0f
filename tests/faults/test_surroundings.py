"""What people start the pipeline from and with: other Pythons, folders, variables, settings."""

import os
import shutil
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from tiny_project import SNAKEMAKE, TINY, TRAINED, Project, copy_project, make_python

#: A figure that is made in seconds.
DRAWN = "results/tuning_curve/figures/tuning_curve.png"


def said(project: Project, python: Path, *arguments: str, **variables: str) -> str:
    """What Snakemake says when another Python runs it; it fails."""
    failed = subprocess.run(
        [str(python), "-P", *SNAKEMAKE[1:], *arguments],
        cwd=project.folder,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | variables,
        capture_output=True,
        text=True,
    )
    assert failed.returncode != 0
    assert "Traceback" not in failed.stdout + failed.stderr
    return failed.stdout + failed.stderr


def test_a_snakemake_of_another_python_names_the_projects_own(project, tmp_path):
    python = make_python(tmp_path / "other")
    shown = said(project, python, "--dry-run")
    assert f"start the project's own, {project.folder}/.venv/bin/snakemake" in shown


def test_a_python_whose_path_the_shell_trips_over_is_refused_before_any_job(project, tmp_path):
    python = make_python(tmp_path / "My Projects")
    shown = said(project, python, DRAWN, PYTHONPATH=str(project.folder / "src"))
    assert "has characters that the shell trips over" in shown
    assert not (project.folder / "results").exists()


def test_one_installation_serves_a_folder_of_ones_own(tmp_path):
    """With a space and other letters in its path; the pipeline comes by a link."""
    installed = copy_project(tmp_path / "installed")
    link = tmp_path / "link"
    link.symlink_to(installed.folder)
    own = tmp_path / "It's Zoë's {folder}"
    own.mkdir()
    (own / "mine.yaml").write_text(TINY)
    snakemake = [sys.executable, "-m", "snakemake", "-s", f"{link}/Snakefile"]

    def run(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [*snakemake, *arguments],
            cwd=own,
            env=installed.environment,
            capture_output=True,
            text=True,
        )

    shipped = run("--dry-run", "--cores", "2")
    assert shipped.returncode == 0, shipped.stdout + shipped.stderr
    done = run(
        *("--configfile", "mine.yaml", "--cores", "2"), DRAWN, *TRAINED, "figures_tuning_curve"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (own / DRAWN).is_file()
    assert list(own.glob("results/trainings/*/0.npz"))
    assert not (installed.folder / "results").exists()


def outcome(code: str, **variables: str) -> str:
    """What some code prints in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | variables,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_settings_of_keras_decide_no_number(tmp_path):
    (tmp_path / "keras.json").write_text(
        '{"floatx": "float16", "epsilon": 0.1, "backend": "jax", '
        '"image_data_format": "channels_first"}'
    )
    code = (
        "from snnlearn.engines import nengodl\n"
        "k = nengodl.load(threads=1)[1].keras.backend\n"
        "print(k.floatx(), k.epsilon(), k.image_data_format())"
    )
    shown = outcome(code, KERAS_HOME=str(tmp_path), KERAS_BACKEND="jax")
    assert shown.split() == ["float32", "1e-07", "channels_last"]


def test_settings_of_nengo_decide_no_number(tmp_path):
    """Those of the folder in which it runs, and those of the user."""
    code = (
        "import hashlib, os\n"
        f"os.chdir({str(tmp_path)!r})\n"
        "from snnlearn.experiments import channel\n"
        "given = channel.Parameters(duration=2, generalization_duration=0.5, n_neurons=10, "
        "engine=os.environ['ENGINE'])\n"
        "(traces,) = channel.simulate(given, seeds=[0])\n"
        "print(hashlib.sha256(traces.to_csv().encode()).hexdigest())"
    )
    plain = {engine: outcome(code, ENGINE=engine) for engine in ("compiled", "nengo")}
    (tmp_path / "nengorc").write_text(
        "[precision]\nbits = 32\n[nengo.Simulator]\nfail_fast = True\n"
    )
    assert {engine: outcome(code, ENGINE=engine) for engine in plain} == plain


#: Variables that people have for other work.
OF_OTHER_WORK = {
    "an encoding": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "another encoding": {"PYTHONIOENCODING": "latin-1"},
    "Numba": {"NUMBA_DISABLE_JIT": "1", "NUMBA_OPT": "0", "NUMBA_CACHE_DIR": "/proc/nothing"},
    "TensorFlow": {
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "TF_USE_LEGACY_KERAS": "0",
        "TF_XLA_FLAGS": "--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit",
        "XLA_FLAGS": "--xla_cpu_enable_fast_math=true",
        "ONEDNN_DEFAULT_FPMATH_MODE": "ANY",
        "OMP_NUM_THREADS": "3",
    },
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", OF_OTHER_WORK)
def test_variables_of_other_work_decide_no_number(finished, project, name):
    simulated = "results/channel/runs/batch-0000.parquet"
    project.snakemake(simulated, *TRAINED, "simulate", **OF_OTHER_WORK[name])
    made = project.contents()
    assert project.trained()
    assert (project.folder / simulated).is_file()
    assert made.items() <= finished.contents().items()


def test_packages_that_a_module_system_puts_first_are_named(project, tmp_path):
    """But those that Snakemake itself has loaded by then, if it could."""
    for name in ("nengo", "seaborn"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    variables = {"PYTHONPATH": os.pathsep.join([str(project.folder / "src"), str(tmp_path)])}
    refused = project.snakemake(DRAWN, check=False, **variables)
    shown = refused.stdout + refused.stderr
    assert refused.returncode != 0
    assert f"PYTHONPATH has {tmp_path}, and so nengo, seaborn would be other than" in shown
    assert not (project.folder / "results").exists()


def test_results_of_a_clock_that_was_wrong_are_named(finished, tmp_path):
    project = finished.copied(tmp_path / "project")
    later = time.time() + 10**6
    os.utime(project.folder / "results/metrics.csv", (later, later))
    started = project.snakemake("--dry-run")
    shown = started.stdout + started.stderr
    assert "results/metrics.csv is dated in the future, and newer than all that it is made" in shown
    assert shown.count("dated in the future") == 1


def test_settings_of_matplotlib_decide_no_figure(tmp_path):
    (tmp_path / "matplotlibrc").write_text(
        "axes.facecolor: red\nsavefig.transparent: True\nfigure.constrained_layout.use: True\n"
        "savefig.bbox: tight\nlines.linestyle: --\naxes.formatter.useoffset: False\n"
    )
    code = (
        "import hashlib, matplotlib\n"
        "from snnlearn.figures import FigureSettings, style\n"
        "style.apply(FigureSettings())\n"
        "rc = {k: v for k, v in sorted(matplotlib.rcParams.items()) if k != 'backend'}\n"
        "print(hashlib.sha256(str(rc).encode()).hexdigest())"
    )
    assert outcome(code, MATPLOTLIBRC=str(tmp_path)) == outcome(code)


def test_a_backend_of_a_notebook_is_no_trouble(project):
    variables = {"MPLBACKEND": "no_such_backend", "PYTHONSAFEPATH": "1"}
    project.snakemake(DRAWN, "--until", "figures_tuning_curve", **variables)


@pytest.fixture
def bound(project):
    """A function that runs Snakemake as one who may write only what modes of files allow."""
    lent = "-dac_override,-dac_read_search"
    without = ["setpriv", "--inh-caps", lent, "--bounding-set", lent] if not os.geteuid() else []
    tried = (
        subprocess.run([*without, "true"], capture_output=True) if shutil.which("setpriv") else 0
    )
    if without and (not tried or tried.returncode):
        pytest.skip("root may write anywhere, and setpriv cannot change that here")
    return partial(project.snakemake, check=False, within=without)


@pytest.mark.parametrize(("mode", "there"), [(0o555, True), (0o555, False), (0o000, False)])
def test_a_home_that_cannot_be_written_is_no_trouble(bound, project, tmp_path, mode, there):
    closed = tmp_path / "closed"
    closed.mkdir(mode=mode)
    variables = {"HOME": str(closed if there else closed / "home"), "XDG_CACHE_HOME": ""}
    if there:
        done = bound(DRAWN, *TRAINED, "figures_tuning_curve", **variables)
        assert project.trained()
    else:
        done = bound("--dry-run", **variables)
    shown = done.stdout + done.stderr
    assert done.returncode == 0, shown
    kept = f"{project.folder}/.snakemake/cache"
    assert f"{closed} cannot be written: {kept} is used as cache" in shown


@pytest.mark.parametrize("folder", [".", "results", ".snakemake"])
def test_a_folder_that_cannot_be_written_is_named_before_any_job(bound, project, folder):
    closed = project.folder / folder
    closed.mkdir(exist_ok=True)
    closed.chmod(0o555)
    try:
        refused = bound(DRAWN)
    finally:
        closed.chmod(0o755)
    shown = refused.stdout + refused.stderr
    assert refused.returncode != 0
    assert f"nothing can be written to {closed}: allow it" in shown
    assert "Traceback" not in shown


def test_a_full_folder_of_temporary_files_is_named_before_any_job(project, tmp_path):
    full = tmp_path / "full"
    full.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(full)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no file system of its own can be mounted here")
    try:
        refused = project.snakemake(DRAWN, check=False, TMPDIR=str(full))
    finally:
        subprocess.run(["umount", str(full)], check=True)
    shown = refused.stdout + refused.stderr
    assert refused.returncode != 0
    assert f"no temporary file can be written to {full} (No space left on device)" in shown
    assert "Traceback" not in shown


def test_a_folder_of_temporary_files_that_is_not_there_is_no_trouble(project, tmp_path):
    project.snakemake("results/tuning_curve/closeup.parquet", TMPDIR=str(tmp_path / "nothing"))
