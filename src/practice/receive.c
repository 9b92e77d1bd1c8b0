/* receive.c: takes bundles that calm-collect sends over TCP: several at once, over lost
 * connections, each on the register once it is whole, or as cut when it was given up. They come in
 * a thread of their own, so that none waits while another is read. */
#include "practice/receive.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <unistd.h>
#include "base/sink.h"
#include "base/size.h"
#include "practice/bundle_key.h"
#include "practice/collection_record.h"
#include "sys/file.h"
#include "sys/interrupt.h"
#include "sys/receive_thread.h"

enum { WAIT_MS = 300, TOKEN_FILE_SIZE = 256, SHOWN_ADDRESSES = 8 };

#define LIMITS "How much is taken"
static const struct field receive_fields[] = {
    {.name = "at",
     .type = FIELD_LINE,
     .flags = FIELD_ARG | FIELD_OUTSIDE,
     .help = "ADDRESS:PORT of this machine, in numbers",
     .fallback = "0.0.0.0:7461"},
    {.name = "count",
     .type = FIELD_NUMBER,
     .flags = FIELD_OUTSIDE,
     .help = "end after so many bundles; 0: on Ctrl-C",
     .fallback = "0"},
    {.name = "patience",
     .type = FIELD_SPAN,
     .flags = FIELD_OUTSIDE,
     .help = "how long a lost sender may be gone; what came is then kept",
     .fallback = "15 min"},
    {.name = "give-up",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "listen no more: keep what came in part as it is"},
    {.name = "most",
     .type = FIELD_SIZE,
     .flags = FIELD_OUTSIDE,
     .group = LIMITS,
     .help = "at most this of one bundle",
     .fallback = "256 GB"},
    {.name = "most-address",
     .type = FIELD_SIZE,
     .flags = FIELD_OUTSIDE,
     .group = LIMITS,
     .help = "at most this from one address",
     .fallback = "512 GB"},
    {.name = "most-all",
     .type = FIELD_SIZE,
     .flags = FIELD_OUTSIDE,
     .group = LIMITS,
     .help = "at most this of all together",
     .fallback = "4 TB"},
    {.name = "spare",
     .type = FIELD_SIZE,
     .flags = FIELD_OUTSIDE,
     .group = LIMITS,
     .help = "left free on the disk; with less, senders wait",
     .fallback = "1 GB"},
};

struct receiving {
    struct session *session;
    const struct operation *op;
    const struct input *in;
    struct answer *a;
    struct buf folder;
    size_t taken;
    size_t failed;
    struct err failure; /* of the first that could not be taken in */
};

static void receiving_release(struct receiving *r)
{
    buf_release(&r->folder);
}

/* Shows what there is to a person who waits; nobody reading any more is no reason to lose a bundle.
 */
static void show(struct receiving *r)
{
    if (!r->a->wants_json && r->a->flush)
        (void)r->a->flush(r->a);
}

static void say(struct receiving *r, const char *from, const char *words)
{
    if (r->a->wants_json)
        return;
    if (from[0]) {
        sink_terminal(&r->a->text, str_of(from), false);
        buf_addf(&r->a->text, ": ");
    }
    sink_terminal(&r->a->text, str_of(words), false);
    buf_addc(&r->a->text, '\n');
    show(r);
}

static void tell(struct receiving *r, const struct receive_news *n)
{
    char size[SIZE_TEXT_SIZE];
    CLEANUP_BUF struct buf words = {0};

    switch (n->kind) {
    case RECEIVE_BEGUN:
        buf_adds(&words, "a bundle begins");
        break;
    case RECEIVE_RESUMED:
        buf_addf(&words, "goes on at %s", size_text(size, n->size));
        break;
    case RECEIVE_LOST:
        buf_addf(&words, "the connection was lost at %s (%s); it may come back",
                 size_text(size, n->size), n->words);
        break;
    case RECEIVE_WHOLE:
        buf_addf(&words, "whole, %s", size_text(size, n->size));
        break;
    case RECEIVE_CUT:
        buf_addf(&words, "bundle %.8s is given up at %s: its sender did not come back",
                 n->collection, size_text(size, n->size));
        break;
    case RECEIVE_REFUSED:
        buf_addf(&words, "refused: %s", n->words);
        break;
    }
    say(r, n->from, buf_text(&words));
}

static int intake_file(struct receiving *r, const char *path, struct intake *out, struct err *e)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int rc;

    if (fd < 0 || fstat(fd, &out->before) != 0)
        return err_errno(e, "cannot open %s", path);
    rc = intake_fd(out, r->session, fd, true, e);
    if (rc == 0 && out->trouble.len)
        rc = err_set(e, ERR_IO, "%s %s", path, buf_text(&out->trouble));
    return rc;
}

/* What came, as calm itself sees it; the process that heard the sender is not believed. */
static int check_hash(const struct receive_news *n, const struct intake *file, struct err *e)
{
    if (n->kind != RECEIVE_WHOLE || hash_eq(&n->sha256, &hash_zero) ||
        hash_eq(&n->sha256, &file->digests.sha256))
        return 0;
    return err_set(e, ERR_TAMPER,
                   "%s is not what was received: it was changed after it came. It stays there",
                   n->path);
}

/* What cannot be opened or read is evidence all the same. */
static int take(struct receiving *r, const struct receive_news *n, struct err *e)
{
    CLEANUP(collection_taken_release)
    struct collection_taken t = {
        .session = r->session, .op = r->op, .input = r->in, .how = "received"};
    CLEANUP(intake_release) struct intake file = {0};
    CLEANUP_BUF struct buf remark = {0};
    struct err why = {0};
    int rc = intake_file(r, n->path, &file, e);

    if (rc == 0)
        rc = check_hash(n, &file, e);
    if (rc)
        return rc;
    buf_addf(&remark, "received over the network from %s%s", n->from[0] ? n->from : "a host",
             n->kind == RECEIVE_CUT ? "; given up, for its sender did not come back" : "");
    t.facts.digests = file.digests;
    t.facts.remark = buf_str(&remark);
    rc = collection_take(&t, n->path, r->a, &why);
    if (rc == ERR_FORMAT || rc == ERR_DENIED || rc == ERR_USAGE || rc == ERR_TAMPER ||
        rc == ERR_LIMIT)
        rc = collection_take_plain(&t, &why, r->a, e);
    else if (rc)
        return err_set(e, rc, "%s", why.text);
    if (rc == 0 && unlink(n->path) != 0)
        rc = err_errno(e, "cannot remove %s, whose bytes are evidence now", n->path);
    if (r->a->wants_json && rc == 0)
        buf_addc(&r->a->json, ',');
    show(r);
    return rc;
}

/* One that cannot be taken in now, for want of room perhaps, stays where it is, and the others go
 * on. */
static int take_or_leave(struct receiving *r, const struct receive_news *n, struct err *e)
{
    struct err why = {0};
    int rc = take(r, n, &why);

    if (rc == 0) {
        r->taken++;
        return 0;
    }
    if (rc == ERR_CANCEL) {
        if (e)
            *e = why;
        return rc;
    }
    if (r->failed++ == 0)
        r->failure = why;
    say(r, n->from, why.text);
    return 0;
}

/* The network addresses of this machine that others may reach. */
static void add_addresses(struct buf *out, uint16_t port, const char *token)
{
    struct ifaddrs *all = NULL;
    size_t shown = 0;

    if (getifaddrs(&all) != 0)
        return;
    for (const struct ifaddrs *i = all; i && shown < SHOWN_ADDRESSES; i = i->ifa_next) {
        char text[INET6_ADDRSTRLEN];
        struct sockaddr_in four;

        if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET || !(i->ifa_flags & IFF_UP) ||
            (i->ifa_flags & IFF_LOOPBACK))
            continue;
        memcpy(&four, i->ifa_addr, sizeof(four));
        if (inet_ntop(AF_INET, &four.sin_addr, text, sizeof(text)))
            buf_addf(out, "  ./calm-collect --to recipient.txt --token %s --output tcp://%s:%u\n",
                     token, text, (unsigned)port);
        shown++;
    }
    freeifaddrs(all);
}

static void say_command(struct receiving *r, const struct address *at, uint16_t port,
                        const char *token)
{
    struct str given = input_value(r->op, r->in, "at");
    CLEANUP_BUF struct buf lines = {0};
    char text[ADDRESS_TEXT_SIZE];
    struct address shown = *at;

    if (r->a->wants_json)
        return;
    if (str_starts(given, "0.0.0.0:"))
        add_addresses(&lines, port, token);
    if (!lines.len) {
        if (shown.at.ss_family == AF_INET)
            ((struct sockaddr_in *)&shown.at)->sin_port = htons(port);
        else
            ((struct sockaddr_in6 *)&shown.at)->sin6_port = htons(port);
        buf_addf(&lines, "  ./calm-collect --to recipient.txt --token %s --output tcp://%s\n",
                 token, address_text(text, &shown));
    }
    buf_addf(&r->a->text,
             "Waiting for bundles on port %u. At the affected machine, in the folder of the stick "
             "that\ncalm ready made:\n\n",
             (unsigned)port);
    buf_addstr(&r->a->text, buf_str(&lines));
    buf_adds(&r->a->text,
             "\nNo recipient.txt there? calm preserve key --out recipient.txt writes it.\n"
             "Ctrl-C ends it; what came in part can go on later.\n\n");
    show(r);
}

static bool is_collection_name(const char *name, const char *ending)
{
    size_t len = strlen(name);

    return len == 32 + strlen(ending) && strspn(name, "0123456789abcdef") == 32 &&
           strcmp(name + 32, ending) == 0;
}

typedef int see_left(struct receiving *r, struct receive_news *n, struct err *e);

/* What lies in the folder: in part, or whole and not yet on the register. */
static int each_left(struct receiving *r, see_left *see, struct err *e)
{
    DIR *dir = opendir(buf_text(&r->folder));
    const struct dirent *entry;
    int rc = 0;

    if (!dir)
        return err_errno(e, "cannot look into %s", buf_text(&r->folder));
    while (rc >= 0 && (entry = readdir(dir))) {
        bool is_whole = is_collection_name(entry->d_name, ".calm");
        struct receive_news n = {.kind = is_whole ? RECEIVE_WHOLE : RECEIVE_CUT};
        CLEANUP_BUF struct buf path = {0};

        if (!is_whole && !is_collection_name(entry->d_name, ".part"))
            continue;
        buf_addf(&path, "%s/%s", buf_text(&r->folder), entry->d_name);
        n.path = buf_take(&path);
        snprintf(n.collection, sizeof(n.collection), "%.32s", entry->d_name);
        rc = see(r, &n, e);
        receive_news_release(&n);
    }
    closedir(dir);
    return rc;
}

static int see_whole(struct receiving *r, struct receive_news *n, struct err *e)
{
    return n->kind == RECEIVE_WHOLE ? take_or_leave(r, n, e) : 0;
}

static int see_any(struct receiving *r, struct receive_news *n, struct err *e)
{
    return take_or_leave(r, n, e);
}

static int count_left(struct receiving *r, size_t *out, struct err *e)
{
    DIR *dir = opendir(buf_text(&r->folder));
    const struct dirent *entry;

    if (!dir)
        return err_errno(e, "cannot look into %s", buf_text(&r->folder));
    *out = 0;
    while ((entry = readdir(dir)))
        *out += is_collection_name(entry->d_name, ".part") ||
                is_collection_name(entry->d_name, ".calm");
    closedir(dir);
    return 0;
}

/* Senders that were cut off know the token of before; so it is kept as long as one may come back.
 */
static int find_token(struct receiving *r, char out[RECEIVE_TOKEN_SIZE + 1], struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf kept = {0};
    struct str token;
    size_t left;
    int rc = count_left(r, &left, e);

    if (rc)
        return rc;
    buf_addf(&path, "%s/token", buf_text(&r->folder));
    if (left && file_read(&kept, buf_text(&path), TOKEN_FILE_SIZE, NULL) == 0) {
        token = str_trim(buf_str(&kept));
        if (token.len && token.len <= RECEIVE_TOKEN_SIZE) {
            memcpy(out, token.p, token.len);
            out[token.len] = '\0';
            return 0;
        }
    }
    receive_token_make(out);
    return file_write(buf_text(&path), str_of(out), 0600, e);
}

static uint64_t number(const struct receiving *r, const char *field)
{
    uint64_t value = 0;

    (void)str_u64(input_value(r->op, r->in, field), &value);
    return value;
}

static int read_options(const struct receiving *r, struct receive_options *out, struct err *e)
{
    uint64_t patience_s = number(r, "patience");

    if (patience_s == 0 || patience_s > 1000000)
        return err_set(e, ERR_USAGE, "--patience is a span of at most some days");
    *out = (struct receive_options){.folder = buf_text(&r->folder),
                                    .most = number(r, "most"),
                                    .most_address = number(r, "most-address"),
                                    .most_all = number(r, "most-all"),
                                    .spare = number(r, "spare"),
                                    .patience_ms = (int64_t)patience_s * 1000};
    return address_read(input_value(r->op, r->in, "at"), &out->at, e);
}

static int deal_with(struct receiving *r, const struct receive_news *n, struct err *e)
{
    tell(r, n);
    return n->kind == RECEIVE_WHOLE || n->kind == RECEIVE_CUT ? take_or_leave(r, n, e) : 0;
}

/* Until Ctrl-C, or as many as were wanted. */
static int take_all(struct receiving *r, struct receive_thread *receiver, struct err *e)
{
    uint64_t wanted = number(r, "count");
    int rc = 0;

    while (rc >= 0 && !interrupt_came() && (wanted == 0 || r->taken + r->failed < wanted)) {
        struct receive_news news;

        rc = receive_thread_next(receiver, WAIT_MS, &news, e);
        if (rc <= 0)
            continue;
        rc = deal_with(r, &news, e);
        receive_news_release(&news);
    }
    return rc < 0 ? rc : 0;
}

/* What a sender was told, a person is told too, also where Ctrl-C came between. What came whole
 * meanwhile is read at the next start. */
static void tell_rest(struct receiving *r, struct receive_thread *receiver)
{
    struct receive_news news;

    receive_thread_end(receiver);
    while (receive_thread_next(receiver, 0, &news, NULL) > 0) {
        tell(r, &news);
        receive_news_release(&news);
    }
}

static int listen_on(struct receiving *r, struct err *e)
{
    CLEANUP(receive_thread_stopp) struct receive_thread *receiver = NULL;
    struct receive_options options;
    char token[RECEIVE_TOKEN_SIZE + 1];
    int rc = read_options(r, &options, e);

    if (rc == 0)
        rc = find_token(r, token, e);
    options.token = token;
    if (rc == 0)
        rc = receive_thread_start(&receiver, &options, e);
    if (rc)
        return rc;
    say_command(r, &options.at, receive_thread_port(receiver), token);
    rc = each_left(r, see_whole, e);
    if (rc == 0)
        rc = take_all(r, receiver, e);
    if (rc == 0)
        tell_rest(r, receiver);
    return rc;
}

static int tell_end(struct receiving *r, struct err *e)
{
    size_t left = 0;
    int rc = count_left(r, &left, e);

    if (rc)
        return rc;
    if (r->a->wants_json) {
        struct buf *json = &r->a->json;

        if (json->len && json->p[json->len - 1] == ',')
            json->len--;
        buf_addf(json, "],\"taken\":%zu,\"left\":%zu}", r->taken, left);
        return 0;
    }
    if (interrupt_came()) /* behind the ^C that a terminal shows */
        buf_addc(&r->a->text, '\n');
    buf_addf(&r->a->text, "%zu bundle%s taken in.\n", r->taken, r->taken == 1 ? "" : "s");
    if (left > r->failed)
        buf_addf(&r->a->text,
                 "%zu came in part: start calm preserve receive again and they go on; or keep "
                 "them as they are: calm preserve receive --give-up\n",
                 left - r->failed);
    return 0;
}

static int receive_job(struct session *s, const struct operation *op, const struct input *in,
                       struct answer *a, struct err *e)
{
    CLEANUP(receiving_release) struct receiving r = {.session = s, .op = op, .in = in, .a = a};
    CLEANUP(interrupt_end) struct interrupt signals;
    int rc;

    interrupt_begin(&signals);
    buf_addf(&r.folder, "%s/received", store_folder(session_store(s)));
    rc = folder_make(buf_text(&r.folder), 0700, e);
    if (rc == 0 && a->wants_json)
        buf_adds(&a->json, "{\"collections\":[");
    if (rc == 0)
        rc = input_has(op, in, "give-up") ? each_left(&r, see_any, e) : listen_on(&r, e);
    if (rc == 0)
        rc = tell_end(&r, e);
    if (rc == 0 && r.failed)
        rc = err_set(e, r.failure.code, "%s%s", r.failure.text,
                     r.failed > 1 ? ". Others could not be taken in either" : "");
    return rc;
}

const struct operation preserve_receive = {
    .name = "preserve receive",
    .practice = "preserve",
    .help = "take bundles over the network, from several hosts at once",
    .example = "calm preserve receive 192.0.2.7:7461",
    .more =
        "Prints the command to type at the affected machine, with a token that only who sees it "
        "knows. Bundles are sealed to the case: who listens in reads nothing. A connection that "
        "is lost goes on where it was, also after this was started anew. More: calm help "
        "many-hosts.",
    OP_FIELDS(receive_fields),
    .kind = &evidence_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("system/1", "evidence/1", "snapshot/1", "collection/1"),
    .job = receive_job};
