PYTHON ?= python3
EXTRAS ?= dev
TESTS ?=
ROOM ?=
SEED ?= 1
COUNT ?= 240
RUNS ?= 100
MINUTES ?= 30
FAULTS ?=
WRITE ?=
comma := ,
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready-$(subst $(comma),-,$(EXTRAS))
LOCK := requirements.lock
INSTALL := -m pip install --quiet --disable-pip-version-check
BESIDE := pytest-html==4.2.0 pytest-metadata==3.1.1 pytest-randomly==5.1.0 pytest-rerunfailures==16.7 pytest-timeout==2.4.0
REST := anyio graphql-core harfile hypothesis-graphql jsonschema_rs markdown-it-py mdurl pyrate-limiter rich schemathesis Werkzeug
NEWEST := $(VENV)/newest
OLDEST := $(VENV)/oldest

# Where the machine forbids it, each of the hundreds of processes that tests start would compile the whole program again.
export PYTHONDONTWRITEBYTECODE :=

# A file's tests stay together: what they share, such as a browser or what each case comes to on a sound system, is made once.
# One more than two cores have work for: a quarter of the time a worker waits, for a process, a socket or a timer.
EACH_FILE := -m pytest -ra -n 3 --dist loadfile --no-loadscope-reorder

FAULTS_IN ?= $(addprefix tests/test_,faults.py samples.py tiny_domain.py reference_call_faults.py shipped_domains.py)

.PHONY: demo test thorough faults mutants alarms attack soak newest lock oldest lint types docs bench sizes way coverage clean domains originals

$(READY): pyproject.toml $(LOCK)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "rivta needs Python 3.11 or later; say: make PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing rivta and its tools into $(VENV) …"
	@$(BIN)/python $(INSTALL) --constraint $(LOCK) hatchling # builds us: by itself pip would fetch the newest for that
	@$(BIN)/python $(INSTALL) --constraint $(LOCK) --no-build-isolation --editable '.[$(EXTRAS)]'
	@$(BIN)/python $(INSTALL) --no-deps --upgrade --target $(VENV)/beside $(BESIDE) # for tests/test_beside.py alone
	@$(BIN)/python $(INSTALL) --constraint $(LOCK) --no-deps --upgrade --target $(VENV)/rest $(REST) # for tests/test_exploring.py alone: every start of pytest would load it
	@touch $@

demo: $(READY)  ## run the suites against the embedded reference system and render the declaration
	@$(BIN)/rivta demo

test: $(READY)  ## all tests; with TESTS=tests/test_x.py those
	$(BIN)/python $(EACH_FILE) $(TESTS)

thorough: $(READY)  ## the same, and of what `make test` tries a part of (mutants, flips, drawn examples, faults by cases) all
	RIVTA_TRY=all $(BIN)/python $(EACH_FILE) $(TESTS)

faults: $(READY)  ## every named fault on every case that it touches; `make test` tries each on a few of them
	RIVTA_FAULTS=all RIVTA_TRY=all $(BIN)/python -m pytest -n 2 --dist worksteal $(FAULTS_IN)

mutants: $(READY)  ## random mutants of the reference system, and which of them the suites catch (SEED=1 COUNT=240)
	PYTHONPATH=tests $(BIN)/python -m benchmarks.mutants --seed $(SEED) --count $(COUNT) $(if $(WRITE),--write $(WRITE))

alarms: $(READY)  ## the sound systems, 100 times under load: whatever is red is a false alarm (RUNS=100)
	PYTHONPATH=tests $(BIN)/python -m benchmarks.alarms --runs $(RUNS)

attack: $(READY)  ## kills, flips, tampering, hostile files, malformed HTTP, TLS, full disks: what is lost (SEED=1 WRITE=docs/trust.md)
	PYTHONPATH=tests $(BIN)/python -m benchmarks.attack --seed $(SEED) $(if $(WRITE),--write $(WRITE))

soak: $(READY)  ## counterpart, page and producer cases in one process, which must not grow (MINUTES=30)
	PYTHONPATH=tests $(BIN)/python -m benchmarks.soak --minutes $(MINUTES)

domains: $(READY)  ## every shipped domain on its own simulator, both roles; with FAULTS=all their faults and begun packages too: docs/domains.md
	PYTHONPATH=tests $(BIN)/python -m benchmarks.domains $(if $(FAULTS),--faults --begun) --write docs/domains.md
	PYTHONPATH=tests $(BIN)/python -m benchmarks.statements --write docs/statements.md

originals: $(READY)  ## what the published GetDiagnosis suite finds beside ours (PROJECT=GetDiagnosis-soapui-project.xml): docs/from-soapui.md
	PYTHONPATH=tests $(BIN)/python -m benchmarks.originals $(PROJECT) --write docs/from-soapui.md

newest:  ## the tests on the newest versions of everything, in an environment of its own
	@test -x $(NEWEST)/bin/python || $(PYTHON) -m venv $(NEWEST)
	@$(NEWEST)/bin/python $(INSTALL) --upgrade --upgrade-strategy eager --editable '.[dev]'
	$(NEWEST)/bin/python -m pytest -ra -n 2 --dist worksteal $(TESTS)

lock:  ## write down today's newest versions; say it with the oldest Python that we allow
	@rm -rf $(VENV)/lock && $(PYTHON) -m venv $(VENV)/lock
	@$(VENV)/lock/bin/python $(INSTALL) --editable '.[dev,oracle,pdf,sign,load,rest,saml]'
	@$(VENV)/lock/bin/python -m pip freeze --exclude-editable > $(LOCK)
	@rm -rf $(VENV)/lock

oldest: $(READY)  ## the plugin on the oldest pytest that we allow, and all else from the lock
	@test -x $(OLDEST)/bin/python || $(PYTHON) -m venv $(OLDEST)
	@grep -vE '^(pytest|pytest-xdist)==' $(LOCK) > $(OLDEST)/$(LOCK)
	@$(OLDEST)/bin/python $(INSTALL) --constraint $(OLDEST)/$(LOCK) --editable . 'pytest==8.2.*' 'pytest-xdist==3.6.*' hypothesis
	$(OLDEST)/bin/python -m pytest tests/test_plugin.py -p no:cacheprovider

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)  ## and each domain's own half of its simulator, a package where its folder is loaded
	$(BIN)/mypy
	@for own in $(dir $(wildcard suites/*/reference/behave.py)); do own=$${own%/}; MYPYPATH=$${own%/reference} $(BIN)/mypy --explicit-package-bases $$own || exit 1; done

docs: $(READY)  ## the manual, strictly: a broken link or snippet is an error
	$(BIN)/mkdocs build --strict --quiet --site-dir build/site

bench: $(READY)  ## costs as ratios to a floor that is measured in the same run; with WRITE=docs/performance.md into the manual
	$(BIN)/python -m benchmarks $(if $(WRITE),--write $(WRITE))

sizes: $(READY)  ## lines, modules, long functions and repeated names, room by room; with ROOM=page what is meant there
	@$(BIN)/python -m benchmarks.sizes $(ROOM)

way: $(READY)  ## which modules and functions a producer case and a consumer case pass from YAML to evidence
	@$(BIN)/python -m benchmarks.way

coverage: $(READY)
	$(BIN)/coverage run -m pytest -n 2
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --skip-covered

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache
