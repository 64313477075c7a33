// SPDX-License-Identifier: Apache-2.0
//
// zlib, with its initialisation macros as functions that Swift can see.
#include <zlib.h>

// A gzip stream (windowBits 15 + 16).
static inline int silt_gzip_deflate_init(z_stream *stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

static inline int silt_gzip_inflate_init(z_stream *stream) {
  return inflateInit2(stream, 15 + 16);
}

static inline int silt_zlib_inflate_init(z_stream *stream) { return inflateInit(stream); }
