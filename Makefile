PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
KATEX := tests/latex/node_modules/.package-lock.json

.PHONY: all test test-slow lint bench pages clean

all: $(INSTALLED)
	$(BIN)/derive prove
	$(BIN)/verify run

test: $(INSTALLED) $(KATEX)
	$(BIN)/pytest -n 2

test-slow: $(INSTALLED) $(KATEX)
	$(BIN)/pytest -n 2 -m slow

lint: $(INSTALLED)
	$(BIN)/ruff check
	$(BIN)/pyright

# The pages about the layers are written by the program that finds their formulas.
pages: $(INSTALLED)
	mkdir -p docs/layers
	for layer in $$($(BIN)/derive list --layers); do $(BIN)/derive page $$layer > docs/layers/$$layer.md; done

bench: .venv/.bench
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv build dist tests/latex/node_modules .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -c constraints.txt -e '.[dev]'
	touch $@

.venv/.bench: $(INSTALLED)
	$(BIN)/pip install --quiet -c constraints.txt -e '.[bench]'
	touch $@

# Without node the tests that render LaTeX with KaTeX are skipped, and say so.
$(KATEX): tests/latex/package-lock.json
	@if command -v npm >/dev/null; then \
		cd tests/latex && npm ci --no-audit --no-fund && touch node_modules/.package-lock.json; \
	else echo 'npm is not installed, so neither is KaTeX, which tests/latex renders formulas with'; fi
