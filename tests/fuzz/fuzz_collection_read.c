/* fuzz_collection_read.c: any members of a collection become rows that the other half takes, and a
 * state document that a reader takes. The first letter says of which tool (b, u, v; p: the bytes of
 * a pack as they are); each line "=== NAME" begins a member. */
#include "collect/collect.h"
#include "practice/collection_worker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char mark[] = "=== ";

static void add_member(struct buf *pack, struct str name, struct str bytes)
{
    struct pack_head head = {.size = bytes.len, .name_len = (uint32_t)name.len};

    buf_add(pack, &head, sizeof(head));
    buf_addstr(pack, name);
    buf_addstr(pack, bytes);
}

static void make_pack(struct buf *pack, struct str text)
{
    while (str_starts(text, mark)) {
        struct str rest = str_from(text, strlen(mark));
        struct str name = str_cut(&rest, '\n');
        const char *next = rest.len ? memmem(rest.p, rest.len, "\n=== ", 5) : NULL;
        size_t len = next ? (size_t)(next - rest.p) + 1 : rest.len;

        add_member(pack, name, str_head(rest, len));
        text = str_from(rest, len);
    }
}

static int take_row(void *context, uint32_t kind, const struct str *texts, struct err *e)
{
    struct buf *document = context;

    (void)e;
    if (kind == ROW_DOCUMENT)
        buf_addstr(document, texts[0]);
    else
        for (size_t i = 0; i < collection_row_texts[kind]; i++)
            if (texts[i].len > COLLECTION_TEXT_SIZE + 8)
                BUG("a text of row %u is too long", kind);
    return 0;
}

static int hand_over(void *context, uint32_t kind, struct str row, struct err *e)
{
    return import_receive(context, kind, row, e);
}

/* What was put together here is a whole document; what a bundle brings may be anything. */
static void check(const struct collection_argument *a, struct str document)
{
    struct collect_head head;
    struct err e = {0};

    if (a->tool == COLLECTION_BUNDLE || a->tool == COLLECTION_UNKNOWN)
        return;
    if (collect_head(document, &head, &e) || !head.is_whole)
        BUG("a state was made that no reader takes: %s", e.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char letters[] = "?buv";
    CLEANUP_BUF struct buf document = {0};
    CLEANUP_BUF struct buf pack = {0};
    struct import_reader reader = {.text_counts = collection_row_texts,
                                   .kind_count = ROW_COUNT_,
                                   .row = take_row,
                                   .context = &document};
    struct import_sink sink = {hand_over, &reader};
    struct collection_argument a = {.newest_sec = 1764040329};
    struct str text = {(const char *)data, size};
    const char *letter;
    struct err e = {0};
    int rc;

    if (!size || !(letter = memchr(letters, text.p[0], strlen(letters)))) {
        if (!size || text.p[0] != 'p')
            return 0;
        a.tool = COLLECTION_UAC;
        buf_addstr(&pack, str_from(text, 1));
    } else {
        a.tool = (uint32_t)(letter - letters);
        (void)str_cut(&text, '\n');
        make_pack(&pack, text);
    }
    rc = collection_job_run(buf_str(&pack), &a, &sink, &e);
    if (rc && !e.text[0])
        BUG("a collection is refused without a reason");
    if (rc == 0)
        check(&a, buf_str(&document));
    return 0;
}
