/* build_job.c: inside a worker: reads evidence, makes events of it, and sends them in blocks. */
#include <errno.h>
#include <inttypes.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/mem.h"
#include "base/utc.h"
#include "timeline/build_job.h"
#include "timeline/disk_mark.h"
#include "timeline/segment_room.h"

#define NS_OF_S 1000000000

enum { SENT_MOST = 1 << 20, PROGRESS_EVERY = 4 << 20 };

static struct str bytes_of(const void *p, size_t size)
{
    return (struct str){p, size};
}

int job_send_block(void *context, const struct block_made *block, struct err *e)
{
    struct job *j = context;
    struct build_block told = {.first_event = block->first_event,
                               .first_ns = block->first_ns,
                               .last_ns = block->last_ns,
                               .events = block->events};
    struct str rest = block->bytes;
    uint64_t size;
    int rc;

    if (!room_of_block(block->lines, &size))
        BUG("a block without lines of columns");
    j->spent += size;
    if (j->reader && j->spent > j->task.source_room)
        j->reader->is_over = true;
    rc = worker_send(j->channel, BUILD_COLUMNS, block->lines, e);

    while (rc == 0 && rest.len) {
        struct str part = str_head(rest, SENT_MOST - 4096);

        rc = worker_send(j->channel, BUILD_PACKED, part, e);
        rest = str_from(rest, part.len);
    }
    return rc ? rc : worker_send(j->channel, BUILD_BLOCK, bytes_of(&told, sizeof(told)), e);
}

int job_progress(struct job *j, struct err *e)
{
    if (j->read - j->told < PROGRESS_EVERY)
        return 0;
    j->told = j->read;
    return worker_send(j->channel, BUILD_PROGRESS, bytes_of(&j->read, sizeof(j->read)), e);
}

/* Of a part as far as it goes; what lines of the next one are looked at counts there. */
int job_take_progress(void *context, uint64_t off, struct err *e)
{
    struct job *j = context;
    bool is_part = j->task.kind == BUILD_PART;
    uint64_t from = is_part ? j->task.from : 0, to = is_part ? j->task.to : UINT64_MAX;
    uint64_t end = off < to ? off : to;

    if (end > from && end - from > j->read)
        j->read = end - from;
    return job_progress(j, e);
}

static int add_event(void *context, const struct event *event, struct err *e)
{
    return block_add(((struct job *)context)->writer, event, e);
}

static int read_bytes(void *context, uint64_t off, void *bytes, size_t size, size_t *got,
                      struct err *e)
{
    struct job *j = context;
    int rc = j->member->bytes(j->member->context, off, bytes, size, got, e);

    if (rc)
        return rc;
    return j->is_reading && j->member->is_plain ? job_take_progress(j, off + *got, e) : 0;
}

static const struct zone *zone_of(const struct job *j, struct str source)
{
    for (size_t i = 0; i < j->setting_count; i++)
        if (str_eq(j->settings[i].source, source))
            return j->settings[i].zone;
    return j->zone;
}

struct reader job_reader(struct job *j, struct str source, struct written written)
{
    const int64_t *end_s = rotation_end_of(j->ends, j->task.end_count, source);
    bool has_end = end_s && *end_s < written.s;

    return (struct reader){.has_end = has_end,
                           .machine = j->host,
                           .told = j->lines,
                           .names = j->names,
                           .zone = zone_of(j, source),
                           .zones = j->zones,
                           .written_s = has_end ? *end_s : written.s,
                           .stated_s = written.stated_s,
                           .bytes = read_bytes,
                           .bytes_context = j,
                           .take = add_event,
                           .take_context = j};
}

int job_end_part(struct job *j, const struct reader *r, struct err *e)
{
    const struct reader_span *s = &r->span;
    struct build_part part = {.counts = r->counts,
                              .first_s = s->first_ns / NS_OF_S,
                              .last_s = s->last_ns / NS_OF_S,
                              .has_first = s->has_first,
                              .has_last = s->has_last};
    int rc = block_end(j->writer, &part.digest, e);

    return rc ? rc : worker_send(j->channel, BUILD_PART_END, bytes_of(&part, sizeof(part)), e);
}

static int tell_ended(struct job *j, struct reader *r, struct err *e)
{
    char words[256];

    snprintf(words, sizeof(words),
             "reading ended here: its many different fields have no more room in the directory of "
             "the timeline, where one file has %u MiB",
             (j->task.source_room + (1 << 19)) >> 20);
    return reader_notice(r, r->ended_at, words, e);
}

/* Events of a part; what the format reads as a whole is one. */
static int read_part(struct job *j, struct reader *r, uint64_t from, uint64_t to, struct err *e)
{
    int rc;

    r->counts = (struct reader_counts){0};
    r->span = (struct reader_span){0};
    r->last_ns = 0;
    r->from = from;
    r->to = to;
    j->is_reading = true;
    j->reader = is_splittable(r->format, &r->others, r->frame)
                    ? NULL
                    : r; /* else parts that have no room are left */
    j->spent = 0;
    rc = reader_part(r, from, to, e);
    j->is_reading = false;
    j->reader = NULL;
    if (rc == 0 && r->is_ended)
        rc = tell_ended(j, r, e);
    if (rc == 0 && from == 0)
        rc = job_tell_manner(r, e);
    if (rc == 0 && from == 0)
        rc = job_tell_years(r, e);
    return rc ? rc : job_end_part(j, r, e);
}

static uint32_t parts_of(const struct format *f, const struct others *others, enum text_frame frame,
                         uint64_t size)
{
    uint64_t part_size = format_part_size(f);
    uint64_t count = (size + part_size - 1) / part_size;

    if (!is_splittable(f, others, frame) || count < 2)
        return 1;
    return count < PARTS_MOST ? (uint32_t)count : PARTS_MOST;
}

static uint64_t part_end(const struct format *f, uint32_t i, uint32_t count)
{
    return i + 1 == count ? UINT64_MAX : (i + 1) * format_part_size(f);
}

static int read_parts(struct job *j, struct reader *r, uint64_t size, struct err *e)
{
    uint32_t count = parts_of(r->format, &r->others, r->frame, size);
    CLEANUP_FREE struct years *begin = mem_array(count, sizeof(begin[0]));
    int rc = 0;

    j->folds.count = 0;
    r->folds = &j->folds;
    if (r->format->line) /* which may state no year */
        rc = reader_find_years(r, format_part_size(r->format), begin, count, &j->breaks, e);
    for (uint32_t i = 0; rc == 0 && i < count; i++) {
        r->years = begin[i];
        rc = read_part(j, r, i * format_part_size(r->format), part_end(r->format, i, count), e);
    }
    return rc;
}

static int take_head(struct job *j, struct err *e)
{
    const struct walked *m = j->member;
    char bytes[SOURCE_HEAD];
    size_t got = 0;
    int rc = m->bytes(m->context, 0, bytes, sizeof(bytes), &got, e);

    if (rc == 0 && got == sizeof(bytes))
        j->head = (struct source_head){.sum = hash_bytes(bytes, sizeof(bytes)), .is_there = 1};
    return rc;
}

static int recognise(struct job *j, struct recognised *out, struct err *e)
{
    const struct walked *m = j->member;
    int rc = m->remark ? format_find_damaged(out, read_bytes, j, m->size, m->written.s, e)
                       : format_find(out, read_bytes, j, m->size, m->written.s, e);

    j->others = rc ? (struct others){0} : out->others;
    j->head = (struct source_head){.is_there = 0};
    return rc || !out->format || !out->format->line ? rc : take_head(j, e);
}

static int send_source(struct job *j, struct build_source told, struct str name, const char *remark,
                       struct err *e)
{
    CLEANUP_BUF struct buf message = {0};
    struct str words = str_of(remark);

    told.name_size = (uint32_t)name.len;
    told.remark_size = (uint32_t)words.len;
    buf_add(&message, &told, sizeof(told));
    buf_addstr(&message, name);
    buf_addstr(&message, words);
    return worker_send(j->channel, BUILD_SOURCE, buf_str(&message), e);
}

int job_source(struct job *j, struct str name, const struct format *f, int64_t written_s,
               uint64_t size, const char *remark, struct err *e)
{
    static const struct others none;
    struct build_source told = {.written_s = written_s,
                                .size = size,
                                .head =
                                    f && f->line ? j->head : (struct source_head){.is_there = 0},
                                .format = job_format_number(f)};

    job_put_others(told.others, f ? &j->others : &none);
    return send_source(j, told, name, remark, e);
}

int job_source_end(struct job *j, struct err *e)
{
    return worker_send(j->channel, BUILD_SOURCE_END, STR(""), e);
}

/* libtsk reads whole items alone. */
static int look_for_disk(const struct walked *m, const char **remark, struct err *e)
{
    bool is_disk = false;
    int rc = disk_mark_is_there(m->bytes, m->context, &is_disk, e);

    if (rc == 0 && is_disk && !m->is_plain && !*remark)
        *remark = "it begins as a disk image does: take it into evidence by itself to have it read";
    return rc;
}

/* A notice, in a part of its own. Where there is no event before, its time is that of writing. */
static int tell_remark(struct job *j, struct str name, const struct reader *before,
                       const char *remark, struct err *e)
{
    struct reader r = job_reader(j, name, (struct written){before->written_s, INT64_MIN});
    int rc;

    reader_begin(&r, &format_evidence, NULL);
    if (before->last_ns)
        r.last_ns = before->last_ns;
    else if (__builtin_mul_overflow(r.written_s, (int64_t)1000000000, &r.last_ns))
        r.last_ns = 0;
    rc = reader_notice(&r, 0, remark, e);
    reader_end(&r);
    return rc ? rc : job_end_part(j, &r, e);
}

/* There is a limit to names, and which a source gets must not depend on those that the same worker
 * read before it. */
static void job_forget_names(struct job *j)
{
    if (field_count(j->names) == FIELD_KNOWN_COUNT_)
        return;
    block_writer_free(j->writer);
    field_names_free(j->names);
    j->names = field_names_new();
    j->writer = block_writer_new(j->names, job_send_block, j);
}

int job_take_member(void *context, const struct walked *m, struct err *e)
{
    struct job *j = context;
    struct recognised found = {0};
    const struct format *f;
    const char *remark = m->remark;
    struct reader r;
    int rc;

    job_forget_names(j);
    r = job_reader(j, m->name, m->written);
    r.is_cut = m->remark != NULL;
    r.is_run_utmp = str_ends(m->name, "/files/run/utmp");
    j->member = m;
    rc = recognise(j, &found, e);
    f = found.format;
    if (!remark)
        remark = found.remark;
    if (rc == 0 && !f)
        rc = look_for_disk(m, &remark, e);
    if (rc == 0)
        rc = job_source(j, m->name, f, m->written.s, m->size, remark, e);
    if (rc == 0 && f) {
        reader_begin(&r, f, &j->others);
        r.encoding = found.encoding;
        r.frame = found.frame;
        r.manner = found.manner;
        rc = read_parts(j, &r, m->size, e);
        reader_end(&r);
        j->others = (struct others){0};
    }
    if (rc == 0 && remark)
        rc = tell_remark(j, m->name, &r, remark, e);
    return rc ? rc : job_source_end(j, e);
}

static int take_words(struct job *j, struct str name, const char *words, bool is_about,
                      struct err *e)
{
    const struct reader none = {.written_s = j->task.written_s};
    const struct build_source told = {
        .format = WIRE_NO_FORMAT, .others = WIRE_NO_OTHERS, .is_about = is_about};
    int rc = send_source(j, told, name, words, e);

    if (rc == 0)
        rc = tell_remark(j, name, &none, words, e);
    return rc ? rc : job_source_end(j, e);
}

int job_take_remark(void *context, struct str name, const char *words, struct err *e)
{
    return take_words(context, name, words, false, e);
}

int job_take_about(void *context, struct str name, const char *words, struct err *e)
{
    return take_words(context, name, words, true, e);
}

static int send_looked(struct job *j, const struct build_looked *looked, struct err *e)
{
    return worker_send(j->channel, BUILD_LOOKED, bytes_of(looked, sizeof(*looked)), e);
}

static int look_at_plain(struct job *j, const struct walked *m, struct err *e)
{
    struct recognised found = {0};
    const struct format *f;
    struct build_looked looked = {.size = m->size, .is_plain = 1, .part_count = 1};
    bool is_disk = false;
    int rc;

    j->member = m;
    rc = recognise(j, &found, e);
    f = found.format;
    if (rc)
        return rc;
    if (!f) {
        rc = disk_mark_is_there(m->bytes, m->context, &is_disk, e);
        if (rc)
            return rc;
    }
    looked.is_disk = is_disk;
    looked.format = job_format_number(f);
    job_put_others(looked.others, &j->others);
    looked.encoding = found.encoding;
    looked.frame = found.frame;
    looked.manner = found.manner;
    looked.head = j->head;
    looked.part_count = f ? parts_of(f, &j->others, found.frame, m->size) : 1;
    return send_looked(j, &looked, e);
}

static int look_at_container(struct job *j, bool has_many, struct err *e)
{
    const struct build_looked packed = {
        .format = WIRE_NO_FORMAT, .others = WIRE_NO_OTHERS, .part_count = 1, .has_many = has_many};

    return send_looked(j, &packed, e);
}

static int look_at_member(void *context, const struct walked *m, struct err *e)
{
    return look_at_plain(context, m, e);
}

static int no_remark(void *context, struct str name, const char *words, struct err *e)
{
    (void)context, (void)name, (void)words, (void)e;
    return 0;
}

static int begin_given(struct job *j, const struct walked *m, struct reader *r, struct err *e)
{
    struct others others;

    if (!m->is_plain || j->task.format >= FORMAT_COUNT_ ||
        j->task.encoding >= TEXT_ENCODING_COUNT_ || j->task.frame >= FRAME_COUNT_ ||
        !manner_is_sound(&j->task.manner))
        return err_set(e, ERR_FORMAT, "it is not what it was");
    j->member = m;
    *r = job_reader(j, m->name, m->written);
    others = job_others(j);
    reader_begin(r, formats[j->task.format], &others);
    r->encoding = (enum text_encoding)j->task.encoding;
    r->frame = (enum text_frame)j->task.frame;
    r->manner = j->task.manner;
    r->folds = &j->folds;
    r->years = (struct years){.year = (int)j->task.year,
                              .last = j->task.date,
                              .before = j->task.before,
                              .is_stray = j->task.is_stray != 0,
                              .written_s = j->task.end_s ? j->task.end_s : j->task.written_s,
                              .breaks = &j->breaks};
    return 0;
}

static int tell_runs(struct job *j, const struct year_runs *r, struct err *e)
{
    enum { AT_ONCE = 1024 };
    int rc = 0;

    for (size_t i = 0; i < r->count && rc == 0; i += AT_ONCE) {
        size_t count = r->count - i < AT_ONCE ? r->count - i : AT_ONCE;

        rc = worker_send(j->channel, BUILD_RUNS, bytes_of(&r->of[i], count * sizeof(r->of[0])), e);
    }
    return rc;
}

static int tell_host_places(struct job *j, const struct year_hosts *h, struct err *e)
{
    return worker_send(j->channel, BUILD_HOSTS, bytes_of(h->of, h->count * sizeof(h->of[0])), e);
}

/* 1: one more part is to be read; 0: there is none. */
static int next_part(struct job *j, struct err *e)
{
    struct build_task next;
    ssize_t n;

    if (worker_input_count(j->channel) < 2)
        return 0;
    do
        n = read(worker_input(j->channel, 1), &next, sizeof(next));
    while (n < 0 && errno == EINTR);
    if (n == 0)
        return 0;
    if (n < 0)
        return err_errno(e, "cannot hear what to read");
    if (n != sizeof(next) || next.kind != j->task.kind)
        BUG("a part of %zd bytes", n);
    j->task.from = next.from;
    j->task.to = next.to;
    j->task.year = next.year;
    j->task.date = next.date;
    j->task.before = next.before;
    j->task.is_stray = next.is_stray;
    j->read = j->told = 0;
    job_forget_names(j);
    return 1;
}

static int each_part(struct job *j, const struct walked *m, walk_take *take, struct err *e)
{
    int rc;

    do
        rc = take(j, m, e);
    while (rc == 0 && (rc = next_part(j, e)) > 0);
    return rc;
}

static int count_part(void *context, const struct walked *m, struct err *e)
{
    CLEANUP(years_part_release) struct years_part part = {0};
    CLEANUP(year_hosts_freep) struct year_hosts *hosts = year_hosts_new();
    struct build_counted counted;
    struct job *j = context;
    struct reader r;
    int rc = begin_given(j, m, &r, e);

    if (rc)
        return rc;
    rc = reader_count_years(&r, j->task.from, j->task.to, UINT64_MAX, &part, 1, hosts, e);
    reader_end(&r);
    counted = (struct build_counted){
        part.runs.strays, part.has_clock,           part.has_fold, part.runs.before, part.runs.last,
        hosts->has_many,  part.runs.has_many_backs, part.end_s,    part.is_headed,   0};
    rc = rc ? rc : tell_runs(j, &part.runs, e);
    rc = rc ? rc : tell_host_places(j, hosts, e);
    return rc ? rc : worker_send(j->channel, BUILD_COUNTED, bytes_of(&counted, sizeof(counted)), e);
}

static int count_given_parts(void *context, const struct walked *m, struct err *e)
{
    return each_part(context, m, count_part, e);
}

static int find_given_folds(void *context, const struct walked *m, struct err *e)
{
    struct job *j = context;
    struct reader r;
    int rc = begin_given(j, m, &r, e);

    if (rc)
        return rc;
    rc = reader_find_folds(&r, j->task.from, j->task.to, e);
    reader_end(&r);
    if (rc)
        return rc;
    return worker_send(j->channel, BUILD_FOLDED,
                       bytes_of(j->folds.of, j->folds.count * sizeof(j->folds.of[0])), e);
}

static int read_one_part(void *context, const struct walked *m, struct err *e)
{
    struct job *j = context;
    struct reader r;
    int rc = begin_given(j, m, &r, e);

    if (rc)
        return rc;
    rc = read_part(j, &r, j->task.from, j->task.to, e);
    reader_end(&r);
    return rc;
}

static int read_given_parts(void *context, const struct walked *m, struct err *e)
{
    return each_part(context, m, read_one_part, e);
}

struct walk job_walk(struct job *j, int in)
{
    return (struct walk){.in = in,
                         .name = j->name,
                         .written = {j->task.written_s, j->task.stated_s},
                         .taken_s = j->task.taken_s,
                         .is_utc = !j->zone,
                         .stream_key = j->task.is_sealed ? j->task.stream_key : NULL,
                         .take = job_take_member,
                         .is_for_all = job_is_list,
                         .pass = job_pass_member,
                         .remark = job_take_remark,
                         .about = job_take_about,
                         .read = job_take_progress,
                         .context = j};
}

int timeline_build_job(int in, struct str argument, struct worker_channel *channel, struct err *e)
{
    static const struct {
        walk_take *take;
        walk_remark *remark, *about;
    } ways[] = {[BUILD_LOOK] = {look_at_member, no_remark, no_remark},
                [BUILD_COUNT] = {count_given_parts, no_remark, no_remark},
                [BUILD_FOLDS] = {find_given_folds, no_remark, no_remark},
                [BUILD_PART] = {read_given_parts, no_remark, no_remark},
                [BUILD_ALL] = {job_take_member, job_take_remark, job_take_about}};
    CLEANUP(job_release) struct job j = {.channel = channel};
    int rc = job_begin(&j, argument, e);
    struct walk walk = job_walk(&j, in);

    if (rc)
        return rc;
    if (j.task.kind >= COUNT_OF(ways))
        BUG("a task %u", j.task.kind);
    walk.share = j.task.share;
    walk.shares = j.task.shares;
    walk.take = ways[j.task.kind].take;
    walk.remark = ways[j.task.kind].remark;
    walk.about = ways[j.task.kind].about;
    if (j.task.kind == BUILD_LOOK) {
        bool is_container, has_many;

        rc = walk_is_container(in, &is_container, &has_many, e);
        if (rc || is_container)
            return rc ? rc : look_at_container(&j, has_many, e);
    }
    return walk_evidence(&walk, e);
}
