/* collection_list.c: reads the list of what is noticed and missing in a collection. */
#include <unistd.h>
#include "practice/collection.h"
#include "practice/import.h"
#include "sys/file.h"

enum { LIST_OBSERVED, LIST_MISSING, LIST_ROW_COUNT, LIST_SIZE = 512 << 20 };

static const unsigned char text_counts[LIST_ROW_COUNT] = {6, 4};

static int send_row(const struct import_sink *sink, const json_t *object, struct err *e)
{
    static const char *const observed[] = {"observed", NULL,       "hint",
                                           "words",    "harmless", "evidence"};
    static const char *const missing[] = {"missing", "step", "why", NULL};
    bool is_missing =
        json_object_get(object, "missing") && json_is_string(json_object_get(object, "missing"));
    const char *const *names = is_missing ? missing : observed;
    size_t count = is_missing ? COUNT_OF(missing) : COUNT_OF(observed);
    const json_t *number = json_object_get(object, is_missing ? "count" : "weight");
    CLEANUP_BUF struct buf digits = {0};
    struct str texts[COUNT_OF(observed)];

    if (!is_missing && !json_is_string(json_object_get(object, "observed")))
        return 0; /* the first line, or the last */
    buf_add_u64(&digits, json_is_integer(number) ? (uint64_t)json_integer_value(number) : 0);
    for (size_t i = 0; i < count; i++)
        texts[i] = names[i] ? import_text(object, names[i]) : buf_str(&digits);
    return import_put(sink, is_missing ? LIST_MISSING : LIST_OBSERVED, texts, count, e);
}

static int list_job(int in, struct str argument, struct worker_channel *channel, struct err *e)
{
    struct import_sink sink = import_channel(channel);
    CLEANUP_BUF struct buf text = {0};
    struct str rest;
    int rc = lseek(in, 0, SEEK_SET) < 0 ? err_errno(e, "cannot read the list from its start")
                                        : file_read_fd(&text, in, "the list", LIST_SIZE, e);

    (void)argument;
    rest = buf_str(&text);
    while (rc == 0 && rest.len) {
        CLEANUP_IMPORT_JSON json_t *object = NULL;

        rc = import_json_text(&object, str_cut(&rest, '\n'), e);
        if (rc == 0)
            rc = send_row(&sink, object, e);
    }
    return rc;
}

struct listing {
    collection_line_visit *visit;
    void *context;
};

static int take_row(void *context, uint32_t kind, const struct str *texts, struct err *e)
{
    struct listing *l = context;
    struct collection_line line = {.is_missing = kind == LIST_MISSING, .texts = texts};

    return l->visit(l->context, &line, e);
}

static int receive_row(void *context, uint32_t kind, struct str bytes, struct err *e)
{
    struct import_reader reader = {.text_counts = text_counts,
                                   .kind_count = LIST_ROW_COUNT,
                                   .row = take_row,
                                   .context = context};

    return import_receive(&reader, kind, bytes, e);
}

int collection_list(struct store *store, const struct hash *list, collection_line_visit *visit,
                    void *context, struct err *e)
{
    static const struct worker_limits limits = {.memory = (uint64_t)2 << 30};
    struct listing l = {visit, context};
    CLEANUP_FD int fd = -1;
    uint64_t size;
    int rc = blob_open(store, list, &fd, &size, e);

    return rc ? rc
              : worker_run(list_job, "reading the list of a collection", fd, STR(""), &limits,
                           receive_row, &l, e);
}
