# Everything a developer types; `make` alone lists it. Needs Python 3.11 or newer and nothing else:
# the first command that runs Python makes .venv from requirements.lock. Options go through ARGS="...".

PYTHON ?= python3
PY := .venv/bin/python
BENCH ?= compare
OPERATIONS ?= 1000000
MINUTES ?= 10
GRAPHIQL := graphql/gateway_graphql/explorer/dist/index.html
INBOX := gateway/demo/dist/index.html
BUILD = { npm --version >/dev/null 2>&1 || { echo "That needs Node.js 20.19 or newer, with npm." >&2; exit 1; }; \
	npm ci --loglevel=error >/dev/null && npm run --silent build; }

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_USER := 0
unexport PYTHONPATH PYTHONHOME

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo ready pages graphiql inbox test chaos soak differential check format schema bench lock audit clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

demo: ready ## Serve sample data from an embedded PostgreSQL
	@$(PY) -m gateway demo $(ARGS)

# Downloads wait for the network more than for the machine: at the same time they take half as long.
ready:
	@$(MAKE) --silent --jobs=2 .venv/ready pages

pages:
	@! npm --version >/dev/null 2>&1 || $(MAKE) --silent --keep-going graphiql inbox || true
	@test -e $(GRAPHIQL) -a -e $(INBOX) || \
		echo "Not both of GraphiQL and the inbox are built (make graphiql inbox says why): see plain pages instead" >&2

graphiql: $(GRAPHIQL) ## Build GraphiQL, the page at /graphql (needs Node.js)

inbox: $(INBOX) ## Build examples/inbox, the demo's page at / (needs Node.js)

test: ready ## Run the tests, on an embedded PostgreSQL
	@$(PY) -m pytest $(ARGS)

chaos: .venv/ready ## Fault tests: kill, cut off and overload servers, and count lost writes (minutes)
	@$(PY) -m pytest tests/chaos -m "long or not long" -s $(ARGS)

soak: .venv/ready ## Mixed load for MINUTES, with a plot, soak.svg (ARGS=--standbys: replicas and a failover)
	@$(PY) -m tests.chaos.soak $(MINUTES) $(ARGS)

differential: .venv/ready ## Compare a million generated operations with graphql-core (OPERATIONS=1000000)
	@LEVELWISE_OPERATIONS=$(OPERATIONS) $(PY) -m pytest tests/levelwise/test_differential.py $(ARGS)

check: .venv/ready ## Lint, formatting, types, direction of imports, exported schemas
	@$(PY) -m ruff check --quiet
	@$(PY) -m ruff format --check
	@$(PY) -m mypy
	@$(PY) -c 'from importlinter.cli import lint_imports_command as check; check()' --no-logo
	@$(PY) -m gateway schema --check schema.graphql
	@$(PY) -m gateway openapi --check openapi.json

format: .venv/ready ## Format the code, and fix what the linter can fix
	@$(PY) -m ruff check --quiet --fix-only
	@$(PY) -m ruff format

schema: .venv/ready ## Export schema.graphql and openapi.json
	@$(PY) -m gateway schema > .venv/schema.graphql
	@mv .venv/schema.graphql schema.graphql
	@$(PY) -m gateway openapi > .venv/openapi.json
	@mv .venv/openapi.json openapi.json

bench: .venv/ready ## Run a benchmark (BENCH=a module in bench/)
	@$(PY) -m bench.$(BENCH) $(ARGS)

# uv, because its lock holds for every Python and platform at once; without its user's settings, because
# the hashes are to be the public registry's. Only who renews the lock needs it, so it is not in the lock.
lock: ## Update requirements.lock from pyproject.toml (ARGS=--upgrade: all versions)
	@$(PYTHON) -m venv .venv/uv
	@.venv/uv/bin/python -m pip install -qq 'uv>=0.13,<0.14'
	@.venv/uv/bin/python -m uv --no-config pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-annotate --custom-compile-command 'make lock' \
		--all-extras --group dev --output-file requirements.lock $(ARGS) pyproject.toml

# Strict: what the registry does not know is not taken for what nothing is known of.
audit: ## Check requirements.lock for known vulnerabilities
	@$(PYTHON) -m venv .venv/audit
	@.venv/audit/bin/python -m pip install -qq 'pip-audit>=2.10,<3'
	@.venv/audit/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off \
		--requirement requirements.lock 2> .venv/audit.log || { \
		grep -q '^Found' .venv/audit.log || echo "Not audited: the advisories cannot be had from here." >&2; \
		tail -n 1 .venv/audit.log >&2; exit 1; }
	@tail -n 1 .venv/audit.log

clean: ## Remove .venv and everything else that these commands made
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist soak.svg
	@rm -rf bench/peers/node/node_modules web/graphiql/node_modules $(dir $(GRAPHIQL)) examples/inbox/node_modules examples/inbox/src/gql $(dir $(INBOX))
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Both stamps are written last: what was interrupted starts over.
.venv/locked: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Python 3.11 or newer is needed, and $(PYTHON) is: $$($(PYTHON) --version 2>&1)" >&2; \
		echo "Name another one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) comes without its venv module: install it (Debian, Ubuntu: python3-venv)" >&2; exit 1; }
	@echo "Installing the dependencies into .venv ..."
	@$(PYTHON) -m venv --clear .venv
	@$(PY) -m pip install -qq --require-hashes --requirement requirements.lock
	@touch $@

.venv/ready: .venv/locked pyproject.toml
	@$(PY) -m pip install -qq --no-deps --no-build-isolation --editable .
	@pwd -P > $@

$(GRAPHIQL): $(wildcard web/graphiql/*.* web/graphiql/src/* graphql/gateway_graphql/explorer/plain/*) web/graphiql/.npmrc
	@echo "Building GraphiQL ..."
	@cd web/graphiql && $(BUILD)

$(INBOX): $(wildcard examples/inbox/*.* examples/inbox/src/*.*) examples/inbox/.npmrc schema.graphql
	@echo "Building the inbox ..."
	@cd examples/inbox && $(BUILD)

# The project is installed by its path: a checkout that was moved or copied installs itself anew.
ifneq ($(shell cat .venv/ready 2>/dev/null),$(CURDIR))
.PHONY: .venv/ready
endif
