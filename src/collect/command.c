/* command.c: reads the command line of calm-collect, and writes its help from the same table. */
#include "collect/command.h"
#include <stddef.h>
#include "base/size.h"
#include "collect/send.h"

enum { HELP_COLUMN = 24, THREAD_MOST = 256, PATIENCE_MOST_S = 7 * 24 * 3600 };

struct option;
typedef int option_read(struct command *c, const struct option *o, const char *text, struct err *e);

struct option {
    const char *name;
    const char *argument; /* what follows it; NULL: nothing does */
    option_read *read;
    size_t at;       /* of what it sets, in struct command */
    bool is_private; /* is not told in the bundle */
    const char *help;
};

static void *place(struct command *c, const struct option *o)
{
    return (char *)c + o->at;
}

static int read_text(struct command *c, const struct option *o, const char *text, struct err *e)
{
    const char **at = place(c, o);

    if (*at)
        return err_set(e, ERR_USAGE, "%s is given twice", o->name);
    *at = text;
    return 0;
}

static int read_flag(struct command *c, const struct option *o, const char *text, struct err *e)
{
    (void)text;
    (void)e;
    *(bool *)place(c, o) = true;
    return 0;
}

static int read_list(struct command *c, const struct option *o, const char *text, struct err *e)
{
    struct command_list *list = place(c, o);

    if (list->count == COMMAND_LIST_COUNT)
        return err_set(e, ERR_LIMIT, "%s is given more than %d times", o->name, COMMAND_LIST_COUNT);
    list->items[list->count++] = text;
    return 0;
}

static int read_profile(struct command *c, const struct option *o, const char *text, struct err *e)
{
    enum collection_profile *profile = place(c, o);

    if (strcmp(text, "triage") == 0)
        *profile = PROFILE_TRIAGE;
    else if (strcmp(text, "full") == 0)
        *profile = PROFILE_FULL;
    else
        return err_set(e, ERR_USAGE, "the profile is triage (seconds) or full, not \"%s\"", text);
    return 0;
}

static int read_after(struct command *c, const struct option *o, const char *text, struct err *e)
{
    if (!collection_has_step(text))
        return err_set(e, ERR_USAGE, "%s wants the name of a step, not \"%s\"", o->name, text);
    return read_text(c, o, text, e);
}

static int read_continues(struct command *c, const struct option *o, const char *text,
                          struct err *e)
{
    struct id *id = place(c, o);

    if (!hex_read(id->b, sizeof(id->b), str_of(text)))
        return err_set(e, ERR_USAGE, "%s wants the 32 hex digits of a collection", o->name);
    c->has_continues = true;
    return 0;
}

/* "10 MB/s"; the "/s" may be left out. */
static int read_rate(struct command *c, const struct option *o, const char *text, struct err *e)
{
    struct str rate = str_of(text);
    int rc;

    if (str_ends(rate, "/s"))
        rate.len -= 2;
    rc = size_parse(rate, place(c, o), e);

    if (rc == 0 && c->options.limit == 0)
        return err_set(e, ERR_USAGE, "%s wants more than nothing", o->name);
    return rc;
}

static int read_patience(struct command *c, const struct option *o, const char *text, struct err *e)
{
    uint64_t *patience_s = place(c, o);
    int64_t seconds;
    int rc = span_parse(str_of(text), &seconds, e);

    if (rc)
        return rc;
    if (seconds < 1 || seconds > PATIENCE_MOST_S)
        return err_set(e, ERR_USAGE, "%s is 1 s to 7 days", o->name);
    *patience_s = (uint64_t)seconds;
    return 0;
}

static int read_threads(struct command *c, const struct option *o, const char *text, struct err *e)
{
    unsigned *threads = place(c, o);
    uint64_t count;

    if (!str_u64(str_of(text), &count) || count < 1 || count > THREAD_MOST)
        return err_set(e, ERR_USAGE, "%s is a number from 1 to %d", o->name, THREAD_MOST);
    *threads = (unsigned)count;
    return 0;
}

static int read_pid(struct command *c, const struct option *o, const char *text, struct err *e)
{
    uint64_t pid;

    if (!str_u64(str_of(text), &pid) || pid < 1 || pid > INT32_MAX)
        return err_set(e, ERR_USAGE, "%s wants the number of a process, not \"%s\"", o->name, text);
    if (c->options.memory_pid_count == COMMAND_LIST_COUNT)
        return err_set(e, ERR_LIMIT, "%s is given more than %d times", o->name, COMMAND_LIST_COUNT);
    c->memory_pids[c->options.memory_pid_count++] = pid;
    return 0;
}

#define AT(member) offsetof(struct command, member)
static const struct option options[] = {
    {"--output", "PLACE", read_text, AT(output), true,
     "where the bundle goes: a file that is not there yet, a\n"
     "folder, - for standard output, or tcp://ADDRESS:PORT of\n"
     "calm preserve receive, in numbers"},
    {"--to", "FILE", read_list, AT(to), true,
     "who can open it: a file that calm preserve key wrote, or\n"
     "the key in it, in hex; may be given up to 16 times"},
    {"--unsealed", NULL, read_flag, AT(is_unsealed), false, "whoever has the bundle may read it"},
    {"--token", "TEXT", read_text, AT(token), true, "for tcp://: what calm preserve receive shows"},
    {"--patience", "TIME", read_patience, AT(patience_s), false,
     "for tcp://: how long a lost connection is tried again;\n"
     "10 min unless said otherwise"},
    {"--profile", "NAME", read_profile, AT(options.profile), false,
     "triage (seconds; what is taken unless said otherwise)\n"
     "or full"},
    {"--memory", "PID", read_pid, 0, false, "the memory of this process too; may be repeated"},
    {"--physical-memory", NULL, read_flag, AT(options.wants_physical), false,
     "the whole memory too, where the kernel allows it"},
    {"--definitions", "PATH", read_list, AT(definitions), false,
     "more artefacts: a ForensicArtifacts file or folder;\n"
     "may be repeated"},
    {"--artifact", "NAME", read_list, AT(artifacts), false,
     "only these artefacts, instead of the profile's; may be\n"
     "repeated"},
    {"--tree", "PATH", read_list, AT(trees), false,
     "names, times and rights of all files below, too; may be\n"
     "repeated"},
    {"--without-environment", NULL, read_flag, AT(options.without_environment), false,
     "leaves out the environment of processes, which may\nhold secrets"},
    {"--limit", "RATE", read_rate, AT(options.limit), false, "reads no faster than this: 10 MB/s"},
    {"--threads", "NUMBER", read_threads, AT(options.threads), false,
     "hashes with so many threads; else one a processor"},
    {"--after", "STEP", read_after, AT(options.after), false,
     "only what comes behind this step, which a collection\n"
     "that broke off has already; with --continues"},
    {"--continues", "ID", read_continues, AT(options.continues), false,
     "which collection that was: 32 hex digits"},
    {"--root", "FOLDER", read_text, AT(options.root), false,
     "reads a copied tree of a host instead of this host"},
    {"--help", NULL, read_flag, AT(wants_help), true, "shows this"},
    {"--version", NULL, read_flag, AT(wants_version), true, "tells the version"},
};

static const struct option *find_option(const char *word, const char **value)
{
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        size_t len = strlen(options[i].name);

        if (strncmp(word, options[i].name, len) != 0 || (word[len] && word[len] != '='))
            continue;
        *value = word[len] ? word + len + 1 : NULL;
        return &options[i];
    }
    return NULL;
}

static void tell(struct command *c, const char *word)
{
    if (c->told.count < COMMAND_LIST_COUNT)
        c->told.items[c->told.count++] = word;
}

/* One option with what follows it; *used gets how many words that were. */
static int read_option(struct command *c, char *const *words, int left, int *used, struct err *e)
{
    const char *value;
    const struct option *o = find_option(words[0], &value);

    if (!o)
        return err_set(e, ERR_USAGE, "%s is no option; see calm-collect --help", words[0]);
    if (!o->argument && value)
        return err_set(e, ERR_USAGE, "nothing follows %s", o->name);
    *used = o->argument && !value ? 2 : 1;
    if (*used > left)
        return err_set(e, ERR_USAGE, "%s wants %s behind it", o->name, o->argument);
    if (!o->is_private) {
        tell(c, words[0]);
        if (*used == 2)
            tell(c, words[1]);
    }
    return o->read(c, o, *used == 2 ? words[1] : value, e);
}

static bool is_tcp(const struct command *c)
{
    return c->output && str_starts(str_of(c->output), "tcp://");
}

static int check(const struct command *c, struct err *e)
{
    if (c->wants_help || c->wants_version)
        return 0;
    if (!c->output)
        return err_set(e, ERR_USAGE,
                       "say where the bundle goes: --output /media/stick/ (not onto a disk of "
                       "this host)");
    if ((c->options.after != NULL) != c->has_continues)
        return err_set(e, ERR_USAGE, "--after and --continues go together");
    if (c->is_unsealed && c->to.count)
        return err_set(e, ERR_USAGE, "--to and --unsealed do not go together");
    if (is_tcp(c) && c->is_unsealed)
        return err_set(e, ERR_USAGE, "over a network a bundle goes only sealed: give --to FILE");
    if (!c->is_unsealed && !c->to.count)
        return err_set(e, ERR_USAGE,
                       "say who can open the bundle: --to FILE, the recipient.txt that calm ready "
                       "put on the stick; or --unsealed, and whoever has it may read it");
    if (is_tcp(c) != (c->token != NULL))
        return err_set(e, ERR_USAGE, "--output tcp:// and --token go together");
    return 0;
}

static void point(struct command *c)
{
    c->options.memory_pids = c->memory_pids;
    c->options.definitions = c->definitions.items;
    c->options.definition_count = c->definitions.count;
    c->options.artifacts = c->artifacts.items;
    c->options.artifact_count = c->artifacts.count;
    c->options.trees = c->trees.items;
    c->options.tree_count = c->trees.count;
}

int command_read(struct command *out, int argc, char *const *argv, struct err *e)
{
    int rc = 0;

    *out = (struct command){.options.profile = PROFILE_TRIAGE, .patience_s = SENDER_PATIENCE_S};
    for (int i = 1, used = 1; i < argc && rc == 0; i += used)
        rc = read_option(out, argv + i, argc - i, &used, e);
    if (rc)
        return rc;
    point(out);
    return check(out, e);
}

static void add_option(struct buf *out, const struct option *o)
{
    struct str rest = str_of(o->help);
    size_t start = out->len;

    buf_addf(out, "  %s%s%s", o->name, o->argument ? " " : "", o->argument ? o->argument : "");
    while (rest.len) {
        size_t used = out->len - start;

        buf_addn(out, ' ', used < HELP_COLUMN ? HELP_COLUMN - used : 1);
        buf_addstr(out, str_cut(&rest, '\n'));
        buf_addc(out, '\n');
        start = out->len;
    }
}

void command_help(struct buf *out)
{
    buf_adds(out, "usage: calm-collect --output PLACE (--to FILE | --unsealed) [options]\n"
                  "\n"
                  "Brings the live state of this host into one bundle. It starts no program, and\n"
                  "writes nothing but that bundle.\n"
                  "\n");
    for (size_t i = 0; i < COUNT_OF(options); i++)
        add_option(out, &options[i]);
    buf_adds(out, "\nStatus:\n  0   done\n");
#define ERR(name, exit_status, http, meaning)                                                      \
    if (name == ERR_USAGE || name == ERR_NOTFOUND || name == ERR_FORMAT || name == ERR_LIMIT ||    \
        name == ERR_IO || name == ERR_FULL || name == ERR_CANCEL)                                  \
        buf_addf(out, "  %-3d %s\n", exit_status, meaning);
#include "base/err_codes.def"
#undef ERR
}
