/* winlog_xml.c: event logs of Windows as XML: one <Event> behind another, as wevtutil (/f:xml,
 * /f:RenderedXml), PowerShell (ToXml) and evtx_dump print them, or in <Events>, as the viewer saves
 * them (Event schema). */
#include "base/sink.h"
#include "timeline/bytes.h"
#include "timeline/winlog.h"

enum { DEPTH_MOST = 32, CHARACTER_MOST = 0x10FFFF };
static const char namespace[] = "http://schemas.microsoft.com/win/2004/08/events/event";
static const char begin[] = "<Event", end[] = "</Event>";

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* "<Event>" or "<Event ", and neither "<Events>" nor "<EventID>". */
static const char *find_begin(struct str text)
{
    const char *p = text.p;

    while ((p = memmem(p, (size_t)(text.p + text.len - p), begin, sizeof(begin) - 1))) {
        const char *behind = p + sizeof(begin) - 1;

        if (behind < text.p + text.len && (*behind == '>' || is_space(*behind)))
            return p;
        p = behind;
    }
    return NULL;
}

/* Of the event that begins there; *is_cut: it has none before the next one begins, which is where
 * it ends then. NULL: not within these bytes. */
static const char *find_end(struct str text, bool *is_cut)
{
    const char *next = find_begin(str_from(text, sizeof(begin) - 1));
    struct str own = next ? str_head(text, (size_t)(next - text.p)) : text;
    const char *p = memmem(own.p, own.len, end, sizeof(end) - 1);

    *is_cut = !p && next;
    return p ? p + sizeof(end) - 1 : next;
}

static bool knows(struct str head)
{
    const char *p = find_begin(head);
    struct str rest, before;

    if (!p)
        return false;
    before = str_trim(str_head(head, (size_t)(p - head.p)));
    (void)str_take(&before, READER_BYTE_ORDER_MARK);
    rest = str_from(head, (size_t)(p - head.p));
    return (before.len == 0 || before.p[0] == '<' || str_starts(before, "Record ")) &&
           memmem(rest.p, rest.len, namespace, sizeof(namespace) - 1) &&
           memmem(rest.p, rest.len, "<System>", 8);
}

/* A reference behind its &, up to its semicolon. */
static bool add_reference(struct event *e, struct str name)
{
    static const struct {
        const char *name, *text;
    } known[] = {{"lt", "<"}, {"gt", ">"}, {"amp", "&"}, {"quot", "\""}, {"apos", "'"}};
    CLEANUP_BUF struct buf character = {0};
    uint32_t c = 0;
    bool is_hex;

    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (str_is(name, known[i].name)) {
            (void)event_keep(e, str_of(known[i].text));
            return true;
        }
    if (!str_take(&name, "#"))
        return false;
    is_hex = str_take(&name, "x");
    for (size_t i = 0; i < name.len && c <= CHARACTER_MOST; i++) {
        char small = name.p[i] | 0x20;
        uint32_t digit = char_is_digit(name.p[i])                 ? (uint32_t)(name.p[i] - '0')
                         : is_hex && small >= 'a' && small <= 'f' ? (uint32_t)(small - 'a' + 10)
                                                                  : 99;

        if (digit == 99)
            return false;
        c = c * (is_hex ? 16 : 10) + digit;
    }
    if (name.len == 0 || c == 0 || c > CHARACTER_MOST || (c >= 0xD800 && c < 0xE000))
        return false;
    utf8_add(&character, c);
    (void)event_keep(e, buf_str(&character));
    return true;
}

/* Text as it stands in the file: references and CDATA are what they stand for. */
static struct str decoded(struct event *e, struct str raw)
{
    struct str out = {e->scratch + e->scratch_len, 0}, name;

    if (!memchr(raw.p, '&', raw.len) && !memchr(raw.p, '<', raw.len))
        return raw;
    while (raw.len) {
        struct str rest = raw;

        if (str_take(&rest, "<![CDATA[")) {
            const char *p = memmem(rest.p, rest.len, "]]>", 3);

            (void)event_keep(e, str_head(rest, p ? (size_t)(p - rest.p) : rest.len));
            raw = p ? str_from(rest, (size_t)(p - rest.p) + 3) : STR("");
            continue;
        }
        if (str_take(&rest, "&")) {
            name = str_cut(&rest, ';');
            if (name.len < 12 && add_reference(e, name)) {
                raw = rest;
                continue;
            }
        }
        (void)event_keep(e, str_head(raw, 1));
        raw = str_from(raw, 1);
    }
    out.len = (size_t)(e->scratch + e->scratch_len - out.p);
    return out;
}

/* Where the walk through an event is. */
struct walk_xml {
    struct winlog *w;
    char path[WINLOG_PATH_SIZE];
    size_t len, depth, lens[DEPTH_MOST]; /* of the path before each open element */
    const char *text;                    /* of the element that was opened last; NULL: it has
                                          * another one in it, or is closed */
};

static struct str path_of(const struct walk_xml *x)
{
    return (struct str){x->path, x->len};
}

static bool open_element(struct walk_xml *x, struct str name)
{
    if (x->depth == DEPTH_MOST || x->len + name.len + 2 > sizeof(x->path))
        return false;
    x->lens[x->depth++] = x->len;
    if (x->len)
        x->path[x->len++] = '/';
    memcpy(x->path + x->len, name.p, name.len);
    x->len += name.len;
    return true;
}

static bool close_element(struct walk_xml *x, const char *at)
{
    if (x->depth == 0)
        return false;
    if (x->text)
        winlog_put(x->w, path_of(x), STR(""),
                   decoded(x->w->e, (struct str){x->text, (size_t)(at - x->text)}));
    x->text = NULL;
    x->len = x->lens[--x->depth];
    return true;
}

static size_t name_length(struct str s)
{
    size_t len = 0;

    while (len < s.len && !is_space(s.p[len]) && !memchr("=/>", s.p[len], 3))
        len++;
    return len;
}

static struct str without_space(struct str s)
{
    while (s.len && is_space(s.p[0]))
        s = str_from(s, 1);
    return s;
}

/* 'Name="x"', off the front of the tag. */
static bool take_attribute(struct walk_xml *x, struct str *tag)
{
    struct str name = str_head(*tag, name_length(*tag)), rest, value;
    char quote;

    rest = without_space(str_from(*tag, name.len));
    if (name.len == 0 || !str_take(&rest, "="))
        return false;
    rest = without_space(rest);
    quote = rest.len ? rest.p[0] : 0;
    if (quote != '"' && quote != '\'')
        return false;
    rest = str_from(rest, 1);
    if (!memchr(rest.p, quote, rest.len))
        return false;
    value = str_cut(&rest, quote);
    winlog_put(x->w, path_of(x), name, decoded(x->w->e, value));
    *tag = rest;
    return true;
}

/* Behind its <; *rest goes on behind its >. */
static bool take_tag(struct walk_xml *x, struct str *rest)
{
    struct str tag = *rest;
    struct str name = str_head(tag, name_length(tag));

    if (name.len == 0 || !open_element(x, name))
        return false;
    tag = without_space(str_from(tag, name.len));
    while (tag.len && tag.p[0] != '>' && tag.p[0] != '/') {
        if (!take_attribute(x, &tag))
            return false;
        tag = without_space(tag);
    }
    x->text = NULL;
    if (str_take(&tag, "/>")) {
        *rest = tag;
        x->text = tag.p;
        return close_element(x, tag.p);
    }
    if (!str_take(&tag, ">"))
        return false;
    x->text = tag.p;
    *rest = tag;
    return true;
}

static bool skip_to(struct str *rest, const char *sign)
{
    const char *p = memmem(rest->p, rest->len, sign, strlen(sign));

    if (p)
        *rest = str_from(*rest, (size_t)(p - rest->p) + strlen(sign));
    return p != NULL;
}

static bool take_event(struct winlog *w, struct str text)
{
    struct walk_xml x = {.w = w};

    do {
        const char *at = memchr(text.p, '<', text.len);
        bool is_good;

        if (!at)
            return false;
        text = str_from(text, (size_t)(at - text.p));
        if (str_starts(text, "<![CDATA["))
            is_good = skip_to(&text, "]]>");
        else if (str_take(&text, "<!--"))
            is_good = skip_to(&text, "-->");
        else if (str_take(&text, "</"))
            is_good = close_element(&x, at) && skip_to(&text, ">");
        else
            is_good = str_take(&text, "<") && take_tag(&x, &text);
        if (!is_good)
            return false;
    } while (x.depth);
    return winlog_end(w);
}

static int give_unparsed(struct reader *r, struct event *e, uint64_t at, struct str text,
                         struct err *err)
{
    event_begin(e);
    e->at = at;
    event_puts(e, FIELD_EVENT_KIND, "unparsed");
    event_put_raw(e, r->names, FIELD_MESSAGE, text, text.len);
    r->counts.lines++;
    return reader_event(r, e, err);
}

static int give_event(struct reader *r, struct event *e, uint64_t at, struct str text,
                      struct err *err)
{
    struct winlog *w = r->state;

    event_begin(e);
    e->at = at;
    winlog_begin(w, r, e);
    if (!take_event(w, reader_text(e, text)))
        return give_unparsed(r, e, at, text, err);
    r->counts.lines++;
    return reader_event(r, e, err);
}

/* "Record 12", "<?xml …?>", "<Events>" and blanks say nothing. */
static bool is_between(struct str text)
{
    text = str_trim(text);
    (void)str_take(&text, READER_BYTE_ORDER_MARK);
    for (;;) {
        text = without_space(text);
        if (text.len == 0)
            return true;
        if (str_take(&text, "Record ")) {
            while (text.len && char_is_digit(text.p[0]))
                text = str_from(text, 1);
        } else if (!(str_starts(text, "<?") || str_starts(text, "<Events") ||
                     str_starts(text, "</Events") || str_starts(text, "<!")) ||
                   !skip_to(&text, ">")) {
            return false;
        }
    }
}

/* What stands before the next event, as far as it is there; *taken bytes of it. */
static int take_between(struct reader *r, struct event *e, uint64_t at, struct str text,
                        bool is_all, size_t *taken, struct err *err)
{
    const char *p = find_begin(text);
    /* The beginning of one may be cut. */
    size_t len = p ? (size_t)(p - text.p) : is_all ? text.len : text.len - sizeof(begin);

    *taken = len;
    return is_between(str_head(text, len)) ? 0 : give_unparsed(r, e, at, str_head(text, len), err);
}

static int read_all(struct reader *r, struct err *err)
{
    CLEANUP(bytes_freep) struct bytes *bytes = bytes_new(r);
    CLEANUP(event_release) struct event e;
    uint64_t at = 0;
    struct str text;
    int rc;

    event_init(&e);
    while ((rc = bytes_at(bytes, at, BYTES_MOST, &text, err)) == 0 && text.len) {
        bool is_all = text.len < BYTES_MOST;

        for (struct str rest = text; rc == 0;) {
            size_t taken;
            const char *behind;
            bool is_cut;

            if (find_begin(rest) != rest.p) {
                rc = take_between(r, &e, at, rest, is_all, &taken, err);
            } else if ((behind = find_end(rest, &is_cut))) {
                taken = (size_t)(behind - rest.p);
                rc = is_cut ? give_unparsed(r, &e, at, str_head(rest, taken), err)
                            : give_event(r, &e, at, str_head(rest, taken), err);
            } else if (rest.p != text.p && !is_all) {
                break; /* it goes on behind these bytes */
            } else {
                taken = rest.len;
                rc = give_unparsed(r, &e, at, rest, err);
            }
            at += taken;
            rest = str_from(rest, taken);
            if (rest.len == 0 || (!is_all && rest.len <= sizeof(begin)))
                break;
        }
        if (rc)
            return rc;
    }
    return rc;
}

const struct format format_winlog_xml = {.name = "evtx",
                                         .version = 4,
                                         .knows = knows,
                                         .read = read_all,
                                         .state_size = sizeof(struct winlog),
                                         .release = winlog_release};
