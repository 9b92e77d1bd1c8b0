/* container.h: which bytes begin an archive or a packed file; 512 of them are enough. */
#pragma once
#include <stdbool.h>
#include "base/str.h"

/* An archive, or a file that is packed. */
bool container_is_one(struct str head);
bool container_is_archive(struct str head);
/* A bundle of calm-collect that is sealed, which has an archive in it. */
bool container_is_sealed(struct str head);
/* An archive that is read from the front to the end: tar and cpio. */
bool container_is_stream(struct str head);
