/* receive.c: takes bundles that calm-collect sends over TCP: several at once, over lost
 * connections, each on the register once it is whole, or as cut when it was given up. */
#include "practice/receive.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <unistd.h>
#include "base/sink.h"
#include "base/utc.h"
#include "practice/bundle_key.h"
#include "practice/collection_record.h"
#include "sys/file.h"
#include "sys/interrupt.h"
#include "sys/receive.h"

enum { STEP_MS = 500, TOKEN_FILE_SIZE = 256, SHOWN_ADDRESSES = 8, USUAL_PORT = 7461 };

static const struct field receive_fields[] = {
    {.name = "at",
     .type = FIELD_LINE,
     .flags = FIELD_ARG | FIELD_OUTSIDE,
     .help = "ADDRESS:PORT of this machine, in numbers",
     .fallback = "0.0.0.0:7461"},
    {.name = "count",
     .type = FIELD_NUMBER,
     .flags = FIELD_OUTSIDE,
     .help = "end by itself after so many bundles; 0: go on until Ctrl-C",
     .fallback = "0"},
    {.name = "patience",
     .type = FIELD_SPAN,
     .flags = FIELD_OUTSIDE,
     .help = "give up a bundle of which nothing came for so long; it is kept as far as it came",
     .fallback = "15 min"},
    {.name = "give-up",
     .type = FIELD_FLAG,
     .flags = FIELD_OUTSIDE,
     .help = "listen no more: keep what came in part as it is"},
};

/* A bundle of which something came. */
struct arrival {
    char collection[33];
    char *path;
    char from[ADDRESS_TEXT_SIZE];
    uint64_t size;
    int64_t heard_ms;
    bool is_whole;
    bool is_connected;
    bool is_done;
};

struct receiving {
    struct session *session;
    const struct operation *op;
    const struct input *in;
    struct answer *a;
    struct buf folder;
    struct arrival *arrivals;
    size_t count;
    size_t room;
    size_t taken;
    size_t failed;
    int64_t patience_ms;
};

static void receiving_release(struct receiving *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->arrivals[i].path);
    free(r->arrivals);
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
    sink_terminal(&r->a->text, str_of(from), false);
    buf_addf(&r->a->text, ": ");
    sink_terminal(&r->a->text, str_of(words), false);
    buf_addc(&r->a->text, '\n');
    show(r);
}

static struct arrival *find_arrival(struct receiving *r, const char *collection)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->arrivals[i].collection, collection) == 0)
            return &r->arrivals[i];
    return NULL;
}

static struct arrival *add_arrival(struct receiving *r, const char *collection)
{
    struct arrival *found = find_arrival(r, collection);

    if (found)
        return found;
    r->arrivals = mem_grow(r->arrivals, r->count, &r->room, sizeof(r->arrivals[0]));
    found = &r->arrivals[r->count++];
    *found = (struct arrival){.heard_ms = monotonic_ms()};
    snprintf(found->collection, sizeof(found->collection), "%s", collection);
    return found;
}

static void note_place(struct arrival *x, const struct receive_event *event)
{
    free(x->path);
    x->path = mem_strdup(event->path);
    snprintf(x->from, sizeof(x->from), "%s", event->from);
    x->size = event->size;
    x->heard_ms = monotonic_ms();
}

/* Bundles are taken in between the steps, not within. */
static int told(void *context, const struct receive_event *event, struct err *e)
{
    struct receiving *r = context;
    struct arrival *x = event->collection[0] ? add_arrival(r, event->collection) : NULL;
    char size[UTC_PLAIN_SIZE];
    CLEANUP_BUF struct buf words = {0};

    (void)e;
    if (x && event->kind != RECEIVE_REFUSED) {
        note_place(x, event);
        x->is_connected = event->kind == RECEIVE_BEGUN || event->kind == RECEIVE_RESUMED;
        x->is_whole = x->is_whole || event->kind == RECEIVE_WHOLE;
    }
    switch (event->kind) {
    case RECEIVE_BEGUN:
        buf_adds(&words, "a bundle begins");
        break;
    case RECEIVE_RESUMED:
        buf_addf(&words, "goes on at %s", size_text(size, event->size));
        break;
    case RECEIVE_LOST:
        buf_addf(&words, "the connection was lost at %s (%s); it may come back",
                 size_text(size, event->size), event->words);
        break;
    case RECEIVE_WHOLE:
        buf_addf(&words, "whole, %s", size_text(size, event->size));
        break;
    case RECEIVE_REFUSED:
        buf_addf(&words, "refused: %s", event->words);
        break;
    }
    say(r, event->from, buf_text(&words));
    return 0;
}

static int intake_file(struct receiving *r, const struct arrival *x, struct intake *out,
                       struct err *e)
{
    CLEANUP_FD int fd = open(x->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int rc;

    if (fd < 0 || fstat(fd, &out->before) != 0)
        return err_errno(e, "cannot open %s", x->path);
    rc = intake_fd(out, r->session, fd, true, e);
    if (rc == 0 && out->trouble.len)
        rc = err_set(e, ERR_IO, "%s %s", x->path, buf_text(&out->trouble));
    return rc;
}

/* What cannot be opened or read is evidence all the same. */
static int take(struct receiving *r, struct arrival *x, const char *how_far, struct err *e)
{
    CLEANUP(collection_taken_release)
    struct collection_taken t = {
        .session = r->session, .op = r->op, .input = r->in, .how = "received"};
    CLEANUP(intake_release) struct intake file = {0};
    CLEANUP_BUF struct buf remark = {0};
    struct err why = {0};
    int rc = intake_file(r, x, &file, e);

    if (rc)
        return rc;
    buf_addf(&remark, "received over the network from %s%s", x->from[0] ? x->from : "a host",
             how_far);
    t.facts.digests = file.digests;
    t.facts.remark = buf_str(&remark);
    rc = collection_take(&t, x->path, r->a, &why);
    if (rc == ERR_FORMAT || rc == ERR_DENIED || rc == ERR_USAGE || rc == ERR_TAMPER ||
        rc == ERR_LIMIT)
        rc = collection_take_plain(&t, &why, r->a, e);
    else if (rc)
        return err_set(e, rc, "%s", why.text);
    if (rc == 0 && unlink(x->path) != 0)
        rc = err_errno(e, "cannot remove %s, whose bytes are evidence now", x->path);
    if (r->a->wants_json && rc == 0)
        buf_addc(&r->a->json, ',');
    show(r);
    return rc;
}

/* Bundles that are whole, and those of which nothing came for too long. */
static int settle(struct receiving *r, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < r->count; i++) {
        struct arrival *x = &r->arrivals[i];
        bool is_late = !x->is_connected && monotonic_ms() - x->heard_ms > r->patience_ms;

        if (x->is_done || !x->path || !(x->is_whole || is_late))
            continue;
        rc = take(r, x, x->is_whole ? "" : "; given up, for its sender did not come back", e);
        x->is_done = true;
        r->taken += rc == 0;
    }
    return rc;
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
            buf_addf(out, "  ./calm-collect --to case.key --token %s --output tcp://%s:%u\n", token,
                     text, (unsigned)port);
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
        buf_addf(&lines, "  ./calm-collect --to case.key --token %s --output tcp://%s\n", token,
                 address_text(text, &shown));
    }
    buf_addf(&r->a->text,
             "Waiting for bundles on port %u. At the affected machine, from the stick:\n\n",
             (unsigned)port);
    buf_addstr(&r->a->text, buf_str(&lines));
    buf_adds(&r->a->text, "\ncase.key is what calm preserve key --out writes. Ctrl-C ends it; what "
                          "came in part can go on later.\n\n");
    show(r);
}

/* Senders that were cut off know the token of before; so it is kept as long as one may come back.
 */
static int find_token(struct receiving *r, char out[RECEIVE_TOKEN_SIZE + 1], struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf kept = {0};
    struct str token;

    buf_addf(&path, "%s/token", buf_text(&r->folder));
    if (r->count && file_read(&kept, buf_text(&path), TOKEN_FILE_SIZE, NULL) == 0) {
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

static bool is_collection_name(const char *name, const char *ending)
{
    size_t len = strlen(name);

    return len == 32 + strlen(ending) && strspn(name, "0123456789abcdef") == 32 &&
           strcmp(name + 32, ending) == 0;
}

/* What an earlier receiver left: in part, or whole and not yet on the register. */
static int find_left(struct receiving *r, struct err *e)
{
    DIR *dir = opendir(buf_text(&r->folder));
    const struct dirent *entry;

    if (!dir)
        return err_errno(e, "cannot look into %s", buf_text(&r->folder));
    while ((entry = readdir(dir))) {
        bool is_whole = is_collection_name(entry->d_name, ".calm");
        CLEANUP_BUF struct buf path = {0};
        char id[33];
        struct arrival *x;

        if (!is_whole && !is_collection_name(entry->d_name, ".part"))
            continue;
        buf_addf(&path, "%s/%s", buf_text(&r->folder), entry->d_name);
        snprintf(id, sizeof(id), "%.32s", entry->d_name);
        x = add_arrival(r, id);
        free(x->path);
        x->path = buf_take(&path);
        x->is_whole = is_whole;
    }
    closedir(dir);
    return 0;
}

static int prepare(struct receiving *r, struct err *e)
{
    uint64_t patience_s;
    int rc;

    buf_addf(&r->folder, "%s/received", store_folder(session_store(r->session)));
    if (!str_u64(input_value(r->op, r->in, "patience"), &patience_s) || patience_s > 1000000)
        return err_set(e, ERR_USAGE, "--patience is a span of at most some days");
    r->patience_ms = (int64_t)patience_s * 1000;
    rc = folder_make(buf_text(&r->folder), 0700, e);
    return rc ? rc : find_left(r, e);
}

static int give_up(struct receiving *r, struct err *e)
{
    for (size_t i = 0; i < r->count; i++)
        r->arrivals[i].heard_ms = INT64_MIN / 2;
    return settle(r, e);
}

static int listen_on(struct receiving *r, struct err *e)
{
    CLEANUP(receive_closep) struct receive *receiver = NULL;
    struct receive_options options = {.folder = buf_text(&r->folder)};
    char token[RECEIVE_TOKEN_SIZE + 1];
    uint64_t wanted = 0;
    int rc = address_read(input_value(r->op, r->in, "at"), &options.at, e);

    (void)str_u64(input_value(r->op, r->in, "count"), &wanted);
    if (rc == 0)
        rc = find_token(r, token, e);
    options.token = token;
    if (rc == 0)
        rc = receive_open(&receiver, &options, told, r, e);
    if (rc)
        return rc;
    say_command(r, &options.at, receive_port(receiver), token);
    while (rc == 0 && !interrupt_came() && (wanted == 0 || r->taken < wanted)) {
        rc = receive_step(receiver, STEP_MS, e);
        if (rc == 0)
            rc = settle(r, e);
    }
    return rc;
}

static void tell_end(const struct receiving *r)
{
    size_t left = 0;

    for (size_t i = 0; i < r->count; i++)
        left += !r->arrivals[i].is_done;
    if (r->a->wants_json) {
        struct buf *json = &r->a->json;

        if (json->len && json->p[json->len - 1] == ',')
            json->len--;
        buf_addf(json, "],\"taken\":%zu,\"left\":%zu}", r->taken, left);
        return;
    }
    buf_addf(&r->a->text, "%zu bundle%s taken in.\n", r->taken, r->taken == 1 ? "" : "s");
    if (left)
        buf_addf(&r->a->text,
                 "%zu came in part: start calm preserve receive again and they go on; or keep "
                 "them as they are: calm preserve receive --give-up\n",
                 left);
}

static int receive_job(struct session *s, const struct operation *op, const struct input *in,
                       struct answer *a, struct err *e)
{
    CLEANUP(receiving_release) struct receiving r = {.session = s, .op = op, .in = in, .a = a};
    CLEANUP(interrupt_end) struct interrupt signals;
    int rc;

    interrupt_begin(&signals);
    rc = prepare(&r, e);
    if (rc == 0 && a->wants_json)
        buf_adds(&a->json, "{\"collections\":[");
    if (rc == 0)
        rc = input_has(op, in, "give-up") ? give_up(&r, e) : listen_on(&r, e);
    if (rc == 0)
        tell_end(&r);
    return rc;
}

const struct operation preserve_receive = {
    .name = "preserve receive",
    .practice = "preserve",
    .help = "take bundles over the network, from several hosts at once",
    .example = "calm preserve receive 192.0.2.7:7461",
    .more =
        "Prints the command to type at the affected machine, with a token that only who sees it "
        "knows. Bundles are sealed to the case, so whoever listens in reads nothing; what is in "
        "them is not looked at before they are whole. A connection that is lost goes on where it "
        "was, also after this command was started anew. Each is on the register as one item of "
        "evidence once it is whole, or as cut when nothing came of it for the time of --patience.",
    OP_FIELDS(receive_fields),
    .kind = &evidence_kind,
    .type = OP_JOB,
    .roles = ROLES_WRITING,
    .faces = FACE_CLI,
    .records = WORDS("system/1", "evidence/1", "snapshot/1", "collection/1"),
    .job = receive_job};
