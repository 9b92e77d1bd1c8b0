/* collection_worker.c: what is common to the reading of collections inside the worker. */
#include "practice/collection_worker.h"
#include <stdlib.h>
#include <unistd.h>
#include "base/sink.h"

const unsigned char collection_row_texts[ROW_COUNT_] = {2, 1, 6, 4};

/* UTF-8, without NUL, at most so many bytes. */
static struct str clean(struct collection_job *c, struct str text)
{
    struct buf out = {0};
    struct str kept;

    text = str_head(text, COLLECTION_TEXT_SIZE);
    while (text.len) {
        struct str before = text;
        uint32_t point = utf8_take(&text);

        if (point == 0xfffd || point == 0)
            buf_adds(&out, "\xef\xbf\xbd");
        else
            buf_addstr(&out, str_head(before, before.len - text.len));
    }
    kept = str_of(arena_strdup(c->arena, buf_text(&out)));
    buf_release(&out);
    return kept;
}

int collection_fact(struct collection_job *c, const char *name, struct str value, struct err *e)
{
    struct str texts[] = {str_of(name), clean(c, value)};

    return value.len ? import_put(c->sink, ROW_FACT, texts, COUNT_OF(texts), e) : 0;
}

int collection_missed(struct collection_job *c, struct str what, const char *step, const char *why,
                      struct err *e)
{
    struct str texts[] = {clean(c, what), clean(c, str_of(step)), clean(c, str_of(why)), STR("0")};

    return import_put(c->sink, ROW_MISSING, texts, COUNT_OF(texts), e);
}

static int send_document(struct collection_job *c, struct err *e)
{
    struct str text = buf_str(&c->document);
    int rc = text.len ? import_put(c->sink, ROW_DOCUMENT, &text, 1, e) : 0;

    buf_clear(&c->document);
    return rc;
}

int collection_document_line(void *context, struct str line, struct err *e)
{
    struct collection_job *c = context;

    buf_addstr(&c->document, line);
    return c->document.len < COLLECTION_DOCUMENT_PART_SIZE ? 0 : send_document(c, e);
}

int collection_document_end(struct collection_job *c, struct err *e)
{
    return send_document(c, e);
}

struct str collection_member(const struct collection_job *c, const char *name)
{
    for (size_t i = 0; i < c->count; i++)
        if (str_is(c->members[i].name, name))
            return c->members[i].bytes;
    return STR("");
}

static int unsound(struct err *e)
{
    return err_set(e, ERR_TAMPER, "what was packed of a collection is not what was packed");
}

static int split(struct collection_job *c, struct str rest, struct err *e)
{
    while (rest.len) {
        struct pack_head head;
        struct str name;
        struct str bytes;

        if (rest.len < sizeof(head))
            return unsound(e);
        memcpy(&head, rest.p, sizeof(head));
        rest = str_from(rest, sizeof(head));
        if (head.name_len > rest.len || head.size > rest.len - head.name_len)
            return unsound(e);
        name = str_head(rest, head.name_len);
        bytes = str_head(str_from(rest, head.name_len), (size_t)head.size);
        rest = str_from(rest, head.name_len + (size_t)head.size);
        if (head.flags & PACK_INDEX) {
            c->index = bytes;
            c->index_is_cut = head.flags & PACK_CUT;
            continue;
        }
        c->members = mem_grow(c->members, c->count, &c->room, sizeof(c->members[0]));
        c->members[c->count++] = (struct member){.name = name,
                                                 .bytes = bytes,
                                                 .whole = head.whole,
                                                 .is_cut = head.flags & PACK_CUT,
                                                 .is_over = head.flags & PACK_OVER};
    }
    return 0;
}

static int say_over(struct collection_job *c, const struct member *m, struct err *e)
{
    CLEANUP_BUF struct buf why = {0};

    if (m->bytes.len)
        buf_addf(&why, "only its first %zu of %llu bytes were read", m->bytes.len,
                 (unsigned long long)m->whole);
    else
        buf_addf(&why, "it was not read (%llu bytes)", (unsigned long long)m->whole);
    buf_addf(&why,
             ", for %d MiB are read of one member and %d MiB of all; it lies whole in the archive",
             PACK_MEMBER_SIZE >> 20, PACK_SIZE >> 20);
    return collection_missed(c, m->name, "archive", buf_text(&why), e);
}

static int say_cut(struct collection_job *c, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < c->count; i++) {
        const struct member *m = &c->members[i];

        if (m->is_over)
            rc = say_over(c, m, e);
        else if (m->is_cut)
            rc = collection_missed(c, m->name, "archive",
                                   "it is not whole; what there is of it was read", e);
    }
    return rc;
}

static int read_by_tool(struct collection_job *c, struct err *e)
{
    switch (c->tool) {
    case COLLECTION_BUNDLE:
        return collection_read_bundle(c, e);
    case COLLECTION_UAC:
        return collection_read_uac(c, e);
    case COLLECTION_VELOCIRAPTOR:
        return collection_read_velociraptor(c, e);
    case COLLECTION_UNKNOWN:
    case COLLECTION_TOOL_COUNT:
        break;
    }
    return err_set(e, ERR_TAMPER, "a collection of no known tool");
}

int collection_job_run(struct str pack, const struct collection_argument *argument,
                       const struct import_sink *sink, struct err *e)
{
    struct collection_job c = {.tool = (enum collection_tool)argument->tool,
                               .newest = {argument->newest_sec, argument->newest_ns},
                               .is_encrypted = argument->is_encrypted != 0,
                               .sink = sink,
                               .arena = arena_new()};
    int rc = split(&c, pack, e);

    if (rc == 0)
        rc = read_by_tool(&c, e);
    if (rc == 0)
        rc = collection_document_end(&c, e);
    if (rc == 0)
        rc = say_cut(&c, e);
    buf_release(&c.document);
    free(c.members);
    arena_free(c.arena);
    return rc;
}

static int read_input(int in, struct buf *out, struct err *e)
{
    off_t size = lseek(in, 0, SEEK_END);

    if (size < 0 || lseek(in, 0, SEEK_SET) < 0)
        return err_errno(e, "it cannot be read");
    if (size > BUF_LIMIT / 2)
        return err_set(e, ERR_LIMIT, "more is to be read of it than fits");
    (void)buf_room(out, (size_t)size + 1);
    while (out->len < (size_t)size) {
        ssize_t n = read(in, out->p + out->len, (size_t)size - out->len);

        if (n <= 0)
            return err_errno(e, "it cannot be read");
        out->len += (size_t)n;
    }
    return 0;
}

int collection_job(int in, struct str argument, struct worker_channel *channel, struct err *e)
{
    struct import_sink sink = import_channel(channel);
    CLEANUP_BUF struct buf input = {0};
    struct collection_argument a;
    int rc;

    if (argument.len != sizeof(a))
        return err_set(e, ERR_TAMPER, "the worker was not told what to read");
    memcpy(&a, argument.p, sizeof(a));
    rc = read_input(in, &input, e);
    return rc ? rc : collection_job_run(buf_str(&input), &a, &sink, e);
}
