/* package_open.c: opens a package into a folder, as far as it is good. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/sink.h"
#include "base/size.h"
#include "evidence/package_read.h"
#include "practice/package.h"
#include "practice/package_key.h"
#include "practice/package_place.h"
#include "practice/package_told.h"
#include "practice/progress.h"
#include "sys/file.h"
#include "sys/interrupt.h"

struct open_run {
    struct buf package; /* paths */
    struct buf to;
    int fd;
    uint8_t file_key[AGE_FILE_KEY_SIZE];
    uint64_t size; /* of the package */
    struct package_place place;
    struct progress progress;
    struct hash sum; /* of the member that is written */
    bool has_sum;
    struct package_summary summary;
    struct package_check check; /* where all of it is there */
    struct buf forms;           /* names of those that were written, a line each */
};

static void run_release(struct open_run *x)
{
    fd_close(x->fd);
    mem_wipe(x->file_key, sizeof(x->file_key));
    package_place_close(&x->place);
    buf_release(&x->package);
    buf_release(&x->to);
    package_check_release(&x->check);
    buf_release(&x->forms);
}

static int on_begin(void *context, struct str name, const struct hash *sum, struct err *e)
{
    struct open_run *x = context;

    x->has_sum = sum != NULL;
    if (str_starts(name, "custody/"))
        buf_addf(&x->forms, STR_FMT "\n", STR_ARG(name));
    if (sum)
        x->sum = *sum;
    return package_place_begin(&x->place, name, e);
}

static int on_data(void *context, struct str bytes, struct err *e)
{
    struct open_run *x = context;

    if (interrupt_came())
        return err_set(e, ERR_CANCEL, "stopped; what was written until then is whole, but for %s",
                       buf_text(&x->place.part));
    progress_show(&x->progress, "opening it", x->place.bytes, x->size);
    return package_place_add(&x->place, bytes, e);
}

static int on_end(void *context, struct err *e)
{
    struct open_run *x = context;

    return package_place_end(&x->place, x->has_sum ? &x->sum : NULL, e);
}

static int find_key(struct open_run *x, const struct operation *op, const struct input *in,
                    const struct answer *a, struct err *e)
{
    CLEANUP_FREE struct age_head *head = mem_new(struct age_head);
    CLEANUP_BUF struct buf identity = {0};
    const char *path;
    struct stat st;
    int rc;

    buf_addstr(&x->package, input_value(op, in, "package"));
    path = buf_text(&x->package);
    buf_addstr(&identity, input_value(op, in, "identity"));
    x->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (x->fd < 0 || fstat(x->fd, &st) != 0)
        return err_errno(e, "cannot open %s", path);
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_USAGE, "%s is no regular file", path);
    x->size = (uint64_t)st.st_size;
    rc = package_head(x->fd, path, head, e);
    if (rc)
        return rc;
    if (head->has_lock && identity.len)
        return err_set(e, ERR_USAGE,
                       "%s is opened by a passphrase, not by a key: leave --identity "
                       "out",
                       path);
    return package_key_find(head, identity.len ? buf_text(&identity) : NULL, a->around->key_folder,
                            x->file_key, e);
}

static int write_members(struct open_run *x, struct err *e)
{
    const struct package_receiver to = {on_begin, on_data, on_end, x};
    struct interrupt interrupt;
    int rc;

    interrupt_begin(&interrupt);
    rc = package_read(x->fd, buf_text(&x->package), x->file_key, &to, &x->summary, e);
    interrupt_end(&interrupt);
    return rc;
}

static bool is_whole(const struct open_run *x)
{
    return x->summary.state == BUNDLE_WHOLE;
}

/* Whoever has the key sealed something else for it. */
static bool is_none(const struct open_run *x)
{
    return !is_whole(x) && strcmp(x->summary.why, PACKAGE_NONE) == 0;
}

static void say(const struct open_run *x, struct buf *out)
{
    char size[SIZE_TEXT_SIZE];

    if (is_none(x))
        return;
    if (is_whole(x)) {
        buf_adds(out, "All files of the package are there as they were packed: ");
    } else {
        buf_adds(out, "The package is not whole: ");
        sink_terminal(out, str_of(x->summary.why), false);
        buf_adds(out, ".\nWhat stands before that is as it was packed, and was not compared with "
                      "the journal: ");
    }
    buf_addf(out, "%llu file%s, %s, in ", (unsigned long long)x->place.files,
             x->place.files == 1 ? "" : "s", size_text(size, x->place.bytes));
    sink_terminal(out, buf_str(&x->to), false);
    buf_adds(out, "\n");
    if (x->place.fd >= 0) {
        buf_adds(out, "The file at which it ends is not whole, and is called ");
        sink_terminal(out, buf_str(&x->place.part), false);
        buf_adds(out, "\n");
    }
    if (is_whole(x))
        package_check_say(&x->check, buf_str(&x->to), out);
    if (x->place.files < 2)
        return;
    buf_adds(out, "\nWhat the sender says of it, and how it is checked by hand:  ");
    sink_shell(out, buf_str(&x->to));
    buf_adds(out, "/README.txt\nThe bytes may be hostile: open them where they can do no harm.\n");
}

/* In one word; what came of each check is told besides. */
static const char *state_name(const struct open_run *x)
{
    if (!is_whole(x))
        return bundle_state_name(x->summary.state);
    switch (package_check_judge(&x->check, buf_text(&x->package), NULL)) {
    case 0:
        return "as-recorded";
    case ERR_TAMPER:
        return "not-as-recorded";
    default:
        return "not-checked";
    }
}

static void say_json(const struct open_run *x, struct buf *out)
{
    struct json j;

    json_begin(&j, out);
    json_object_begin(&j);
    json_put_text(&j, "state", state_name(x));
    json_put_bool(&j, "as_packed", is_whole(x));
    json_put_u64(&j, "files", x->place.files);
    json_put_u64(&j, "bytes", x->place.bytes);
    json_put_u64(&j, "chunks", x->summary.chunks);
    if (is_whole(x))
        package_check_json(&x->check, &j);
    else
        json_put_text(&j, "why", x->summary.why);
    if (x->place.fd >= 0)
        json_put_str(&j, "part", buf_str(&x->place.part));
    json_object_end(&j);
}

static int judge(const struct open_run *x, struct err *e)
{
    if (is_none(x))
        return err_set(e, ERR_FORMAT,
                       "%s is a file of age, and this key opens it, but it is no package of calm: "
                       "what is in it does not begin with " PACKAGE_SUMS
                       ". Nothing of it was written; age -d opens it",
                       buf_text(&x->package));
    switch (x->summary.state) {
    case BUNDLE_WHOLE:
        return package_check_judge(&x->check, buf_text(&x->package), e);
    case BUNDLE_CUT:
        return err_set(e, ERR_FORMAT, "%s was cut off, or its end was changed",
                       buf_text(&x->package));
    case BUNDLE_ALTERED:
        return err_set(e, ERR_TAMPER, "%s is not as it was written", buf_text(&x->package));
    default:
        return err_set(e, ERR_TAMPER, "%s holds what no package does", buf_text(&x->package));
    }
}

static int open_job(struct session *none, const struct operation *op, const struct input *in,
                    struct answer *a, struct err *e)
{
    CLEANUP(run_release) struct open_run x = {.fd = -1, .place = {.fd = -1}};
    int rc = package_check_root(&x.check, input_value(op, in, "root"), e);

    (void)none;
    buf_addstr(&x.to, input_value(op, in, "to"));
    if (rc == 0)
        rc = find_key(&x, op, in, a, e);
    if (rc == 0)
        rc = package_place_open(&x.place, buf_text(&x.to), e);
    progress_begin(&x.progress, a);
    if (rc == 0)
        rc = write_members(&x, e);
    if (rc)
        return rc;
    if (is_whole(&x))
        package_check_run(&x.check, x.place.folder, buf_str(&x.forms));
    if (a->wants_json)
        say_json(&x, &a->json);
    else
        say(&x, &a->text);
    return judge(&x, e);
}

static const struct field open_fields[] = {
    {.name = "package",
     .type = FIELD_PATH,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .help = "what calm preserve export wrote"},
    {.name = "to",
     .type = FIELD_PATH,
     .flags = FIELD_REQUIRED,
     .help = "the folder for what is in it: a new one, or an empty one"},
    {.name = "identity",
     .type = FIELD_PATH,
     .help = "the private key of age that it is for; your own key, if not given"},
    {.name = "root",
     .type = FIELD_TEXT, /* it is printed in two lines */
     .help = "the root that the sender told you another way: SIZE:GROUPS"},
};

const struct operation preserve_open = {
    .name = "preserve open",
    .practice = "preserve",
    .help = "open a package that calm preserve export made",
    .example = "calm preserve open weber.age --to weber --identity key.txt",
    .more = "Needs no case. Where the package has a passphrase, it is asked for. It is decrypted "
            "and taken apart in a process that can do nothing else, and the private key is used by "
            "another that does nothing but that. No byte is written that was not authenticated, "
            "and nothing outside of the folder. Each file is compared with the SHA-256 that the "
            "package names. Whoever packed it made those, so then the journal in it is checked by "
            "calm-verify, and each file of evidence is held against what the journal says of it: "
            "what was changed, added or left out is named. That the journal was not made anew, "
            "nothing in the package can show: --root compares its root with the one that the "
            "sender told you by telephone or on paper; without it the root is shown, for you to "
            "compare. The exit status is 0 only where all of that holds. Of a package that was cut "
            "or changed, what stands before that is written all the same.",
    OP_FIELDS(open_fields),
    .type = OP_FREE,
    .may_hang = true,
    .faces = FACE_CLI,
    .job = open_job};
