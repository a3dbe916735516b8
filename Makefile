# `make help` lists the targets. A fresh machine needs Python 3.11 or newer with venv, make and git.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
LOCKED := install --disable-pip-version-check --require-hashes --no-deps
PIP    := $(BIN)/python -m pip $(LOCKED)
DATASET ?= build/dataset
# what becomes /app of the image, and what makes it
IMAGE  ?= build/image
TOOLS  := build/image-tools
END_ON  ?= 2026-11-23
# where it is given: make serve END_ON=2026-11-23
ENDING  := $(if $(filter-out file,$(origin END_ON)),--end-on $(END_ON))

# Commands and tests start many processes: without this each may compile all modules again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo serve test test-fast test-unit test-spec test-property test-contract test-oracle test-integration test-models test-browser test-clients \
        test-deep cov fmt lint types arch docs docs-check check analysis train clients bench bench-setup image-packages image-root screenshot \
        hooks lock clean

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

$(VENV)/.analysis: requirements-analysis.lock | $(BIN)/python
	@echo "Installing from requirements-analysis.lock (once, about a minute)"
	$(PIP) -r requirements-analysis.lock
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

test-unit test-spec test-property test-contract test-oracle test-integration test-models test-browser test-clients: test-%: $(VENV)/.dev
	$(BIN)/python -m pytest -q tests/$*

test-deep: $(VENV)/.dev  ## the property, contract and fault tests with many more examples, and 200,000 invoices
	HYPOTHESIS_PROFILE=deep $(BIN)/python -m pytest -n 2 -q tests/property tests/oracle tests/contract/api/test_conformance.py \
	  tests/integration/chaos tests/integration/fault_matrix tests/integration/served_laws tests/integration/sandbox/test_wholesaler.py \
	  tests/integration/test_public_bankruptcies.py

cov: $(VENV)/.dev  ## branch coverage of all tests
	$(BIN)/python -m coverage run -m pytest -q && $(BIN)/python -m coverage report

fmt: $(VENV)/.dev  ## format and mend what ruff can mend
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lint: $(VENV)/.dev  ## ruff: format and rules
	$(BIN)/ruff format --check . && $(BIN)/ruff check .

types: $(VENV)/.dev  ## mypy, strict
	$(BIN)/mypy
	$(BIN)/mypy tests/clients/usage.py

arch: $(VENV)/.dev  ## import contracts, and how many files one request enters
	$(BIN)/lint-imports
	$(BIN)/python benchmarks/files_entered.py --at-most 95

docs: $(VENV)/.dev  ## write the generated documents (features, policy, problems, OpenAPI), and what commands print into the guides
	$(BIN)/python -m features docs
	$(BIN)/python -m scoring docs
	$(BIN)/python -m clients.generate
	$(BIN)/python -m demo.guides --write

docs-check: $(VENV)/.dev  ## fail where a generated document is not current
	$(BIN)/python -m features docs --check
	$(BIN)/python -m scoring docs --check
	$(BIN)/python -m clients.generate --check

clients: $(VENV)/.dev  ## write the generated files of both clients, after the interface changed; needs Node.js 20 or newer with npm
	$(BIN)/python -m scoring docs
	$(BIN)/python -m clients.generate
	cd clients/typescript && npm ci && npm run generate

check: lint types arch docs-check  ## everything but the tests

analysis: $(VENV)/.analysis  ## install what trains, validates and draws, on top of what serves

train: $(VENV)/.analysis  ## simulate a portfolio, train both estimators, compare, validate; prints how to register and promote
	$(BIN)/python -m sandbox simulate --firms 4000 --seed 1 --end-on $(END_ON) --out $(DATASET)
	$(BIN)/python -m models train $(DATASET) --out build/scorecard
	$(BIN)/python -m models train $(DATASET) --out build/boosting --estimator boosting
	$(BIN)/python -m models compare build/scorecard build/boosting $(DATASET)
	$(BIN)/python -m models validate build/scorecard $(DATASET) --policy scoring/decisions/policies/v4.toml --against sme
	$(BIN)/python -m models validate build/boosting $(DATASET) --policy scoring/decisions/policies/v4.toml --against sme

bench: $(VENV)/.bench  ## run all benchmarks, twenty minutes on a quiet machine; writes benchmarks/RESULTS.md
	for name in service stages fetch lists served predict derive throughput; do $(BIN)/python benchmarks/$$name.py || exit 1; done

bench-setup: $(VENV)/.bench  ## install what only the benchmarks need, to run one of them alone

$(TOOLS)/.installed: requirements-image.lock
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip $(LOCKED) -r requirements-image.lock
	@touch $@

# without pip: nothing can be installed into it later
$(IMAGE)/.venv/.packages: requirements.lock $(TOOLS)/.installed
	rm -rf $(IMAGE)/.venv
	$(PYTHON) -m venv --without-pip $(IMAGE)/.venv
	$(TOOLS)/bin/python -m pip --python $(IMAGE)/.venv/bin/python $(LOCKED) -r requirements.lock
	@touch $@

image-packages: $(IMAGE)/.venv/.packages  ## the packages of the image: what serves, and nothing else

image-root: image-packages  ## what the Dockerfile copies, with its SBOM, ready to run from a file system that cannot be written
	cd $(IMAGE) && rm -rf features forecast models scoring && mkdir -p data
	cp -R features forecast models scoring $(IMAGE)
	find $(IMAGE)/features $(IMAGE)/forecast $(IMAGE)/models $(IMAGE)/scoring -name __pycache__ -prune -exec rm -rf {} +
	cd $(IMAGE) && .venv/bin/python -m compileall -q --invalidation-mode unchecked-hash features forecast models scoring
	$(TOOLS)/bin/python -m cyclonedx_py environment --pyproject pyproject.toml --output-reproducible \
	  --output-file $(IMAGE)/sbom.json $(IMAGE)/.venv/bin/python

screenshot: $(VENV)/.dev  ## pictures for the documentation; needs Chromium
	$(BIN)/python -m demo.screenshot

hooks: $(VENV)/.dev  ## install the pre-commit hooks
	$(BIN)/pre-commit install

COMPILE = $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q

lock: $(VENV)/.dev  ## resolve pyproject.toml into the five lock files, without registry addresses
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) pyproject.toml --group analysis -c requirements.lock -o requirements-analysis.lock
	$(COMPILE) pyproject.toml --group dev -c requirements-analysis.lock -o requirements-dev.lock
	$(COMPILE) pyproject.toml --group bench -c requirements-analysis.lock -o requirements-bench.lock
	$(COMPILE) --group image -c requirements-dev.lock -o requirements-image.lock

clean:  ## forget the environment, caches and build outputs (not var/, which holds data)
	rm -rf clients/typescript/node_modules clients/typescript/dist
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov
