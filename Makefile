# What a developer does with Stallwatch; `make` alone lists it. Needs Python 3.11 or newer (PYTHON=
# names another one), make and git; everything else is installed into .local/.

PYTHON ?= python3
LOCAL := .local
VENV := $(LOCAL)/venv
SAM := $(LOCAL)/sam/bin/python -m samcli
STACK ?= stallwatch
UV := $(LOCAL)/bootstrap/bin/uv
COMPILE :=

# An environment is made anew when its lock changes, and when PYTHON is another version.
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null)
MADE := .made-with-$(VERSION)
TESTS_READY := $(VENV)/$(MADE)
SAM_READY := $(LOCAL)/sam/home/metadata.json
SCAN_READY := $(LOCAL)/scan/$(MADE)
DOCS_READY := $(LOCAL)/docs/$(MADE)
FUZZ_READY := $(LOCAL)/fuzz/$(MADE)
STACK_READY := $(SAM_READY) $(LOCAL)/emulator/$(MADE)
SAM_QUIETLY := SAM_CLI_TELEMETRY=0 __SAM_CLI_APP_DIR=$(LOCAL)/sam/home $(SAM)

export PYTHONPATH := shared
# Or each process that a test starts, and each worker, would compile anew all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo local test lint scan fuzz faults year bench figures build deploy redrive upgrade-test restore cli \
	picture pictures album session generate docs environments lock clean

help: ## Lists what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

demo: $(STACK_READY) ## Shows the whole of it: a stack on this machine, sample orders, their alerts
	@exec $(LOCAL)/emulator/bin/python -m tests.local.demo

local: $(STACK_READY) ## Runs the stack on this machine until Ctrl-C (LOCAL_PORT=, CAINIAO_URL=, SIMULATED=1, PARAMETERS=)
	@exec $(LOCAL)/emulator/bin/python -m tests.local

test: $(TESTS_READY) $(STACK_READY) ## Runs the tests (ARGS= go to pytest, EFFORT=10 draws ten times as many examples)
	$(VENV)/bin/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(TESTS_READY) $(SAM_READY) ## Checks format, code, types and the template
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy shared/stallwatch functions tests
	$(VENV)/bin/cfn-lint --template template.yaml --append-rules cfn_lint_serverless.rules
	$(SAM_QUIETLY) validate --lint --region us-east-1

scan: $(SCAN_READY) ## Looks for vulnerabilities and secrets, and lists what is shipped
	@exec $(LOCAL)/scan/bin/python tests/local/scan.py

upgrade-test: $(TESTS_READY) $(STACK_READY) ## Updates a stack of before the first release, and compares what it answers
	@exec $(VENV)/bin/python -m tests.upgrade

fuzz: $(TESTS_READY) $(STACK_READY) $(FUZZ_READY) ## Sends generated requests to the API (CASES=, DEPLOYED=, SEED=)
	@exec $(VENV)/bin/python -m tests.fuzz

faults: $(TESTS_READY) ## Runs the handlers under every fault (SEED=, SCHEDULES=)
	@exec $(VENV)/bin/python -m tests.faults

year: $(TESTS_READY) ## Lives through a year of orders and judges it (SEED=, ORDERS=, DAYS=, EVERY=, QUIET_HOURS=, ZONE=, DIGEST=)
	@exec $(VENV)/bin/python -m tests.faults.year_report

bench: $(TESTS_READY) $(SAM_READY) ## Measures, as ratios within one run
	@exec $(VENV)/bin/python -m tests.bench

figures: $(TESTS_READY) ## Writes the tables of docs/performance.md anew, from its saved figures
	@exec $(VENV)/bin/python -m tests.bench.report

build: $(SAM_READY) ## Builds for AWS
	PATH="$$PWD/$(LOCAL)/bootstrap/bin:$$PATH" $(SAM_QUIETLY) build

deploy: $(SAM_READY) ## Builds for AWS and deploys to your account (GUIDED=1, PARAMETERS=, STACK=)
	@exec $(LOCAL)/sam/bin/python -m tests.local.deploy

restore: $(SAM_READY) ## Brings the orders of another table into a deployed stack (FROM=, STACK=)
	@exec $(LOCAL)/sam/bin/python -m tests.local.restore

redrive: $(SAM_READY) ## Does again what a deployed stack had given up on (STACK=)
	@exec $(LOCAL)/sam/bin/python -m tests.local.redrive

picture: $(TESTS_READY) ## Draws the picture of the packages anew, from the imports
	@exec $(VENV)/bin/python -m tests.project.package_picture

cli: $(LOCAL)/bootstrap/$(MADE) ## Installs the command line `stallwatch` into .local/cli
	$(UV) venv --quiet --clear --no-project --python $(LOCAL)/bootstrap/bin/python $(LOCAL)/cli
	$(UV) pip install --quiet --python $(LOCAL)/cli --constraint tests/requirements.txt '.[aws]'
	@echo "Call it: $$PWD/$(LOCAL)/cli/bin/stallwatch --help"

pictures: $(TESTS_READY) ## Makes the pictures of the documentation anew, with a chromium
	@exec $(VENV)/bin/python -m tests.web.pictures

generate: $(TESTS_READY) ## Writes what follows from the code: tables, lists, samples, the API's document
	@exec $(VENV)/bin/python -m tests.project.generate

album: $(TESTS_READY) ## Takes every view of the page at three sizes into .local/album, and tells what is wrong (ONLY=, TASKS=, LOAD=)
	@exec $(VENV)/bin/python -m tests.web.album

session: $(TESTS_READY) ## Records the terminal session of the documentation anew
	@exec $(VENV)/bin/python -m tests.web.session

docs: $(DOCS_READY) ## Builds the documentation as a site, and checks its links
	@exec $(LOCAL)/docs/bin/python tests/local/site.py

environments: $(TESTS_READY) $(STACK_READY) ## Installs what the others need

lock: $(LOCAL)/bootstrap/$(MADE) ## Pins what the *.in ask for (UPGRADE=--upgrade for newer versions)
	for name in shared/requirements push/requirements tests/requirements tests/local/requirements-uv \
		tests/local/requirements-sam tests/local/requirements-emulator \
		tests/local/requirements-scan tests/local/requirements-docs tests/local/requirements-fuzz; do \
		$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
			--custom-compile-command 'make lock' $(UPGRADE) \
			$$name.in --output-file $$name.txt || exit; \
	done

clean: ## Removes all that the others have made
	rm -rf $(LOCAL) .aws-sam .hypothesis .mypy_cache .pytest_cache .ruff_cache

# -------------------------------------------------------------------------------- The environments

$(LOCAL)/bootstrap/$(MADE): tests/local/requirements-uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'Python 3.11 or newer is needed; PYTHON=/path/to/it names it.' >&2; exit 1; }
	$(PYTHON) -m venv --clear $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

# Each has its own lock: the linters, SAM CLI and the emulator want different versions of the same.
$(TESTS_READY): tests/requirements.txt
$(LOCAL)/sam/$(MADE): tests/local/requirements-sam.txt
$(LOCAL)/emulator/$(MADE): tests/local/requirements-emulator.txt
$(SCAN_READY): tests/local/requirements-scan.txt
$(DOCS_READY): tests/local/requirements-docs.txt

$(FUZZ_READY): tests/local/requirements-fuzz.txt

$(TESTS_READY) $(LOCAL)/sam/$(MADE) $(LOCAL)/emulator/$(MADE) $(SCAN_READY) $(DOCS_READY) $(FUZZ_READY): \
		$(LOCAL)/bootstrap/$(MADE)
	$(UV) venv --quiet --clear --no-project --python $(LOCAL)/bootstrap/bin/python $(@D)
	$(UV) pip sync --quiet --require-hashes $(COMPILE) --python $(@D) $(filter %.txt,$^)
	@touch $@

# Or each worker of the first test run would compile the libraries for itself.
$(TESTS_READY) $(LOCAL)/emulator/$(MADE): COMPILE := --compile-bytecode

# It looks for newer versions of itself where its last look is a week old; this one is in 2100.
$(SAM_READY): $(LOCAL)/sam/$(MADE)
	@mkdir -p $(@D)
	@echo '{"lastVersionCheck": 4102444800}' > $@
