// Shared by the C programs of the benches: a wall clock in microseconds, a histogram with about
// 3 % resolution, a WebSocket frame header, and small helpers.
// The clock is CLOCK_REALTIME because time stamps in payloads are compared across processes.
#ifndef FANWIRE_BENCH_CLOCK_H
#define FANWIRE_BENCH_CLOCK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define BUCKETS (60 * 32)

typedef struct {
  uint64_t counts[BUCKETS];
} histogram;

static inline uint64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (uint64_t)t.tv_sec * 1000000ull + (uint64_t)t.tv_nsec / 1000;
}

static inline void record(histogram *h, uint64_t us) {
  int bucket = (int)us;
  if (us >= 32) {
    int exponent = 63 - __builtin_clzll(us);
    bucket = (exponent - 4) * 32 + (int)((us >> (exponent - 5)) & 31);
  }
  h->counts[bucket]++;
}

// Prints [[microseconds, count], ...], where microseconds is the middle of the bucket.
static inline void print_histogram(const histogram *h) {
  const char *comma = "";
  putchar('[');
  for (int i = 0; i < BUCKETS; i++) {
    if (h->counts[i] == 0) continue;
    uint64_t us = (uint64_t)i;
    if (i >= 64) {
      int shift = i / 32 - 1;
      us = ((uint64_t)(32 + i % 32) << shift) + (1ull << shift) / 2;
    }
    printf("%s[%lu,%lu]", comma, (unsigned long)us, (unsigned long)h->counts[i]);
    comma = ",";
  }
  putchar(']');
}

// Writes the header of an unmasked text frame and returns its length.
static inline size_t frame_head(char *out, size_t length) {
  out[0] = (char)0x81;
  if (length < 126) {
    out[1] = (char)length;
    return 2;
  }
  if (length < 65536) {
    out[1] = 126;
    out[2] = (char)(length >> 8);
    out[3] = (char)length;
    return 4;
  }
  out[1] = 127;
  for (int i = 0; i < 8; i++) out[2 + i] = (char)(length >> (56 - 8 * i));
  return 10;
}

static inline void raise_file_limit(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static inline void fail(const char *sentence) {
  fprintf(stderr, "%s\n", sentence);
  exit(1);
}

#endif
