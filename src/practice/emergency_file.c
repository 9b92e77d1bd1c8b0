/* emergency_file.c: writes and reads what is kept of an emergency until it is on record. */
#include "practice/emergency_file.h"
#include <errno.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/limits.h"
#include "contain/action.h"
#include "contain/plan.h"
#include "contain/spell.h"
#include "practice/import.h"
#include "sys/file.h"

enum { TEXT_COUNT = 8, PLAN_TEXT = 6, BEFORE_TEXT = 7, FOLDER_COUNT = 5, READ_SIZE = 1 << 16 };

static const char *const names[TEXT_COUNT] = {"host",    "person", "moment", "reason",
                                              "outcome", "result", "plan",   "before"};

void emergency_done_release(struct emergency_done *d)
{
    buf_release(&d->host);
    buf_release(&d->person);
    buf_release(&d->reason);
    buf_release(&d->result);
    buf_release(&d->plan);
    buf_release(&d->before);
    *d = (struct emergency_done){.is_sure = false};
}

static void add_line(struct buf *out, const char *name, struct str value)
{
    buf_addf(out, "%s ", name);
    spell_add(out, value);
    buf_addc(out, '\n');
}

static void add_part(struct buf *out, const char *name, struct str bytes)
{
    struct hash digest = hash_bytes(bytes.p, bytes.len);

    buf_addf(out, "%s %zu ", name, bytes.len);
    hex_add(out, digest.b, sizeof(digest.b));
    buf_addc(out, '\n');
}

static void spell_all(const struct emergency_done *d, struct buf *out)
{
    CLEANUP_BUF struct buf moment = {0};

    utc_add(&moment, d->moment);
    buf_adds(out, "emergency 1\n");
    add_line(out, "host", buf_str(&d->host));
    add_line(out, "person", buf_str(&d->person));
    add_line(out, "moment", buf_str(&moment));
    add_line(out, "reason", buf_str(&d->reason));
    add_line(out, "outcome", d->is_sure ? STR("done") : STR("unknown"));
    add_line(out, "result", buf_str(&d->result));
    add_part(out, "plan", buf_str(&d->plan));
    add_part(out, "before", buf_str(&d->before));
    buf_adds(out, "end\n");
    buf_addstr(out, buf_str(&d->plan));
    buf_addstr(out, buf_str(&d->before));
}

/* The i-th folder that may hold them; false behind the last. Empty: there is none of that sort. */
static bool folder_at(const char *state_folder, size_t i, struct buf *out)
{
    static const char *const places[] = {"/var/tmp", "/run", "/dev/shm", "/tmp"};

    buf_clear(out);
    if (i == 0 && state_folder)
        buf_addf(out, "%s/emergencies", state_folder);
    else if (i > 0 && i < FOLDER_COUNT)
        buf_addf(out, "%s/calm-emergencies-%u", places[i - 1], geteuid());
    return i < FOLDER_COUNT;
}

/* Others may make folders there, too. */
static bool is_ours(const char *folder)
{
    struct stat st;

    return lstat(folder, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
           !(st.st_mode & 077);
}

static int write_in(const char *folder, const char *name, struct str bytes, struct buf *path,
                    struct err *e)
{
    int rc = folder_make(folder, 0700, e);

    if (rc == 0 && !is_ours(folder))
        rc = err_set(e, ERR_DENIED, "%s is open to others", folder);
    buf_clear(path);
    buf_addf(path, "%s/%s.emergency", folder, name);
    return rc ? rc : file_create(buf_text(path), bytes, 0600, e);
}

int emergency_file_write(const struct emergency_done *d, const char *state_folder, struct buf *path,
                         struct err *e)
{
    struct hash digest = hash_bytes(d->plan.p, d->plan.len);
    CLEANUP_BUF struct buf bytes = {0};
    CLEANUP_BUF struct buf folder = {0};
    char name[17] = {0};
    int rc = ERR_IO;

    hex_write(name, digest.b, 8);
    spell_all(d, &bytes);
    for (size_t i = 0; rc && folder_at(state_folder, i, &folder); i++)
        if (folder.len)
            rc = write_in(buf_text(&folder), name, buf_str(&bytes), path, e);
    return rc;
}

void emergency_file_list(const char *state_folder, struct buf *paths)
{
    CLEANUP_BUF struct buf folder = {0};

    for (size_t i = 0; folder_at(state_folder, i, &folder); i++) {
        glob_t g;

        if (!folder.len || !is_ours(buf_text(&folder)))
            continue;
        buf_adds(&folder, "/*.emergency");
        if (glob(buf_text(&folder), 0, NULL, &g) == 0)
            for (size_t k = 0; k < g.gl_pathc; k++)
                buf_addf(paths, "%s\n", g.gl_pathv[k]);
        globfree(&g);
    }
}

/* Within the worker. */

static int bad(struct err *e)
{
    return err_set(e, ERR_FORMAT, "it is not what calm keeps of an emergency, or not whole");
}

/* "SIZE DIGEST", of the bytes that come next behind the head. */
static bool is_part(struct str value, struct str *rest, struct str *out)
{
    struct hash told, got;
    uint64_t size;

    if (!str_u64(str_cut(&value, ' '), &size) || size > rest->len ||
        !hex_read(told.b, sizeof(told.b), value))
        return false;
    *out = str_head(*rest, (size_t)size);
    *rest = str_from(*rest, (size_t)size);
    got = hash_bytes(out->p, out->len);
    return hash_eq(&told, &got);
}

static bool is_isolation(struct str text)
{
    CLEANUP(plan_freep) struct plan *p = NULL;

    return plan_read(text, &p, NULL) == 0 && plan_is_emergency(p);
}

static bool read_texts(struct arena *arena, struct str *rest, struct str texts[TEXT_COUNT])
{
    struct str name, value;

    if (!spell_line(rest, &name, &value) || !str_is(name, "emergency") || !str_is(value, "1"))
        return false;
    for (size_t i = 0; i < TEXT_COUNT; i++) {
        if (!spell_line(rest, &name, &value) || !str_is(name, names[i]))
            return false;
        if (i >= PLAN_TEXT) /* a size and a digest */
            texts[i] = value;
        else if (!spell_read(arena, value, &texts[i]) || str_has_utf8_error(texts[i]) ||
                 texts[i].len > LIMIT_VALUE_SIZE)
            return false;
    }
    return spell_line(rest, &name, &value) && str_is(name, "end") && !value.len;
}

static int read_job(int in, struct str argument, struct worker_channel *channel, struct err *e)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct import_sink sink = import_channel(channel);
    struct str rest, texts[TEXT_COUNT], plan, before;
    CLEANUP_BUF struct buf bytes = {0};
    CLEANUP_BUF struct buf plan_size = {0};
    CLEANUP_BUF struct buf before_size = {0};
    ssize_t n;

    (void)argument;
    do {
        n = read(in, buf_room(&bytes, READ_SIZE), READ_SIZE);
        bytes.len += n > 0 ? (size_t)n : 0;
    } while (n > 0 && bytes.len <= LIMIT_IMPORT_SIZE);
    rest = buf_str(&bytes);
    if (n < 0 || !read_texts(arena, &rest, texts) || !is_part(texts[PLAN_TEXT], &rest, &plan) ||
        !is_part(texts[BEFORE_TEXT], &rest, &before) || rest.len || !is_isolation(plan))
        return bad(e);
    buf_add_u64(&plan_size, plan.len);
    buf_add_u64(&before_size, before.len);
    texts[PLAN_TEXT] = buf_str(&plan_size);
    texts[BEFORE_TEXT] = buf_str(&before_size);
    return import_put(&sink, 0, texts, TEXT_COUNT, e);
}

/* And outside of it. */

struct reading {
    struct emergency_done *out;
    uint64_t sizes[2]; /* of plan and before, which are the end of the file */
    bool has_row;
};

static int take_row(void *context, uint32_t kind, const struct str *texts, struct err *e)
{
    struct reading *r = context;

    (void)kind;
    if (r->has_row || !utc_read(&r->out->moment, texts[2]) ||
        !str_u64(texts[PLAN_TEXT], &r->sizes[0]) || !str_u64(texts[BEFORE_TEXT], &r->sizes[1]))
        return err_set(e, ERR_TAMPER, "the reader sent what an emergency cannot be");
    r->has_row = true;
    buf_addstr(&r->out->host, texts[0]);
    buf_addstr(&r->out->person, texts[1]);
    buf_addstr(&r->out->reason, texts[3]);
    r->out->is_sure = str_is(texts[4], "done");
    buf_addstr(&r->out->result, texts[5]);
    return 0;
}

static int take_parts(struct reading *r, struct str file, struct err *e)
{
    if (!r->has_row || r->sizes[0] > file.len || r->sizes[1] > file.len - r->sizes[0])
        return err_set(e, ERR_TAMPER, "the reader sent what an emergency cannot be");
    buf_addstr(&r->out->before, str_from(file, file.len - (size_t)r->sizes[1]));
    file = str_head(file, file.len - (size_t)r->sizes[1]);
    buf_addstr(&r->out->plan, str_from(file, file.len - (size_t)r->sizes[0]));
    return 0;
}

int emergency_file_read(struct emergency_done *out, const char *path, struct err *e)
{
    static const unsigned char counts[] = {TEXT_COUNT};
    CLEANUP_EMERGENCY_DONE struct emergency_done d = {.is_sure = false};
    struct reading reading = {.out = &d};
    struct import_reader reader = {.job = read_job,
                                   .text_counts = counts,
                                   .kind_count = 1,
                                   .row = take_row,
                                   .context = &reading};
    CLEANUP_BUF struct buf what = {0};
    CLEANUP_BUF struct buf bytes = {0};
    CLEANUP_FD int fd = -1;
    int rc = import_open(&fd, path, e);

    buf_addf(&what, "reading %s", path);
    if (rc == 0)
        rc = import_run(&reader, buf_text(&what), fd, STR(""), e);
    if (rc == 0 && lseek(fd, 0, SEEK_SET) < 0)
        rc = err_errno(e, "cannot read %s", path);
    if (rc == 0)
        rc = file_read_fd(&bytes, fd, path, LIMIT_IMPORT_SIZE, e);
    if (rc == 0)
        rc = take_parts(&reading, buf_str(&bytes), e);
    if (rc)
        return rc;
    *out = d;
    d = (struct emergency_done){.is_sure = false};
    return 0;
}
