// SPDX-License-Identifier: Apache-2.0
//
// Known answers for every C entry point: malloc and its family, aligned allocations, sized frees,
// jemalloc's own calls, what libc allocates in the caller's name, requests that must fail, and
// allocations before main.
//
//   Allocators [exit|abort|kill]
#define _GNU_SOURCE
#include <dlfcn.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "truth.h"

// Volatile, so that no compiler proves that the request must fail.
static volatile size_t huge = PTRDIFF_MAX;

static void *(*dynamic_mallocx)(size_t, int);
static void *(*dynamic_rallocx)(void *, size_t, int);
static size_t (*dynamic_xallocx)(void *, size_t, size_t, int);
static void (*dynamic_dallocx)(void *, int);
static void (*dynamic_sdallocx)(void *, size_t, int);
static void (*dynamic_free_sized)(void *, size_t);
static void (*dynamic_free_aligned_sized)(void *, size_t, size_t);

// Which of the entry points that this libc may not have are here. Never in an answer: a dlsym that
// fails allocates its message. mallctl tells jemalloc itself from a shim that only forwards to it.
static void find_dynamic(void) {
  *(void **)&dynamic_free_sized = dlsym(RTLD_DEFAULT, "free_sized");
  *(void **)&dynamic_free_aligned_sized = dlsym(RTLD_DEFAULT, "free_aligned_sized");
  if (!dlsym(RTLD_DEFAULT, "mallctl")) return;
  *(void **)&dynamic_mallocx = dlsym(RTLD_DEFAULT, "mallocx");
  *(void **)&dynamic_rallocx = dlsym(RTLD_DEFAULT, "rallocx");
  *(void **)&dynamic_xallocx = dlsym(RTLD_DEFAULT, "xallocx");
  *(void **)&dynamic_dallocx = dlsym(RTLD_DEFAULT, "dallocx");
  *(void **)&dynamic_sdallocx = dlsym(RTLD_DEFAULT, "sdallocx");
}

// Every third block is freed at once, the others stay.
static void keep_two_of_three(struct block block, int number) {
  if (number % 3 == 0) free(truth_drop(block));
}

__attribute__((constructor(101))) ANSWER static void allocates_before_main(void) {
  for (int i = 0; i < 12; i++) keep_two_of_three(truth_take(__func__, malloc(1301), 1301), i);
}

ANSWER static void calls_malloc(void) {
  for (int i = 0; i < 30; i++) {
    size_t size = 101 + (size_t)i * 1009;
    keep_two_of_three(truth_take(__func__, malloc(size), size), i);
  }
}

ANSWER static void calls_malloc_of_zero(void) {
  for (int i = 0; i < 9; i++) keep_two_of_three(truth_take(__func__, malloc(0), 0), i);
}

ANSWER static void calls_malloc_mapped(void) {
  for (int i = 0; i < 6; i++) keep_two_of_three(truth_take(__func__, malloc(700001), 700001), i);
}

ANSWER static void calls_calloc(void) {
  for (int i = 0; i < 24; i++) keep_two_of_three(truth_take(__func__, calloc(7, 211), 7 * 211), i);
}

ANSWER static void calls_reallocarray(void) {
  struct block block = truth_take(__func__, reallocarray(NULL, 5, 307), 5 * 307);
  void *address = reallocarray(block.address, 50, 307);
  block = truth_resize(block, __func__, address, 50 * 307);
  truth_resize(block, __func__, reallocarray(block.address, huge, 8), huge);
}

ANSWER static void calls_realloc_of_null(void) {
  for (int i = 0; i < 6; i++) keep_two_of_three(truth_take(__func__, realloc(NULL, 401), 401), i);
}

ANSWER static void calls_realloc_up(void) {
  struct block block = truth_take(__func__, malloc(11), 11);
  for (size_t size = 503; size < 3000000; size = size * 3 + 1)
    block = truth_resize(block, __func__, realloc(block.address, size), size);
}

ANSWER static void calls_realloc_down(void) {
  struct block block = truth_take(__func__, malloc(2000003), 2000003);
  for (size_t size = 1000003; size > 600; size /= 5)
    block = truth_resize(block, __func__, realloc(block.address, size), size);
}

ANSWER static void calls_realloc_same(void) {
  struct block block = truth_take(__func__, malloc(607), 607);
  for (int i = 0; i < 4; i++)
    block = truth_resize(block, __func__, realloc(block.address, 607), 607);
}

// A neighbour stands behind each block, so that it cannot grow where it is.
ANSWER static void calls_realloc_moving(void) {
  for (int i = 0; i < 10; i++) {
    struct block block = truth_take(__func__, malloc(709), 709);
    struct block neighbour = truth_take(__func__, malloc(709), 709);
    block = truth_resize(block, __func__, realloc(block.address, 7090), 7090);
    free(truth_drop(neighbour));
    keep_two_of_three(block, i);
  }
}

ANSWER static void calls_realloc_to_zero(void) {
  for (int i = 0; i < 5; i++) {
    struct block block = truth_take(__func__, malloc(809), 809);
    truth_resize(block, __func__, realloc(block.address, 0), 0);
  }
}

ANSWER static void calls_realloc_failing(void) {
  for (int i = 0; i < 7; i++) {
    struct block block = truth_take(__func__, malloc(907), 907);
    block = truth_resize(block, __func__, realloc(block.address, huge), huge);
    keep_two_of_three(block, i);
  }
}

// What one function allocates and another resizes leaves the answer of the first.
ANSWER static struct block allocates_for_another(void) {
  return truth_take(__func__, malloc(1103), 1103);
}

ANSWER static void resizes_for_another(struct block block) {
  truth_resize(block, __func__, realloc(block.address, 11030), 11030);
}

ANSWER static void calls_posix_memalign(void) {
  for (int i = 0; i < 9; i++) {
    void *address = NULL;
    if (posix_memalign(&address, 64, 1201) != 0) address = NULL;
    keep_two_of_three(truth_take(__func__, address, 1201), i);
  }
  void *address = NULL;
  if (posix_memalign(&address, 3, 1201) == 0) truth_take(__func__, address, 1201);
}

ANSWER static void calls_aligned_alloc(void) {
  for (int i = 0; i < 9; i++)
    keep_two_of_three(truth_take(__func__, aligned_alloc(256, 1280), 1280), i);
}

ANSWER static void calls_memalign(void) {
  for (int i = 0; i < 9; i++)
    keep_two_of_three(truth_take(__func__, memalign(4096, 1409), 1409), i);
}

ANSWER static void calls_valloc(void) {
  for (int i = 0; i < 9; i++) keep_two_of_three(truth_take(__func__, valloc(1511), 1511), i);
}

// jemalloc has no pvalloc, and cannot free what glibc's gives.
ANSWER static void calls_pvalloc(void) {
  if (dynamic_mallocx) return;
  for (int i = 0; i < 9; i++) keep_two_of_three(truth_take(__func__, pvalloc(1601), 1601), i);
}

ANSWER static void calls_realloc_of_aligned(void) {
  struct block block = truth_take(__func__, aligned_alloc(1024, 2048), 2048);
  truth_resize(block, __func__, realloc(block.address, 20480), 20480);
}

ANSWER static void calls_free_sized(void) {
  if (!dynamic_free_sized) return;
  for (int i = 0; i < 9; i++) {
    struct block block = truth_take(__func__, malloc(1709), 1709);
    if (i % 3 == 0) dynamic_free_sized(truth_drop(block), 1709);
  }
}

ANSWER static void calls_free_aligned_sized(void) {
  if (!dynamic_free_aligned_sized) return;
  for (int i = 0; i < 9; i++) {
    struct block block = truth_take(__func__, aligned_alloc(128, 1792), 1792);
    if (i % 3 == 0) dynamic_free_aligned_sized(truth_drop(block), 128, 1792);
  }
}

ANSWER static void calls_mallocx(void) {
  if (!dynamic_mallocx) return;
  for (int i = 0; i < 9; i++) {
    struct block block = truth_take(__func__, dynamic_mallocx(1801, 0), 1801);
    if (i % 3 == 0) dynamic_dallocx(truth_drop(block), 0);
    if (i % 3 == 1) dynamic_sdallocx(truth_drop(block), 1801, 0);
  }
}

ANSWER static void calls_rallocx(void) {
  if (!dynamic_rallocx) return;
  struct block block = truth_take(__func__, dynamic_mallocx(1901, 0), 1901);
  truth_resize(block, __func__, dynamic_rallocx(block.address, 190100, 0), 190100);
}

// 2003 and 2011 bytes are of one size class, so the first resize is done in place; the second
// cannot be.
ANSWER static void calls_xallocx(void) {
  if (!dynamic_xallocx) return;
  struct block block = truth_take(__func__, dynamic_mallocx(2003, 0), 2003);
  if (dynamic_xallocx(block.address, 2011, 0, 0) >= 2011)
    block = truth_resize(block, __func__, block.address, 2011);
  dynamic_xallocx(block.address, 1 << 24, 0, 0);
}

ANSWER static void calls_strdup(void) {
  for (int i = 0; i < 9; i++) {
    const char *text = "a string of forty-one characters and NUL.";
    keep_two_of_three(truth_take(__func__, strdup(text), strlen(text) + 1), i);
  }
}

ANSWER static void calls_strndup(void) {
  for (int i = 0; i < 9; i++)
    keep_two_of_three(truth_take(__func__, strndup("a prefix, no more", 8), 9), i);
}

// glibc reports the size that it asked for.
ANSWER static void calls_getline(FILE *stream) {
  char *line = NULL;
  size_t size = 0;
  if (getline(&line, &size, stream) > 0) truth_take(__func__, line, size);
}

// Its buffer is static, so that the stream allocates nothing in calls_getline.
static FILE *open_one_line(void) {
  static char text[] = "one line\n", buffer[256];
  FILE *stream = fmemopen(text, sizeof text - 1, "r");
  if (stream) setvbuf(stream, buffer, _IOFBF, sizeof buffer);
  return stream;
}

// One block, so that the function has an answer, then requests that nobody can meet.
ANSWER static void makes_impossible_requests(void) {
  truth_take(__func__, malloc(2111), 2111);
  truth_take(__func__, malloc(huge), huge);
  truth_take(__func__, malloc(2 * huge + 1), SIZE_MAX);
  truth_take(__func__, calloc(huge, 3), huge);
  truth_take(__func__, calloc(huge / 2 + 2, 4), huge);
  truth_take(__func__, realloc(NULL, huge), huge);
  truth_take(__func__, reallocarray(NULL, huge, huge), huge);
  truth_take(__func__, aligned_alloc(64, huge), huge);
  truth_take(__func__, memalign(64, huge), huge);
  void *address = NULL;
  if (posix_memalign(&address, 64, huge) == 0) truth_take(__func__, address, huge);
}

// free(NULL) is no event.
ANSWER static void frees_null(void) {
  truth_take(__func__, malloc(2203), 2203);
  for (int i = 0; i < 100; i++) free(NULL);
}

int main(int argc, char **argv) {
  find_dynamic();
  calls_malloc();
  calls_malloc_of_zero();
  calls_malloc_mapped();
  calls_calloc();
  calls_reallocarray();
  calls_realloc_of_null();
  calls_realloc_up();
  calls_realloc_down();
  calls_realloc_same();
  calls_realloc_moving();
  calls_realloc_to_zero();
  calls_realloc_failing();
  resizes_for_another(allocates_for_another());
  calls_posix_memalign();
  calls_aligned_alloc();
  calls_memalign();
  calls_valloc();
  calls_pvalloc();
  calls_realloc_of_aligned();
  calls_free_sized();
  calls_free_aligned_sized();
  calls_mallocx();
  calls_rallocx();
  calls_xallocx();
  calls_strdup();
  calls_strndup();
  calls_getline(open_one_line());
  makes_impossible_requests();
  frees_null();
  return truth_finish(argc, argv);
}
