// SPDX-License-Identifier: Apache-2.0
//
// Load for the payment service: a fixed number of payments over a fixed number of keep-alive
// connections, one thread each, and always the same payments. Exits with status 1 if any answer was
// not 200.
//
//   Load PORT REQUESTS [CONNECTIONS]
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 256, STACK_SIZE = 128 << 10 };

struct worker {
  pthread_t thread;
  in_port_t port;
  int first;   // number of its first payment
  int stride;  // from one payment to its next
  int end;
  int errors;
};

static int connect_to(in_port_t port) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) return -1;
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

// Reads one answer to its last byte; 0 if its status is 200.
static int read_answer(int fd) {
  char answer[4096];
  size_t size = 0;
  for (;;) {
    ssize_t count = recv(fd, answer + size, sizeof answer - 1 - size, 0);
    if (count <= 0) return -1;
    size += (size_t)count;
    answer[size] = 0;
    const char *body = strstr(answer, "\r\n\r\n");
    const char *length = strstr(answer, "Content-Length: ");
    if (body && length && size >= (size_t)(body + 4 - answer) + strtoul(length + 16, NULL, 10))
      return strncmp(answer, "HTTP/1.1 200", 12) == 0 ? 0 : -1;
    if (size == sizeof answer - 1) return -1;
  }
}

static int pay(int fd, int number) {
  char body[160], request[320];
  int body_size =
      snprintf(body, sizeof body, "{\"card\": \"4000%012d\", \"merchant\": \"m%d\", \"cents\": %d}",
               number, number % 10000, 100 + number % 9973);
  int size = snprintf(request, sizeof request,
                      "POST /pay HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                      "Content-Length: %d\r\n\r\n%s",
                      body_size, body);
  if (send(fd, request, (size_t)size, MSG_NOSIGNAL) != size) return -1;
  return read_answer(fd);
}

static void *work(void *argument) {
  struct worker *worker = argument;
  int fd = connect_to(worker->port);
  for (int number = worker->first; number < worker->end; number += worker->stride)
    if (fd < 0 || pay(fd, number) != 0) worker->errors++;
  if (fd >= 0) close(fd);
  return NULL;
}

int main(int argc, char **argv) {
  int port = argc > 1 ? atoi(argv[1]) : 0;
  int requests = argc > 2 ? atoi(argv[2]) : 0;
  int connections = argc > 3 ? atoi(argv[3]) : 8;
  if (port <= 0 || requests <= 0 || connections <= 0 || connections > MAX_CONNECTIONS) {
    fprintf(stderr, "usage: Load PORT REQUESTS [CONNECTIONS (at most %d)]\n", MAX_CONNECTIONS);
    return 2;
  }
  static struct worker workers[MAX_CONNECTIONS];
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK_SIZE);
  for (int i = 0; i < connections; i++) {
    workers[i] = (struct worker){
        .port = (in_port_t)port, .first = i, .stride = connections, .end = requests};
    if (pthread_create(&workers[i].thread, &attributes, work, &workers[i]) != 0) {
      fprintf(stderr, "Load: cannot start thread %d\n", i);
      return 1;
    }
  }
  int errors = 0;
  for (int i = 0; i < connections; i++) {
    pthread_join(workers[i].thread, NULL);
    errors += workers[i].errors;
  }
  printf("done: %d requests over %d connections, %d errors\n", requests, connections, errors);
  return errors == 0 ? 0 : 1;
}
