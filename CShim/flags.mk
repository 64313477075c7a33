# SPDX-License-Identifier: Apache-2.0
#
# How the C code of the shim is compiled, in libsilt.so and in the tests and benchmarks that must be built like it.
# Set SHIM_DIR, the folder of this file, before including it.

# -fno-builtin: the compiler must not turn our code into calls of the very functions that we interpose.
SHIM_CFLAGS := -std=c11 -O2 -g -fPIC -fvisibility=hidden -ftls-model=initial-exec -fno-builtin \
  -fno-semantic-interposition -fasynchronous-unwind-tables -fno-plt -Wall -Wextra -Werror -iquote $(SHIM_DIR)
# x86-64 switches shadow stacks off for the whole process if one library does not say that it can do with them. aarch64
# decides for each library. Neither costs the fast paths an instruction, as targets for indirect branches (IBT, BTI)
# would: those are not offered to programs on x86-64, and on aarch64 the libc's own start files have none.
SHIM_CFLAGS += $(if $(findstring x86_64,$(shell $(CC) -dumpmachine)),-fcf-protection=return,-mbranch-protection=pac-ret)
# A stack is walked from inside these floors, and SILT_UNWIND=fp needs a frame pointer in each of their functions.
WALKED_FLOORS := entry sample
WALKED_CFLAGS := -fno-omit-frame-pointer

# Atomics in line: the helpers in libgcc choose their instructions by a function that not every C library has.
SHIM_CFLAGS += $(if $(findstring aarch64,$(shell $(CC) -dumpmachine)),-mno-outline-atomics)

SHIM_SOURCES := $(wildcard $(SHIM_DIR)/*/*.c)
SHIM_HEADERS := $(wildcard $(SHIM_DIR)/*/*.h)
