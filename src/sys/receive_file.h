/* receive_file.h: the bundles that come, or came, as files of one folder: COLLECTION.part while one
 * comes, COLLECTION.calm once it is whole and durable. Bytes are only ever added at a file's end.
 */
#pragma once
#include "base/hash.h"

enum { RECEIVE_ID_SIZE = 32 /* hex digits */ };

struct receive_caller;
struct receive_file {
    char id[RECEIVE_ID_SIZE + 1];
    char *path;
    int fd;           /* open while a connection brings it; else -1 */
    uint64_t size;    /* of the file */
    uint64_t durable; /* of these */
    uint64_t hashed;  /* of these; less than size while what an earlier receiver took is read */
    struct digest *digest;
    struct hash sha256; /* of the whole, once it is whole and hashed */
    bool is_there;      /* the file exists */
    bool is_whole;
    bool is_cut;                   /* given up: nothing more is taken */
    int64_t heard_ms;              /* when something of it came last */
    struct receive_caller *caller; /* the connection that brings it; NULL when none does */
};

/* Looks whether the folder has some of it. */
struct receive_file *receive_file_new(const char *folder, const struct id *id);
void receive_file_free(struct receive_file *f);
/* The id that a file of the folder is named for. */
bool receive_file_id(const char *name, const char *ending, struct id *out);

/* Opens what is there, for more. False with errno; EUCLEAN: it is not what it was. */
bool receive_file_open(struct receive_file *f);
void receive_file_close(struct receive_file *f);
/* Reads on in what was there before, a step at a time: 1 when all of it is hashed, 0 when not yet,
 * -1 with errno. */
int receive_file_catch_up(struct receive_file *f);
/* Adds to it; makes it where it is not there. False with errno, and the file as it was; if even
 * that cannot be, *is_spoilt. */
bool receive_file_add(struct receive_file *f, struct str bytes, bool *is_spoilt);
bool receive_file_sync(struct receive_file *f); /* false with errno */
/* Whether size and hash are those of what came. All of it is hashed. */
bool receive_file_fits(struct receive_file *f, uint64_t size, const struct hash *sha256);
/* Names it COLLECTION.calm, durably. False with errno. */
bool receive_file_end(struct receive_file *f, const char *folder);
