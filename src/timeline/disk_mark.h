/* disk_mark.h: whether bytes begin as a disk or a file system does. Runs in a worker. */
#pragma once
#include "timeline/format.h"

/* What libtsk makes of it is another question. ERR_IO. */
MUST_CHECK int disk_mark_is_there(reader_bytes_at *bytes, void *context, bool *out, struct err *e);
