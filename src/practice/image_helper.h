/* image_helper.h: calm-image as calm talks with it (doc/format/image.md section 8). */
#pragma once
#include "base/mem.h"
#include "base/str.h"
#include "sys/dialogue.h"

enum { IMAGE_WORDS_MAX = 64 };

/* A word and what was said of it. */
struct image_word {
    const char *word;
    const char *value;
};

struct image_progress {
    bool is_slow_work; /* of the last bytes of a failing disk nobody knows how long they take */
    int phase;         /* enum acquire_phase, as the helper counts it; words: image_phase_words */
    uint64_t done, size, bad;
    bool is_silent;    /* a read of the source has not come back for a while: */
    uint64_t silent_s; /* so long */
};
const char *image_phase_words(int phase);

/* A line of files, taken apart. */
struct image_file {
    struct str bytes, sum, folder, name;
};
struct image_file image_helper_file(struct str line);

/* Whoever waits. Non-zero ends the image, which can go on later. */
struct image_watcher_calls {
    int (*progress)(void *context, const struct image_progress *p, struct err *e);
    /* No space is left in folder: gives another, or the same; malloc()ed. why: what the one that it
     * gave before lacks, or "". */
    int (*full)(void *context, const char *folder, const char *why, char **other, struct err *e);
    void *context;
};

struct image_helper {
    struct dialogue *dialogue;
    struct arena *arena;
    struct buf in;
    struct buf why;                           /* the folder that was named will not do */
    struct image_word facts[IMAGE_WORDS_MAX]; /* of the source */
    size_t fact_count;
    struct image_word results[IMAGE_WORDS_MAX];
    size_t result_count;
    struct buf files; /* lines: bytes, SHA-256 or -, FOLDER/NAME */
    bool is_stopped;  /* it was told to end */
    bool has_ended;
    int rc; /* what it ended with */
    struct err said;
};

/* Starts the program that lies beside this one, through sudo where the source is a device that only
 * root may read. ERR_NOTFOUND, ERR_IO. */
MUST_CHECK int image_helper_open(struct image_helper *h, const char *source, struct err *e);
void image_helper_release(struct image_helper *h);
/* An order, before image_helper_look; value NULL for one that takes none. */
MUST_CHECK int image_helper_order(struct image_helper *h, const char *word, struct str value,
                                  struct err *e);
/* What another than the helper says of source or result, in its words: where none was started. */
void image_helper_say_fact(struct image_helper *h, const char *word, struct str value);
void image_helper_say_result(struct image_helper *h, const char *word, struct str value);
/* Ends the orders and waits for the facts of the source, which is open then, with nothing written.
 * A source may take long to open: progress is called meanwhile, and Ctrl-C ends it. */
MUST_CHECK int image_helper_look(struct image_helper *h, const struct image_watcher_calls *calls,
                                 struct err *e);
/* Lets it begin, with the number that the image has in the case; returns at its end. The helper's
 * own code and sentence; results are there also then, as far as it came. */
MUST_CHECK int image_helper_run(struct image_helper *h, const char *number,
                                const struct image_watcher_calls *calls, struct err *e);
/* "" where it was not said. */
const char *image_helper_fact(const struct image_helper *h, const char *word);
const char *image_helper_result(const struct image_helper *h, const char *word);
/* Whether the source states other hashes of its bytes than were read. */
bool image_helper_contradicts(const struct image_helper *h);
