# SPDX-License-Identifier: Apache-2.0
#
# What a person types. `make demo` and `make test` each set up what they need on a fresh Debian machine with a
# Swift toolchain.

BUILD := $(CURDIR)/.build
# The server and its packages in a folder of their own: with the trait the same folder would fetch and build all again.
WITH_SERVER := --traits Serve --scratch-path $(BUILD)/serve
PROGRAMS := $(BUILD)/programs
CONFIG ?= release
SWIFT_BUILD := swift build -c $(CONFIG) --product silt --explicit-target-dependency-import-check error
PACKAGES := build-essential pkg-config libdw-dev libunwind-dev zlib1g-dev
# What one static executable is linked with, and what writes its pages.
PACKAGE_PACKAGES := $(PACKAGES) libbz2-dev libelf-dev liblzma-dev libzstd-dev python3
# Peers and real programs that the tests compare with or run; each test says so when its own is missing.
TEST_PACKAGES := $(PACKAGES) golang-go dwz protobuf-compiler chromium-headless-shell redis-server redis-tools sqlite3 nginx-light \
  nodejs postgresql tmux python3 python3-venv libjemalloc2 libtcmalloc-minimal4 libmimalloc2.0 valgrind wrk musl-tools
LEAK ?= tokens

# The two sanitizers change every object file.
FUZZ_BUILD := $(CURDIR)/.build-fuzz
SECONDS ?= 60
TARGETS ?=

VERSION := $(shell sed -n 's/^.define SILT_RELEASE "\(.*\)"/\1/p' CShim/include/silt_release.h)
MACHINE := $(shell uname -m)
DIST := $(BUILD)/dist
TREE = $(DIST)/silt-$(VERSION)-linux-$(MACHINE)
# A build of other than committed sources says so.
COMMIT = $(shell git describe --always --abbrev=12 --exclude '*' --dirty=-modified 2>/dev/null || echo unknown)
CHECKSUMS = cd $(DIST) && ls | grep -E '^silt.*[.](gz|spdx|deb)$$' | LC_ALL=C sort | xargs sha256sum >SHA256SUMS
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)

.PHONY: help setup setup-test setup-package shim build serve programs demo test test-shim test-swift test-page test-instructions \
  test-aarch64 torture-aarch64 test-serve fuzz filesystems compat compat-libc torture soak faults lint bench tree tarball deb install uninstall test-package clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

setup: ## install what building needs (apt, dnf)
	@./.ci/install $(PACKAGES)
	@command -v swift >/dev/null || { echo "Swift 6.2 or newer is missing: get it from https://www.swift.org/install/linux/" \
	  "and put its usr/bin into PATH" >&2; exit 1; }

setup-test: ## install what the tests need (apt)
	@./.ci/install $(TEST_PACKAGES)
	@$(MAKE) -s --no-print-directory $(BUILD)/python

# OpenTelemetry's own message classes and a database, for the tests that need them; without a network these are skipped.
$(BUILD)/python:
	@python3 -m venv $@ && $@/bin/python -m pip install -q --disable-pip-version-check opentelemetry-proto duckdb || \
	  { rm -rf $@; echo "no pip or no network: the tests that read OTLP and JSON lines with others' programs are skipped"; }

shim:
	@$(MAKE) -s -C CShim OUT=$(BUILD)/shim all

build: setup shim ## libsilt.so and silt, in .build/release
	@$(SWIFT_BUILD)
	@cp -u $(BUILD)/shim/libsilt.so $(BUILD)/$(CONFIG)/

# The packages' sources are fetched once, 230 MB; what is built then takes minutes the first time.
serve: setup shim ## silt with its server, in .build/serve/release
	@$(SWIFT_BUILD) $(WITH_SERVER)
	@cp -u $(BUILD)/shim/libsilt.so $(BUILD)/serve/$(CONFIG)/

programs: shim
	@$(MAKE) -s -C Tests/Programs BUILD=$(PROGRAMS) SHIM=$(BUILD)/shim

SERVE ?=
demo: $(if $(SERVE),serve,build) ## a service that leaks, found: LEAK=tokens|connections|webhooks|none; SERVE=1 by curl and go tool pprof
	@$(MAKE) -s -C Tests/Programs BUILD=$(PROGRAMS) service
	@Tests/Programs/demo $(BUILD)/$(if $(SERVE),serve/)$(CONFIG)/silt $(PROGRAMS) $(LEAK) $(if $(SERVE),serve)

test: setup-test shim programs ## every test
	@swift build --build-tests --explicit-target-dependency-import-check error $(WITH_SERVER)
	@cp -u $(BUILD)/shim/libsilt.so $(BUILD)/serve/debug/
	@echo "four parts at the same time, about a minute; each shows what it printed when it is done"
	@$(MAKE) -s --no-print-directory -j3 --output-sync=target test-shim test-swift test-page test-instructions

# Each leaves a core idle now and then.
test-shim: shim
	@$(MAKE) -s -C Tests/ShimTests BUILD=$(BUILD)/shim-tests SHIM=$(BUILD)/shim/libsilt.so check

test-swift:
	@swift test --skip-build --disable-xctest $(WITH_SERVER)

# The flame graph's page: its functions that need no browser. What needs one is in test-swift.
test-page:
	@Tests/PageTests/run

test-instructions:
	@$(MAKE) -s -C Benchmarks BUILD=$(BUILD)/benchmarks PROGRAMS=$(PROGRAMS) SHIM=$(BUILD)/shim/libsilt.so check

test-serve: shim programs ## silt serve attacked, and read by Prometheus, Alertmanager and VictoriaMetrics (apt)
	@./.ci/install prometheus prometheus-alertmanager victoria-metrics python3
	@swift build --product silt --explicit-target-dependency-import-check error $(WITH_SERVER)
	@Tests/Serve/run $(BUILD)/serve/debug/silt $(BUILD)/shim/libsilt.so $(PROGRAMS)

test-aarch64: ## the shim and its unwinder on aarch64, under an emulator
	@./.ci/install $(PACKAGES) gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
	@$(MAKE) -s -C CShim CC=aarch64-linux-gnu-gcc OUT=$(BUILD)/shim-aarch64
	@$(MAKE) -s -C Tests/ShimTests/cfi BUILD=$(BUILD)/shim-tests/cfi SHIM=$(BUILD)/shim-aarch64/libsilt.so check-aarch64

ARM_SEEDS ?= 1 2 3 4 5 6 7 8
torture-aarch64: ## ARM_SEEDS="1 2 3": torture of the shim on aarch64, under an emulator
	@./.ci/install $(PACKAGES) gcc-aarch64-linux-gnu g++-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
	@$(MAKE) -s -C CShim CC=aarch64-linux-gnu-gcc OUT=$(BUILD)/shim-aarch64
	@$(MAKE) -s -C Tests/Torture CC=aarch64-linux-gnu-gcc CXX=aarch64-linux-gnu-g++ BUILD=$(BUILD)/torture-aarch64 \
	  SHIM=$(BUILD)/shim-aarch64/libsilt.so ARM_SEEDS='$(ARM_SEEDS)' check-aarch64

fuzz: setup ## hostile input to every reader: SECONDS=60 in all, TARGETS="session pprof" (Tests/Fuzz/README.md)
	@SILT_FUZZ=1 swift build -c release --product fuzz --scratch-path $(FUZZ_BUILD) --sanitize=fuzzer -Xswiftc -sanitize=fuzzer,address
	@Tests/Fuzz/run $(FUZZ_BUILD) $(SECONDS) $(TARGETS)

filesystems: shim ## a service on disks that are copied, filled and frozen (root and loop devices)
	@./.ci/install e2fsprogs xfsprogs btrfs-progs
	@$(MAKE) -s -C Tests/FileSystems BUILD=$(BUILD)/file-systems SHIM=$(BUILD)/shim/libsilt.so check

compat-libc: build ## the shim in older and newer systems, in chroots: needs root, minutes and gigabytes; SUITES="bullseye trixie"
	@./.ci/install debootstrap python3
	@Tests/OldLibc/run $(BUILD)/libc $(BUILD)/shim/libsilt.so $(BUILD)/$(CONFIG)/silt $(SUITES)

ROWS ?=
compat: shim ## programs and their own tests, the same with and without the shim: ROWS="git nginx", or quick; all take an hour
	@Tests/Compat/compat $(BUILD)/compat $(BUILD)/shim/libsilt.so \
	  $(or $(firstword $(wildcard $(BUILD)/$(CONFIG)/silt $(BUILD)/debug/silt $(BUILD)/serve/debug/silt)),$(error first make build)) $(ROWS)

torture: MINUTES ?= 5
soak: MINUTES ?= 30
SILT ?= $(wildcard $(BUILD)/release/silt)
KILLS ?= 200
# Only what needs no runtime library, which would be in the program.
CHECKS := $(if $(SANITIZE),-$(SANITIZE))
torture: shim ## MINUTES=, SEED=, KILLS=, SANITIZE=undefined: programs that do everything at once; their profile must be exact
	@$(if $(SANITIZE),$(MAKE) -s -C CShim OUT=$(BUILD)/shim$(CHECKS) \
	  CFLAGS='-fsanitize=$(SANITIZE) -fsanitize-undefined-trap-on-error')
	@$(MAKE) -s -C Tests/Torture BUILD=$(BUILD)/torture SHIM=$(BUILD)/shim$(CHECKS)/libsilt.so MINUTES='$(MINUTES)' SEED='$(SEED)' \
	  KILLS='$(KILLS)' SILT='$(SILT)'

ROUNDS ?= 200
soak: build ## ROUNDS=200, MINUTES=30: what years do to a process, in about an hour: exact, and nothing grows
	@$(MAKE) -s -C Tests/Torture soak BUILD=$(BUILD)/torture SHIM=$(BUILD)/shim/libsilt.so ROUNDS='$(ROUNDS)' MINUTES='$(MINUTES)' \
	  SEED='$(SEED)' SILT=$(BUILD)/$(CONFIG)/silt

POINTS ?= 3
faults: shim ## POINTS=, SEED=: each system call of the shim fails; disks, limits, a lack of memory: the program is the same
	@$(MAKE) -s -C Tests/Torture BUILD=$(BUILD)/torture SHIM=$(BUILD)/shim/libsilt.so programs
	@$(MAKE) -s -C Tests/Torture/Faults BUILD=$(BUILD)/torture SHIM=$(BUILD)/shim/libsilt.so POINTS='$(POINTS)' \
	  SEED='$(or $(SEED),1)'

lint: ## formatting of Swift and C, types and names of the page's JavaScript
	@swift format lint --strict --recursive Package.swift Sources Tests Benchmarks/accuracy
	@tsc -p Tests/PageTests
	@clang-format --dry-run -Werror CShim/*/*.[ch] Tests/ShimTests/*/*.[ch] Tests/FileSystems/*.c Tests/Torture/*.[ch] Tests/Torture/*.cc \
	  Tests/Torture/Faults/*.[ch] Benchmarks/*/*.[ch]

bench: $(TREE).built programs ## cost beside an empty shim and the peers
	@$(MAKE) -s -C Benchmarks SILT=$(TREE)/bin/silt SHIM=$(BUILD)/shim/libsilt.so

# The folder that a release is: tarball, package and installation hold the same files.
tree:
	@./.ci/install $(PACKAGE_PACKAGES)
	@./.ci/package/tree "$(VERSION)" "$(COMMIT)" $(SOURCE_DATE_EPOCH) $(MACHINE) $(TREE) $(TREE)-debug
	@touch $(TREE).built

tarball: tree ## the release in one file, for any distribution, and libsilt.so for aarch64: .build/dist
	@./.ci/package/tarball "$(VERSION)" "$(COMMIT)" $(SOURCE_DATE_EPOCH) $(TREE) $(TREE)-debug
	@$(if $(filter x86_64,$(MACHINE)),./.ci/install gcc-aarch64-linux-gnu libc6-dev-arm64-cross && \
	  $(MAKE) -s --no-print-directory tarball MACHINE=aarch64)
	@$(CHECKSUMS)

deb: tree ## the same as a Debian package
	@./.ci/package/deb "$(VERSION)" $(SOURCE_DATE_EPOCH) $$(dpkg --print-architecture) $(TREE)
	@$(CHECKSUMS)

# Built only if it is older than its sources, so that root can install what another user built.
$(TREE).built: Package.swift README.md LICENSE $(shell find Sources CShim .ci/package -type f)
	@$(MAKE) -s --no-print-directory tree

PREFIX ?= /usr/local
install: $(TREE).built ## into PREFIX, /usr/local unless given; DESTDIR goes before it
	@./.ci/package/install $(TREE) "$(DESTDIR)$(PREFIX)"

uninstall: ## remove what `make install` put into PREFIX
	@./.ci/package/install --remove "$(DESTDIR)$(PREFIX)"

test-package: ## a release in empty and bare systems, installed and removed, and built twice: root, minutes
	@./.ci/install debootstrap lintian mandoc
	@./.ci/package/test $(BUILD)/package-test "$(VERSION)" $(TREE)

clean: ## remove everything built
	@rm -rf $(BUILD) $(FUZZ_BUILD)
