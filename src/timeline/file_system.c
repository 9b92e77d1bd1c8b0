/* file_system.c: the format of what a file system says of its files, which the walk of a disk gives
 * (disk_build.c): no source is known by its bytes as one. */
#include "timeline/format.h"

const struct format format_file_system = {.name = "file_system", .version = 1};
