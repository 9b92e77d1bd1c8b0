/* cron.c: what cron, anacron and at are told to run. */
#include "collect/gather.h"

enum { CRON_FILE_SIZE = 1 << 20, CRON_COUNT = 20000 };

/* How the lines of a crontab are laid out. */
enum cron_form { FORM_USER_NAMED, FORM_OF_ONE_USER, FORM_ANACRON };

static void begin_row(struct gather *g, const char *file, struct str line, const char *kind)
{
    CLEANUP_BUF struct buf key = {0};
    CLEANUP_BUF struct buf path = {0};
    struct json *j;

    buf_addf(&path, "/%s", file);
    buf_addstr(&key, buf_str(&path));
    if (line.len) {
        buf_adds(&key, ": ");
        buf_addstr(&key, line);
    }
    j = doc_row_begin(&g->doc, buf_str(&key));
    put_bytes(j, "file", buf_str(&path));
    json_put_text(j, "kind", kind);
}

/* crontab(5): a name, perhaps in quotes, then = with optional spaces. */
static bool is_variable(struct str line)
{
    size_t i = 0;

    if (line.p[0] == '@' || line.p[0] == '*' || (line.p[0] >= '0' && line.p[0] <= '9'))
        return false;
    while (i < line.len && line.p[i] != '=' && line.p[i] != ' ' && line.p[i] != '\t')
        i++;
    while (i < line.len && (line.p[i] == ' ' || line.p[i] == '\t'))
        i++;
    return i < line.len && line.p[i] == '=';
}

static struct str take_fields(struct str *line, size_t count)
{
    struct str start = str_trim(*line);
    struct str last = {start.p, 0};

    *line = start;
    while (count--)
        last = str_field(line);
    return (struct str){start.p, (size_t)(last.p + last.len - start.p)};
}

static void add_entry(struct gather *g, const char *file, struct str line, enum cron_form form,
                      struct str user)
{
    enum { CRON_FIELDS = 5, ANACRON_FIELDS = 3 };
    struct str whole = line;
    struct str schedule;

    if (form == FORM_ANACRON)
        schedule = take_fields(&line, ANACRON_FIELDS);
    else
        schedule = take_fields(&line, line.p[0] == '@' ? 1 : CRON_FIELDS);
    if (form == FORM_USER_NAMED)
        user = str_field(&line);
    begin_row(g, file, whole, "entry");
    put_bytes(&g->doc.json, "schedule", schedule);
    put_some(&g->doc.json, "user", user);
    put_bytes(&g->doc.json, "command", str_trim(line));
    doc_row_end(&g->doc);
}

static void add_crontab(struct gather *g, const char *file, enum cron_form form, struct str user)
{
    CLEANUP_BUF struct buf buf = {0};
    struct str text;
    struct str line;

    if (!gather_file_if_any(g, file, &buf))
        return;
    text = buf_str(&buf);
    while (take_line(&text, &line)) {
        line = str_trim(line);
        if (line.len == 0 || line.p[0] == '#')
            continue;
        if (is_variable(line)) {
            begin_row(g, file, line, "variable");
            put_bytes(&g->doc.json, "command", line);
            doc_row_end(&g->doc);
        } else {
            add_entry(g, file, line, form, user);
        }
    }
}

static bool list_folder(struct gather *g, const char *folder, struct names *names)
{
    int code = host_names(&g->host, folder, names, CRON_COUNT);

    if (code < 0 && code != -ENOENT && code != -ENOTDIR)
        doc_gap_errno(&g->doc, code, "/%s", folder);
    return names->count > 0;
}

static bool is_file(struct gather *g, const char *path, struct stat *st)
{
    return host_stat(&g->host, path, st) == 0 && (S_ISREG(st->st_mode) || S_ISLNK(st->st_mode));
}

static void add_crontab_folder(struct gather *g, const char *folder, enum cron_form form)
{
    CLEANUP_NAMES struct names names = {0};
    CLEANUP_BUF struct buf path = {0};

    if (!list_folder(g, folder, &names))
        return;
    for (size_t i = 0; i < names.count; i++) {
        struct str user = form == FORM_OF_ONE_USER ? str_of(names.list[i]) : STR("");
        struct stat st;

        buf_clear(&path);
        buf_addf(&path, "%s/%s", folder, names.list[i]);
        if (is_file(g, buf_text(&path), &st) && strcmp(names.list[i], ".placeholder") != 0)
            add_crontab(g, buf_text(&path), form, user);
    }
}

/* Files that are run or kept whole: their content is known by its digest. */
static void add_script_folder(struct gather *g, const char *folder, const char *kind)
{
    CLEANUP_NAMES struct names names = {0};
    CLEANUP_BUF struct buf path = {0};

    if (!list_folder(g, folder, &names))
        return;
    for (size_t i = 0; i < names.count; i++) {
        struct stat st;
        struct hash hash;
        CLEANUP_HOST_FD int fd = -1;

        buf_clear(&path);
        buf_addf(&path, "%s/%s", folder, names.list[i]);
        if (!is_file(g, buf_text(&path), &st) || names.list[i][0] == '.')
            continue;
        begin_row(g, buf_text(&path), (struct str){"", 0}, kind);
        if (!g->host.memory)
            json_put_u64(&g->doc.json, "uid", st.st_uid);
        fd = g->with_hashes ? host_open(&g->host, buf_text(&path), O_RDONLY) : -1;
        if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && hash_fd(fd, &hash) == 0)
            json_put_hex(&g->doc.json, "sha256", hash.b, sizeof(hash.b));
        doc_row_end(&g->doc);
    }
}

void gather_cron(struct gather *g)
{
    static const char *const periods[] = {"etc/cron.hourly", "etc/cron.daily", "etc/cron.weekly",
                                          "etc/cron.monthly", "etc/cron.yearly"};
    static const char *const at[] = {"var/spool/cron/atjobs", "var/spool/at"};
    static const char *const own[] = {"var/spool/cron/crontabs", "var/spool/cron",
                                      "var/spool/cron/tabs"};

    add_crontab(g, "etc/crontab", FORM_USER_NAMED, STR(""));
    add_crontab_folder(g, "etc/cron.d", FORM_USER_NAMED);
    add_crontab(g, "etc/anacrontab", FORM_ANACRON, STR(""));
    for (size_t i = 0; i < COUNT_OF(own); i++)
        add_crontab_folder(g, own[i], FORM_OF_ONE_USER);
    for (size_t i = 0; i < COUNT_OF(periods); i++)
        add_script_folder(g, periods[i], "script");
    for (size_t i = 0; i < COUNT_OF(at); i++)
        add_script_folder(g, at[i], "at");
}
