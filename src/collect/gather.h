/* gather.h: what the functions that fill the sections share. Only src/collect/ includes it. */
#pragma once
#include <errno.h>
#include <fcntl.h>
#include "base/mem.h"
#include "collect/doc.h"
#include "collect/host.h"
#include "collect/process.h"

enum {
    GATHER_FILE_SIZE = 16 << 20,  /* bytes of a file that is parsed */
    GATHER_SMALL_SIZE = 64 << 10, /* bytes of a file that is small by nature */
    GATHER_HASH_SIZE = 64 << 20,  /* bytes of a file that is hashed */
    GATHER_NAME_COUNT = 400000,   /* entries of a folder, and of a walk */
    GATHER_DEPTH = 24,            /* folders within folders */
};

/* A number and the name that a table of the host gives it. */
struct id_name {
    uint64_t id;
    char *name; /* in the arena */
};

/* A socket of TCP, UDP or a raw one, as /proc/net lists it. */
struct net_socket {
    uint8_t local[16]; /* network order; an IPv4 address in the first four */
    uint8_t remote[16];
    uint64_t inode;
    uint64_t uid;
    uint16_t local_port;
    uint16_t remote_port;
    uint8_t state;    /* TCP_LISTEN … of the kernel */
    uint8_t protocol; /* index into a table of socket.c */
    bool is_six;
};

struct rights;

struct gather {
    struct host host;
    struct doc doc;
    struct arena *arena; /* lives as long as the snapshot is being taken */
    bool with_hashes;
    const struct collect_options *options; /* NULL: none */
    bool is_root; /* who reads may read everything, as far as user ids go */
    struct utc now;
    struct utc booted; /* zero where unknown */
    struct process_list processes;
    struct process_list *lent; /* whose copy the former is; NULL: they were read for the snapshot */
    const struct rights *rights; /* what was found before; NULL: the snapshot walks by itself */
    struct id_name *users; /* from etc/passwd, sorted by id, the first line of each id first */
    size_t user_count;
    struct net_socket *sockets;
    size_t socket_count;
    struct id_name *interfaces; /* names by index, sorted */
    size_t interface_count;
    size_t interface_room;
    struct id_name *slow_mounts; /* mount points, without leading slash, that are never asked */
    size_t slow_mount_count;
};

#define SECTION(name, function, title) void function(struct gather *g);
#include "collect/sections.def"
#undef SECTION

/* What was read before and is read only once: the memory of many processes, the walk through many
 * files. NULL: it is read. */
struct gather_known {
    struct process_list *processes;
    const struct rights *rights;
};
/* As collect_snapshot. */
MUST_CHECK int gather_snapshot(const struct collect_options *options,
                               const struct gather_known *known, collect_line *emit, void *context,
                               struct err *e);

/* Before the sections, in this order: what is gone soonest is read first. */
void gather_scan_users(struct gather *g);
void gather_scan_mounts(struct gather *g);
void gather_scan_interfaces(struct gather *g);
void gather_scan_sockets(struct gather *g);

/* Whether it shall end now: what is not read is then said by the caller. */
bool gather_is_stopped(const struct gather *g);
/* The user's name, or an empty slice. */
struct str gather_user(const struct gather *g, uint64_t uid);
/* Writes "user" when the name is known. */
void gather_put_user(const struct gather *g, struct json *j, uint64_t uid);
void gather_add_interface(struct gather *g, uint64_t index, struct str name);
/* The interface's name, or "#7" where it is unknown; buf holds it. */
const char *gather_interface(const struct gather *g, uint64_t index, struct buf *buf);
/* Whether a path (without leading slash) lies on a network or user-space file system. */
bool gather_is_slow(const struct gather *g, struct str path);

/* A name of /proc/mounts without its escapes (\040); out holds it. */
struct str mount_unescape(struct str text, struct buf *out);

/* Text of the file in out; says in the section what went wrong. True when there is something. */
bool gather_file(struct gather *g, const char *path, struct buf *out);
/* As gather_file, but a file that is not there is no gap. */
bool gather_file_if_any(struct gather *g, const char *path, struct buf *out);
/* The next line without its newline; false at the end. */
bool take_line(struct str *text, struct str *line);
bool read_u64_base(struct str text, unsigned base, uint64_t *out);
/* SHA-256 of a file's content. 0, or a negative errno; -EFBIG over GATHER_HASH_SIZE. */
int hash_fd(int fd, struct hash *out);

/* Which package owns a path. */
struct path_owner {
    struct str path;     /* with a leading slash */
    const char *package; /* out: "" where none owns it, NULL where that is unknown; in the arena */
};
/* Fills package of all items; the array is sorted by path. */
void find_owners(struct gather *g, struct path_owner *items, size_t count);
/* The package of a path after that; "" for an empty path. */
const char *owner_of(const struct path_owner *items, size_t count, struct str path);
/* "package": the name, "" or null. */
void put_package(struct json *j, const char *package);
