#pragma once
// Beside what is declared here: see dbus.c.

// Leaves the end of a packet socket (AF_PACKET) to the kernel: after this the caller's own close(2), or exit, does not
// wait for it. 0, or -1 with errno: then nothing has changed.
int ccapture_close_later(int fd);
