/* timeline_store.c: timeline_store [-w WORKERS] [-d BYTES] build EVIDENCE FILE [ZONE-FILE] |
 * rows FILE QUERY [MOST] | last FILE QUERY [MOST] | count FILE QUERY | values FILE QUERY FIELD |
 * slots FILE QUERY: makes the timeline of one file (-d: with so much room for its directory) and
 * asks it (slots: when each slot begins that has events, in nanoseconds, and how many), without a
 * case, for tests and measurements. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/sink.h"
#include "base/utc.h"
#include "sys/file.h"
#include "timeline/build.h"
#include "timeline/search.h"

static int put(void *context, struct str bytes, struct err *e)
{
    return file_write_fd(*(int *)context, bytes.p, bytes.len, "the timeline", e);
}

static int restart(void *context, struct err *e)
{
    int out = *(int *)context;

    return lseek(out, 0, SEEK_SET) < 0 || ftruncate(out, 0) ? err_errno(e, "cannot write anew") : 0;
}

static int build(char **argv, unsigned workers, uint64_t directory_most, struct err *e)
{
    CLEANUP_BUF struct buf zone = {0};
    CLEANUP_BUF struct buf hex = {0};
    int in = open(argv[0], O_RDONLY | O_CLOEXEC);
    int out = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct build_order order = {.ins = &in,
                                .in_count = 1,
                                .name = argv[0],
                                .evidence = &hash_zero,
                                .workers = workers,
                                .directory_most = directory_most,
                                .put = put,
                                .restart = restart,
                                .context = &out};
    struct segment_result r;
    struct stat st;
    int rc = argv[2] ? file_read(&zone, argv[2], 65536, e) : 0;

    if (rc || in < 0 || out < 0 || fstat(in, &st))
        return rc ? rc : err_errno(e, "cannot open %s", argv[0]);
    order.written = (struct written){st.st_mtime, INT64_MIN};
    order.taken_s = st.st_mtime;
    order.zone = buf_str(&zone);
    rc = timeline_build(&order, &r, e);
    if (rc)
        return rc;
    hex_add(&hex, r.digest.b, sizeof(r.digest.b));
    printf("lines %" PRIu64 " events %" PRIu64 " unparsed %" PRIu64 " sources %" PRIu64
           " recognised %" PRIu64 " digest %s",
           r.counts.lines, r.counts.events, r.counts.unparsed, r.sources, r.recognised,
           buf_text(&hex));
    buf_clear(&hex);
    hex_add(&hex, r.directory.b, sizeof(r.directory.b));
    printf(" directory %s\n", buf_text(&hex));
    return 0;
}

/* That the file itself names: here nobody else vouches for it. */
static struct hash directory_of(int file)
{
    struct hash sum = hash_zero;
    struct stat st;

    if (fstat(file, &st) == 0)
        (void)!pread(file, sum.b, sizeof(sum.b), st.st_size - 9 - (off_t)sizeof(sum.b));
    return sum;
}

static int show(void *context, const struct search_event *event, struct err *e)
{
    CLEANUP_BUF struct buf line = {0};
    struct str rest = event->fields, name, value;

    (void)context, (void)e;
    buf_addf(&line, "%" PRId64 " %" PRIu64 " ", event->ns, event->event);
    sink_terminal(&line, event->source, false);
    while (search_field(&rest, &name, &value)) {
        buf_addc(&line, '\t');
        sink_terminal(&line, name, false);
        buf_addc(&line, '=');
        sink_terminal(&line, value, false);
    }
    puts(buf_text(&line));
    return 0;
}

/* As calm does it: as many slots as there may be, over all the time of the file. */
static int ask_slots(struct search_order *order, struct search_result *r, struct err *e)
{
    int rc;

    order->slot_count = SEARCH_SLOTS_MOST;
    rc = timeline_search(order, NULL, r, e);
    for (size_t i = 0; rc == 0 && i < order->slot_count; i++)
        if (r->slots[i])
            printf("%" PRId64 " %" PRIu64 "\n", r->first_slot_ns + (int64_t)i * r->slot_ns,
                   r->slots[i]);
    return rc;
}

static int ask(const char *what, char **argv, unsigned workers, struct err *e)
{
    static struct search_result r;
    int file = open(argv[0], O_RDONLY | O_CLOEXEC);
    struct hash directory = directory_of(file);
    struct search_order order = {.files = &file,
                                 .directories = &directory,
                                 .file_count = 1,
                                 .query = str_of(argv[1]),
                                 .from_ns = INT64_MIN,
                                 .to_ns = INT64_MAX,
                                 .kind = SEARCH_ROWS,
                                 .workers = workers};
    const struct search_receiver to = {.event = show};
    bool is_slots = str_is(str_of(what), "slots");
    int rc;

    if (is_slots || str_is(str_of(what), "count"))
        order.kind = SEARCH_COUNT;
    else if (str_is(str_of(what), "values"))
        order.kind = SEARCH_VALUES;
    order.is_backward = str_is(str_of(what), "last");
    if (order.kind == SEARCH_VALUES)
        order.field = str_of(argv[2]);
    else if (argv[2])
        order.most = strtoull(argv[2], NULL, 10);
    rc = is_slots ? ask_slots(&order, &r, e) : timeline_search(&order, &to, &r, e);
    if (rc)
        return rc;
    for (size_t i = 0; i < r.value_count; i++)
        printf("%" PRIu64 " " STR_FMT "\n", r.values[i].told.count, STR_ARG(r.values[i].value));
    if (order.kind != SEARCH_ROWS)
        printf("count %" PRIu64 " from %" PRId64 " to %" PRId64 "\n", r.sum.count, r.sum.first_ns,
               r.sum.last_ns);
    search_result_release(&r);
    return 0;
}

int main(int argc, char **argv)
{
    unsigned workers = 0;
    uint64_t directory_most = 0;
    struct err e = {0};
    int rc;

    worker_main_if_asked(argc, argv);
    if (argc > 2 && str_is(str_of(argv[1]), "-w")) {
        workers = (unsigned)strtoul(argv[2], NULL, 10);
        argv += 2;
        argc -= 2;
    }
    if (argc > 2 && str_is(str_of(argv[1]), "-d")) {
        directory_most = strtoull(argv[2], NULL, 10);
        argv += 2;
        argc -= 2;
    }
    if (argc < 4)
        return 2;
    rc = str_is(str_of(argv[1]), "build") ? build(argv + 2, workers, directory_most, &e)
                                          : ask(argv[1], argv + 2, workers, &e);
    if (rc)
        fprintf(stderr, "%s\n", e.text);
    return rc != 0;
}
