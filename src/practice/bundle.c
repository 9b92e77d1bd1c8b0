/* bundle.c: the key that collectors seal to, and opening what they brought. */
#include "practice/bundle.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/sink.h"
#include "base/size.h"
#include "evidence/bundle_read.h"
#include "practice/bundle_key.h"
#include "practice/calm.h"
#include "practice/evidence.h"
#include "practice/intake.h"
#include "practice/out_file.h"
#include "sys/file.h"

enum { CHUNK_SIZE = 256 << 10 };

static const struct field key_fields[] = {
    {.name = "out", .type = FIELD_PATH, .help = "write it to this file, for the stick"},
    {.name = "scope",
     .type = FIELD_LINE,
     .help = "the compartment whose members may open what is sealed to it; the team, if not given"},
};

static void describe_key(const struct view *v, struct str scope, struct buf *out)
{
    const struct thing *c = calm_case(v);

    buf_adds(out, "the case ");
    sink_terminal(out, c ? view_title(c) : STR("without a name"), false);
    if (!str_is(scope, "team")) {
        buf_adds(out, ", compartment ");
        sink_terminal(out, scope, false);
    }
}

static void say_key(struct answer *a, const uint8_t key[32], struct str path)
{
    struct hash sum = hash_bytes(key, 32);
    char digits[4];

    hex_write(digits, sum.b, 2);
    buf_adds(&a->text, "Written to ");
    sink_terminal(&a->text, path, false);
    buf_addf(&a->text,
             ". It is no secret: whoever has it can seal to it, and nobody can open with it.\n"
             "Put it beside calm-collect on the stick and give it there with --to. Check digits, "
             "to compare: %.4s\n",
             digits);
}

static int key_query(const struct view *v, const struct operation *op, const struct input *in,
                     struct answer *a, struct err *e)
{
    struct str scope = input_value(op, in, "scope");
    CLEANUP_BUF struct buf whom = {0};
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf path = {0};
    uint8_t key[32];
    int rc;

    if (scope.len == 0)
        scope = STR("team");
    rc = bundle_case_key(v->state, scope, key, e);
    if (rc)
        return rc;
    describe_key(v, scope, &whom);
    bundle_recipient_text(&text, key, buf_str(&whom));
    buf_addstr(&path, input_value(op, in, "out"));
    if (path.len)
        rc = file_create(buf_text(&path), buf_str(&text), 0644, e);
    if (rc)
        return rc;
    if (a->wants_json) {
        struct json j;

        json_begin(&j, &a->json);
        json_object_begin(&j);
        json_put_hex(&j, "key", key, sizeof(key));
        json_put_str(&j, "for", buf_str(&whom));
        json_object_end(&j);
    } else if (path.len) {
        say_key(a, key, buf_str(&path));
    } else {
        buf_addstr(&a->text, buf_str(&text));
    }
    return 0;
}

const struct operation preserve_key = {
    .name = "preserve key",
    .practice = "preserve",
    .help = "the key that calm-collect seals to, for the stick",
    .example = "calm preserve key --out /media/STICK/case.key",
    .more = "What calm-collect brings from a host is sealed to this key, so that whoever finds the "
            "stick reads nothing. The key is no secret. What is sealed to it can be opened by "
            "those who are on the team, or with --scope by those whom that compartment lets in. "
            "When somebody left, the key is a new one: write it to the stick again.",
    OP_FIELDS(key_fields),
    .type = OP_QUERY,
    .faces = FACE_CLI,
    .query = key_query};

static const struct field unseal_fields[] = {
    {.name = "bundle",
     .type = FIELD_PATH,
     .flags = FIELD_REQUIRED | FIELD_ARG,
     .help = "what calm-collect brought"},
    {.name = "out",
     .type = FIELD_PATH,
     .help = "where to write it; BUNDLE.tar.zst, if not given. A name that is still free"},
};

/* One opening, under way. */
struct opening_job {
    struct buf bundle; /* paths */
    struct buf to;
    int fd;
    bool is_sealed;
    bool writes;
    uint8_t key[32];
    struct out_file out;
    struct digest *digest;
    struct hash bundle_hash;
    struct hash out_hash;
    struct bundle_summary sum;
};

static void opening_release(struct opening_job *o)
{
    fd_close(o->fd);
    out_file_release(&o->out);
    mem_wipe(o->key, sizeof(o->key));
    digest_free(o->digest);
    buf_release(&o->bundle);
    buf_release(&o->to);
}

static struct hash digest_hash(struct digest *d)
{
    struct hash out;
    uint8_t sum[64];

    digest_end(d, sum);
    memcpy(out.b, sum, sizeof(out.b));
    return out;
}

static int hash_bundle(struct opening_job *o, struct err *e)
{
    CLEANUP_FREE char *chunk = mem_alloc(CHUNK_SIZE);
    ssize_t n;

    while ((n = read(o->fd, chunk, CHUNK_SIZE)) != 0) {
        if (n < 0 && errno != EINTR)
            return err_errno(e, "cannot read %s", buf_text(&o->bundle));
        if (n > 0)
            digest_add(o->digest, chunk, (size_t)n);
    }
    o->bundle_hash = digest_hash(o->digest);
    return 0;
}

/* HOST.calm becomes HOST.tar.zst; what is not sealed is only looked at where no name is given. */
static void name_out(struct opening_job *o, struct str given)
{
    struct str bundle = buf_str(&o->bundle);

    o->writes = given.len > 0 || o->is_sealed;
    buf_addstr(&o->to, given);
    if (given.len || !o->writes)
        return;
    buf_addstr(&o->to, str_ends(bundle, ".calm") ? str_head(bundle, bundle.len - 5) : bundle);
    buf_adds(&o->to, ".tar.zst");
}

static int open_bundle(struct opening_job *o, struct session *s, const struct operation *op,
                       const struct input *in, struct err *e)
{
    const char *path;
    struct stat st;
    int rc;

    buf_addstr(&o->bundle, input_value(op, in, "bundle"));
    path = buf_text(&o->bundle);
    o->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (o->fd < 0 || fstat(o->fd, &st) != 0)
        return err_errno(e, "cannot open %s", path);
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_USAGE, "%s is no regular file", path);
    rc = bundle_is_sealed(o->fd, &o->is_sealed, e);
    if (rc == 0 && o->is_sealed)
        rc = bundle_stream_key(s, o->fd, path, o->key, e);
    if (rc)
        return rc;
    if (lseek(o->fd, 0, SEEK_SET) != 0)
        return err_errno(e, "cannot read %s from its start", path);
    name_out(o, input_value(op, in, "out"));
    return hash_bundle(o, e);
}

static int write_frames(void *context, struct str bytes, struct err *e)
{
    struct opening_job *o = context;

    digest_add(o->digest, bytes.p, bytes.len);
    return file_write_fd(o->out.fd, bytes.p, bytes.len, buf_text(&o->to), e);
}

static int write_out(struct opening_job *o, struct err *e)
{
    const struct bundle_receiver to = {.frames = o->writes ? write_frames : NULL, .context = o};
    int rc = o->writes ? out_file_begin(&o->out, buf_text(&o->to), e) : 0;

    if (rc == 0)
        rc =
            bundle_read(o->fd, buf_text(&o->bundle), o->is_sealed ? o->key : NULL, &to, &o->sum, e);
    if (rc == 0 && o->writes)
        rc = out_file_sync(&o->out, buf_text(&o->to), e);
    if (rc == 0)
        o->out_hash = digest_hash(o->digest);
    if (rc == 0 && !hash_eq(&o->sum.input, &o->bundle_hash))
        rc = err_set(e, ERR_TAMPER,
                     "%s holds other bytes each time that it is read: the medium is damaged or "
                     "made to lie. Copy it to a disk and open the copy",
                     buf_text(&o->bundle));
    return rc;
}

static void add_hash(struct buf *out, const struct hash *h)
{
    hex_add(out, h->b, sizeof(h->b));
}

/* What becomes the note of the record. */
static void describe(const struct opening_job *o, struct buf *out)
{
    buf_adds(out, o->is_sealed ? "Opened the sealed bundle " : "Looked at the bundle ");
    intake_path_text(out, buf_text(&o->bundle));
    buf_adds(out, " (SHA-256 ");
    add_hash(out, &o->bundle_hash);
    buf_addf(out, "): %s, %llu pieces, the last link ", bundle_state_name(o->sum.state),
             (unsigned long long)o->sum.pieces);
    add_hash(out, &o->sum.link);
    if (!o->writes)
        return;
    buf_adds(out, ". Written to ");
    intake_path_text(out, buf_text(&o->to));
    buf_adds(out, " (SHA-256 ");
    add_hash(out, &o->out_hash);
    buf_addc(out, ')');
}

/* On record before the file has its name, so that none is there without a record. */
static int record_opening(const struct opening_job *o, struct session *s,
                          const struct operation *op, const struct input *in, struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    CLEANUP_BUF struct buf text = {0};
    uint64_t first;
    int rc;

    if (session_is_read_only(s))
        return 0;
    rc = session_draft(s, &d, op, in, e);
    if (rc)
        return rc;
    d.is_independent = true;
    describe(o, &text);
    draft_value(decision_add(&d, "note/1"), "text", buf_str(&text));
    return session_append(s, &d, &first, e);
}

static void say_state(const struct opening_job *o, struct buf *out)
{
    char size[SIZE_TEXT_SIZE];

    sink_terminal(out, buf_str(&o->bundle), false);
    if (o->sum.state == BUNDLE_WHOLE) {
        buf_adds(out, " is whole");
    } else {
        buf_adds(out, " is not whole: ");
        sink_terminal(out, str_of(o->sum.why), false);
        buf_adds(out, ". What stands before that is good");
    }
    buf_addf(out, ": %llu pieces, which unpack to %s in %llu whole members.\nSHA-256 ",
             (unsigned long long)o->sum.pieces, size_text(size, o->sum.bytes),
             (unsigned long long)o->sum.members);
    add_hash(out, &o->bundle_hash);
    buf_adds(out, "\nThat is what calm-collect showed when it ended, unless another bundle was "
                  "put in its place.\n");
}

static void say(const struct opening_job *o, struct buf *out)
{
    say_state(o, out);
    if (!o->is_sealed)
        buf_adds(out, "It is not sealed.\n");
    if (!o->writes)
        return;
    buf_adds(out, "Written to ");
    sink_terminal(out, buf_str(&o->to), false);
    buf_adds(out, ". It may be hostile: unpack it in an empty folder of its own, not as root:\n"
                  "  tar --zstd --warning=no-unknown-keyword -xf ");
    sink_shell(out, buf_str(&o->to));
    buf_addc(out, '\n');
}

static void say_json(const struct opening_job *o, struct buf *out)
{
    struct json j;

    json_begin(&j, out);
    json_object_begin(&j);
    json_put_text(&j, "state", bundle_state_name(o->sum.state));
    json_put_bool(&j, "sealed", o->is_sealed);
    json_put_u64(&j, "pieces", o->sum.pieces);
    json_put_u64(&j, "good", o->sum.good);
    json_put_u64(&j, "bytes", o->sum.bytes);
    json_put_u64(&j, "members", o->sum.members);
    json_put_hex(&j, "link", o->sum.link.b, sizeof(o->sum.link.b));
    json_put_hex(&j, "sha256", o->bundle_hash.b, sizeof(o->bundle_hash.b));
    if (o->sum.state != BUNDLE_WHOLE)
        json_put_text(&j, "why", o->sum.why);
    if (o->writes)
        json_put_str(&j, "out", buf_str(&o->to));
    json_object_end(&j);
}

static int judge(const struct opening_job *o, struct err *e)
{
    switch (o->sum.state) {
    case BUNDLE_WHOLE:
        return 0;
    case BUNDLE_CUT:
        return err_set(e, ERR_FORMAT, "%s was cut off", buf_text(&o->bundle));
    case BUNDLE_ALTERED:
        return err_set(e, ERR_TAMPER, "%s is not as it was written", buf_text(&o->bundle));
    default:
        return err_set(e, ERR_TAMPER, "%s holds what no bundle does", buf_text(&o->bundle));
    }
}

static int unseal_job(struct session *s, const struct operation *op, const struct input *in,
                      struct answer *a, struct err *e)
{
    CLEANUP(opening_release)
    struct opening_job o = {.fd = -1, .out = {.fd = -1}, .digest = digest_new(DIGEST_SHA256)};
    int rc = open_bundle(&o, s, op, in, e);

    if (rc == 0)
        rc = write_out(&o, e);
    if (rc == 0)
        rc = record_opening(&o, s, op, in, e);
    if (rc == 0 && o.writes)
        rc = out_file_end(&o.out, buf_text(&o.to), e);
    if (rc)
        return rc;
    if (a->wants_json)
        say_json(&o, &a->json);
    else
        say(&o, &a->text);
    return judge(&o, e);
}

const struct operation preserve_unseal = {
    .name = "preserve unseal",
    .practice = "preserve",
    .help = "open a bundle that calm-collect sealed, on record",
    .example = "calm preserve unseal web1-20261125T0312.calm --out web1.tar.zst",
    .more = "Checks the bundle to its end and writes what is good of it, which zstd and tar open. "
            "Where it was cut or altered it says so, and where; what stands before that is written "
            "all the same, and the exit status is not 0. A bundle that is not sealed is only "
            "checked, unless --out is given. The opening is a note of the case.",
    OP_FIELDS(unseal_fields),
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("note/1"),
    .works_read_only = true,
    .job = unseal_job};
