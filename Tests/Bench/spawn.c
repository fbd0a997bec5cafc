// spawn RUNS COMMAND... -- COMMAND...: runs the commands in turn, RUNS times each, standard output to /dev/null or to
// the file that SPAWN_OUTPUT names, and prints for each run the command's number, its wall time in nanoseconds, its
// peak resident set in KiB, and its processor time in nanoseconds. RUNS written as =N: without runs to warm up before.
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
  int isCold = argv[1][0] == '=', runs = atoi(argv[1] + isCold), count = 1;
  const char *output = getenv("SPAWN_OUTPUT");
  char **commands[16] = {argv + 2};
  for (int i = 2; i < argc; i++) {
    if (strcmp(argv[i], "--") == 0 && count < 16) {
      argv[i] = NULL;
      commands[count++] = argv + i + 1;
    }
  }
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, 1, output ? output : "/dev/null", O_WRONLY | O_APPEND, 0);
  for (int run = isCold ? 0 : -3; run < runs; run++) {  // the first three only warm the caches
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
      long long processor = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000LL +
                            (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000LL;
      if (run >= 0) printf("%d %lld %ld %lld\n", which, took, usage.ru_maxrss, processor);
    }
  }
  return 0;
}
