/* account.c: accounts and groups; of a password only whether there is one, never its hash. */
#include "collect/gather.h"

enum { PASSWD_FIELDS = 7, SHADOW_FIELDS = 9, GROUP_FIELDS = 4 };

static void split_colons(struct str line, struct str *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fields[i] = str_cut(&line, ':');
}

/* shadow(5): what crypt(3) can never give locks the account; an empty field needs no password. */
static const char *password_state(struct str field)
{
    if (field.len == 0)
        return "empty";
    if (field.p[0] == '!' || field.p[0] == '*')
        return "locked";
    if (field.p[0] == '$' || field.p[0] == '_' || field.len == 13)
        return "set";
    return "locked";
}

/* The lines of shadow by name, the first line of each name first. */
struct shadow {
    struct str *lines;
    size_t count;
    bool is_read;
};

static struct str name_of(struct str line)
{
    return str_cut(&line, ':');
}

static int by_name(const void *a, const void *b)
{
    const struct str *x = a;
    const struct str *y = b;
    int order = str_cmp(name_of(*x), name_of(*y));

    return order ? order : x->p < y->p ? -1 : x->p > y->p;
}

static void shadow_index(struct shadow *s, struct str text)
{
    size_t room = 0;
    struct str line;

    while (take_line(&text, &line)) {
        s->lines = mem_grow(s->lines, s->count, &room, sizeof(*s->lines));
        s->lines[s->count++] = line;
    }
    if (s->count)
        qsort(s->lines, s->count, sizeof(*s->lines), by_name);
}

/* The line of a user in shadow, split; false when there is none. */
static bool find_shadow(const struct shadow *s, struct str user, struct str fields[SHADOW_FIELDS])
{
    size_t low = 0;
    size_t high = s->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (str_cmp(name_of(s->lines[middle]), user) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == s->count || !str_eq(name_of(s->lines[low]), user))
        return false;
    split_colons(s->lines[low], fields, SHADOW_FIELDS);
    return true;
}

static void put_password(struct json *j, const struct str *fields, const struct shadow *shadow)
{
    struct str entry[SHADOW_FIELDS];
    uint64_t day;

    if (!str_is(fields[1], "x")) {
        json_put_text(j, "password", password_state(fields[1]));
        json_put_text(j, "password_place", "passwd");
        return;
    }
    json_put_text(j, "password_place", "shadow");
    if (!shadow->is_read) {
        json_put_text(j, "password", "unknown");
        return;
    }
    if (!find_shadow(shadow, fields[0], entry)) {
        json_put_text(j, "password", "locked"); /* nothing to compare with never matches */
        return;
    }
    json_put_text(j, "password", password_state(entry[1]));
    if (str_u64(entry[2], &day))
        json_put_u64(j, "changed_day", day);
}

static void add_account(struct gather *g, struct str line, const struct shadow *shadow)
{
    enum { NAME, PASSWORD, UID, GID, COMMENT, HOME, SHELL };
    struct str fields[PASSWD_FIELDS];
    struct json *j;
    uint64_t n;

    split_colons(line, fields, PASSWD_FIELDS);
    if (fields[NAME].len == 0 || fields[NAME].p[0] == '#')
        return;
    if (fields[NAME].p[0] == '+' || fields[NAME].p[0] == '-') {
        doc_gap(&g->doc, "/etc/passwd refers to accounts of a directory service (NIS), which is "
                         "not asked");
        return;
    }
    j = doc_row_begin(&g->doc, fields[NAME]);
    if (str_u64(fields[UID], &n))
        json_put_u64(j, "uid", n);
    if (str_u64(fields[GID], &n))
        json_put_u64(j, "gid", n);
    put_bytes(j, "comment", fields[COMMENT]);
    put_bytes(j, "home", fields[HOME]);
    put_bytes(j, "shell", fields[SHELL]);
    put_password(j, fields, shadow);
    doc_row_end(&g->doc);
}

void gather_accounts(struct gather *g)
{
    CLEANUP(buf_wipe) struct buf secret = {0};
    struct shadow shadow = {0};
    CLEANUP_BUF struct buf buf = {0};
    struct str text;
    struct str line;

    if (!gather_file(g, "etc/passwd", &buf))
        return;
    shadow.is_read = gather_file_if_any(g, "etc/shadow", &secret);
    shadow_index(&shadow, buf_str(&secret));
    doc_note(&g->doc, "accounts of directory services (LDAP, domain) are in no file of this host");
    text = buf_str(&buf);
    while (take_line(&text, &line))
        add_account(g, line, &shadow);
    free(shadow.lines);
}

static void put_members(struct json *j, struct str members)
{
    struct str all = members;

    json_name(j, "members");
    json_array_begin(j);
    while (members.len) {
        struct str one = str_trim(str_cut(&members, ','));

        if (one.len)
            json_str(j, one);
    }
    json_array_end(j);
    if (str_has_utf8_error(all))
        json_put_hex(j, "members_hex", all.p, all.len);
}

void gather_groups(struct gather *g)
{
    enum { NAME, PASSWORD, GID, MEMBERS };
    CLEANUP_BUF struct buf buf = {0};
    struct str text;
    struct str line;

    if (!gather_file(g, "etc/group", &buf))
        return;
    text = buf_str(&buf);
    while (take_line(&text, &line)) {
        struct str fields[GROUP_FIELDS];
        struct json *j;
        uint64_t gid;

        split_colons(line, fields, GROUP_FIELDS);
        if (fields[NAME].len == 0 || fields[NAME].p[0] == '#')
            continue;
        j = doc_row_begin(&g->doc, fields[NAME]);
        if (str_u64(fields[GID], &gid))
            json_put_u64(j, "gid", gid);
        put_members(j, fields[MEMBERS]);
        doc_row_end(&g->doc);
    }
}
