/* table.c: tables with a head whose columns say what they are: one is the time, and another one is
 * a field by its name (table_columns.def, or ECS). Commas, semicolons or tabs part them. */
#include <stdio.h>
#include <strings.h>
#include "base/mem.h"
#include "timeline/csv.h"
#include "timeline/json_flat.h"
#include "timeline/json_known.h"
#include "timeline/json_own.h"
#include "timeline/level.h"
#include "timeline/members.h"
#include "timeline/syslog_words.h"
#include "timeline/table_time.h"
#include "timeline/value_test.h"
#include "timeline/zone_word.h"

enum { COLUMNS_MOST = 512, NAME_MOST = 64, ROWS_LOOKED_AT = 5 };

enum kind {
    TEXT,
    TIME,
    TIME_UTC,
    ZONE,
    LINE,
    SENDER,
    ADDRESS,
    NUMBER, /* what is none stays under its own name */
    LEVEL,
    OUTCOME,
    OBJECT,
    PAIRS
};

static const struct known {
    const char *name, *field;
    enum kind kind;
} known[] = {
#define COLUMN(name, field, kind) {name, field, kind},
#include "timeline/table_columns.def"
#undef COLUMN
};

struct column {
    enum kind kind;
    bool is_known;
    uint16_t field;
    char own[NAME_MOST]; /* its name, behind "table." */
};

struct state {
    struct column columns[COLUMNS_MOST];
    size_t count;
    size_t time; /* the column that is it */
    size_t date; /* the column that has its day; past the last: that one has */
    size_t zone; /* the column that has its zone; past the last: none has */
    enum date_order order;
    bool has_message;  /* of its own, so that a source is who sent it */
    bool has_sign_ins; /* Entra's */
};

/* Takes a row into e. */
struct taking {
    struct reader *r;
    struct event *e;
    struct state *state;
    const struct column *column; /* of what is read within a cell */
    struct json_known known;     /* of an object there, */
    struct str status;           /* and its ResultStatus */
};

static bool is_alike(struct str a, const char *b)
{
    return a.len == strlen(b) && strncasecmp(a.p, b, a.len) == 0;
}

static bool is_time(enum kind k)
{
    return k == TIME || k == TIME_UTC;
}

/* "Time (CET)", "TimeGenerated [UTC]", "Date (Europe/Berlin)": *zone is what stands in brackets, or
 * empty where that is no zone. */
static struct str without_zone(struct str name, struct str *zone)
{
    const char *open = memrchr(name.p, ' ', name.len);
    size_t len = open ? (size_t)(open - name.p) : 0;
    struct str inner = str_from(name, len + 1);
    struct stated s;

    *zone = STR("");
    if (!open || inner.len < 3 || !memchr("([", inner.p[0], 2) ||
        !memchr(")]", inner.p[inner.len - 1], 2))
        return name;
    inner = str_head(str_from(inner, 1), inner.len - 2);
    if (!zone_word_find(inner, &s) && !zone_place_is(inner))
        return name;
    *zone = inner;
    return str_trim(str_head(name, len));
}

static bool is_known_as(struct str name, const struct known *k)
{
    struct str zone;

    return is_alike(is_time(k->kind) ? without_zone(name, &zone) : name, k->name);
}

static const struct known *find_known(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (is_known_as(name, &known[i]))
            return &known[i];
    return NULL;
}

/* A zone that stands beside a time which states none. */
static void take_zone(struct reader *r, struct str zone, struct stated *s)
{
    if (s->has_zone || zone.len == 0 || zone_word_find(zone, s))
        return;
    if (!when_zone(&zone, s))
        reader_zone(r, zone, s);
}

static bool is_number(struct str s)
{
    return s.len && (char_is_digit(s.p[0]) || s.p[0] == '-' || s.p[0] == '+');
}

/* Words, and each once. */
static bool are_names(const struct csv_row *head)
{
    for (size_t i = 0; i < head->count; i++) {
        struct str name = str_trim(head->cells[i]);

        if (name.len == 0 || name.len >= NAME_MOST || is_number(name) ||
            memchr(name.p, '\n', name.len))
            return false;
        for (size_t k = 0; k < i; k++)
            if (str_eq(name, str_trim(head->cells[k])))
                return false;
    }
    return head->count >= 2;
}

/* "created_at", "Start Time": what may be the name of a time. */
static bool is_like_time(struct str name)
{
    static const char *const words[] = {"time", "stamp", "date", "when"};
    size_t len = strlen("_at");

    for (size_t i = 0; i < COUNT_OF(words); i++)
        for (size_t at = 0; at + strlen(words[i]) <= name.len; at++)
            if (strncasecmp(name.p + at, words[i], strlen(words[i])) == 0)
                return true;
    return name.len > len && strncasecmp(name.p + name.len - len, "_at", len) == 0;
}

/* The column of the head whose time is the first of the list of which the row has one; or else the
 * first that is called like a time and states one. */
static bool find_time(const struct csv_row *head, const struct csv_row *row, size_t *column)
{
    struct stated s;

    for (size_t k = 0; k < COUNT_OF(known) && is_time(known[k].kind); k++)
        for (size_t i = 0; i < head->count && i < row->count; i++)
            if (is_known_as(str_trim(head->cells[i]), &known[k]) &&
                table_time(row->cells[i], ORDER_UNKNOWN, &s) && s.precision != TIME_DAY) {
                *column = i;
                return true;
            }
    for (size_t i = 0; i < head->count && i < row->count; i++)
        if (is_like_time(str_trim(head->cells[i])) && table_is_full_time(str_trim(row->cells[i]))) {
            *column = i;
            return true;
        }
    return false;
}

static size_t column_called(const struct csv_row *head, const char *name)
{
    size_t i = 0;

    while (i < head->count && !is_alike(str_trim(head->cells[i]), name))
        i++;
    return i;
}

/* A day and a clock are in many a table: an address stands beside them. */
static bool has_address(const struct csv_row *head)
{
    for (size_t i = 0; i < head->count; i++) {
        const struct known *k = find_known(str_trim(head->cells[i]));

        if (k && k->kind == ADDRESS)
            return true;
    }
    return false;
}

static bool has_parts(const struct csv_row *head, const struct csv_row *row)
{
    size_t date = column_called(head, "date"), clock = column_called(head, "time");

    return date < row->count && clock < row->count && row->cells[date].len && has_address(head) &&
           table_is_full_pair(str_trim(row->cells[date]), str_trim(row->cells[clock]));
}

static bool has_meaning(const struct csv_row *head)
{
    for (size_t i = 0; i < head->count; i++) {
        struct str name = str_trim(head->cells[i]);
        const struct known *k = find_known(name);

        if ((k && !is_time(k->kind)) || (!k && member_is_of_ecs(name)))
            return true;
    }
    return false;
}

static bool is_table(struct str text, char separator)
{
    struct str names[COLUMNS_MOST], cells[COLUMNS_MOST];
    struct csv_row head = {.cells = names}, row = {.cells = cells};
    size_t rows = 0, times = 0, column = 0;
    bool is_all = text.len < READER_HEAD_SIZE;

    head.count = csv_take(&text, separator, is_all, names, COUNT_OF(names));
    if (!are_names(&head) || !has_meaning(&head))
        return false;
    while (rows < ROWS_LOOKED_AT &&
           (row.count = csv_take(&text, separator, is_all, cells, COUNT_OF(cells))) > 0) {
        rows++;
        times +=
            row.count == head.count && (find_time(&head, &row, &column) || has_parts(&head, &row));
    }
    return rows && times * 2 >= rows;
}

static bool knows_commas(struct str head)
{
    return is_table(head, ',');
}

static bool knows_semicolons(struct str head)
{
    return is_table(head, ';');
}

static bool knows_tabs(struct str head)
{
    return is_table(head, '\t');
}

static void put_own(struct reader *r, struct event *e, struct str name, struct str inner,
                    struct str value)
{
    char whole[FIELD_NAME_SIZE];
    int len = snprintf(whole, sizeof(whole), "table." STR_FMT "%s" STR_FMT, STR_ARG(name),
                       inner.len ? "." : "", STR_ARG(inner));

    if (len > 0 && (size_t)len < sizeof(whole))
        event_put(e, field_number(r->names, (struct str){whole, (size_t)len}), value);
}

static void name_column(struct reader *r, struct column *c, struct str name)
{
    const struct known *k = find_known(name);

    *c = (struct column){.kind = k ? k->kind : TEXT, .field = FIELD_NONE};
    (void)snprintf(c->own, sizeof(c->own), STR_FMT, STR_ARG(str_head(name, NAME_MOST - 1)));
    if (k && k->field)
        c->field = field_number(r->names, str_of(k->field));
    else if (!k && member_is_of_ecs(name) && !member_is_of_program(name))
        c->field = field_number(r->names, name);
    c->is_known = c->field != FIELD_NONE;
}

static struct str name_of(const struct csv_row *row, size_t i)
{
    return str_trim(row->cells[i]);
}

static bool take_head(struct reader *r, const struct csv_row *row)
{
    struct state *s = r->state;
    bool has_login = csv_has(row, "Username") && csv_has(row, "User");

    s->count = row->count < COLUMNS_MOST ? row->count : COLUMNS_MOST;
    s->has_message = csv_has(row, "message");
    s->has_sign_ins = csv_has(row, "Sign-in error code") && csv_has(row, "Status");
    s->time = s->zone = s->date = COLUMNS_MOST;
    for (size_t i = 0; i < s->count; i++) {
        name_column(r, &s->columns[i], str_trim(row->cells[i]));
        s->zone = s->columns[i].kind == ZONE ? i : s->zone;
        if (has_login && str_is(name_of(row, i), "User")) /* as people call him */
            s->columns[i].field = field_number(r->names, STR("user.full_name"));
    }
    return true;
}

static bool pass_head(struct reader *r, const struct csv_row *row)
{
    (void)r, (void)row;
    return true;
}

/* What several columns say is said once. */
static void put_once(struct event *e, uint16_t field, struct str value)
{
    for (size_t i = 0; i < e->count; i++)
        if (e->fields[i].name == field && str_eq(e->fields[i].value, value))
            return;
    event_put(e, field, value);
}

static bool is_nothing(struct str value)
{
    return value.len == 0 || str_is(value, "-") || str_is(value, "(null)");
}

/* What says so plainly. */
static bool put_outcome(struct event *e, struct str value)
{
    static const char *const words[][2] = {{"success", "success"},
                                           {"succeeded", "success"},
                                           {"successful", "success"},
                                           {"failure", "failure"},
                                           {"failed", "failure"}};

    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (is_alike(value, words[i][0])) {
            event_puts(e, FIELD_EVENT_OUTCOME, words[i][1]);
            return true;
        }
    return false;
}

static void put_known(struct taking *t, const struct column *c, struct str name, struct str inner,
                      struct str value)
{
    bool is_address = c->field == FIELD_SOURCE_IP || c->field == FIELD_DESTINATION_IP;
    uint64_t n;

    if ((is_address && !json_put_address(t->e, c->field == FIELD_SOURCE_IP, value)) ||
        (c->kind == LEVEL && !level_put(t->e, value)) ||
        (c->kind == OUTCOME && !put_outcome(t->e, value)) ||
        (c->kind == NUMBER && !str_u64(value, &n)) || (c->kind == SENDER && !t->state->has_message))
        put_own(t->r, t->e, name, inner, value);
    else if (c->kind != LEVEL && c->kind != OUTCOME && !is_address)
        put_once(t->e, c->field, value);
}

/* A value within a cell: of the field that a column of its name is, or its own. */
static void put_inner(struct taking *t, struct str inner, struct str value)
{
    struct column named;
    struct str name = str_of(t->column->own);

    if (is_nothing(value))
        return;
    name_column(t->r, &named, inner);
    if (named.is_known && !is_time(named.kind))
        put_known(t, &named, name, inner, value);
    else
        put_own(t->r, t->e, name, inner, value);
}

static void take_member(void *context, const struct json_value *v)
{
    struct taking *t = context;

    json_known_see(&t->known, v);
    if (str_is(v->name, "ResultStatus"))
        t->status = v->value;
    put_inner(t, v->name, v->value);
}

/* A record of Microsoft 365's audit, as JSON of it means. */
static void put_audit(struct taking *t)
{
    struct str operation = event_value(t->e, FIELD_EVENT_ACTION);
    const char *outcome = json_audit_outcome(operation, t->status);

    if (outcome)
        event_puts(t->e, FIELD_EVENT_OUTCOME, outcome);
    if (str_is(operation, "UserLoggedIn") || str_is(operation, "UserLoginFailed"))
        event_puts(t->e, FIELD_EVENT_CATEGORY, "authentication");
}

static void put_object(struct taking *t, struct str text)
{
    struct json_flat f = {.take = take_member, .context = t, .e = t->e};
    size_t before = t->e->count;
    struct str rest = text;

    if (json_flat(&f, &rest) && str_trim(rest).len == 0) {
        if (json_is_audit(&t->known))
            put_audit(t);
        return;
    }
    t->e->count = before;
    put_own(t->r, t->e, str_of(t->column->own), STR(""), text);
}

/* "Type: 10 - RDP ¦ TgtUser: eva ¦ SrcIP: 203.0.113.9": of events of which a rule may mean who
 * acted, or on whom. */
static void put_pair(struct taking *t, struct str name, struct str value)
{
    static const char *const users[] = {"User", "SrcUser", "TgtUser"};
    static const char *const addresses[] = {"SrcIP", "TgtIP"};
    uint8_t bytes[16];

    put_own(t->r, t->e, str_of(t->column->own), name, value);
    for (size_t i = 0; i < COUNT_OF(users); i++)
        if (str_is(name, users[i]))
            put_once(t->e, field_number(t->r->names, STR("related.user")), value);
    for (size_t i = 0; i < COUNT_OF(addresses); i++)
        if (str_is(name, addresses[i]) && address_bytes(value, bytes))
            put_once(t->e, i ? FIELD_DESTINATION_IP : FIELD_SOURCE_IP, value);
}

static void put_pairs(struct taking *t, struct str text)
{
    static const char between[] = " \xC2\xA6 ";

    while (text.len) {
        const char *end = memmem(text.p, text.len, between, sizeof(between) - 1);
        struct str pair = end ? str_head(text, (size_t)(end - text.p)) : text, value = pair, name;

        text = end ? str_from(text, pair.len + sizeof(between) - 1) : STR("");
        name = str_cut(&value, ':');
        if (name.len == pair.len || name.len == 0 || memchr(name.p, ' ', name.len))
            put_own(t->r, t->e, str_of(t->column->own), STR(""), pair);
        else if (!is_nothing(str_trim(value)))
            put_pair(t, name, str_trim(value));
    }
}

static void put_cell(struct taking *t, const struct column *c, struct str value)
{
    if (is_nothing(value))
        return;
    t->column = c;
    if (c->kind == OBJECT && value.p[0] == '{')
        put_object(t, value);
    else if (c->kind == PAIRS)
        put_pairs(t, value);
    else if (c->is_known)
        put_known(t, c, str_of(c->own), STR(""), value);
    else
        put_own(t->r, t->e, str_of(c->own), STR(""), value);
}

/* The column that is the time, once a row shows it. */
static void see_time(struct state *s, const struct csv_row *row)
{
    struct stated stated;

    for (size_t k = 0; s->time == COLUMNS_MOST && k < COUNT_OF(known) && is_time(known[k].kind);
         k++)
        for (size_t i = 0; i < s->count && i < row->count; i++)
            if (is_known_as(str_of(s->columns[i].own), &known[k]) &&
                table_time(row->cells[i], ORDER_UNKNOWN, &stated) && stated.precision != TIME_DAY) {
                s->time = i;
                return;
            }
    for (size_t i = 0; s->time == COLUMNS_MOST && i < s->count && i < row->count; i++)
        if (is_like_time(str_of(s->columns[i].own)) && table_is_full_time(str_trim(row->cells[i])))
            s->time = i;
}

static void see_parts(struct state *s, const struct csv_row *row)
{
    size_t date = COLUMNS_MOST, clock = COLUMNS_MOST;

    for (size_t i = 0; i < s->count && i < row->count; i++) {
        date = is_alike(str_of(s->columns[i].own), "date") ? i : date;
        clock = is_alike(str_of(s->columns[i].own), "time") ? i : clock;
    }
    if (date < row->count && clock < row->count && row->cells[date].len &&
        table_is_full_pair(str_trim(row->cells[date]), str_trim(row->cells[clock]))) {
        s->date = date;
        s->time = clock;
    }
}

/* The text of a row's time. */
static struct str time_of(const struct state *s, const struct csv_row *row,
                          char room[TABLE_TIME_MOST])
{
    struct str joined, text = row->cells[s->time];

    if (s->date >= row->count)
        return text;
    return table_join(str_trim(row->cells[s->date]), str_trim(text), room, &joined) ? joined : text;
}

/* Before any row is told: which column is the time, and in what order it has day and month. */
static bool see_row(struct reader *r, const struct csv_row *row, struct event *e)
{
    struct state *s = r->state;

    char room[TABLE_TIME_MOST];

    (void)e;
    see_time(s, row);
    if (s->time == COLUMNS_MOST)
        see_parts(s, row);
    if (s->time < row->count)
        s->order = local_order(str_trim(time_of(s, row, room)), s->order);
    return true;
}

static bool take_row(struct reader *r, const struct csv_row *row, struct event *e)
{
    struct state *s = r->state;
    struct taking t = {.r = r, .e = e, .state = s};
    char room[TABLE_TIME_MOST];
    struct str text, zone;
    struct stated stated;

    if (s->time >= row->count)
        return false;
    text = time_of(s, row, room);
    if (table_time(text, s->order, &stated)) {
        (void)without_zone(str_of(s->columns[s->time].own), &zone);
        take_zone(r, zone, &stated);
        take_zone(r, s->zone < row->count ? str_trim(row->cells[s->zone]) : STR(""), &stated);
        stated.has_zone = stated.has_zone || s->columns[s->time].kind == TIME_UTC;
        reader_time(r, e, &stated);
    } else if (text.len) {
        reader_no_time(e, event_keep(e, text));
    }
    for (size_t i = 0; i < row->count && i < s->count; i++)
        if (i != s->time && i != s->date)
            put_cell(&t, &s->columns[i], row->cells[i]);
    if (s->has_sign_ins && event_value(e, FIELD_EVENT_OUTCOME).len) {
        event_puts(e, FIELD_EVENT_ACTION, "login");
        event_puts(e, FIELD_EVENT_CATEGORY, "authentication");
    }
    if (event_value(e, FIELD_MESSAGE).len == 0)
        event_put(e, FIELD_MESSAGE, reader_text(e, row->raw));
    else
        syslog_understand_line(r, e, event_value(e, FIELD_MESSAGE));
    return true;
}

static int pass_event(void *context, const struct event *event, struct err *e)
{
    (void)context, (void)event, (void)e;
    return 0;
}

static int read_by(struct reader *r, char separator, struct err *e)
{
    const struct csv_way first = {.head = take_head, .row = see_row, .separator = separator};
    struct csv_way way = first;
    struct reader looking = *r;
    int rc;

    looking.take = pass_event;
    rc = csv_read(&looking, &first, e);
    way.head = pass_head;
    way.row = take_row;
    return rc ? rc : csv_read(r, &way, e);
}

static int read_commas(struct reader *r, struct err *e)
{
    return read_by(r, ',', e);
}

static int read_semicolons(struct reader *r, struct err *e)
{
    return read_by(r, ';', e);
}

static int read_tabs(struct reader *r, struct err *e)
{
    return read_by(r, '\t', e);
}

#define TABLE(way)                                                                                 \
    {                                                                                              \
        .name = "table", .version = 1, .knows = knows_##way, .read = read_##way,                   \
        .state_size = sizeof(struct state)                                                         \
    }
const struct format format_table_commas = TABLE(commas);
const struct format format_table_semicolons = TABLE(semicolons);
const struct format format_table_tabs = TABLE(tabs);
