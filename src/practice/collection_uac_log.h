/* collection_uac_log.h: what UAC's own log says of a collection (doc/format/collection.md section
 * 2). Internal to the reading of collections, inside the worker. */
#pragma once
#include "practice/collection_worker.h"

struct uac_log {
    struct str program; /* "UAC 3.3.0" */
    struct str host, profile;
    struct utc started; /* zero: there is no log, or it says nothing */
    bool has_ended;
};
void uac_log_read(struct uac_log *log, const struct collection_job *c);
/* Tells what it complains of, and that it has no end. */
MUST_CHECK int uac_log_tell(const struct uac_log *log, struct collection_job *c, struct err *e);
