# `make run` and `make test` set up everything they need in .venv, once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
PIP_INSTALL := $(BIN)/python -m pip install --quiet --constraint constraints.txt

.PHONY: run test lint types contracts pytest bench screenshots format clean

run: $(VENV)/.ready-run
	@$(BIN)/taskstart --demo

test: lint contracts types pytest

lint: $(VENV)/.ready-test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

contracts: $(VENV)/.ready-test
	@$(BIN)/lint-imports --cache-dir $(VENV)/.import_linter_cache

types: $(VENV)/.ready-test
	@$(BIN)/mypy

pytest: $(VENV)/.ready-test
	@# Every worker would otherwise translate all tests anew, where Python may not write.
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n auto --dist worksteal

bench: $(VENV)/.ready-run
	@$(BIN)/taskstart bench

screenshots: $(VENV)/.ready-run
	@$(BIN)/python -m tui.screenshots screenshots

format: $(VENV)/.ready-test
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

clean:
	rm -rf $(VENV)

$(VENV)/.ready-run: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "setting up the console in $(VENV) (once, about a minute) ..."
	@$(PIP_INSTALL) --editable .
	@# As pip does for what it copies: a start must not compile, even where Python may not write.
	@$(BIN)/python -m compileall -q engine tui scenarios
	@touch $@

$(VENV)/.ready-test: $(VENV)/.ready-run
	@echo "adding the test tools to $(VENV) (once) ..."
	@$(PIP_INSTALL) --editable '.[dev]'
	@touch $@

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "python3 is missing: install Python 3.11 or newer, or say make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than 3.11: say make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments: install its venv module (Debian and Ubuntu: apt install python3-venv)"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
