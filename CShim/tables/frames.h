// SPDX-License-Identifier: Apache-2.0
//
// The frames: each pc that stands in a stack, once, as its module and link address. A table that
// only grows, in levels of doubling size, as the live table does.
//
// Lock-free and async-signal-safe. Two threads that meet a new frame while a level is added may
// give it two ids; readers see the same frame twice. Generated code is bounded: when it fills a
// quarter of the table only the pages of further addresses are kept, from half on not even these.
#ifndef SILT_FRAMES_H
#define SILT_FRAMES_H

#include "tables/moment.h"

// The id of the frame of a pc on the calling thread's stack. If it is new: 0, unless `add`, which
// never answers 0: a frame that finds no room is SILT_FRAME_OMITTED, and counted.
uint32_t silt_frames_find(struct silt_header *header, uint64_t pc, const struct silt_moment *moment,
                          bool add);

#endif
