/* collection_velociraptor.c: what a Velociraptor offline collection says of its host, inside the
 * worker (doc/format/collection.md section 3). */
#include "practice/collection_csv.h"
#include "practice/collection_foreign.h"

enum { ROW_SIZE = 4 << 20, COMPLAINTS_MOST = 200 };

/* Where rows go, on their way out of a member. */
struct each {
    struct foreign_reading *reading;
    struct doc *d;
    foreign_take *take;
};

static void take_one(void *context, const json_t *row)
{
    const struct each *to = context;

    if (json_is_object(row))
        to->take(to->reading, to->d, &(struct foreign_row){.json = row});
}

/* One row a line; old versions wrote all of them as one array. */
static void each_json(struct str text, struct each *to)
{
    while (text.len) {
        CLEANUP_IMPORT_JSON json_t *row = NULL;
        struct str line = str_cut(&text, '\n');

        if (!line.len || line.len > ROW_SIZE || import_json_text(&row, line, NULL))
            continue;
        for (size_t i = 0; i < json_array_size(row); i++)
            take_one(to, json_array_get(row, i));
        take_one(to, row);
    }
}

/* Members with rows of an artefact, in JSON or not; their number. */
static size_t each_member(struct foreign_reading *r, const char *artefact, bool is_json,
                          struct each *to)
{
    CLEANUP_BUF struct buf decoded = {0};
    size_t found = 0;

    for (size_t i = 0; i < r->job->count; i++) {
        const struct member *m = &r->job->members[i];

        if (str_ends(m->name, ".json") != is_json ||
            !str_is(collection_artefact(m->name, &decoded), artefact))
            continue;
        found++;
        if (is_json)
            each_json(m->bytes, to);
        else
            collection_csv_each(m->bytes, take_one, to);
    }
    return found;
}

/* Where a collector wrote both, the tables say the same again, with less. */
static bool each_row(struct foreign_reading *r, struct doc *d, const struct foreign_mapping *m)
{
    struct each to = {r, d, m->take};

    return each_member(r, m->from, true, &to) || each_member(r, m->from, false, &to);
}

static uint64_t number_of(const json_t *row, const char *name)
{
    const json_t *value = json_object_get(row, name);
    uint64_t n;

    if (json_is_integer(value) && json_integer_value(value) >= 0)
        return (uint64_t)json_integer_value(value);
    return str_u64(import_text(row, name), &n) ? n : ROW_UNKNOWN;
}

static void take_process(struct foreign_reading *r, struct doc *d, const struct foreign_row *from)
{
    const json_t *row = from->json;
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
    p.uid = row_uid(foreign_file(r, "etc/passwd"), p.user);
    p.is_kernel = p.pid != 1 && !p.program.len && !p.args.len;
    row_process(d, &p);
}

/* Of what is bound to no peer and is not TCP, Velociraptor says NONE. */
static void keep_socket(struct foreign_reading *r, struct row_socket *s, struct str state)
{
    bool is_udp = str_is(state, "NONE");

    s->protocol = is_udp ? "UDP" : "TCP";
    s->state = is_udp ? ROW_LISTENS : row_state(state);
    foreign_socket(r, s);
}

static void take_netstat(struct foreign_reading *r, struct doc *d, const struct foreign_row *from)
{
    const json_t *row = from->json;
    const json_t *owner = json_object_get(row, "ProcessInfo");
    struct row_socket s = {.local = import_text(row, "LocalAddr"),
                           .local_port = number_of(row, "LocalPort"),
                           .remote = import_text(row, "RemoteAddr"),
                           .remote_port = number_of(row, "RemotePort"),
                           .uid = number_of(row, "uid"),
                           .pid = number_of(owner, "Pid"),
                           .program = str_trim(import_text(owner, "Command"))};

    (void)d;
    keep_socket(r, &s, import_text(row, "State"));
}

static void take_enriched(struct foreign_reading *r, struct doc *d, const struct foreign_row *from)
{
    const json_t *row = from->json;
    const json_t *owner = json_object_get(row, "ProcInfo");
    struct row_socket s = {.local = import_text(row, "Laddr"),
                           .local_port = number_of(row, "Lport"),
                           .remote = import_text(row, "Raddr"),
                           .remote_port = number_of(row, "Rport"),
                           .uid = ROW_UNKNOWN,
                           .pid = number_of(row, "Pid"),
                           .program = import_text(owner, "Exe")};

    (void)d;
    keep_socket(r, &s, import_text(row, "Status"));
}

static void take_module(struct foreign_reading *r, struct doc *d, const struct foreign_row *from)
{
    const json_t *row = from->json;

    (void)r;
    if (import_text(row, "Name").len)
        row_module(d, import_text(row, "Name"), number_of(row, "Size"), import_text(row, "Status"));
}

static void take_mount(struct foreign_reading *r, struct doc *d, const struct foreign_row *from)
{
    const json_t *row = from->json;
    const json_t *options = json_object_get(row, "Options");
    CLEANUP_BUF struct buf text = {0};

    (void)r;
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

static void take_package(struct foreign_reading *r, struct doc *d, const struct foreign_row *from)
{
    const json_t *row = from->json;
    struct str name = import_text(row, "Package");
    struct str state = import_text(row, "State");

    (void)r;
    if (!state.len || str_is(state, "installed"))
        state = STR("install ok installed");
    if (name.len)
        row_package(d, name, import_text(row, "Architecture"), import_text(row, "Version"), state);
}

static void take_account(struct foreign_reading *r, struct doc *d, const struct foreign_row *from)
{
    const json_t *row = from->json;
    struct json *j;
    uint64_t n;

    (void)r;
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

static void take_special(struct foreign_reading *r, struct doc *d, const struct foreign_row *from)
{
    const json_t *row = from->json;
    struct row_file f = {.path = import_text(row, "OSPath"),
                         .size = number_of(row, "Size"),
                         .uid = number_of(row, "OwnerID"),
                         .gid = number_of(row, "GroupID"),
                         .modified = -1};

    (void)r;
    if (!f.path.len)
        f.path = import_text(row, "FullPath");
    if (read_mode(import_text(row, "Mode"), &f.mode))
        row_privileged(d, &f);
}

static json_t *document_of(const struct foreign_reading *r, const char *name)
{
    json_t *object = NULL;

    return import_json_text(&object, collection_member(r->job, name), NULL) ? NULL : object;
}

static struct str either(const json_t *object, const char *a, const char *b)
{
    return import_text(object, a).len ? import_text(object, a) : import_text(object, b);
}

static void take_files_of_system(struct foreign_reading *r, struct doc *d)
{
    struct str os = foreign_file(r, "etc/os-release");

    row_value(d, "machine id", "value", str_trim(foreign_file(r, "etc/machine-id")));
    (void)row_os_release(d, os.len ? os : foreign_file(r, "usr/lib/os-release"));
}

static void take_info(struct foreign_reading *r, struct doc *d, const struct foreign_row *from)
{
    const json_t *row = from->json;

    row_value(d, "host name", "value", either(row, "Hostname", "Fqdn"));
    row_kernel(d, import_text(row, "KernelVersion"), STR(""), import_text(row, "Architecture"));
    take_files_of_system(r, d);
}

/* client_info.json says the same as the artefact. */
static void take_client(struct foreign_reading *r, struct doc *d, const struct foreign_row *from)
{
    CLEANUP_IMPORT_JSON json_t *info = document_of(r, "client_info.json");

    (void)from;
    row_value(d, "host name", "value", either(info, "Hostname", "hostname"));
    row_kernel(d, import_text(info, "KernelVersion"), STR(""), import_text(info, "Architecture"));
    take_files_of_system(r, d);
}

static const char by_rows[] = "from the rows of an artefact, as far as its query kept them";
static const char by_tcp[] = "from the rows of an artefact, as far as its query kept them: TCP";
static const char no_hardware[] = "hardware and security settings are not read";

static const struct foreign_mapping mappings[] = {
    {"system", "Generic.Client.Info", take_info, no_hardware, NULL, false},
    {"system", NULL, take_client, no_hardware, NULL, false},
    {"process", "Linux.Sys.Pslist", take_process, by_rows, NULL, false},
    {"process", "Generic.System.Pstree", take_process, by_rows, NULL, false},
    {"socket", "Linux.Network.NetstatEnriched", take_enriched, by_tcp, NULL, false},
    {"socket", "Linux.Network.Netstat", take_netstat, by_tcp, NULL, false},
    {"module", "Linux.Proc.Modules", take_module, by_rows, NULL, false},
    {"mount", "Linux.Mounts", take_mount, by_rows, NULL, false},
    {"package", "Linux.Debian.Packages", take_package, by_rows, "var/lib/dpkg/status", false},
    {"privileged", "Linux.Sys.SUID", take_special, by_rows, NULL, false},
    /* The file tells of passwords too. */
    {"account", "Linux.Sys.Users", take_account, by_rows, "etc/passwd", false},
};

static bool is_mapped(struct str artefact)
{
    for (size_t i = 0; i < COUNT_OF(mappings); i++)
        if (mappings[i].from && str_is(artefact, mappings[i].from))
            return true;
    return false;
}

/* What lies in the archive and was not read for the state. */
static int say_others(struct foreign_reading *r, struct err *e)
{
    CLEANUP_BUF struct buf decoded = {0};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < r->job->count; i++) {
        const struct member *m = &r->job->members[i];
        struct str artefact = collection_artefact(m->name, &decoded);

        if (artefact.len && m->bytes.len && !is_mapped(artefact))
            rc = collection_missed(r->job, m->name, "mapping",
                                   "rows of this artefact are not read for the state; they lie in "
                                   "the archive",
                                   e);
    }
    return rc;
}

/* Lines of a member of rows that is no artefact's; what a row complains of is told. */
struct complaints {
    struct foreign_reading *reading;
    int (*look)(struct complaints *c, const json_t *row, struct err *e);
    size_t count;
};

static int say_complaint(struct complaints *c, struct str what, const char *why, struct err *e)
{
    return ++c->count > COMPLAINTS_MOST
               ? 0
               : collection_missed(c->reading->job, what, "Velociraptor", why, e);
}

static int look_log(struct complaints *c, const json_t *row, struct err *e)
{
    struct str level = import_text(row, "level");

    if (!str_is(level, "ERROR") && !str_is(level, "error"))
        return 0;
    return say_complaint(c, str_trim(import_text(row, "message")), "an error in log.json", e);
}

static int look_upload(struct complaints *c, const json_t *row, struct err *e)
{
    uint64_t size = number_of(row, "file_size");
    uint64_t brought = number_of(row, "uploaded_size");
    CLEANUP_BUF struct buf why = {0};

    if (size == ROW_UNKNOWN || brought == ROW_UNKNOWN || brought >= size ||
        str_is(import_text(row, "Type"), "idx"))
        return 0;
    buf_addf(&why, "%llu of its %llu bytes lie in the archive", (unsigned long long)brought,
             (unsigned long long)size);
    return say_complaint(c, import_text(row, "vfs_path"), buf_text(&why), e);
}

static int say_complaints(struct foreign_reading *r, const char *member,
                          int (*look)(struct complaints *c, const json_t *row, struct err *e),
                          struct err *e)
{
    struct complaints c = {.reading = r, .look = look};
    struct str text = collection_member(r->job, member);
    int rc = 0;

    while (rc == 0 && text.len) {
        CLEANUP_IMPORT_JSON json_t *row = NULL;
        struct str line = str_cut(&text, '\n');

        if (line.len && line.len <= ROW_SIZE && import_json_text(&row, line, NULL) == 0 &&
            json_is_object(row))
            rc = c.look(&c, row, e);
    }
    if (rc == 0 && c.count > COMPLAINTS_MOST)
        rc = collection_missed(r->job, str_of(member), "Velociraptor",
                               "it has more of the same; they lie in the archive", e);
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

static struct str artefacts_text(struct arena *arena, const json_t *context)
{
    const json_t *names = json_object_get(json_object_get(context, "request"), "artifacts");
    CLEANUP_BUF struct buf text = {0};

    for (size_t i = 0; i < json_array_size(names) && text.len < 500; i++) {
        const json_t *one = json_array_get(names, i);

        if (json_is_string(one))
            buf_addf(&text, "%s%s", text.len ? ", " : "", json_string_value(one));
    }
    return str_of(arena_strdup(arena, buf_text(&text)));
}

static int say_state(struct foreign_reading *r, const json_t *context, const json_t *info,
                     struct err *e)
{
    struct str os = either(info, "OS", "system");
    int rc = 0;

    if (str_is(import_text(context, "state"), "ERROR"))
        rc = collection_missed(r->job, STR("the collection"), "Velociraptor",
                               "it ended in an error, by its own account", e);
    if (rc == 0 && os.len && !str_is(os, "linux"))
        rc =
            collection_missed(r->job, STR("most of the state"), "mapping",
                              "it is of another system than Linux; its rows lie in the archive", e);
    return rc;
}

static struct str host_of(const struct foreign_reading *r, const json_t *info)
{
    struct str host = either(info, "hostname", "Hostname");

    if (!host.len)
        host = either(info, "fqdn", "Fqdn");
    return host.len ? host : str_trim(foreign_file(r, "etc/hostname"));
}

static int tell(struct foreign_reading *r, struct err *e)
{
    CLEANUP_IMPORT_JSON json_t *context = document_of(r, "collection_context.json");
    CLEANUP_IMPORT_JSON json_t *info = document_of(r, "client_info.json");
    const struct foreign_facts facts = {
        .program = STR("Velociraptor"),
        .host = host_of(r, info),
        .profile = artefacts_text(r->job->arena, context),
        .collection = import_text(context, "session_id"),
        .taken = moment_of(number_of(context, "create_time")),
        .has_ended = !str_is(import_text(context, "state"), "ERROR"),
    };
    int rc = foreign_tell_facts(r, &facts, e);

    if (rc == 0)
        rc = say_state(r, context, info, e);
    if (rc == 0)
        rc = say_complaints(r, "log.json", look_log, e);
    if (rc == 0)
        rc = say_complaints(r, "uploads.json", look_upload, e);
    if (rc == 0)
        rc = say_others(r, e);
    return rc ? rc : foreign_tell_state(r, &facts, e);
}

/* The rows of metadata.json say how the password of data.zip can be had, where it was drawn. */
static int tell_encryption(const struct foreign_reading *r, struct err *e)
{
    CLEANUP_IMPORT_JSON json_t *rows = document_of(r, "metadata.json");
    static const char *const schemes[][2] = {{"X509", "x509"}, {"PGP", "pgp"}};

    for (size_t i = 0; i < json_array_size(rows); i++)
        for (size_t k = 0; k < COUNT_OF(schemes); k++) {
            struct str scheme = import_text(json_array_get(rows, i), "Scheme");

            if (str_is(scheme, schemes[k][0]) || str_is(scheme, schemes[k][1]))
                return collection_fact(r->job, "encryption", str_of(schemes[k][1]), e);
        }
    return collection_fact(r->job, "encryption", STR("password"), e);
}

int collection_read_velociraptor(struct collection_job *c, struct err *e)
{
    struct foreign_reading r = {.job = c,
                                .collector = "Velociraptor",
                                .mappings = mappings,
                                .mapping_count = COUNT_OF(mappings),
                                .each = each_row};
    int rc;

    if (c->is_encrypted)
        return tell_encryption(&r, e);
    foreign_begin(&r);
    rc = tell(&r, e);
    foreign_release(&r);
    return rc;
}
