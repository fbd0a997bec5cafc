// What Swift's Glibc module cannot say: control messages, socket error queue, sendmmsg and recvmmsg, ppoll,
// capabilities. Types that exist only under _GNU_SOURCE are mirrored here and checked against the real ones
// by _Static_assert in the .c files; defining _GNU_SOURCE in a header would make this module disagree with
// Swift's own view of glibc.
#pragma once

#include <time.h>

#include <linux/errqueue.h>
#include <linux/if_addr.h>
#include <linux/net_tstamp.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>

// ---- Names that glibc 2.36 hides or lacks (linux/in6.h, asm-generic/socket.h, linux/icmpv6.h) ----
enum {
  CLINUX_IPV6_FLOWINFO = 11,
  CLINUX_IPV6_RECVERR_RFC4884 = 31,
  CLINUX_IPV6_FLOWLABEL_MGR = 32,
  CLINUX_IPV6_FLOWINFO_SEND = 33,
  CLINUX_ICMPV6_FILTER = 1,
  CLINUX_SO_MEMINFO = 55,         // Linux 4.12
  CLINUX_SK_MEMINFO_DROPS = 8,    // of nine numbers, its last
  CLINUX_SO_TIMESTAMPING = 37,    // SCM_TIMESTAMPING has the same number
  CLINUX_SO_TIMESTAMPNS = 35,     // SCM_TIMESTAMPNS likewise
  CLINUX_SCM_TS_OPT_ID = 81,      // Linux 6.13
  CLINUX_SO_EE_ORIGIN_LOCAL = 1,
  CLINUX_SO_EE_ORIGIN_ICMP6 = 3,
  CLINUX_SO_EE_ORIGIN_TIMESTAMPING = 4,
  CLINUX_AI_IDN = 0x40,
  CLINUX_SOL_PACKET = 263,
  CLINUX_PACKET_TX_TIMESTAMP = 16,
};

// ---- Messages ----
struct clinux_mmsghdr {
  struct msghdr header;
  unsigned int length;
};

struct clinux_in6_pktinfo {
  struct in6_addr address;
  unsigned int interface;
};

// struct in6_flowlabel_req of linux/in6.h, which cannot be included beside netinet/in.h here.
struct clinux_flowlabel_request {
  struct in6_addr destination;
  uint32_t label;   // network byte order
  uint8_t action;
  uint8_t share;
  uint16_t flags;
  uint16_t expires;
  uint16_t linger;
  uint32_t padding;
};
enum {
  CLINUX_FLOWLABEL_GET = 0,
  CLINUX_FLOWLABEL_CREATE = 1,
  CLINUX_FLOWLABEL_EXCL = 2,
  CLINUX_FLOWLABEL_SHARE_ANY = 255,
  CLINUX_FLOWLABEL_SHARE_EXCL = 1,
};

// What one message may say for itself beside its octets. An absent value is negative or has its flag at 0.
struct clinux_controls {
  struct clinux_in6_pktinfo packet_info;
  int has_packet_info;
  int hop_limit;        // -1: the socket's
  int traffic_class;    // -1: the socket's
  int dont_fragment;    // 0: the socket's
  int wants_stamp;      // a transmit stamp for this message, where the socket asks for none
  int has_stamp_identifier;
  uint32_t stamp_identifier;
};

enum { CLINUX_CONTROLS_SPACE = 160 };

// Writes the control messages into `buffer` (aligned to 8, CLINUX_CONTROLS_SPACE long); returns their length.
size_t clinux_write_controls(void *buffer, const struct clinux_controls *controls);

// sendmsg(2) of one message; `address` may be NULL.
ssize_t clinux_send(int fd, const void *octets, size_t count, const struct sockaddr_in6 *address,
                    const struct clinux_controls *controls, int flags);
// sendmsg(2) of one IPv6 packet by a packet socket (SOCK_DGRAM, packet(7)) to a link-layer address of `length` octets, 32
// at most. -1 with EINVAL for more.
ssize_t clinux_send_link(int fd, const void *octets, size_t count, uint32_t interface, const uint8_t *address,
                         size_t length, int has_stamp_identifier, uint32_t stamp_identifier, int flags);
int clinux_sendmmsg(int fd, struct clinux_mmsghdr *messages, unsigned int count, int flags);
int clinux_recvmmsg(int fd, struct clinux_mmsghdr *messages, unsigned int count, int flags);

// Whether the socket takes the stamp identifier from a control message (SCM_TS_OPT_ID). Sends nothing. `port`: the
// destination's, where the protocol wants one.
int clinux_takes_stamp_identifier(int fd, uint16_t port);

// ---- Waiting ----
// ppoll(2) with the signal mask left alone; `timeout` NULL waits for ever.
int clinux_ppoll(struct pollfd *descriptors, nfds_t count, const struct timespec *timeout);

// epoll(7), level triggered. Taking never waits and writes at most `count` (64 or less) tokens and events.
int clinux_epoll_create(void);
int clinux_epoll_add(int epoll, int fd, uint32_t events, uint64_t token);
int clinux_epoll_take(int epoll, uint64_t *tokens, uint32_t *events, int count);

// ---- Process ----
// The arguments of main, argv[0] included.
int clinux_argument_count(void);
const char *clinux_argument(int index);
int clinux_set_timer_slack(unsigned long nanoseconds);
int clinux_set_no_new_privileges(void);
int clinux_get_no_new_privileges(void);
int clinux_clear_ambient_capabilities(void);
// capget(2) and capset(2), version 3, of the calling thread.
struct clinux_capabilities {
  uint64_t effective, permitted, inheritable;
};
int clinux_capget(struct clinux_capabilities *capabilities);
int clinux_capset(const struct clinux_capabilities *capabilities);
int clinux_is_secure_execution(void);
// getrandom(2) of exactly `count` (at most 256) octets.
ssize_t clinux_getrandom(void *octets, size_t count);

// ---- Signals ----
int clinux_signalfd(const sigset_t *mask);
// One signal number, 0 if none is waiting, -1 with errno.
int clinux_read_signal(int fd);
int clinux_ignore_signal(int signal);
// Stops the calling process by SIGTSTP's default action; returns after SIGCONT.
int clinux_stop_by_sigtstp(void);

// ---- Text ----
// The name ("ENOENT") and the untranslated text of an errno; NULL for an unknown one.
const char *clinux_errno_name(int number);
const char *clinux_errno_text(int number);

// ---- Namespaces ----
// unshare(2) of the calling thread; the flags are those of clone(2).
int clinux_unshare(int flags);
enum { CLINUX_CLONE_NEWNET = 0x40000000, CLINUX_CLONE_NEWUSER = 0x10000000 };
