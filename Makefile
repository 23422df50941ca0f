# The two commands that matter: `make reproduce CORES=8` and `make test`.
# All targets install what they need into .venv first, from the lock.

CORES ?= 2
CONFIG ?=
PYTHON ?=
PORT ?=
QUICK ?=
YES ?=

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
READY := $(VENV)/ready
PEERS := .venv-peers
PIP = $(BIN)/python -I envs/install.py --no-deps --no-build-isolation
SNAKEMAKE = $(BIN)/snakemake --cores $(CORES) $(if $(CONFIG),--configfile "$(CONFIG)")

# What a shell or a module system sets for other work: packages of another Python, a profile of another Snakemake.
unexport PYTHONHOME PYTHONPATH PYTHONSTARTUP PYTHONOPTIMIZE PYTHONWARNINGS PYTHONUSERBASE SNAKEMAKE_PROFILE
ifdef SNAKEMAKE_PROFILE
$(info SNAKEMAKE_PROFILE is left aside: what make starts runs here. To use it, start $(BIN)/snakemake yourself.)
endif

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := reproduce
.PHONY: reproduce smoke beyond plan prune test faults test-processors test-servers coverage lint format verdict report crate bench ui docs diagram explore lock config review clean help

reproduce: $(READY) ## make all figures, metrics, verdict and MLflow runs (CORES=2, CONFIG=config/full.yaml)
	$(SNAKEMAKE)

smoke: $(READY) ## try the whole pipeline in four minutes, in results of its own
	mkdir -p .smoke
	ln -sfn ../config ../resources .smoke
	$(BIN)/snakemake --cores $(CORES) --directory .smoke --configfile config/smoke.yaml

beyond: $(READY) ## the chapter, and the questions beyond the page (docs/beyond/README.md)
	$(BIN)/snakemake --cores $(CORES) --configfile config/beyond.yaml

plan: $(READY) ## say what a run would take: jobs, core hours and gigabytes, by study
	SNNLEARN_PLAN=1 $(SNAKEMAKE) --dry-run

prune: $(READY) ## show results that the configuration no longer names (YES=1: remove them)
	$(SNAKEMAKE) --summary | $(BIN)/python -m snnlearn.pruning $(if $(YES),--yes)

# Runs of the whole pipeline, in two processes, each of which takes whole files in this order.
IN_TWO := --numprocesses 2 --dist loadfile --no-loadscope-reorder
LONGEST := $(addprefix tests/faults/test_,killed_runs.py any_history.py killed_jobs.py)

UNIT := tests/unit --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

test: $(READY) ## run the tests, fast ones first
	$(BIN)/python -m pytest $(UNIT)
	$(BIN)/python -m pytest tests/processors
	$(BIN)/python -m pytest $(IN_TWO) tests/workflow tests/faults

coverage: $(READY) ## say which lines of src the unit tests do not run; fail below what pyproject.toml asks for
	$(BIN)/python -m pytest $(UNIT) --cov

test-processors: $(READY) ## run the engines' tests as SSE4, AVX, AVX2 and AVX-512 machines do, and the default run in two ways
	ALL_ENGINE_TESTS=1 $(BIN)/python -m pytest tests/processors -k "all_of_the_engines or whole"

# All of what `make test` tries by sample, and what else is tried with files and configurations.
faults: $(READY) ## break it on purpose in every known way, and count what is survived (half an hour)
	ALL_FAULTS=1 $(BIN)/python -m pytest $(IN_TWO) $(LONGEST) \
	    $(filter-out $(LONGEST),$(wildcard tests/faults/test_*.py)) \
	    $(addprefix tests/unit/test_,hostile_files.py config_fuzzed.py database.py writers.py \
	    checksums.py downloading.py bounds.py results.py datasets.py npz.py parameter_files.py \
	    tracking_files.py stopping.py)

test-servers: $(READY) ## run those with a real Slurm, PostgreSQL, MLflow server and S3 server
	$(BIN)/python -m pytest tests/servers tests/cluster

lint: $(READY) ## check formatting, style, types and the workflow
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/mypy
	for config in config/*.yaml; do $(BIN)/snakemake --lint --configfile $$config || exit 1; done

format: $(READY) ## format all code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/snakefmt Snakefile workflow

verdict: $(READY) ## show the verdict; fail if a claim is lost that tests/baseline/verdict.csv has
	$(BIN)/python -m snnlearn.verdict

report: $(READY) ## put all results into one page, results/report.html (CONFIG= as they were made with)
	@plan=$$($(SNAKEMAKE) --dry-run 2>&1) || { echo "$$plan" >&2; exit 1; }; \
	if [[ $$plan != *"Nothing to be done"* ]]; then \
	    echo "There is nothing to report on yet, or it is out of date:" \
	        "run \`make reproduce$(if $(CONFIG), CONFIG='$(CONFIG)')\` first. (Of a run with --config:" \
	        "$(BIN)/snakemake --report results/report.html with the same.)" >&2; \
	    exit 1; \
	fi
	$(SNAKEMAKE) -- results/explore.html
	$(SNAKEMAKE) --report results/.report.html -- all results/explore.html
	mv results/.report.html results/report.html

crate: $(READY) ## pack results and what made them, to upload: results/ro-crate.zip (CONFIG= as they were made with)
	$(BIN)/python -m snnlearn.crate $(if $(CONFIG),--configfile "$(CONFIG)")

bench: $(READY) ## time this pipeline against the chapter's own way and peers (QUICK=1: less exact)
	@$(MAKE) --no-print-directory $(PEERS)/installed || \
	    echo "There is no environment for the peers: going on without them." >&2
	$(BIN)/python -m benchmarks $(if $(QUICK),--quick)

ui: $(READY) ## serve MLflow's pages on the logged runs, and say where (PORT=5000, DATABASE=)
	$(BIN)/python -m snnlearn.ui $(if $(CONFIG),--configfile "$(CONFIG)") $(if $(DATABASE),--database "$(DATABASE)") $(if $(PORT),--port $(PORT))

config: $(READY) ## write the configuration's reference and schema from its model
	$(BIN)/python -m snnlearn.config

docs: $(READY) ## make pages of the documentation, docs/_build/html/index.html, which need no network
	$(BIN)/sphinx-build --conf-dir docs --fail-on-warning --keep-going --quiet . docs/_build/html

diagram: $(READY) ## draw docs/figures/architecture.svg and rules.svg from imports and rules
	PYTHONPATH=tests $(BIN)/python tests/diagram.py

explore: $(READY) ## compute the explorable figures anew, docs/explore/*.html (with MNIST in resources/)
	$(BIN)/python -m snnlearn.explore

review: $(READY) ## write docs/claims.md, docs/gallery.md and codecheck.yml from claims and captions
	$(BIN)/python -m snnlearn.crate.review

lock: $(READY) ## choose the newest versions that fit envs/requirements*.in; needs uv
	uv pip compile envs/requirements.in envs/requirements-dev.in --upgrade --universal \
	    --fork-strategy fewest --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	    --no-annotate --no-header --quiet --output-file envs/requirements.lock
	$(BIN)/python envs/conda.py envs/requirements.lock > envs/snnlearn.yaml

clean: ## remove all results; downloads and the environment stay
	find results -mindepth 1 -not -name .gitkeep -delete
	rm -rf .smoke

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): $(INSTALLED) pyproject.toml
	$(PIP) --editable .
	@touch $@

$(PEERS)/installed: benchmarks/peers.txt $(INSTALLED)
	@echo "Setting up $(PEERS): 1.4 GB installed, more where PyTorch comes with CUDA"
	$(BIN)/python -m venv --clear $(PEERS)
	$(PEERS)/bin/python -I envs/install.py --quiet --requirement $<
	@touch $@

# The first Python on the path that the lock is made for.
$(INSTALLED): envs/requirements.lock
	@python=$$(for candidate in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
	    if "$$candidate" -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	        2>/dev/null; then echo "$$candidate"; break; fi; done); \
	if [ -z "$$python" ]; then \
	    echo "No Python 3.11, 3.12 or 3.13 found. Install one, or name it: make PYTHON=/path/to/python" >&2; \
	    exit 1; \
	fi; \
	"$$python" -I envs/check.py || exit 1; \
	echo "Setting up $(VENV) with $$($$python --version): about 800 MB to download, 3.4 GB installed"; \
	"$$python" -m venv --clear $(VENV)
	@# NengoDL comes as source, and asks to be built with a setuptools that Python 3.12 cannot run.
	awk '/^setuptools==/ { found = 1 } found { print; if (!/\\$$/) exit }' envs/requirements.lock \
	    > $(VENV)/setuptools.lock
	$(PIP) --require-hashes --requirement $(VENV)/setuptools.lock
	$(PIP) --require-hashes --requirement envs/requirements.lock
	@touch $@
