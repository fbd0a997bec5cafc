// Nothing to import: see dbus.c.
#pragma once
