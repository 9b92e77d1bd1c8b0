/* reach.c: where a host is, whether its key is trusted, and whose secret it gets. */
#include "practice/reach.h"
#include <string.h>
#include "base/sink.h"
#include "base/utc.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/ssh_gate.h"
#include "sys/ssh_known.h"
#include "sys/term.h"

enum { QUESTION_COLUMNS = 120 };

/* A file that is not there says nothing, unless it was named. */
static int add_known(struct reach *r, const char *path, bool is_named, struct err *e)
{
    CLEANUP_BUF struct buf text = {0};
    int rc = is_named || file_is_there(path) ? file_read(&text, path, SSH_KNOWN_FILE_LIMIT, e) : 0;

    if (rc)
        return rc;
    buf_addstr(&r->known, buf_str(&text));
    buf_addc(&r->known, '\n');
    return 0;
}

int reach_begin(struct reach *r, struct arena *arena, const struct operation *op,
                const struct input *in, struct err *e)
{
    struct str named = input_value(op, in, "known-hosts");
    const char *home = getenv("HOME");
    int rc = 0;

    *r = (struct reach){.arena = arena, .compared = input_value(op, in, "host-key")};
    if (named.len)
        rc = add_known(r, arena_dup(arena, named.p, named.len), true, e);
    if (rc == 0 && home && *home)
        rc = add_known(r, arena_printf(arena, "%s/.ssh/known_hosts", home), false, e);
    return rc ? rc : add_known(r, "/etc/ssh/ssh_known_hosts", false, e);
}

int reach_identify(struct reach *r, const struct operation *op, const struct input *in,
                   struct err *e)
{
    static const char *const usual[] = {"id_ed25519", "id_ecdsa", "id_rsa"};
    struct str named = input_value(op, in, "identity");
    const char *home = getenv("HOME");
    const char *agent = getenv("SSH_AUTH_SOCK");

    if (named.len)
        return ssh_agent_start(&r->agent, named, e);
    for (size_t i = 0; home && !(agent && *agent) && i < COUNT_OF(usual); i++) {
        const char *path = arena_printf(r->arena, "%s/.ssh/%s", home, usual[i]);

        if (file_is_there(path))
            return ssh_agent_start(&r->agent, str_of(path), e);
    }
    return 0;
}

void reach_release(struct reach *r)
{
    ssh_agent_stop(r->agent);
    buf_release(&r->known);
    *r = (struct reach){0};
}

static int no_host(struct str text, struct err *e)
{
    return err_set(e, ERR_USAGE,
                   "\"%.*s\" is no host to log in to: write user@host:port, user@host, or host",
                   (int)(text.len < 100 ? text.len : 100), text.p);
}

/* "[2001:db8::1]:22", "2001:db8::1", "web1:2222", "web1" */
static bool split_port(struct str *text, struct str *port)
{
    const char *colon = memchr(text->p, ':', text->len);
    const char *last = memrchr(text->p, ':', text->len);

    *port = STR("22");
    if (str_starts(*text, "[")) {
        const char *end = memchr(text->p, ']', text->len);
        struct str rest;

        if (!end)
            return false;
        rest = str_from(*text, (size_t)(end - text->p) + 1);
        *text = (struct str){text->p + 1, (size_t)(end - text->p) - 1};
        if (rest.len)
            *port = str_from(rest, 1);
        return !rest.len || rest.p[0] == ':';
    }
    if (colon && colon == last) {
        *port = str_from(*text, (size_t)(colon - text->p) + 1);
        *text = str_head(*text, (size_t)(colon - text->p));
    }
    return true;
}

int reach_address_read(struct arena *arena, struct str text, struct reach_address *out,
                       struct err *e)
{
    const char *at = memrchr(text.p, '@', text.len);
    struct str host = at ? str_from(text, (size_t)(at - text.p) + 1) : text;
    char user[256];
    struct str port;
    uint64_t number;

    user_name(user, sizeof(user));
    if (!host.len || !split_port(&host, &port) || !host.len || !str_u64(port, &number) ||
        number == 0 || number > UINT16_MAX || (at && at == text.p))
        return no_host(text, e);
    *out = (struct reach_address){.given = arena_dup(arena, text.p, text.len),
                                  .host = arena_dup(arena, host.p, host.len),
                                  .user = at ? arena_dup(arena, text.p, (size_t)(at - text.p))
                                             : arena_strdup(arena, user),
                                  .port = (unsigned)number};
    return 0;
}

int reach_start(const struct reach *r, const struct reach_start *start, pid_t *gate,
                struct ssh_carrier **out, struct err *e)
{
    const struct reach_address *at = start->at;
    CLEANUP_FD int agent = ssh_agent_connect(r->agent);
    CLEANUP_FD int behind = -1;
    CLEANUP_BUF struct buf kinds = {0};
    struct ssh_errand errand = start->errand;
    int rc = agent < 0 ? 0 : ssh_gate_start(agent, at->user, &behind, gate, e);

    if (rc)
        return rc;
    ssh_known_kinds(buf_str(&r->known), str_of(at->host), at->port, &kinds);
    errand.host = at->host;
    errand.port = at->port;
    errand.user = at->user;
    errand.key_kinds = buf_text(&kinds);
    errand.agent = behind;
    errand.may_ask = true;
    return ssh_carrier_start(out, &errand, &start->to, e);
}

/* The file of a host's own key, by its kind. */
static const char *key_file(struct str key)
{
    if (str_starts(key, "ssh-ed25519"))
        return "ed25519";
    return str_starts(key, "ssh-rsa") ? "rsa" : "ecdsa";
}

static int refuse_new(const char *fingerprint, struct str key, struct err *e)
{
    return err_set(e, ERR_DENIED,
                   "its key is not known here. It shows %s. Compare this with what ssh-keygen -lf "
                   "/etc/ssh/ssh_host_%s_key.pub says at the host's own console. Where both are "
                   "the same, say so: --host-key %s (nothing is written down by that)",
                   fingerprint, key_file(key), fingerprint);
}

static int refuse_changed(const struct reach_address *at, const char *fingerprint, struct err *e)
{
    CLEANUP_BUF struct buf name = {0};

    ssh_known_name(&name, str_of(at->host), at->port);
    return err_set(e, ERR_DENIED,
                   "its key is not the one that is recorded: it shows %s. Somebody may stand "
                   "between, or the host was set up anew. Only where its owner says that it was: "
                   "ssh-keygen -R '%s', and then as with a new host",
                   fingerprint, buf_text(&name));
}

static bool was_compared(const struct reach *r, struct str fingerprint)
{
    struct str rest = r->compared;

    while (rest.len)
        if (str_eq(str_trim(str_cut(&rest, '\n')), fingerprint))
            return true;
    return false;
}

int reach_judge(const struct reach *r, const struct reach_address *at, struct str key,
                struct buf *fingerprint, struct err *e)
{
    int rc = ssh_fingerprint(fingerprint, key, e);

    if (rc)
        return rc;
    switch (ssh_known_look(buf_str(&r->known), str_of(at->host), at->port, key)) {
    case SSH_KNOWN_SAME:
        return 0;
    case SSH_KNOWN_NOT:
        return was_compared(r, buf_str(fingerprint)) ? 0
                                                     : refuse_new(buf_text(fingerprint), key, e);
    case SSH_KNOWN_OTHER:
        return refuse_changed(at, buf_text(fingerprint), e);
    case SSH_KNOWN_REVOKED:
        break;
    }
    return err_set(e, ERR_DENIED, "its key %s is recorded as one that must not be used any more",
                   buf_text(fingerprint));
}

int reach_ask(const struct reach_address *at, enum ssh_asked asked, struct str words,
              struct buf *out, struct err *e)
{
    CLEANUP_BUF struct buf question = {0};

    if (asked == SSH_ASKED_WORDS) {
        buf_addf(&question, "%s asks: ", at->given);
        sink_terminal(&question, utf8_head_columns(words, QUESTION_COLUMNS), false);
        buf_addc(&question, ' ');
    } else {
        buf_addf(&question, "Password of %s at %s%s: ", at->user, at->host,
                 asked == SSH_ASKED_SUDO ? ", for sudo there" : "");
    }
    return term_read_secret(buf_text(&question), out, e);
}
