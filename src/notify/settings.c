/* settings.c: reads the accounts and keys of the settings file, and forgets them again. */
#include "notify/settings.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/mem.h"
#include "notify/channel.h"
#include "sys/confine.h"
#include "sys/file.h"

enum { ACCOUNTS_MAX = 100, VALUES_MAX = 16, WAIT_LEAST_S = 5, WAIT_MOST_S = 300 };

struct account {
    struct str name;
    const struct channel_kind *kind; /* NULL: a key of a recipient, whose address is the name */
    unsigned line;
    size_t count;
    struct {
        struct str name, value;
    } values[VALUES_MAX];
};

struct settings {
    char *file; /* for messages */
    struct buf text;
    struct account accounts[ACCOUNTS_MAX];
    size_t count;
};

static const char *const labels[] = {"clear", "green", "amber", "amber-strict", "red", NULL};
static const struct setting common[] = {{.name = "kind", .flags = SETTING_REQUIRED},
                                        {.name = "label", .choices = labels},
                                        {.name = "ca"},
                                        {.name = "wait"},
                                        {0}};
static const struct setting key_settings[] = {{.name = "pgp"}, {.name = "smime"}, {0}};

static const struct setting *find_in(const struct setting *table, struct str name)
{
    for (; table && table->name; table++)
        if (str_is(name, table->name))
            return table;
    return NULL;
}

static const struct setting *find_setting(const struct account *a, struct str name)
{
    const struct setting *s;

    if (!a->kind)
        return find_in(key_settings, name);
    s = find_in(common, name);
    return s ? s : find_in(a->kind->settings, name);
}

struct str account_value(const struct account *a, const char *setting)
{
    for (size_t i = 0; i < a->count; i++)
        if (str_is(a->values[i].name, setting))
            return a->values[i].value;
    return STR("");
}

struct str account_name(const struct account *a)
{
    return a->name;
}

const struct channel_kind *account_kind(const struct account *a)
{
    return a->kind;
}

unsigned account_wait_s(const struct account *a)
{
    uint64_t wait_s;

    return str_u64(account_value(a, "wait"), &wait_s) ? (unsigned)wait_s : SETTINGS_WAIT_S;
}

struct str account_label(const struct account *a)
{
    struct str said = account_value(a, "label");

    if (str_is(account_value(a, "protect"), "none") && !str_is(said, "clear"))
        return STR("green"); /* whoever runs a mail server on the way can read it */
    return said.len ? said : str_of(a->kind->label);
}

static int bad_line(const struct settings *s, unsigned line, struct err *e, const char *what,
                    struct str name)
{
    return err_set(e, ERR_FORMAT, "%s, line %u: %s" STR_FMT, s->file, line, what,
                   STR_ARG(str_head(name, 40)));
}

static int begin_section(struct settings *s, struct str line, unsigned number, struct err *e)
{
    struct str name = {line.p + 1, line.len - 2};

    if (line.len < 3 || line.p[line.len - 1] != ']')
        return bad_line(s, number, e, "a section is written [NAME]", STR(""));
    if (s->count == ACCOUNTS_MAX)
        return bad_line(s, number, e, "there are more sections than 100", STR(""));
    for (size_t i = 0; i < s->count; i++)
        if (str_eq(s->accounts[i].name, name))
            return bad_line(s, number, e, "there is a section of that name already: ", name);
    s->accounts[s->count++] = (struct account){.name = name, .line = number};
    return 0;
}

static int add_value(struct settings *s, struct str line, unsigned number, struct err *e)
{
    struct account *a = s->count ? &s->accounts[s->count - 1] : NULL;
    bool is_pair = memchr(line.p, '=', line.len) != NULL;
    struct str name = str_trim(str_cut(&line, '='));
    struct str value = str_trim(line);

    /* What is no pair may be a secret that was broken over two lines: it is not repeated. */
    if (!a || !is_pair || !value.len)
        return bad_line(s, number, e, "this is neither [NAME] nor NAME = VALUE", STR(""));
    for (size_t i = 0; i < a->count; i++)
        if (str_eq(a->values[i].name, name))
            return bad_line(s, number, e, "said twice: ", name);
    if (a->count == VALUES_MAX)
        return bad_line(s, number, e, "too many settings in one section", STR(""));
    a->values[a->count].name = name;
    a->values[a->count++].value = value;
    return 0;
}

static bool has_choice(const struct setting *set, struct str value)
{
    for (size_t i = 0; set->choices[i]; i++)
        if (str_is(value, set->choices[i]))
            return true;
    return false;
}

static int judge_value(const struct settings *s, const struct account *a, size_t i, struct err *e)
{
    const struct setting *set = find_setting(a, a->values[i].name);
    struct str value = a->values[i].value;
    uint64_t wait_s;

    if (!set)
        return bad_line(s, a->line, e, "this section has a setting that its kind does not know: ",
                        a->values[i].name);
    if (set->choices && !has_choice(set, value))
        return bad_line(s, a->line, e, "this section has no fit value for: ", a->values[i].name);
    for (size_t at = 0; at < value.len; at++)
        if ((unsigned char)value.p[at] < ' ' || value.p[at] == 0x7F)
            return bad_line(s, a->line, e, "a control character is in: ", a->values[i].name);
    if (strcmp(set->name, "wait") == 0 &&
        (!str_u64(value, &wait_s) || wait_s < WAIT_LEAST_S || wait_s > WAIT_MOST_S))
        return bad_line(s, a->line, e, "a number of seconds from 5 to 300 must be: ", STR("wait"));
    return 0;
}

static int judge_required(const struct settings *s, const struct account *a,
                          const struct setting *table, struct err *e)
{
    for (; table && table->name; table++)
        if ((table->flags & SETTING_REQUIRED) && !account_value(a, table->name).len)
            return bad_line(s, a->line, e, "this section lacks: ", str_of(table->name));
    return 0;
}

static int judge_account(struct settings *s, struct account *a, struct err *e)
{
    struct str kind = account_value(a, "kind");
    int rc = 0;

    if (str_starts(a->name, "key ")) {
        a->name = str_trim(str_from(a->name, strlen("key ")));
    } else {
        a->kind = channel_kind_find(kind);
        if (!a->kind)
            return bad_line(s, a->line, e,
                            "this section needs a kind that calm knows, not: ", kind);
    }
    for (size_t i = 0; rc == 0 && i < a->count; i++)
        rc = judge_value(s, a, i, e);
    if (rc || !a->kind)
        return rc;
    rc = judge_required(s, a, a->kind->settings, e);
    return rc || !a->kind->judge ? rc : a->kind->judge(a, e);
}

static int parse(struct settings *s, struct err *e)
{
    struct str rest = buf_str(&s->text);
    unsigned number = 0;
    int rc = 0;

    if (str_has_utf8_error(rest))
        return err_set(e, ERR_FORMAT, "%s is not UTF-8", s->file);
    while (rc == 0 && rest.len) {
        struct str line = str_trim(str_cut(&rest, '\n'));

        number++;
        if (!line.len || line.p[0] == '#')
            continue;
        rc = line.p[0] == '[' ? begin_section(s, line, number, e) : add_value(s, line, number, e);
    }
    for (size_t i = 0; rc == 0 && i < s->count; i++)
        rc = judge_account(s, &s->accounts[i], e);
    return rc;
}

int settings_parse(struct settings **out, const char *name, struct str text, struct err *e)
{
    CLEANUP(settings_freep) struct settings *s = mem_new(struct settings);
    int rc;

    if (text.len > SETTINGS_SIZE_LIMIT)
        return err_set(e, ERR_LIMIT, "%s is larger than 64 KiB", name);
    s->file = mem_strdup(name);
    buf_addstr(&s->text, text);
    rc = parse(s, e);
    if (rc)
        return rc;
    *out = MOVE(s);
    return 0;
}

/* Looked at by its descriptor, so that it is this very file which is read. */
static int check_owner(int fd, const char *path, struct err *e)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return err_errno(e, "cannot look at %s", path);
    if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
        return err_set(e, ERR_DENIED, "%s is not a file of your own, and is not read", path);
    if (st.st_mode & 077)
        return err_set(e, ERR_DENIED,
                       "%s holds passwords, and others may read it: it is not used. Make it yours "
                       "alone: chmod 600 %s; and change the passwords, if others had access",
                       path, path);
    return 0;
}

int settings_read(struct settings **out, const char *path, struct err *e)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    CLEANUP(buf_wipe) struct buf text = {0};
    int rc;

    if (fd < 0)
        return err_errno(e, "cannot read the settings of channels, %s", path);
    rc = check_owner(fd, path, e);
    if (rc)
        return rc;
    rc = confine_dumps(e);
    if (rc)
        return rc;
    (void)buf_room(&text, SETTINGS_SIZE_LIMIT + 1); /* so that it never moves and leaves a copy */
    rc = file_read_fd(&text, fd, path, SETTINGS_SIZE_LIMIT, e);
    return rc ? rc : settings_parse(out, path, buf_str(&text), e);
}

void settings_free(struct settings *s)
{
    if (!s)
        return;
    buf_wipe(&s->text);
    free(s->file);
    free(s);
}

const struct account *settings_account(const struct settings *s, struct str name)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->accounts[i].kind && str_eq(s->accounts[i].name, name))
            return &s->accounts[i];
    return NULL;
}

const struct account *settings_next(const struct settings *s, size_t *at)
{
    while (*at < s->count) {
        const struct account *a = &s->accounts[(*at)++];

        if (a->kind)
            return a;
    }
    return NULL;
}

struct str settings_key_file(const struct settings *s, struct str address, const char *protection)
{
    for (size_t i = 0; i < s->count; i++)
        if (!s->accounts[i].kind && str_eq(s->accounts[i].name, address))
            return account_value(&s->accounts[i], protection);
    return STR("");
}

void account_redact(const struct account *a, char *text)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct setting *set = find_setting(a, a->values[i].name);
        struct str value = a->values[i].value;
        char *at = text;

        if (!set || !(set->flags & SETTING_SECRET))
            continue;
        while ((at = memmem(at, strlen(at), value.p, value.len)))
            memset(at, '*', value.len);
    }
}
