# `make` lists what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(PYTHON) include/olist/local/virtual_environment.py

# Trust the certificates that this machine trusts, as pip does.
export UV_SYSTEM_CERTS := true

# Airflow takes twice as long to start where Python may not keep what it has compiled.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run ui airflow preview check-hubspot evaluate holdout explain erase raw secrets schema stop bench check test pictures lint audit format requirements clean

help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

run: $(VENV)/installed ## Run the whole pipeline once (demo data, or OLIST_DATA_DIR=<folder>)
	@$(BIN)/python -m olist.local run

ui: $(VENV)/installed ## Airflow with its UI, on port 8080 or AIRFLOW_PORT
	@$(BIN)/python -m olist.local ui

airflow: $(VENV)/installed ## Airflow's command line beside ui: make airflow ARGS="backfill create --help"
	@$(BIN)/python -m olist.local airflow $(ARGS)

preview: $(VENV)/installed ## Whom a changed strategy.yaml would move, before anything is sent
	@$(BIN)/python -m olist.local preview

check-hubspot: $(VENV)/installed ## Whether the HubSpot account can be delivered to; sends nothing
	@$(BIN)/python -m olist.local check-hubspot

evaluate: $(VENV)/installed ## Whether the segments predicted what customers bought afterwards
	@$(BIN)/python -m olist.local evaluate

explain: $(VENV)/installed ## Why a customer got this: make explain PERSON=<customer_unique_id or HubSpot contact id>
	@$(BIN)/python -m olist.local explain

holdout: $(VENV)/installed ## How small an effect how many people show (docs/experiments.md)
	@$(BIN)/python -m olist.report.experiments

erase: $(VENV)/installed ## Erase a person, in HubSpot too: make erase PERSON=<customer_unique_id>
	@$(BIN)/python -m olist.local erase

raw: $(VENV)/installed ## The files of the newest run as text in the schema raw, to look at with SQL
	@$(BIN)/python -m olist.local raw

stop: $(VENV)/installed ## Stop the PostgreSQL and the HubSpot sandbox that run and ui have started
	@$(BIN)/python -m olist.local stop

bench: $(VENV)/installed-dev ## Measure, as ratios to something measured in the same run
	@$(BIN)/python -m olist.local bench

check: lint ## Lint, and the tests that take neither Airflow, a browser nor a crash: a minute
	$(BIN)/python -m pytest -m "not (airflow or browser or crash or slow)"

test: $(VENV)/installed-dev ## Run every test
	$(BIN)/python -m pytest

pictures: $(VENV)/installed-dev ## Take the pictures of docs/pictures anew (with Chromium)
	PYTHONPATH=tests $(BIN)/python -m support.take_pictures

lint: $(VENV)/installed-dev ## Check style, types and who imports from whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/mypy

audit: $(VENV)/installed-dev ## Look the pinned packages, Celery's too, up among known vulnerabilities (asks pypi.org)
	$(BIN)/pip-audit --strict --require-hashes --disable-pip -r requirements-celery.txt

secrets: ## Make the passwords and keys of docker-compose.yaml, in .secrets/ (what is there stays)
	@PYTHONPATH=include $(PYTHON) -m olist.local.secret_files .secrets

schema: $(VENV)/installed ## Write the schemas by which editors check strategy.yaml and campaigns.yaml
	$(BIN)/python -m olist.strategy.schema

format: $(VENV)/installed-dev ## Put style right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

requirements: $(VENV)/uv ## Pin the packages anew after a change of pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url -q -o requirements.txt
	$(BIN)/uv pip compile pyproject.toml --group celery --universal --generate-hashes --no-emit-index-url -q \
		-c requirements.txt -o requirements-celery.txt
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-emit-index-url -q \
		-c requirements-celery.txt -o requirements-dev.txt

clean: ## Remove what the commands have made, data included
	@test ! -x $(BIN)/python || $(BIN)/python -m olist.local stop || true
	rm -rf $(VENV) .olist outputs .pytest_cache .ruff_cache .mypy_cache .hypothesis

# uv installs the packages in seconds; it comes into the virtual environment, so that nothing else is needed.
$(VENV)/uv:
	@$(INSTALL) $@

$(VENV)/installed: $(VENV)/uv requirements.txt pyproject.toml
	@$(INSTALL) $@ $^

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.txt
	@$(INSTALL) $@ $^
