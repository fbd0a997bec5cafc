// responder INTERFACE MICROSECONDS: makes a TUN device, and answers every ICMPv6 echo request read from it
// after exactly so long, busy-waiting. Prints `ready`, then for each answer the identifier, the sequence and
// the true delay in nanoseconds from the read's return to the call of write. The reported round trip minus
// that delay is the error of whoever pings (its own share and this program's wake-up).
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int64_t delay = atoll(argv[2]) * 1000;
  int tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
  strncpy(request.ifr_name, argv[1], IFNAMSIZ - 1);
  if (tun < 0 || ioctl(tun, TUNSETIFF, &request) != 0) {
    perror("responder: /dev/net/tun");
    return 3;
  }
  // It must wake up at once however busy the machine is: its own lateness is not what is measured.
  struct sched_param first = {.sched_priority = 20};
  int is_first = sched_setscheduler(0, SCHED_FIFO, &first) == 0;
  mlockall(MCL_CURRENT | MCL_FUTURE);
  printf("ready %s\n", is_first ? "real-time" : "ordinary");
  fflush(stdout);
  static uint8_t packet[65536];
  for (;;) {
    ssize_t length = read(tun, packet, sizeof packet);
    int64_t arrived = now();
    if (length < 0) return 0;
    // IPv6, next header ICMPv6, echo request.
    if (length < 48 || packet[0] >> 4 != 6 || packet[6] != 58 || packet[40] != 128) continue;
    uint8_t address[16];
    memcpy(address, packet + 8, 16);
    memcpy(packet + 8, packet + 24, 16);
    memcpy(packet + 24, address, 16);
    packet[40] = 129;
    // RFC 1624: one 16-bit word went from 0x8000 to 0x8100, so the sum's complement goes down by 0x0100.
    uint32_t sum = (uint16_t)~(packet[42] << 8 | packet[43]);
    sum += (uint16_t)~0x8000 + 0x8100;
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    packet[42] = (uint8_t)(~sum >> 8);
    packet[43] = (uint8_t)~sum;
    int64_t leaving;
    do leaving = now();
    while (leaving - arrived < delay);
    if (write(tun, packet, (size_t)length) != length) continue;
    printf("%u %u %lld\n", packet[44] << 8 | packet[45], packet[46] << 8 | packet[47],
           (long long)(leaving - arrived));
    fflush(stdout);
  }
}
