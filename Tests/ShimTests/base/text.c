// SPDX-License-Identifier: Apache-2.0
//
// Texts in fixed buffers.
#include "base/text.h"

#include <string.h>

#include "suite/suite.h"

static void builds_what_fits(void) {
  char buffer[24];
  struct silt_text text = silt_text_in(buffer, sizeof buffer);
  REQUIRE(strcmp(buffer, "") == 0);
  silt_text_add(&text, "a/");
  silt_text_number(&text, UINT64_MAX);
  silt_text_char(&text, '.');
  REQUIRE(strcmp(buffer, "a/18446744073709551615.") == 0 && text.length == 23 && !text.cut);
}

static void says_when_it_cut(void) {
  char buffer[4];
  struct silt_text text = silt_text_in(buffer, sizeof buffer);
  silt_text_add(&text, "abc");
  REQUIRE(!text.cut);
  silt_text_number(&text, 0);
  REQUIRE(text.cut && strcmp(buffer, "abc") == 0);
}

static void reads_digits_and_moves_past_them(void) {
  const char *at = "1234567890123456789.x";
  REQUIRE(silt_text_parse(&at) == UINT64_C(1234567890123456789) && *at == '.');
  REQUIRE(silt_text_parse(&at) == 0 && *at == '.');
  REQUIRE(silt_text_starts("live.silt", "live") && !silt_text_starts("liv", "live"));
  REQUIRE(silt_text_starts("", ""));
}

SUITE({"text: builds what fits", builds_what_fits}, {"text: says when it cut", says_when_it_cut},
      {"text: reads digits and moves past them", reads_digits_and_moves_past_them})
