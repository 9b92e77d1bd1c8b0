/* bundle.c: writes the members of a bundle, and its manifest. */
#include "collect/bundle.h"
#include "base/mem.h"
#include "collect/bundle_internal.h"
#include "collect/doc.h"

/* After the first failure nothing more is written: what stands up to the last link is good. */
static int keep(struct bundle *b, int code, struct err *e)
{
    if (code && !b->failure.code) {
        if (e)
            b->failure = *e;
        b->failure.code = code;
    }
    return code;
}

static int refuse(const struct bundle *b, struct err *e)
{
    return err_set(e, b->failure.code, "%s", b->failure.text);
}

int bundle_begin(struct bundle **out, const struct bundle_output *output,
                 const struct bundle_recipient *to, size_t to_count, struct err *e)
{
    struct bundle_frames *frames;
    struct bundle *b;
    int code = bundle_frames_begin(&frames, output, to, to_count, e);

    if (code)
        return code;
    b = mem_new(struct bundle);
    b->frames = frames;
    b->digest = digest_new(DIGEST_SHA256);
    b->made = utc_now();
    b->room_members = BUNDLE_MEMBER_LIMIT - BUNDLE_MEMBER_RESERVE;
    b->room_bytes = BUNDLE_ARCHIVE_LIMIT - BUNDLE_ARCHIVE_RESERVE;
    b->manifest = bundle_lines_new(b, "manifest");
    *out = b;
    return 0;
}

static int add(struct bundle *b, const void *bytes, size_t size, struct err *e)
{
    if (size > BUNDLE_ARCHIVE_LIMIT - bundle_frames_in(b->frames))
        return keep(b, err_set(e, ERR_LIMIT, "a bundle holds at most 1 TiB"), e);
    return keep(b, bundle_frames_add(b->frames, bytes, size, e), e);
}

static bool has_content(char type)
{
    return type == '0';
}

static void make_header(struct bundle *b, const struct bundle_member *m)
{
    CLEANUP_BUF struct buf target = {0};

    buf_clear(&b->header);
    buf_clear(&b->name);
    buf_clear(&b->source);
    buf_addstr(&b->source, m->source);
    bundle_name(&b->name, m->path, b->counts.members);
    if (m->type == '1') /* names a member, not a path */
        bundle_name(&target, m->target, b->counts.members);
    else
        buf_addstr(&target, m->target);
    bundle_header(&b->header, m, buf_str(&b->name), buf_str(&target), b->made, &b->left_out);
}

bool bundle_has_room(const struct bundle *b, uint64_t size)
{
    uint64_t in = bundle_frames_in(b->frames);

    return b->counts.members < b->room_members && in <= b->room_bytes && size <= b->room_bytes - in;
}

void bundle_set_room(struct bundle *b, uint64_t members, uint64_t bytes)
{
    b->room_members = members < b->room_members ? members : b->room_members;
    b->room_bytes = bytes < b->room_bytes ? bytes : b->room_bytes;
}

int bundle_member_begin(struct bundle *b, const struct bundle_member *m, struct err *e)
{
    if (b->failure.code)
        return refuse(b, e);
    if (b->is_open)
        BUG("a member of the bundle is still open");
    if (m->size && !has_content(m->type))
        BUG("a member that is no file has no content");
    if (b->counts.members >= BUNDLE_MEMBER_LIMIT)
        return keep(b, err_set(e, ERR_LIMIT, "a bundle holds at most a million members"), e);
    make_header(b, m);
    b->is_open = true;
    b->is_unlisted = str_starts(m->path, "manifest-") || str_is(m->path, "end.json");
    b->size = m->size;
    b->left = m->size;
    return add(b, b->header.p, b->header.len, e);
}

int bundle_data(struct bundle *b, const void *bytes, size_t size, struct err *e)
{
    if (b->failure.code)
        return refuse(b, e);
    if (!b->is_open || size > b->left)
        BUG("more content than the member was said to have");
    b->left -= size;
    b->counts.bytes += size;
    digest_add(b->digest, bytes, size);
    return add(b, bytes, size, e);
}

static int fill(struct bundle *b, struct err *e)
{
    static const char zeros[4096];
    int code = 0;

    while (b->left && code == 0)
        code = bundle_data(b, zeros, b->left < sizeof(zeros) ? (size_t)b->left : sizeof(zeros), e);
    if (code)
        return code;
    return add(b, zeros, (BUNDLE_BLOCK_SIZE - b->size % BUNDLE_BLOCK_SIZE) % BUNDLE_BLOCK_SIZE, e);
}

static int list_member(struct bundle *b, const uint8_t sum[64], const char *part, uint64_t holes,
                       struct err *e)
{
    struct json *j = bundle_line_begin(b->manifest);

    put_bytes(j, "member", buf_str(&b->name));
    put_some(j, "source", buf_str(&b->source));
    json_put_u64(j, "size", b->size);
    json_put_hex(j, "sha256", sum, sizeof(struct hash));
    if (part)
        json_put_text(j, "part", part);
    if (holes)
        json_put_u64(j, "holes", holes);
    if (b->left_out)
        json_put_u64(j, "attributes_left_out", b->left_out);
    return keep(b, bundle_line_end(b->manifest, e), e);
}

int bundle_member_end(struct bundle *b, const char *part, uint64_t holes, struct err *e)
{
    uint8_t sum[64];
    int code;

    if (b->failure.code)
        return refuse(b, e);
    if (!b->is_open)
        BUG("no member of the bundle is open");
    code = fill(b, e);
    if (code)
        return code;
    digest_end(b->digest, sum);
    b->counts.members++;
    b->is_open = false;
    code = b->is_unlisted ? 0 : list_member(b, sum, part, holes, e);
    return code ? code : keep(b, bundle_lines_put_full(b, e), e);
}

int bundle_put(struct bundle *b, const char *path, struct str bytes, struct err *e)
{
    struct bundle_member m = {.path = str_of(path), .type = '0', .size = bytes.len};
    int code = bundle_member_begin(b, &m, e);

    if (code == 0)
        code = bundle_data(b, bytes.p, bytes.len, e);
    return code ? code : bundle_member_end(b, NULL, 0, e);
}

int bundle_settle(struct bundle *b, struct bundle_lines *const *kept, size_t count, struct err *e)
{
    int code;

    if (b->failure.code)
        return refuse(b, e);
    bundle_lines_cut(b);
    code = b->is_open ? bundle_member_end(b, "stopped", 0, e) : 0;
    return code ? code : keep(b, bundle_lines_settle(b, kept, count, e), e);
}

int bundle_flush(struct bundle *b, struct err *e)
{
    if (b->failure.code)
        return refuse(b, e);
    return keep(b, bundle_frames_cut(b->frames, false, e), e);
}

void bundle_count(const struct bundle *b, struct bundle_counts *out)
{
    *out = b->counts;
    out->written = bundle_frames_out(b->frames);
}

static int put_end(struct bundle *b, struct str members, struct err *e)
{
    CLEANUP_BUF struct buf text = {0};

    buf_addf(&text, "{\"members\":%llu,\"bytes\":%llu", (unsigned long long)b->counts.members,
             (unsigned long long)b->counts.bytes);
    if (members.len)
        buf_addc(&text, ',');
    buf_addstr(&text, members);
    buf_adds(&text, ",\"processes_started\":0,\"files_written\":0}\n");
    return bundle_put(b, "end.json", buf_str(&text), e);
}

static int end(struct bundle *b, struct str members, struct err *e)
{
    static const char blocks[2 * BUNDLE_BLOCK_SIZE];
    int code;

    if (b->failure.code)
        return refuse(b, e);
    code = bundle_lines_end(MOVE(b->manifest), e);
    if (code == 0 && b->lines)
        BUG("lines of the bundle are still open");
    if (code == 0)
        code = put_end(b, members, e);
    if (code == 0)
        code = add(b, blocks, sizeof(blocks), e);
    return code ? code : bundle_frames_cut(b->frames, true, e);
}

int bundle_end(struct bundle *b, struct str end_members, struct err *e)
{
    int code = end(b, end_members, e);

    bundle_abort(b);
    return code;
}

void bundle_abort(struct bundle *b)
{
    if (!b)
        return;
    bundle_lines_abort(b->manifest);
    bundle_lines_forget(b);
    bundle_frames_free(b->frames);
    digest_free(b->digest);
    buf_release(&b->header);
    buf_release(&b->name);
    buf_release(&b->source);
    free(b);
}
