/* build_notice.c: makes a part of one notice; no byte of evidence is read for it. */
#include "timeline/build_notice.h"
#include "timeline/block.h"

enum { WORDS_SIZE = 256 };

static int put_block(void *context, const struct block_made *block, struct err *e)
{
    const struct segment_block told = {.events = block->events,
                                       .first_ns = block->first_ns,
                                       .last_ns = block->last_ns,
                                       .columns = block->lines,
                                       .bytes = block->bytes};

    return segment_block(context, &told, e);
}

static int add_event(void *context, const struct event *event, struct err *e)
{
    return block_add(context, event, e);
}

static int put_notice(struct segment_writer *store, const char *words, int64_t ns, struct err *e)
{
    CLEANUP(field_names_freep) struct field_names *names = field_names_new();
    CLEANUP(block_writer_freep)
    struct block_writer *w = block_writer_new(names, put_block, store);
    struct reader r = {.names = names, .stated_s = INT64_MIN, .take = add_event, .take_context = w};
    struct hash digest;
    int rc;

    reader_begin(&r, &format_evidence, NULL);
    r.last_ns = ns;
    rc = reader_notice(&r, 0, words, e);
    reader_end(&r);
    if (rc == 0)
        rc = block_end(w, &digest, e);
    if (rc == 0)
        segment_part(store, &r.counts, &digest);
    return rc;
}

static int64_t ns_of(int64_t s)
{
    int64_t ns;

    return __builtin_mul_overflow(s, (int64_t)1000000000, &ns) ? 0 : ns;
}

static unsigned long long mib(const struct segment_state *s)
{
    return (s->directory_most + (1 << 20) - 1) >> 20;
}

int build_tell_cut(struct segment_writer *store, int64_t written_s, struct err *e)
{
    const struct segment_state s = segment_state_of(store);
    char words[WORDS_SIZE];

    if (!s.is_cut)
        return 0;
    if (s.has_events)
        snprintf(words, sizeof(words),
                 "reading ended here, behind its first %llu events: its many different fields have "
                 "no room in the directory of the timeline, which has %llu MiB",
                 (unsigned long long)s.events, mib(&s));
    else
        snprintf(words, sizeof(words),
                 "it was not read: its many different fields have no room in the directory of the "
                 "timeline, which has %llu MiB",
                 mib(&s));
    segment_remark(store, words);
    return put_notice(store, words, s.has_events ? s.last_ns : ns_of(written_s), e);
}

int build_tell_end(struct segment_writer *store, struct str name, int64_t written_s, struct err *e)
{
    int rc = build_tell_cut(store, written_s, e);
    const struct segment_state s = segment_state_of(store);
    char words[WORDS_SIZE];
    struct segment_source last = {.name = name, .is_about = true};

    if (rc || !s.is_full)
        return rc;
    snprintf(words, sizeof(words),
             "reading ended here, behind %llu files: what is known of more of them has no room in "
             "the directory of the timeline, which has %llu MiB",
             (unsigned long long)s.sources, mib(&s));
    last.remark = str_of(words);
    rc = segment_last_source(store, &last, e);
    return rc ? rc : put_notice(store, words, ns_of(written_s), e);
}
