# Everything a developer or an operator runs. `make help` lists it. The environment is our own, in .venv.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
PIP    := $(BIN)/python -m pip --disable-pip-version-check --no-input
CLOSES ?= 300
# Most tests wait for a real server or a real clock: more of them at once than there are processors.
JOBS   ?= 4
ARGS   ?=

# Compiled modules are kept: the tests and the demo start many processes.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-6s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  make demo ARGS=--keep    leaves everything running; ARGS=--json prints one JSON object"
	@echo "  make demo PYTHON=...     another interpreter (3.11 or newer)"

demo: $(STAMP) ## start everything here, close positions on the simulated exchange, show ten proofs
	@$(BIN)/harvest demo $(ARGS)

test: lint ## lint, then all tests
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup $(ARGS)

lint: $(STAMP) ## style, types and who may import whom
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/mypy worker.py bench/*.py
	@$(BIN)/lint-imports

bench: $(STAMP) ## milliseconds and CPU of a close, beside a plain loop that makes the same calls
	@$(BIN)/python -m bench.closes --closes $(CLOSES) $(ARGS)

lock: ## write requirements.txt anew from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv; fix: pip install uv" >&2; exit 4; }
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --all-extras --no-header \
	    pyproject.toml -o requirements.txt

clean: ## remove the environment, caches and leftovers
	rm -rf $(VENV) dist var .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Done once, and again when what is to be installed changes.
$(STAMP): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    echo "Harvest needs Python 3.11 or newer; '$(PYTHON)' is: $$($(PYTHON) --version 2>&1 || true)" >&2; \
	    echo "fix: install a newer Python and name it, as in: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 4; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	    echo "'$(PYTHON)' cannot make virtual environments" >&2; \
	    echo "fix: install its venv package (Debian: apt-get install python3-venv)" >&2; exit 4; }
	@echo "preparing $(VENV) (once) ..." >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --quiet --require-hashes -r requirements.txt
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@
