/* dpkg.c: dpkg.log, as dpkg(1) states it. */
#include "base/mem.h"
#include "timeline/format.h"

static const struct {
    const char *word, *action;
    bool has_two_versions; /* "install package installed available" */
} words[] = {
    {"install", "package-install", true},     {"upgrade", "package-upgrade", true},
    {"configure", "package-configure", true}, {"trigproc", "package-triggers", true},
    {"remove", "package-remove", true},       {"purge", "package-purge", true},
    {"disappear", "package-disappear", true}, {"status", "package-status", false},
};

/* "base-passwd:amd64" */
static void put_package(struct reader *r, struct event *e, struct str package)
{
    event_put(e, FIELD_PACKAGE_NAME, str_cut(&package, ':'));
    event_put(e, field_number(r->names, STR("package.architecture")), package);
}

static void put_version(struct event *e, uint16_t field, struct str version)
{
    if (!str_is(version, "<none>"))
        event_put(e, field, version);
}

/* Of an old and a new version that which is there afterwards. */
static bool put_versions(struct reader *r, struct event *e, struct str action, struct str rest)
{
    uint16_t before = field_number(r->names, STR("dpkg.version_before"));
    struct str old = str_cut(&rest, ' ');
    bool is_gone = str_is(action, "package-remove") || str_is(action, "package-purge");

    if (rest.len == 0)
        return false;
    put_version(e, is_gone ? FIELD_PACKAGE_VERSION : before, old);
    if (!is_gone)
        put_version(e, FIELD_PACKAGE_VERSION, rest);
    return true;
}

static bool take_action(struct reader *r, struct event *e, struct str word, struct str rest)
{
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (!str_is(word, words[i].word))
            continue;
        event_puts(e, FIELD_EVENT_ACTION, words[i].action);
        if (!words[i].has_two_versions)
            event_put(e, field_number(r->names, STR("dpkg.status")), str_cut(&rest, ' '));
        put_package(r, e, str_cut(&rest, ' '));
        if (words[i].has_two_versions)
            return put_versions(r, e, str_of(words[i].action), rest);
        put_version(e, FIELD_PACKAGE_VERSION, rest);
        return rest.len != 0;
    }
    return false;
}

static bool take_other(struct event *e, struct str word, struct str rest)
{
    if (str_is(word, "conffile")) {
        event_puts(e, FIELD_EVENT_ACTION, "package-conffile");
        event_put(e, FIELD_FILE_PATH, str_cut(&rest, ' '));
        return str_is(rest, "keep") || str_is(rest, "install");
    }
    event_puts(e, FIELD_EVENT_ACTION, "package-manager-start");
    return str_is(word, "startup") && rest.len != 0;
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    struct str whole = line, word;
    struct stated s;

    if (!when_iso(&line, &s) || s.has_zone || s.precision != TIME_S || !str_take(&line, " "))
        return LINE_FOREIGN;
    word = str_cut(&line, ' ');
    if (!take_action(r, e, word, line)) {
        e->count = 0;
        if (!take_other(e, word, line))
            return LINE_FOREIGN;
    }
    reader_time(r, e, &s);
    event_puts(e, FIELD_EVENT_CATEGORY, "package");
    event_put(e, FIELD_MESSAGE, whole);
    return LINE_EVENT;
}

const struct format format_dpkg = {
    .name = "dpkg", .version = 1, .is_of_machine = true, .is_splittable = true, .line = line_of};
