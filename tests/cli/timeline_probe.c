/* timeline_probe.c: timeline_probe -v | [-n|-b|-x KIND] [-y SECONDS] [-z ZONE] [-p SIZE] FILE: the
 * events of one file as JSON lines, in this process, for tests and measurements. -n: only counts;
 * -b: only how large its blocks are, and the digest; -x: as they are exported (0, 1, 2: of
 * exported.h), in the order of the file; -y: when it was written; -z: the file of its zone; -p: in
 * parts of so many bytes; -v: all formats and their versions. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/sink.h"
#include "base/utc.h"
#include "sys/file.h"
#include "timeline/block.h"
#include "timeline/exported.h"
#include "timeline/format.h"

static int bytes_at(void *context, uint64_t off, void *bytes, size_t size, size_t *got,
                    struct err *e)
{
    ssize_t n = pread(*(int *)context, bytes, size, (off_t)off);

    if (n < 0)
        return err_errno(e, "cannot read");
    *got = (size_t)n;
    return 0;
}

static void put_text(struct buf *out, struct str text)
{
    buf_addc(out, '"');
    sink_json(out, text);
    buf_addc(out, '"');
}

static int show(void *context, const struct event *v, struct err *e)
{
    static const char letters[] = EVENT_DOUBT_LETTERS;
    const struct field_names *names = context;
    CLEANUP_BUF struct buf out = {0};

    (void)e;
    buf_addf(&out, "{\"ns\":%" PRId64 ",\"precision\":\"%s\",\"doubt\":\"", v->ns,
             event_precision_names[v->precision]);
    for (size_t i = 0; letters[i]; i++)
        if (v->doubt & 1 << i)
            buf_addc(&out, letters[i]);
    buf_addf(&out, "\",\"at\":%" PRIu64 ",\"line\":%" PRIu64, v->at, v->line);
    for (size_t i = 0; i < v->count; i++) {
        buf_addc(&out, ',');
        put_text(&out, field_name(names, v->fields[i].name));
        buf_addc(&out, ':');
        put_text(&out, v->fields[i].value);
    }
    buf_adds(&out, "}\n");
    fwrite(out.p, 1, out.len, stdout);
    return 0;
}

static int count_only(void *context, const struct event *v, struct err *e)
{
    (void)context, (void)v, (void)e;
    return 0;
}

struct exporting {
    const struct field_names *names;
    enum export_kind kind;
    struct export_columns *columns;
    bool is_counting; /* the columns alone */
    struct exported x;
};

static int export(void *context, const struct event *v, struct err *e)
{
    static const char letters[] = EVENT_DOUBT_LETTERS;
    struct exporting *p = context;
    CLEANUP_BUF struct buf out = {0}, doubt = {0};

    (void)e;
    for (size_t i = 0; letters[i]; i++)
        if (v->doubt & 1 << i)
            buf_addc(&doubt, letters[i]);
    p->x.ns = v->ns;
    p->x.at = v->at;
    p->x.line = v->line;
    p->x.source = STR("probe");
    p->x.precision = str_of(event_precision_names[v->precision]);
    p->x.doubt = buf_str(&doubt);
    p->x.meaning = str_of(event_meaning_names[v->meaning]);
    p->x.count = v->count;
    for (size_t i = 0; i < v->count; i++)
        p->x.fields[i] =
            (struct exported_field){field_name(p->names, v->fields[i].name), v->fields[i].value};
    exported_sort(&p->x);
    if (p->is_counting)
        return export_columns_add(p->columns, &p->x) ? 0 : ERR_LIMIT;
    export_event(&out, p->kind, p->columns, &p->x);
    fwrite(out.p, 1, out.len, stdout);
    return 0;
}

static int add_size(void *context, const struct block_made *block, struct err *e)
{
    (void)e;
    *(uint64_t *)context += block->bytes.len + block->lines.len;
    return 0;
}

static int pack(void *context, const struct event *v, struct err *e)
{
    return block_add(context, v, e);
}

/* In parts of so many bytes, where r->to has them. */
static int run_parts(struct reader *r, struct err *e)
{
    uint64_t size = r->to;
    bool is_end = false;
    int rc = 0;

    for (r->from = 0; rc == 0 && !is_end; r->from += size) {
        char one;
        size_t got = 0;

        is_end = size == UINT64_MAX ||
                 (r->bytes(r->bytes_context, r->from + size, &one, 1, &got, e) == 0 && got == 0);
        r->to = is_end ? UINT64_MAX : r->from + size;
        rc = reader_part(r, r->from, r->to, e);
    }
    return rc;
}

static int run(struct reader *r, struct err *e)
{
    uint64_t size = r->to;
    off_t end = lseek(*(int *)r->bytes_context, 0, SEEK_END);
    size_t count = is_splittable(r->format, &r->others, r->frame) && end > 0
                       ? ((uint64_t)end - 1) / size + 1
                       : 1;
    CLEANUP_FREE struct years *begin = mem_array(count, sizeof(begin[0]));
    struct year_breaks breaks;
    int rc;

    if (r->format->read)
        return run_parts(r, e);
    r->folds->count = 0;
    rc = reader_find_years(r, size, begin, count, &breaks, e);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        r->years = begin[i];
        rc = reader_lines(r, i * size, i + 1 == count ? UINT64_MAX : (i + 1) * size, e);
    }
    return rc;
}

static int take_zone(struct zone **out, const char *path, struct err *e)
{
    char bytes[1 << 16];
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = read(fd, bytes, sizeof(bytes));

    if (size < 0)
        return err_errno(e, "cannot read %s", path);
    return zone_read(out, (struct str){bytes, (size_t)size}, e);
}

/* A CSV names its columns before the first event. */
static int run_export(struct reader *r, struct exporting *x, struct err *e)
{
    CLEANUP_BUF struct buf head = {0};
    const struct format *format = r->format;
    const struct others others = r->others;
    int rc = 0;

    if (x->kind == EXPORT_TIMESKETCH_CSV) {
        x->columns = export_columns_new();
        x->is_counting = true;
        rc = run(r, e);
        x->is_counting = false;
        export_head(&head, x->columns);
        fwrite(head.p, 1, head.len, stdout);
        reader_end(r);
        reader_begin(r, format, &others);
        r->last_ns = 0;
    }
    rc = rc ? rc : run(r, e);
    export_columns_free(x->columns);
    return rc;
}

static int show_versions(void)
{
    for (size_t i = 0; i < FORMAT_COUNT_; i++)
        printf("%s %u\n", formats[i]->name, formats[i]->version);
    return 0;
}

int main(int argc, char **argv)
{
    CLEANUP(field_names_freep) struct field_names *names = field_names_new();
    CLEANUP(folds_release) struct folds folds = {0};
    CLEANUP(zone_freep) struct zone *zone = NULL;
    struct reader r = {.names = names, .bytes = bytes_at, .take = show, .take_context = names};
    struct recognised found = {0};
    const struct format *format;
    CLEANUP(block_writer_freep) struct block_writer *writer = NULL;
    CLEANUP_FREE struct exporting *x = NULL;
    struct hash digest;
    uint64_t size = 0, part_size = UINT64_MAX;
    CLEANUP_BUF struct buf name = {0};
    struct err e = {0};
    int fd, option, rc;
    off_t end;

    while ((option = getopt(argc, argv, "vbnp:x:y:z:")) != -1) {
        if (option == 'v')
            return show_versions();
        if (option == 'n')
            r.take = count_only;
        else if (option == 'p')
            part_size = strtoull(optarg, NULL, 10);
        else if (option == 'x') {
            x = mem_new(struct exporting);
            x->names = names;
            x->kind = (enum export_kind)strtol(optarg, NULL, 10);
            r.take = export;
            r.take_context = x;
        } else if (option == 'b')
            r = (struct reader){.names = names,
                                .bytes = bytes_at,
                                .take = pack,
                                .take_context = writer = block_writer_new(names, add_size, &size)};
        else if (option == 'z') {
            if (take_zone(&zone, optarg, &e))
                return 2;
        } else
            r.written_s = strtoll(optarg, NULL, 10);
    }
    fd = open(argv[optind], O_RDONLY | O_CLOEXEC);
    end = lseek(fd, 0, SEEK_END);
    if (end < 0 || format_find(&found, bytes_at, &fd, (uint64_t)end, r.written_s, &e))
        return 2;
    format = found.format;
    r.encoding = found.encoding;
    r.frame = found.frame;
    r.manner = found.manner;
    if (!format) {
        printf("{\"format\":null}\n");
        return 0;
    }
    buf_adds(&name, format->name);
    for (size_t i = 0; i < OTHERS_MOST && found.others.of[i]; i++)
        buf_addf(&name, "+%s", found.others.of[i]->name);
    r.bytes_context = &fd;
    reader_begin(&r, format, &found.others);
    r.to = part_size;
    r.zone = zone;
    r.folds = &folds;
    rc = x ? run_export(&r, x, &e) : run(&r, &e);
    if (rc == 0 && writer && (rc = block_end(writer, &digest, &e)) == 0) {
        CLEANUP_BUF struct buf hex = {0};

        hex_add(&hex, digest.b, sizeof(digest.b));
        printf("{\"size\":%" PRIu64 ",\"digest\":\"%s\"}\n", size, buf_text(&hex));
    }
    if (x) {
        reader_end(&r);
        return rc != 0;
    }
    printf("{\"format\":\"%s\",\"lines\":%" PRIu64 ",\"events\":%" PRIu64 ",\"unparsed\":%" PRIu64
           ",\"continued\":%" PRIu64 ",\"comments\":%" PRIu64 ",\"empty\":%" PRIu64 "}\n",
           buf_text(&name), r.counts.lines, r.counts.events, r.counts.unparsed, r.counts.continued,
           r.counts.comments, r.counts.empty);
    reader_end(&r);
    if (rc)
        fprintf(stderr, "%s\n", e.text);
    return rc != 0;
}
