"""Make NengoDL run on today's TensorFlow. No other module knows how that is done.

NengoDL 3.6 is written for Keras 2: it imports names that Keras lost with version 2.13.
``tf-keras`` is Keras 2, kept alive as a package of its own, so NengoDL is shown ``tf_keras``
under the name ``keras`` while it is being imported; afterwards ``keras`` means again what it
meant before.
"""

import importlib
import logging
import os
import sys
import warnings
from types import ModuleType
from typing import Any

from snnlearn.engines.native_messages import held_back

#: What NengoDL imports, and where tf-keras keeps it.
KERAS_2 = {
    "keras": "tf_keras",
    "keras.layers": "tf_keras.layers",
    "keras.engine": "tf_keras.src.engine",
    "keras.engine.functional": "tf_keras.src.engine.functional",
}
BATCH_NORMALIZATION = {
    "BatchNormalizationV1": "tf_keras.src.layers.normalization.batch_normalization_v1",
    "BatchNormalizationV2": "tf_keras.src.layers.normalization.batch_normalization",
}
#: What NengoDL says of every Nengo that is newer than itself; the tests here are of both.
UNTESTED = "This version of NengoDL has not been tested with your Nengo version"

#: What it says of every machine without a GPU, which nothing here needs.
NO_GPU = "No GPU support detected"

#: Variables with which other work changes the numbers that TensorFlow and oneDNN compute.
OF_OTHER_WORK = (
    *("TF_XLA_FLAGS", "XLA_FLAGS", "TF_DETERMINISTIC_OPS"),
    *("TF_SET_ONEDNN_FPMATH_MODE", "ONEDNN_DEFAULT_FPMATH_MODE", "DNNL_DEFAULT_FPMATH_MODE"),
)


def tensorflow(threads: int | None = None, *, split_operations: bool = True) -> Any:
    """Import TensorFlow, made deterministic, with the Keras that NengoDL needs.

    Parameters
    ----------
    threads : int, optional
        How many threads TensorFlow uses; without it, its setting is left alone.
    split_operations : bool
        Whether one operation may be split between threads. Then sums are too, and the last bits
        of a result depend on their number: it is set to a fixed one, never to what the machine
        has. Otherwise, threads run whole operations.

    Returns
    -------
    module
        TensorFlow.

    Raises
    ------
    RuntimeError
        If TensorFlow is already running with Keras 3, or with another number of threads.
    """
    _choose_keras_2()
    _choose_kernels()
    if "tensorflow" not in sys.modules:
        with held_back():
            importlib.import_module("tensorflow").config.list_physical_devices()
    tf = sys.modules["tensorflow"]
    tf.get_logger().setLevel("ERROR")
    # A user's keras.json may say otherwise.
    tf.keras.backend.set_floatx("float32")
    tf.keras.backend.set_epsilon(1e-7)
    tf.keras.backend.set_image_data_format("channels_last")
    if threads is not None:
        within_operation = threads if split_operations else 1
        tf.config.threading.set_intra_op_parallelism_threads(within_operation)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.config.experimental.enable_op_determinism()
    return tf


def load(threads: int | None = None, *, split_operations: bool = True) -> tuple[Any, Any]:
    """Import NengoDL too.

    Parameters
    ----------
    threads : int, optional
        As in :func:`tensorflow`.
    split_operations : bool
        As in :func:`tensorflow`.

    Returns
    -------
    nengo_dl, tf
        The two modules.

    Raises
    ------
    RuntimeError
        As :func:`tensorflow` does.
    """
    tf = tensorflow(threads, split_operations=split_operations)
    if "nengo_dl" not in sys.modules:
        # It reports the size of every plan it makes.
        logging.getLogger("nengo_dl").setLevel(logging.WARNING)
        warnings.filterwarnings("ignore", NO_GPU, UserWarning)
        with held_back(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", UNTESTED, UserWarning)
            _import_showing_keras_2("nengo_dl")
    return sys.modules["nengo_dl"], tf


def _choose_keras_2() -> None:
    """Make ``tf.keras`` mean Keras 2; this must be known before TensorFlow is imported."""
    if "tensorflow" in sys.modules and os.environ.get("TF_USE_LEGACY_KERAS") != "1":
        raise RuntimeError(
            "TensorFlow was imported before snnlearn.engines.nengodl and uses Keras 3; NengoDL "
            "needs Keras 2. Call snnlearn.engines.nengodl.load() first, or set "
            "TF_USE_LEGACY_KERAS=1."
        )
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def _choose_kernels() -> None:
    """Let the processor alone decide how TensorFlow computes; this must be set before, too."""
    # TensorFlow chooses oneDNN's kernels by itself on new processors only; they are faster on all.
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
    for name in OF_OTHER_WORK:
        os.environ.pop(name, None)


def _import_showing_keras_2(name: str) -> ModuleType:
    stand_ins = {shown: importlib.import_module(real) for shown, real in KERAS_2.items()}
    for attribute, module in BATCH_NORMALIZATION.items():
        setattr(
            stand_ins["keras.layers"],
            attribute,
            importlib.import_module(module).BatchNormalization,
        )
    hidden = {
        shown: sys.modules.pop(shown)
        for shown in list(sys.modules)
        if shown == "keras" or shown.startswith("keras.")
    }
    sys.modules.update(stand_ins)
    try:
        return importlib.import_module(name)
    finally:
        for shown in stand_ins:
            del sys.modules[shown]
        sys.modules.update(hidden)
