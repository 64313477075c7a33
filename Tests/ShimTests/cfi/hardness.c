// SPDX-License-Identifier: Apache-2.0
//
// hardness [SEED [ROUNDS]]: no walk may crash, whatever it is given: rules, registers, programs,
// expressions and stacks are overwritten at random. Prints its seed; a crash is the failure.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "cfi/expression.h"
#include "cfi/general.h"
#include "cfi/rules.h"
#include "cfi/walk.h"
#include "include/silt_format.h"

static uint64_t state;

static uint64_t next(void) {
  state += UINT64_C(0x9e3779b97f4a7c15);
  return silt_mix(state);
}

static __attribute__((noinline)) uint32_t walk(uint64_t *pcs, uint8_t *end) {
  return silt_cfi_unwind(pcs, SILT_MAX_DEPTH, end);
}

static __attribute__((noinline)) uint32_t descend(uint64_t n, uint64_t *pcs, uint8_t *end) {
  volatile char pad[24];
  pad[0] = (char)n;
  return (n == 0 ? walk(pcs, end) : descend(n - 1, pcs, end)) + (pad[0] == (char)n ? 0 : 1);
}

// Rules for the pcs of this very stack, with random content.
static void corrupt_rules(uint32_t rounds) {
  uint64_t pcs[SILT_MAX_DEPTH], good[SILT_MAX_DEPTH];
  uint8_t end;
  uint32_t depth = descend(12, good, &end), shorter = 0;
  for (uint32_t i = 0; i < rounds; i++) {
    for (uint64_t damage = next() % 3 + 1; damage > 0; damage--) {
      uint64_t key = silt_rules_key(good[next() % depth] + 1);
      uint64_t *line = silt_rules_line(key);
      uint64_t rule =
          next() % 4 == 0 ? next() : (line[0] & 0x3fffffff) ^ UINT64_C(1) << next() % 30;
      for (int way = 0; way < SILT_RULES_WAYS; way++) {
        line[way] = key >> SILT_RULES_LINES_LOG2 << SILT_RULE_BITS | (rule & 0x3fffffff);
      }
    }
    uint32_t got = descend(12, pcs, &end);
    shorter += got != depth;
    if (i % 8 == 0) memset(silt_rules_table, 0, sizeof silt_rules_table);
  }
  memset(silt_rules_table, 0, sizeof silt_rules_table);
  if (descend(12, pcs, &end) != depth || shorter == 0) {
    printf("corrupt rules had no effect, or a lasting one\n");
    exit(1);
  }
}

static void random_registers(uint32_t rounds) {
  uint64_t pcs[SILT_MAX_DEPTH];
  uint8_t end;
  for (uint32_t i = 0; i < rounds; i++) {
    struct silt_registers r;
    silt_registers_capture(&r);
    for (int n = 0; n < SILT_REGISTERS; n++) {
      uint64_t choice = next() % 8;
      if (choice == 0) r.value[n] = next();
      if (choice == 1) r.value[n] = r.value[SILT_REG_SP] + next() % 4096;
      if (choice == 2) r.value[n] = (uint64_t)malloc + next() % 65536;
      if (choice == 3) r.value[n] += next() % 64 - 32;
    }
    if (next() % 2 == 0) r.known = ~UINT64_C(0);
    silt_cfi_walk_general(&r, true, pcs, SILT_MAX_DEPTH, &end);
  }
}

static void random_programs(uint32_t rounds) {
  uint8_t bytes[64];
  struct silt_bounds bounds;
  struct silt_registers registers;
  uint64_t result;
  silt_registers_capture(&registers);
  silt_bounds_at(&bounds, registers.value[SILT_REG_SP]);
  for (uint32_t i = 0; i < rounds; i++) {
    for (size_t b = 0; b < sizeof bytes; b++)
      bytes[b] = (uint8_t)(next() % 3 ? next() % 64 : next());
    struct silt_cfi_entry entry = {
        .start = 1000,
        .end = 2000,
        .initial = {bytes, 8},
        .program = {bytes + 8, 56},
        .code_align = 1,
        .data_align = -8,
        .return_column = next() % 40,
    };
    struct silt_cfi_row row;
    if (silt_cfi_row_at(&entry, 1500, &row)) silt_rule_pack(&entry, &row);
    silt_cfi_evaluate((struct silt_bytes){bytes, sizeof bytes}, NULL, &registers, &bounds, &result);
  }
}

// A stack of random words, with an unreadable page behind it.
static void random_stacks(uint32_t rounds) {
  const size_t size = 4096;
  char *stack = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(stack + size, size, PROT_NONE);
  uint64_t *words = (uint64_t *)stack, pcs[SILT_MAX_DEPTH];
  uint8_t end;
  for (uint32_t i = 0; i < rounds; i++) {
    for (size_t w = 0; w < size / 8; w++) {
      uint64_t choice = next() % 4;
      words[w] = choice == 0   ? next()
                 : choice == 1 ? (uint64_t)stack + next() % (size + 64)
                               : (uint64_t)qsort + next() % 262144;
    }
    struct silt_registers r;
    silt_registers_capture(&r);
    r.value[SILT_REG_SP] = (uint64_t)stack + next() % (size / 8) * 8;
    r.value[SILT_REG_FP] = r.value[SILT_REG_SP] + next() % 32 * 8;
    r.value[SILT_REG_PC] = (uint64_t)qsort + next() % 262144;
    silt_cfi_walk_general(&r, true, pcs, SILT_MAX_DEPTH, &end);
  }
  munmap(stack, 2 * size);
}

int main(int argc, char **argv) {
  uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : (uint64_t)time(NULL);
  uint32_t rounds = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 0) : 20000;
  printf("hardness: seed %lu, %u rounds\n", seed, rounds);
  fflush(stdout);
  state = seed;
  silt_cfi_init();
  corrupt_rules(rounds);
  random_registers(rounds);
  random_programs(rounds);
  random_stacks(rounds / 8);
}
