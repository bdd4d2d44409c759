# The verbs. Meson builds (meson.build); this file only says what to build and run.
.PHONY: help build demo test matrix bench fuzz asan fmt clean

help:
	@echo 'make build    install what building needs, and build (build/release)'
	@echo 'make demo     build and run a Triton kernel on this machine, without a GPU'
	@echo 'make test     build with gcc, clang and the sanitizers, and run every test'
	@echo 'make matrix   run the Python package with every Triton on the CPU'
	@echo 'make bench    run the benchmarks'
	@echo 'make fuzz     NAME=mlir SECONDS=60: look for inputs that break a parser'
	@echo 'make asan     build with the address and undefined-behaviour sanitizers, and run the C tests'
	@echo 'make fmt      format the C code'
	@echo 'make clean    remove what was built'

build:
	@tools/setup.sh build
	@tools/build.sh release

demo: build
	@build/release/cli/triton-runner demo

test:
	@tools/setup.sh test
	@tools/run_tests.sh

matrix:
	@tools/setup.sh test
	@tools/setup.sh python
	@tools/triton_venvs.sh 3.0.0 3.1.0 3.2.0 3.3.1 3.4.0 3.5.1 3.6.0 3.7.1 3.8.0 3.9.0 fbtriton
	@tools/build.sh python
	@.venv/bin/python tests/matrix/matrix.py

bench: build
	@tools/setup.sh python
	@benchmark/run.sh

NAME = mlir
SECONDS = 60
fuzz:
	@tools/setup.sh test
	@tools/fuzz.sh $(NAME) $(SECONDS)

asan:
	@tools/setup.sh test
	@tools/build.sh asan
	@meson test -C build/asan --no-rebuild --print-errorlogs

fmt:
	@tools/setup.sh fmt
	@clang-format -i $$(git ls-files '*.c' '*.h')

clean:
	rm -rf build .venv
