// SPDX-License-Identifier: Apache-2.0
//
// Stands in for _dl_find_object before glibc 2.35: a table of the loaded objects, made from the
// loader's list (_r_debug) without the loader's lock, because a sample must never take that. Only
// objects.c uses it; objects.h says what the functions promise.
//
// Knows what lies in the program's own namespace (not in those of dlmopen) and was linked at
// address 0. An object that has just been loaded is found once the loader says that its list is
// consistent and no dlclose is running. An object beyond the table's 2048 is not found. A stack
// that goes through an object that is not found counts as guessed.
#ifndef SILT_LISTED_H
#define SILT_LISTED_H

#include "base/objects.h"

bool silt_listed_find(uint64_t address, struct silt_object *object);
bool silt_listed_is_at(uint64_t address, uint64_t bias);
// Waits for threads that are reading the list: they never wait, and have their signals blocked.
// Gives up after a second.
void silt_listed_unload_begin(void);
void silt_listed_unload_end(void);
void silt_listed_after_fork(void);

#endif
