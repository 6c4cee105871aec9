# Two commands for people: `make demo` and `make test`. Both set up .venv first.
#
# On machines whose package index offers a CUDA build of PyTorch, name the index of its CPU builds:
#     make demo TORCH_INDEX=<address from PyTorch's own installation page>

PYTHON ?= python3
TORCH_INDEX ?=
TEST_PROCESSES ?= 2
VENV := .venv
CLIENT := deploy/client
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: demo test test-client benchmark-smoke lint check-types setup lock clean

demo: setup
	$(BIN)/waxwork demo

# A file of tests stays in one process, as what it starts does.
test: setup
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadfile

# The client knows nothing of the product: its tests have an environment of their own.
test-client: setup
	rm -rf $(CLIENT)/.store
	$(BIN)/python -m tests.client_store $(CLIENT)/.store
	test -x $(CLIENT)/.venv/bin/python || $(PYTHON) -m venv $(CLIENT)/.venv
	$(CLIENT)/.venv/bin/python -m pip --disable-pip-version-check install --quiet '$(CLIENT)[test]'
	cd $(CLIENT) && WAXWORK_TEST_STORE=.store .venv/bin/python -m pytest

# Two generators on a small table that comes with a dependency: that the measurements work.
benchmark-smoke: setup
	$(BIN)/python -m benchmarks smoke

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

check-types: setup
	$(BIN)/mypy

# The tables under docs/tables that the tests compare with what happens.
tables: setup
	$(BIN)/python -m tests.bad_input > docs/tables/bad_input.md
	$(BIN)/python -m tests.round_trip > docs/tables/sources.md

# A minute for each of the fuzzer's targets; needs Atheris, which has no wheel for every machine.
fuzz: setup
	$(PIP) install --quiet atheris
	for target in csv jsonl parquet sqlite config model; do \
	  $(BIN)/python -m tests.fuzz $$target -max_total_time=60 || exit 1; done

setup: $(VENV)/.installed

$(VENV)/.installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(if $(TORCH_INDEX),$(PIP) install --quiet --index-url $(TORCH_INDEX) torch==2.13.0,)
	$(PIP) install --quiet --requirement requirements.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	touch $@

# Resolve pyproject.toml afresh and pin what comes out.
lock:
	rm -rf $(VENV)-lock
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip --disable-pip-version-check install --quiet torch==2.13.0
	$(VENV)-lock/bin/python -m pip --disable-pip-version-check install --quiet '.[sdv,dev]'
	{ echo '# Made by `make lock` from pyproject.toml. Torch has no local tag, so that any index serves it.'; \
	  $(VENV)-lock/bin/python -m pip --disable-pip-version-check freeze --exclude waxwork \
	    | sed 's/^\(torch==[^+]*\)+.*/\1/' ; } > requirements.lock
	rm -rf $(VENV)-lock

clean:
	rm -rf $(VENV) $(VENV)-lock demo $(CLIENT)/.venv $(CLIENT)/.store
