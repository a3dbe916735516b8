# `make help` lists the targets. A fresh machine needs Python 3.11 or newer with venv, make and git.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --disable-pip-version-check --require-hashes --no-deps
DATASET ?= build/dataset
END_ON  ?= 2026-11-23
# where it is given: make serve END_ON=2026-11-23
ENDING  := $(if $(filter-out file,$(origin END_ON)),--end-on $(END_ON))

.DEFAULT_GOAL := help
.PHONY: help demo serve test test-fast test-unit test-spec test-property test-contract test-oracle test-integration test-models test-browser \
        test-deep cov fmt lint types arch docs docs-check check train bench bench-setup image-root screenshot hooks lock clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; $(PYTHON) is older. Name another one: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock | $(BIN)/python
	@echo "Installing from requirements.lock (once, about a minute)"
	$(PIP) -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock | $(BIN)/python
	@echo "Installing from requirements-dev.lock (once, about a minute)"
	$(PIP) -r requirements-dev.lock
	@touch $@

$(VENV)/.bench: requirements-bench.lock | $(BIN)/python
	@echo "Installing from requirements-bench.lock (once, about a minute)"
	$(PIP) -r requirements-bench.lock
	@touch $@

demo: $(VENV)/.runtime  ## start everything, decide on an application for each sandbox firm, print the answers, stop
	@$(BIN)/python -m demo $(ENDING)

serve: $(VENV)/.runtime  ## the same, and stay: the service with the local sevdesk, until Ctrl-C
	@$(BIN)/python -m demo --stay $(ENDING)

test: $(VENV)/.dev  ## all tests
	$(BIN)/python -m pytest -n 2 -q

test-fast: $(VENV)/.dev  ## unit, spec and property tests, to run before each commit
	$(BIN)/python -m pytest -n 2 -q tests/unit tests/spec tests/property

test-unit test-spec test-property test-contract test-oracle test-integration test-models test-browser: test-%: $(VENV)/.dev
	$(BIN)/python -m pytest -q tests/$*

test-deep: $(VENV)/.dev  ## the property, contract and fault tests with many more examples, and 200,000 invoices
	HYPOTHESIS_PROFILE=deep $(BIN)/python -m pytest -n 2 -q tests/property tests/oracle tests/contract/api/test_conformance.py \
	  tests/integration/fault_matrix tests/integration/served_laws tests/integration/sandbox/test_wholesaler.py \
	  tests/integration/test_public_bankruptcies.py

cov: $(VENV)/.dev  ## branch coverage of all tests
	$(BIN)/python -m coverage run -m pytest -q && $(BIN)/python -m coverage report

fmt: $(VENV)/.dev  ## format and mend what ruff can mend
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lint: $(VENV)/.dev  ## ruff: format and rules
	$(BIN)/ruff format --check . && $(BIN)/ruff check .

types: $(VENV)/.dev  ## mypy, strict
	$(BIN)/mypy

arch: $(VENV)/.dev  ## import contracts, and how many files one request enters
	$(BIN)/lint-imports
	$(BIN)/python benchmarks/files_entered.py --at-most 63

docs: $(VENV)/.dev  ## write the generated documents (features, policy, problems, OpenAPI), and what commands print into the guides
	$(BIN)/python -m features docs
	$(BIN)/python -m scoring docs
	$(BIN)/python -m demo.guides --write

docs-check: $(VENV)/.dev  ## fail where a generated document is not current
	$(BIN)/python -m features docs --check
	$(BIN)/python -m scoring docs --check

check: lint types arch docs-check  ## everything but the tests

train: $(VENV)/.runtime  ## simulate a portfolio, train both estimators, compare, validate; prints how to register and promote
	$(BIN)/python -m sandbox simulate --firms 4000 --seed 1 --end-on $(END_ON) --out $(DATASET)
	$(BIN)/python -m models train $(DATASET) --out build/scorecard
	$(BIN)/python -m models train $(DATASET) --out build/boosting --estimator boosting
	$(BIN)/python -m models compare build/scorecard build/boosting $(DATASET)
	$(BIN)/python -m models validate build/scorecard $(DATASET)
	$(BIN)/python -m models validate build/boosting $(DATASET)

bench: $(VENV)/.bench  ## run all benchmarks, twenty minutes on a quiet machine; writes benchmarks/RESULTS.md
	for name in service stages fetch lists served predict derive throughput; do $(BIN)/python benchmarks/$$name.py || exit 1; done

bench-setup: $(VENV)/.bench  ## install what only the benchmarks need, to run one of them alone

image-root: $(VENV)/.runtime  ## what the Dockerfile copies, ready to run from a file system that cannot be written
	@$(BIN)/python -m compileall -q --invalidation-mode unchecked-hash features models scoring
	@mkdir -p build/data

screenshot: $(VENV)/.dev  ## picture of a decision page for the documentation; needs Chromium
	$(BIN)/python -m demo.screenshot

hooks: $(VENV)/.dev  ## install the pre-commit hooks
	$(BIN)/pre-commit install

lock: $(VENV)/.dev  ## resolve pyproject.toml into the three lock files, without registry addresses
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-header -q -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-header -q -c requirements.lock -o requirements-dev.lock
	$(BIN)/uv pip compile pyproject.toml --group bench --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-header -q -c requirements.lock -o requirements-bench.lock

clean:  ## forget the environment, caches and build outputs (not var/, which holds data)
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov
