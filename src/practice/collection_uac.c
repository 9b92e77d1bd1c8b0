/* collection_uac.c: what a UAC archive says of its host, inside the worker
 * (doc/format/collection.md section 2). */
#include <stdlib.h>
#include "practice/collection_foreign.h"
#include "practice/collection_uac_log.h"

struct program {
    uint64_t pid;
    struct str path;
};

struct uac {
    struct program *programs; /* sorted by pid */
    size_t program_count;
    bool has_programs; /* they were looked for */
    struct uac_log log;
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

static struct str listing(const struct foreign_reading *r, const char *name)
{
    CLEANUP_BUF struct buf path = {0};

    if (strcmp(name, "bodyfile.txt") == 0)
        return collection_member(r->job, "bodyfile/bodyfile.txt");
    buf_addf(&path, "live_response/%s", name);
    return collection_member(r->job, buf_text(&path));
}

static bool each_line(struct foreign_reading *r, struct doc *d, const struct foreign_mapping *m)
{
    struct str text = listing(r, m->from);

    if (!text.len)
        return false;
    while (text.len)
        m->take(r, d, &(struct foreign_row){.line = str_cut(&text, '\n')});
    return true;
}

static struct str host_of(const struct foreign_reading *r)
{
    static const char *const names[] = {"network/hostname.txt", "network/uname_-n.txt"};
    const struct uac *u = r->own;
    struct str line;

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if ((line = first_line(listing(r, names[i]))).len)
            return line;
    line = first_line(listing(r, "system/uname_-a.txt"));
    (void)str_field(&line);
    line = str_field(&line);
    if (!line.len)
        line = u->log.host;
    return line.len ? line : first_line(foreign_file(r, "etc/hostname"));
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

    (void)str_field(&line);
    month = str_field(&line);
    if (!str_u64(str_field(&line), &day) || day > 31 || month.len != 3)
        return false;
    clock = str_field(&line);
    zone = str_field(&line);
    if (!(str_is(zone, "UTC") || str_is(zone, "GMT")) || clock.len != 8 ||
        !str_u64(str_field(&line), &year) || year > 9999)
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

/* "lrwxrwxrwx 1 root root 0 Nov 25 03:12 /proc/812/exe -> /usr/sbin/sshd (deleted)" */
static void read_programs(struct foreign_reading *r)
{
    struct uac *u = r->own;
    struct str text = listing(r, "process/running_processes_full_paths.txt");
    size_t room = 0;

    if (u->has_programs)
        return;
    u->has_programs = true;
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

static struct str program_of(struct foreign_reading *r, uint64_t pid, bool *is_deleted)
{
    const struct uac *u = r->own;
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
static void take_process(struct foreign_reading *r, struct doc *d, const struct foreign_row *row)
{
    enum { USER, PID, CPU, MEM, VSZ, RSS, TTY, STAT, START, TIME, FIELDS };
    struct row_process p = {.parent = ROW_UNKNOWN, .memory = ROW_UNKNOWN};
    struct str fields[FIELDS];
    struct str line = row->line;
    struct str first;
    uint64_t rss = 1;

    read_programs(r);
    for (size_t i = 0; i < FIELDS; i++)
        fields[i] = str_field(&line);
    p.args = str_trim(line);
    if (!str_u64(fields[PID], &p.pid) || !p.args.len)
        return;
    p.user = fields[USER];
    p.uid = row_uid(foreign_file(r, "etc/passwd"), p.user);
    if (str_u64(fields[RSS], &rss) && rss < (uint64_t)1 << 50)
        p.memory = rss * 1024;
    p.program = program_of(r, p.pid, &p.is_deleted);
    p.is_kernel = p.args.p[0] == '[' && str_ends(p.args, "]") && rss == 0 && !p.program.len;
    line = p.args;
    first = str_field(&line);
    p.name = p.is_kernel ? str_head(str_from(p.args, 1), p.args.len - 2) : base_name(first);
    row_process(d, &p);
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

static const char *protocol_word(struct str text)
{
    return str_starts(text, "tcp") ? "TCP" : str_starts(text, "udp") ? "UDP" : NULL;
}

/* Netid State Recv-Q Send-Q Local:Port Peer:Port Process; without Netid where one sort was asked.
 */
static void take_ss(struct foreign_reading *r, struct str line, const char *protocol)
{
    struct row_socket s = {.protocol = protocol};

    if (!protocol)
        s.protocol = protocol_word(str_field(&line));
    s.state = row_state(str_field(&line));
    (void)str_field(&line);
    (void)str_field(&line);
    if (!s.protocol || !row_endpoint(str_field(&line), &s.local, &s.local_port) ||
        !row_endpoint(str_field(&line), &s.remote, &s.remote_port))
        return;
    read_owner(line, &s);
    foreign_socket(r, &s);
}

static void take_ss_all(struct foreign_reading *r, struct doc *d, const struct foreign_row *row)
{
    (void)d;
    take_ss(r, row->line, NULL);
}

static void take_ss_tcp(struct foreign_reading *r, struct doc *d, const struct foreign_row *row)
{
    (void)d;
    take_ss(r, row->line, "TCP");
}

static void take_ss_udp(struct foreign_reading *r, struct doc *d, const struct foreign_row *row)
{
    (void)d;
    take_ss(r, row->line, "UDP");
}

/* Proto Recv-Q Send-Q Local Foreign State PID/Program; UDP has no state where it listens. */
static void take_netstat(struct foreign_reading *r, struct doc *d, const struct foreign_row *row)
{
    struct str line = row->line;
    struct row_socket s = {.protocol = protocol_word(str_field(&line)), .state = ROW_LISTENS};

    (void)d;
    (void)str_field(&line);
    (void)str_field(&line);
    if (!s.protocol || !row_endpoint(str_field(&line), &s.local, &s.local_port) ||
        !row_endpoint(str_field(&line), &s.remote, &s.remote_port))
        return;
    line = str_trim(line);
    if (line.len && line.p[0] >= 'A' && line.p[0] <= 'Z')
        s.state = row_state(str_field(&line));
    read_slashed(str_trim(line), &s);
    foreign_socket(r, &s);
}

/* Module Size Used by; /proc/modules begins its lines alike. */
static void take_module(struct foreign_reading *r, struct doc *d, const struct foreign_row *row)
{
    struct str line = row->line;
    struct str name = str_field(&line);
    uint64_t size;

    (void)r;
    if (str_u64(str_field(&line), &size))
        row_module(d, name, size, STR(""));
}

/* SOURCE on POINT type TYPE (OPTIONS) */
static void take_mount(struct foreign_reading *r, struct doc *d, const struct foreign_row *row)
{
    struct str line = row->line;
    const char *on = line.len ? memmem(line.p, line.len, " on ", 4) : NULL;
    struct str rest = on ? str_from(line, (size_t)(on - line.p) + 4) : STR("");
    const char *type = rest.len ? memmem(rest.p, rest.len, " type ", 6) : NULL;
    struct str point;
    struct str options;

    (void)r;
    if (!type)
        return;
    point = str_head(rest, (size_t)(type - rest.p));
    options = str_from(rest, point.len + 6);
    rest = str_field(&options);
    options = str_trim(options);
    if (options.len > 2 && options.p[0] == '(' && str_ends(options, ")"))
        options = str_head(str_from(options, 1), options.len - 2);
    row_mount(d, point, str_head(line, (size_t)(on - line.p)), rest, options);
}

/* ii  NAME[:ARCHITECTURE]  VERSION  ARCHITECTURE  DESCRIPTION */
static void take_dpkg(struct foreign_reading *r, struct doc *d, const struct foreign_row *row)
{
    struct str line = row->line;
    struct str state = str_field(&line);
    struct str name = str_field(&line);
    struct str version = str_field(&line);
    struct str architecture = str_field(&line);

    (void)r;
    if (state.len < 2 || state.len > 3 || !architecture.len || state.p[0] < 'h' || state.p[0] > 'u')
        return;
    row_package(d, str_cut(&name, ':'), architecture, version,
                str_is(state, "ii") ? STR("install ok installed") : state);
}

/* What stands behind the last sign of a text, taken off it; the whole is left where it has none. */
static struct str cut_last(struct str *text, char sign)
{
    const char *at = text->len ? memrchr(text->p, sign, text->len) : NULL;
    struct str behind = at ? str_from(*text, (size_t)(at - text->p) + 1) : STR("");

    if (at)
        *text = str_head(*text, (size_t)(at - text->p));
    return behind;
}

/* NAME-VERSION-RELEASE.ARCHITECTURE */
static void take_rpm(struct foreign_reading *r, struct doc *d, const struct foreign_row *row)
{
    struct str whole = str_trim(row->line);
    struct str architecture = cut_last(&whole, '.');
    struct str name = whole;
    struct str version;

    (void)r;
    (void)cut_last(&name, '-');
    (void)cut_last(&name, '-');
    version = str_from(whole, name.len + 1);
    if (architecture.len && name.len && version.len)
        row_package(d, name, architecture, version, STR("installed"));
}

/* "/etc/mtab -> ../proc/self/mounts" */
static struct str link_itself(struct str name)
{
    const char *at = name.len ? memmem(name.p, name.len, " -> ", 4) : NULL;

    return at ? str_head(name, (size_t)(at - name.p)) : name;
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
    if (str_starts(fields[1], "l"))
        rest = link_itself(rest);
    *f = (struct row_file){.path = rest,
                           .size = str_u64(fields[4], &n) ? n : ROW_UNKNOWN,
                           .uid = str_u64(fields[2], &n) ? n : ROW_UNKNOWN,
                           .gid = str_u64(fields[3], &n) ? n : ROW_UNKNOWN,
                           .modified = when};
    return row_mode(fields[1], &f->mode);
}

static void take_config(struct foreign_reading *r, struct doc *d, const struct foreign_row *row)
{
    struct row_file f;

    (void)r;
    if (read_body(row->line, &f))
        row_config(d, &f);
}

static void take_privileged(struct foreign_reading *r, struct doc *d, const struct foreign_row *row)
{
    struct row_file f;

    (void)r;
    if (read_body(row->line, &f))
        row_privileged(d, &f);
}

/* Linux HOST RELEASE VERSION… MACHINE GNU/Linux */
static void take_system(struct foreign_reading *r, struct doc *d, const struct foreign_row *row)
{
    struct str line = first_line(listing(r, "system/uname_-a.txt"));
    struct str os = foreign_file(r, "etc/os-release");
    struct str release;

    (void)row;
    (void)str_field(&line);
    (void)str_field(&line);
    release = str_field(&line);
    row_value(d, "host name", "value", host_of(r));
    row_kernel(d, release, str_trim(line), STR(""));
    row_value(d, "machine id", "value", first_line(foreign_file(r, "etc/machine-id")));
    (void)row_os_release(d, os.len ? os : foreign_file(r, "usr/lib/os-release"));
}

static const char by_sockets[] = "as ss or netstat of the host said it";
static const char by_lsmod[] = "as lsmod of the host said it";
static const char by_mount[] = "as mount of the host said it";
static const char by_body[] = "from the body file, without hashes and capabilities";

static const struct foreign_mapping mappings[] = {
    {"system", NULL, take_system, "hardware and security settings are not read", NULL, false},
    {"process", "process/ps_auxwww.txt", take_process,
     "as ps of the host said it; arguments are parted at spaces", NULL, false},
    {"socket", "network/ss_-anp.txt", take_ss_all, by_sockets, NULL, false},
    {"socket", "network/ss_-tanp.txt", take_ss_tcp, by_sockets, NULL, false},
    {"socket", "network/ss_-uanp.txt", take_ss_udp, by_sockets, NULL, true},
    {"socket", "network/netstat_-anp.txt", take_netstat, by_sockets, NULL, false},
    {"module", "process/proc/modules.txt", take_module, "as cat of the host said it", NULL, false},
    {"module", "system/lsmod.txt", take_module, by_lsmod, NULL, false},
    {"module", "hardware/lsmod.txt", take_module, by_lsmod, NULL, false},
    {"mount", "storage/mount.txt", take_mount, by_mount, NULL, false},
    {"mount", "system/mount.txt", take_mount, by_mount, NULL, false},
    {"package", "packages/dpkg_-l.txt", take_dpkg, "as dpkg of the host said it",
     "var/lib/dpkg/status", false},
    {"package", "packages/rpm_-q_-a.txt", take_rpm, "as rpm of the host said it",
     "var/lib/dpkg/status", false},
    {"config", "bodyfile.txt", take_config, by_body, NULL, false},
    {"privileged", "bodyfile.txt", take_privileged, by_body, NULL, false},
};

static int tell(struct foreign_reading *r, struct err *e)
{
    const struct uac *u = r->own;
    struct foreign_facts facts = {.program = u->log.program.len ? u->log.program : STR("UAC"),
                                  .host = host_of(r),
                                  .profile = u->log.profile,
                                  .taken = u->log.started,
                                  .has_ended = u->log.has_ended || !u->log.started.sec};
    int rc;

    if (!facts.taken.sec)
        (void)read_date(first_line(listing(r, "system/date.txt")), &facts.taken);
    rc = foreign_tell_facts(r, &facts, e);
    if (rc == 0)
        rc = collection_missed(r->job, STR("the word of the kernel itself"), "mapping",
                               "UAC starts programs of the host: a listing is what these said", e);
    if (rc == 0)
        rc = uac_log_tell(&u->log, r->job, e);
    return rc ? rc : foreign_tell_state(r, &facts, e);
}

int collection_read_uac(struct collection_job *c, struct err *e)
{
    struct uac u = {0};
    struct foreign_reading r = {.job = c,
                                .collector = "UAC",
                                .mappings = mappings,
                                .mapping_count = COUNT_OF(mappings),
                                .each = each_line,
                                .own = &u};
    int rc;

    if (c->is_encrypted)
        return collection_fact(c, "encryption", STR("password"), e);
    foreign_begin(&r);
    uac_log_read(&u.log, r.job);
    rc = tell(&r, e);
    foreign_release(&r);
    free(u.programs);
    return rc;
}
