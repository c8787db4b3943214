# Every command works on a fresh machine with Python 3.11 and make: what it needs is made first.

PYTHON ?= python3.11
venv := .venv/bin/python
environment = @$(PYTHON) -m deploy.local.environment

# More workers than processors, because most tests wait most of the time.
side_by_side = -n 4

.PHONY: run up down demo check test faults lint bench soak image image-test deploy-check deploy lock clean environment

run: environment  ## the whole system in the foreground; Ctrl-C stops it
	@exec $(venv) -m deploy.local run

up: environment  ## the same in the background; returns when it is ready
	@$(venv) -m deploy.local up

down: environment  ## stop what `up` started
	@$(venv) -m deploy.local down

demo: environment  ## drop a sample with mistakes, show what is told; DATASET=clients, …
	@$(venv) -m deploy.local demo $(DATASET)

check: lint  ## the fast part of `test`, within a minute: lint, types, imports/, layers, docs
	$(venv) -m pytest -n 2 -q -m "not slow" tests/docs tests/imports tests/rooms

test: lint  ## all checks but those of the templates for AWS; eight minutes
	$(venv) -m pytest $(side_by_side) --ignore=tests/deploy
	@echo "Not run: tests/deploy. 'make deploy-check' does."

faults: environment  ## every fault of docs/promises.md; IN_FULL=1 lets outages last as promised
	$(venv) -m pytest $(side_by_side) tests/faults

# Django would like to compare with a database's history; there is none here.
without_database = env PYTHONWARNINGS=ignore::RuntimeWarning

lint: environment  ## every check that runs no test
	$(venv) -m ruff format --check .
	$(venv) -m ruff check .
	.venv/bin/hadolint Dockerfile deploy/image/*.Dockerfile
	deploy/as_in_production $(venv) -m mypy .
	deploy/as_in_production $(without_database) $(venv) manage.py makemigrations --check --dry-run
	deploy/as_in_production $(venv) manage.py check --deploy --fail-level WARNING

bench: environment  ## the performance table
	$(environment) .venv requirements-bench.txt
	$(venv) -m bench

soak: environment  ## SECONDS=120 SEED=7: files and faults at random, then every promise checked
	$(venv) -m tests.faults.soak $(or $(SECONDS),120) $(SEED)

image:  ## the container image; RDS_CERTIFICATES=<address of the bundle> for a deployment
	@$(PYTHON) -m deploy.image build

image-test:  ## build it, run docker-compose.yml with it, import files, stop every service
	@$(PYTHON) -m deploy.image test

deploy-check: environment  ## writes the templates for AWS in both layouts and looks at them
	$(environment) .local/deploy requirements-deploy.txt
	.local/deploy/bin/mypy --config-file deploy/aws/mypy.ini deploy/aws
	$(venv) -m pytest tests/deploy

deploy: environment  ## this commit to AWS; IMAGE=sha256:… goes back to that image
	$(venv) -m deploy.aws.release $(IMAGE)

lock:  ## choose versions anew within pyproject.toml's bounds, and pin them with their hashes
	@deploy/lock

clean:  ## stop everything, forget databases, objects and environments
	@test ! -x $(venv) || $(venv) -m deploy.local clean
	rm -rf .local .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis staticfiles

environment:
	$(environment) .venv requirements-dev.txt
