"""The one writer to MLflow. Nothing else writes there, and nothing is read from there."""

import os

#: The variables of MLflow that say how an address is reached. All others are of other work, such
#: as which address, registry, experiment or run: what a configuration says alone counts here.
HOW_TO_REACH = (
    "MLFLOW_HTTP_",
    "MLFLOW_S3_",
    "MLFLOW_TRACKING_AUTH",
    "MLFLOW_TRACKING_AWS_SIGV4",
    "MLFLOW_TRACKING_CLIENT_CERT_PATH",
    "MLFLOW_TRACKING_INSECURE_TLS",
    "MLFLOW_TRACKING_PASSWORD",
    "MLFLOW_TRACKING_SERVER_CERT_PATH",
    "MLFLOW_TRACKING_TOKEN",
    "MLFLOW_TRACKING_USERNAME",
)

# What follows must be so before MLflow is imported, which this room alone does.
for name in [name for name in os.environ if name.lstrip("_").startswith("MLFLOW_")]:
    if not name.startswith(HOW_TO_REACH):
        del os.environ[name]
# MLflow reports its use over the internet unless it is told otherwise.
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
# A server that is down is noticed in seconds; by default MLflow tries for four minutes.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
