/* taking.c: the records and the answer of an intake. */
#include "practice/taking.h"
#include "base/file_kind.h"
#include "base/sink.h"
#include "base/size.h"
#include "base/utc.h"
#include "sys/clock.h"

enum {
    BATCH_COUNT = 64, /* records that are appended together */
    BATCH_MS = 2000,  /* or so often, so that a power cut loses little */
    PROGRESS_MS = 3000,
    ITEM_LINES_MAX = 40, /* on the screen; the register has them all */
    LEFT_LINES_MAX = 20,
    TITLE_COLUMNS = 200,
};

static void begin_batch(struct taking *t)
{
    decision_begin(&t->records, &t->view, t->op, t->in);
    t->records.is_independent = true;
    t->appended_ms = monotonic_ms();
}

int taking_init(struct taking *t, struct session *s, const struct operation *op,
                const struct input *in, struct answer *a, struct err *e)
{
    int rc;

    *t = (struct taking){.session = s, .op = op, .in = in, .a = a, .shown_ms = monotonic_ms()};
    walk_init(&t->walk);
    walk_avoid(&t->walk, store_folder(session_store(s)), "it is the folder of this case");
    host_name(t->host, sizeof(t->host));
    rc = session_view(s, &t->view, e);
    if (rc == 0)
        begin_batch(t);
    return rc;
}

void taking_release(struct taking *t)
{
    decision_release(&t->records);
    walk_release(&t->walk);
    manifest_abort(t->manifest);
    intake_archive_abort(t->archive);
    inode_table_release(&t->inodes);
    file_facts_release(&t->facts);
    buf_release(&t->items);
    buf_release(&t->left);
}

static struct str keep(struct taking *t, struct str text)
{
    return (struct str){arena_dup(t->records.arena, text.p ? text.p : "", text.len), text.len};
}

struct draft *taking_item(struct taking *t, const struct evidence_facts *facts)
{
    struct evidence_facts f = *facts;
    struct draft *dr;

    f.title = keep(t, f.title);
    f.source_path = keep(t, f.source_path);
    f.source_host = str_of(t->host);
    f.remark = keep(t, f.remark);
    f.system_id = t->system_id;
    dr = evidence_draft(&t->records, &f);
    draft_take_input(&t->records, dr, &evidence_kind);
    return dr;
}

struct draft *taking_path_item(struct taking *t, const struct walk_entry *entry,
                               const struct evidence_facts *facts)
{
    struct evidence_facts f = *facts;
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf title = {0};

    intake_path_text(&path, entry->path);
    if (t->title.len && t->walk.count == 1)
        buf_addstr(&title, t->title);
    else if (t->title.len)
        buf_addf(&title, STR_FMT ": %s", STR_ARG(t->title), buf_text(&path));
    else
        buf_addstr(&title, buf_str(&path));
    f.title = utf8_head_columns(buf_str(&title), TITLE_COLUMNS);
    f.source_path = buf_str(&path);
    return taking_item(t, &f);
}

static void item_json(struct taking *t, const struct thing *item, struct str call)
{
    struct json j;

    if (t->items.len)
        buf_addc(&t->items, ',');
    json_begin(&j, &t->items);
    json_object_begin(&j);
    json_put_str(&j, "call", call);
    json_put_str(&j, "title", view_title(item));
    json_put_str(&j, "sort", thing_value(item, "sort"));
    json_put_str(&j, "path", thing_value(item, "path"));
    json_put_str(&j, "size", thing_value(item, "size"));
    json_put_str(&j, "sha256", thing_value(item, "sha256"));
    json_put_str(&j, "md5", thing_value(item, "md5"));
    json_put_str(&j, "remark", thing_value(item, "remark"));
    json_object_end(&j);
}

static void item_line(struct taking *t, const struct thing *item, struct str call)
{
    struct str remark = thing_value(item, "remark");
    CLEANUP_BUF struct buf line = {0};
    char words[SIZE_TEXT_SIZE];
    uint64_t size;

    buf_addf(&line, STR_FMT "  " STR_FMT, STR_ARG(call), STR_ARG(view_title(item)));
    if (str_u64(thing_value(item, "size"), &size))
        buf_addf(&line, "  %s", size_text(words, size));
    if (remark.len)
        buf_addf(&line, "  (" STR_FMT ")", STR_ARG(remark));
    sink_terminal(&t->items, buf_str(&line), false);
    buf_addc(&t->items, '\n');
}

static void tell_items(struct taking *t, uint64_t first)
{
    for (size_t i = 0; i < t->records.draft_count; i++) {
        const struct thing *item = state_record(t->view.state, first + i)->thing;
        CLEANUP_BUF struct buf call = {0};

        if (!item || !thing_is(item, "evidence"))
            continue;
        view_call(&call, item);
        if (t->a->wants_json)
            item_json(t, item, buf_str(&call));
        else if (t->item_count < ITEM_LINES_MAX)
            item_line(t, item, buf_str(&call));
        t->item_count++;
    }
}

int taking_settle(struct taking *t, bool now, struct err *e)
{
    uint64_t first;
    int rc;

    if (t->records.draft_count == 0)
        return 0;
    if (!now && t->records.draft_count < BATCH_COUNT && monotonic_ms() - t->appended_ms < BATCH_MS)
        return 0;
    rc = session_append(t->session, &t->records, &first, e);
    if (rc == 0)
        tell_items(t, first);
    decision_release(&t->records);
    begin_batch(t);
    return rc;
}

void taking_leave(struct taking *t, const struct walk_entry *entry, struct str why)
{
    CLEANUP_BUF struct buf path = {0};
    struct json j;

    intake_path_text(&path, entry->path);
    t->left_count++;
    t->missed += entry->is_named || !entry->is_passed;
    if (t->a->wants_json) {
        if (t->left.len)
            buf_addc(&t->left, ',');
        json_begin(&j, &t->left);
        json_object_begin(&j);
        json_put_str(&j, "path", buf_str(&path));
        json_put_str(&j, "type", str_of(file_kind(entry->st.st_mode)));
        json_put_str(&j, "why", why);
        json_object_end(&j);
    } else if (t->left_count <= LEFT_LINES_MAX) {
        buf_adds(&t->left, "  ");
        sink_terminal(&t->left, buf_str(&path), false);
        buf_adds(&t->left, ": ");
        sink_terminal(&t->left, why, false);
        buf_addc(&t->left, '\n');
    }
}

void taking_progress(struct taking *t)
{
    char size[SIZE_TEXT_SIZE];

    if (!t->a->is_interactive || !t->a->flush || t->a->wants_json ||
        monotonic_ms() - t->shown_ms < PROGRESS_MS)
        return;
    t->shown_ms = monotonic_ms();
    buf_addf(&t->a->text, "… %zu of %zu, %s\n", t->at, t->walk.count, size_text(size, t->size));
    /* Nobody reading any more is no reason to leave evidence behind. */
    (void)t->a->flush(t->a);
}

static void tell_json(struct taking *t)
{
    struct buf *out = &t->a->json;

    buf_addf(out, "{\"taken\":%llu,\"size\":%llu,\"stopped\":%s,\"items\":[",
             (unsigned long long)t->taken, (unsigned long long)t->size,
             t->is_stopped ? "true" : "false");
    buf_addstr(out, buf_str(&t->items));
    buf_adds(out, "],\"not_taken\":[");
    buf_addstr(out, buf_str(&t->left));
    buf_adds(out, "]}");
}

void taking_tell(struct taking *t)
{
    struct buf *out = &t->a->text;
    char size[SIZE_TEXT_SIZE];

    if (t->a->wants_json) {
        tell_json(t);
        return;
    }
    buf_addstr(out, buf_str(&t->items));
    if (t->item_count > ITEM_LINES_MAX)
        buf_addf(out, "and %llu more: calm preserve list\n",
                 (unsigned long long)t->item_count - ITEM_LINES_MAX);
    buf_addf(out, "Taken: %llu file%s, %s, hashed while they were read.\n",
             (unsigned long long)t->taken, t->taken == 1 ? "" : "s", size_text(size, t->size));
    if (!t->left_count)
        return;
    buf_addf(out, "Not taken: %llu.\n", (unsigned long long)t->left_count);
    buf_addstr(out, buf_str(&t->left));
    if (t->left_count > LEFT_LINES_MAX)
        buf_addf(out, "  and %llu more, in the list that was taken with them\n",
                 (unsigned long long)t->left_count - LEFT_LINES_MAX);
}
