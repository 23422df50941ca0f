"""The engines' tests under the instruction sets of other processors, on this one.

Sums are added in another order with wider registers, and rounded once less with fused products.
A tolerance that holds on one processor only is found here. Each set is a process of its own:
NumPy, oneDNN, XLA and Numba read their switches once. OpenBLAS keeps its own choice of kernels.
"""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from numpy._core import _multiarray_umath as numpy_core

ROOT = Path(__file__).parents[2]

#: For each set: what oneDNN, XLA and LLVM call it, and the features of NumPy that it has.
V2 = {"X86_V2", "SSE", "SSE2", "SSE3", "SSSE3", "SSE41", "POPCNT", "SSE42"}
V3 = V2 | {"X86_V3", "AVX", "F16C", "FMA3", "AVX2"}
SETS = {
    "SSE4": ("SSE41", "SSE4_2", "x86-64-v2", V2),
    # NumPy has nothing between these two.
    "AVX": ("AVX", "AVX", "sandybridge", V2),
    "AVX2": ("AVX2", "AVX2", "x86-64-v3", V3),
    "native": (None, None, None, None),
}

ENGINES = [
    f"tests/unit/test_{name}.py"
    for name in (
        "bits",
        "lanes",
        "lif",
        "feedforward",
        "feedforward_training",
        "simulator",
        "loop",
        "training",
        "channel",
        "conditioning",
        "tuning_curve",
        "mnist",
        "pes",
    )
]

#: Each engine once against its reference, in a time that `make test` can bear.
REPRESENTATIVE = [
    "tests/unit/test_feedforward.py::test_every_layer_of_the_chapter_spikes_as_in_nengodl",
    "tests/unit/test_feedforward.py::test_readouts_of_the_chapter_are_those_of_nengodl",
    "tests/unit/test_feedforward_training.py::test_gradients_are_those_of_nengodl_for_any_minibatch",
    "tests/unit/test_simulator.py::test_other_networks_equal_nengos_too",
    "tests/unit/test_tuning_curve.py",
]

REPORT = """
from numpy._core import _multiarray_umath as core
print("dispatched:", *(f for f in core.__cpu_dispatch__ if core.__cpu_features__[f]))
"""


def dispatched() -> list[str]:
    """What NumPy would choose kernels by on this processor, beyond its baseline."""
    return [name for name in numpy_core.__cpu_dispatch__ if numpy_core.__cpu_features__[name]]


def environment(name: str) -> dict[str, str]:
    of_onednn, of_xla, of_llvm, features = SETS[name]
    switched = dict(os.environ)
    if of_onednn is None:
        return switched
    switched |= {"NUMBA_CPU_NAME": of_llvm, "NUMBA_CPU_FEATURES": ""}
    switched["ONEDNN_MAX_CPU_ISA"] = of_onednn
    switched["XLA_FLAGS"] = f"{switched.get('XLA_FLAGS', '')} --xla_cpu_max_isa={of_xla}".strip()
    disabled = [feature for feature in dispatched() if feature not in features]
    if disabled:
        switched["NPY_DISABLE_CPU_FEATURES"] = " ".join(disabled)
    return switched


def run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment(name),
        capture_output=True,
        text=True,
    )


@pytest.fixture(params=SETS)
def instruction_set(request):
    """The name of a set that this processor has and that the libraries have taken up."""
    name, features = request.param, numpy_core.__cpu_features__
    if platform.machine().lower() not in ("x86_64", "amd64"):
        pytest.skip(f"the sets are those of x86-64, and this is {platform.machine()}")
    for switch in ("ONEDNN_MAX_CPU_ISA", "NUMBA_CPU_NAME", "NPY_DISABLE_CPU_FEATURES"):
        if switch in os.environ:
            pytest.skip(f"{switch} is set already")
    if name.startswith("AVX") and not features[name]:
        pytest.skip(f"this processor has no {name}")
    if name == "native" and not features["AVX512F"]:
        pytest.skip("this processor has no AVX-512: its own set is the one called AVX2 here")
    *_, allowed = SETS[name]
    expected = [f for f in dispatched() if allowed is None or f in allowed]
    reported = run(name, "-c", REPORT)
    assert reported.stdout.split() == ["dispatched:", *expected], reported.stderr
    return name


def assert_passes(name: str, tests: list[str]) -> None:
    ended = run(name, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)
    assert ended.returncode == 0, ended.stdout[-5000:] + ended.stderr[-2000:]


def test_a_part_of_the_engines_tests_passes(instruction_set):
    assert_passes(instruction_set, REPRESENTATIVE)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.skipif("ALL_ENGINE_TESTS" not in os.environ, reason="run by `make test-processors`")
def test_all_of_the_engines_tests_pass(instruction_set):
    assert_passes(instruction_set, ENGINES)
