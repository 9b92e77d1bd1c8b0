/* field.c: commitments to values, and the openings that show what was committed to. */
#include "journal/field.h"
#include "base/limits.h"
#include "journal/entry.h"
#include "journal/spell.h"

static void write_u64(uint8_t out[8], uint64_t n)
{
    for (size_t i = 0; i < 8; i++)
        out[i] = (uint8_t)(n >> (56 - 8 * i));
}

struct hash field_commitment(const struct hash *case_id, const struct id *id, struct str name,
                             const struct salt *salt, struct str value)
{
    static const char domain[] = "cj/1 field\n";
    uint8_t name_len = (uint8_t)name.len;
    uint8_t value_len[8];

    if (name.len > LIMIT_NAME_SIZE)
        BUG("a field's name of %zu bytes", name.len);
    write_u64(value_len, value.len);
    return hash_of((struct hash_piece[]){{domain, sizeof(domain) - 1},
                                         {case_id->b, sizeof(case_id->b)},
                                         {id->b, sizeof(id->b)},
                                         {&name_len, 1},
                                         {name.p, name.len},
                                         {salt->b, sizeof(salt->b)},
                                         {value_len, sizeof(value_len)},
                                         {value.p, value.len}},
                   8);
}

void opening_write(struct buf *out, const struct opening *o)
{
    if (!spell_is_name(o->name) || o->value.len > LIMIT_VALUE_SIZE)
        BUG("an opening with a name of %zu and a value of %zu bytes", o->name.len, o->value.len);
    buf_adds(out, "{\"id\":");
    spell_hex(out, &o->id, sizeof(o->id));
    buf_adds(out, ",\"name\":\"");
    buf_addstr(out, o->name);
    buf_adds(out, "\",\"salt\":");
    spell_hex(out, &o->salt, sizeof(o->salt));
    buf_adds(out, ",\"value\":\"");
    base64_add(out, o->value.p, o->value.len);
    buf_adds(out, "\"}");
}

static bool take_opening(struct spell *s, struct opening *out, struct str *value)
{
    return SPELL_TAKE(s, "{\"id\":") && spell_take_hex(s, &out->id, sizeof(out->id)) &&
           SPELL_TAKE(s, ",\"name\":") && spell_take_name(s, &out->name) &&
           SPELL_TAKE(s, ",\"salt\":") && spell_take_hex(s, &out->salt, sizeof(out->salt)) &&
           SPELL_TAKE(s, ",\"value\":") && spell_take_text(s, value) && SPELL_TAKE(s, "}") &&
           spell_take_end(s);
}

int opening_read(struct opening *out, struct buf *value_bytes, struct str line, struct err *e)
{
    CLEANUP_BUF struct buf decoded = {0};
    struct opening opening;
    struct str value;
    struct spell s;

    if (line.len > LIMIT_OPENING_SIZE)
        return err_set(e, ERR_FORMAT, "an opening of %zu bytes is longer than %d", line.len,
                       (int)LIMIT_OPENING_SIZE);
    spell_begin(&s, line);
    if (!take_opening(&s, &opening, &value))
        return spell_error(&s, "an opening", e);
    if (!base64_read(&decoded, value))
        return err_set(e, ERR_FORMAT, "the value of an opening is not base64 as RFC 4648 has it");
    if (decoded.len > LIMIT_VALUE_SIZE)
        return err_set(e, ERR_FORMAT, "the value of an opening has %zu bytes, more than %d",
                       decoded.len, (int)LIMIT_VALUE_SIZE);
    buf_clear(value_bytes);
    buf_addstr(value_bytes, buf_str(&decoded));
    opening.value = buf_str(value_bytes);
    *out = opening;
    return 0;
}
