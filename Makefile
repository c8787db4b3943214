# Every command works on a fresh machine with Python 3.11 and make: it installs what it needs.

PYTHON ?= python3.11
venv := .venv/bin/python
environment = @$(PYTHON) -m deploy.local.environment

# Python keeps what it has compiled, also in shells of containers, which say that it should not: each
# process of the tests would compile everything again.
export PYTHONDONTWRITEBYTECODE =

# More workers than CPUs, because tests spend most of their time waiting.

side_by_side = -n 4

.PHONY: run up down demo check test faults migrated compiled lint bench soak image image-test deploy-check deploy deploy-trial lock clean environment

run: environment  ## run the whole system in the foreground; Ctrl-C stops it
	@exec $(venv) -m deploy.local run

up: environment  ## run it in the background; returns when it is ready
	@$(venv) -m deploy.local up

down: environment  ## stop the system that `up` started
	@$(venv) -m deploy.local down

demo: environment  ## upload a sample with errors and show the result; DATASET=clients, …
	@$(venv) -m deploy.local demo $(DATASET)

check: lint  ## the fast part of `test`, within a minute: lint, types, imports/, layers, docs
	$(venv) -m pytest -n 2 -q -m "not slow" tests/docs tests/imports tests/rooms

test: environment  ## all checks except those of the AWS templates
	@$(MAKE) --no-print-directory -j 2 lint compiled
	$(venv) -m pytest $(side_by_side) --ignore=tests/deploy
	@echo "Not run: tests/deploy. 'make deploy-check' does."

faults: environment  ## every fault in docs/promises.md; IN_FULL=1: outages of full length
	$(venv) -m pytest $(side_by_side) tests/faults

migrated: environment  # what the tests' servers begin with; mypy leaves one CPU idle
	$(venv) -m deploy.local.migrated

compiled: migrated  # the tests, once instead of in each of their processes
	@$(venv) -m pytest --collect-only --quiet --ignore=tests/deploy > /dev/null

# Django warns that it cannot compare with a database's history; there is no database here.
without_database = env PYTHONWARNINGS=ignore::RuntimeWarning

lint: environment  ## every check except the tests
	$(venv) -m ruff format --check .
	$(venv) -m ruff check .
	.venv/bin/hadolint Dockerfile deploy/image/*.Dockerfile
	deploy/as_in_production $(venv) -m mypy .
	deploy/as_in_production $(without_database) $(venv) manage.py makemigrations --check --dry-run
	deploy/as_in_production $(venv) manage.py check --deploy --fail-level WARNING

bench: environment  ## print the performance table
	$(environment) .venv requirements-bench.txt
	$(venv) -m bench

soak: environment  ## random files and faults, then check every promise; SECONDS=120 SEED=7
	$(venv) -m tests.faults.soak $(or $(SECONDS),120) $(SEED)

image:  ## build the container image; RDS_CERTIFICATES=<URL of the bundle> for a deployment
	@$(PYTHON) -m deploy.image build

image-test:  ## build the image, run docker-compose.yml with it, import files, stop every service
	@$(PYTHON) -m deploy.image test

deploy-check: environment  ## check the AWS templates of both layouts, and run what they deploy
	$(environment) .local/deploy requirements-deploy.txt
	.local/deploy/bin/mypy --config-file deploy/aws/mypy.ini deploy/aws
	$(venv) -m pytest -n 2 tests/deploy

deploy: environment  ## deploy this commit to AWS; IMAGE=sha256:… rolls back to that image; CHOICES=…
	$(venv) -m deploy.aws.release $(IMAGE)

deploy-trial: environment  ## deploy an environment with a made-up name, import a file, delete it; CHOICES=…
	$(venv) -m deploy.aws.trial

lock:  ## choose new versions within pyproject.toml's bounds, and pin them with their hashes
	@deploy/lock

clean:  ## stop everything; delete databases, objects and environments
	@test ! -x $(venv) || $(venv) -m deploy.local clean
	rm -rf .local .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis staticfiles

environment:
	$(environment) .venv requirements-dev.txt
