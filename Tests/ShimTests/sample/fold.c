// SPDX-License-Identifier: Apache-2.0
//
// Folded stacks against answers worked out by hand, and random ones against what folding promises.
#include "sample/fold.h"

#include <string.h>

#include "suite/suite.h"
#include "tables/moment.h"

// Real functions, so that call-frame information tells where they start.
#define FUNCTION(name)                                               \
  static __attribute__((noinline, used)) int name(volatile int *p) { \
    return *p * 3 + (*p)--;                                          \
  }
FUNCTION(function_a)
FUNCTION(function_b)
FUNCTION(function_c)
FUNCTION(function_d)
static int (*const functions[])(volatile int *) = {function_a, function_b, function_c, function_d};

// "ABC" is A calling B calling C; digits are addresses without a function.
static uint32_t spell(const char *text, uint64_t pcs[SILT_MAX_DEPTH]) {
  uint32_t depth = (uint32_t)strlen(text);
  for (uint32_t i = 0; i < depth; i++) {
    char letter = text[depth - 1 - i];
    // Two calls of a function are at different places in it.
    pcs[i] = letter >= 'A' ? (uint64_t)(uintptr_t)functions[letter - 'A'] + 1 + i % 2
                           : 0x10000 + (uint64_t)(letter - '0');
  }
  return depth;
}

static char letter_of(uint64_t pc) {
  for (int i = 0; i < 4; i++)
    if (pc - 1 - (uint64_t)(uintptr_t)functions[i] < 2) return (char)('A' + i);
  return (char)('0' + pc - 0x10000);
}

static const char *folded(const char *text) {
  static char result[SILT_MAX_DEPTH + 1];
  uint64_t pcs[SILT_MAX_DEPTH];
  struct silt_moment moment = silt_moment(NULL, 0, true);
  uint32_t depth = spell(text, pcs), left = silt_fold(pcs, depth, &moment);
  for (uint32_t i = 0; i < left; i++) result[i] = letter_of(pcs[depth - 1 - i]);
  result[left] = '\0';
  return result;
}

static void known_stacks_fold_as_by_hand(void) {
  static const char *const known[][2] = {
      {"", ""},
      {"A", "A"},
      {"AAAA", "AAAA"},    // the innermost four stay
      {"AAAAA", "AAAAA"},  // and one above them is no recursion
      {"AAAAAAAAA", "AAAAA"},
      {"ABCD1234", "ABCD1234"},  // no recursion
      {"ABCBD1234", "ABD1234"},  // B again cuts the path back to B
      {"ABABABAB1234", "AB1234"},
      {"ABCABDABC1234", "ABC1234"},
      {"ABCDA1234", "A1234"},
      {"5AB5A6B1234", "5A6B1234"},  // the same address is the same function
      {"ABCBAD1234", "AD1234"},
  };
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if (strcmp(folded(known[i][0]), known[i][1]) == 0) continue;
    fprintf(stderr, "%s: %s\n", known[i][0], folded(known[i][0]));
    REQUIRE(!"as by hand");
  }
}

static bool calls(const char *text, char caller, char callee) {
  for (; *text; text++)
    if (text[0] == caller && text[1] == callee) return true;
  return false;
}

static void random_folds_keep_what_was_called(void) {
  for (int round = 0; round < 20000; round++) {
    char text[SILT_MAX_DEPTH + 1], result[SILT_MAX_DEPTH + 1];
    size_t depth = suite_below(SILT_MAX_DEPTH + 1), letters = 1 + suite_below(14);
    for (size_t i = 0; i < depth; i++) {
      uint64_t letter = suite_below(letters);
      text[i] = (char)(letter < 4 ? 'A' + letter : '0' + letter - 4);
    }
    text[depth] = '\0';
    strcpy(result, folded(text));
    size_t left = strlen(result), kept = depth < SILT_INNERMOST ? depth : SILT_INNERMOST;
    REQUIRE(left <= depth && strcmp(text + depth - kept, result + left - kept) == 0);
    for (size_t i = 0; i + 1 < left; i++) REQUIRE(calls(text, result[i], result[i + 1]));
    for (size_t i = 0; i + kept < left; i++)
      REQUIRE(!memchr(result + i + 1, result[i], left - kept - i - 1));
  }
}

SUITE({"fold: known stacks fold as by hand", known_stacks_fold_as_by_hand},
      {"fold: random folds keep what was called", random_folds_keep_what_was_called})
