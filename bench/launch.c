// launch: pins itself to a core, sets a time limit, arranges to die with its parent, and executes the
// command. The process id stays the same, so only the command itself is measured.
// usage: launch CORE SECONDS COMMAND [ARGUMENT...]      (CORE -1: not pinned)
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: launch CORE SECONDS COMMAND [ARGUMENT...]\n");
    return 2;
  }
  int core = atoi(argv[1]);
  if (core >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    if (sched_setaffinity(0, sizeof set, &set)) perror("sched_setaffinity");
  }
  // Both survive the exec: no process of a bench outlives its driver or its time limit.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  alarm((unsigned)atoi(argv[2]));
  execvp(argv[3], argv + 3);
  perror(argv[3]);
  return 127;
}
