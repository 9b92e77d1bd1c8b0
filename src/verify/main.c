/* main.c: calm-verify, the court's program: opens the files, gives up every privilege, and checks.
 */
#include "verify/file.h"
#include "verify/options.h"
#include "verify/report.h"
#include "verify/sandbox.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <sched.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* Every file of a run, mapped. */
struct input {
    struct file *journals;
    struct file openings;
    struct file *notes;
    struct file *tokens;
    struct file *authorities;
    struct trust_given trust;
    struct stamp_trust *stamp_trust;
    const struct file
        *unreadable; /* the first file beside the journals that cannot be read, or NULL */
};

static struct file *map_all(struct input *in, const struct texts *names, struct beside **beside)
{
    struct file *files = mem_get(names->count, sizeof *files);

    if (beside != NULL)
        *beside = mem_get(names->count, sizeof **beside);
    for (size_t i = 0; i < names->count; i++) {
        file_map(&files[i], names->items[i]);
        if (beside != NULL)
            (*beside)[i] = (struct beside){files[i].name, files[i].bytes};
        if (in != NULL && in->unreadable == NULL && files[i].fault != NULL)
            in->unreadable = &files[i];
    }
    return files;
}

static void unmap_all(struct file *files, size_t count)
{
    for (size_t i = 0; i < count; i++)
        file_unmap(&files[i]);
    free(files);
}

static void open_files(struct input *in, const struct options *o)
{
    memset(in, 0, sizeof *in);
    in->journals = map_all(NULL, &o->journals, NULL);
    in->notes = map_all(in, &o->notes, &in->trust.notes);
    in->tokens = map_all(in, &o->tokens, &in->trust.tokens);
    in->authorities = map_all(NULL, &o->authorities, NULL);
    if (o->openings != NULL) {
        file_map(&in->openings, o->openings);
        if (in->unreadable == NULL && in->openings.fault != NULL)
            in->unreadable = &in->openings;
    }
    in->trust.note_count = o->notes.count;
    in->trust.token_count = o->tokens.count;
    in->trust.has_root = o->has_root;
    in->trust.root_size = o->root_size;
    memcpy(in->trust.root, o->root, HASH_LEN);
    in->trust.witnesses = o->witnesses;
    in->trust.witness_count = o->witness_count;
}

static void close_files(struct input *in, const struct options *o)
{
    unmap_all(in->journals, o->journals.count);
    unmap_all(in->notes, o->notes.count);
    unmap_all(in->tokens, o->tokens.count);
    unmap_all(in->authorities, o->authorities.count);
    file_unmap(&in->openings);
    stamp_trust_free(in->stamp_trust);
    free(in->trust.notes);
    free(in->trust.tokens);
}

/* Returns 0, or -1 after saying which certificate cannot be read: the command line is wrong. */
static int read_authorities(struct input *in, const struct options *o)
{
    if (o->authorities.count == 0)
        return 0;
    in->stamp_trust = stamp_trust_new();
    in->trust.authorities = in->stamp_trust;
    for (size_t i = 0; i < o->authorities.count; i++) {
        const struct file *f = &in->authorities[i];

        if (f->fault == NULL && in->stamp_trust != NULL &&
            stamp_trust_add(in->stamp_trust, f->bytes) > 0)
            continue;
        fputs("calm-verify: could not check: ", stderr);
        report_escaped(stderr, f->name);
        fprintf(stderr, " cannot be read: %s\n",
                f->fault != NULL ? f->fault : "it holds no certificate in PEM that can be read");
        return -1;
    }
    return 0;
}

static unsigned core_count(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    return (unsigned)CPU_COUNT(&set);
}

static void judge_file(const struct input *in, const struct options *o, size_t i, unsigned threads,
                       struct verdict *v)
{
    const struct file *f = &in->journals[i];
    const struct beside openings = {in->openings.name, in->openings.bytes};
    const struct verify_request request = {
        .journal = f->bytes,
        .openings = o->openings != NULL ? &openings : NULL,
        .trust = &in->trust,
        .threads = threads,
    };

    if (f->fault == NULL && in->unreadable == NULL) {
        verify_journal(&request, v);
        return;
    }
    f = f->fault != NULL ? f : in->unreadable;
    memset(v, 0, sizeof *v);
    (void)finding_set(&v->finding, STATUS_UNCHECKED, NO_RECORD, "file", "%s cannot be read: %s",
                      f->name, f->fault);
    v->status = v->finding.status;
}

static enum status worse(enum status a, enum status b)
{
    static const int rank[] = {[STATUS_VERIFIED] = 0,
                               [STATUS_NOT_ANCHORED] = 1,
                               [STATUS_UNCHECKED] = 2,
                               [STATUS_MALFORMED] = 3,
                               [STATUS_TAMPERED] = 4};

    return rank[a] >= rank[b] ? a : b;
}

static enum status judge_files(const struct input *in, const struct options *o, unsigned threads)
{
    void (*report)(FILE * out, const char *name, const struct verdict *v) = o->brief ? report_brief
                                                                            : o->json
                                                                                ? report_json
                                                                                : report_plain;
    enum status worst = STATUS_VERIFIED;

    for (size_t i = 0; i < o->journals.count; i++) {
        struct verdict v;

        judge_file(in, o, i, threads, &v);
        report(stdout, in->journals[i].name, &v);
        worst = worse(worst, v.status);
    }
    return worst;
}

static int could_not(const char *what)
{
    fprintf(stderr, "calm-verify: could not check: %s\n", what);
    return STATUS_UNCHECKED;
}

static int run(const struct options *o)
{
    static char buffer[1 << 16];
    struct input in;
    enum status status = STATUS_UNCHECKED;

    file_guard_shrinking();
    hasher_free(hasher_new()); /* loads what libcrypto needs, while it may */
    open_files(&in, o);
    (void)setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    unsigned threads = core_count();
    if (sandbox_enter() != 0) {
        close_files(&in, o);
        return could_not(
            "this system does not let the program shut itself in before it reads files");
    }
    if (read_authorities(&in, o) == 0)
        status = judge_files(&in, o, threads);
    close_files(&in, o);
    if (fflush(stdout) != 0)
        return could_not("the verdict could not be written");
    return (int)status;
}

int main(int argc, char **argv)
{
    struct options o;
    char fault[256] = "";
    int status = STATUS_UNCHECKED;

    /* A configuration file or the environment must not choose what checks a signature. */
    if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1 || sodium_init() < 0)
        return could_not("libcrypto or libsodium does not start");
    if (options_read(&o, argc, argv, fault, sizeof fault) != 0) {
        fputs("calm-verify: ", stderr);
        report_escaped(stderr, fault);
        fputs("; see calm-verify --help\n", stderr);
    } else if (o.run == RUN_HELP) {
        options_help(stdout);
        status = 0;
    } else if (o.run == RUN_VERSION) {
        puts("calm-verify " CALM_VERSION " (format cj/1)");
        status = 0;
    } else {
        status = run(&o);
    }
    options_release(&o);
    return status;
}
