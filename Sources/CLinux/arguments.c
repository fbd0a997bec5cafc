#include "CLinux.h"

// The C library hands constructors what main gets. Swift's own CommandLine reads /proc/self/cmdline, which needs a
// free descriptor and fails where a preloaded library has moved the environment.
static int argument_count;
static char **argument_vector;

__attribute__((constructor)) static void keep_arguments(int count, char **vector) {
  argument_count = count;
  argument_vector = vector;
}

int clinux_argument_count(void) { return argument_count; }

const char *clinux_argument(int index) {
  return index >= 0 && index < argument_count ? argument_vector[index] : NULL;
}
