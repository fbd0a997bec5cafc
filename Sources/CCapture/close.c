// The last close of a packet socket waits for all processors to be through with it (synchronize_net), twice where it has
// a ring: 16 to 50 ms, in which a program that has all its answers does not end.
//
// So the socket is sent over a pair of Unix sockets together with the very end that would receive it. Once the pair is
// closed nobody can, and the kernel's collector of such cycles (unix_gc), a thread of its own, closes what it finds there
// (unix(7), SCM_RIGHTS).
#include "CCapture.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int ccapture_close_later(int fd) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) < 0)
    return -1;
  int passed[2] = {fd, pair[1]};
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof passed)] = {0};
  char octet = 0;
  struct iovec part = {.iov_base = &octet, .iov_len = 1};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof passed);
  memcpy(CMSG_DATA(header), passed, sizeof passed);
  ssize_t sent = sendmsg(pair[0], &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  close(pair[0]);
  close(pair[1]);
  return sent < 0 ? -1 : 0;
}
