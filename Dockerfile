# The pipeline with its environment, as `make` sets it up. Build it in a clone: docker build --tag snnlearn .
# Run in a folder of your own, which takes the results:
#   docker run --rm --user "$(id -u):$(id -g)" --env HOME=/tmp --volume "$PWD:/work" snnlearn --cores 8
FROM python:3.11-slim

RUN apt-get update \
    && apt-get install -y --no-install-recommends make \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --uid 1000 snnlearn \
    && install -d -o snnlearn -g snnlearn /snnlearn /work
USER snnlearn
WORKDIR /snnlearn

# What takes long, and changes with the lock alone, comes first.
COPY --chown=snnlearn Makefile ./
COPY --chown=snnlearn envs envs
RUN make PYTHON=python3 .venv/installed && rm -rf ~/.cache/pip

COPY --chown=snnlearn pyproject.toml README.md LICENSE Snakefile ./
COPY --chown=snnlearn src src
RUN make PYTHON=python3 .venv/ready
COPY --chown=snnlearn workflow workflow
COPY --chown=snnlearn profiles profiles
COPY --chown=snnlearn config config
COPY --chown=snnlearn resources/pretrained resources/pretrained

WORKDIR /work
ENTRYPOINT ["/snnlearn/.venv/bin/snakemake", "--snakefile", "/snnlearn/Snakefile"]
CMD ["--help"]
