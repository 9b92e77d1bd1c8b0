/* transport.h: network.transport, as programs spell it. */
#pragma once
#include "timeline/event.h"

/* The name of a number of IANA's ("Protocol Numbers"), with zeros in front or not; empty: it is
 * none that is known here. */
struct str transport_name(struct str number);
/* Makes that field's values small letters, and numbers their names. */
void transport_spell(struct event *e);
