"""The whole default run, twice: with other cores, threads, batches and orders of jobs."""

import os
import re
import subprocess
import sys

import pandas as pd
import pytest
from tiny_project import ROOT, copy_project

#: How the whole default run is made twice: arguments, and variables. What MLflow keeps is no part.
UNLOGGED = "tracking={enabled: false}"
WHOLE = {
    "as it is": (["--cores", "2", "--config", UNLOGGED], {"PYTHONHASHSEED": "1"}),
    "in another way": (
        [
            *("--cores", "8", "--scheduler", "ilp"),
            *("--prioritize", "results/tuning_curve/metrics/batch-0000.csv"),
            *(
                "--config",
                UNLOGGED,
                "channel={seeds_per_job: 33}",
                "conditioning={seeds_per_job: 7}",
                "mnist={minibatch_size: 77, threads: 2}",
            ),
        ],
        {"PYTHONHASHSEED": "2", "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"},
    ),
}

#: What names parameters, of which those of `mnist` differ.
NAMING = re.compile(r"mnist/figures/\w+\.rst|(mnist/)?verdict\.md")


@pytest.mark.timeout(3600)
@pytest.mark.skipif(
    "ALL_ENGINE_TESTS" not in os.environ, reason="takes ten minutes: make test-processors"
)
def test_the_whole_default_run_gives_the_same_bytes_in_any_way(tmp_path):
    made, traces = {}, {}
    for name, (arguments, variables) in WHOLE.items():
        project = copy_project(tmp_path / name.replace(" ", "-"))
        if (images := ROOT / "resources/mnist.npz").is_file():
            (project.folder / "resources/mnist.npz").symlink_to(images)
        subprocess.run(
            [sys.executable, "-m", "snakemake", *arguments],
            cwd=project.folder,
            env=project.environment | variables,
            check=True,
            capture_output=True,
        )
        # Batches are of other seeds: what is in all of them together is the same.
        contents = project.contents()
        contents = {file: sha for file, sha in contents.items() if not NAMING.fullmatch(file)}
        made[name] = {file: sha for file, sha in contents.items() if "batch-" not in file}
        for folder in sorted({file.rpartition("/")[0] for file in contents.keys() - made[name]}):
            files = sorted((project.folder / "results" / folder).glob("batch-*"))
            read = pd.read_csv if files[0].suffix == ".csv" else pd.read_parquet
            traces[name, folder] = pd.concat([read(file) for file in files], ignore_index=True)
    one, other = made.values()
    assert {"metrics.csv", "verdict.csv", "errata.csv", "variance.csv"} <= one.keys()
    assert sum(file.endswith(".svg") for file in one) >= 16
    assert other == one
    folders = {folder for _, folder in traces}
    assert len(folders) >= 12
    for folder in folders:
        pd.testing.assert_frame_equal(*(traces[name, folder] for name in WHOLE), check_exact=True)
    if images.is_file():  # on whatever processor the baseline was made
        verdict = pd.read_csv(project.folder / "results/verdict.csv").set_index("name")
        baseline = pd.read_csv(ROOT / "tests/baseline/verdict.csv").set_index("name")
        assert verdict["verdict"].to_dict() == baseline["verdict"].to_dict()
        apart = (verdict["measured"] - baseline["measured"]).abs()
        width = baseline["ci_high"] - baseline["ci_low"]
        assert (apart <= 0.1 * width)[width > 0].all()
