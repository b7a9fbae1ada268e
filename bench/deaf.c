// deaf: subscribers that stop reading after they have subscribed. Their receive buffers and segments
// are small, so that the server's buffers fill, not the kernel's.
// Prints {"ready":N} on stdout when all have subscribed; ends when stdin ends.
// usage: deaf PORT PATH COUNT CHANNEL
#define _GNU_SOURCE
#include "clock.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define RECEIVE_BUFFER_BYTES 4096
#define SEGMENT_BYTES 1000
#define ANSWER_LIMIT_SECONDS 10

static void set(int fd, int level, int option, int value) {
  if (setsockopt(fd, level, option, &value, sizeof value) < 0) fail("Cannot set up a socket");
}

static int connect_to(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("Cannot make a socket: too many files are open");
  set(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES);
  set(fd, IPPROTO_TCP, TCP_MAXSEG, SEGMENT_BYTES);
  struct timeval limit = {.tv_sec = ANSWER_LIMIT_SECONDS};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0) fail("Cannot connect to the server");
  return fd;
}

static void subscribe(int fd, const char *path, const char *channel) {
  char out[2048], text[256];
  int at = snprintf(out, sizeof out,
                    "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                    path);
  int length = snprintf(text, sizeof text,
                        "{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"%s\"}}", channel);
  if (length > 125 || at + length + 6 > (int)sizeof out) fail("Cannot subscribe: a name is too long");
  // The mask is zero.
  const char head[6] = {(char)0x81, (char)(0x80 | length), 0, 0, 0, 0};
  memcpy(out + at, head, sizeof head);
  memcpy(out + at + sizeof head, text, (size_t)length);
  size_t total = (size_t)at + sizeof head + (size_t)length;
  if (write(fd, out, total) != (ssize_t)total) fail("Cannot send to the server");
}

static void wait_until_subscribed(int fd) {
  char in[4096];
  size_t have = 0;
  while (have < sizeof in) {
    ssize_t got = read(fd, in + have, sizeof in - have);
    if (got <= 0) break;
    have += (size_t)got;
    if (memmem(in, have, "subscription_succeeded", 22) != NULL) return;
  }
  fail("Cannot subscribe: the server did not answer");
}

int main(int count_of_words, char **words) {
  if (count_of_words != 5) fail("usage: deaf PORT PATH COUNT CHANNEL");
  raise_file_limit();
  int port = atoi(words[1]), count = atoi(words[3]);
  for (int i = 0; i < count; i++) {
    int fd = connect_to(port);
    subscribe(fd, words[2], words[4]);
    wait_until_subscribed(fd);
  }
  printf("{\"ready\":%d}\n", count);
  fflush(stdout);
  char line[64];
  while (read(STDIN_FILENO, line, sizeof line) > 0) {}
  return 0;
}
