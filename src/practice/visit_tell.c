/* visit_tell.c: a line for each host, and at the end what is still to be done. */
#include "base/sink.h"
#include "base/size.h"
#include "practice/visit.h"
#include "render/screen.h"

enum { HOST_COLUMNS = 16, SAID_COLUMNS = 300 };

static void put_brought(struct json *j, const struct visit *h)
{
    json_put_u64(j, "size", h->digests.size);
    json_put_hex(j, "sha256", h->digests.sha256.b, sizeof(h->digests.sha256.b));
    json_put_u64(j, "evidence", h->item);
    if (!h->collection) {
        json_put_text(j, "unread", h->unread.text);
        return;
    }
    json_put_u64(j, "collection", h->collection);
    json_put_u64(j, "members", h->members);
    json_put_u64(j, "observed", h->observed);
    json_put_u64(j, "missing", h->missing);
}

static void put_text(struct json *j, const char *name, struct str text)
{
    if (text.len)
        json_put_str(j, name, text);
}

static void put_host(struct json *j, const struct visit *h)
{
    CLEANUP_BUF struct buf removal = {0};
    CLEANUP_BUF struct buf why = {0};
    CLEANUP_BUF struct buf place = {0};

    visit_why(&why, h);
    ssh_footprint_path(&place, &h->footprint);
    json_object_begin(j);
    json_put_text(j, "host", h->at.host);
    json_put_text(j, "user", h->at.user);
    json_put_u64(j, "port", h->at.port);
    json_put_text(j, "outcome", visit_outcome_names[h->outcome]);
    put_text(j, "why", buf_str(&why));
    put_text(j, "said", buf_str(&h->said));
    put_text(j, "key", buf_str(&h->fingerprint));
    put_text(j, "place", buf_str(&place));
    json_put_bool(j, "left", h->footprint.is_left);
    visit_removal(&removal, h);
    put_text(j, "remove", buf_str(&removal));
    json_put_u64(j, "visits", h->tries + 1);
    if (h->after)
        json_put_text(j, "after", h->after);
    if (h->has_evidence)
        put_brought(j, h);
    json_put_u64(j, "record", h->record);
    json_object_end(j);
}

static void tell_json(const struct visits *v)
{
    struct json j;

    json_begin(&j, &v->a->json);
    json_object_begin(&j);
    json_name(&j, "hosts");
    json_array_begin(&j);
    for (size_t i = 0; i < v->count; i++)
        put_host(&j, &v->hosts[i]);
    json_array_end(&j);
    json_object_end(&j);
}

static void add_words(struct buf *out, const struct visit *h)
{
    CLEANUP_BUF struct buf why = {0};
    char size[SIZE_TEXT_SIZE];

    visit_why(&why, h);
    if (h->has_evidence)
        buf_addf(out, "%s in %.1f s, e%u%s", size_text(size, h->digests.size),
                 (double)utc_minus_ms(h->ended, h->begun) / 1000, h->item, why.len ? "; " : "");
    sink_terminal(out, buf_str(&why), false);
    if (h->outcome != VISIT_COLLECTED && h->said.len) {
        buf_adds(out, ". It said: ");
        sink_terminal(out, utf8_head_columns(str_trim(buf_str(&h->said)), SAID_COLUMNS), false);
    }
}

void visit_tell(const struct visit *h)
{
    struct answer *a = h->all->a;
    CLEANUP_BUF struct buf line = {0};

    if (a->wants_json)
        return;
    buf_addf(&line, "%-*s %-9s  ", HOST_COLUMNS, h->at.given, visit_outcome_names[h->outcome]);
    add_words(&line, h);
    if (h->again_ms)
        buf_addf(&line, ". Again in %u s, %s%s", h->wait_s,
                 h->after ? "behind the step " : "from the beginning", h->after ? h->after : "");
    buf_addc(&line, '\n');
    buf_addstr(&a->text, buf_str(&line));
    if (a->flush)
        (void)a->flush(a); /* nobody who reads is no reason to leave the other hosts */
}

/* Hosts with these outcomes, as a command that tries them again. */
static size_t add_again(const struct visits *v, struct buf *out)
{
    size_t count = 0;

    for (size_t i = 0; i < v->count; i++) {
        if (v->hosts[i].outcome == VISIT_COLLECTED)
            continue;
        buf_addf(out, "%s %s", count++ ? "" : " --ssh", v->hosts[i].at.given);
    }
    return count;
}

static void tell_left(const struct visits *v, struct screen *screen)
{
    for (size_t i = 0; i < v->count; i++) {
        const struct visit *h = &v->hosts[i];
        CLEANUP_BUF struct buf place = {0};
        CLEANUP_BUF struct buf line = {0};
        CLEANUP_BUF struct buf removal = {0};

        if (!h->footprint.is_left)
            continue;
        ssh_footprint_path(&place, &h->footprint);
        buf_addf(&line, "%s may still have %s: look, and remove it:", h->at.given,
                 buf_text(&place));
        screen_para(screen, 0, buf_str(&line));
        visit_removal(&removal, h);
        buf_addf(screen->out, "  %s\n", buf_text(&removal));
    }
}

/* What was read out of what was brought, a line for each host. */
static void tell_read(const struct visits *v)
{
    struct buf *out = &v->a->text;

    for (size_t i = 0; i < v->count; i++) {
        const struct visit *h = &v->hosts[i];

        if (!h->has_evidence)
            continue;
        buf_addf(out, "%-*s ", HOST_COLUMNS, h->at.given);
        if (h->collection) {
            buf_addf(out, "co%u: %llu members, ", h->collection, (unsigned long long)h->members);
            add_count(out, h->observed, "thing noticed", "things noticed");
            buf_addf(out, ", %llu to look at first\n", (unsigned long long)h->heavy);
        } else {
            buf_adds(out, "cannot be read: ");
            sink_terminal(out, str_of(h->unread.text), false);
            buf_addc(out, '\n');
        }
    }
}

void visit_tell_end(const struct visits *v)
{
    struct answer *a = v->a;
    struct screen screen = {&a->text, a->columns, a->color};
    CLEANUP_BUF struct buf again = {0};
    CLEANUP_BUF struct buf line = {0};
    size_t missing = add_again(v, &again);

    if (a->wants_json) {
        tell_json(v);
        return;
    }
    screen_blank(&screen);
    buf_addf(&line, "%zu of %zu collected.", v->count - missing, v->count);
    screen_para(&screen, 0, buf_str(&line));
    tell_left(v, &screen);
    tell_read(v);
    if (missing)
        buf_addf(&a->text, "Again:  calm %s%s\n", v->op->name, buf_text(&again));
    else
        buf_adds(&a->text, "Next:  calm preserve observed\n");
}
