#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(CLONE_NEWNET == CLINUX_CLONE_NEWNET && CLONE_NEWUSER == CLINUX_CLONE_NEWUSER, "clone flags");

int clinux_ppoll(struct pollfd *descriptors, nfds_t count, const struct timespec *timeout) {
  return ppoll(descriptors, count, timeout, NULL);
}

_Static_assert(EPOLLIN == POLLIN && EPOLLOUT == POLLOUT && EPOLLERR == POLLERR && EPOLLHUP == POLLHUP, "poll bits");

int clinux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int clinux_epoll_add(int epoll, int fd, uint32_t events, uint64_t token) {
  struct epoll_event event = {.events = events, .data = {.u64 = token}};
  return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int clinux_epoll_take(int epoll, uint64_t *tokens, uint32_t *events, int count) {
  struct epoll_event found[64];
  if (count > 64)
    count = 64;
  int result = epoll_wait(epoll, found, count, 0);
  for (int i = 0; i < result; i++) {
    tokens[i] = found[i].data.u64;
    events[i] = found[i].events;
  }
  return result;
}

int clinux_set_timer_slack(unsigned long nanoseconds) { return prctl(PR_SET_TIMERSLACK, nanoseconds, 0, 0, 0); }
int clinux_set_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }
int clinux_get_no_new_privileges(void) { return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); }
int clinux_clear_ambient_capabilities(void) { return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); }

int clinux_capget(struct clinux_capabilities *capabilities) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  memset(data, 0, sizeof data);
  if (syscall(SYS_capget, &header, data) != 0)
    return -1;
  capabilities->effective = data[0].effective | (uint64_t)data[1].effective << 32;
  capabilities->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
  capabilities->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
  return 0;
}

int clinux_capset(const struct clinux_capabilities *capabilities) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {
      {.effective = (uint32_t)capabilities->effective,
       .permitted = (uint32_t)capabilities->permitted,
       .inheritable = (uint32_t)capabilities->inheritable},
      {.effective = (uint32_t)(capabilities->effective >> 32),
       .permitted = (uint32_t)(capabilities->permitted >> 32),
       .inheritable = (uint32_t)(capabilities->inheritable >> 32)},
  };
  return (int)syscall(SYS_capset, &header, data);
}

int clinux_is_secure_execution(void) { return getauxval(AT_SECURE) != 0; }

ssize_t clinux_getrandom(void *octets, size_t count) { return getrandom(octets, count, 0); }

int clinux_signalfd(const sigset_t *mask) { return signalfd(-1, mask, SFD_NONBLOCK | SFD_CLOEXEC); }

int clinux_read_signal(int fd) {
  struct signalfd_siginfo information;
  ssize_t count;
  do
    count = read(fd, &information, sizeof information);
  while (count < 0 && errno == EINTR);
  if (count == sizeof information)
    return (int)information.ssi_signo;
  return count < 0 && errno == EAGAIN ? 0 : -1;
}

int clinux_ignore_signal(int number) { return signal(number, SIG_IGN) == SIG_ERR ? -1 : 0; }

int clinux_stop_by_sigtstp(void) {
  struct sigaction default_action = {.sa_handler = SIG_DFL}, old_action;
  sigset_t only, old_mask;
  sigemptyset(&only);
  sigaddset(&only, SIGTSTP);
  if (sigaction(SIGTSTP, &default_action, &old_action) != 0)
    return -1;
  // Blocked while it is raised, so that the stop happens inside the one call that unblocks it.
  raise(SIGTSTP);
  if (pthread_sigmask(SIG_UNBLOCK, &only, &old_mask) != 0)
    return -1;
  pthread_sigmask(SIG_SETMASK, &old_mask, NULL);
  return sigaction(SIGTSTP, &old_action, NULL);
}

const char *clinux_errno_name(int number) { return strerrorname_np(number); }
const char *clinux_errno_text(int number) { return strerrordesc_np(number); }

int clinux_unshare(int flags) { return unshare(flags); }
