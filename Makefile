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
.PHONY: help chat test lint types format bench load audit eval clean

help: ## list every chore
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

chat: $(VENV)/.installed ## serve the chat at http://127.0.0.1:7860 (ingests seeds/ if there is no index)
	@$(BIN)/ragbot serve

test: $(VENV)/.installed-test ## run the whole test suite
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

lint: $(VENV)/.installed-test ## check style and docstrings
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.installed-test ## check types, strictly
	@$(BIN)/mypy

format: $(VENV)/.installed-test ## format the code
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

bench: $(VENV)-bench/.installed ## race ingest and search against LangChain's textbook and txtai (BENCH=full: 100,000 chunks)
	@$(VENV)-bench/bin/python -m eval.bench.speed

load: $(VENV)/.installed-load ## ask from many users at once (LOAD=full: 50 users, five minutes)
	@$(BIN)/python -m eval.bench.load

audit: $(VENV)/.installed ## look the pinned versions up in PyPI's advisories (needs the internet)
	@$(BIN)/python -m venv $(VENV)/audit
	@$(VENV)/audit/bin/pip install --quiet pip-audit==2.10.1
	@$(VENV)/audit/bin/pip-audit --strict --no-deps -r constraints.txt

eval: $(VENV)/.installed-test ## score the shipped questions beside the textbook baseline
	@$(BIN)/ragbot eval eval/cases/primary_care.jsonl --out runs/latest --baseline textbook

clean: ## remove the environment, the index and caches
	rm -rf $(VENV) $(VENV)-bench index runs .pytest_cache .ruff_cache .mypy_cache .hypothesis

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

# The peers of the benchmark lie on top of the test environment and not in it.
$(VENV)-bench/.installed: $(VENV)/.installed-test
	@$(PYTHON) -m venv $(VENV)-bench
	@$(BIN)/python -c 'import site; print(f"import site; site.addsitedir({site.getsitepackages()[0]!r})")' > $$($(VENV)-bench/bin/python -c 'import site; print(site.getsitepackages()[0])')/below.pth
	@$(VENV)-bench/bin/python -m pip --disable-pip-version-check install --quiet -c constraints.txt -e '.[bench]'
	@touch $@

$(VENV)/.installed-load: $(VENV)/.installed
	@$(PIP) install --quiet -c constraints.txt -e '.[load]'
	@touch $@
