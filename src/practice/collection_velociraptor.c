/* collection_velociraptor.c: what a Velociraptor offline collection says of its host, inside the
 * worker (doc/format/collection.md section 3). */
#include <stdlib.h>
#include "practice/collection_rows.h"
#include "practice/collection_worker.h"

enum { SOCKET_COUNT = 100000, ROW_SIZE = 4 << 20 };

struct velociraptor {
    struct collection_job *job;
    struct host_file *files;
    size_t file_count;
    struct row_socket *sockets;
    size_t socket_count;
    size_t socket_room;
    bool has_sockets;
};

/* "results/Linux.Network.Netstat%2FTCP4.json" is of Linux.Network.Netstat, and source TCP4. */
static struct str artefact_of(struct str member)
{
    const char *at;
    struct str name;

    if (!str_starts(member, "results/") || !str_ends(member, ".json"))
        return STR("");
    name = str_from(member, strlen("results/"));
    name = str_head(name, name.len - strlen(".json"));
    at = name.len ? memmem(name.p, name.len, "%2F", 3) : NULL;
    return at ? str_head(name, (size_t)(at - name.p)) : str_cut(&name, '/');
}

typedef void take_row(struct velociraptor *v, struct doc *d, const json_t *row);

/* Whether there is any member of the artefact; each row that is an object is taken. */
static bool each_row(struct velociraptor *v, struct doc *d, const char *artefact, take_row *take)
{
    bool any = false;

    for (size_t i = 0; i < v->job->count; i++) {
        struct str rest = v->job->members[i].bytes;

        if (!str_is(artefact_of(v->job->members[i].name), artefact))
            continue;
        any = true;
        while (rest.len) {
            CLEANUP_IMPORT_JSON json_t *row = NULL;
            struct str line = str_cut(&rest, '\n');

            if (line.len && line.len <= ROW_SIZE && !import_json_text(&row, line, NULL) &&
                json_is_object(row))
                take(v, d, row);
        }
    }
    return any;
}

static uint64_t number_of(const json_t *row, const char *name)
{
    const json_t *value = json_object_get(row, name);
    uint64_t n;

    if (json_is_integer(value) && json_integer_value(value) >= 0)
        return (uint64_t)json_integer_value(value);
    return str_u64(import_text(row, name), &n) ? n : ROW_UNKNOWN;
}

static struct str file_of(const struct velociraptor *v, const char *path)
{
    for (size_t i = 0; i < v->file_count; i++)
        if (str_is(v->files[i].path, path))
            return v->files[i].bytes;
    return STR("");
}

static void take_process(struct velociraptor *v, struct doc *d, const json_t *row)
{
    struct row_process p = {.pid = number_of(row, "Pid"),
                            .parent = number_of(row, "Ppid"),
                            .user = import_text(row, "Username"),
                            .name = import_text(row, "Name"),
                            .args = import_text(row, "CommandLine"),
                            .program = import_text(row, "Exe"),
                            .memory = number_of(row, "RSS")};
    static const char deleted[] = " (deleted)";

    if (p.pid == ROW_UNKNOWN)
        return;
    p.is_deleted = json_is_true(json_object_get(row, "Deleted")) || str_ends(p.program, deleted);
    if (str_ends(p.program, deleted))
        p.program = str_head(p.program, p.program.len - strlen(deleted));
    p.uid = row_uid(file_of(v, "etc/passwd"), p.user);
    p.is_kernel = p.pid != 1 && !p.program.len && !p.args.len;
    row_process(d, &p);
}

static const char *state_word(struct str state)
{
    static const struct {
        const char *from, *to;
    } words[] = {{"Established", "established"}, {"ESTABLISHED", "established"},
                 {"ESTAB", "established"},       {"Syn Sent", "syn sent"},
                 {"SYN_SENT", "syn sent"},       {"Time Wait", "time wait"},
                 {"TIME_WAIT", "time wait"},     {"CLOSE_WAIT", "close wait"}};

    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_is(state, words[i].from))
            return words[i].to;
    return "?";
}

static void keep_socket(struct velociraptor *v, struct row_socket *s, struct str state)
{
    /* The row goes before the socket is written. */
    struct str *const texts[] = {&s->local, &s->remote, &s->program};

    if (s->local_port > UINT16_MAX || v->socket_count == SOCKET_COUNT || !s->local.len)
        return;
    s->remote_port = s->remote_port > UINT16_MAX ? 0 : s->remote_port;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        *texts[i] =
            (struct str){arena_dup(v->job->arena, texts[i]->p, texts[i]->len), texts[i]->len};
    s->protocol = "TCP";
    s->state = state_word(state);
    s->is_listener = str_is(state, "Listening") || str_is(state, "LISTEN");
    v->sockets = mem_grow(v->sockets, v->socket_count, &v->socket_room, sizeof(v->sockets[0]));
    v->sockets[v->socket_count++] = *s;
}

static void take_netstat(struct velociraptor *v, struct doc *d, const json_t *row)
{
    const json_t *owner = json_object_get(row, "ProcessInfo");
    struct row_socket s = {.local = import_text(row, "LocalAddr"),
                           .local_port = number_of(row, "LocalPort"),
                           .remote = import_text(row, "RemoteAddr"),
                           .remote_port = number_of(row, "RemotePort"),
                           .uid = number_of(row, "uid"),
                           .pid = number_of(owner, "Pid"),
                           .program = str_trim(import_text(owner, "Command"))};

    (void)d;
    keep_socket(v, &s, import_text(row, "State"));
}

static void take_enriched(struct velociraptor *v, struct doc *d, const json_t *row)
{
    const json_t *owner = json_object_get(row, "ProcInfo");
    struct row_socket s = {.local = import_text(row, "Laddr"),
                           .local_port = number_of(row, "Lport"),
                           .remote = import_text(row, "Raddr"),
                           .remote_port = number_of(row, "Rport"),
                           .uid = ROW_UNKNOWN,
                           .pid = number_of(row, "Pid"),
                           .program = import_text(owner, "Exe")};

    (void)d;
    keep_socket(v, &s, import_text(row, "Status"));
}

static void take_module(struct velociraptor *v, struct doc *d, const json_t *row)
{
    (void)v;
    if (import_text(row, "Name").len)
        row_module(d, import_text(row, "Name"), number_of(row, "Size"), import_text(row, "Status"));
}

static void take_mount(struct velociraptor *v, struct doc *d, const json_t *row)
{
    const json_t *options = json_object_get(row, "Options");
    CLEANUP_BUF struct buf text = {0};

    (void)v;
    for (size_t i = 0; i < json_array_size(options); i++) {
        const json_t *one = json_array_get(options, i);

        if (!json_is_string(one))
            continue;
        if (text.len)
            buf_addc(&text, ',');
        buf_addstr(&text, (struct str){json_string_value(one), json_string_length(one)});
    }
    if (import_text(row, "Mount").len)
        row_mount(d, import_text(row, "Mount"), import_text(row, "Device"),
                  import_text(row, "FSType"), buf_str(&text));
}

static void take_package(struct velociraptor *v, struct doc *d, const json_t *row)
{
    struct str name = import_text(row, "Package");

    (void)v;
    if (name.len)
        row_package(d, name, import_text(row, "Architecture"), import_text(row, "Version"),
                    STR("install ok installed"));
}

static void take_account(struct velociraptor *v, struct doc *d, const json_t *row)
{
    struct json *j;
    uint64_t n;

    (void)v;
    if (!import_text(row, "User").len)
        return;
    j = doc_row_begin(d, import_text(row, "User"));
    if ((n = number_of(row, "Uid")) != ROW_UNKNOWN)
        json_put_u64(j, "uid", n);
    if ((n = number_of(row, "Gid")) != ROW_UNKNOWN)
        json_put_u64(j, "gid", n);
    put_bytes(j, "comment", import_text(row, "Description"));
    put_bytes(j, "home", import_text(row, "Homedir"));
    put_bytes(j, "shell", import_text(row, "Shell"));
    json_put_text(j, "password", "unknown");
    doc_row_end(d);
}

/* Go writes setuid as a letter u, and setgid as g, before the nine of the permissions. */
static bool read_mode(struct str text, uint32_t *out)
{
    CLEANUP_BUF struct buf plain = {0};
    uint32_t special = 0;
    uint32_t mode;

    if (text.len < 9)
        return false;
    buf_addc(&plain, '-');
    buf_addstr(&plain, str_from(text, text.len - 9));
    for (size_t i = 0; i + 9 < text.len; i++)
        special |= text.p[i] == 'u' ? 04000u : text.p[i] == 'g' ? 02000u : 0;
    if (!row_mode(buf_str(&plain), &mode))
        return false;
    *out = mode | special;
    return true;
}

static void take_special(struct velociraptor *v, struct doc *d, const json_t *row)
{
    struct row_file f = {.path = import_text(row, "OSPath"),
                         .size = number_of(row, "Size"),
                         .uid = number_of(row, "OwnerID"),
                         .gid = number_of(row, "GroupID"),
                         .modified = -1};

    (void)v;
    if (!f.path.len)
        f.path = import_text(row, "FullPath");
    if (read_mode(import_text(row, "Mode"), &f.mode))
        row_privileged(d, &f);
}

static json_t *client_info(struct velociraptor *v)
{
    json_t *info = NULL;

    return import_json_text(&info, collection_member(v->job, "client_info.json"), NULL) ? NULL
                                                                                        : info;
}

static struct str either(const json_t *object, const char *a, const char *b)
{
    return import_text(object, a).len ? import_text(object, a) : import_text(object, b);
}

static void take_info(struct velociraptor *v, struct doc *d, const json_t *row)
{
    (void)v;
    row_value(d, "host name", "value", either(row, "Hostname", "Fqdn"));
    row_kernel(d, import_text(row, "KernelVersion"), STR(""), import_text(row, "Architecture"));
}

static bool fill_system(struct velociraptor *v, struct doc *d)
{
    CLEANUP_IMPORT_JSON json_t *info = client_info(v);

    if (!each_row(v, d, "Generic.Client.Info", take_info))
        row_value(d, "host name", "value", either(info, "hostname", "Hostname"));
    row_value(d, "machine id", "value", str_trim(file_of(v, "etc/machine-id")));
    (void)row_os_release(d, file_of(v, "etc/os-release"));
    doc_gap(d, "hardware and security settings are not read");
    return true;
}

/* What comes from which artefact's rows. */
static const struct mapping {
    const char *section;
    const char *artefact;
    take_row *take;
} mappings[] = {
    {"process", "Linux.Sys.Pslist", take_process},
    {"process", "Generic.System.Pstree", take_process},
    {"module", "Linux.Proc.Modules", take_module},
    {"mount", "Linux.Mounts", take_mount},
    {"package", "Linux.Debian.Packages", take_package},
    {"privileged", "Linux.Sys.SUID", take_special},
    {"account", "Linux.Sys.Users", take_account},
};

static const char *const others_read[] = {"Generic.Client.Info", "Linux.Network.Netstat",
                                          "Linux.Network.NetstatEnriched"};

static bool fill_sockets(struct velociraptor *v, struct doc *d, bool listeners)
{
    if (!v->has_sockets)
        return false;
    row_sockets(d, v->sockets, v->socket_count, listeners);
    doc_gap(d, "from the rows of the collection: TCP, as far as its query kept them");
    return true;
}

static bool fill(void *context, struct doc *d, const char *section)
{
    struct velociraptor *v = context;

    if (strcmp(section, "system") == 0)
        return fill_system(v, d);
    if (strcmp(section, "listener") == 0 || strcmp(section, "connection") == 0)
        return fill_sockets(v, d, strcmp(section, "listener") == 0);
    /* The file tells of passwords too. */
    if (strcmp(section, "account") == 0 && file_of(v, "etc/passwd").len)
        return false;
    for (size_t i = 0; i < COUNT_OF(mappings); i++)
        if (strcmp(mappings[i].section, section) == 0 &&
            each_row(v, d, mappings[i].artefact, mappings[i].take)) {
            doc_gap(d, "from the rows of %s, as far as its query kept them", mappings[i].artefact);
            return true;
        }
    return false;
}

static bool is_mapped(struct str artefact)
{
    for (size_t i = 0; i < COUNT_OF(mappings); i++)
        if (str_is(artefact, mappings[i].artefact))
            return true;
    for (size_t i = 0; i < COUNT_OF(others_read); i++)
        if (str_is(artefact, others_read[i]))
            return true;
    return false;
}

/* What lies in the archive and was not read for the state. */
static int say_others(struct velociraptor *v, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < v->job->count; i++) {
        struct str name = v->job->members[i].name;

        if (artefact_of(name).len && v->job->members[i].bytes.len && !is_mapped(artefact_of(name)))
            rc = collection_missed(v->job, name, "mapping",
                                   "rows of this artefact are not read for the state; they lie in "
                                   "the archive",
                                   e);
    }
    return rc;
}

/* Microseconds, or nanoseconds as newer ones write. */
static struct utc moment_of(uint64_t n)
{
    const uint64_t million = 1000000;
    const uint64_t most_us = (uint64_t)100000000000 * million;

    if (n == ROW_UNKNOWN || n == 0)
        return (struct utc){0};
    if (n > most_us)
        n /= 1000;
    return n > most_us ? (struct utc){0}
                       : (struct utc){(int64_t)(n / million), (uint32_t)(n % million * 1000)};
}

static struct str artefacts_text(struct velociraptor *v, const json_t *context)
{
    const json_t *names = json_object_get(json_object_get(context, "request"), "artifacts");
    CLEANUP_BUF struct buf text = {0};

    for (size_t i = 0; i < json_array_size(names) && text.len < 500; i++) {
        const json_t *one = json_array_get(names, i);

        if (json_is_string(one))
            buf_addf(&text, "%s%s", text.len ? ", " : "", json_string_value(one));
    }
    return str_of(arena_strdup(v->job->arena, buf_text(&text)));
}

static int say_facts(struct velociraptor *v, struct utc *taken, struct str host, struct err *e)
{
    CLEANUP_IMPORT_JSON json_t *context = NULL;
    CLEANUP_BUF struct buf when = {0};
    struct collection_job *c = v->job;
    int rc = collection_fact(c, "program", STR("Velociraptor"), e);
    bool has_context =
        import_json_text(&context, collection_member(c, "collection_context.json"), NULL) == 0;
    struct str state = import_text(context, "state");
    bool has_failed = str_is(state, "ERROR");

    *taken = moment_of(number_of(context, "create_time"));
    if (!taken->sec)
        *taken = c->newest;
    if (taken->sec)
        utc_add(&when, *taken);
    if (rc == 0)
        rc = collection_fact(c, "host", host, e);
    if (rc == 0)
        rc = collection_fact(c, "taken", buf_str(&when), e);
    if (rc == 0)
        rc = collection_fact(c, "profile", artefacts_text(v, context), e);
    if (rc == 0)
        rc = collection_fact(c, "collection", import_text(context, "session_id"), e);
    if (rc == 0)
        rc = collection_fact(c, "machine_id", str_trim(file_of(v, "etc/machine-id")), e);
    if (rc == 0)
        rc = collection_fact(c, "ended", has_failed ? STR("") : STR("yes"), e);
    if (rc == 0 && has_failed)
        rc = collection_missed(c, STR("the collection"), "Velociraptor",
                               "it ended in an error, by its own account", e);
    if (rc == 0 && !has_context)
        rc = collection_missed(c, STR("collection_context.json"), "archive",
                               "it is not there or no JSON: the newest time of a file in the "
                               "archive is taken for that of the collection",
                               e);
    return rc;
}

static struct str host_of(struct velociraptor *v)
{
    CLEANUP_IMPORT_JSON json_t *info = client_info(v);
    struct str host = either(info, "hostname", "Hostname");

    if (!host.len)
        host = either(info, "fqdn", "Fqdn");
    if (!host.len)
        host = str_trim(file_of(v, "etc/hostname"));
    return str_of(arena_printf(v->job->arena, STR_FMT, STR_ARG(host)));
}

int collection_read_velociraptor(struct collection_job *c, struct err *e)
{
    static const char *const starts[] = {"uploads/auto/", "uploads/file/"};
    struct velociraptor v = {.job = c};
    struct foreign f = {.collector = "Velociraptor", .fill = fill, .context = &v};
    int rc;

    v.files = collection_host_files(c, starts, COUNT_OF(starts), &v.file_count);
    f.files = v.files;
    f.file_count = v.file_count;
    f.host = host_of(&v);
    v.has_sockets = each_row(&v, NULL, "Linux.Network.NetstatEnriched", take_enriched) ||
                    each_row(&v, NULL, "Linux.Network.Netstat", take_netstat);
    rc = say_facts(&v, &f.taken, f.host, e);
    if (rc == 0)
        rc = say_others(&v, e);
    if (rc == 0)
        rc = collect_foreign(&f, collection_document_line, c, e);
    free(v.sockets);
    return rc;
}
