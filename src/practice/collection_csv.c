/* collection_csv.c: reads tables of comma-separated values. */
#include "practice/collection_csv.h"
#include "base/mem.h"
#include "practice/import.h"

/* Takes a quoted cell, of which the quote was taken; two quotes in it are one. */
static void take_quoted(struct str *rest, struct buf *cell)
{
    while (rest->len) {
        struct str part = str_cut(rest, '"');

        buf_addstr(cell, str_head(part, CSV_CELL_SIZE));
        if (!str_starts(*rest, "\""))
            return;
        buf_addc(cell, '"');
        *rest = str_from(*rest, 1);
        if (cell->len > CSV_CELL_SIZE)
            buf_clear(cell);
    }
}

/* Takes a cell and the comma behind it; false: it was the last of its row. */
static bool take_cell(struct str *rest, struct buf *cell)
{
    size_t end = 0;

    buf_clear(cell);
    if (str_starts(*rest, "\"")) {
        *rest = str_from(*rest, 1);
        take_quoted(rest, cell);
    }
    while (end < rest->len && rest->p[end] != ',' && rest->p[end] != '\n')
        end++;
    buf_addstr(cell, str_head(*rest, end < CSV_CELL_SIZE ? end : CSV_CELL_SIZE));
    if (cell->len && cell->p[cell->len - 1] == '\r')
        cell->p[--cell->len] = '\0';
    *rest = str_from(*rest, end);
    if (str_starts(*rest, ",")) {
        *rest = str_from(*rest, 1);
        return true;
    }
    *rest = str_from(*rest, 1);
    return false;
}

/* NULL: it cannot be told. */
static json_t *value_of(struct str cell)
{
    json_t *value = NULL;

    if (str_is(cell, "true"))
        return json_true();
    if ((str_starts(cell, "{") || str_starts(cell, "[")) &&
        import_json_text(&value, cell, NULL) == 0)
        return value;
    return cell.len <= CSV_CELL_SIZE ? json_stringn(cell.p ? cell.p : "", cell.len) : NULL;
}

static size_t take_head(struct str *rest, struct arena *arena, const char **names)
{
    CLEANUP_BUF struct buf cell = {0};
    size_t count = 0;
    bool goes_on = true;

    while (goes_on) {
        goes_on = take_cell(rest, &cell);
        if (count < CSV_COLUMN_COUNT)
            names[count++] = arena_strdup(arena, buf_text(&cell));
    }
    return count;
}

void collection_csv_each(struct str text, void (*take)(void *context, const json_t *row),
                         void *context)
{
    struct arena *arena = arena_new();
    const char *names[CSV_COLUMN_COUNT];
    size_t count = take_head(&text, arena, names);
    CLEANUP_BUF struct buf cell = {0};

    while (text.len) {
        CLEANUP_IMPORT_JSON json_t *row = json_object();
        bool goes_on = true;

        for (size_t i = 0; goes_on; i++) {
            json_t *value;

            goes_on = take_cell(&text, &cell);
            value = i < count ? value_of(buf_str(&cell)) : NULL;
            if (value)
                (void)json_object_set_new(row, names[i], value); /* a name that is not UTF-8 */
        }
        take(context, row);
    }
    arena_free(arena);
}
