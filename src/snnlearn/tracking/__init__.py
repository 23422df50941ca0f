"""The one writer to MLflow. Nothing else writes there, and nothing is read from there."""

import os

# What follows must be set before MLflow is imported, which this room alone does.
# MLflow reports its use over the internet unless it is told otherwise.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
# A server that is down is noticed in seconds; by default MLflow tries for four minutes.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
