// SPDX-License-Identifier: Apache-2.0
//
// The exact model: libmodel.so is an allocator that the shim finds behind itself. It notes each
// block before its address goes out and until it is freed, so it knows all that the shim should
// have recorded, libc's own blocks too. The whole model is one piece of memory without pointers,
// which can lie in a file and outlive a SIGKILL.
//
// May be called from any thread and from handlers, but not by one that interrupted it: see
// `inside`.
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "include/silt_format.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MODEL_MAGIC UINT64_C(0x4c45444f4d494c53)
#define MODEL_SHARDS 64u
#define MODEL_BUCKETS 512u  // of a shard; a power of two
#define MODEL_NODES 4096u   // of a shard
#define MODEL_CLASSES 512u

// Why the profile may lack a block.
enum {
  MODEL_BEFORE = 1,  // of before model_begin, or of the parent of a fork
  MODEL_MAYBE = 2,   // a handler left the call by longjmp: nobody knows how far the shim had come
  MODEL_NESTED = 4,  // allocated in a handler, or later in a thread that a handler had left so
};

struct model_node {
  uint64_t address;
  uint64_t size;
  uint32_t next;  // index in `nodes` + 1
  uint16_t flags;
  uint16_t seen;  // of compare.c
};

struct model_shard {
  uint32_t lock;
  uint32_t fresh;  // nodes that were ever used
  uint32_t free;   // list, index + 1
  uint32_t buckets[MODEL_BUCKETS];
  struct model_node nodes[MODEL_NODES];
};

struct model {
  uint64_t magic;
  uint32_t begun;
  uint32_t full;      // a block found no node: the model is worth nothing
  uint32_t in_calls;  // threads between model_call and model_returned
  uint32_t reserved;
  struct silt_count allocated[MODEL_CLASSES];
  struct silt_count nested, maybe, lent;
  // What the session had more than the model at model_begin.
  struct silt_count ahead[MODEL_CLASSES];
  struct model_shard shards[MODEL_SHARDS];
};

struct model_thread {
  int inside;    // in the allocator: a handler must neither allocate nor leave
  int handling;  // in a handler of the test
  int left;      // a handler has left a call of this thread
  int jumpable;  // a handler may leave, by longjmp
  // In an aligned operator new: so many bytes of a handler's blocks may not be sampled. If the
  // handler leaves the call, so many of what the thread allocates next.
  uint64_t lent, owed;
  uint64_t operand;   // the block that the call in progress frees or resizes
  uint64_t obtained;  // the last block that this thread got
};

extern struct model model;
extern __thread struct model_thread model_thread __attribute__((tls_model("initial-exec")));

// From here on the model is exact. `session` is the mapped session, or NULL.
void model_begin(const void *session);
// Around each call of the malloc family that a handler may leave.
void model_call(const void *operand);
void model_returned(void);
// From the handler, when it is about to leave.
void model_leave_call(void);
// In a forked child that does not call fork's handlers, and by those.
void model_forked(void);

#ifdef __cplusplus
}
#endif

#endif
