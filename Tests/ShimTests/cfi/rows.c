// SPDX-License-Identifier: Apache-2.0
//
// rows LIBRARY...: loads each library and compares every row of its unwind tables as we evaluate it
// with the row that `readelf -wF` prints. Exit status 1 if one differs.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cfi/rule.h"

#define MAX_COLUMNS 64

struct tally {
  unsigned long rows, different, packed, general, other;
};

static const char *const names[SILT_REGISTERS] = {
#if defined(__x86_64__)
    "rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8",
    "r9",  "r10", "r11", "r12", "r13", "r14", "r15", "ra",
#elif defined(__aarch64__)
    "x0",  "x1",  "x2",  "x3",  "x4",  "x5",  "x6",  "x7",  "x8",  "x9",  "x10",
    "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21",
    "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "ra",  "sp",
#endif
};

static int number_of(const char *name) {
  for (int i = 0; i < SILT_REGISTERS; i++) {
    if (names[i] != NULL && strcmp(names[i], name) == 0) return i;
  }
  return -1;
}

static void format_cfa(const struct silt_cfi_row *row, char *text, size_t size) {
  if (row->cfa_expression.at != NULL) {
    snprintf(text, size, "exp");
  } else {
    snprintf(text, size, "%s%+ld", names[row->cfa_register], row->cfa_offset);
  }
}

static void format_register(const struct silt_cfi_row *row, int number, char *text, size_t size) {
  int32_t value = row->value[number];
  switch ((enum silt_cfi_where)row->where[number]) {
    case SILT_CFI_SAME:
      snprintf(text, size, "s");
      break;
    case SILT_CFI_UNDEFINED:
      snprintf(text, size, "u");
      break;
    case SILT_CFI_OFFSET:
      snprintf(text, size, "c%+d", value);
      break;
    case SILT_CFI_VALUE_OFFSET:
      snprintf(text, size, "v%+d", value);
      break;
    case SILT_CFI_REGISTER:
      snprintf(text, size, "r%d", value);
      break;
    case SILT_CFI_EXPRESSION:
      snprintf(text, size, "exp");
      break;
    case SILT_CFI_VALUE_EXPRESSION:
      snprintf(text, size, "vexp");
      break;
  }
}

// A register without a rule is printed as undefined.
static bool same(const char *ours, const char *theirs) {
  return strcmp(ours, theirs) == 0 || (strcmp(ours, "s") == 0 && strcmp(theirs, "u") == 0);
}

static void check(struct tally *tally, uint64_t base, uint64_t at, char **cells, int count,
                  const int *columns) {
  struct silt_cfi_entry entry;
  struct silt_cfi_row row;
  char text[64];
  tally->rows++;
  if (silt_cfi_find(base + at, &entry) != SILT_CFI_FOUND ||
      !silt_cfi_row_at(&entry, base + at, &row)) {
    tally->different++;
    printf("%lx: no row\n", at);
    return;
  }
  uint32_t rule = silt_rule_pack(&entry, &row);
  if ((rule & SILT_RULE_BASE) != SILT_RULE_SPECIAL) {
    tally->packed++;
  } else if (rule == SILT_RULE_GENERAL) {
    tally->general++;
  } else {
    tally->other++;
  }
  for (int i = 0; i < count; i++) {
    if (i == 0) {
      format_cfa(&row, text, sizeof text);
    } else if (columns[i] < 0) {
      continue;
    } else {
      format_register(&row, columns[i], text, sizeof text);
    }
    if (!same(text, cells[i])) {
      if (tally->different++ < 10) printf("%lx column %d: %s, readelf %s\n", at, i, text, cells[i]);
    }
  }
}

// Splits at blanks, without the second names in brackets; returns how many words.
static int split(char *line, char **words) {
  int count = 0;
  for (char *word = strtok(line, " \n"); word != NULL && count < MAX_COLUMNS;
       word = strtok(NULL, " \n"))
    if (word[0] != '(') words[count++] = word;
  return count;
}

static struct tally compare(const char *path) {
  struct tally tally = {0};
  struct link_map *map = NULL;
  void *library = dlopen(path, RTLD_NOW);
  char command[4096], line[4096], *words[MAX_COLUMNS];
  int columns[MAX_COLUMNS] = {0};
  if (library == NULL || dlinfo(library, RTLD_DI_LINKMAP, &map) != 0) {
    fprintf(stderr, "rows: %s\n", dlerror());
    exit(2);
  }
  // Under an emulator the loader's paths are not the ones that readelf sees.
  const char *root = getenv("SYSROOT");
  snprintf(command, sizeof command, "readelf -wF '%s%s' 2>/dev/null", root ? root : "",
           map->l_name);
  FILE *readelf = popen(command, "r");
  uint64_t start = 0, end = 0;
  // A row is known to be whole when the next one begins somewhere else.
  char held[4096];
  uint64_t held_at = 0;
  bool holding = false;
  for (bool more = true; more;) {
    more = fgets(line, sizeof line, readelf) != NULL;
    char *fde = more ? strstr(line, " FDE cie=") : NULL;
    char *cells = NULL;
    uint64_t at = more ? strtoul(line, &cells, 16) : 0;
    bool is_row = more && fde == NULL && end != 0 && cells == line + 16 && at >= start && at < end;
    if (holding && (!is_row || at != held_at)) {
      int count = split(held, words);
      check(&tally, map->l_addr, held_at, words, count, columns);
      holding = false;
    }
    if (!more) break;
    if (strstr(line, " CIE") != NULL) end = 0;
    if (fde != NULL && sscanf(strstr(fde, "pc="), "pc=%lx..%lx", &start, &end) != 2) end = 0;
    if (strstr(line, "   LOC") == line) {
      int count = split(line, words);
      for (int i = 1; i < count; i++) columns[i - 1] = number_of(words[i]);
    }
    if (is_row) {
      strcpy(held, cells);
      held_at = at;
      holding = true;
    }
  }
  pclose(readelf);
  return tally;
}

int main(int argc, char **argv) {
  bool failed = argc < 2;
  for (int i = 1; i < argc; i++) {
    struct tally t = compare(argv[i]);
    printf("rows %-20s %7lu rows, %lu different; packed %lu, general %lu, end or stop %lu\n",
           argv[i], t.rows, t.different, t.packed, t.general, t.other);
    failed |= t.different != 0 || t.rows < 100;
  }
  return failed;
}
