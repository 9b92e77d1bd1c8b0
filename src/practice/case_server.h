/* case_server.h: on which server of the network the case's files lie, so that no plan cuts it off:
 * from the kernel's list of mounts (proc(5), mountinfo) and, for disks, from /sys. */
#pragma once
#include "contain/net.h"

enum { CASE_SERVER_COUNT = 8 };

struct case_server {
    struct endpoint at[CASE_SERVER_COUNT]; /* what this machine begins; without a port where the
                                              list of mounts does not tell it */
    size_t count;
    struct buf unknown; /* a server's name for which there is no address; may be empty */
};
void case_server_release(struct case_server *c);

/* What is asked, so that a test can answer. */
struct case_server_source {
    struct str mountinfo;
    const char *sys; /* "/sys" */
    /* Adds the addresses of a name to out, at most room; returns how many. */
    size_t (*resolve)(const char *name, struct net *out, size_t room);
};
/* path: absolute, without links. None where it lies on this machine, or nobody can tell. */
void case_server_find(const struct case_server_source *source, const char *path,
                      struct case_server *out);
/* Of a folder on this machine, as it is now. */
void case_server_of(const char *folder, struct case_server *out);
