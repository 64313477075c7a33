// SPDX-License-Identifier: Apache-2.0
//
// A program for the oracle: frames of many shapes that allocate, with omitted frame pointers,
// exceptions, lazily bound calls, realigned and variable stacks, and as many threads as asked for.
// frames [THREADS [ROUNDS]]
#include <alloca.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Node {
  virtual ~Node() = default;
  virtual std::unique_ptr<Node> grow(int depth) = 0;
  std::string name;
};

template <int N>
struct Shape final : Node {
  std::unique_ptr<Node> grow(int depth) override;
  std::unique_ptr<Node> child;
};

std::unique_ptr<Node> make(int depth) {
  switch (depth % 3) {
    case 0:
      return std::make_unique<Shape<0>>();
    case 1:
      return std::make_unique<Shape<1>>();
    default:
      return std::make_unique<Shape<2>>();
  }
}

template <int N>
__attribute__((noinline)) std::unique_ptr<Node> Shape<N>::grow(int depth) {
  volatile char pad[N * 40 + 8];
  pad[0] = static_cast<char>(depth);
  name.assign(static_cast<size_t>(depth) + 30, 'n');
  auto next = make(depth + N);
  if (depth > 0) child = next->grow(depth - 1);
  if (pad[0] != static_cast<char>(depth)) throw std::logic_error("frame lost");
  return next;
}

__attribute__((noinline)) uint64_t realigned(size_t n) {
  alignas(64) volatile uint64_t block[8] = {n};
  char *more = static_cast<char *>(alloca(n * 16 + 16));
  memset(more, static_cast<int>(n), n * 16 + 16);
  std::string text(n + 30, more[n]);
  return block[0] + text.size() + (n == 0 ? 0 : realigned(n - 1));
}

__attribute__((noinline)) int thrower(int depth) {
  std::string text(40, 't');
  if (depth == 0) throw std::runtime_error(text);
  return thrower(depth - 1) + static_cast<int>(text.size());
}

__attribute__((noinline)) size_t work(int round) {
  size_t sum = 0;
  sum += make(round)->grow(20) != nullptr;
  sum += realigned(8);
  try {
    sum += static_cast<size_t>(thrower(10));
  } catch (const std::exception &e) {
    sum += std::string(e.what()).size();
  }
  std::function<size_t(int)> recurse = [&](int n) -> size_t {
    std::vector<int> v(static_cast<size_t>(n) + 10);
    return n == 0 ? v.size() : recurse(n - 1);
  };
  sum += recurse(12);
  std::map<std::string, int> map;
  for (int i = 0; i < 20; i++) map[std::to_string(i * 31337) + " and a longer key"]++;
  std::ostringstream out;
  for (auto &[key, value] : map) out << key << value;
  if (round % 16 == 0) sum += std::regex_search(out.str(), std::regex("(3[0-9]+)|x*y"));
  char *line = nullptr;
  if (asprintf(&line, "%zu %s", sum, out.str().c_str()) > 0) free(line);
  return sum;
}

}  // namespace

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 4, rounds = argc > 2 ? atoi(argv[2]) : 20;
  std::vector<std::thread> threads;
  for (int i = 0; i < count; i++) {
    threads.emplace_back([=] {
      size_t sum = 0;
      for (int r = 0; r < rounds; r++) sum += work(r);
      if (sum == 0) abort();
    });
  }
  for (auto &thread : threads) thread.join();
}
