/* call_sheet.c: whom to phone, in which order, as a page to print. */
#include "practice/organisation.h"
#include "render/screen.h"

enum { SHEET_COLUMNS = 78, NAME_COLUMNS = 22 };

static struct str or_blank(struct str text)
{
    return text.len ? text : STR("______________________");
}

static void put_reach(struct buf *line, const struct str *p)
{
    buf_addf(line, "mobile " STR_FMT, STR_ARG(or_blank(p[PERSON_MOBILE])));
    if (p[PERSON_HOME].len)
        buf_addf(line, ", at home " STR_FMT, STR_ARG(p[PERSON_HOME]));
    if (p[PERSON_DEPUTY].len)
        buf_addf(line, "; if not reached: " STR_FMT, STR_ARG(p[PERSON_DEPUTY]));
    if (p[PERSON_DECIDES].len)
        buf_addf(line, "\n(" STR_FMT ")", STR_ARG(p[PERSON_DECIDES]));
}

static void put_people(const struct organisation *o, struct screen *s)
{
    screen_heading(s, STR("Phone these people, from the top. Who is reached helps with the rest."));
    for (size_t i = 0; i < o->tables[ROW_PERSON].count; i++) {
        const struct str *p = organisation_row(o, ROW_PERSON, i);
        CLEANUP_BUF struct buf line = {0};
        char mark[32];

        snprintf(mark, sizeof(mark), "%2zu", i + 1);
        buf_addf(&line, STR_FMT ": " STR_FMT "\n",
                 STR_ARG(p[PERSON_ROLE].len ? p[PERSON_ROLE] : p[PERSON_ID]),
                 STR_ARG(or_blank(p[PERSON_NAME])));
        put_reach(&line, p);
        screen_item(s, 0, str_of(mark), buf_str(&line));
        screen_printf(s, 4, "reached at __________  told by __________");
        screen_blank(s);
    }
}

static void put_contacts(const struct organisation *o, const char *sort, const char *heading,
                         struct screen *s)
{
    bool is_first = true;

    for (size_t i = 0; i < o->tables[ROW_CONTACT].count; i++) {
        const struct str *c = organisation_row(o, ROW_CONTACT, i);
        CLEANUP_BUF struct buf name = {0};
        CLEANUP_BUF struct buf line = {0};

        if (!str_is(c[CONTACT_SORT], sort))
            continue;
        if (is_first)
            screen_para(s, 0, str_of(heading));
        is_first = false;
        buf_addstr(&name, c[CONTACT_WHAT].len ? c[CONTACT_WHAT] : or_blank(c[CONTACT_NAME]));
        buf_addf(&line, "phone " STR_FMT, STR_ARG(or_blank(c[CONTACT_PHONE])));
        if (c[CONTACT_WHAT].len && c[CONTACT_NAME].len)
            buf_addf(&line, ", " STR_FMT, STR_ARG(c[CONTACT_NAME]));
        if (c[CONTACT_HOURS].len)
            buf_addf(&line, ", " STR_FMT, STR_ARG(c[CONTACT_HOURS]));
        if (c[CONTACT_NUMBERS].len)
            buf_addf(&line, ", " STR_FMT, STR_ARG(c[CONTACT_NUMBERS]));
        screen_pair(s, 2, NAME_COLUMNS, buf_str(&name), buf_str(&line));
    }
    if (!is_first)
        screen_blank(s);
}

static void put_backups(const struct organisation *o, struct screen *s)
{
    if (o->tables[ROW_BACKUP].count)
        screen_para(s, 0, STR("Backups: hold them first, so that they stay as they are"));
    for (size_t i = 0; i < o->tables[ROW_BACKUP].count; i++) {
        const struct str *b = organisation_row(o, ROW_BACKUP, i);
        CLEANUP_BUF struct buf line = {0};

        buf_addf(&line, "where: " STR_FMT "\nhold: " STR_FMT, STR_ARG(or_blank(b[BACKUP_PLACE])),
                 STR_ARG(or_blank(b[BACKUP_HOLD])));
        if (b[BACKUP_COVERS].len)
            buf_addf(&line, "\ncovers: " STR_FMT, STR_ARG(b[BACKUP_COVERS]));
        if (b[BACKUP_CONTACT].len)
            buf_addf(&line, "\ncall: " STR_FMT, STR_ARG(b[BACKUP_CONTACT]));
        screen_pair(s, 2, NAME_COLUMNS, or_blank(b[BACKUP_ID]), buf_str(&line));
    }
    if (o->tables[ROW_BACKUP].count)
        screen_blank(s);
}

static void put_systems(const struct organisation *o, struct screen *s)
{
    if (o->tables[ROW_SYSTEM].count)
        screen_para(s, 0, STR("Systems, their owners, and who may switch them off unasked"));
    for (size_t i = 0; i < o->tables[ROW_SYSTEM].count; i++) {
        const struct str *y = organisation_row(o, ROW_SYSTEM, i);
        CLEANUP_BUF struct buf line = {0};

        buf_addf(&line, "owner " STR_FMT "\nmay stop it: " STR_FMT "; can wait: " STR_FMT,
                 STR_ARG(or_blank(y[SYSTEM_OWNER])), STR_ARG(or_blank(y[SYSTEM_MAY_STOP])),
                 STR_ARG(or_blank(y[SYSTEM_WAIT])));
        if (y[SYSTEM_PLACE].len)
            buf_addf(&line, "\nwhere: " STR_FMT, STR_ARG(y[SYSTEM_PLACE]));
        screen_pair(s, 2, NAME_COLUMNS, or_blank(y[SYSTEM_ID]), buf_str(&line));
    }
}

void organisation_call_sheet(const struct organisation *o, struct buf *out)
{
    struct screen s = {.out = out, .columns = SHEET_COLUMNS};
    const struct str *head = organisation_row(o, ROW_HEAD, 0);
    CLEANUP_BUF struct buf title = {0};

    buf_addf(&title, "Call sheet of " STR_FMT, STR_ARG(or_blank(head[ORGANISATION_NAME])));
    screen_heading(&s, buf_str(&title));
    screen_para(&s, 0,
                STR("If anyone could be hurt, call for help first: fire, ambulance, police.\n"
                    "Use telephones that the incident does not affect. Say little: what is seen, "
                    "since when, where to meet. Write down whom you reached, and when."));
    screen_blank(&s);
    screen_pair(&s, 0, NAME_COLUMNS, STR("Emergency number"), or_blank(STR("")));
    screen_pair(&s, 0, NAME_COLUMNS, STR("We meet in"), or_blank(head[ORGANISATION_ROOM]));
    screen_pair(&s, 0, NAME_COLUMNS, STR("Telephone bridge"), or_blank(head[ORGANISATION_BRIDGE]));
    screen_pair(&s, 0, NAME_COLUMNS, STR("Other channel"), or_blank(head[ORGANISATION_CHANNEL]));
    screen_pair(&s, 0, NAME_COLUMNS, STR("Looked over"), or_blank(head[ORGANISATION_UPDATED]));
    screen_blank(&s);
    put_people(o, &s);
    put_contacts(o, "providers", "Providers", &s);
    put_contacts(o, "suppliers", "Suppliers", &s);
    put_contacts(o, "insurer", "Insurer: before anything costs money", &s);
    put_contacts(o, "authorities", "Authorities", &s);
    put_contacts(o, "experts", "Experts", &s);
    put_backups(o, &s);
    put_systems(o, &s);
}
