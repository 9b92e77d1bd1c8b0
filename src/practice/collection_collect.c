/* collection_collect.c: collects this machine's live state with calm-collect, sealed to the case,
 * and takes it in. */
#include <string.h>
#include <unistd.h>
#include "base/sink.h"
#include "practice/bundle_key.h"
#include "practice/collection_record.h"
#include "practice/system_host.h"
#include "practice/visit.h"
#include "sys/clock.h"
#include "sys/interrupt.h"
#include "sys/proc.h"
#include "sys/self.h"

enum { WALL_S = 12 * 3600, ARGUMENTS_MAX = 64, STOPPED = 13 };

static const struct field collect_fields[] = {
    {.name = "system",
     .type = FIELD_LINE,
     .flags = FIELD_ARG | FIELD_OUTSIDE,
     .help = "how the case calls this machine; the name it has for itself if not given"},
    {.name = "profile",
     .type = FIELD_WORD,
     .flags = FIELD_OUTSIDE,
     .choices = WORDS("triage", "full"),
     .help = "triage takes seconds; full takes logs, configuration and trees too",
     .fallback = "triage"},
    {.name = "memory",
     .type = FIELD_NUMBER,
     .flags = FIELD_MANY | FIELD_OUTSIDE,
     .help = "the memory of this process too, by its number"},
    {.name = "limit",
     .type = FIELD_SIZE,
     .flags = FIELD_OUTSIDE,
     .help = "read no more than this a second: 10 MB"},
    {.name = "here",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "this machine is that system, though it calls itself otherwise"},
    VISIT_FIELDS,
};

int collector_find(struct buf *path, struct err *e)
{
    return self_neighbour("calm-collect", NULL, "it reads the host", path, e);
}

/* The words of a command line, in an arena. */
struct words {
    const char *argv[ARGUMENTS_MAX + 1];
    size_t count;
};

static int add_word(struct words *w, const char *word, struct err *e)
{
    if (w->count == ARGUMENTS_MAX)
        return err_set(e, ERR_LIMIT, "too many processes whose memory is wanted");
    w->argv[w->count++] = word;
    w->argv[w->count] = NULL;
    return 0;
}

static int add_option(struct words *w, const char *option, const char *value, struct err *e)
{
    int rc = add_word(w, option, e);

    return rc ? rc : add_word(w, value, e);
}

/* The key to seal to is public, so it may stand among the arguments. */
static int make_command(struct words *w, struct arena *arena, const char *program,
                        const struct view *v, const struct operation *op, const struct input *in,
                        struct err *e)
{
    struct str scope = in->scope.len ? in->scope : STR("team");
    struct str pids = input_value(op, in, "memory");
    struct str limit = input_value(op, in, "limit");
    char hex[2 * 32 + 1] = "";
    uint8_t key[32];
    int rc = bundle_case_key(v->state, scope, key, e);

    if (rc)
        return rc;
    hex_write(hex, key, sizeof(key));
    rc = add_word(w, program, e);
    if (rc == 0)
        rc = add_option(w, "--output", "-", e);
    if (rc == 0)
        rc = add_option(w, "--to", arena_strdup(arena, hex), e);
    if (rc == 0)
        rc = add_option(w, "--profile",
                        arena_printf(arena, STR_FMT, STR_ARG(input_value(op, in, "profile"))), e);
    while (rc == 0 && pids.len) {
        struct str pid = str_cut(&pids, '\n');

        rc = add_option(w, "--memory", arena_printf(arena, STR_FMT, STR_ARG(pid)), e);
    }
    if (rc == 0 && limit.len)
        rc = add_option(w, "--limit", arena_printf(arena, STR_FMT, STR_ARG(limit)), e);
    return rc;
}

/* Who sits at a machine and names another would get the state of the wrong one. */
static int check_here(const struct view *v, const struct operation *op, const struct input *in,
                      struct err *e)
{
    struct str name = input_value(op, in, "system");
    const struct thing *system;
    char host[256];

    host_name(host, sizeof(host));
    if (!name.len || input_has(op, in, "here"))
        return 0;
    system = system_find(v, name, str_of(host));
    if (system ? system_has_host(system, str_of(host)) : system_same_host(name, str_of(host)))
        return 0;
    return err_set(e, ERR_USAGE,
                   "this machine calls itself %s, not " STR_FMT ". If it is " STR_FMT
                   " all the same, add --here. If that is another machine, carry calm-collect "
                   "there on a stick and bring what it wrote: calm preserve import FILE",
                   host, STR_ARG(str_head(name, 60)), STR_ARG(str_head(name, 60)));
}

struct streaming {
    struct blob_writer *writer;
    uint64_t size;
};

static void streaming_release(struct streaming *s)
{
    blob_abort(s->writer);
}

static int take_bytes(void *context, struct str bytes, struct err *e)
{
    struct streaming *s = context;

    s->size += bytes.len;
    return blob_write(s->writer, bytes.p, bytes.len, e);
}

/* The bundle goes straight into the case's blobs, sealed; nothing of it lies on this machine in
 * clear. */
static int stream(struct session *s, const struct words *words, struct blob_digests *out,
                  struct proc_capture *said, struct err *e)
{
    static const struct proc_limits limits = {.wall_s = WALL_S};
    CLEANUP(streaming_release) struct streaming stream = {0};
    int rc = blob_begin(&stream.writer, session_store(s), e);

    if (rc == 0)
        rc = proc_stream(words->argv, &limits, take_bytes, &stream, said, e);
    if (rc)
        return rc;
    if (stream.size == 0)
        return err_set(e, ERR_IO, "calm-collect brought nothing: " STR_FMT,
                       STR_ARG(str_trim(buf_str(&said->err))));
    return blob_commit(MOVE(stream.writer), out, e);
}

static int end(const struct proc_capture *said, struct err *e)
{
    if (said->status == STOPPED)
        return err_set(e, ERR_CANCEL,
                       "stopped at your request; what was read until then is kept whole");
    if (said->status)
        return err_set(e, ERR_IO,
                       "calm-collect ended with %d, what it read until then is kept: " STR_FMT,
                       said->status, STR_ARG(str_trim(buf_str(&said->err))));
    return 0;
}

/* Who waits at a terminal is told for how long, and how it ends. */
static void say_wait(const struct operation *op, const struct input *in, struct answer *a)
{
    bool is_full = str_is(input_value(op, in, "profile"), "full");

    if (!a->is_interactive || a->wants_json || !a->flush)
        return;
    buf_addf(&a->text, "Reading this machine; it takes %s. Ctrl-C ends it in good order.\n",
             is_full ? "minutes" : "seconds");
    (void)a->flush(a);
}

static int collect_here(struct session *s, const struct operation *op, const struct input *in,
                        struct answer *a, struct err *e)
{
    CLEANUP(collection_taken_release)
    struct collection_taken t = {.session = s, .op = op, .input = in, .how = "collected"};
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(interrupt_end) struct interrupt signals;
    CLEANUP_PROC struct proc_capture said = {0};
    CLEANUP_BUF struct buf program = {0};
    struct words words = {0};
    char host[256];
    struct view v;
    int rc;

    interrupt_begin(&signals);
    rc = session_view(s, &v, e);
    if (rc == 0)
        rc = check_here(&v, op, in, e);
    if (rc == 0)
        rc = collector_find(&program, e);
    if (rc == 0)
        rc = make_command(&words, arena, buf_text(&program), &v, op, in, e);
    if (rc == 0)
        say_wait(op, in, a);
    if (rc == 0)
        rc = stream(s, &words, &t.facts.digests, &said, e);
    if (rc)
        return rc;
    host_name(host, sizeof(host));
    t.facts.remark = geteuid() == 0 ? STR("collected on the system itself, as root")
                                    : STR("collected on the system itself, not as root");
    t.system = input_value(op, in, "system");
    rc = collection_take(&t, host, a, e);
    return rc ? rc : end(&said, e);
}

static int collect_over_ssh(struct session *s, const struct operation *op, const struct input *in,
                            struct answer *a, struct err *e)
{
    static const char *const of_here[] = {"here", "memory"};
    struct str limit = input_value(op, in, "limit");
    CLEANUP_BUF struct buf arguments = {0};

    for (size_t i = 0; i < COUNT_OF(of_here); i++)
        if (input_has(op, in, of_here[i]))
            return err_set(e, ERR_USAGE,
                           "--%s is about one machine, and --ssh about many: leave one of them out",
                           of_here[i]);
    /* Only this can be gone on with. */
    if (input_has(op, in, "resume"))
        buf_adds(&arguments, "--profile full");
    else
        buf_addf(&arguments, "--profile " STR_FMT, STR_ARG(input_value(op, in, "profile")));
    if (limit.len)
        buf_addf(&arguments, " --limit " STR_FMT, STR_ARG(limit));
    return visit_hosts(s, op, in, buf_str(&arguments), a, e);
}

static int collect_job(struct session *s, const struct operation *op, const struct input *in,
                       struct answer *a, struct err *e)
{
    return input_has(op, in, "ssh") ? collect_over_ssh(s, op, in, a, e)
                                    : collect_here(s, op, in, a, e);
}

const struct operation preserve_collect = {
    .name = "preserve collect",
    .practice = "preserve",
    .help = "collect the live state of this machine, or of many over SSH, and take it in",
    .example = "calm preserve collect web1",
    .more = "Runs calm-collect, which starts no program of the host and writes nothing but its "
            "output, and takes the sealed bundle in as calm preserve import does. At an affected "
            "machine do not do this from its own disk: calm help affected-machine. Over SSH it "
            "goes into a file system in memory, and how each visit went is on record: "
            "calm preserve collect --ssh root@web1 db1:2222. More: calm help many-hosts.",
    OP_FIELDS(collect_fields),
    .kind = &evidence_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("system/1", "evidence/1", "snapshot/1", "collection/1", VISIT_RECORDS),
    .job = collect_job};
