/* auditd_args.c: the arguments of EXECVE: several records of one event may have them, and the
 * kernel takes an argument of more than some 7,500 bytes apart (kernel/auditsc.c,
 * audit_log_execve_info): "a2_len=9000 a2[0]=… a2[1]=…". */
#include <stdio.h>
#include <stdlib.h>
#include "timeline/auditd_record.h"

bool audit_is_argument(struct str key)
{
    return key.len > 1 && key.p[0] == 'a' && key.p[1] >= '0' && key.p[1] <= '9';
}

static struct str digits_of(struct str text)
{
    struct str digits = str_head(text, 0);

    while (digits.len < text.len && char_is_digit(digits.p[digits.len]))
        digits.len++;
    return digits;
}

uint64_t audit_argument_number(struct str key)
{
    uint64_t n;

    return str_u64(digits_of(str_from(key, 1)), &n) ? n : 0;
}

bool audit_is_piece(struct str key)
{
    return audit_is_argument(key) && str_ends(key, "]") && memchr(key.p, '[', key.len);
}

/* "a2_len": bytes, or twice as many where they are spelled in hex. */
static bool take_length(struct audit_record *c, struct str key, struct str value)
{
    uint64_t size;

    if (!str_ends(key, "_len"))
        return false;
    if (str_u64(value, &size))
        c->state->args.stated += size;
    audit_put_named(c, key, value);
    return true;
}

void audit_put_argument(struct audit_record *c, struct str key, struct str value, size_t spelled)
{
    struct audit_args *a = &c->state->args;
    struct audit_place place = {audit_argument_number(key), 0};
    struct str piece = key;

    a->argc = c->argc ? c->argc : a->argc;
    if (take_length(c, key, value))
        return;
    if (audit_is_piece(key)) {
        (void)str_cut(&piece, '[');
        (void)str_u64(digits_of(piece), &place.piece);
        a->bytes += value.len;
        a->spelled += spelled;
    }
    a->begun += place.piece == 0;
    if (value.len == 0 || c->e->count >= EVENT_FIELDS_MAX - EVENT_FIELDS_KEPT ||
        a->count == EVENT_FIELDS_MAX)
        return;
    a->places[a->count++] = place;
    event_put(c->e, field_number(c->r->names, STR("process.args")), value);
}

struct placed {
    struct audit_place at;
    struct str text;
};

static int by_place(const void *pa, const void *pb)
{
    const struct placed *a = pa, *b = pb;

    if (a->at.argument != b->at.argument)
        return a->at.argument < b->at.argument ? -1 : 1;
    return a->at.piece < b->at.piece ? -1 : a->at.piece > b->at.piece;
}

/* Takes them off the event, in their order. */
static size_t take_all(const struct audit_args *a, struct event *e, uint16_t name,
                       struct placed out[EVENT_FIELDS_MAX])
{
    size_t count = 0, kept = 0;

    for (size_t i = 0; i < e->count; i++) {
        if (e->fields[i].name == name && count < a->count) {
            out[count] = (struct placed){a->places[count], e->fields[i].value};
            count++;
        } else {
            e->fields[kept++] = e->fields[i];
        }
    }
    e->count = kept;
    qsort(out, count, sizeof(out[0]), by_place);
    return count;
}

/* Pieces from *at on that are one argument; *at is then behind them. */
static struct str join(struct event *e, const struct placed *all, size_t count, size_t *at)
{
    size_t first = (*at)++;
    struct str whole = all[first].text;

    while (*at < count && all[*at].at.argument == all[first].at.argument &&
           all[*at].at.piece == all[*at - 1].at.piece + 1) {
        if (*at == first + 1)
            whole = event_keep(e, whole);
        whole.len += event_keep(e, all[(*at)++].text).len;
    }
    return reader_text(e, whole);
}

static void tell_missing(struct event *e, uint64_t there, uint64_t stated, const char *of)
{
    char text[96];
    int len = snprintf(text, sizeof(text), "process.args: %llu of %llu %s",
                       (unsigned long long)there, (unsigned long long)stated, of);

    event_put(e, FIELD_EVENT_CUT, event_keep(e, (struct str){text, (size_t)len}));
}

static void put_command_line(struct event *e, uint16_t args)
{
    struct str all = {e->scratch + e->scratch_len, 0};

    for (size_t i = 0; i < e->count; i++) {
        if (e->fields[i].name != args)
            continue;
        if (all.len)
            all.len += event_keep(e, STR(" ")).len;
        all.len += event_keep(e, e->fields[i].value).len;
    }
    event_put(e, FIELD_PROCESS_COMMAND_LINE, all);
}

void audit_join_arguments(const struct audit_args *a, struct field_names *names, struct event *e)
{
    struct placed all[EVENT_FIELDS_MAX];
    uint16_t name = a->count ? field_number(names, STR("process.args")) : FIELD_NONE;
    size_t count, at = 0;

    if (name == FIELD_NONE)
        return;
    count = take_all(a, e, name, all);
    while (at < count)
        event_put(e, name, join(e, all, count, &at));
    if (a->argc && a->begun < a->argc)
        tell_missing(e, a->begun, a->argc, "arguments");
    if (a->stated > a->spelled || (a->stated < a->spelled && a->stated != a->bytes))
        tell_missing(e, a->bytes, a->stated, "bytes");
    put_command_line(e, name);
}
