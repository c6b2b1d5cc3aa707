# `make run` and `make test` set up everything they need in .venv; nothing outside the tree is touched.
PYTHON ?= python3
SOURCE ?=
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed-$(shell cat pyproject.toml constraints.txt setup.py | cksum | cut -d' ' -f1)

.PHONY: run test bench lock clean

run: $(STAMP)
	$(BIN)/hand-recon demo $(if $(SOURCE),--source "$(SOURCE)")

test: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadscope --max-worker-restart 0

# BENCH=--quick takes two minutes instead of half an hour; BENCH="--only frame" measures one part.
bench: $(STAMP)
	$(BIN)/hand-recon bench --peers $(BENCH)

$(STAMP):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "Python 3.10 or newer is needed, $(PYTHON) is older: name another one with PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ echo "python3 -m venv failed: install the venv module (Debian, Ubuntu: apt install python3-venv)"; exit 1; }
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev,train,ray,web,retarget,docs]'
	@rm -f $(VENV)/installed-*
	@touch $@

# Universal lock of every version; backports-strenum's newest release refuses Python >= 3.11, which the resolver overlooks.
lock:
	uv pip compile --universal --python-version 3.10 pyproject.toml --extra dev --extra bake --extra train --extra ray --extra web \
		--extra retarget --extra docs --no-header --no-annotate --no-emit-package backports-strenum -q -o constraints.txt

clean:
	rm -rf $(VENV) .venv-mediapipe build dist out *.egg-info
