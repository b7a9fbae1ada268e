// subscribers: a single-threaded epoll client that holds many subscribers of a Pusher-protocol server and
// counts their deliveries. It is not a complete client: it reads frames, parses no JSON, and applies no
// delta. A delivery is a frame that contains "@@<microseconds>@", the time the event was due, from which it
// computes the latency. The event "bench" without a time and deltas are deliveries too, but only counted.
// Commands come on stdin, one per line, and each is answered with one JSON line on stdout:
//   open N     connect N more; answered when all are established (and subscribed) or dead
//   move CHANNEL [MEMBERS]
//              subscribe all to CHANNEL, after unsubscribing them from that of the last move; MEMBERS, if
//              any, go into the frame, with the subscriber's number modulo 100 for "{n}"; answered
//              when all are subscribed
//   reset      forget the deliveries counted so far
//   count      deliveries so far
//   report     deliveries, bytes, latency histogram, and per event the latency of its last delivery
//   close      close all with a Close frame; answered when all are closed
// Ends when stdin ends.
// usage: subscribers PORT PATH MOST CHANNELS PARALLEL SOURCES     (CHANNELS 0: do not subscribe)
#define _GNU_SOURCE
#include "clock.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <fcntl.h>
#include <unistd.h>

#define OPEN_LIMIT_US 60000000ull
#define CLOSE_LIMIT_US 20000000ull
#define LAST_SLOTS (1 << 17)
#define LAST_MOST (LAST_SLOTS / 2)
#define DELTA_SIZES (1 << 16)

enum { CONNECTING, UPGRADING, GREETING, SUBSCRIBING, READY, CLOSING, GONE };

typedef struct {
  int fd;
  uint8_t state;
  uint8_t moved; // is on the channel of the last move
  uint32_t held; // bytes of a frame that has not arrived completely
  char *rest;
  uint64_t started_us;
} subscriber;

typedef struct {
  uint64_t stamp, us;
} last_delivery;

static int port, most, channels, parallel, sources, epoll_fd;
static const char *path;
static subscriber *all;
static int begun, wanted, in_flight, ready, dead, errors;
static uint64_t opening_since, closing_since, open_started, last_ready;
static uint64_t deliveries, delivered_bytes, missing_stamps, deltas, binaries;
static uint64_t delta_sizes[DELTA_SIZES]; // by frame bytes; the last entry counts all longer frames
static char moved_to[200];
static histogram latency, opening;
static last_delivery *lasts;
static int last_count;
static char input[1 << 20];

static void send_frame(subscriber *s, const char *text, size_t length, int opcode) {
  char out[512];
  size_t at = 0;
  if (length > 400) fail("Cannot send a frame: it is longer than 400 bytes");
  out[at++] = (char)(0x80 | opcode);
  if (length < 126) out[at++] = (char)(0x80 | length);
  else {
    out[at++] = (char)(0x80 | 126);
    out[at++] = (char)(length >> 8);
    out[at++] = (char)length;
  }
  for (int i = 1; i <= 4; i++) out[at++] = (char)i;
  for (size_t i = 0; i < length; i++) out[at++] = (char)(text[i] ^ ((i & 3) + 1));
  if (write(s->fd, out, at) != (ssize_t)at) errors++;
}

static void drop(subscriber *s) {
  if (s->state == GONE) return;
  if (s->state < READY) in_flight--;
  else ready--;
  if (s->state != CLOSING) dead++;
  s->state = GONE;
  close(s->fd);
  free(s->rest);
  s->rest = NULL;
  s->held = 0;
}

static void become_ready(subscriber *s) {
  last_ready = now_us();
  record(&opening, last_ready - s->started_us);
  s->state = READY;
  in_flight--;
  ready++;
}

static int has(const char *text, size_t length, const char *needle) {
  return memmem(text, length, needle, strlen(needle)) != NULL;
}

static void note_last(uint64_t stamp, uint64_t us) {
  static uint64_t recent_stamp;
  static last_delivery *recent;
  if (recent == NULL || recent_stamp != stamp || recent->stamp != stamp) {
    uint64_t slot = (stamp * 0x9e3779b97f4a7c15ull) >> 47;
    while (lasts[slot].stamp != 0 && lasts[slot].stamp != stamp) slot = (slot + 1) % LAST_SLOTS;
    if (lasts[slot].stamp == 0) {
      if (last_count == LAST_MOST) return;
      last_count++;
      lasts[slot].stamp = stamp;
    }
    recent = &lasts[slot];
    recent_stamp = stamp;
  }
  if (us > recent->us) recent->us = us;
}

static void on_delivery(const char *mark, size_t frame_bytes) {
  deliveries++;
  delivered_bytes += frame_bytes;
  uint64_t stamp = 0;
  for (const char *p = mark + 2; *p >= '0' && *p <= '9'; p++) stamp = stamp * 10 + (uint64_t)(*p - '0');
  if (stamp == 0) {
    missing_stamps++;
    return;
  }
  uint64_t now = now_us(), us = now > stamp ? now - stamp : 0;
  record(&latency, us);
  note_last(stamp, us);
}

static void on_delta(size_t frame_bytes) {
  deliveries++;
  delivered_bytes += frame_bytes;
  deltas++;
  delta_sizes[frame_bytes < DELTA_SIZES ? frame_bytes : DELTA_SIZES - 1]++;
}

static void subscribe(subscriber *s, const char *channel, const char *members) {
  char out[400];
  int n = snprintf(out, sizeof out, "{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"%s\"%s}}", channel, members);
  if (n >= (int)sizeof out) fail("Cannot subscribe: the frame is longer than 399 bytes");
  s->state = SUBSCRIBING;
  send_frame(s, out, (size_t)n, 1);
}

static void on_text(subscriber *s, const char *text, size_t length, size_t frame_bytes) {
  if (s->state == READY) {
    const char *mark = memmem(text, length, "@@", 2);
    if (mark != NULL) {
      on_delivery(mark, frame_bytes);
      return;
    }
    // A delta frame contains the event's name too.
    if (has(text, length, ":delta\"")) {
      on_delta(frame_bytes);
      return;
    }
    if (has(text, length, "\"event\":\"bench\"")) {
      deliveries++;
      delivered_bytes += frame_bytes;
      return;
    }
  }
  if (has(text, length, "\"pusher:ping\"")) {
    const char *pong = "{\"event\":\"pusher:pong\",\"data\":{}}";
    send_frame(s, pong, strlen(pong), 1);
    return;
  }
  if (s->state == GREETING && has(text, length, "pusher:connection_established")) {
    if (channels == 0) {
      become_ready(s);
      return;
    }
    char channel[32];
    snprintf(channel, sizeof channel, "bench-%ld", (long)(s - all) % channels);
    subscribe(s, channel, "");
    return;
  }
  if (s->state == SUBSCRIBING && has(text, length, "pusher_internal:subscription_succeeded")) {
    become_ready(s);
    return;
  }
  if (has(text, length, "\"pusher:error\"") && errors++ == 0) fprintf(stderr, "error frame: %.*s\n", (int)(length < 300 ? length : 300), text);
}

// Handles the complete frames at the start of `data`; returns how many bytes they took.
static size_t on_frames(subscriber *s, char *data, size_t length) {
  size_t at = 0;
  while (length - at >= 2) {
    const uint8_t *f = (const uint8_t *)data + at;
    size_t body = f[1] & 127, head = 2;
    if (body == 126) {
      if (length - at < 4) break;
      body = (size_t)f[2] << 8 | f[3];
      head = 4;
    } else if (body == 127) {
      if (length - at < 10) break;
      body = 0;
      for (int i = 0; i < 8; i++) body = body << 8 | f[2 + i];
      head = 10;
    }
    if (length - at - head < body) break;
    char *text = data + at + head;
    switch (f[0] & 15) {
      case 1: on_text(s, text, body, head + body); break;
      case 2:
        binaries++;
        on_delta(head + body);
        break;
      case 8: drop(s); return length;
      case 9: send_frame(s, text, body, 10); break;
    }
    at += head + body;
  }
  return at;
}

static void on_readable(subscriber *s) {
  size_t have = s->held;
  if (have > 0) memcpy(input, s->rest, have);
  ssize_t got = recv(s->fd, input + have, sizeof input - have - 1, 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) {
    drop(s);
    return;
  }
  size_t length = have + (size_t)got, used = 0;
  input[length] = 0;
  if (s->state == UPGRADING) {
    char *end = memmem(input, length, "\r\n\r\n", 4);
    if (end != NULL) {
      if (memcmp(input, "HTTP/1.1 101", 12) != 0) {
        if (errors++ == 0) fprintf(stderr, "upgrade refused: %.100s\n", input);
        drop(s);
        return;
      }
      s->state = GREETING;
      used = (size_t)(end - input) + 4;
    }
  }
  if (s->state >= GREETING) {
    used += on_frames(s, input + used, length - used);
    if (s->state == GONE) return;
  }
  size_t rest = length - used;
  if (rest > 0) {
    s->rest = realloc(s->rest, rest);
    memcpy(s->rest, input + used, rest);
  } else if (s->rest != NULL) {
    free(s->rest);
    s->rest = NULL;
  }
  s->held = (uint32_t)rest;
}

static void begin(subscriber *s) {
  int one = 1;
  s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (s->fd < 0) fail("Cannot open a socket: the limit of open files is too low, raise it with ulimit -n");
  setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  // Each source address has its own 28,000 ports. The port is chosen at connect, not at bind, so
  // that a port may serve several destinations.
  setsockopt(s->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  struct sockaddr_in from = {.sin_family = AF_INET};
  from.sin_addr.s_addr = htonl(0x7f000002u + (uint32_t)((s - all) % sources));
  if (bind(s->fd, (void *)&from, sizeof from)) fail("Cannot bind to a loopback address");
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  to.sin_addr.s_addr = htonl(0x7f000001u);
  s->started_us = now_us();
  s->state = CONNECTING;
  s->moved = 0;
  in_flight++;
  if (connect(s->fd, (void *)&to, sizeof to) && errno != EINPROGRESS) {
    if (errors++ == 0) perror("connect");
    drop(s);
    return;
  }
  struct epoll_event event = {.events = EPOLLOUT, .data.ptr = s};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, s->fd, &event);
}

static void on_connected(subscriber *s) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    if (errors++ == 0) fprintf(stderr, "connect: %s\n", strerror(error));
    drop(s);
    return;
  }
  char request[512];
  int n = snprintf(request, sizeof request,
    "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", path, port);
  if (write(s->fd, request, (size_t)n) != n) errors++;
  s->state = UPGRADING;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = s};
  epoll_ctl(epoll_fd, EPOLL_CTL_MOD, s->fd, &event);
}

static void reset(void) {
  deliveries = delivered_bytes = missing_stamps = deltas = binaries = 0;
  memset(delta_sizes, 0, sizeof delta_sizes);
  memset(&latency, 0, sizeof latency);
  memset(lasts, 0, sizeof *lasts * LAST_SLOTS);
  last_count = 0;
}

static void print_report(void) {
  printf("{\"deliveries\":%lu,\"bytes\":%lu,\"unstamped\":%lu,\"errors\":%d,\"dead\":%d,\"latency\":",
    (unsigned long)deliveries, (unsigned long)delivered_bytes, (unsigned long)missing_stamps, errors, dead);
  print_histogram(&latency);
  printf(",\"deltas\":%lu,\"binaries\":%lu,\"deltaSizes\":[", (unsigned long)deltas, (unsigned long)binaries);
  const char *comma = "";
  for (int i = 0; i < DELTA_SIZES; i++) {
    if (delta_sizes[i] == 0) continue;
    printf("%s[%d,%lu]", comma, i, (unsigned long)delta_sizes[i]);
    comma = ",";
  }
  printf("],\"lasts\":[");
  comma = "";
  for (int i = 0; i < LAST_SLOTS; i++) {
    if (lasts[i].stamp == 0) continue;
    printf("%s%lu", comma, (unsigned long)lasts[i].us);
    comma = ",";
  }
  printf("]}\n");
}

static void start_opening(void) {
  memset(&opening, 0, sizeof opening);
  opening_since = open_started = last_ready = now_us();
}

// The sockets stay open, so that two measurements differ only in the subscription.
static void move_all(const char *channel, const char *members) {
  char leave[300], own[400];
  int n = snprintf(leave, sizeof leave, "{\"event\":\"pusher:unsubscribe\",\"data\":{\"channel\":\"%s\"}}", moved_to);
  const char *number = strstr(members, "{n}");
  for (int i = 0; i < begun; i++) {
    subscriber *s = &all[i];
    if (s->state != READY) continue;
    if (s->moved) send_frame(s, leave, (size_t)n, 1);
    if (number != NULL) snprintf(own, sizeof own, "%.*s%d%s", (int)(number - members), members, i % 100, number + 3);
    s->moved = 1;
    s->started_us = now_us();
    ready--;
    in_flight++;
    subscribe(s, channel, number == NULL ? members : own);
  }
  snprintf(moved_to, sizeof moved_to, "%s", channel);
  start_opening();
}

static void start_closing(void) {
  for (int i = 0; i < begun; i++) {
    if (all[i].state != READY) continue;
    all[i].state = CLOSING;
    send_frame(&all[i], "\x03\xe8", 2, 8);
  }
  closing_since = now_us();
}

static void on_command(const char *line) {
  int n = 0;
  char channel[200], members[400] = "";
  if (sscanf(line, "open %d", &n) == 1) {
    if (n < 1 || wanted + n > most) fail("Cannot open so many: more than the most that was declared");
    wanted += n;
    start_opening();
  } else if (sscanf(line, "move %199s %399[^\n]", channel, members) >= 1) move_all(channel, members);
  else if (strcmp(line, "reset") == 0) {
    reset();
    printf("{}\n");
  } else if (strcmp(line, "count") == 0) printf("{\"deliveries\":%lu}\n", (unsigned long)deliveries);
  else if (strcmp(line, "report") == 0) print_report();
  else if (strcmp(line, "close") == 0) start_closing();
  else fail("Cannot read a command: it is unknown");
}

static void on_stdin(void) {
  static char line[700];
  static size_t length;
  char c;
  for (;;) {
    ssize_t got = read(0, &c, 1);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) exit(0);
    if (c != '\n') {
      if (length < sizeof line - 1) line[length++] = c;
      continue;
    }
    line[length] = 0;
    length = 0;
    on_command(line);
    fflush(stdout);
  }
}

static void answer_finished_work(void) {
  uint64_t now = now_us();
  if (opening_since != 0 && (ready + dead >= wanted || now - opening_since > OPEN_LIMIT_US)) {
    printf("{\"ready\":%d,\"dead\":%d,\"errors\":%d,\"seconds\":%.6f,\"latency\":", ready, dead, errors, (double)(last_ready - open_started) / 1e6);
    print_histogram(&opening);
    printf("}\n");
    fflush(stdout);
    opening_since = 0;
  }
  if (closing_since != 0 && (ready == 0 || now - closing_since > CLOSE_LIMIT_US)) {
    printf("{\"left\":%d,\"seconds\":%.6f}\n", ready, (double)(now - closing_since) / 1e6);
    fflush(stdout);
    closing_since = 0;
    for (int i = 0; i < begun; i++) drop(&all[i]);
    begun = wanted = dead = 0;
  }
}

int main(int argc, char **argv) {
  if (argc != 7) fail("usage: subscribers PORT PATH MOST CHANNELS PARALLEL SOURCES");
  port = atoi(argv[1]), path = argv[2], most = atoi(argv[3]), channels = atoi(argv[4]);
  parallel = atoi(argv[5]), sources = atoi(argv[6]);
  signal(SIGPIPE, SIG_IGN);
  raise_file_limit();
  all = calloc((size_t)most, sizeof *all);
  lasts = calloc(LAST_SLOTS, sizeof *lasts);
  epoll_fd = epoll_create1(0);
  struct epoll_event events[1024], control = {.events = EPOLLIN, .data.ptr = NULL};
  fcntl(0, F_SETFL, O_NONBLOCK);
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, 0, &control);
  for (;;) {
    while (begun < wanted && in_flight < parallel) begin(&all[begun++]);
    int n = epoll_wait(epoll_fd, events, 1024, opening_since != 0 || closing_since != 0 ? 100 : -1);
    for (int i = 0; i < n; i++) {
      subscriber *s = events[i].data.ptr;
      if (s == NULL) on_stdin();
      else if (s->state == CONNECTING) on_connected(s);
      else if (s->state != GONE) on_readable(s);
    }
    answer_finished_work();
  }
}
