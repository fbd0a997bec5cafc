// capture INTERFACE RUNS: opens and closes a capture as probe6 does for neighbor discovery, RUNS times, and prints
// for each run how many nanoseconds opening and closing took. Needs libpcap.
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  for (int run = 0; run < atoi(argv[2]); run++) {
    char errors[PCAP_ERRBUF_SIZE];
    long long began = now();
    pcap_t *handle = pcap_create(argv[1], errors);
    if (!handle) return 3;
    pcap_set_snaplen(handle, 2048);
    pcap_set_promisc(handle, 0);
    pcap_set_immediate_mode(handle, 1);
    pcap_set_timeout(handle, 1);
    pcap_set_buffer_size(handle, 2 << 20);
    pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO);
    struct bpf_program program;
    if (pcap_activate(handle) < 0 || pcap_compile(handle, &program, "icmp6", 1, 0) != 0 ||
        pcap_setfilter(handle, &program) != 0) {
      fprintf(stderr, "capture: %s\n", pcap_geterr(handle));
      return 3;
    }
    pcap_freecode(&program);
    long long opened = now();
    pcap_close(handle);
    printf("%lld %lld\n", opened - began, now() - opened);
  }
  return 0;
}
