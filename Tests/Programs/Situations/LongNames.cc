// SPDX-License-Identifier: Apache-2.0
//
// Functions whose names have more than 400 characters, as templates of C++ have them. Allocates,
// prints "ready", then allocates more for each line of its input; the end of the input ends it. One
// of its threads waits all the time.
#include <cstdio>
#include <cstdlib>
#include <thread>

template <typename Left, typename Right>
struct Joined {};

struct Customer {};
struct Order {};
using One = Joined<Customer, Order>;
using Two = Joined<One, One>;
using Three = Joined<Two, Two>;
using Four = Joined<Three, Three>;
using Five = Joined<Four, Four>;

template <typename Rows>
struct Repository {
  __attribute__((noinline)) static void *insert(size_t size) {
    void *block = malloc(size);
    *static_cast<volatile char *>(block) = 1;
    return block;
  }
  __attribute__((noinline)) static void load(int rows) {
    for (int i = 0; i < rows; i++) insert(1000);
  }
};

int main() {
  Repository<Five>::load(1000);
  std::thread([] {
    Repository<Five>::load(10);
    for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
  }).detach();
  puts("ready");
  fflush(stdout);
  for (int letter; (letter = getchar()) != EOF;)
    if (letter == '\n') {
      Repository<Five>::load(2000);
      puts("more");
      fflush(stdout);
    }
}
