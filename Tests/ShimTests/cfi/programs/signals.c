// SPDX-License-Identifier: Apache-2.0
//
// A program for the oracle: signal handlers that allocate, on an alternate stack and on the
// interrupted one, struck at known depths (raise) and at any instruction (a timer).
// signals [ROUNDS]
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

static volatile uint64_t struck;

// Handlers should not allocate, but real ones do. Here it is safe: no timer can interrupt the
// allocator itself.
static void on_raise(int signal) {
  (void)signal;
  free(malloc(64 + struck++ % 64));
}

// In the place of an allocation: the oracle also samples calls of this.
void silt_oracle_sample(void) __attribute__((weak));

static void on_timer(int signal) {
  (void)signal;
  struck++;
  if (silt_oracle_sample != NULL) silt_oracle_sample();
}

static __attribute__((noinline)) uint64_t descend(uint64_t n, int signal) {
  volatile char pad[24];
  pad[0] = (char)n;
  if (n == 0) {
    raise(signal);
    return 1;
  }
  return descend(n - 1, signal) + (uint64_t)pad[0];
}

static __attribute__((noinline)) uint64_t spin(uint64_t n) {
  char text[64];
  memset(text, (int)n, sizeof text);
  uint64_t sum = strlen("abc") + (uint64_t)text[n % 64];
  return n == 0 ? sum : sum * 31 + spin(n - 1);
}

int main(int argc, char **argv) {
  uint64_t rounds = argc > 1 ? strtoull(argv[1], NULL, 10) : 200;
  stack_t stack = {.ss_sp = malloc(1 << 16), .ss_size = 1 << 16};
  sigaltstack(&stack, NULL);
  struct sigaction elsewhere = {.sa_handler = on_raise, .sa_flags = SA_ONSTACK};
  struct sigaction here = {.sa_handler = on_raise};
  struct sigaction timer = {.sa_handler = on_timer, .sa_flags = SA_ONSTACK | SA_RESTART};
  sigaction(SIGUSR1, &elsewhere, NULL);
  sigaction(SIGUSR2, &here, NULL);
  sigaction(SIGVTALRM, &timer, NULL);
  uint64_t sum = 0;
  for (uint64_t i = 0; i < rounds; i++) {
    sum += descend(i % 40, SIGUSR1);
    sum += descend(i % 40, SIGUSR2);
  }
  setitimer(ITIMER_VIRTUAL, &(struct itimerval){{0, 1000}, {0, 1000}}, NULL);
  uint64_t before = struck;
  while (struck < before + rounds / 2) sum += spin(20);
  setitimer(ITIMER_VIRTUAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
  return sum == 0;
}
