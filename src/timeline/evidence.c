/* evidence.c: the format of what there is to say of evidence itself (notices: a limit, damage, what
 * is not read): no source is known by its bytes as one. */
#include "timeline/format.h"

const struct format format_evidence = {.name = "evidence", .version = 1};
