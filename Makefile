# Two commands do everything: `make demo` runs the main job, `make test` passes the tests.
PYTHON ?= python3
BIN := .venv/bin
PACKAGES := -e packages/seqgen -e packages/seqmodel -e packages/seqtrain -e 'packages/seqserve[http,posterior]'
MEASURE = mkdir -p build/bench && $(BIN)/python -m pytest -q tests/benchmarks -o python_files='bench_*.py' -o addopts=--import-mode=importlib
METADATA := pyproject.toml $(wildcard packages/*/pyproject.toml)

.PHONY: help demo test check format bench bench-quick docs pictures release-check clean

help:  ## say what can be made
	@grep -hE '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{printf "make %-14s %s\n", $$1, $$2}'

demo: .venv/users  ## train a small model on all three phases, score it, and continue known sequences
	$(BIN)/seqtrain run recipes/demo.toml --out runs/demo
	$(BIN)/seqserve predict --model runs/demo/model.safetensors --file examples/known_sequences.txt --steps 4

test: .venv/developers  ## run all tests (ARGS=... goes to pytest)
	$(BIN)/python -m pytest -n 2 $(ARGS)

check: .venv/developers  ## lint, formatting and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mypy docs/api.py docs/pictures.py

format: .venv/developers  ## put the code in order
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: .venv/bench  ## measure everything beside its peers: tables and a picture in build/bench
	$(MEASURE) --benchmark-json=build/bench/benchmarks.json
	$(BIN)/python tests/benchmarks/render.py build/bench/benchmarks.json build/bench

bench-quick: .venv/bench  ## the same, small, in under three minutes
	$(MEASURE) --quick --benchmark-json=build/bench/benchmarks.json
	$(BIN)/python tests/benchmarks/render.py build/bench/benchmarks.json build/bench

docs: .venv/developers  ## write the API reference to build/api
	$(BIN)/python docs/api.py build/api

pictures: .venv/users  ## draw the pictures of the documents anew (a minute or two, 3.5 GB of memory)
	$(BIN)/python docs/pictures.py

release-check: .venv/release  ## build the distributions into dist/ and try each as a user would (minutes)
	rm -rf dist
	for name in seqgen seqmodel seqtrain seqserve; do $(BIN)/python -m build --outdir dist packages/$$name || exit 1; done
	$(BIN)/python -m twine check --strict dist/*
	$(BIN)/python -m pytest -m "release or not release" tests/integration/test_release.py \
		tests/integration/test_wheels.py tests/integration/test_distributions.py tests/integration/test_typed_api.py

clean:  ## remove the environment, the runs and what was built
	rm -rf .venv runs build dist

.venv/bin/python:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip

# One call for all four: pip then takes each from its folder, not from an index.
.venv/users: .venv/bin/python $(METADATA)
	@echo "installing torch and what else the packages need into .venv; this takes minutes, and says nothing until it is done"
	$(BIN)/python -m pip install --quiet --group torch $(PACKAGES)
	touch $@

.venv/developers: .venv/users
	$(BIN)/python -m pip install --quiet --group dev $(PACKAGES)
	touch $@

.venv/release: .venv/developers
	$(BIN)/python -m pip install --quiet --group release
	touch $@

.venv/bench: .venv/developers
	$(BIN)/python -m pip install --quiet --group bench $(PACKAGES)
	touch $@
