/* dated.h: what formats have in common whose lines state a full time and name no program. */
#pragma once
#include "timeline/dated_when.h"
#include "timeline/format.h"

/* Of a line that is none of the layout: it goes on with the one before, unless it states a time of
 * its own, one that is not read here, too, or is a document: then it is another program's. */
enum line_verdict dated_other(struct str line);
void dated_put(struct reader *r, struct event *e, struct dated *d);
