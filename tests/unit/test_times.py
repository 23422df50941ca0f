"""When a job ran."""

import os

from snnlearn.jobs.times import span_of


def test_a_job_ended_when_it_wrote_and_lasted_as_its_benchmark_says(tmp_path):
    output, benchmark = tmp_path / "traces.parquet", tmp_path / "benchmark.jsonl"
    output.write_text("traces")
    os.utime(output, (1_700_000_010, 1_700_000_010.5))
    benchmark.write_text('{"s": 4.25, "h:m:s": "0:00:04"}\n')
    assert span_of(output, benchmark) == (1_700_000_006_250, 1_700_000_010_500)


def test_without_a_benchmark_it_is_not_known(tmp_path):
    output = tmp_path / "traces.parquet"
    output.write_text("traces")
    assert span_of(output, tmp_path / "benchmark.jsonl") is None
