// SPDX-License-Identifier: Apache-2.0
//
// Reads the environment without libc's getenv, which a program may interpose and which may lock.
#define _GNU_SOURCE
#include "base/config.h"

#include <signal.h>
#include <sys/auxv.h>

#include "base/libc.h"
#include "base/os.h"
#include "base/text.h"

// The sampler can draw distances up to forty times the interval: they must fit into 64 bits.
#define MAX_INTERVAL (UINT64_C(1) << 48)
// A time in nanoseconds plus this many seconds must fit into 64 bits.
#define MAX_SECONDS (UINT64_MAX / 2 / 1000000000u)

extern char **environ;

struct silt_config silt_config;
static uint32_t config_ready;

static const char *config_value(const char *name) {
  // A set-user-ID program or the like: whoever set this environment has fewer rights than we have.
  if (getauxval(AT_SECURE)) return NULL;
  for (char **entry = environ; entry && *entry; entry++) {
    const char *a = *entry, *b = name;
    while (*b && *a == *b) a++, b++;
    if (!*b && *a == '=') return a + 1;
  }
  return NULL;
}

static bool config_same(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

// A whole number with an optional unit: k, M, G (KiB, MiB, GiB; "iB" or "B" may follow).
static uint64_t config_number(const char *name, uint64_t fallback) {
  const char *text = config_value(name);
  if (!text || *text < '0' || *text > '9') return fallback;
  uint64_t number = 0;
  for (; *text >= '0' && *text <= '9'; text++) {
    if (__builtin_mul_overflow(number, 10u, &number) ||
        __builtin_add_overflow(number, (uint64_t)(*text - '0'), &number))
      return fallback;
  }
  unsigned shift = 0;
  switch (*text) {
    case 'k':
    case 'K':
      shift = 10;
      break;
    case 'm':
    case 'M':
      shift = 20;
      break;
    case 'g':
    case 'G':
      shift = 30;
      break;
    default:
      break;
  }
  return number > (UINT64_MAX >> 1 >> shift) ? fallback : number << shift;
}

static uint32_t config_signal(const char *text) {
  static const struct {
    const char *name;
    uint32_t number;
  } names[] = {{"USR1", SIGUSR1}, {"USR2", SIGUSR2}, {"HUP", SIGHUP}, {"WINCH", SIGWINCH},
               {"PROF", SIGPROF}, {"URG", SIGURG},   {"IO", SIGIO},   {"PWR", SIGPWR},
               {"none", 0},       {"0", 0}};
  if (!text) return SIGUSR2;
  if (text[0] == 'S' && text[1] == 'I' && text[2] == 'G') text += 3;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (config_same(text, names[i].name)) return names[i].number;
  uint64_t number = config_number("SILT_SIGNAL", SIGUSR2);
  // Not the two that cannot be handled. Not those of faults: a handler that only returns would
  // repeat the fault for ever.
  switch (number) {
    case SIGKILL:
    case SIGSTOP:
    case SIGSEGV:
    case SIGBUS:
    case SIGILL:
    case SIGFPE:
    case SIGTRAP:
      return SIGUSR2;
    default:
      return number < 65 ? (uint32_t)number : SIGUSR2;
  }
}

static uint32_t config_unwind(const char *text) {
  if (text && config_same(text, "fp")) return SILT_UNWIND_FP;
  if (text && config_same(text, "libunwind")) return SILT_UNWIND_LIBUNWIND;
  return SILT_UNWIND_CFI;
}

// A copy, because programs that set their own title overwrite their environment. Absolute, because
// programs change their directory. NULL if it does not fit.
static const char *config_directory(const char *text) {
  static char directory[512];
  if (!text || !*text) return NULL;
  char here[512];
  struct silt_text path = silt_text_in(here, sizeof here);
  if (*text != '/') {
    if (silt_os_directory(here, sizeof here) || *here != '/') return NULL;
    path.length = __builtin_strlen(here);
    silt_text_char(&path, '/');
  }
  silt_text_add(&path, text);
  if (path.cut) return NULL;
  __builtin_memcpy(directory, here, path.length + 1);
  return directory;
}

void silt_config_read(void) {
  uint64_t keep = config_number("SILT_KEEP", 100);
  struct silt_config read = {
      .interval = config_number("SILT_INTERVAL", 512u << 10),
      .capacity = config_number("SILT_CAPACITY", 64u << 20),
      .dump_every = config_number("SILT_DUMP_EVERY", 0),
      .dump_growth = config_number("SILT_DUMP_GROWTH", 0),
      .keep = keep > UINT32_MAX ? UINT32_MAX : (uint32_t)keep,
      .signal = config_signal(config_value("SILT_SIGNAL")),
      .unwind = config_unwind(config_value("SILT_UNWIND")),
      .exit = config_value("SILT_EXIT") && config_same(config_value("SILT_EXIT"), "discard")
                  ? SILT_EXIT_DISCARD
                  : SILT_EXIT_KEEP,
      .children =
          !(config_value("SILT_CHILDREN") && config_same(config_value("SILT_CHILDREN"), "0")),
      .directory = config_directory(config_value("SILT_DIR")),
  };
  if (read.interval == 0) read.interval = 512u << 10;
  if (read.interval > MAX_INTERVAL) read.interval = MAX_INTERVAL;
  if (read.capacity < (1u << 20)) read.capacity = 1u << 20;
  if (read.capacity > (UINT64_C(1) << 36)) read.capacity = UINT64_C(1) << 36;
  if (read.dump_every > MAX_SECONDS) read.dump_every = 0;
  read.dump_every *= 1000000000u;
  silt_config = read;
  store_release(&config_ready, 1u);  // pairs with the acquire in silt_config_ready
}

bool silt_config_ready(void) {
  if (SILT_LIKELY(load_acquire(&config_ready))) return true;
  if (!silt_libc_is_glibc() || !environ) return false;
  silt_config_read();
  return true;
}
