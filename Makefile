# Each target sets up .venv by itself where it is missing or older than the files it is made from.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt

.PHONY: run test check lint types bench docs clean

run: .venv/ready
	$(BIN)/reverie run list --iterations 3 --seed 0 --out runs/list-$$(date +%Y%m%d-%H%M%S)

test: .venv/ready
	$(BIN)/python -m pytest -n 2

check: lint types test

lint: .venv/ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: .venv/ready
	$(BIN)/mypy

bench: .venv/ready
	$(BIN)/reverie bench

docs: .venv/docs-ready
	$(BIN)/mkdocs build --strict

# Runs under runs/ are results, not leavings: they stay.
clean:
	rm -rf .venv build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Reverie needs Python 3.11 or newer, and '$(PYTHON)' is not. Name another: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv. Or name another: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Setting up .venv (once; this installs PyTorch, and takes a while)"
	@$(PYTHON) -m venv .venv
	@$(PIP) -e ".[dev]"
	@touch $@

.venv/docs-ready: .venv/ready
	@$(PIP) -e ".[docs]"
	@touch $@
