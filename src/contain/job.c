/* job.c: takes a line out of a table of scheduled work, or such a file as a whole. */
#include <fnmatch.h>
#include <string.h>
#include "contain/action.h"
#include "contain/file_change.h"
#include "contain/file_list.h"
#include "contain/spell.h"

/* Where cron(8), anacron(8) and atd(8) look, as Debian, Red Hat and SUSE have them. */
static const char *const tables[] = {
    "/etc/crontab",           "/etc/anacrontab",          "/etc/cron.d/*",
    "/etc/cron.hourly/*",     "/etc/cron.daily/*",        "/etc/cron.weekly/*",
    "/etc/cron.monthly/*",    "/var/spool/cron/*",        "/var/spool/cron/crontabs/*",
    "/var/spool/cron/tabs/*", "/var/spool/cron/atjobs/*", "/var/spool/at/*",
    "/var/spool/atjobs/*"};

enum { LINE_COUNT = 64 };

struct taken {
    size_t at;        /* of which line in the file as it was, from 0 */
    struct str above; /* the line above it that stays; empty at the top */
    bool is_at_top;
};

struct lines {
    struct str text; /* of the line, without its end */
    struct taken taken[LINE_COUNT];
    size_t count;
    bool has_no_end; /* it was the last of the file, which ended without a newline */
};

static struct str path_of(const struct plan *p)
{
    return plan_value(p, "file")->text;
}

static struct str line_of(const struct plan *p)
{
    const struct plan_value *line = plan_value(p, "line");

    return line ? line->text : (struct str){0};
}

static struct str next_line(struct str *rest, bool *has_end)
{
    size_t before = rest->len;
    struct str line = str_cut(rest, '\n');

    *has_end = before - rest->len > line.len;
    return line;
}

static size_t count_of(struct str bytes, struct str text)
{
    size_t count = 0;

    while (bytes.len)
        count += str_eq(str_cut(&bytes, '\n'), text);
    return count;
}

static int find_lines(struct str bytes, struct lines *out, struct err *e)
{
    struct str above = {0};
    bool is_top = true;

    for (size_t at = 0; bytes.len; at++) {
        bool has_end;
        struct str line = next_line(&bytes, &has_end);

        if (!str_eq(line, out->text)) {
            above = line;
            is_top = false;
            continue;
        }
        if (out->count == LINE_COUNT)
            return err_set(e, ERR_LIMIT, "the line stands there more than %d times", LINE_COUNT);
        out->has_no_end = !has_end;
        out->taken[out->count++] = (struct taken){at, above, is_top};
    }
    return out->count
               ? 0
               : err_set(e, ERR_NOTFOUND, "no line of it is \"" STR_FMT "\"", STR_ARG(out->text));
}

static void drop_lines(const struct lines *l, struct str now, struct buf *out)
{
    while (now.len) {
        bool has_end;
        struct str line = next_line(&now, &has_end);

        if (str_eq(line, l->text))
            continue;
        buf_addstr(out, line);
        if (has_end)
            buf_addc(out, '\n');
    }
}

/* Before which line of now a line that was taken belongs: where it was if the line above it is
 * still there, else behind that line, else where it was. */
static size_t place_of(const struct taken *taken, size_t shift, struct str now)
{
    size_t wanted = taken->at - shift, found = SIZE_MAX;
    bool has_end;

    for (size_t i = 0; now.len && !taken->is_at_top; i++)
        if (str_eq(next_line(&now, &has_end), taken->above) &&
            (found == SIZE_MAX || i + 1 <= wanted))
            found = i + 1;
    return found == SIZE_MAX ? wanted : found;
}

static void add_line(struct buf *out, struct str line)
{
    if (out->len && out->p[out->len - 1] != '\n')
        buf_addc(out, '\n');
    buf_addstr(out, line);
}

static void put_lines(const struct lines *l, struct str now, struct buf *out)
{
    size_t next = 0, place = place_of(&l->taken[0], 0, now);
    struct str rest = now;

    for (size_t i = 0; rest.len || next < l->count; i++) {
        bool has_end;
        struct str line;

        while (next < l->count && (!rest.len || place <= i)) {
            add_line(out, l->text);
            if (++next < l->count || rest.len || !l->has_no_end)
                buf_addc(out, '\n');
            if (next < l->count)
                place = place_of(&l->taken[next], next, now);
        }
        if (!rest.len)
            continue;
        line = next_line(&rest, &has_end);
        add_line(out, line);
        if (has_end)
            buf_addc(out, '\n');
    }
}

static int job_turn(const void *context, bool is_undo, struct str now, struct buf *out,
                    struct err *e)
{
    const struct lines *l = context;

    (void)e;
    if (!is_undo)
        drop_lines(l, now, out);
    else if (count_of(now, l->text))
        buf_addstr(out, now); /* never taken out, or put back by somebody */
    else
        put_lines(l, now, out);
    return 0;
}

static int job_judge(const struct plan *p, const struct host_view *host, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct lines l = {.text = line_of(p)};
    struct file_state s;
    bool is_table = false;
    int rc;

    (void)host;
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        is_table |= fnmatch(tables[i], path_of(p).p, FNM_PATHNAME) == 0;
    if (!is_table)
        return err_set(e, ERR_GATE,
                       STR_FMT " is none of the places where cron and at look for work: a file "
                               "anywhere is taken away by quarantine",
                       STR_ARG(path_of(p)));
    rc = file_state_read(a, path_of(p), &s, e);
    if (rc == 0 && (s.kind == FILE_STATE_NONE || (l.text.len && s.kind != FILE_STATE_FILE)))
        rc = err_set(e, ERR_NOTFOUND, STR_FMT " is not there, or no file", STR_ARG(path_of(p)));
    if (rc || !l.text.len)
        return rc;
    rc = find_lines(s.bytes, &l, e);
    return rc ? err_wrap(e, rc, STR_FMT, STR_ARG(path_of(p))) : 0;
}

static void tell(const struct plan *p, struct buf *out)
{
    buf_adds(out, "file ");
    spell_add(out, path_of(p));
    buf_adds(out, " changed\n");
}

static int job_preview(const struct plan *p, const struct host_view *host, struct buf *out,
                       struct err *e)
{
    (void)host;
    if (!line_of(p).len)
        return file_list_preview(path_of(p), out, e);
    tell(p, out);
    return 0;
}

static void add_lines(const struct lines *l, struct buf *out)
{
    buf_addf(out, "end %s\n", l->has_no_end ? "cut" : "newline");
    for (size_t i = 0; i < l->count; i++) {
        buf_adds(out, "at ");
        buf_add_u64(out, l->taken[i].at);
        if (!l->taken[i].is_at_top) {
            buf_addc(out, ' ');
            spell_add(out, l->taken[i].above);
        }
        buf_addc(out, '\n');
    }
}

static int job_save(const struct plan *p, struct buf *before, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    CLEANUP_BUF struct buf bytes = {0};
    struct lines l = {.text = line_of(p)};
    struct file_state s;
    struct hash after;
    int rc;

    if (!l.text.len)
        return file_list_save(path_of(p), before, e);
    rc = file_state_read(a, path_of(p), &s, e);
    if (rc == 0)
        rc = find_lines(s.bytes, &l, e);
    if (rc)
        return rc;
    drop_lines(&l, s.bytes, &bytes);
    after = hash_bytes(bytes.p, bytes.len);
    file_state_add(&s, before);
    buf_adds(before, "after ");
    hex_add(before, after.b, sizeof(after.b));
    buf_addc(before, '\n');
    add_lines(&l, before);
    return 0;
}

struct job {
    struct arena *arena;
    struct file_state before;
    struct lines lines;
    struct file_edit edit;
};

static void job_release(struct job *j)
{
    arena_free(j->arena);
}

static bool take_lines(struct job *j, struct str rest)
{
    struct lines *l = &j->lines;
    struct str name, value;

    if (!spell_line(&rest, &name, &value) || !str_is(name, "after") ||
        !hex_read(j->edit.after.b, sizeof(j->edit.after.b), value) ||
        !spell_line(&rest, &name, &value) || !str_is(name, "end"))
        return false;
    l->has_no_end = str_is(value, "cut");
    while (spell_line(&rest, &name, &value) && str_is(name, "at") && l->count < LINE_COUNT) {
        struct taken *taken = &l->taken[l->count];
        uint64_t at;

        taken->is_at_top = !memchr(value.p, ' ', value.len);
        if (!str_u64(str_cut(&value, ' '), &at) || !spell_read(j->arena, value, &taken->above))
            return false;
        taken->at = at;
        l->count++;
    }
    return l->count > 0;
}

static int job_open(struct job *j, const struct plan *p, struct str before, struct err *e)
{
    int rc = file_state_take(j->arena, &before, &j->before, e);

    j->lines.text = line_of(p);
    if (rc == 0 && !take_lines(j, before))
        rc = err_set(e, ERR_FORMAT, "what is kept of a job is not spelled as it should be");
    j->edit.before = &j->before;
    j->edit.turn = job_turn;
    j->edit.context = &j->lines;
    return rc;
}

static int job_apply(const struct plan *p, struct str before, struct err *e)
{
    CLEANUP(job_release) struct job j = {.arena = arena_new()};
    int rc;

    if (!line_of(p).len)
        return file_list_apply(p, before, e);
    rc = job_open(&j, p, before, e);
    return rc ? rc : file_edit_apply(&j.edit, &p->id, e);
}

static int job_check(const struct plan *p, struct str before, struct buf *saw, struct err *e)
{
    CLEANUP(job_release) struct job j = {.arena = arena_new()};
    int rc;

    if (!line_of(p).len)
        return file_list_check(p, before, saw, e);
    rc = job_open(&j, p, before, e);
    if (rc == 0)
        rc = file_edit_check(&j.edit, e);
    if (rc == 0)
        tell(p, saw);
    return rc;
}

static int job_undo(const struct plan *p, struct str before, struct err *e)
{
    CLEANUP(job_release) struct job j = {.arena = arena_new()};
    int rc;

    if (!line_of(p).len)
        return file_list_undo(p, before, e);
    rc = job_open(&j, p, before, e);
    return rc ? rc : file_edit_undo(&j.edit, &p->id, e);
}

static const struct action_param params[] = {
    {.name = "file",
     .type = ACTION_PATH,
     .is_required = true,
     .help = "a table of cron, or a job of at"},
    {.name = "line",
     .type = ACTION_LINE,
     .help = "the line to take out, as it stands there; without it the whole file goes"},
    {0}};

const struct contain_action contain_job = {.name = "job",
                                           .help = "take scheduled work out of its table",
                                           .params = params,
                                           .judge = job_judge,
                                           .preview = job_preview,
                                           .save = job_save,
                                           .apply = job_apply,
                                           .check = job_check,
                                           .undo = job_undo};
