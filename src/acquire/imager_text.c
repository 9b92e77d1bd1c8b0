/* imager_text.c: writes the summary that lies beside an image. */
#include "acquire/imager_text.h"
#include "base/hash.h"
#include "base/sink.h"
#include "sys/clock.h"
#include "sys/file.h"

enum { WORD_COLUMNS = 22, RUNS_SHOWN = 1000, RUNS_TOLD = 20 };

/* What a device, a path or a person says is anybody's: it stays within its line, and shows as it
 * is.
 */
static void pair(struct buf *out, const char *word, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void pair(struct buf *out, const char *word, const char *fmt, ...)
{
    CLEANUP_BUF struct buf raw = {0};
    va_list ap;

    va_start(ap, fmt);
    buf_addv(&raw, fmt, ap);
    va_end(ap);
    buf_addf(out, "%-*s", WORD_COLUMNS, word);
    sink_line(out, buf_str(&raw));
    buf_addc(out, '\n');
}

static void pair_said(struct buf *out, const char *word, const char *value)
{
    if (value[0])
        pair(out, word, "%s", value);
}

static void pair_hex(struct buf *out, const char *word, const void *bytes, size_t size)
{
    CLEANUP_BUF struct buf hex = {0};

    hex_add(&hex, bytes, size);
    pair(out, word, "%s", buf_text(&hex));
}

static void pair_time(struct buf *out, const char *word, struct utc t)
{
    char text[UTC_PLAIN_SIZE];

    pair(out, word, "%s", utc_plain(text, t));
}

static void pair_digests(struct buf *out, const struct digests_result *d)
{
    pair_hex(out, "  MD5", d->md5, sizeof(d->md5));
    pair_hex(out, "  SHA-1", d->sha1, sizeof(d->sha1));
    pair_hex(out, "  SHA-256", d->sha256.b, sizeof(d->sha256.b));
}

static void file_line(struct buf *out, uint64_t size, const void *sum, const char *path)
{
    buf_addf(out, "%llu ", (unsigned long long)size);
    if (sum)
        hex_add(out, sum, sizeof(struct hash));
    else
        buf_addc(out, '-');
    buf_addc(out, ' ');
    for (; *path; path++) /* each is one line */
        buf_addc(out, (uint8_t)*path < 0x20 || *path == 0x7f ? '?' : *path);
    buf_addc(out, '\n');
}

int imager_file_beside(struct acquisition *image, const char *ending, struct buf *out,
                       struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    struct hash sum;
    uint64_t size;
    int rc;

    acquisition_path(image, ending, &path);
    rc = file_sum(buf_text(&path), &sum, &size, e);
    if (rc == 0)
        file_line(out, size, sum.b, buf_text(&path));
    return rc;
}

const char *const imager_beside[IMAGER_BESIDE_COUNT] = {"map", "pieces"};

void imager_written_beside(struct acquisition *image, struct buf *out)
{
    for (size_t i = 0; i < IMAGER_BESIDE_COUNT; i++) {
        CLEANUP_BUF struct buf path = {0};
        struct hash sum;
        uint64_t size;

        acquisition_path(image, imager_beside[i], &path);
        acquisition_beside(image, imager_beside[i], &size, &sum);
        file_line(out, size, sum.b, buf_text(&path));
    }
}

void imager_files(const struct imager_report *r, struct acquisition *image, struct buf *out)
{
    const struct target_files *f = acquisition_files(image);

    for (uint32_t n = 1; n <= f->count; n++) {
        CLEANUP_BUF struct buf path = {0};
        size_t at = (n - 1) * sizeof(struct hash);
        bool has_sum = r->has_back && at + sizeof(struct hash) <= r->back.files.len;

        target_files_path(f, n, &path);
        file_line(out, f->files[n - 1].size, has_sum ? r->back.files.p + at : NULL,
                  buf_text(&path));
    }
}

static void add_source(struct buf *out, const struct source_facts *f)
{
    CLEANUP_BUF struct buf path = {0};

    sink_path_line(&path, str_of(f->path));
    pair(out, "source", "%s", buf_text(&path));
    pair_said(out, "  make", f->vendor);
    pair_said(out, "  model", f->model);
    pair_said(out, "  serial number", f->serial);
    pair_said(out, "  WWN", f->wwn);
    pair(out, "  bytes", "%llu", (unsigned long long)f->size);
    if (f->native_size)
        pair(out, "  bytes, natively", "%llu", (unsigned long long)f->native_size);
    if (f->factory_size)
        pair(out, "  bytes, as made", "%llu", (unsigned long long)f->factory_size);
    pair(out, "  bytes of a sector", "%u%s", f->logical_size,
         f->is_device || f->is_gone ? "" : " (of a file)");
    if (f->physical_size)
        pair(out, "  of a physical one", "%u", f->physical_size);
    if (f->is_device) {
        pair(out, "  write-protected", "%s", f->is_read_only ? "yes" : "no");
        pair(out, "  held for us alone", "%s", f->is_exclusive ? "yes" : "no");
        pair(out, "  in use", "%s", f->uses[0] ? f->uses : "no");
    } else {
        pair_said(out, "  in use", f->uses);
    }
    pair_said(out, "  note", f->note);
}

void imager_runs(struct acquisition *image, enum area_state state, struct buf *out)
{
    const struct fault_map *map = acquisition_map(image);
    uint32_t sector = acquisition_begin(image)->sector_size;
    size_t count = 0;
    struct area a;

    for (uint64_t at = 0; fault_map_next(map, at, map->size, state, &a);
         at = a.off + a.size, count++)
        if (count < RUNS_TOLD)
            buf_addf(out, "%s%llu to %llu", count ? ", " : "", (unsigned long long)(a.off / sector),
                     (unsigned long long)((a.off + a.size - 1) / sector));
    if (count > RUNS_TOLD)
        buf_addf(out, ", and %zu runs more: see the map", count - RUNS_TOLD);
}

/* Of one state: how much, and where. */
static void add_lacking(struct buf *out, struct acquisition *image, enum area_state state,
                        const char *word, const char *what)
{
    const struct fault_map *map = acquisition_map(image);
    uint32_t sector = acquisition_begin(image)->sector_size;
    size_t shown = 0;
    struct area a;

    pair(out, word, "%llu bytes, %szeros in the image",
         (unsigned long long)fault_map_sum(map, state), what);
    for (uint64_t at = 0; shown < RUNS_SHOWN && fault_map_next(map, at, map->size, state, &a);
         at = a.off + a.size, shown++)
        pair(out, shown ? "" : "  sectors", "%llu to %llu", (unsigned long long)(a.off / sector),
             (unsigned long long)((a.off + a.size - 1) / sector));
    if (shown == RUNS_SHOWN)
        pair(out, "", "and more: see the map");
}

void imager_retries(const struct acquisition *image, const struct imager_order *order,
                    struct buf *out)
{
    unsigned made = acquisition_retries(image);

    buf_addf(out, "%u", made);
    if (made != order->options.retries)
        buf_addf(out, " made of what failed; %u asked for in the last run", order->options.retries);
}

static void add_runs(struct buf *out, const struct acquire_history *h)
{
    for (size_t i = 0; i < h->count; i++) {
        CLEANUP_BUF struct buf line = {0};

        acquire_history_line(h, i, &line);
        pair(out, i ? "" : "  runs", "%s", buf_text(&line));
    }
}

/* Lines that sha256sum -c takes; it passes over the others. */
static void add_files(const struct imager_report *r, struct buf *out)
{
    CLEANUP_BUF struct buf name = {0};
    struct str rest = buf_str(&r->files);

    sink_line(&name, buf_str(&r->name));
    if (r->has_back)
        buf_addf(out, "\nfiles, which sha256sum -c %s.txt checks\n", buf_text(&name));
    else
        buf_adds(out, "\nfiles; the image was not read back, so it has no SHA-256 here\n");
    while (rest.len) {
        struct str path = str_cut(&rest, '\n');
        struct str bytes = str_cut(&path, ' '), sum = str_cut(&path, ' ');
        size_t folder = path.len;

        while (folder && path.p[folder - 1] != '/')
            folder--;
        buf_addf(out, "  " STR_FMT "  ", STR_ARG(sum));
        sink_line(out, str_from(path, folder));
        buf_addf(out, "\n      " STR_FMT " bytes, in ", STR_ARG(bytes));
        sink_line(out, str_head(path, folder ? folder - 1 : 0));
        buf_addc(out, '\n');
    }
}

static void add_back(const struct imager_report *r, struct buf *out)
{
    if (r->back_failed.len)
        pair(out, "the image", "reading back FAILED: %s", buf_text(&r->back_failed));
    else
        pair(out, "the image", "%s",
             !r->has_back        ? "not read back"
             : r->back.differing ? "read back, and DIFFERENT"
                                 : "read back from the disk, and the same");
    if (r->back_ended.sec) {
        pair_time(out, "  from", r->back_begun);
        pair_time(out, "  to", r->back_ended);
    }
}

void imager_text(const struct imager_report *r, struct acquisition *image,
                 const struct imager_order *order, struct buf *out)
{
    static const char *const formats[] = {
        [TARGET_E01] = "E01", [TARGET_RAW] = "raw", [TARGET_SPLIT] = "raw, in parts"};
    const struct acquire_begin *b = acquisition_begin(image);
    char host[256];

    buf_adds(out, "Disk image made by calm " CALM_VERSION "\n\n");
    pair_said(out, "case", b->case_number);
    pair_said(out, "evidence", b->number);
    pair_said(out, "examiner", b->examiner);
    pair_said(out, "description", b->description);
    pair_said(out, "notes", b->notes);
    host_name(host, sizeof(host));
    pair(out, "machine", "%s", host);
    add_source(out, &r->facts);
    if (b->is_live)
        pair(out, "  LIVE", "it was in use while it was read%s",
             b->runs > 1 ? ", in at least one run" : "");
    if (r->changed.len)
        pair(out, "  CHANGED", "%s", buf_text(&r->changed));
    pair_said(out, "  its own hashes", buf_text(&r->stated));
    pair_said(out, "  its damage", buf_text(&r->damage));
    pair_time(out, "begun", r->begun);
    pair_time(out, "ended", r->result.ended);
    if (b->runs > 1)
        pair(out, "interrupted", "%u time%s, and gone on with", b->runs - 1,
             b->runs == 2 ? "" : "s");
    add_runs(out, &b->history);
    pair_said(out, "  not bound", buf_text(&r->unbound));
    if (acquisition_is_unproven(image))
        pair(out, "  not compared", "%s",
             "what was there before; a version before this one began it");
    pair(out, "format", "%s%s", formats[b->format],
         b->format != TARGET_E01 ? ""
         : b->is_small           ? ", packed small (libdeflate)"
                                 : ", packed fast (isa-l, level 1)");
    if (acquisition_packs_otherwise(image))
        pair(out, "  packed otherwise", "%s",
             "from where it went on: another processor or library");
    if (b->segment_size)
        pair(out, "files of at most", "%llu bytes", (unsigned long long)b->segment_size);
    pair(out, "retries", "%s", buf_text(&r->retries));
    if (order->options.leaves_places)
        pair(out, "--leave-places", "%s",
             "where the source went away, or a read did not come back, nothing more was asked for");
    if (order->options.reads_in_order)
        pair(out, "--in-order", "%s", "hard places were read at once, and not after all else");
    if (order->options.accepts_end)
        pair(out, "--accept-end", "%s", "what the source lacks at its end is left unread");
    add_lacking(out, image, AREA_BAD, "not readable", "");
    if (r->result.left)
        add_lacking(out, image, AREA_LEFT, "left unread",
                    "whether they can be read is not known, ");
    buf_adds(out, "\nof the source, sectors that were not read as zeros\n");
    pair_digests(out, &r->result.exact);
    if (r->result.stored_size != b->size) {
        buf_addf(out, "of what the image holds: %llu bytes, the last sector filled with zeros\n",
                 (unsigned long long)r->result.stored_size);
        pair_digests(out, &r->result.stored);
    }
    add_back(r, out);
    add_files(r, out);
}
