/* disk_build.c: inside a worker of calm-disk: what the file systems of a disk say of their files
 * becomes events, and their logs sources of their own. */
#include "base/limits.h"
#include "base/mem.h"
#include "evidence/disk_within.h"
#include "timeline/build_job.h"
#include "timeline/file_run.h"
#include "timeline/log_places.h"
#include "timeline/own_zone.h"

enum {
    LOGS_MOST = 16384,
    LOG_NAMES_MOST = 16 << 20, /* bytes of their paths */
    WORDS_SIZE = 640,
    ROWS_PER_PROGRESS = 4096,
};

struct file_system {
    struct disk_fs told;
    struct buf name; /* of its source */
};

/* A file that is read after the listing. */
struct log {
    uint64_t inode;
    uint64_t size;
    int64_t written_s;
    uint32_t attribute_type, attribute_id;
    size_t name; /* where its path begins, with a slash in front */
    uint32_t name_size;
    bool is_deleted, has_attribute;
};

struct reading {
    struct job *job;
    struct disk_within *disk;
    bool has_table;
    struct file_system *systems;
    size_t system_count, system_room;

    const struct file_system *now;
    struct reader reader;
    struct file_run *run;
    uint64_t rows;
    struct log *logs;
    size_t log_count, log_room;
    struct buf log_names;
    uint64_t logs_left_out;

    struct walking *walking;
    struct buf content; /* of the log that is read */
    struct disk_end end;
    char end_words[WORDS_SIZE];
};

static void reading_release(struct reading *r)
{
    for (size_t i = 0; i < r->system_count; i++)
        buf_release(&r->systems[i].name);
    free(r->systems);
    free(r->logs);
    buf_release(&r->log_names);
    buf_release(&r->content);
    walking_free(r->walking);
    file_run_free(r->run);
    disk_within_close(r->disk);
}

static int take_table(void *context, const struct disk_table *t, struct err *e)
{
    struct reading *r = context;

    (void)e;
    r->has_table = t->kind[0] != '\0';
    return 0;
}

static int take_system(void *context, const struct disk_fs *fs, struct err *e)
{
    struct reading *r = context;
    struct file_system *s;

    (void)e;
    r->systems = mem_grow(r->systems, r->system_count, &r->system_room, sizeof(r->systems[0]));
    s = &r->systems[r->system_count++];
    *s = (struct file_system){.told = *fs};
    buf_addstr(&s->name, r->job->name);
    if (r->has_table && fs->number)
        buf_addf(&s->name, "/p%u", fs->number);
    else if (r->has_table)
        buf_addf(&s->name, "/sector-%llu", (unsigned long long)fs->first);
    return 0;
}

static int tell_progress(struct reading *r, struct err *e)
{
    uint64_t read = disk_within_read_size(r->disk);

    r->job->read = read > r->job->read ? read : r->job->read;
    return job_progress(r->job, e);
}

/* What ends a listing, or the reading of a file, and leaves the rest to be read. */
static bool is_of_the_disk(int code)
{
    return code == ERR_FORMAT || code == ERR_LIMIT || code == ERR_NOTFOUND || code == ERR_TAMPER;
}

/* As the file system was mounted: that of /var has "log/auth.log". */
static bool is_log(const struct reading *r, const struct disk_file *f, struct str path)
{
    CLEANUP_BUF struct buf mounted = {0};

    if (!f->has_meta || !f->has_content || f->is_reallocated || f->size == 0 || f->stream.len)
        return false;
    if (log_place_is_one(path))
        return true;
    if (r->now->told.mounted_on[0] != '/')
        return false;
    buf_adds(&mounted, r->now->told.mounted_on);
    buf_addstr(&mounted, path);
    return log_place_is_one(buf_str(&mounted));
}

static void keep_log(struct reading *r, const struct disk_file *f)
{
    size_t at = r->log_names.len;
    struct log log = {.inode = f->inode,
                      .size = f->size,
                      .written_s = f->time[DISK_MODIFIED].sec ? f->time[DISK_MODIFIED].sec
                                                              : r->job->task.written_s,
                      .attribute_type = f->attribute_type,
                      .attribute_id = f->attribute_id,
                      .has_attribute = f->has_attribute,
                      .name = at,
                      .is_deleted = f->is_deleted || f->is_inode_deleted};

    disk_path_text(&r->log_names, f->path);
    log.name_size = (uint32_t)(r->log_names.len - at);
    if (!is_log(r, f, str_from(buf_str(&r->log_names), at))) {
        r->log_names.len = at;
        return;
    }
    if (r->log_count == LOGS_MOST || r->log_names.len > LOG_NAMES_MOST) {
        r->log_names.len = at;
        r->logs_left_out++;
        return;
    }
    r->logs = mem_grow(r->logs, r->log_count, &r->log_room, sizeof(r->logs[0]));
    r->logs[r->log_count++] = log;
}

static int notice(struct reading *r, const char *words, struct err *e)
{
    return reader_notice(&r->reader, 0, words, e);
}

/* Names of a path lie between NULs. */
static int look_at_link(struct reading *r, const struct disk_file *f, struct err *e)
{
    char words[OWN_ZONE_WORDS_SIZE];
    struct str zone;

    if (r->job->zone || f->type != DISK_LINK || f->is_deleted || f->is_inode_deleted ||
        f->path.len != sizeof("etc/localtime") - 1 ||
        memcmp(f->path.p, "etc\0localtime", f->path.len) != 0 ||
        !own_zone_of_link(STR("etc/localtime"), f->link, &zone))
        return 0;
    own_zone_words(zone, "the link /etc/localtime in it", words);
    return notice(r, words, e);
}

static int take_file(void *context, const struct disk_file *f, struct err *e)
{
    struct reading *r = context;
    int rc = file_run_add(r->run, f, e);

    if (rc == 0)
        rc = look_at_link(r, f, e);
    if (rc)
        return rc;
    keep_log(r, f);
    return ++r->rows % ROWS_PER_PROGRESS ? 0 : tell_progress(r, e);
}

static int take_trouble(void *context, struct str path, struct str why, struct err *e)
{
    struct reading *r = context;
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf words = {0};

    disk_path_text(&text, path);
    buf_addf(&words, STR_FMT " cannot be read, or only in part: " STR_FMT,
             STR_ARG(str_head(text.len ? buf_str(&text) : STR("/"), 4096)), STR_ARG(why));
    return notice(r, buf_text(&words), e);
}

static int tell_end(struct reading *r, int code, const struct disk_count *count,
                    const struct err *why, struct err *e)
{
    char words[WORDS_SIZE];
    int rc = 0;

    if (code) {
        snprintf(words, sizeof(words), "The listing ended early: %.500s", why->text);
        rc = notice(r, words, e);
    } else if (count->damaged) {
        snprintf(words, sizeof(words),
                 "%llu bytes of the image are damaged and were met; zeros stand there.",
                 (unsigned long long)count->damaged);
        rc = notice(r, words, e);
    }
    if (rc == 0 && r->logs_left_out) {
        snprintf(words, sizeof(words), "%llu logs were left out: more than are read of one.",
                 (unsigned long long)r->logs_left_out);
        rc = notice(r, words, e);
    }
    return rc;
}

static int list_files(struct reading *r, struct err *e)
{
    const struct disk_fs *fs = &r->now->told;
    const struct disk_receiver to = {.file = take_file, .trouble = take_trouble, .context = r};
    const struct disk_wish wish = {.first = fs->first};
    struct disk_count count = {0};
    struct err why = {0};
    int code = disk_within_list(r->disk, &wish, &to, &count, &why);
    int rc;

    if (code && !is_of_the_disk(code)) {
        *e = why;
        return code;
    }
    rc = tell_end(r, code, &count, &why, e);
    if (rc == 0)
        rc = file_run_end(r->run, e);
    return rc ? rc : job_end_part(r->job, &r->reader, e);
}

static int list_system(struct reading *r, const struct file_system *s, struct err *e)
{
    const struct disk_fs *fs = &s->told;
    int rc = job_source(r->job, buf_str(&s->name), &format_file_system, 0,
                        fs->block_size * fs->block_count, "", e);

    if (rc)
        return rc;
    r->now = s;
    r->log_count = 0;
    r->logs_left_out = 0;
    buf_clear(&r->log_names);
    r->reader = job_reader(r->job, buf_str(&s->name), (struct written){0, INT64_MIN});
    reader_begin(&r->reader, &format_file_system, NULL);
    r->run = file_run_new(&r->reader, file_clock_of(str_of(fs->kind)));
    rc = list_files(r, e);
    file_run_free(r->run);
    r->run = NULL;
    reader_end(&r->reader);
    return rc ? rc : job_source_end(r->job, e);
}

static int take_hole(void *context, uint64_t size, struct err *e)
{
    struct reading *r = context;
    char *to = buf_room(&r->content, (size_t)size);

    (void)e;
    memset(to, 0, (size_t)size);
    r->content.len += (size_t)size;
    return 0;
}

static int take_data(void *context, struct str bytes, struct err *e)
{
    struct reading *r = context;

    buf_addstr(&r->content, bytes);
    return tell_progress(r, e);
}

static int take_end(void *context, const struct disk_end *end, struct err *e)
{
    struct reading *r = context;

    (void)e;
    r->end = *end;
    snprintf(r->end_words, sizeof(r->end_words), STR_FMT, STR_ARG(end->problem));
    return 0;
}

/* What is known against the content; NULL: nothing. */
static const char *remark_of(const struct reading *r, const struct log *log, char *words)
{
    CLEANUP_BUF struct buf text = {0};

    if (log->is_deleted)
        buf_adds(&text, "deleted; ");
    if (r->end.foreign)
        buf_addf(&text, "%llu bytes lie in blocks that another file uses now; ",
                 (unsigned long long)r->end.foreign);
    if (r->end.is_guess)
        buf_adds(&text, "only where it began is known; ");
    if (r->end.lost)
        buf_addf(&text, "%llu bytes could not be read and are zeros; ",
                 (unsigned long long)r->end.lost);
    if (r->content.len < log->size)
        buf_addf(&text, "the first %zu bytes of %llu were read; ", r->content.len,
                 (unsigned long long)log->size);
    if (r->end_words[0])
        buf_addf(&text, "%s; ", r->end_words);
    if (text.len == 0)
        return NULL;
    snprintf(words, WORDS_SIZE, "%.*s", (int)text.len - 2, buf_text(&text));
    return words;
}

/* A file that states more than may be read is read to there. */
static int read_content(struct reading *r, const struct log *log, struct err *e)
{
    const struct disk_receiver to = {
        .data = take_data, .hole = take_hole, .end = take_end, .context = r};
    const struct disk_wish wish = {.first = r->now->told.first,
                                   .inode = log->inode,
                                   .attribute_type = log->attribute_type,
                                   .attribute_id = log->attribute_id,
                                   .most = WALK_HELD_MOST,
                                   .has_inode = true,
                                   .has_attribute_id = log->has_attribute,
                                   .wants_content = true,
                                   .cuts = true};
    struct disk_count count;

    buf_clear(&r->content);
    r->end = (struct disk_end){0};
    r->end_words[0] = '\0';
    return disk_within_list(r->disk, &wish, &to, &count, e);
}

static int read_log(struct reading *r, const struct log *log, struct err *e)
{
    CLEANUP_BUF struct buf name = {0};
    char words[WORDS_SIZE];
    struct err why = {0};
    int rc = read_content(r, log, &why);

    buf_addstr(&name, buf_str(&r->now->name));
    buf_addstr(&name, str_head(str_from(buf_str(&r->log_names), log->name), log->name_size));
    if (rc == 0)
        rc = walk_file(r->walking, buf_str(&name), log->written_s, buf_str(&r->content),
                       remark_of(r, log, words), &why);
    if (rc && is_of_the_disk(rc))
        return job_take_remark(r->job, buf_str(&name), why.text, e);
    if (rc)
        *e = why;
    return rc;
}

static int read_system(struct reading *r, const struct file_system *s, struct err *e)
{
    char words[WORDS_SIZE];
    const struct disk_fs *fs = &s->told;
    int rc;

    if (!fs->is_readable) {
        snprintf(words, sizeof(words), "%s%s%s", fs->kind[0] ? fs->kind : "no file system is known",
                 fs->advice[0] ? ": " : "", fs->advice);
        return job_take_remark(r->job, buf_str(&s->name), words, e);
    }
    rc = list_system(r, s, e);
    for (size_t i = 0; rc == 0 && i < r->log_count; i++)
        rc = read_log(r, &r->logs[i], e);
    return rc;
}

static int read_disk(struct reading *r, struct worker_channel *channel, struct err *e)
{
    const struct disk_receiver to = {.table = take_table, .fs = take_system, .context = r};
    const struct walk walk = job_walk(r->job, -1);
    struct disk_count count;
    int rc = disk_within_open(&r->disk, channel, (enum image_format)r->job->task.image_format, e);

    if (rc == 0)
        rc = disk_within_survey(r->disk, &to, &count, e);
    if (rc && is_of_the_disk(rc))
        return job_take_remark(r->job, r->job->name, e->text, e);
    r->walking = walking_new(&walk);
    for (size_t i = 0; rc == 0 && i < r->system_count; i++)
        rc = read_system(r, &r->systems[i], e);
    return rc;
}

int timeline_disk_job(int in, struct str argument, struct worker_channel *channel, struct err *e)
{
    CLEANUP(job_release) struct job j = {.channel = channel};
    CLEANUP(reading_release) struct reading r = {.job = &j};
    int rc = job_begin(&j, argument, e);

    (void)in;
    return rc ? rc : read_disk(&r, channel, e);
}
