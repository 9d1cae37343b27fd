# ragbot: every chore. `make help` lists them.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# Where pip finds no CPU build of torch by itself (plain PyPI on Linux has only the CUDA one):
#   make chat TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=
TORCH := torch==2.13.0

.DEFAULT_GOAL := help
.PHONY: help chat test lint types format bench eval clean

help: ## list every chore
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

chat: $(VENV)/.installed ## serve the chat at http://127.0.0.1:7860 (ingests seeds/ if there is no index)
	@$(BIN)/ragbot serve

test: $(VENV)/.installed-test ## run the whole test suite
	@$(BIN)/python -m pytest

lint: $(VENV)/.installed-test ## check style and docstrings
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.installed-test ## check types, strictly
	@$(BIN)/mypy

format: $(VENV)/.installed-test ## format the code
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

bench: $(VENV)/.installed-test ## race ingest, search and answers against named baselines
	@$(BIN)/python -m eval.bench.speed

eval: $(VENV)/.installed-test ## score the shipped questions beside the textbook baseline
	@$(BIN)/ragbot eval eval/cases/primary_care.jsonl --out runs/latest --baseline textbook

clean: ## remove the environment, the index and caches
	rm -rf $(VENV) index runs .pytest_cache .ruff_cache .mypy_cache .hypothesis

$(VENV)/.torch:
	@echo "Setting up $(VENV): about two minutes, once."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "ragbot needs Python 3.11 or newer")'
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --quiet $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) $(TORCH)
	@touch $@

$(VENV)/.installed: $(VENV)/.torch pyproject.toml constraints.txt
	@$(PIP) install --quiet -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	@$(PIP) install --quiet -c constraints.txt -e '.[test]'
	@touch $@
