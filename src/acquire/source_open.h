/* source_open.h: opens a device or file as a source, and says all that is to be said of it first:
 * what it is, whether somebody uses it, what it hides. Nothing is changed. */
#pragma once
#include "acquire/source.h"

struct source_facts {
    char *path;   /* as it was given */
    char *vendor; /* of a device; these are malloc()ed, and "" where it does not say */
    char *model;
    char *serial;
    char *wwn;
    char *uses;  /* "mounted for writing on /srv; holder dm-0", "" for none */
    char *note;  /* what else is to be known, sentences */
    char *which; /* source_find_which, source_know_file */
    uint64_t size;
    uint64_t native_size;   /* with what the device hides (HPA); 0: it does not say */
    uint64_t factory_size;  /* with what its configuration hides (DCO); 0: it does not say */
    uint32_t logical_size;  /* of a sector, bytes */
    uint32_t physical_size; /* 0: unknown */
    bool is_device;
    bool is_gone;         /* for good; the rest is what was known of it */
    bool is_whole_device; /* no partition */
    bool is_removable;
    bool is_read_only;   /* write-protected, as the kernel says */
    bool is_exclusive;   /* nobody can mount it while it is open here */
    bool is_written_to;  /* mounted for writing, swap, or held by another driver */
    bool keeps_off_ends; /* as source_open was told */
};
void source_facts_release(struct source_facts *f);

enum { SOURCE_END_SIZE = 32 << 10 }; /* of each end no more is read to know a source again */
enum {
    SOURCE_LIVE = 1,           /* also where it is mounted for writing */
    SOURCE_KEEPS_OFF_ENDS = 2, /* its first and last sectors are not read to know it again */
};
/* Opens path for reading. how: some of these. The caller owns *out and *facts. Errors: ERR_USAGE: a
 * folder, a FIFO …, or empty; ERR_GATE: in use, and not is_live; ERR_NOTFOUND: it is not there, or
 * it is a device that does not answer or has no bytes; ERR_DENIED, ERR_IO. Reads of it hang where
 * the device does. */
MUST_CHECK int source_open(struct source **out, struct source_facts *facts, const char *path,
                           unsigned how, struct err *e);
/* One that is gone for good, with what was known of it. The caller owns both. */
void source_open_gone(struct source **out, struct source_facts *facts, const char *path,
                      uint64_t size, uint32_t sector_size);
