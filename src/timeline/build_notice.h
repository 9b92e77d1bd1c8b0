/* build_notice.h: what the program itself has to say in a timeline: where its directory had no room
 * for more. */
#pragma once
#include "timeline/segment_write.h"

/* Before the next source: of the one that is open, where it was cut. written_s: of the evidence. */
MUST_CHECK int build_tell_cut(struct segment_writer *store, int64_t written_s, struct err *e);
/* Before the end: the same, and where sources were passed over a last one, of this name, says so.
 */
MUST_CHECK int build_tell_end(struct segment_writer *store, struct str name, int64_t written_s,
                              struct err *e);
