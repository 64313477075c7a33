// SPDX-License-Identifier: Apache-2.0
//
// Known answers for every replaceable operator new and delete, for what the language and the
// library make of them, and for objects made before main.
//
//   Operators [exit|abort|kill]
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

#include "truth.h"

namespace {

// Sizes that go with it are multiples of it: libstdc++ rounds others up before it asks malloc.
constexpr std::align_val_t aligned{128};

// Volatile, so that no compiler proves that the request must fail.
volatile std::size_t huge = PTRDIFF_MAX;

struct Early {
  ANSWER Early() {
    for (int i = 0; i < 5; i++) truth_take("Early", ::operator new(1013), 1013);
  }
};

const Early early;

ANSWER void plain_new() {
  for (int i = 0; i < 9; i++) {
    block made = truth_take(__func__, ::operator new(103), 103);
    if (i % 3 == 0) ::operator delete(truth_drop(made));
  }
}

ANSWER void array_new() {
  for (int i = 0; i < 9; i++) {
    block made = truth_take(__func__, ::operator new[](211), 211);
    if (i % 3 == 0) ::operator delete[](truth_drop(made));
  }
}

ANSWER void nothrow_new() {
  for (int i = 0; i < 9; i++) {
    block made = truth_take(__func__, ::operator new(307, std::nothrow), 307);
    if (i % 3 == 0) ::operator delete(truth_drop(made), std::nothrow);
  }
}

ANSWER void nothrow_array_new() {
  for (int i = 0; i < 9; i++) {
    block made = truth_take(__func__, ::operator new[](401, std::nothrow), 401);
    if (i % 3 == 0) ::operator delete[](truth_drop(made), std::nothrow);
  }
}

ANSWER void aligned_new() {
  for (int i = 0; i < 9; i++) {
    block made = truth_take(__func__, ::operator new(512, aligned), 512);
    if (i % 3 == 0) ::operator delete(truth_drop(made), aligned);
  }
}

ANSWER void aligned_array_new() {
  for (int i = 0; i < 9; i++) {
    block made = truth_take(__func__, ::operator new[](640, aligned), 640);
    if (i % 3 == 0) ::operator delete[](truth_drop(made), aligned);
  }
}

ANSWER void aligned_nothrow_new() {
  for (int i = 0; i < 9; i++) {
    block made = truth_take(__func__, ::operator new(768, aligned, std::nothrow), 768);
    if (i % 3 == 0) ::operator delete(truth_drop(made), aligned, std::nothrow);
  }
}

ANSWER void aligned_nothrow_array_new() {
  for (int i = 0; i < 9; i++) {
    block made = truth_take(__func__, ::operator new[](896, aligned, std::nothrow), 896);
    if (i % 3 == 0) ::operator delete[](truth_drop(made), aligned, std::nothrow);
  }
}

ANSWER void sized_delete() {
  for (int i = 0; i < 9; i++) {
    block made = truth_take(__func__, ::operator new(907), 907);
    if (i % 3 == 0) ::operator delete (truth_drop(made), std::size_t{907});
  }
}

ANSWER void sized_array_delete() {
  for (int i = 0; i < 9; i++) {
    block made = truth_take(__func__, ::operator new[](1009), 1009);
    if (i % 3 == 0) ::operator delete[](truth_drop(made), std::size_t{1009});
  }
}

ANSWER void sized_aligned_delete() {
  for (int i = 0; i < 9; i++) {
    block made = truth_take(__func__, ::operator new(1152, aligned), 1152);
    if (i % 3 == 0) ::operator delete (truth_drop(made), std::size_t{1152}, aligned);
  }
}

ANSWER void sized_aligned_array_delete() {
  for (int i = 0; i < 9; i++) {
    block made = truth_take(__func__, ::operator new[](1280, aligned), 1280);
    if (i % 3 == 0) ::operator delete[](truth_drop(made), std::size_t{1280}, aligned);
  }
}

// No answers below: libstdc++ makes one byte of none, and allocates an exception for each failure,
// in a size that is its secret. They must only not disturb.
void zero_size_new() {
  for (int i = 0; i < 9; i++) ::operator delete(::operator new(0));
}

void failing_nothrow_new() {
  ::operator delete(::operator new(huge, std::nothrow));
  ::operator delete[](::operator new[](huge, std::nothrow));
  ::operator delete(::operator new(huge, aligned, std::nothrow), aligned);
}

void throwing_new() {
  for (int i = 0; i < 5; i++) {
    try {
      ::operator delete(::operator new(huge));
    } catch (const std::bad_alloc &) {
    }
  }
}

struct Record {
  char text[1409];
  virtual ~Record() = default;
};

struct alignas(64) Line {
  char text[1472];
};

Record *volatile records[9];
Line *volatile lines[9];

ANSWER void new_expressions() {
  for (int i = 0; i < 9; i++) {
    records[i] = new Record;
    truth_allocated(__func__, sizeof(Record));
    if (i % 3 != 0) continue;
    truth_freed(__func__, sizeof(Record));
    delete records[i];
  }
}

ANSWER void overaligned_new_expressions() {
  for (int i = 0; i < 9; i++) {
    lines[i] = new Line;
    truth_allocated(__func__, sizeof(Line));
    if (i % 3 != 0) continue;
    truth_freed(__func__, sizeof(Line));
    delete lines[i];
  }
}

// An array of objects with a destructor has a count in front of it.
ANSWER void array_new_expressions() {
  records[0] = new Record[7];
  truth_allocated(__func__, 7 * sizeof(Record) + sizeof(std::size_t));
  delete[] records[0];
  truth_freed(__func__, 7 * sizeof(Record) + sizeof(std::size_t));
  records[0] = new Record[3];
  truth_allocated(__func__, 3 * sizeof(Record) + sizeof(std::size_t));
}

// Made by new, so that it outlives the destructors of static objects and is in the dump at exit.
ANSWER void vectors() {
  auto *kept = new std::vector<std::uint64_t>;
  truth_allocated(__func__, sizeof *kept);
  kept->reserve(1511);
  truth_allocated(__func__, 1511 * 8);
  std::vector<std::uint64_t> passing(1601);
  truth_allocated(__func__, 1601 * 8);
  kept->assign(passing.begin(), passing.begin() + 1500);
  truth_freed(__func__, 1601 * 8);
}

}  // namespace

int main(int argc, char **argv) {
  plain_new();
  array_new();
  nothrow_new();
  nothrow_array_new();
  aligned_new();
  aligned_array_new();
  aligned_nothrow_new();
  aligned_nothrow_array_new();
  sized_delete();
  sized_array_delete();
  sized_aligned_delete();
  sized_aligned_array_delete();
  zero_size_new();
  // mimalloc aborts where others answer nullptr.
  if (argc < 3 || std::string_view(argv[2]) != "possible") {
    failing_nothrow_new();
    throwing_new();
  }
  new_expressions();
  overaligned_new_expressions();
  array_new_expressions();
  vectors();
  return truth_finish(argc, argv);
}
