# Two commands do everything: `make demo` runs the main job, `make test` passes the tests.
PYTHON ?= python3
BIN := .venv/bin
PACKAGES := $(foreach name,seqgen seqmodel seqtrain seqserve,-e packages/$(name))
METADATA := pyproject.toml $(wildcard packages/*/pyproject.toml)

.PHONY: help demo test check format clean

help:  ## say what can be made
	@grep -hE '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{printf "make %-8s %s\n", $$1, $$2}'

demo: .venv/users  ## train a small model on all three phases, score it, and continue known sequences
	$(BIN)/seqtrain run recipes/demo.toml --out runs/demo
	$(BIN)/seqserve predict --model runs/demo/model.safetensors --file examples/known_sequences.txt --steps 4

test: .venv/developers  ## run all tests (ARGS=... goes to pytest)
	$(BIN)/python -m pytest -n 2 $(ARGS)

check: .venv/developers  ## lint, formatting and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: .venv/developers  ## put the code in order
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:  ## remove the environment and the runs
	rm -rf .venv runs

.venv/bin/python:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip

# One call for all four: pip then takes each from its folder, not from an index.
.venv/users: .venv/bin/python $(METADATA)
	$(BIN)/python -m pip install --quiet --group torch $(PACKAGES)
	touch $@

.venv/developers: .venv/users
	$(BIN)/python -m pip install --quiet --group dev $(PACKAGES)
	touch $@
