/* stop_way.c: opens calm-contain where a plan is for, and asks what that host is. */
#include "practice/stop_way.h"
#include <string.h>
#include "base/mem.h"
#include "contain/spell.h"

enum { ADDRESS_SIZE = 600, PID_DIGITS = 20 };

void stop_ways_release(struct stop_ways *w)
{
    reach_release(&w->reach);
    buf_release(&w->unknown);
    arena_free(w->arena);
    w->arena = NULL;
}

static int make_ready(struct stop_ways *w, struct err *e)
{
    int rc;

    if (w->is_ready)
        return 0;
    if (!w->arena)
        w->arena = arena_new();
    rc = reach_begin(&w->reach, w->arena, w->op, w->in, e);
    if (rc == 0)
        rc = reach_identify(&w->reach, w->op, w->in, e);
    w->is_ready = rc == 0;
    return rc;
}

static int open_one(struct stop_ways *w, struct str ssh, bool wants_sudo, bool only_looks,
                    struct contain_helper **out, struct err *e)
{
    struct far_place place = {.wants_sudo = wants_sudo};
    int rc;

    if (!ssh.len)
        return contain_helper_open(out, only_looks, e);
    rc = make_ready(w, e);
    if (rc == 0)
        rc = reach_address_read(w->arena, ssh, &place.at, e);
    return rc ? rc : contain_helper_open_far(out, &w->reach, &place, e);
}

int stop_way_open(struct stop_ways *w, struct str ssh, bool wants_sudo, bool only_looks,
                  struct contain_helper **out, struct err *e)
{
    CLEANUP(contain_helper_closep) struct contain_helper *h = NULL;
    int rc = open_one(w, ssh, wants_sudo, only_looks, &h, e);

    buf_clear(&w->unknown);
    if (rc == 0)
        rc = contain_helper_guard_case(h, w->case_folder, &w->unknown, e);
    if (rc == 0)
        *out = MOVE(h);
    return rc;
}

int stop_way_reach(struct stop_ways *w, const struct reach **out, struct err *e)
{
    int rc = make_ready(w, e);

    if (rc == 0)
        *out = &w->reach;
    return rc;
}

int stop_way_of(struct stop_ways *w, const struct thing *action, bool only_looks,
                struct contain_helper **out, struct err *e)
{
    return stop_way_open(w, thing_value(action, "ssh"), thing_value(action, "sudo").len > 0,
                         only_looks, out, e);
}

int stop_way_spell(struct str ssh, struct buf *out, struct err *e)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct reach_address at;
    int rc = ssh.len > ADDRESS_SIZE ? err_set(e, ERR_USAGE, "--ssh is too long")
                                    : reach_address_read(arena, ssh, &at, e);
    bool is_v6;

    if (rc)
        return rc;
    is_v6 = strchr(at.host, ':') != NULL;
    buf_addf(out, "%s@%s%s%s:%u", at.user, is_v6 ? "[" : "", at.host, is_v6 ? "]" : "", at.port);
    return 0;
}

/* The value of "NAME VALUE" among the lines of an answer; empty where there is none. */
static struct str told(struct str lines, const char *name)
{
    while (lines.len) {
        struct str line = str_cut(&lines, '\n');

        if (str_is(str_cut(&line, ' '), name))
            return line;
    }
    return STR("");
}

static bool is_plain(char c)
{
    return c && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_", c);
}

int stop_way_host(struct contain_helper *h, struct hash *machine, char name[256], struct err *e)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP_BUF struct buf lines = {0};
    struct hash id;
    struct str text;
    int rc = contain_helper_ask(h, "host", STR(""), &lines, e);

    if (rc)
        return rc;
    if (!hex_read(id.b, sizeof(id.b), told(buf_str(&lines), "machine")) ||
        !spell_read(arena, told(buf_str(&lines), "name"), &text) || !text.len || text.len > 255)
        return err_set(e, ERR_FORMAT, "calm-contain did not tell which host it is on");
    *machine = id;
    for (size_t i = 0; i < text.len; i++)
        name[i] = is_plain(text.p[i]) ? text.p[i] : '_';
    name[text.len] = '\0';
    return 0;
}

int stop_way_start(struct contain_helper *h, struct str pid, struct buf *ticks, struct err *e)
{
    CLEANUP_BUF struct buf lines = {0};
    CLEANUP_BUF struct buf order = {0};
    uint64_t number;
    int rc;

    buf_addf(&order, "start " STR_FMT, STR_ARG(str_head(pid, PID_DIGITS)));
    rc = contain_helper_ask(h, buf_text(&order), STR(""), &lines, e);
    if (rc)
        return rc;
    if (!str_u64(told(buf_str(&lines), "start"), &number))
        return err_set(e, ERR_FORMAT, "calm-contain did not tell when the process began");
    buf_add_u64(ticks, number);
    return 0;
}
