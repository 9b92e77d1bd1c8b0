/* cloudtrail.h: one record of AWS CloudTrail. */
#pragma once
#include "timeline/format.h"
#include "timeline/members.h"

enum { CLOUDTRAIL_STATE_SIZE = 2 * sizeof(struct members) };
/* r->state has CLOUDTRAIL_STATE_SIZE zeroed bytes at first. False: it is none. */
bool cloudtrail_record(struct reader *r, struct str record, struct event *e);
