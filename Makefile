# A thin front: CMake does the building. `make run` and `make test` install what is missing.
BUILD = build
# What a golden test holds is the compiler's text, not ours to lay out.
SOURCES = $(shell git ls-files '*.c' '*.h' '*.cpp' '*.inc' ':!tests/compiler/golden')
CAPTURE = examples/samples/router.pcapng

PREFIX ?= /usr/local

.PHONY: all build deps run test bench bench-quick fuzz fmt lint install clean

all: build

deps:
	@tools/install-deps

build: deps
	@cmake --preset dev >/dev/null
	@cmake --build $(BUILD)

run: build
	$(BUILD)/rpol check examples/router.rpol
	$(BUILD)/rpol build examples/router.rpol -o $(BUILD)/router.o
	$(BUILD)/rpol dryrun examples/router.rpol --pcap $(CAPTURE)

test: build
	@tools/run-tests

# Everything side by side, some minutes; FULL=1 fills the kernel's own tables with all routes, too.
bench: build
	@bench/run $(BUILD) $(if $(FULL),--full)
	@bench/check.sh $(BUILD)/rpol bench/results/check.svg

bench-quick: build
	@bench/run $(BUILD) --quick

fuzz: build
	@tools/run-tests fuzz

fmt: deps
	@clang-format-19 -i $(SOURCES)

lint: deps
	@tools/lint $(SOURCES)

# The program looks for its compiler where it was configured to be installed.
install: deps
	@cmake --preset release -DCMAKE_INSTALL_PREFIX="$(PREFIX)" >/dev/null
	@cmake --build $(BUILD)/release --target rpol rpol-clang
	@cmake --install $(BUILD)/release

clean:
	rm -rf $(BUILD)
