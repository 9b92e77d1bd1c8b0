/* apache_error.h: what stands in brackets before a message of Apache. */
#pragma once
#include "timeline/format.h"

/* Takes "[core:error] [pid 7] [client 192.0.2.7:51234] " off *line; false: no level was among it.
 */
bool apache_error_parts(struct reader *r, struct str *line, struct event *e);
/* Takes ", referer: http://…", which stands last, off *sentence. */
void apache_error_referrer(struct reader *r, struct str *sentence, struct event *e);
