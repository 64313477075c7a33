# SPDX-License-Identifier: Apache-2.0
#
# How the tests of one floor are built: with the sources of $(FLOOR) and of the floors below it and nothing else, so
# that a call to a floor above does not link. Once under gcc's thread sanitizer and once under its address and
# undefined behaviour sanitizers. SEED=n repeats a run of the random ones.
#
# A folder's Makefile sets FLOOR, and SHARED for test files of other folders, before it includes this.

include ../floors.mk
CC = gcc
BUILD ?= ../../../.build/shim-tests/$(FLOOR)
# One for all suites: a floor is compiled once for each sanitizer.
OBJECTS := $(BUILD)/../objects
ROOT := ../../..
SOURCES := $(foreach floor,$(FLOOR) $(BELOW_$(FLOOR)),$(wildcard $(ROOT)/CShim/$(floor)/*.c)) \
  $(wildcard $(ROOT)/Tests/ShimTests/$(FLOOR)/*.c $(ROOT)/Tests/ShimTests/suite/*.c) $(SHARED:%=$(ROOT)/Tests/ShimTests/%)
HEADERS := $(wildcard $(ROOT)/CShim/*/*.h $(ROOT)/Tests/ShimTests/*/*.h)
# gnu11 for libc's declarations. -Wno-tsan: that sanitizer does not follow fences, and the fields behind one are
# atomic in themselves.
CFLAGS := -std=gnu11 -O1 -g -fno-builtin -Wall -Wextra -Werror -Wno-tsan -iquote $(ROOT)/CShim -iquote $(ROOT)/Tests/ShimTests
# The tests decide which reservations of blocks succeed; see suite.c.
WRAPPED := silt_os_populate $(WRAPPED)

.PHONY: all check clean
all: $(BUILD)/thread $(BUILD)/address

check: all
	@TSAN_OPTIONS=halt_on_error=1 $(BUILD)/thread
	@ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 $(BUILD)/address

SANITIZE_thread := thread
SANITIZE_address := address,undefined
define rules
$(OBJECTS)/$(1)/%.o: $(ROOT)/%.c $(HEADERS) ../suite.mk
	@mkdir -p $$(@D)
	@$(CC) $(CFLAGS) -fsanitize=$(SANITIZE_$(1)) -c $$< -o $$@

$(BUILD)/$(1): $(SOURCES:$(ROOT)/%.c=$(OBJECTS)/$(1)/%.o) Makefile
	@mkdir -p $$(@D)
	@$(CC) -fsanitize=$(SANITIZE_$(1)) $$(filter %.o,$$^) $(WRAPPED:%=-Wl,--wrap=%) -pthread -lm -o $$@
endef
$(foreach sanitizer,thread address,$(eval $(call rules,$(sanitizer))))

clean:
	@rm -rf $(BUILD)
