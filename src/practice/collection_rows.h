/* collection_rows.h: lines of a snapshot (doc/format/snapshot.md section 4) made of what the
 * listings of another collector say. Internal to the reading of collections, inside the worker.
 *
 * Texts may be any bytes; what is unknown is empty, or UINT64_MAX, and is left out. */
#pragma once
#include "collect/foreign.h"

#define ROW_UNKNOWN UINT64_MAX

struct row_process {
    uint64_t pid, parent, uid, memory;
    struct str user;
    struct str name;    /* of a kernel thread, without brackets; else of the program */
    struct str args;    /* with spaces between: where one holds a space it counts as two */
    struct str program; /* its file */
    bool is_deleted;
    bool is_kernel;
};
void row_process(struct doc *d, const struct row_process *p);

struct row_socket {
    const char *protocol; /* "TCP" */
    struct str local, remote;
    uint64_t local_port, remote_port;
    const char *state; /* of row_state */
    uint64_t uid, pid;
    struct str program;
};
/* One spelling of a state, whoever wrote it; ROW_LISTENS where it waits for what comes, "?" where
 * it is not known. */
#define ROW_LISTENS "listens"
const char *row_state(struct str state);
/* "0.0.0.0:22", "[::]:22", ":::22", "*:22"; false where it is none. */
bool row_endpoint(struct str text, struct str *address, uint64_t *port);
/* Those of the section that is asked for: listeners, or connections. */
void row_sockets(struct doc *d, const struct row_socket *sockets, size_t count, bool listeners);

void row_module(struct doc *d, struct str name, uint64_t size, struct str state);
void row_mount(struct doc *d, struct str point, struct str source, struct str type,
               struct str options);
void row_package(struct doc *d, struct str name, struct str architecture, struct str version,
                 struct str status);

struct row_file {
    struct str path;
    uint32_t mode; /* as st_mode */
    uint64_t size, uid, gid;
    int64_t modified; /* seconds; negative: unknown */
};
/* Whether it lies where the section looks, and says why it is privileged. */
void row_config(struct doc *d, const struct row_file *f);
void row_privileged(struct doc *d, const struct row_file *f);
/* "drwxr-sr-t" with or without a first letter of another kind; false where it is none. */
bool row_mode(struct str text, uint32_t *out);

/* A row of section system. */
void row_value(struct doc *d, const char *key, const char *name, struct str value);
void row_kernel(struct doc *d, struct str release, struct str version, struct str machine);
/* From etc/os-release; false where that is not among the files. */
bool row_os_release(struct doc *d, struct str text);

/* A user's number by their line in passwd; ROW_UNKNOWN where there is none. */
uint64_t row_uid(struct str passwd, struct str user);
