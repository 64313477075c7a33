// SPDX-License-Identifier: Apache-2.0
//
// Passes each question on to glibc where it can answer, else to our own table; in a static program,
// to what that says of itself.
#define _GNU_SOURCE
#include "base/objects.h"

#include "base/alone.h"
#include "base/libc.h"
#include "base/listed.h"

#ifdef SILT_STATIC

bool silt_objects_find(uint64_t address, struct silt_object *object) {
  return silt_alone_find(address, object);
}

bool silt_objects_is_at(uint64_t address, uint64_t bias) {
  struct silt_object object;
  return silt_alone_find(address, &object) && object.bias == bias;
}

void silt_objects_unload_begin(void) {}
void silt_objects_unload_end(void) {}
void silt_objects_after_fork(void) {}

#else

bool silt_objects_find(uint64_t address, struct silt_object *object) {
  struct dl_find_object found;
  if (SILT_UNLIKELY(!_dl_find_object)) return silt_listed_find(address, object);
  if (_dl_find_object((void *)address, &found) != 0) return false;
  *object = (struct silt_object){.start = (uintptr_t)found.dlfo_map_start,
                                 .end = (uintptr_t)found.dlfo_map_end,
                                 .bias = found.dlfo_link_map->l_addr,
                                 .unwind_table = found.dlfo_eh_frame,
                                 .name = found.dlfo_link_map->l_name};
  return true;
}

bool silt_objects_is_at(uint64_t address, uint64_t bias) {
  struct dl_find_object found;
  if (SILT_UNLIKELY(!_dl_find_object)) return silt_listed_is_at(address, bias);
  return _dl_find_object((void *)address, &found) == 0 && found.dlfo_link_map->l_addr == bias;
}

void silt_objects_unload_begin(void) {
  if (!_dl_find_object) silt_listed_unload_begin();
}

void silt_objects_unload_end(void) {
  if (!_dl_find_object) silt_listed_unload_end();
}

void silt_objects_after_fork(void) {
  if (!_dl_find_object) silt_listed_after_fork();
}

#endif
