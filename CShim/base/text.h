// SPDX-License-Identifier: Apache-2.0
//
// Builds and reads short texts (paths, lines of /proc) in fixed buffers. Does not use libc, so it
// works in a signal handler and before libc is set up. A text that does not fit is cut, and `cut`
// is set: the caller must look at it before using the text as a path.
#ifndef SILT_TEXT_H
#define SILT_TEXT_H

#include "base/base.h"

struct silt_text {
  char *bytes;
  size_t size, length;
  bool cut;
};

static inline struct silt_text silt_text_in(char *buffer, size_t size) {
  buffer[0] = '\0';
  return (struct silt_text){.bytes = buffer, .size = size};
}

static inline void silt_text_char(struct silt_text *text, char c) {
  if (text->length + 1 >= text->size) {
    text->cut = true;
    return;
  }
  text->bytes[text->length++] = c;
  text->bytes[text->length] = '\0';
}

static inline void silt_text_add(struct silt_text *text, const char *more) {
  for (; *more; more++) silt_text_char(text, *more);
}

static inline void silt_text_number(struct silt_text *text, uint64_t number) {
  char digits[20];
  size_t n = 0;
  do digits[n++] = (char)('0' + number % 10);
  while (number /= 10);
  while (n) silt_text_char(text, digits[--n]);
}

// Reads decimal digits at *at and moves *at behind them; 0 if there are none.
static inline uint64_t silt_text_parse(const char **at) {
  uint64_t number = 0;
  for (; **at >= '0' && **at <= '9'; ++*at) number = number * 10 + (uint64_t)(**at - '0');
  return number;
}

static inline bool silt_text_starts(const char *text, const char *prefix) {
  while (*prefix && *text == *prefix) text++, prefix++;
  return !*prefix;
}

#endif
