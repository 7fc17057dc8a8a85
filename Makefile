# Everything goes through the Swift package manager; this file names the usual ways in.
# `make help` lists them.

SWIFT ?= swift
RUN ?= runs/demo
PACKAGES := libopenblas-dev liblapacke-dev libjpeg-dev libpng-dev libwebp-dev libdnnl-dev
SOURCES := $(wildcard Package.swift Sources Tests Examples)
JEPA := .build/release/jepa

.DEFAULT_GOAL := help
.PHONY: help deps build test docs-test processor-check downstream demo examples bench bench-check fuzz crash-test fault-test power-loss soak sanitize mpi mpi-test format lint docs clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

deps: ## install the Debian packages that are missing
	@scripts/install-packages $(PACKAGES)

build: deps ## the libraries and the tool, optimised
	$(SWIFT) build -c release

# What depends on the processor's instructions.
KERNEL_SUITES := ^JEPATensorTests|^JEPADataTests|^JEPAViTTests|^JEPA(Point|Mixture|Autoregressive|Flow|Diffusion)Tests|ReferenceTrajectory|OverfittingTests

# Tests have a scratch path of their own: they need other compiler flags than the tool, and would
# otherwise rebuild everything at each change between the two.
test: lint deps ## lint, every test suite, on lesser processors too, and the downstream package
	scripts/arm64-check
	TEST_DOCUMENTED_COMMANDS=1 $(SWIFT) test -c release --scratch-path .build/tests
	for isa in AVX2 SSE41; do \
	  echo "== the suites with products and kernels, with $$isa"; \
	  JEPA_MAX_CPU_ISA=$$isa $(SWIFT) test -c release --scratch-path .build/tests --skip-build \
	    --filter '$(KERNEL_SUITES)' || exit 1; \
	done
	scripts/processor-check .build/tests/release/jepa
	$(MAKE) downstream

processor-check: build ## a tiny training on emulated processors, whose losses are this one's
	scripts/processor-check $(JEPA)

docs-test: deps ## the commands of README.md and docs/, as they are written, at small sizes
	TEST_DOCUMENTED_COMMANDS=1 $(SWIFT) test -c release --scratch-path .build/tests --filter DocumentedCommandsTests

# A scratch path of its own: it resolves and builds as a stranger's package would.
downstream: deps ## a package that adds a head and a tool of its own, built, tested and run
	scripts/downstream $(SWIFT)

demo: build ## train on procedural scenes, without any download
	rm -rf $(RUN)
	$(JEPA) train --config configs/procedural.yaml --run $(RUN)
	$(JEPA) eval $(RUN) --probe knn,linear,rank --floors --neighbours $(RUN)/neighbours.png
	$(JEPA) masks --config configs/procedural.yaml --output $(RUN)/masks.png

FUZZ_INPUTS ?= 1000000
fuzz: build ## a million hostile inputs for each reader of what comes from outside
	.build/release/jepa-fuzz --inputs $(FUZZ_INPUTS)

KILLS ?= 200
crash-test: build ## a training killed at random moments, on a full disk and in a read-only folder
	scripts/crash-test $(JEPA) $(KILLS)

FAULT_SECONDS ?= 540
fault-test: build ## a training whose calls to the system fail, one after the other, for ten minutes
	scripts/fault-test $(JEPA) $(FAULT_SECONDS)

POWER_LOSSES ?= 300
power-loss: build ## a training whose machine loses power, at every moment and in many ways
	scripts/power-loss $(JEPA) $(POWER_LOSSES)

SOAK_MINUTES ?= 120
soak: build ## one training for two hours, whose memory, files and threads may not grow
	scripts/soak $(JEPA) $(SOAK_MINUTES)

sanitize: deps ## the suites under the address, undefined behaviour and thread sanitizers
	scripts/sanitize $(SWIFT)

# Scratch paths of their own: the trait changes compiler flags.
MPI_JEPA := .build/mpi/release/jepa
mpi: deps ## the tool with training by several processes, .build/mpi/release/jepa
	@scripts/install-packages libopenmpi-dev openmpi-bin
	$(SWIFT) build -c release --traits MPI --scratch-path .build/mpi --product jepa

mpi-test: mpi ## 1, 2 and 4 processes train alike, also when killed, stopped and resumed
	scripts/mpi-test $(MPI_JEPA)

EXAMPLES := Point Mixture Autoregressive Flow Diffusion CustomHead
examples: build ## run each head's program on a set with a known truth; pictures go to runs/examples
	mkdir -p runs/examples
	set -e; for name in $(EXAMPLES); do echo "== $$name"; \
	  .build/release/$${name}Example runs/examples/$$name.png; done

bench: build ## training, encoding and heads beside their PyTorch peers; about an hour
	Benchmarks/run.sh

bench-check: build ## the same in a third of the time, against the ratios that are checked in
	Benchmarks/run.sh --pairs 3 --check Benchmarks/ratios.json

format: ## rewrite the sources in the house style
	$(SWIFT) format --in-place --recursive --parallel $(SOURCES)

lint: ## check the house style, and that no number from outside can end the process
	$(SWIFT) format lint --strict --recursive --parallel $(SOURCES)
	scripts/lint-conversions

docs: deps ## renew the generated tables in docs/
	UPDATE_DOCUMENTATION=1 $(SWIFT) test -c release --scratch-path .build/tests --filter documentationListsEveryKey

clean: ## remove what was built
	rm -rf .build Tests/Downstream/.build
