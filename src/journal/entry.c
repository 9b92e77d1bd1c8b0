/* entry.c: a journal's line read in one pass, without allocation, and written. */
#include "journal/entry.h"
#include "base/limits.h"
#include "journal/spell.h"

static bool take_scalar(struct spell *s, struct public_value *out)
{
    const char *first = s->p;

    out->integer = 0;
    out->string = (struct str){first, 0};
    if (spell_sees(s, '"')) {
        out->kind = PUBLIC_STRING;
        if (!spell_take_text(s, &out->string))
            return false;
    } else {
        out->kind = PUBLIC_INTEGER;
        if (!spell_take_integer(s, &out->integer))
            return spell_fail(s, "a value: an integer or a string");
    }
    out->text = (struct str){first, (size_t)(s->p - first)};
    return true;
}

static bool take_array(struct spell *s, struct public_value *out)
{
    struct public_value item;

    out->kind = PUBLIC_ARRAY;
    out->integer = 0;
    out->string = (struct str){s->p, 0};
    out->text.p = s->p++;
    while (!spell_sees(s, ']')) {
        if (s->p != out->text.p + 1 && !SPELL_TAKE(s, ","))
            return false;
        if (!take_scalar(s, &item))
            return false;
    }
    s->p++;
    out->text.len = (size_t)(s->p - out->text.p);
    return true;
}

static bool take_value(struct spell *s, struct public_value *out)
{
    return spell_sees(s, '[') ? take_array(s, out) : take_scalar(s, out);
}

/* What stands between braces or brackets is one item after the other. */
typedef bool take_item(struct spell *s, struct str *name, void *out);

static bool take_public_item(struct spell *s, struct str *name, void *out)
{
    return spell_take_name(s, name) && SPELL_TAKE(s, ":") && take_value(s, out);
}

static bool take_field_item(struct spell *s, struct str *name, void *out)
{
    return spell_take_name(s, name) && SPELL_TAKE(s, ":") &&
           spell_take_hex(s, out, sizeof(struct hash));
}

/* Takes {…} with strictly ascending names. */
static bool take_members(struct spell *s, take_item *take, void *item, struct str *text)
{
    const char *first = s->p;
    struct str before = {0};
    struct str name = {0};

    if (!SPELL_TAKE(s, "{"))
        return false;
    while (!spell_sees(s, '}')) {
        if (s->p != first + 1 && !SPELL_TAKE(s, ","))
            return false;
        if (!take(s, &name, item))
            return false;
        if (before.len && str_cmp(before, name) >= 0) {
            s->p = name.p;
            return spell_fail(s, "a name that comes after the one before");
        }
        before = name;
    }
    s->p++;
    *text = (struct str){first, (size_t)(s->p - first)};
    return true;
}

static bool take_refs(struct spell *s, struct str *text)
{
    const char *first = s->p;
    struct id id;

    if (!SPELL_TAKE(s, "["))
        return false;
    while (!spell_sees(s, ']')) {
        if (s->p != first + 1 && !SPELL_TAKE(s, ","))
            return false;
        if (!spell_take_hex(s, &id, sizeof(id)))
            return false;
    }
    s->p++;
    *text = (struct str){first, (size_t)(s->p - first)};
    return true;
}

/* Takes a name that is one of a few. */
static bool take_word(struct spell *s, const char *const *words, size_t count, const char *due,
                      struct str *out)
{
    const char *first = s->p;

    if (!spell_take_name(s, out))
        return false;
    for (size_t i = 0; i < count; i++)
        if (str_is(*out, words[i]))
            return true;
    s->p = first;
    return spell_fail(s, due);
}

static bool take_clock(struct spell *s, struct str *out)
{
    static const char *const words[] = {"ntp", "free", "unknown"};

    return take_word(s, words, COUNT_OF(words), "\"ntp\", \"free\" or \"unknown\"", out);
}

static bool take_tlp(struct spell *s, struct str *out)
{
    static const char *const words[] = {"amber", "green", "clear", "red", "amber-strict"};

    return take_word(s, words, COUNT_OF(words), "a label of TLP 2.0", out);
}

static bool take_statement_head(struct spell *s, struct statement *out)
{
    struct public_value value;
    struct hash commitment;
    const char *first = s->p;

    if (!SPELL_TAKE(s, "{\"id\":") || !spell_take_hex(s, &out->id, sizeof(out->id)) ||
        !SPELL_TAKE(s, ",\"case\":") || !spell_take_hex(s, &out->case_id, sizeof(out->case_id)) ||
        !SPELL_TAKE(s, ",\"seen\":[") || !spell_take_integer(s, &out->seen_size) ||
        !SPELL_TAKE(s, ",") || !spell_take_hex(s, &out->seen_head, sizeof(out->seen_head)) ||
        !SPELL_TAKE(s, "],\"time\":") || !spell_take_time(s, &out->time) ||
        !SPELL_TAKE(s, ",\"boot\":") || !spell_take_hex(s, &out->boot, sizeof(out->boot)) ||
        !SPELL_TAKE(s, ",\"mono\":") || !spell_take_integer(s, &out->mono_ns) ||
        !SPELL_TAKE(s, ",\"clock\":") || !take_clock(s, &out->clock) ||
        !SPELL_TAKE(s, ",\"by\":") || !spell_take_hex(s, &out->by, sizeof(out->by)) ||
        !SPELL_TAKE(s, ",\"type\":") ||
        !spell_take_type(s, &out->type, &out->type_name, &out->type_version) ||
        !SPELL_TAKE(s, ",\"tlp\":") || !take_tlp(s, &out->tlp) || !SPELL_TAKE(s, ",\"scope\":") ||
        !spell_take_name(s, &out->scope) || !SPELL_TAKE(s, ",\"public\":") ||
        !take_members(s, take_public_item, &value, &out->public_text) ||
        !SPELL_TAKE(s, ",\"fields\":") ||
        !take_members(s, take_field_item, &commitment, &out->fields_text) ||
        !SPELL_TAKE(s, ",\"refs\":") || !take_refs(s, &out->refs_text))
        return false;
    out->signed_head = (struct str){first, (size_t)(s->p - first)};
    return true;
}

static bool take_statement(struct spell *s, struct statement *out)
{
    const char *first = s->p;

    if (!take_statement_head(s, out) || !SPELL_TAKE(s, ",\"sig\":") ||
        !spell_take_hex(s, &out->sig, sizeof(out->sig)) || !SPELL_TAKE(s, "}"))
        return false;
    out->text = (struct str){first, (size_t)(s->p - first)};
    return true;
}

static bool take_entry(struct spell *s, struct entry *out)
{
    return SPELL_TAKE(s, "{\"v\":1,\"case\":") &&
           spell_take_hex(s, &out->case_id, sizeof(out->case_id)) && SPELL_TAKE(s, ",\"seq\":") &&
           spell_take_integer(s, &out->seq) && SPELL_TAKE(s, ",\"prev\":") &&
           spell_take_hex(s, &out->prev, sizeof(out->prev)) && SPELL_TAKE(s, ",\"epoch\":") &&
           spell_take_integer(s, &out->epoch) && SPELL_TAKE(s, ",\"logged\":") &&
           spell_take_time(s, &out->logged) && SPELL_TAKE(s, ",\"statement\":") &&
           take_statement(s, &out->statement) && SPELL_TAKE(s, "}") && spell_take_end(s);
}

/* True for a line that begins {"v": and an integer other than 1 and a comma. */
static bool is_newer(struct str line, uint64_t *version)
{
    struct spell s;

    spell_begin(&s, line);
    return SPELL_TAKE(&s, "{\"v\":") && spell_take_integer(&s, version) && spell_sees(&s, ',') &&
           *version != 1;
}

int entry_read(struct entry *out, struct str line, struct err *e)
{
    struct entry entry;
    struct spell s;
    uint64_t version;

    spell_begin(&s, line);
    if (line.len <= LIMIT_LINE_SIZE && take_entry(&s, &entry)) {
        *out = entry;
        return 0;
    }
    if (is_newer(line, &version))
        return err_set(e, ERR_NEWER,
                       "this line is of version %llu of the journal format; this program knows "
                       "version 1",
                       (unsigned long long)version);
    if (line.len > LIMIT_LINE_SIZE)
        return err_set(e, ERR_FORMAT, "a line of %zu bytes is longer than a journal's %d", line.len,
                       (int)LIMIT_LINE_SIZE);
    return spell_error(&s, "an entry", e);
}

int statement_read(struct statement *out, struct str text, struct err *e)
{
    struct statement statement;
    struct spell s;

    spell_begin(&s, text);
    if (text.len > LIMIT_LINE_SIZE)
        return err_set(e, ERR_FORMAT, "a statement of %zu bytes is longer than a journal's line",
                       text.len);
    if (!take_statement(&s, &statement) || !spell_take_end(&s))
        return spell_error(&s, "a statement", e);
    *out = statement;
    return 0;
}

/* Steps over the opening byte or the comma; false at the end, or where the text is not spelled
 * right. */
static bool next_begin(struct spell *s, struct str rest)
{
    spell_begin(s, rest);
    if (rest.len < 2)
        return false;
    s->p++;
    return !spell_sees(s, '}') && !spell_sees(s, ']');
}

static bool next_end(const struct spell *s, struct str *rest)
{
    *rest = (struct str){s->p, (size_t)(s->end - s->p)};
    return true;
}

bool public_next(struct str *rest, struct public_value *out)
{
    struct spell s;

    return next_begin(&s, *rest) && take_public_item(&s, &out->name, out) && next_end(&s, rest);
}

bool public_item_next(struct str *rest, struct public_value *out)
{
    struct spell s;

    out->name = (struct str){rest->p, 0};
    return next_begin(&s, *rest) && take_scalar(&s, out) && next_end(&s, rest);
}

bool public_find(const struct statement *s, const char *name, struct public_value *out)
{
    struct str rest = s->public_text;
    struct public_value value;

    while (public_next(&rest, &value)) {
        if (!str_is(value.name, name))
            continue;
        *out = value;
        return true;
    }
    return false;
}

bool fields_next(struct str *rest, struct str *name, struct hash *commitment)
{
    struct spell s;

    return next_begin(&s, *rest) && take_field_item(&s, name, commitment) && next_end(&s, rest);
}

bool fields_find(const struct statement *s, const char *name, struct hash *commitment)
{
    struct str rest = s->fields_text;
    struct str found;
    struct hash value;

    while (fields_next(&rest, &found, &value)) {
        if (!str_is(found, name))
            continue;
        *commitment = value;
        return true;
    }
    return false;
}

bool refs_next(struct str *rest, struct id *out)
{
    struct spell s;

    return next_begin(&s, *rest) && spell_take_hex(&s, out, sizeof(*out)) && next_end(&s, rest);
}

static void add_lit(struct buf *b, struct str literal)
{
    buf_add(b, literal.p, literal.len);
}

static void add_text(struct buf *b, const char *name, const char *value)
{
    buf_adds(b, name);
    buf_adds(b, value);
    buf_addc(b, '"');
}

static void write_publics(struct buf *out, const struct statement_draft *d)
{
    for (size_t i = 0; i < d->public_count; i++) {
        add_text(out, i ? ",\"" : "\"", d->publics[i].name);
        buf_addc(out, ':');
        buf_addstr(out, d->publics[i].value);
    }
}

static void write_fields(struct buf *out, const struct statement_draft *d)
{
    for (size_t i = 0; i < d->field_count; i++) {
        add_text(out, i ? ",\"" : "\"", d->fields[i].name);
        buf_addc(out, ':');
        spell_hex(out, &d->fields[i].commitment, sizeof(d->fields[i].commitment));
    }
}

static void write_refs(struct buf *out, const struct statement_draft *d)
{
    for (size_t i = 0; i < d->ref_count; i++) {
        if (i)
            buf_addc(out, ',');
        spell_hex(out, &d->refs[i], sizeof(d->refs[i]));
    }
}

static void write_who_and_when(struct buf *out, const struct statement_draft *d)
{
    add_lit(out, STR("{\"id\":"));
    spell_hex(out, &d->id, sizeof(d->id));
    add_lit(out, STR(",\"case\":"));
    spell_hex(out, &d->case_id, sizeof(d->case_id));
    add_lit(out, STR(",\"seen\":["));
    buf_add_u64(out, d->seen_size);
    buf_addc(out, ',');
    spell_hex(out, &d->seen_head, sizeof(d->seen_head));
    add_lit(out, STR("],\"time\":\""));
    utc_add(out, d->time);
    add_lit(out, STR("\",\"boot\":"));
    spell_hex(out, &d->boot, sizeof(d->boot));
    add_lit(out, STR(",\"mono\":"));
    buf_add_u64(out, d->mono_ns);
    add_text(out, ",\"clock\":\"", d->clock);
    add_lit(out, STR(",\"by\":"));
    spell_hex(out, &d->by, sizeof(d->by));
}

void statement_write_head(struct buf *out, const struct statement_draft *d)
{
    size_t start = out->len;
    struct statement check;
    struct spell s;

    write_who_and_when(out, d);
    add_text(out, ",\"type\":\"", d->type);
    add_text(out, ",\"tlp\":\"", d->tlp);
    add_text(out, ",\"scope\":\"", d->scope);
    add_lit(out, STR(",\"public\":{"));
    write_publics(out, d);
    add_lit(out, STR("},\"fields\":{"));
    write_fields(out, d);
    add_lit(out, STR("},\"refs\":["));
    write_refs(out, d);
    buf_addc(out, ']');
    /* What is once signed cannot be mended: nothing leaves that our own reader would refuse. */
    spell_begin(&s, str_from(buf_str(out), start));
    if (!take_statement_head(&s, &check) || !spell_take_end(&s))
        BUG("a draft of type %s is spelled wrong: %s is due", d->type, s.due);
}

void statement_signed_bytes(struct buf *out, struct str head)
{
    add_lit(out, STR("cj/1 statement\n"));
    buf_addstr(out, head);
    buf_addc(out, '}');
}

void statement_finish(struct buf *out, struct str head, const struct sig *sig)
{
    buf_addstr(out, head);
    add_lit(out, STR(",\"sig\":"));
    spell_hex(out, sig, sizeof(*sig));
    buf_addc(out, '}');
}

int entry_write(struct buf *out, const struct hash *case_id, uint64_t seq, const struct hash *prev,
                uint64_t epoch, struct utc logged, struct str statement, struct err *e)
{
    size_t start = out->len;

    if (seq > INT64_MAX || epoch > INT64_MAX)
        BUG("an entry's number is out of range");
    add_lit(out, STR("{\"v\":1,\"case\":"));
    spell_hex(out, case_id, sizeof(*case_id));
    add_lit(out, STR(",\"seq\":"));
    buf_add_u64(out, seq);
    add_lit(out, STR(",\"prev\":"));
    spell_hex(out, prev, sizeof(*prev));
    add_lit(out, STR(",\"epoch\":"));
    buf_add_u64(out, epoch);
    add_lit(out, STR(",\"logged\":\""));
    utc_add(out, logged);
    add_lit(out, STR("\",\"statement\":"));
    if (statement.len > LIMIT_LINE_SIZE || out->len - start + statement.len + 1 > LIMIT_LINE_SIZE) {
        out->len = start;
        out->p[start] = '\0';
        return err_set(e, ERR_LIMIT,
                       "a record of %zu bytes does not fit in a line of %d: keep what is long as "
                       "evidence",
                       statement.len, (int)LIMIT_LINE_SIZE);
    }
    buf_addstr(out, statement);
    buf_addc(out, '}');
    return 0;
}

int spell_string(struct buf *out, struct str text, struct err *e)
{
    for (size_t i = 0; i < text.len; i++)
        if (!spell_byte_is(text.p[i], CLASS_STRING))
            return err_set(e, ERR_USAGE,
                           "byte %zu of \"" STR_FMT "\" cannot stand in clear in a journal: only "
                           "0x20 to 0x7E without quote and backslash can",
                           i + 1, STR_ARG(str_head(text, 60)));
    buf_addc(out, '"');
    buf_addstr(out, text);
    buf_addc(out, '"');
    return 0;
}

void spell_integer(struct buf *out, uint64_t n)
{
    if (n > INT64_MAX)
        BUG("an integer of a journal is out of range");
    buf_add_u64(out, n);
}

void spell_hex(struct buf *out, const void *bytes, size_t size)
{
    char *at = buf_room(out, 2 * size + 2);

    at[0] = '"';
    hex_write(at + 1, bytes, size);
    at[2 * size + 1] = '"';
    out->len += 2 * size + 2;
}

bool spell_is_name(struct str text)
{
    if (text.len == 0 || text.len > LIMIT_NAME_SIZE || !spell_byte_is(text.p[0], CLASS_LETTER))
        return false;
    for (size_t i = 1; i < text.len; i++)
        if (!spell_byte_is(text.p[i], CLASS_NAME))
            return false;
    return true;
}
