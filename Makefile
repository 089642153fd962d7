# Everything a developer does with this project. `make run` and `make test` need Python 3.11 and make alone.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
NODE_INSTALLED := node_modules/.installed
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test lint type contract e2e image image-base image-test bench docs fidelity clean

help: ## list the targets
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(INSTALLED): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

$(NODE_INSTALLED): package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	touch $@

run: $(INSTALLED) ## start the server (options: make run ARGS='--port 9000')
	$(BIN)/mockserver serve $(ARGS)

test: $(INSTALLED) ## run all tests, the contract tests with a fixed seed among them
	$(BIN)/pytest -n auto --ignore tests/e2e --ignore tests/image $(ARGS)

lint: $(INSTALLED) $(NODE_INSTALLED) type ## check code, imports, types and specifications
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/openapi-spec-validator $(filter-out openapi/rules%,$(wildcard openapi/*.yaml))
	npm run --silent lint

e2e: $(INSTALLED) $(NODE_INSTALLED) ## run the documentation's sessions and real clients (needs curl and node)
	$(BIN)/pytest tests/e2e $(ARGS)

image: ## build the container image (with docker, or without an engine with buildah)
	tools/image/build.sh $(ARGS)

image-base: ## make a base image from Debian's packages (needs root, buildah and debootstrap)
	tools/image/base.sh

image-test: $(INSTALLED) ## build the image on such a base, run it and test it (needs root, buildah and debootstrap)
	$(BIN)/pytest tests/image $(ARGS)

type: $(INSTALLED) ## check types
	$(BIN)/mypy

contract: $(INSTALLED) ## run the contract tests longer, with a random seed
	MOCKSERVER_CONTRACT_EXAMPLES=300 MOCKSERVER_CONTRACT_SEED=random $(BIN)/pytest tests/contract $(ARGS)

bench: $(INSTALLED) ## measure speed and scale (needs wrk)
	$(BIN)/python -m benchmarks $(ARGS)

fidelity: $(INSTALLED) ## write docs/fidelity.md from the rule catalogue and the tests
	$(BIN)/python -m tests.fidelity

docs: fidelity ## write the generated pages, and build the site in site/; a broken link is an error
	$(BIN)/python -m tools.docs site

clean: ## remove what the targets above have made
	rm -rf $(VENV) node_modules dist build site .pytest_cache .mypy_cache .ruff_cache .hypothesis
