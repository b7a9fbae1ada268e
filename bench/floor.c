// floor: the kernel's share of a fan-out. It accepts the same subscribers as a server does,
// and when a round is due, writes one prepared frame to every socket with one send() each, and
// does nothing else: no HTTP, no JSON, no lookup. No server that writes each event to each socket at
// once can be cheaper.
// Prints one JSON line when it listens. Command on stdin: "round START_US RATE COUNT", answered with
// one JSON line. Ends when stdin ends.
// usage: floor PORT FRAME_TEXT_FILE      (the text holds "@@" and 16 digits that are overwritten)
#define _GNU_SOURCE
#include "clock.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST_FILES (1 << 16)

static const char *UPGRADE =
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
static const char *ESTABLISHED = "{\"event\":\"pusher:connection_established\",\"data\":\"{}\"}";
static const char *SUBSCRIBED = "{\"event\":\"pusher_internal:subscription_succeeded\"}";

static int epoll_fd, listener, subscribed[MOST_FILES], subscribed_count;
static uint8_t greeted[MOST_FILES];
static char *frame, *stamp;
static size_t frame_bytes;

static void send_text(int fd, const char *before, const char *text) {
  char out[1024];
  size_t at = strlen(before);
  memcpy(out, before, at);
  at += frame_head(out + at, strlen(text));
  memcpy(out + at, text, strlen(text));
  at += strlen(text);
  if (write(fd, out, at) != (ssize_t)at) fail("Cannot greet a subscriber: the socket took less than one frame");
}

static void accept_all(void) {
  int fd, one = 1;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    if (fd >= MOST_FILES) fail("Cannot accept a subscriber: more than 65,535 files are open");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    greeted[fd] = 0;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
  }
}

static void on_readable(int fd) {
  char input[4096];
  ssize_t got = read(fd, input, sizeof input);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) {
    close(fd);
    return;
  }
  if (greeted[fd] == 0) send_text(fd, UPGRADE, ESTABLISHED);
  if (greeted[fd] == 1) {
    send_text(fd, "", SUBSCRIBED);
    subscribed[subscribed_count++] = fd;
  }
  greeted[fd]++;
}

static void run_round(uint64_t start_us, double rate, int count) {
  uint64_t sent = 0, refused = 0;
  for (int i = 0; i < count; i++) {
    uint64_t due = start_us + (uint64_t)((double)i * 1e6 / rate);
    struct timespec until = {.tv_sec = (time_t)(due / 1000000), .tv_nsec = (long)(due % 1000000) * 1000};
    clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL);
    char digits[24];
    snprintf(digits, sizeof digits, "%016lu", (unsigned long)due);
    memcpy(stamp, digits, 16);
    for (int k = 0; k < subscribed_count; k++) {
      if (send(subscribed[k], frame, frame_bytes, MSG_NOSIGNAL) == (ssize_t)frame_bytes) sent++;
      else refused++;
    }
  }
  printf("{\"sent\":%lu,\"refused\":%lu}\n", (unsigned long)sent, (unsigned long)refused);
  fflush(stdout);
}

static void on_stdin(void) {
  char line[256];
  ssize_t got = read(0, line, sizeof line - 1);
  if (got <= 0) exit(0);
  line[got] = 0;
  unsigned long start;
  double rate;
  int count;
  if (sscanf(line, "round %lu %lf %d", &start, &rate, &count) != 3) fail("Cannot read a command: it must be \"round START_US RATE COUNT\"");
  run_round(start, rate, count);
}

static void read_frame(const char *file) {
  char text[1 << 16];
  int fd = open(file, O_RDONLY);
  ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text);
  if (length <= 0) fail("Cannot read the frame's text: the file must exist and not be empty");
  close(fd);
  frame = malloc((size_t)length + 10);
  size_t head = frame_head(frame, (size_t)length);
  memcpy(frame + head, text, (size_t)length);
  frame_bytes = head + (size_t)length;
  stamp = memmem(frame, frame_bytes, "@@", 2);
  if (stamp == NULL) fail("Cannot stamp the frame: its text must hold \"@@\" and 16 digits");
  stamp += 2;
}

int main(int argc, char **argv) {
  if (argc != 3) fail("usage: floor PORT FRAME_TEXT_FILE");
  signal(SIGPIPE, SIG_IGN);
  raise_file_limit();
  read_frame(argv[2]);
  int one = 1;
  listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, (void *)&at, sizeof at) || listen(listener, 4096)) fail("Cannot listen: the port is taken");
  epoll_fd = epoll_create1(0);
  struct epoll_event events[1024], event = {.events = EPOLLIN, .data.fd = listener};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &event);
  event.data.fd = 0;
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, 0, &event);
  printf("{}\n");
  fflush(stdout);
  for (;;) {
    int n = epoll_wait(epoll_fd, events, 1024, -1);
    for (int i = 0; i < n; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) accept_all();
      else if (fd == 0) on_stdin();
      else on_readable(fd);
    }
  }
}
