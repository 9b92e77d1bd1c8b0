/* output.h: where a bundle goes: a new file, standard output, or a receiver. */
#pragma once
#include "collect/output_place.h"
#include "collect/send.h"

struct output_wish {
    const char *place;     /* FILE, a folder, "-" or tcp://ADDRESS:PORT */
    const char *name;      /* of the file, where the place is a folder */
    const char *token;     /* of the receiver */
    struct sender_key key; /* of the bundle, for a receiver */
    int64_t patience_s;
    void (*told)(void *context, const char *words); /* see struct sender_options */
    void *context;
};

struct output;
/* ERR_USAGE: a file that is there, standard output that is a terminal; ERR_NOTFOUND: a folder that
 * is not; else as sender_open. */
MUST_CHECK int output_open(struct output **out, const struct output_wish *wish, struct err *e);
/* To be the write of a struct bundle_output. */
MUST_CHECK int output_write(void *output, const void *bytes, size_t size, struct err *e);
/* Waits until all is durable where it goes. ERR_IO also where a medium is gone. */
MUST_CHECK int output_end(struct output *o, struct err *e);
void output_close(struct output *o); /* NULL is fine */
DEFINE_CLEANUP(struct output *, output_close)

const char *output_name(const struct output *o); /* for people */
uint64_t output_size(const struct output *o);    /* bytes given to it */
struct hash output_hash(struct output *o);       /* of these; once, at the end */
/* OUTPUT_ELSEWHERE for what is no file. disk: as output_place_of. */
enum output_place output_place(const struct output *o, struct buf *disk);
