#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/ipv6.h>
#include <linux/sock_diag.h>
#include <string.h>

// clang sees the real types here, and only here.
_Static_assert(sizeof(struct clinux_mmsghdr) == sizeof(struct mmsghdr), "mmsghdr");
_Static_assert(offsetof(struct clinux_mmsghdr, length) == offsetof(struct mmsghdr, msg_len), "mmsghdr.msg_len");
_Static_assert(sizeof(struct clinux_in6_pktinfo) == sizeof(struct in6_pktinfo), "in6_pktinfo");
_Static_assert(offsetof(struct clinux_in6_pktinfo, interface) == offsetof(struct in6_pktinfo, ipi6_ifindex),
               "in6_pktinfo.ipi6_ifindex");
_Static_assert(sizeof(struct clinux_flowlabel_request) == 32, "in6_flowlabel_req");
// The layouts that LinuxNet reads by offset.
_Static_assert(sizeof(struct cmsghdr) == 16 && offsetof(struct cmsghdr, cmsg_level) == 8 &&
                   offsetof(struct cmsghdr, cmsg_type) == 12 && CMSG_ALIGN(1) == 8,
               "cmsghdr");
_Static_assert(sizeof(struct sock_extended_err) == 16 && offsetof(struct sock_extended_err, ee_origin) == 4 &&
                   offsetof(struct sock_extended_err, ee_type) == 5 &&
                   offsetof(struct sock_extended_err, ee_code) == 6 &&
                   offsetof(struct sock_extended_err, ee_info) == 8 &&
                   offsetof(struct sock_extended_err, ee_data) == 12,
               "sock_extended_err");
_Static_assert(sizeof(struct timespec) == 16, "timespec");
_Static_assert(offsetof(struct sockaddr_in6, sin6_addr) == 8 && offsetof(struct sockaddr_in6, sin6_scope_id) == 24,
               "sockaddr_in6");
_Static_assert(SO_EE_ORIGIN_ICMP6 == CLINUX_SO_EE_ORIGIN_ICMP6, "SO_EE_ORIGIN_ICMP6");
_Static_assert(SO_EE_ORIGIN_LOCAL == CLINUX_SO_EE_ORIGIN_LOCAL, "SO_EE_ORIGIN_LOCAL");
_Static_assert(SO_EE_ORIGIN_TIMESTAMPING == CLINUX_SO_EE_ORIGIN_TIMESTAMPING, "SO_EE_ORIGIN_TIMESTAMPING");
_Static_assert(SO_TIMESTAMPING == CLINUX_SO_TIMESTAMPING && SO_TIMESTAMPNS == CLINUX_SO_TIMESTAMPNS, "stamps");
_Static_assert(SO_MEMINFO == CLINUX_SO_MEMINFO && SK_MEMINFO_DROPS == CLINUX_SK_MEMINFO_DROPS, "SO_MEMINFO");
_Static_assert(AI_IDN == CLINUX_AI_IDN, "AI_IDN");
_Static_assert(SOL_PACKET == CLINUX_SOL_PACKET && PACKET_TX_TIMESTAMP == CLINUX_PACKET_TX_TIMESTAMP, "packet stamps");
_Static_assert(CMSG_SPACE(20) + CMSG_SPACE(4) * 5 <= CLINUX_CONTROLS_SPACE, "room for every control message");

static size_t append_control(char *buffer, size_t offset, int level, int type, const void *data, size_t count) {
  struct cmsghdr *header = (struct cmsghdr *)(buffer + offset);
  memset(header, 0, CMSG_SPACE(count));
  header->cmsg_len = CMSG_LEN(count);
  header->cmsg_level = level;
  header->cmsg_type = type;
  memcpy(CMSG_DATA(header), data, count);
  return offset + CMSG_SPACE(count);
}

size_t clinux_write_controls(void *buffer, const struct clinux_controls *controls) {
  size_t length = 0;
  if (controls->has_packet_info)
    length = append_control(buffer, length, IPPROTO_IPV6, IPV6_PKTINFO, &controls->packet_info, 20);
  if (controls->hop_limit >= 0)
    length = append_control(buffer, length, IPPROTO_IPV6, IPV6_HOPLIMIT, &controls->hop_limit, 4);
  if (controls->traffic_class >= 0)
    length = append_control(buffer, length, IPPROTO_IPV6, IPV6_TCLASS, &controls->traffic_class, 4);
  if (controls->dont_fragment)
    length = append_control(buffer, length, IPPROTO_IPV6, IPV6_DONTFRAG, &controls->dont_fragment, 4);
  if (controls->wants_stamp) {
    uint32_t flags = SOF_TIMESTAMPING_TX_SOFTWARE;
    length = append_control(buffer, length, SOL_SOCKET, CLINUX_SO_TIMESTAMPING, &flags, 4);
  }
  if (controls->has_stamp_identifier)
    length = append_control(buffer, length, SOL_SOCKET, CLINUX_SCM_TS_OPT_ID, &controls->stamp_identifier, 4);
  return length;
}

ssize_t clinux_send(int fd, const void *octets, size_t count, const struct sockaddr_in6 *address,
                    const struct clinux_controls *controls, int flags) {
  _Alignas(8) char control[CLINUX_CONTROLS_SPACE];
  struct iovec part = {.iov_base = (void *)octets, .iov_len = count};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (address) {
    message.msg_name = (void *)address;
    message.msg_namelen = sizeof *address;
  }
  message.msg_controllen = clinux_write_controls(control, controls);
  if (message.msg_controllen)
    message.msg_control = control;
  return sendmsg(fd, &message, flags);
}

ssize_t clinux_send_link(int fd, const void *octets, size_t count, uint32_t interface, const uint8_t *address,
                         size_t length, int has_stamp_identifier, uint32_t stamp_identifier, int flags) {
  // struct sockaddr_ll has room for eight octets; the kernel takes a longer one (InfiniBand has 20).
  union {
    struct sockaddr_ll link;
    char room[offsetof(struct sockaddr_ll, sll_addr) + 32];
  } name = {0};
  if (length > 32) {
    errno = EINVAL;
    return -1;
  }
  name.link.sll_family = AF_PACKET;
  name.link.sll_protocol = htons(ETH_P_IPV6);
  name.link.sll_ifindex = (int)interface;
  name.link.sll_halen = (unsigned char)length;
  memcpy(name.room + offsetof(struct sockaddr_ll, sll_addr), address, length);
  _Alignas(8) char control[CMSG_SPACE(4)];
  struct iovec part = {.iov_base = (void *)octets, .iov_len = count};
  struct msghdr message = {.msg_name = &name, .msg_namelen = sizeof name, .msg_iov = &part, .msg_iovlen = 1};
  if (has_stamp_identifier) {
    message.msg_controllen =
        append_control(control, 0, SOL_SOCKET, CLINUX_SCM_TS_OPT_ID, &stamp_identifier, sizeof stamp_identifier);
    message.msg_control = control;
  }
  return sendmsg(fd, &message, flags);
}

int clinux_sendmmsg(int fd, struct clinux_mmsghdr *messages, unsigned int count, int flags) {
  return sendmmsg(fd, (struct mmsghdr *)messages, count, flags);
}

int clinux_recvmmsg(int fd, struct clinux_mmsghdr *messages, unsigned int count, int flags) {
  return recvmmsg(fd, (struct mmsghdr *)messages, count, flags, NULL);
}

int clinux_takes_stamp_identifier(int fd, uint16_t port) {
  // The kernel reads control messages in order and before any route: an unknown SCM_TS_OPT_ID ends in EINVAL,
  // a known one lets it go on to the interface that does not exist, ENODEV.
  struct sockaddr_in6 loopback = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  static const unsigned char echo_request[8] = {128};
  _Alignas(8) char control[CMSG_SPACE(4) + CMSG_SPACE(20)];
  uint32_t identifier = 0;
  struct in6_pktinfo nowhere = {.ipi6_ifindex = 0x7fffffff};
  size_t length = append_control(control, 0, SOL_SOCKET, CLINUX_SCM_TS_OPT_ID, &identifier, 4);
  length = append_control(control, length, IPPROTO_IPV6, IPV6_PKTINFO, &nowhere, 20);
  struct iovec part = {.iov_base = (void *)echo_request, .iov_len = sizeof echo_request};
  struct msghdr message = {.msg_name = &loopback,
                           .msg_namelen = sizeof loopback,
                           .msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = length};
  return sendmsg(fd, &message, MSG_DONTWAIT) < 0 && errno == ENODEV;
}
