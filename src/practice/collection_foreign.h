/* collection_foreign.h: what the readings of other tools' collections share: a table says which
 * section of a snapshot comes from which listings, and how a row of them is taken. Internal to the
 * reading of collections, inside the worker. */
#pragma once
#include <jansson.h>
#include "practice/collection_rows.h"
#include "practice/collection_worker.h"

/* A line of a listing, or an object; the other one is empty. */
struct foreign_row {
    struct str line;
    const json_t *json;
};

struct foreign_reading;
typedef void foreign_take(struct foreign_reading *r, struct doc *d, const struct foreign_row *row);

struct foreign_mapping {
    const char *section;
    const char *from; /* a listing or an artefact, as its tool names it; NULL: take is called once,
                         and looks for itself */
    foreign_take *take; /* of the section "socket" without a document: it calls foreign_socket */
    const char *gap;    /* what is to be said of the section then */
    const char *unless; /* a file of the host that tells more; NULL: none does */
    bool adds;          /* to what the row before gave */
};

/* Hands each row of what a mapping names to its take; false: there is none of it. */
typedef bool foreign_each(struct foreign_reading *r, struct doc *d,
                          const struct foreign_mapping *m);

struct foreign_reading {
    struct collection_job *job;
    const char *collector;                  /* "UAC" */
    const struct foreign_mapping *mappings; /* of a section the first that has rows counts */
    size_t mapping_count;
    foreign_each *each;
    void *own;               /* of the tool */
    struct host_file *files; /* of the host, that it copied */
    size_t file_count;
    struct row_socket *sockets;
    size_t socket_count;
    size_t socket_room;
    const struct foreign_mapping *socket_from; /* NULL: nothing tells of sockets */
};

/* What it says of itself; what is unknown is empty. */
struct foreign_facts {
    struct str program, host, profile, collection;
    struct utc taken; /* zero: the newest time of a file is taken, and that is said */
    bool has_ended;
};

/* Collects the host's files; the mappings stand. */
void foreign_begin(struct foreign_reading *r);
void foreign_release(struct foreign_reading *r);
/* Tells the facts: before anything else is told. */
MUST_CHECK int foreign_tell_facts(struct foreign_reading *r, const struct foreign_facts *facts,
                                  struct err *e);
/* Puts the snapshot together. */
MUST_CHECK int foreign_tell_state(struct foreign_reading *r, const struct foreign_facts *facts,
                                  struct err *e);

/* A copied file of the host; empty where there is none. */
struct str foreign_file(const struct foreign_reading *r, const char *path);
/* Keeps a socket; its texts are copied. */
void foreign_socket(struct foreign_reading *r, const struct row_socket *s);
