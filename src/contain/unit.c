/* unit.c: stops and masks a unit of systemd. */
#include <string.h>
#include <unistd.h>
#include "contain/action.h"
#include "contain/file_change.h"
#include "contain/process.h"
#include "contain/run.h"
#include "contain/spell.h"
#include "sys/file.h"

#define UNITS "/etc/systemd/system/"

enum { SHORT_S = 30, LONG_S = 120, CGROUP_SIZE = 65536, PATH_SIZE = 64 };

static const char *const suffixes[] = {".service", ".socket", ".timer", ".path"};

static const char *systemctl(void)
{
    return access("/usr/bin/systemctl", X_OK) == 0 ? "/usr/bin/systemctl" : "/bin/systemctl";
}

/* ERR_IO with what it said where it fails. */
static int ask(const char *const *argv, unsigned timeout_s, struct buf *output, struct err *e)
{
    int status = 0;
    int rc = run_program(argv, timeout_s, &status, output, e);

    if (rc || status == 0)
        return rc;
    return err_set(e, ERR_IO, "\"systemctl %s\" failed with %d: " STR_FMT, argv[1], status,
                   STR_ARG(str_head(str_trim(buf_str(output)), 400)));
}

struct unit_state {
    struct str active; /* lies in the arena, as the others */
    struct str enabled;
    struct str loaded;
    struct str name; /* the one of which others are other names */
};

static struct str property(struct str text, const char *name)
{
    while (text.len) {
        struct str value = str_cut(&text, '\n');

        if (str_is(str_cut(&value, '='), name))
            return value;
    }
    return (struct str){0};
}

static int read_state(struct arena *a, struct str name, struct unit_state *out, struct err *e)
{
    const char *const argv[] = {systemctl(),
                                "show",
                                "--property=ActiveState,UnitFileState,LoadState,Id",
                                "--",
                                arena_dup(a, name.p, name.len),
                                NULL};
    CLEANUP_BUF struct buf output = {0};
    struct str text;
    int rc = ask(argv, SHORT_S, &output, e);

    if (rc)
        return rc;
    text = (struct str){arena_dup(a, buf_text(&output), output.len), output.len};
    *out = (struct unit_state){property(text, "ActiveState"), property(text, "UnitFileState"),
                               property(text, "LoadState"), property(text, "Id")};
    return out->active.len
               ? 0
               : err_set(e, ERR_IO, "systemctl says nothing of " STR_FMT, STR_ARG(name));
}

static int reload(struct err *e)
{
    const char *const argv[] = {systemctl(), "daemon-reload", NULL};
    CLEANUP_BUF struct buf output = {0};

    return ask(argv, LONG_S, &output, e);
}

static int stop(struct arena *a, struct str name, struct err *e)
{
    const char *const argv[] = {systemctl(), "stop", "--", arena_dup(a, name.p, name.len), NULL};
    CLEANUP_BUF struct buf output = {0};

    return ask(argv, LONG_S, &output, e);
}

/* While the host starts, waiting for a unit that waits for us would never end. */
static bool is_starting(void)
{
    const char *const argv[] = {systemctl(), "is-system-running", NULL};
    CLEANUP_BUF struct buf output = {0};
    int status;

    return run_program(argv, SHORT_S, &status, &output, NULL) == 0 &&
           (str_starts(buf_str(&output), "starting") ||
            str_starts(buf_str(&output), "initializing"));
}

static int start(struct arena *a, struct str name, struct err *e)
{
    const char *const argv[] = {systemctl(),
                                "start",
                                is_starting() ? "--no-block" : "--quiet",
                                "--",
                                arena_dup(a, name.p, name.len),
                                NULL};
    CLEANUP_BUF struct buf output = {0};

    return ask(argv, LONG_S, &output, e);
}

static struct str name_of(const struct plan *p)
{
    return plan_value(p, "unit")->text;
}

static bool is_kind(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(suffixes); i++)
        if (str_ends(name, suffixes[i]) && name.len > strlen(suffixes[i]) && name.p[0] != '-')
            return true;
    return false;
}

/* Is the process in the unit, as its groups say? */
static bool is_in(pid_t pid, struct str name)
{
    CLEANUP_BUF struct buf text = {0};
    char path[PATH_SIZE];
    struct str rest;

    snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
    if (file_read(&text, path, CGROUP_SIZE, NULL))
        return false;
    for (rest = buf_str(&text); rest.len;) {
        struct str line = str_cut(&rest, '\n');

        while (line.len)
            if (str_eq(str_cut(&line, '/'), name))
                return true;
    }
    return false;
}

static int judge_ours(struct str name, struct err *e)
{
    CLEANUP_PROCESSES struct processes l = {0};
    int rc = processes_read(&l, e);

    for (size_t i = 0; i < l.count && rc == 0; i++)
        if (process_is_ours(&l, l.items[i].pid) && is_in(l.items[i].pid, name))
            rc = err_set(e, ERR_GATE,
                         "you work through " STR_FMT " right now, and would be cut off; nothing "
                         "was changed",
                         STR_ARG(name));
    return rc;
}

static int unit_judge(const struct plan *p, const struct host_view *host, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct str name = name_of(p);
    struct unit_state s;
    int rc;

    (void)host;
    if (!is_kind(name) || str_starts(name, "calm-contain."))
        return err_set(e, ERR_GATE,
                       STR_FMT " cannot be stopped here: only a service, a socket, a timer or a "
                               "path, with that ending, and not calm's own",
                       STR_ARG(name));
    if (!file_is_there("/run/systemd/system"))
        return err_set(e, ERR_GATE, "this host does not run systemd, so that it has no units");
    rc = judge_ours(name, e);
    if (rc == 0)
        rc = read_state(a, name, &s, e);
    if (rc)
        return rc;
    if (str_is(s.loaded, "not-found"))
        return err_set(e, ERR_NOTFOUND, "systemd has no unit " STR_FMT, STR_ARG(name));
    if (s.name.len && !str_eq(s.name, name))
        return err_set(e, ERR_GATE, STR_FMT " is another name of " STR_FMT ": name that",
                       STR_ARG(name), STR_ARG(s.name));
    return 0;
}

static void tell(const struct plan *p, const char *what, struct buf *out)
{
    buf_adds(out, "unit ");
    spell_add(out, name_of(p));
    buf_addf(out, " %s\n", what);
}

static int unit_preview(const struct plan *p, const struct host_view *host, struct buf *out,
                        struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct unit_state s;
    int rc = read_state(a, name_of(p), &s, e);

    (void)host;
    if (rc)
        return rc;
    if (!str_is(s.active, "inactive"))
        tell(p, "stopped", out);
    tell(p, "masked", out);
    return 0;
}

static int unit_save(const struct plan *p, struct buf *before, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    CLEANUP_BUF struct buf path = {0};
    struct unit_state s;
    struct file_state file;
    int rc = read_state(a, name_of(p), &s, e);

    buf_adds(&path, UNITS);
    buf_addstr(&path, name_of(p));
    if (rc == 0)
        rc = file_state_read(a, buf_str(&path), &file, e);
    if (rc)
        return rc;
    buf_adds(before, "active ");
    spell_add(before, s.active);
    buf_adds(before, "\nenabled ");
    spell_add(before, s.enabled);
    buf_addc(before, '\n');
    file_state_add(&file, before);
    return 0;
}

struct saved {
    bool was_active;
    struct file_state file;
    struct file_state mask;
};

static int take(struct arena *a, struct str before, struct saved *out, struct err *e)
{
    struct str name, active, enabled;
    int rc;

    if (!spell_line(&before, &name, &active) || !str_is(name, "active") ||
        !spell_line(&before, &name, &enabled) || !str_is(name, "enabled"))
        return err_set(e, ERR_FORMAT, "what is kept of a unit is not spelled as it should be");
    out->was_active =
        str_is(active, "active") || str_is(active, "activating") || str_is(active, "reloading");
    rc = file_state_take(a, &before, &out->file, e);
    out->mask = file_state_derive(&out->file, FILE_STATE_LINK, STR("/dev/null"));
    return rc;
}

static bool is_down(const struct unit_state *s)
{
    return str_is(s->active, "inactive") || str_is(s->active, "failed");
}

static int unit_apply(const struct plan *p, struct str before, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct unit_state s;
    struct saved was;
    int rc = take(a, before, &was, e);

    if (rc == 0)
        rc = file_change(&was.file, &was.mask, &p->id, e);
    if (rc == 0)
        rc = read_state(a, name_of(p), &s, e);
    if (rc || (str_is(s.loaded, "masked") && is_down(&s)))
        return rc;
    rc = reload(e);
    return rc ? rc : stop(a, name_of(p), e);
}

static int unit_check(const struct plan *p, struct str before, struct buf *saw, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct unit_state s;
    int rc = read_state(a, name_of(p), &s, e);

    (void)before;
    if (rc)
        return rc;
    if (!is_down(&s) || !str_is(s.loaded, "masked"))
        return err_set(e, ERR_GATE, STR_FMT " is %s and %s", STR_ARG(name_of(p)),
                       arena_dup(a, s.loaded.p, s.loaded.len),
                       arena_dup(a, s.active.p, s.active.len));
    tell(p, "stopped", saw);
    tell(p, "masked", saw);
    return 0;
}

static int unit_undo(const struct plan *p, struct str before, struct err *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct saved was;
    int rc = take(a, before, &was, e);

    if (rc == 0)
        rc = file_change(&was.mask, &was.file, &p->id, e);
    if (rc == 0)
        rc = reload(e);
    return rc || !was.was_active ? rc : start(a, name_of(p), e);
}

static const struct action_param params[] = {{.name = "unit",
                                              .type = ACTION_NAME,
                                              .is_required = true,
                                              .help = "a service, a socket, a timer or a path"},
                                             {0}};

const struct contain_action contain_unit = {.name = "unit",
                                            .help = "stop and mask a unit of systemd",
                                            .params = params,
                                            .judge = unit_judge,
                                            .preview = unit_preview,
                                            .save = unit_save,
                                            .apply = unit_apply,
                                            .check = unit_check,
                                            .undo = unit_undo};
