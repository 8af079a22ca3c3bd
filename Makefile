PYTHON ?= python3
EXTRAS ?= dev
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready-$(subst $(comma),-,$(EXTRAS))
comma := ,
INSTALL := -m pip install --quiet --disable-pip-version-check

.PHONY: demo test faults oldest lint types docs bench coverage clean

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "rivta needs Python 3.11 or later; say: make PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing rivta and its tools into $(VENV) …"
	@$(BIN)/python $(INSTALL) --editable '.[$(EXTRAS)]'
	@touch $@

demo: $(READY)  ## run the suites against the embedded reference system and render the declaration
	@$(BIN)/rivta demo

test: $(READY)  ## all tests
	$(BIN)/python -m pytest -n 2

faults: $(READY)  ## every named fault on every case that it can reach; `make test` tries a part of them
	RIVTA_FAULTS=all $(BIN)/python -m pytest -n 2 tests/test_faults.py

oldest: $(READY)  ## the plugin on the oldest pytest that we allow
	@test -x $(VENV)/oldest/bin/python || $(PYTHON) -m venv $(VENV)/oldest
	@$(VENV)/oldest/bin/python $(INSTALL) --editable . 'pytest==8.2.*' 'pytest-xdist==3.6.*' 'hypothesis>=6.100'
	$(VENV)/oldest/bin/python -m pytest tests/test_plugin.py -p no:cacheprovider

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

docs: $(READY)  ## the manual, strictly: a broken link or snippet is an error
	$(BIN)/mkdocs build --strict --quiet --site-dir build/site

bench: $(READY)  ## costs as ratios to a floor that is measured in the same run
	$(BIN)/python -m benchmarks

coverage: $(READY)
	$(BIN)/coverage run -m pytest -n 2
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --skip-covered

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache
