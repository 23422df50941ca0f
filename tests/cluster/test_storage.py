"""Results in an S3 bucket, of a server on the loopback address."""

import logging

import boto3
import pytest
from moto.server import ThreadedMotoServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

PREFIX = "chapter/13"


@pytest.fixture(scope="module")
def bucket():
    """A bucket that Snakemake is told of by variables, as it is of a real one."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    with pytest.MonkeyPatch.context() as environment:
        environment.setattr(logging.getLogger("werkzeug"), "disabled", True)  # of each request
        environment.setenv("AWS_ACCESS_KEY_ID", "nobody")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
        environment.setenv("SNAKEMAKE_STORAGE_S3_ENDPOINT_URL", url)
        bucket = boto3.resource("s3", endpoint_url=url, region_name="us-east-1").Bucket("results")
        bucket.create()
        yield bucket
    server.stop()


def stored(bucket) -> dict[str, bytes]:
    """What is in the bucket, by the names it has in a local run."""
    names = {item.key.removeprefix(f"{PREFIX}/"): item for item in bucket.objects.all()}
    return {name: item.get()["Body"].read() for name, item in names.items()}


def test_a_run_into_a_bucket_has_the_bits_of_a_local_run(bucket, project, finished):
    to_bucket = ["--default-storage-provider", "s3"]
    to_bucket += ["--default-storage-prefix", f"s3://{bucket.name}/{PREFIX}"]
    project.snakemake(*to_bucket)
    there = stored(bucket)
    patterns = (
        *("metrics.csv", "*/runs/*.parquet", "trainings/*/*.npz"),
        *("*/figures/*.png", "*/figures/*.svg"),
    )
    here = [file for pattern in patterns for file in (finished.folder / "results").glob(pattern)]
    assert len(here) > 20
    for file in here:
        name = str(file.relative_to(finished.folder))
        assert there[name] == file.read_bytes(), name
    assert "results/logs/metrics.log" in there
    # What the library reads stays with it; tracking writes beside Snakemake.
    assert not any(name.startswith(("src/", "resources/")) for name in there)
    assert (project.folder / "results/mlflow.db").is_file()
    assert "Nothing to be done" in project.snakemake(*to_bucket).stderr


def test_kubernetes_profile_plans_the_whole_run(bucket, project):
    plan = project.snakemake(
        *("--workflow-profile", "profiles/kubernetes", "--dry-run", "--container-image", "none"),
        *("--default-storage-prefix", f"s3://{bucket.name}/another"),
    ).stdout
    assert f"s3://{bucket.name}/another/results/channel/runs/batch-0000.parquet" in plan
    assert "tracking" in plan
