// SPDX-License-Identifier: Apache-2.0
//
// What only C++ can do: operators new and delete, and exceptions through frames that own blocks.
#include <memory>
#include <new>
#include <string>

#include "blocks.h"
#include "model.h"

// A multiple of the alignment, so that the operator asks for what it was asked for.
static constexpr std::align_val_t alignment{64};

static void *aligned_new(uint64_t size) {
  uint64_t bytes = (size + 64) & ~UINT64_C(63);
  // What silt_sampler_lend makes of it, see interpose_cxx.c.
  model_thread.lent = bytes + 64 + 16 + 1;
  void *p = ::operator new(bytes, alignment);
  model_thread.lent = 0;
  return p;
}

void *objects_new(unsigned kind, uint64_t size) {
  switch (kind) {
    case OBJECT_PLAIN:
      return ::operator new(size + 1);
    case OBJECT_ARRAY:
      return ::operator new[](size + 1);
    case OBJECT_NOTHROW:
      return ::operator new(size + 1, std::nothrow);
    default:
      return aligned_new(size);
  }
}

void objects_delete(unsigned kind, void *p, uint64_t size) {
  switch (kind) {
    case OBJECT_PLAIN:
      return ::operator delete(p, size);
    case OBJECT_ARRAY:
      return ::operator delete[](p);
    case OBJECT_NOTHROW:
      return ::operator delete(p, std::nothrow);
    default:
      return ::operator delete(p, alignment);
  }
}

static __attribute__((noinline)) void descend(struct chance *c, unsigned depth) {
  auto owned = std::make_unique<char[]>(chance_size(c) + 1);
  if (depth == 0) throw std::string(chance_below(c, 100), 'x');
  descend(c, depth - 1);
  __asm__ volatile("" ::"r"(owned.get()) : "memory");
}

void objects_throw(struct chance *c) {
  try {
    descend(c, static_cast<unsigned>(chance_below(c, 6)));
  } catch (const std::string &thrown) {
    __asm__ volatile("" ::"r"(thrown.data()) : "memory");
  }
}
