// SPDX-License-Identifier: Apache-2.0
//
// Single-steps what programs do and unwinds at every instruction: exceptions, lazily bound calls,
// callbacks from libc, stream output, hand-written assembly, realigned stacks, alloca, longjmp.
// Exit status 1 if any stack was wrong without saying so.
#include <alloca.h>
#include <immintrin.h>
#include <openssl/evp.h>
#include <regex.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "cfi/stepper.h"

namespace {

volatile uint64_t sink;

struct Guard {
  ~Guard() { sink = sink + 1; }
};

__attribute__((noinline)) int thrower(int depth) {
  Guard guard;
  std::string text(static_cast<size_t>(depth) + 20, 'x');
  if (depth == 0) throw std::runtime_error(text);
  return thrower(depth - 1) + static_cast<int>(text.size());
}

void exceptions() {
  for (int i = 0; i < 3; i++) {
    try {
      sink = static_cast<uint64_t>(thrower(i));
    } catch (const std::exception &e) {
      sink = strlen(e.what());
    }
  }
}

int by_value(const void *a, const void *b) {
  return *static_cast<const int *>(a) - *static_cast<const int *>(b);
}

void callbacks() {
  int numbers[] = {5, 3, 9, 1, 7, 2, 8};
  qsort(numbers, 7, sizeof numbers[0], by_value);
  regex_t regex;
  if (regcomp(&regex, "a(b|c)*d", REG_EXTENDED) == 0) {
    sink = static_cast<uint64_t>(regexec(&regex, "xxabcbcbd", 0, nullptr, 0));
    regfree(&regex);
  }
}

void streams() {
  std::map<std::string, std::vector<double>> map;
  for (int i = 0; i < 6; i++) map[std::to_string(i * 7919)].push_back(i / 3.0);
  std::ostringstream out;
  for (auto &[key, values] : map) out << key << ' ' << values[0] << '\n';
  sink = out.str().size();
  char line[64];
  snprintf(line, sizeof line, "%d %.3f %s", 42, 2.5, out.str().c_str());
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
}

// Found before stepping: the search alone takes millions of instructions.
struct Algorithms {
  std::vector<EVP_MD *> digests;
  std::vector<EVP_CIPHER *> ciphers;
};

const Algorithms &algorithms() {
  static const Algorithms all = [] {
    Algorithms a;
    for (const char *name : {"sha1", "sha256", "sha512", "md5"})
      a.digests.push_back(EVP_MD_fetch(nullptr, name, nullptr));
    for (const char *name : {"aes-128-cbc", "aes-128-gcm", "chacha20-poly1305"})
      a.ciphers.push_back(EVP_CIPHER_fetch(nullptr, name, nullptr));
    return a;
  }();
  return all;
}

void assembly() {
  unsigned char digest[EVP_MAX_MD_SIZE], text[300] = {1}, out[400];
  unsigned size;
  for (EVP_MD *algorithm : algorithms().digests) {
    EVP_Digest(text, sizeof text, digest, &size, algorithm, nullptr);
  }
  EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
  for (EVP_CIPHER *algorithm : algorithms().ciphers) {
    int count;
    EVP_EncryptInit_ex(cipher, algorithm, nullptr, text, text);
    EVP_EncryptUpdate(cipher, out, &count, text, sizeof text);
  }
  EVP_CIPHER_CTX_free(cipher);
}

__attribute__((noinline)) uint64_t realigned(uint64_t n) {
  alignas(64) volatile uint64_t block[8] = {n};
  char *more = static_cast<char *>(alloca(n * 8 + 1));
  memset(more, 1, n * 8 + 1);
  return n == 0 ? block[0] : block[0] + realigned(n - 1) + static_cast<uint64_t>(more[n]);
}

jmp_buf jump;

__attribute__((noinline)) void jumper(int depth) {
  char pad[40];
  memset(pad, depth, sizeof pad);
  if (depth == 0) longjmp(jump, 1);
  if (depth < 100) jumper(depth - 1);
  sink = static_cast<uint64_t>(pad[3]);
}

void frames() {
  sink = realigned(5);
  if (setjmp(jump) == 0) jumper(4);
}

// In a realigned frame, GCC 12 keeps the rule for rbp for two instructions after it has popped rbp. No
// unwinder can be right there. (No allocation happens there.)
constexpr uint64_t compilers_fault = 2 * 6;

const struct {
  const char *name;
  void (*run)();
  uint64_t tolerated;
} victims[] = {{"exceptions", exceptions, 0},
               {"callbacks", callbacks, 0},
               {"streams", streams, 0},
               {"assembly", assembly, 0},
               {"frames", frames, compilers_fault}};

}  // namespace

int main(int argc, char **argv) {
  bool failed = false;
  assembly();  // once without stepping, so that libcrypto has set itself up
  for (auto &victim : victims) {
    bool wanted = argc == 1;
    for (int i = 1; i < argc; i++) wanted |= strcmp(argv[i], victim.name) == 0;
    if (!wanted) continue;
    stepper_counts c = stepper_run(victim.run);
    printf(
        "%-10s %8lu instructions: right %lu, early %lu, guessed %lu, wrong %lu, rewritten %lu; "
        "packed: right %lu, general %lu, early %lu, wrong %lu\n",
        victim.name, c.instructions, c.right, c.early, c.guessed, c.wrong, c.rewritten,
        c.packed_right, c.packed_general, c.packed_early, c.packed_wrong);
    failed |=
        c.wrong > victim.tolerated || c.packed_wrong != 0 || c.right < c.instructions * 98 / 100;
  }
  return failed;
}
