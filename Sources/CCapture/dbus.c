// libpcap's archive captures the D-Bus message bus as well, and for that wants libdbus and libsystemd, for
// which Debian has no archives. The linker takes pcap-dbus.o only for these two names, so giving them here,
// as "there is no such device", leaves it out. Signatures: pcap-dbus.h of libpcap 1.10.
#include "CCapture.h"

#include <stddef.h>

struct pcap;
struct pcap_if_list;

struct pcap *dbus_create(const char *device, char *errors, int *is_ours);
int dbus_findalldevs(struct pcap_if_list *devices, char *errors);

struct pcap *dbus_create(const char *device, char *errors, int *is_ours) {
  (void)device;
  (void)errors;
  *is_ours = 0;
  return NULL;
}

int dbus_findalldevs(struct pcap_if_list *devices, char *errors) {
  (void)devices;
  (void)errors;
  return 0;
}
