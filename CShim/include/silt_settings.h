// SPDX-License-Identifier: Apache-2.0
//
// THE rules of the settings: which SILT_ variables there are, and which values make sense. The shim
// reads them by these rules and is silent about a value that makes none; `silt run` and `silt
// doctor` judge by the same rules, and say so before the program starts. Swift imports this.
#ifndef SILT_SETTINGS_H
#define SILT_SETTINGS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum silt_setting_kind {
  SILT_SETTING_NUMBER = 0,     // with an optional unit: k, M, G; "iB" or "B" may follow
  SILT_SETTING_WORD = 1,       // one of `words`; its value is its place there
  SILT_SETTING_SIGNAL = 2,     // a name with or without SIG, a number, or none
  SILT_SETTING_DIRECTORY = 3,  // any path that is not empty; what is there is the reader's business
  SILT_SETTING_SHARE = 4,      // such as 0.5%; its value is in millionths
};

// The places in silt_settings.
enum silt_setting_name {
  SILT_SETTING_INTERVAL = 0,
  SILT_SETTING_CAPACITY = 1,
  SILT_SETTING_DUMP_EVERY = 2,
  SILT_SETTING_DUMP_GROWTH = 3,
  SILT_SETTING_KEEP = 4,
  SILT_SETTING_KEEP_BYTES = 5,
  SILT_SETTING_DUMP_SIGNAL = 6,
  SILT_SETTING_UNWIND = 7,
  SILT_SETTING_EXIT = 8,
  SILT_SETTING_CHILDREN = 9,
  SILT_SETTING_DIR = 10,
  SILT_SETTING_RECORD = 11,
  SILT_SETTING_MAX_OVERHEAD = 12,
  SILT_SETTING_COUNT = 13,
};

struct silt_setting {
  const char *name;
  enum silt_setting_kind kind;
  uint64_t fallback;     // the value without the variable, and if it makes no sense
  uint64_t least, most;  // of a number or a share; beyond them, the nearest is used
  const char *words[3];
};

// The sampler can draw distances up to forty times the interval, and a time in ns plus twice the
// interval between dumps must be a number too: both in 64 bits.
static const struct silt_setting silt_settings[SILT_SETTING_COUNT] = {
    {"SILT_INTERVAL", SILT_SETTING_NUMBER, 512u << 10, 1, UINT64_C(1) << 48, {0}},
    {"SILT_CAPACITY", SILT_SETTING_NUMBER, 64u << 20, 1u << 20, UINT64_C(1) << 36, {0}},
    {"SILT_DUMP_EVERY", SILT_SETTING_NUMBER, 0, 0, UINT64_MAX / 4 / 1000000000u, {0}},
    {"SILT_DUMP_GROWTH", SILT_SETTING_NUMBER, 0, 0, UINT64_MAX >> 2, {0}},
    {"SILT_KEEP", SILT_SETTING_NUMBER, 100, 0, 20000, {0}},
    {"SILT_KEEP_BYTES", SILT_SETTING_NUMBER, 1u << 30, 0, UINT64_MAX >> 1, {0}},
    {"SILT_SIGNAL", SILT_SETTING_SIGNAL, SIGUSR2, 0, 64, {0}},
    {"SILT_UNWIND", SILT_SETTING_WORD, 0, 0, 0, {"cfi", "fp", "libunwind"}},
    {"SILT_EXIT", SILT_SETTING_WORD, 0, 0, 0, {"keep", "discard", 0}},
    {"SILT_CHILDREN", SILT_SETTING_WORD, 1, 0, 0, {"0", "1", 0}},
    {"SILT_DIR", SILT_SETTING_DIRECTORY, 0, 0, 0, {0}},
    {"SILT_RECORD", SILT_SETTING_WORD, 1, 0, 0, {"0", "1", 0}},
    {"SILT_MAX_OVERHEAD", SILT_SETTING_SHARE, 0, 500, 1000000, {0}},
};

static inline const struct silt_setting *silt_setting_at(enum silt_setting_name name) {
  return &silt_settings[name];
}

enum silt_setting_verdict {
  SILT_SETTING_RIGHT = 0,
  SILT_SETTING_BOUNDED = 1,   // beyond the bounds: the nearest is used
  SILT_SETTING_NONSENSE = 2,  // the default is used
};

static inline bool silt_setting_same(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

// False if the text is no number, or one that does not fit into 63 bits.
static inline bool silt_setting_number(const char *text, uint64_t *number) {
  unsigned shift = 0;
  *number = 0;
  if (*text < '0' || *text > '9') return false;
  for (; *text >= '0' && *text <= '9'; text++)
    if (__builtin_mul_overflow(*number, 10u, number) ||
        __builtin_add_overflow(*number, (uint64_t)(*text - '0'), number))
      return false;
  if (*text == 'k' || *text == 'K') shift = 10;
  if (*text == 'm' || *text == 'M') shift = 20;
  if (*text == 'g' || *text == 'G') shift = 30;
  if (shift) text++;
  if (shift && text[0] == 'i' && text[1] == 'B') text++;
  if (*text == 'B') text++;
  if (*text || *number > UINT64_MAX >> 1 >> shift) return false;
  *number <<= shift;
  return true;
}

// A percentage, with a point and up to four digits behind it. The sign must be there: 0.5 alone
// could be a half. False for more than three digits before the point.
static inline bool silt_setting_share(const char *text, uint64_t *millionths) {
  uint64_t unit = 10000;
  const char *start = text;
  *millionths = 0;
  for (; *text >= '0' && *text <= '9'; text++)
    *millionths = *millionths * 10 + (uint64_t)(*text - '0');
  if (text == start || text - start > 3) return false;
  *millionths *= unit;
  if (*text == '.') {
    start = ++text;
    for (; *text >= '0' && *text <= '9' && unit > 1; text++)
      *millionths += (uint64_t)(*text - '0') * (unit /= 10);
    if (text == start) return false;
  }
  return text[0] == '%' && !text[1];
}

// The signals that cannot be handled, and those of faults: a handler that only returns would repeat
// the fault for ever.
static inline bool silt_setting_signal_serves(uint64_t number) {
  return number < 65 && number != SIGKILL && number != SIGSTOP && number != SIGSEGV &&
         number != SIGBUS && number != SIGILL && number != SIGFPE && number != SIGTRAP;
}

static inline bool silt_setting_signal(const char *text, uint64_t *number) {
  static const struct {
    const char *name;
    int number;
  } names[] = {{"USR1", SIGUSR1},   {"USR2", SIGUSR2}, {"HUP", SIGHUP},
               {"WINCH", SIGWINCH}, {"PROF", SIGPROF}, {"URG", SIGURG},
               {"IO", SIGIO},       {"PWR", SIGPWR},   {"none", 0}};
  if (text[0] == 'S' && text[1] == 'I' && text[2] == 'G') text += 3;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (silt_setting_same(text, names[i].name)) {
      *number = (uint64_t)names[i].number;
      return true;
    }
  return silt_setting_number(text, number) && silt_setting_signal_serves(*number);
}

// What a value is worth. `text` is NULL where the variable is not set. `value` is always what the
// shim uses; of a directory it is meaningless.
static inline enum silt_setting_verdict silt_setting_judge(const struct silt_setting *setting,
                                                           const char *text, uint64_t *value) {
  bool sense = false;
  *value = setting->fallback;
  if (!text) return SILT_SETTING_RIGHT;
  switch (setting->kind) {
    case SILT_SETTING_DIRECTORY:
      return *text ? SILT_SETTING_RIGHT : SILT_SETTING_NONSENSE;
    case SILT_SETTING_WORD:
      for (size_t i = 0; i < 3 && setting->words[i] && !sense; i++) {
        sense = silt_setting_same(text, setting->words[i]);
        if (sense) *value = i;
      }
      break;
    case SILT_SETTING_SIGNAL:
      sense = silt_setting_signal(text, value);
      break;
    case SILT_SETTING_NUMBER:
    case SILT_SETTING_SHARE:
      sense = setting->kind == SILT_SETTING_SHARE ? silt_setting_share(text, value)
                                                  : silt_setting_number(text, value);
      // Nobody means the least by 0.
      sense = sense && (*value || !setting->least);
      if (sense && *value < setting->least) {
        *value = setting->least;
        return SILT_SETTING_BOUNDED;
      }
      if (sense && *value > setting->most) {
        *value = setting->most;
        return SILT_SETTING_BOUNDED;
      }
      break;
  }
  if (sense) return SILT_SETTING_RIGHT;
  *value = setting->fallback;
  return SILT_SETTING_NONSENSE;
}

#endif
