// spawn RUNS COMMAND... -- COMMAND...: runs the commands in turn, RUNS times each, output to /dev/null, and
// prints for each run the command's number, its wall time in nanoseconds and its peak resident set in KiB.
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  int runs = atoi(argv[1]), count = 1;
  char **commands[16] = {argv + 2};
  for (int i = 2; i < argc; i++) {
    if (strcmp(argv[i], "--") == 0 && count < 16) {
      argv[i] = NULL;
      commands[count++] = argv + i + 1;
    }
  }
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
  for (int run = -3; run < runs; run++) {  // the first three only warm the caches
    for (int which = 0; which < count; which++) {
      pid_t child;
      long long began = now();
      if (posix_spawnp(&child, commands[which][0], &quiet, NULL, commands[which], environ) != 0) return 3;
      int status;
      struct rusage usage;
      if (wait4(child, &status, 0, &usage) != child) return 3;
      long long took = now() - began;
      if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "spawn: %s: status %d\n", commands[which][0], status);
        return 4;
      }
      if (run >= 0) printf("%d %lld %ld\n", which, took, usage.ru_maxrss);
    }
  }
  return 0;
}
