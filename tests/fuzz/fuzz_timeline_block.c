/* fuzz_timeline_block.c: any bytes are read as a block of a timeline, all of its columns twice, and
 * searched: they end in an error or in values within the block. The first two bytes are its number
 * of rows; then the lines of its columns up to an empty one; the rest is the block. */
#include "base/mem.h"
#include "timeline/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a hostile directory claims is refused past some size; here memory is to be had often. */
enum { CLAIM_MOST = 1 << 22 };

static void check_values(const struct block *b, const struct values *v)
{
    size_t sum = 0;

    for (size_t row = 0; row < block_rows(b); row++) {
        if (v->first[row] > v->first[row + 1])
            BUG("a row of less than no values");
        for (uint32_t i = v->first[row]; i < v->first[row + 1]; i++) {
            size_t at = v->items ? v->items[i] : i;

            if (at >= v->count)
                BUG("a value past the last one");
            sum += v->values[at].len ? (uint8_t)v->values[at].p[v->values[at].len - 1] : 0;
        }
    }
    for (size_t i = 0; i < v->count; i++)
        if (v->values[i].p + v->values[i].len > v->bytes.p + v->bytes.len)
            BUG("a value outside of the block, after %zu", sum);
}

static void expect(int rc)
{
    if (rc && rc != ERR_FORMAT)
        BUG("an error of another kind, %d", rc);
}

static void read_all(struct block *b)
{
    const struct values *v;
    const uint64_t *numbers;
    const int64_t *times;
    int rc;

    expect(block_times(b, &times, NULL));
    expect(block_numbers(b, "place", &numbers, NULL));
    expect(block_numbers(b, "line", &numbers, NULL));
    rc = block_states(b, &v, NULL);
    expect(rc);
    if (rc == 0)
        check_values(b, v);
    for (size_t i = 0; i < block_field_count(b); i++) {
        rc = block_values(b, block_field(b, i), &v, NULL);
        expect(rc);
        if (rc == 0)
            check_values(b, v);
    }
}

static void search(struct block *b)
{
    static const char *const queries[] = {"root", "user.name:r* or not message:/a+b/",
                                          "doubt:y process.pid:>1", "source.ip:10.0.0.0/8"};

    for (size_t i = 0; i < COUNT_OF(queries); i++) {
        CLEANUP(query_freep) struct query *q = NULL;
        struct rows rows;

        if (query_read(&q, str_of(queries[i]), NULL, NULL))
            BUG("a query is not understood");
        expect(query_match(q, b, &(struct query_about){.source = STR("x")}, &rows, NULL));
    }
}

/* Columns that claim to be large are left to the tests. */
static bool is_modest(struct str lines)
{
    while (lines.len) {
        struct str line = str_cut(&lines, '\n'), claim = line;
        uint64_t n = 0;

        for (size_t i = 0; i < line.len; i++)
            if (line.p[i] == '\t')
                claim = str_from(line, i + 1);
        if (str_u64(claim, &n) && n > CLAIM_MOST)
            return false;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(block_closep) struct block *b = NULL;
    const uint8_t *end;
    struct str lines, bytes;
    struct err e = {0};

    if (size < 2)
        return 0;
    end = memmem(data + 2, size - 2, "\n\n", 2);
    if (!end)
        return 0;
    lines = (struct str){(const char *)data + 2, (size_t)(end + 1 - (data + 2))};
    bytes = (struct str){(const char *)end + 2, (size_t)(data + size - (end + 2))};
    if (!is_modest(lines))
        return 0;
    if (block_open(&b, bytes, lines, data[0] | (size_t)data[1] << 8, &e)) {
        if (e.text[0] == '\0')
            BUG("a block was refused without a reason");
        return 0;
    }
    read_all(b);
    read_all(b);
    search(b);
    return 0;
}
