/* file_kind.h: the words for what lies under a name, in listings, manifests and bundles. */
#pragma once
#include <sys/stat.h>

/* Of a mode as st_mode: "file", "folder", "link", "fifo", "socket", "character device",
 * "block device", "unknown". */
const char *file_kind(mode_t mode);
