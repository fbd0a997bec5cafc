// responder INTERFACE MICROSECONDS: makes a TUN device, and answers every ICMPv6 echo request read from it
// after exactly so long each, busy-waiting. Prints `ready`, then for each answer the identifier, the sequence and
// the true delay in nanoseconds from the read's return to the call of write. The reported round trip minus
// that delay is the error of whoever pings (its own share and this program's wake-up).
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
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

// Turns an echo request into its reply; 0 if it is none.
static int answer(uint8_t *packet, ssize_t length) {
  if (length < 48 || packet[0] >> 4 != 6 || packet[6] != 58 || packet[40] != 128) return 0;
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
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int64_t delay = atoll(argv[2]) * 1000;
  int tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
  strncpy(request.ifr_name, argv[1], IFNAMSIZ - 1);
  if (tun < 0 || ioctl(tun, TUNSETIFF, &request) != 0) {
    perror("responder: /dev/net/tun");
    return 3;
  }
  // It must wake up at once however busy the machine is: its own lateness is not what is measured.
  struct sched_param fifo = {.sched_priority = 20};
  int is_first = sched_setscheduler(0, SCHED_FIFO, &fifo) == 0;
  mlockall(MCL_CURRENT | MCL_FUTURE);
  // Nor is the time that an idle processor takes to wake up (pm_qos; held while the descriptor is open).
  int latency = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC);
  int32_t none = 0;
  if (latency >= 0 && write(latency, &none, sizeof none) != sizeof none) perror("responder: /dev/cpu_dma_latency");
  printf("ready %s\n", is_first ? "real-time" : "ordinary");
  fflush(stdout);
  // Requests may come while others wait for their time: each has its own, as with a host a millisecond away.
  static struct pending {
    int64_t arrived;
    ssize_t length;
    uint8_t packet[2048];
  } ring[64];
  unsigned first = 0, count = 0;
  for (;;) {
    if (count == 0) {
      struct pollfd readable = {.fd = tun, .events = POLLIN};
      poll(&readable, 1, -1);
    }
    struct pending *next = &ring[(first + count) % 64];
    if (count < 64 && (next->length = read(tun, next->packet, sizeof next->packet)) > 0) {
      next->arrived = now();
      if (answer(next->packet, next->length)) count++;
    }
    struct pending *oldest = &ring[first % 64];
    int64_t leaving = now();
    if (count == 0 || leaving - oldest->arrived < delay) continue;
    if (write(tun, oldest->packet, (size_t)oldest->length) == oldest->length) {
      printf("%u %u %lld\n", oldest->packet[44] << 8 | oldest->packet[45],
             oldest->packet[46] << 8 | oldest->packet[47], (long long)(leaving - oldest->arrived));
      fflush(stdout);
    }
    first++;
    count--;
  }
}
