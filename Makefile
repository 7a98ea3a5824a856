PYTHON := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup run setup-test test lint bench fuzz clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:  ## Install what running needs: system packages, .venv, the C kernel
	@tools/setup/setup.sh run

run: setup  ## Start the demonstration: a phone in the browser and a small exchange
	@$(PYTHON) -m tools.demo

setup-test:  ## Install what the tests need besides
	@tools/setup/setup.sh test

test: setup-test  ## Check style and types, then run every test
	@tools/setup/test.sh

lint: setup-test  ## Check style and types only
	@tools/setup/lint.sh

bench: setup-test  ## Measure, and print each figure beside its goal
	@$(PYTHON) -m tools.bench

fuzz: setup-test  ## Run the mutation tests with a million inputs in all
	@OFFHOOK_MUTATIONS=1000000 $(PYTHON) -m pytest -k mutation --timeout=0

clean:  ## Remove everything that set-up and tests made here (not system packages)
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name '*.so' -delete -o -name __pycache__ -type d -prune -exec rm -rf {} +
