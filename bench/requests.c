// requests: sends prepared HTTP requests over keep-alive connections, one at a time on each (no
// pipelining), and measures the time to each answer. It signs nothing and parses no JSON, so that it
// does not limit the measurement. Without a rate each connection sends its next request as soon as it
// has its answer. With a rate, request i is due at START_US + i / RATE: it is sent then, or as soon as a
// connection is free, and its latency is measured from when it was due.
// The file has, for each request, a 32-bit little-endian length and the bytes.
// Prints one JSON line at the end.
// usage: requests PORT FILE CONNECTIONS [START_US RATE]
#define _GNU_SOURCE
#include "clock.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define STALL_MS 10000

typedef struct {
  int fd;
  size_t have;
  uint64_t since_us;
  char input[4096];
} connection;

static char *file, **starts;
static uint32_t *lengths;
static size_t count, next_request, answered;
static uint64_t ok, bad, latest_us, start_us;
static double rate;
static connection *all, **idle;
static int connections, idle_first, idle_count, timer_fd;
static histogram latency;

// Connections take turns, since servers close connections that are idle for long.
static connection *take_idle(void) {
  connection *c = idle[idle_first];
  idle_first = (idle_first + 1) % connections;
  idle_count--;
  return c;
}

static void put_idle(connection *c) { idle[(idle_first + idle_count++) % connections] = c; }

static void read_requests(const char *name) {
  int fd = open(name, O_RDONLY);
  struct stat info;
  if (fd < 0 || fstat(fd, &info)) fail("Cannot read the requests: the file does not exist");
  size_t size = (size_t)info.st_size, have = 0;
  file = malloc(size);
  while (have < size) {
    ssize_t got = read(fd, file + have, size - have);
    if (got <= 0) fail("Cannot read the requests: the file ends early");
    have += (size_t)got;
  }
  close(fd);
  size_t room = size / 100 + 1;
  starts = malloc(room * sizeof *starts);
  lengths = malloc(room * sizeof *lengths);
  for (size_t at = 0; at + 4 <= size && count < room; count++) {
    memcpy(&lengths[count], file + at, 4);
    starts[count] = file + at + 4;
    at += 4 + lengths[count];
    if (at > size) fail("Cannot read the requests: the last one is cut off");
  }
}

static uint64_t due_us(size_t i) { return start_us + (uint64_t)((double)i * 1e6 / rate); }

static void send_next(connection *c, uint64_t since_us) {
  size_t i = next_request++;
  c->since_us = since_us;
  c->have = 0;
  if (send(c->fd, starts[i], lengths[i], MSG_NOSIGNAL) != (ssize_t)lengths[i]) fail("Cannot send a request: the socket took only a part of it");
}

// Sends the due requests on free connections, and sets the timer for the next one.
static void send_due(void) {
  uint64_t now = now_us();
  while (idle_count > 0 && next_request < count) {
    if (rate > 0 && due_us(next_request) > now) break;
    uint64_t since = rate > 0 ? due_us(next_request) : now;
    if (now - since > latest_us) latest_us = now - since;
    send_next(take_idle(), since);
  }
  if (rate == 0 || next_request == count || idle_count == 0) return;
  uint64_t due = due_us(next_request);
  struct itimerspec at = {.it_value = {.tv_sec = (time_t)(due / 1000000), .tv_nsec = (long)(due % 1000000) * 1000}};
  timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

static double used_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int is_whole(const char *input, size_t have) {
  const char *end = memmem(input, have, "\r\n\r\n", 4);
  if (end == NULL) return 0;
  size_t head = (size_t)(end - input) + 4;
  const char *field = strcasestr(input, "\r\ncontent-length:");
  if (field != NULL && field < end) return have >= head + (size_t)atol(field + 17);
  return memmem(input + head, have - head, "0\r\n\r\n", 5) != NULL;
}

static void on_readable(connection *c) {
  ssize_t got = recv(c->fd, c->input + c->have, sizeof c->input - c->have - 1, 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) fail("Cannot go on: the server closed a keep-alive connection");
  c->have += (size_t)got;
  c->input[c->have] = 0;
  if (c->have == sizeof c->input - 1) fail("Cannot read an answer: it is longer than 4,095 bytes");
  if (!is_whole(c->input, c->have)) return;
  record(&latency, now_us() - c->since_us);
  answered++;
  if (memcmp(c->input, "HTTP/1.1 200", 12) == 0) ok++;
  else if (bad++ == 0) fprintf(stderr, "answer: %.300s\n", c->input);
  put_idle(c);
}

static void connect_one(connection *c, int port, int epoll_fd) {
  int one = 1;
  c->fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(c->fd, (void *)&to, sizeof to)) fail("Cannot connect: nothing listens on the port");
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  fcntl(c->fd, F_SETFL, O_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &event);
  put_idle(c);
}

int main(int argc, char **argv) {
  if (argc != 4 && argc != 6) fail("usage: requests PORT FILE CONNECTIONS [START_US RATE]");
  signal(SIGPIPE, SIG_IGN);
  read_requests(argv[2]);
  connections = atoi(argv[3]);
  if (argc == 6) {
    start_us = strtoull(argv[4], NULL, 10);
    rate = atof(argv[5]);
  }
  int epoll_fd = epoll_create1(0);
  all = calloc((size_t)connections, sizeof *all);
  idle = calloc((size_t)connections, sizeof *idle);
  for (int i = 0; i < connections; i++) connect_one(&all[i], atoi(argv[1]), epoll_fd);
  timer_fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
  struct epoll_event events[256], event = {.events = EPOLLIN, .data.ptr = NULL};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, timer_fd, &event);
  double cpu_before_us = used_us();
  uint64_t began = rate > 0 ? start_us : now_us();
  send_due();
  while (answered < count) {
    int n = epoll_wait(epoll_fd, events, 256, STALL_MS);
    if (n == 0) fail("Cannot go on: no answer came for ten seconds");
    for (int i = 0; i < n; i++) {
      connection *c = events[i].data.ptr;
      uint64_t ticks;
      if (c != NULL) on_readable(c);
      else if (read(timer_fd, &ticks, sizeof ticks) < 0) continue;
    }
    send_due();
  }
  double seconds = (double)(now_us() - began) / 1e6, cpu_us = used_us() - cpu_before_us;
  printf("{\"ok\":%lu,\"bad\":%lu,\"seconds\":%.6f,\"cpuUs\":%.0f,\"latestUs\":%lu,\"latency\":", (unsigned long)ok, (unsigned long)bad, seconds, cpu_us, (unsigned long)latest_us);
  print_histogram(&latency);
  printf("}\n");
  return 0;
}
