/* archive_kinds.h: which archives and packings are opened. Only a worker includes it. */
#pragma once
#include <stdbool.h>

struct archive;
/* is_one_file: what is unpacked is no archive, whatever it looks like. */
bool archive_allow_kinds(struct archive *a, bool is_one_file);
