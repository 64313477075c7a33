// SPDX-License-Identifier: Apache-2.0
//
// Reads the environment without libc's getenv, which a program may interpose and which may lock.
#define _GNU_SOURCE
#include "base/config.h"

#include <sys/auxv.h>

#include "base/alone.h"
#include "base/libc.h"
#include "base/os.h"
#include "base/text.h"
#include "include/silt_settings.h"

extern char **environ;

struct silt_config silt_config;
static uint32_t config_ready, config_idle;

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

static uint64_t config_setting(enum silt_setting_name name) {
  const struct silt_setting *setting = silt_setting_at(name);
  uint64_t value;
  silt_setting_judge(setting, config_value(setting->name), &value);
  return value;
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
  static const uint32_t unwinders[] = {SILT_UNWIND_CFI, SILT_UNWIND_FP, SILT_UNWIND_LIBUNWIND};
  struct silt_config read = {
      .interval = config_setting(SILT_SETTING_INTERVAL),
      .capacity = config_setting(SILT_SETTING_CAPACITY),
      .dump_every = config_setting(SILT_SETTING_DUMP_EVERY) * 1000000000u,
      .dump_growth = config_setting(SILT_SETTING_DUMP_GROWTH),
      .keep_bytes = config_setting(SILT_SETTING_KEEP_BYTES),
      .keep = (uint32_t)config_setting(SILT_SETTING_KEEP),
      .signal = (uint32_t)config_setting(SILT_SETTING_DUMP_SIGNAL),
      .unwind = unwinders[config_setting(SILT_SETTING_UNWIND)],
      .exit = (uint32_t)config_setting(SILT_SETTING_EXIT),
      .max_overhead = (uint32_t)config_setting(SILT_SETTING_MAX_OVERHEAD),
      .children = config_setting(SILT_SETTING_CHILDREN),
      .directory = config_directory(config_value(silt_setting_at(SILT_SETTING_DIR)->name)),
  };
  silt_config = read;
  if (!config_setting(SILT_SETTING_RECORD) || silt_alone_has_loader()) return silt_config_leave();
  store_release(&config_ready, 1u);  // pairs with the acquire in silt_config_ready
}

void silt_config_leave(void) {
  store_relaxed(&config_idle, 1u);
}

bool silt_config_is_idle(void) {
  return load_relaxed(&config_idle) || !silt_libc_is_known();
}

bool silt_config_ready(void) {
  if (SILT_LIKELY(load_acquire(&config_ready))) return true;
  if (!environ || silt_config_is_idle()) return false;
  silt_config_read();
  return load_acquire(&config_ready);
}
