/* imager_option.c: the options of an image. */
#include "acquire/imager_option.h"
#include "base/size.h"
#include "base/utc.h"

enum { HELP_COLUMN = 24, RETRIES_MOST = 100, SLOW_MS = 10000, PATIENCE_S = 300, COMMIT_MS = 10000 };

struct option;
typedef int option_read(struct imager_order *o, const struct option *option, const char *value,
                        struct err *e);
struct option {
    const char *name;
    const char *argument; /* NULL: it takes none */
    option_read *read;
    size_t at;
    const char *help; /* NULL: calm gives it, nobody else */
};

static void *place(struct imager_order *o, const struct option *option)
{
    return (char *)o + option->at;
}

static int read_text(struct imager_order *o, const struct option *option, const char *value,
                     struct err *e)
{
    const char **at = place(o, option);

    if (*at)
        return err_set(e, ERR_USAGE, "--%s is given twice", option->name);
    *at = value;
    return 0;
}

static int read_also(struct imager_order *o, const struct option *option, const char *value,
                     struct err *e)
{
    if (o->also_count == IMAGER_ALSO_MAX)
        return err_set(e, ERR_LIMIT, "--%s is given %d times at most", option->name,
                       IMAGER_ALSO_MAX);
    o->also[o->also_count++] = value;
    return 0;
}

static int read_flag(struct imager_order *o, const struct option *option, const char *value,
                     struct err *e)
{
    (void)value;
    (void)e;
    *(bool *)place(o, option) = true;
    return 0;
}

static int read_format(struct imager_order *o, const struct option *option, const char *value,
                       struct err *e)
{
    static const char *const names[] = {
        [TARGET_E01] = "e01", [TARGET_RAW] = "raw", [TARGET_SPLIT] = "split"};

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strcmp(value, names[i]) == 0) {
            *(enum target_format *)place(o, option) = (enum target_format)i;
            return 0;
        }
    return err_set(e, ERR_USAGE, "the format is e01, raw or split, not \"%s\"", value);
}

static int read_size(struct imager_order *o, const struct option *option, const char *value,
                     struct err *e)
{
    return size_parse(str_of(value), place(o, option), e);
}

/* MB a second, also 0.5; with a unit it is that. */
static int read_rate(struct imager_order *o, const struct option *option, const char *value,
                     struct err *e)
{
    CLEANUP_BUF struct buf with_unit = {0};
    uint64_t *at = place(o, option), n;
    int rc = 0;

    if (str_u64(str_of(value), &n))
        *at = n < 1000000 ? n * 1000000 : n;
    else {
        buf_addf(&with_unit, "%s%s", value, value[strspn(value, "0123456789.")] ? "" : " MB");
        rc = size_parse(buf_str(&with_unit), at, e);
    }
    if (rc == 0 && *at == 0)
        return err_set(e, ERR_USAGE, "--limit of nothing would never end");
    return rc;
}

static int read_count(struct imager_order *o, const struct option *option, const char *value,
                      struct err *e)
{
    uint64_t n;

    if (!str_u64(str_of(value), &n) || n > RETRIES_MOST)
        return err_set(e, ERR_USAGE, "--%s is a number up to %d, not \"%s\"", option->name,
                       RETRIES_MOST, value);
    *(unsigned *)place(o, option) = (unsigned)n;
    return 0;
}

static int read_span_s(const struct option *option, const char *value, unsigned *out, struct err *e)
{
    int64_t s;
    int rc = span_parse(str_of(value), &s, e);

    if (rc == 0 && (s < 0 || s > 7 * 24 * 3600))
        return err_set(e, ERR_USAGE, "--%s is between 0 s and 7 days", option->name);
    if (rc == 0)
        *out = (unsigned)s;
    return rc;
}

static int read_patience(struct imager_order *o, const struct option *option, const char *value,
                         struct err *e)
{
    return read_span_s(option, value, place(o, option), e);
}

static int read_ms(struct imager_order *o, const struct option *option, const char *value,
                   struct err *e)
{
    unsigned s = 0;
    int rc = read_span_s(option, value, &s, e);

    if (rc == 0)
        *(unsigned *)place(o, option) = s * 1000;
    return rc;
}

#define AT(member) offsetof(struct imager_order, member)
static const struct option options[] = {
    {"to", "FOLDER", read_text, AT(folder), "where the image goes; not on the source's own disk"},
    {"also", "FOLDER", read_also, 0, "where it goes on when that is full; again for more"},
    {"case-folder", "FOLDER", read_text, AT(case_folder),
     "is written to meanwhile; not on a source in use"},
    {"name", "NAME", read_text, AT(name), "how its files are called; else HOST-DEVICE"},
    {"resume", "FILE", read_text, AT(part), "goes on with an image: its NAME.part"},
    {"check", "CODE", read_text, AT(options.check), "with --resume: its check code, written down"},
    {"bound", "KNOWN", read_text, AT(options.bound), NULL},
    {"source", "PATH", read_text, AT(source), "the device or file; the first word, too"},
    {"format", "FORMAT", read_format, AT(format), "e01 (usual), raw, or split: raw in parts"},
    {"segment", "SIZE", read_size, AT(segment_size),
     "of the files; e01: 2000 MiB usual, 0 one file"},
    {"small", NULL, read_flag, AT(is_small), "packs better and four times slower"},
    {"live", NULL, read_flag, AT(is_live), "also of a disk that is in use; the record says so"},
    {"retries", "N", read_count, AT(options.retries), "of each sector that does not read (2)"},
    {"slow", "SPAN", read_ms, AT(options.slow_ms), "a MiB that takes longer is read last (10 s)"},
    {"patience", "SPAN", read_patience, AT(patience_s),
     "stops where nothing comes so long (5 min)"},
    {"limit", "MB", read_rate, AT(options.limit), "reads at most so many MB a second"},
    {"in-order", NULL, read_flag, AT(options.reads_in_order), "hard places at once, not last"},
    {"leave-places", NULL, read_flag, AT(options.leaves_places),
     "where the source went away is left unread"},
    {"accept-end", NULL, read_flag, AT(options.accepts_end),
     "what the source lacks is left unread"},
    {"gone", NULL, read_flag, AT(is_gone), "with --resume: ends it, the source is gone for good"},
    {"no-read-back", NULL, read_flag, AT(has_no_read_back), "does not compare the image after"},
    {"threads", "N", read_count, AT(options.packers), "that pack; else as many as processors"},
    {"commit", "SPAN", read_ms, AT(options.commit_ms), "between two states on disk (10 s)"},
    {"case", "TEXT", read_text, AT(case_number), "for the header"},
    {"number", "TEXT", read_text, AT(number), "of the evidence, for the header"},
    {"examiner", "TEXT", read_text, AT(examiner), "for the header"},
    {"description", "TEXT", read_text, AT(description), "for the header"},
    {"notes", "TEXT", read_text, AT(notes), "for the header"},
};

static const struct option *find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(options); i++)
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
    return NULL;
}

bool imager_option_is_there(const char *name)
{
    return find(name) != NULL;
}

bool imager_option_takes_value(const char *name)
{
    const struct option *option = find(name);

    return option && option->argument;
}

int imager_option_set(struct imager_order *o, const char *name, const char *value, struct err *e)
{
    const struct option *option = find(name);

    if (!option)
        return err_set(e, ERR_USAGE, "there is no option --%s", name);
    if (!value != !option->argument)
        return err_set(e, ERR_USAGE,
                       option->argument ? "--%s wants a value" : "--%s takes no value", name);
    return option->read(o, option, value, e);
}

void imager_option_defaults(struct imager_order *o)
{
    *o = (struct imager_order){
        .segment_size = UINT64_MAX,
        .patience_s = PATIENCE_S,
        .options = {
            .retries = 2, .slow_ms = SLOW_MS, .commit_ms = COMMIT_MS, .reread = reread_until}};
}

void imager_option_help(struct buf *out)
{
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        size_t at = out->len;

        if (!options[i].help)
            continue;
        buf_addf(out, "  --%s %s", options[i].name, options[i].argument ? options[i].argument : "");
        while (out->len - at < HELP_COLUMN)
            buf_addc(out, ' ');
        buf_addf(out, "%s\n", options[i].help);
    }
}

int imager_option_check(const struct imager_order *o, struct err *e)
{
    if (o->part && (o->folder || o->name))
        return err_set(e, ERR_USAGE, "--resume goes on with an image that has its folder and name");
    if (o->is_gone && (!o->part || o->source))
        return err_set(e, ERR_USAGE,
                       "--gone ends an image whose source is gone for good: give --resume with it, "
                       "and no source");
    if (o->is_small && !o->part && o->format != TARGET_E01)
        return err_set(e, ERR_USAGE,
                       "--small packs an E01 better, and a raw image is not packed: leave one of "
                       "--small and --format out");
    if (!o->part && (!o->source || !o->folder))
        return err_set(e, ERR_USAGE,
                       "say what to read, and where the image goes: calm-image "
                       "/dev/sdb --to /mnt/stick");
    return 0;
}
