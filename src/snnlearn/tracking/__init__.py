"""The one writer to MLflow. Nothing else writes there, and nothing is read from there."""

import os

#: How the variables of MLflow begin that say where, or for what, other work is logged, and what
#: servers are started with. What a configuration says alone counts here.
OTHER_WORK = (
    "MLFLOW_ACTIVE_MODEL_ID",
    "MLFLOW_ARTIFACTS_",
    "MLFLOW_BACKEND_STORE_URI",
    "MLFLOW_DEFAULT_ARTIFACT_ROOT",
    "MLFLOW_ENABLE_ASYNC_LOGGING",  # what fails would not be noticed
    "MLFLOW_ENABLE_WORKSPACES",
    "MLFLOW_EXPERIMENT_",
    "MLFLOW_EXPOSE_PROMETHEUS",
    "MLFLOW_GUNICORN_OPTS",
    "MLFLOW_HOST",
    "MLFLOW_PORT",
    "MLFLOW_READ_REPLICA_",
    "MLFLOW_REGISTRY_",
    "MLFLOW_RUN_",
    "MLFLOW_SERVER_",
    "MLFLOW_SERVE_ARTIFACTS",
    "MLFLOW_STATIC_PREFIX",
    "MLFLOW_TRACE_ARCHIVAL_CONFIG",
    "MLFLOW_TRACING_DESTINATION",
    "MLFLOW_TRACKING_DIR",
    "MLFLOW_TRACKING_URI",
    "MLFLOW_UVICORN_OPTS",
    "MLFLOW_WORKERS",
    "MLFLOW_WORKSPACE",
)

# What follows must be so before MLflow is imported, which this room alone does.
for name in [name for name in os.environ if name.lstrip("_").startswith(OTHER_WORK)]:
    del os.environ[name]
# MLflow reports its use over the internet unless it is told otherwise.
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
# Where a server leads on to is not what the configuration says, and may be http.
os.environ["MLFLOW_ALLOW_HTTP_REDIRECTS"] = "false"
# A server that is down is noticed in seconds; by default MLflow tries for four minutes.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
