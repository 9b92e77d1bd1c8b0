/* collection_uac.c: what a UAC archive says of its host, inside the worker
 * (doc/format/collection.md section 2). */
#include <stdlib.h>
#include "practice/collection_rows.h"
#include "practice/collection_worker.h"

enum { SOCKET_COUNT = 100000 };

struct program {
    uint64_t pid;
    struct str path;
};

struct uac {
    struct collection_job *job;
    struct program *programs; /* sorted by pid */
    size_t program_count;
    struct host_file *files;
    size_t file_count;
    struct row_socket *sockets;
    size_t socket_count;
    size_t socket_room;
    bool has_sockets; /* a listing was there */
};

static int by_pid(const void *a, const void *b)
{
    const struct program *x = a;
    const struct program *y = b;

    return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static struct str first_line(struct str text)
{
    return str_trim(str_cut(&text, '\n'));
}

static struct str file_of(const struct uac *u, const char *path)
{
    for (size_t i = 0; i < u->file_count; i++)
        if (str_is(u->files[i].path, path))
            return u->files[i].bytes;
    return STR("");
}

static struct str listing(const struct uac *u, const char *name)
{
    CLEANUP_BUF struct buf path = {0};

    buf_addf(&path, "live_response/%s", name);
    return collection_member(u->job, buf_text(&path));
}

static struct str host_of(const struct uac *u)
{
    static const char *const names[] = {"network/hostname.txt", "network/uname_-n.txt"};
    struct str line;

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if ((line = first_line(listing(u, names[i]))).len)
            return line;
    line = first_line(listing(u, "system/uname_-a.txt"));
    (void)field_next(&line);
    line = field_next(&line);
    return line.len ? line : first_line(file_of(u, "etc/hostname"));
}

/* "Wed Nov 25 03:12:09 UTC 2026", as date prints it in the locale that UAC sets. */
static bool read_date(struct str line, struct utc *out)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char text[UTC_TEXT_SIZE + 1];
    struct str month;
    struct str clock;
    struct str zone;
    const char *at;
    uint64_t day;
    uint64_t year;

    (void)field_next(&line);
    month = field_next(&line);
    if (!str_u64(field_next(&line), &day) || day > 31 || month.len != 3)
        return false;
    clock = field_next(&line);
    zone = field_next(&line);
    if (!(str_is(zone, "UTC") || str_is(zone, "GMT")) || clock.len != 8 ||
        !str_u64(field_next(&line), &year) || year > 9999)
        return false;
    for (at = months; *at; at += 3)
        if (memcmp(at, month.p, 3) == 0)
            break;
    if (!*at)
        return false;
    snprintf(text, sizeof(text), "%04u-%02u-%02uT" STR_FMT ".000000000Z", (unsigned)year,
             (unsigned)((at - months) / 3 + 1), (unsigned)day, STR_ARG(clock));
    return utc_read(out, (struct str){text, UTC_TEXT_SIZE});
}

static int say_facts(struct uac *u, struct utc *taken, struct str host, struct err *e)
{
    struct collection_job *c = u->job;
    CLEANUP_BUF struct buf when = {0};
    bool is_stated = read_date(first_line(listing(u, "system/date.txt")), taken);
    int rc = collection_fact(c, "program", STR("UAC"), e);

    if (!is_stated)
        *taken = c->newest;
    if (taken->sec)
        utc_add(&when, *taken);
    if (rc == 0)
        rc = collection_fact(c, "host", host, e);
    if (rc == 0)
        rc = collection_fact(c, "taken", buf_str(&when), e);
    if (rc == 0)
        rc = collection_fact(c, "machine_id", first_line(file_of(u, "etc/machine-id")), e);
    if (rc == 0)
        rc = collection_fact(c, "ended", STR("yes"), e);
    if (rc == 0 && !is_stated && taken->sec)
        rc = collection_missed(c, STR("the time of the collection"), "mapping",
                               "it is not stated in UTC: the newest time of a file in the archive "
                               "is taken for it",
                               e);
    return rc;
}

/* "lrwxrwxrwx 1 root root 0 Nov 25 03:12 /proc/812/exe -> /usr/sbin/sshd (deleted)" */
static void read_programs(struct uac *u)
{
    struct str text = listing(u, "process/running_processes_full_paths.txt");
    size_t room = 0;

    while (text.len) {
        struct str line = str_cut(&text, '\n');
        const char *at = line.len ? memmem(line.p, line.len, " /proc/", 7) : NULL;
        struct str rest = at ? str_from(line, (size_t)(at - line.p) + 7) : STR("");
        uint64_t pid;

        if (!str_u64(str_cut(&rest, '/'), &pid) || !str_starts(rest, "exe -> "))
            continue;
        u->programs = mem_grow(u->programs, u->program_count, &room, sizeof(u->programs[0]));
        u->programs[u->program_count++] = (struct program){pid, str_from(rest, strlen("exe -> "))};
    }
    if (u->program_count)
        qsort(u->programs, u->program_count, sizeof(u->programs[0]), by_pid);
}

static struct str program_of(const struct uac *u, uint64_t pid, bool *is_deleted)
{
    static const char deleted[] = " (deleted)";
    const struct program wanted = {.pid = pid};
    const struct program *found =
        u->program_count ? bsearch(&wanted, u->programs, u->program_count, sizeof(wanted), by_pid)
                         : NULL;
    struct str path = found ? found->path : STR("");

    *is_deleted = str_ends(path, deleted);
    return *is_deleted ? str_head(path, path.len - strlen(deleted)) : path;
}

static struct str base_name(struct str path)
{
    for (size_t i = path.len; i > 0; i--)
        if (path.p[i - 1] == '/')
            return str_from(path, i);
    return path;
}

/* USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND */
static void add_process(struct uac *u, struct doc *d, struct str line, struct str passwd)
{
    enum { USER, PID, CPU, MEM, VSZ, RSS, TTY, STAT, START, TIME, FIELDS };
    struct row_process p = {.parent = ROW_UNKNOWN, .memory = ROW_UNKNOWN};
    struct str fields[FIELDS];
    struct str first;
    uint64_t rss = 1;

    for (size_t i = 0; i < FIELDS; i++)
        fields[i] = field_next(&line);
    p.args = str_trim(line);
    if (!str_u64(fields[PID], &p.pid) || !p.args.len)
        return;
    p.user = fields[USER];
    p.uid = row_uid(passwd, p.user);
    if (str_u64(fields[RSS], &rss) && rss < (uint64_t)1 << 50)
        p.memory = rss * 1024;
    p.program = program_of(u, p.pid, &p.is_deleted);
    p.is_kernel = p.args.p[0] == '[' && str_ends(p.args, "]") && rss == 0 && !p.program.len;
    line = p.args;
    first = field_next(&line);
    p.name = p.is_kernel ? str_head(str_from(p.args, 1), p.args.len - 2) : base_name(first);
    row_process(d, &p);
}

static bool fill_processes(struct uac *u, struct doc *d)
{
    struct str text = listing(u, "process/ps_auxwww.txt");
    struct str passwd = file_of(u, "etc/passwd");

    if (!text.len)
        return false;
    read_programs(u);
    (void)str_cut(&text, '\n');
    while (text.len)
        add_process(u, d, str_cut(&text, '\n'), passwd);
    doc_gap(d, "as ps of the host said it; arguments are parted at spaces");
    return true;
}

/* users:(("sshd",pid=812,fd=3),…) */
static void read_owner(struct str text, struct row_socket *s)
{
    const char *quote = text.p ? memmem(text.p, text.len, "((\"", 3) : NULL;
    const char *pid = text.p ? memmem(text.p, text.len, "pid=", 4) : NULL;
    struct str rest;

    s->pid = s->uid = ROW_UNKNOWN;
    if (quote) {
        rest = str_from(text, (size_t)(quote - text.p) + 3);
        s->program = str_cut(&rest, '"');
    }
    if (pid) {
        rest = str_from(text, (size_t)(pid - text.p) + 4);
        if (!str_u64(str_cut(&rest, ','), &s->pid))
            s->pid = ROW_UNKNOWN;
    }
}

/* "812/sshd: /usr/sbin" of netstat */
static void read_slashed(struct str text, struct row_socket *s)
{
    struct str pid = str_cut(&text, '/');

    s->pid = s->uid = ROW_UNKNOWN;
    if (str_u64(pid, &s->pid))
        s->program = str_trim(text);
    else
        s->pid = ROW_UNKNOWN;
}

static void keep_socket(struct uac *u, const struct row_socket *s)
{
    if (u->socket_count == SOCKET_COUNT)
        return;
    u->sockets = mem_grow(u->sockets, u->socket_count, &u->socket_room, sizeof(u->sockets[0]));
    u->sockets[u->socket_count++] = *s;
}

static const char *state_word(struct str state)
{
    static const struct {
        const char *from, *to;
    } words[] = {
        {"ESTAB", "established"},     {"ESTABLISHED", "established"}, {"SYN-SENT", "syn sent"},
        {"SYN_SENT", "syn sent"},     {"SYN-RECV", "syn received"},   {"SYN_RECV", "syn received"},
        {"FIN-WAIT-1", "fin wait 1"}, {"FIN_WAIT1", "fin wait 1"},    {"FIN-WAIT-2", "fin wait 2"},
        {"FIN_WAIT2", "fin wait 2"},  {"TIME-WAIT", "time wait"},     {"TIME_WAIT", "time wait"},
        {"CLOSE-WAIT", "close wait"}, {"CLOSE_WAIT", "close wait"},   {"LAST-ACK", "last ack"},
        {"LAST_ACK", "last ack"},     {"CLOSING", "closing"}};

    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_is(state, words[i].from))
            return words[i].to;
    return "?";
}

static const char *protocol_word(struct str text)
{
    return str_starts(text, "tcp") ? "TCP" : str_starts(text, "udp") ? "UDP" : NULL;
}

static bool is_listening(struct str state)
{
    return str_is(state, "LISTEN") || str_is(state, "UNCONN");
}

/* Netid State Recv-Q Send-Q Local:Port Peer:Port Process; without Netid where one sort was asked.
 */
static void read_ss(struct uac *u, struct str text, const char *protocol)
{
    while (text.len) {
        struct str line = str_cut(&text, '\n');
        struct row_socket s = {.protocol = protocol};
        struct str state;

        if (!protocol)
            s.protocol = protocol_word(field_next(&line));
        state = field_next(&line);
        (void)field_next(&line);
        (void)field_next(&line);
        if (!s.protocol || !row_endpoint(field_next(&line), &s.local, &s.local_port) ||
            !row_endpoint(field_next(&line), &s.remote, &s.remote_port))
            continue;
        s.state = state_word(state);
        s.is_listener = is_listening(state);
        read_owner(line, &s);
        keep_socket(u, &s);
    }
}

/* Proto Recv-Q Send-Q Local Foreign State PID/Program; UDP has no state where it listens. */
static void read_netstat(struct uac *u, struct str text)
{
    while (text.len) {
        struct str line = str_cut(&text, '\n');
        struct row_socket s = {.protocol = protocol_word(field_next(&line))};
        struct str state = STR("UNCONN");

        (void)field_next(&line);
        (void)field_next(&line);
        if (!s.protocol || !row_endpoint(field_next(&line), &s.local, &s.local_port) ||
            !row_endpoint(field_next(&line), &s.remote, &s.remote_port))
            continue;
        line = str_trim(line);
        if (line.len && line.p[0] >= 'A' && line.p[0] <= 'Z')
            state = field_next(&line);
        s.state = state_word(state);
        s.is_listener = is_listening(state);
        read_slashed(str_trim(line), &s);
        keep_socket(u, &s);
    }
}

static void read_sockets(struct uac *u)
{
    struct str both = listing(u, "network/ss_-anp.txt");
    struct str tcp = listing(u, "network/ss_-tanp.txt");
    struct str udp = listing(u, "network/ss_-uanp.txt");
    struct str netstat = listing(u, "network/netstat_-anp.txt");

    u->has_sockets = both.len || tcp.len || udp.len || netstat.len;
    if (both.len) {
        read_ss(u, both, NULL);
        return;
    }
    read_ss(u, tcp, "TCP");
    read_ss(u, udp, "UDP");
    if (!tcp.len && !udp.len)
        read_netstat(u, netstat);
}

static bool fill_sockets(struct uac *u, struct doc *d, bool listeners)
{
    if (!u->has_sockets)
        return false;
    row_sockets(d, u->sockets, u->socket_count, listeners);
    doc_gap(d, "as ss or netstat of the host said it");
    return true;
}

/* Module Size Used by */
static bool fill_modules(struct uac *u, struct doc *d)
{
    struct str text = listing(u, "system/lsmod.txt");

    if (!text.len)
        text = listing(u, "hardware/lsmod.txt");
    if (!text.len)
        return false;
    while (text.len) {
        struct str line = str_cut(&text, '\n');
        struct str name = field_next(&line);
        uint64_t size;

        if (str_u64(field_next(&line), &size))
            row_module(d, name, size, STR(""));
    }
    doc_gap(d, "as lsmod of the host said it");
    return true;
}

/* SOURCE on POINT type TYPE (OPTIONS) */
static void add_mount(struct doc *d, struct str line)
{
    const char *on = line.len ? memmem(line.p, line.len, " on ", 4) : NULL;
    struct str rest = on ? str_from(line, (size_t)(on - line.p) + 4) : STR("");
    const char *type = rest.len ? memmem(rest.p, rest.len, " type ", 6) : NULL;
    struct str point;
    struct str options;

    if (!type)
        return;
    point = str_head(rest, (size_t)(type - rest.p));
    options = str_from(rest, point.len + 6);
    rest = field_next(&options);
    options = str_trim(options);
    if (options.len > 2 && options.p[0] == '(' && str_ends(options, ")"))
        options = str_head(str_from(options, 1), options.len - 2);
    row_mount(d, point, str_head(line, (size_t)(on - line.p)), rest, options);
}

static bool fill_mounts(struct uac *u, struct doc *d)
{
    struct str text = listing(u, "storage/mount.txt");

    if (!text.len)
        text = listing(u, "system/mount.txt");
    if (!text.len)
        return false;
    while (text.len)
        add_mount(d, str_cut(&text, '\n'));
    doc_gap(d, "as mount of the host said it");
    return true;
}

/* ii  NAME[:ARCHITECTURE]  VERSION  ARCHITECTURE  DESCRIPTION */
static bool fill_packages(struct uac *u, struct doc *d)
{
    struct str text = listing(u, "packages/dpkg_-l.txt");

    if (!text.len || file_of(u, "var/lib/dpkg/status").len)
        return false;
    while (text.len) {
        struct str line = str_cut(&text, '\n');
        struct str state = field_next(&line);
        struct str name = field_next(&line);
        struct str version = field_next(&line);
        struct str architecture = field_next(&line);

        if (state.len < 2 || state.len > 3 || !architecture.len || state.p[0] < 'h' ||
            state.p[0] > 'u')
            continue;
        row_package(d, str_cut(&name, ':'), architecture, version,
                    str_is(state, "ii") ? STR("install ok installed") : state);
    }
    doc_gap(d, "as dpkg of the host said it");
    return true;
}

/* MD5|name|inode|mode|UID|GID|size|atime|mtime|ctime|crtime; a name may hold a bar. */
static bool read_body(struct str line, struct row_file *f)
{
    enum { BEHIND = 9 };
    struct str fields[BEHIND];
    struct str rest = line;
    int64_t when;
    uint64_t n;

    (void)str_cut(&rest, '|');
    for (size_t i = BEHIND; i > 0; i--) {
        size_t at = rest.len;

        while (at && rest.p[at - 1] != '|')
            at--;
        if (!at)
            return false;
        fields[i - 1] = str_from(rest, at);
        rest = str_head(rest, at - 1);
    }
    when = str_u64(fields[6], &n) && n < (uint64_t)1 << 36 ? (int64_t)n : -1;
    *f = (struct row_file){.path = rest,
                           .size = str_u64(fields[4], &n) ? n : ROW_UNKNOWN,
                           .uid = str_u64(fields[2], &n) ? n : ROW_UNKNOWN,
                           .gid = str_u64(fields[3], &n) ? n : ROW_UNKNOWN,
                           .modified = when};
    return row_mode(fields[1], &f->mode);
}

static bool fill_files(struct uac *u, struct doc *d,
                       void (*row)(struct doc *, const struct row_file *))
{
    struct str text = collection_member(u->job, "bodyfile/bodyfile.txt");

    if (!text.len)
        return false;
    while (text.len) {
        struct str line = str_cut(&text, '\n');
        struct row_file f;

        if (read_body(line, &f))
            row(d, &f);
    }
    doc_gap(d, "from the body file, without hashes and capabilities");
    return true;
}

/* Linux HOST RELEASE VERSION… MACHINE GNU/Linux */
static bool fill_system(struct uac *u, struct doc *d)
{
    struct str line = first_line(listing(u, "system/uname_-a.txt"));
    struct str os = file_of(u, "etc/os-release");
    struct str release;

    (void)field_next(&line);
    (void)field_next(&line);
    release = field_next(&line);
    row_value(d, "host name", "value", host_of(u));
    row_kernel(d, release, str_trim(line), STR(""));
    row_value(d, "machine id", "value", first_line(file_of(u, "etc/machine-id")));
    (void)row_os_release(d, os.len ? os : file_of(u, "usr/lib/os-release"));
    doc_gap(d, "hardware and security settings are not read");
    return true;
}

static bool fill(void *context, struct doc *d, const char *section)
{
    struct uac *u = context;

    if (strcmp(section, "system") == 0)
        return fill_system(u, d);
    if (strcmp(section, "process") == 0)
        return fill_processes(u, d);
    if (strcmp(section, "listener") == 0 || strcmp(section, "connection") == 0)
        return fill_sockets(u, d, strcmp(section, "listener") == 0);
    if (strcmp(section, "module") == 0)
        return fill_modules(u, d);
    if (strcmp(section, "mount") == 0)
        return fill_mounts(u, d);
    if (strcmp(section, "package") == 0)
        return fill_packages(u, d);
    if (strcmp(section, "config") == 0)
        return fill_files(u, d, row_config);
    return strcmp(section, "privileged") == 0 && fill_files(u, d, row_privileged);
}

int collection_read_uac(struct collection_job *c, struct err *e)
{
    static const char *const starts[] = {"[root]/"};
    struct uac u = {.job = c};
    struct foreign f = {.collector = "UAC", .fill = fill, .context = &u};
    int rc;

    u.files = collection_host_files(c, starts, COUNT_OF(starts), &u.file_count);
    f.files = u.files;
    f.file_count = u.file_count;
    f.host = host_of(&u);
    read_sockets(&u);
    rc = say_facts(&u, &f.taken, f.host, e);
    if (rc == 0)
        rc = collection_missed(c, STR("the word of the kernel itself"), "mapping",
                               "UAC starts programs of the host: a listing is what these said", e);
    if (rc == 0)
        rc = collect_foreign(&f, collection_document_line, c, e);
    free(u.sockets);
    free(u.programs);
    return rc;
}
