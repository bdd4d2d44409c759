# The verbs. Meson builds (meson.build); this file only says what to build and run.
.PHONY: help build demo test bench fuzz asan fmt clean

help:
	@echo 'make build    install what building needs, and build (build/release)'
	@echo 'make demo     build and run a Triton kernel on this machine, without a GPU'
	@echo 'make test     build with gcc, clang and the sanitizers, and run every test'
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
