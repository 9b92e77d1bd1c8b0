/* w3c_service.h: which service of IIS a row of its logs is of. */
#pragma once
#include "timeline/format.h"

enum w3c_service { W3C_HTTP, W3C_FTP, W3C_SMTP };
/* Of FTP and SMTP the fields become those of these services, with action and outcome; of HTTP
 * nothing is done. has_headers: columns are of requests' headers, cs(User-Agent). */
enum w3c_service w3c_service_put(struct reader *r, struct event *e, bool has_headers);
