# A thin front of CMake; the builds themselves are in CMakePresets.json.
#
#   make          the program and the libraries, optimised, in build/
#   make test     every test, optimised and under the sanitizers
#   make demo     trains on Fashion-MNIST and answers the question merit is about
#   make demo-protein   predicts hidden residues of real proteins
#   make bench    measures speed and learning
#   make install  into $(PREFIX), and under $(DESTDIR) where one is set
PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
PYTHON ?= /usr/bin/python3
BENCHMARKS ?= bench/speed.py bench/question.py bench/auto_time.py bench/earnings.py \
    bench/logging_cost.py bench/explain.py bench/pictures.py bench/trees.py bench/taxa.py \
    bench/proteins.py
MAKEFLAGS += --no-print-directory

.PHONY: all packages test demo demo-protein bench format install clean

all: packages
	@echo "building build/merit"
	@cmake --preset release --log-level=WARNING >/dev/null
	@cmake --build --preset release -j $(JOBS) --target merit-program -- --quiet

packages:
	@scripts/install-packages

test:
	@scripts/install-packages test
	@JOBS=$(JOBS) scripts/run-tests

demo: all
	@MERIT=build/merit sh examples/demo.sh

demo-protein: all
	@MERIT=build/merit sh examples/demo-protein.sh

bench: all
	@for script in $(BENCHMARKS); do \
	    MERIT=build/merit MERIT_BUILD=build $(PYTHON) "$$script" || exit 1; \
	done

format:
	@command -v clang-format >/dev/null || { echo "make format needs clang-format"; exit 1; }
	@git ls-files '*.c' '*.h' | xargs clang-format -i

install: all
	@cmake --install build --prefix "$(PREFIX)"

clean:
	@rm -rf build build-*
