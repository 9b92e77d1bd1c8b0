/* contain_helper.c: starts calm-contain and talks with it. */
#include "practice/contain_helper.h"
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/mem.h"
#include "contain/plan.h"
#include "sys/dialogue.h"
#include "sys/self.h"

enum { LINE_SIZE = 4096, LINES_SIZE = 64 << 20, ANSWER_S = 120, BEFORE_SIZE = 256 << 20 };

struct contain_helper {
    struct dialogue *with;
};

static int find(struct buf *path, struct err *e)
{
    CLEANUP_BUF struct buf self = {0};
    const char *slash;
    int rc = self_program(&self, e);

    if (rc)
        return rc;
    slash = strrchr(buf_text(&self), '/');
    buf_addf(path, "%.*s/calm-contain", slash ? (int)(slash - self.p) : 0, buf_text(&self));
    if (access(buf_text(path), X_OK) != 0)
        return err_set(e, ERR_NOTFOUND,
                       "calm-contain is not beside this program; it changes the host and must be "
                       "installed with it");
    return 0;
}

/* Who connected over SSH from where sudo or the kernel hides their log-in's process from us. */
static bool read_session(struct endpoint *out)
{
    struct str rest = str_of(getenv("SSH_CONNECTION")), client = str_cut(&rest, ' ');
    struct endpoint p = {.protocol = IPPROTO_TCP, .way = ENDPOINT_IN};
    uint64_t port;

    client = str_cut(&client, '%'); /* the link that a link's own address is of */
    str_cut(&rest, ' ');            /* the port there */
    str_cut(&rest, ' ');            /* the address here */
    if (!client.len || net_read(client, &p.net, NULL) || !str_u64(rest, &port) || port == 0 ||
        port > UINT16_MAX)
        return false;
    p.port_first = p.port_last = (uint16_t)port;
    *out = p;
    return true;
}

static int guard_session(struct contain_helper *h, struct err *e)
{
    CLEANUP_BUF struct buf lines = {0};
    char text[NET_TEXT_SIZE], order[NET_TEXT_SIZE + 8];
    struct endpoint from;

    if (!read_session(&from))
        return 0;
    snprintf(order, sizeof(order), "guard %s", net_text(text, &from.net));
    return contain_helper_ask(h, order, STR(""), &lines, e);
}

int contain_helper_sessions(struct contain_helper *h, struct buf *lines, struct err *e)
{
    char text[ENDPOINT_TEXT_SIZE];
    struct endpoint from;
    int rc = contain_helper_ask(h, "sessions", STR(""), lines, e);

    if (rc || !read_session(&from))
        return rc;
    endpoint_text(text, &from);
    if (!memmem(buf_text(lines), lines->len, text, strlen(text)))
        buf_addf(lines, "%s\n", text);
    return 0;
}

enum way { WAY_DIRECT, WAY_SUDO, WAY_SUDO_SILENT /* where it asks for no password */ };

static int open_by(struct contain_helper **out, const char *path, enum way way, struct err *e)
{
    static const char *const before[][4] = {[WAY_DIRECT] = {NULL},
                                            [WAY_SUDO] = {"sudo", "--", NULL},
                                            [WAY_SUDO_SILENT] = {"sudo", "-n", "--", NULL}};
    CLEANUP(contain_helper_closep) struct contain_helper *h = mem_new(struct contain_helper);
    CLEANUP_BUF struct buf lines = {0};
    const char *argv[8];
    size_t count = 0;
    int rc;

    for (; before[way][count]; count++)
        argv[count] = before[way][count];
    argv[count++] = path;
    argv[count++] = "serve";
    argv[count] = NULL;
    rc = way == WAY_SUDO_SILENT ? dialogue_start_silent(&h->with, argv, e)
                                : dialogue_start(&h->with, argv, e);
    if (rc == 0)
        rc = guard_session(h, e);
    if (rc == 0 && way == WAY_SUDO_SILENT)
        rc = contain_helper_ask(h, "sessions", STR(""), &lines, e);
    if (rc)
        return rc;
    *out = MOVE(h);
    return 0;
}

int contain_helper_open(struct contain_helper **out, bool only_looks, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    int rc = find(&path, e);

    if (rc)
        return rc;
    if (geteuid() == 0)
        return open_by(out, buf_text(&path), WAY_DIRECT, e);
    if (only_looks)
        return open_by(out, buf_text(&path), WAY_SUDO_SILENT, NULL) == 0
                   ? 0
                   : open_by(out, buf_text(&path), WAY_DIRECT, e);
    rc = open_by(out, buf_text(&path), WAY_SUDO, e);
    if (rc != ERR_NOTFOUND)
        return rc;
    return err_set(e, ERR_NOTFOUND,
                   "changing this host takes root, and sudo is not here: run calm as root, or "
                   "have the plan carried out by hand (calm stop script aN)");
}

void contain_helper_close(struct contain_helper *h)
{
    if (!h)
        return;
    dialogue_close(h->with);
    free(h);
}

static int code_named(struct str name)
{
    for (int code = ERR_USAGE; code >= ERR_CANCEL; code--)
        if (str_is(name, err_name(code)))
            return code;
    return ERR_IO;
}

/* 1: the answer is whole; 0: *line is one of its lines. */
static int take_line(struct contain_helper *h, struct buf *line, struct err *e)
{
    struct str rest;
    int rc;

    buf_clear(line);
    rc = dialogue_line(h->with, line, LINE_SIZE, ANSWER_S, e);
    if (rc)
        return rc;
    rest = buf_str(line);
    if (str_is(rest, "ok"))
        return 1;
    if (!str_is(str_cut(&rest, ' '), "failed"))
        return 0;
    rc = code_named(str_cut(&rest, ' '));
    return err_set(e, rc, STR_FMT, STR_ARG(rest));
}

static int give(struct contain_helper *h, const char *order, struct str plan, struct err *e)
{
    CLEANUP_BUF struct buf line = {0};
    int rc;

    buf_addf(&line, "%s\n", order);
    rc = dialogue_send(h->with, buf_str(&line), e);
    return rc ? rc : dialogue_send(h->with, plan, e);
}

int contain_helper_ask(struct contain_helper *h, const char *order, struct str plan,
                       struct buf *lines, struct err *e)
{
    CLEANUP_BUF struct buf line = {0};
    int rc = give(h, order, plan, e);

    while (rc == 0) {
        rc = take_line(h, &line, e);
        if (rc == 0 && lines->len > LINES_SIZE)
            rc = err_set(e, ERR_LIMIT, "calm-contain answered with too much");
        if (rc == 0)
            buf_addf(lines, "%s\n", buf_text(&line));
    }
    return rc < 0 ? rc : 0;
}

int contain_helper_prepare(struct contain_helper *h, struct str plan, struct buf *before,
                           struct err *e)
{
    struct hash digest = plan_digest(plan);
    CLEANUP_BUF struct buf order = {0};
    CLEANUP_BUF struct buf line = {0};
    struct str rest;
    uint64_t size;
    int rc;

    buf_addf(&order, "prepare %zu ", plan.len);
    hex_add(&order, digest.b, sizeof(digest.b));
    rc = give(h, buf_text(&order), plan, e);
    if (rc == 0)
        rc = take_line(h, &line, e);
    if (rc)
        return rc < 0 ? rc : err_set(e, ERR_IO, "calm-contain did not tell the state before");
    rest = buf_str(&line);
    if (!str_is(str_cut(&rest, ' '), "before") || !str_u64(rest, &size) || size > BEFORE_SIZE)
        return err_set(e, ERR_IO, "calm-contain did not tell the state before");
    rc = dialogue_bytes(h->with, before, size, ANSWER_S, e);
    if (rc == 0)
        rc = take_line(h, &line, e);
    return rc < 0 ? rc : 0;
}

int contain_helper_about(struct contain_helper *h, const char *order, const struct id *id,
                         struct buf *lines, struct err *e)
{
    CLEANUP_BUF struct buf line = {0};

    buf_addf(&line, "%s ", order);
    hex_add(&line, id->b, sizeof(id->b));
    if (strcmp(order, "go") == 0)
        buf_adds(&line, " 0");
    return contain_helper_ask(h, buf_text(&line), STR(""), lines, e);
}
