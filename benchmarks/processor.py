"""What processor this is."""

import platform
from pathlib import Path

from llvmlite import binding

#: Vector instructions, widest first, by LLVM's names.
VECTORS = ("avx512f", "avx2", "avx", "sse4.2", "sve2", "sve", "neon")


def processor() -> dict[str, str]:
    """Model of this processor, its kind as LLVM names it, and its widest vector instructions."""
    features = binding.get_host_cpu_features()
    return {
        "model": _model(),
        "kind": binding.get_host_cpu_name(),
        "instructions": next((name for name in VECTORS if features.get(name)), "unknown"),
    }


def _model() -> str:
    """The model as Linux tells it, elsewhere as Python does."""
    told = Path("/proc/cpuinfo")
    for line in told.read_text().splitlines() if told.is_file() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()
