/* collection_rows.c: lines of a snapshot made of what listings say. */
#include "practice/collection_rows.h"
#include <sys/stat.h>
#include "base/mem.h"

uint64_t row_uid(struct str passwd, struct str user)
{
    uint64_t uid;

    while (passwd.len) {
        struct str line = str_cut(&passwd, '\n');

        if (!str_eq(str_cut(&line, ':'), user))
            continue;
        (void)str_cut(&line, ':');
        return str_u64(str_cut(&line, ':'), &uid) ? uid : ROW_UNKNOWN;
    }
    return str_u64(user, &uid) ? uid : str_is(user, "root") ? 0 : ROW_UNKNOWN;
}

static void put_number(struct json *j, const char *name, uint64_t n)
{
    if (n != ROW_UNKNOWN)
        json_put_u64(j, name, n);
}

static void put_args(struct json *j, struct str args)
{
    struct str one;

    json_name(j, "args");
    json_array_begin(j);
    while ((one = str_field(&args)).len)
        json_str(j, one);
    json_array_end(j);
}

static void process_key(struct buf *key, const struct row_process *p)
{
    if (p->program.len) {
        buf_addstr(key, p->program);
    } else {
        buf_addc(key, p->is_kernel ? '[' : '(');
        buf_addstr(key, p->name);
        buf_addc(key, p->is_kernel ? ']' : ')');
    }
    if (p->is_kernel)
        return;
    buf_adds(key, " [");
    buf_addstr(key, p->args);
    buf_adds(key, "]");
    if (p->uid != ROW_UNKNOWN)
        buf_addf(key, " uid %llu", (unsigned long long)p->uid);
    else
        buf_addf(key, " user " STR_FMT, STR_ARG(p->user));
}

void row_process(struct doc *d, const struct row_process *p)
{
    CLEANUP_BUF struct buf key = {0};
    struct json *j;

    process_key(&key, p);
    j = doc_row_begin(d, buf_str(&key));
    put_number(j, "pid", p->pid);
    put_number(j, "parent", p->parent);
    put_number(j, "uid", p->uid);
    put_some(j, "user", p->user);
    json_put_text(j, "kind", p->is_kernel ? "kernel" : "user");
    put_bytes(j, "name", p->name);
    if (!p->is_kernel)
        put_args(j, p->args);
    if (p->program.len) {
        put_bytes(j, "program", p->program);
        json_put_bool(j, "deleted", p->is_deleted);
    }
    put_number(j, "memory", p->memory);
    doc_row_end(d);
}

bool row_endpoint(struct str text, struct str *address, uint64_t *port)
{
    size_t at = text.len;

    while (at && text.p[at - 1] != ':')
        at--;
    if (at < 2)
        return false;
    *address = str_head(text, at - 1);
    text = str_from(text, at);
    if (str_is(text, "*"))
        *port = 0;
    else if (!str_u64(text, port) || *port > UINT16_MAX)
        return false;
    if (address->len > 2 && address->p[0] == '[' && str_ends(*address, "]"))
        *address = str_head(str_from(*address, 1), address->len - 2);
    return true;
}

const char *row_state(struct str state)
{
    /* As ss, netstat and Velociraptor write them; letters of either case, "-" and "_" as a space.
     */
    static const struct {
        const char *from, *to;
    } words[] = {
        {"estab", "established"},     {"established", "established"}, {"syn sent", "syn sent"},
        {"syn recv", "syn received"}, {"fin wait 1", "fin wait 1"},   {"fin wait1", "fin wait 1"},
        {"fin wait 2", "fin wait 2"}, {"fin wait2", "fin wait 2"},    {"time wait", "time wait"},
        {"close wait", "close wait"}, {"last ack", "last ack"},       {"closing", "closing"},
        {"close", "closed"},          {"listen", ROW_LISTENS},        {"listening", ROW_LISTENS},
        {"unconn", ROW_LISTENS}};
    char plain[16] = "";

    if (state.len >= sizeof(plain))
        return "?";
    for (size_t i = 0; i < state.len; i++) {
        char c = state.p[i];

        plain[i] = c == '-' || c == '_' ? ' ' : c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcmp(plain, words[i].from) == 0)
            return words[i].to;
    return "?";
}

static bool listens(const struct row_socket *s)
{
    return strcmp(s->state, ROW_LISTENS) == 0;
}

static bool is_everywhere(struct str address)
{
    return str_is(address, "0.0.0.0") || str_is(address, "::") || str_is(address, "*");
}

static void add_endpoint(struct buf *out, struct str address, uint64_t port)
{
    bool is_six = address.len && memchr(address.p, ':', address.len);

    buf_addf(out, is_six ? "[" STR_FMT "]:%llu" : STR_FMT ":%llu", STR_ARG(address),
             (unsigned long long)port);
}

static void put_owner(struct json *j, const struct row_socket *s)
{
    put_number(j, "uid", s->uid);
    put_some(j, "program", s->program);
    json_name(j, "pids");
    json_array_begin(j);
    if (s->pid != ROW_UNKNOWN)
        json_u64(j, s->pid);
    json_array_end(j);
}

static void add_listener(struct doc *d, const struct row_socket *s)
{
    CLEANUP_BUF struct buf key = {0};
    struct json *j;

    buf_addf(&key, "%s ", s->protocol);
    add_endpoint(&key, s->local, s->local_port);
    j = doc_row_begin(d, buf_str(&key));
    json_put_text(j, "protocol", s->protocol);
    put_bytes(j, "address", s->local);
    json_put_u64(j, "port", s->local_port);
    json_put_bool(j, "everywhere", is_everywhere(s->local));
    put_owner(j, s);
    doc_row_end(d);
}

/* One bit for each port that is listened on. */
struct listened {
    uint8_t tcp[65536 / 8];
    uint8_t udp[65536 / 8];
};

static uint8_t *byte_of(struct listened *l, const struct row_socket *s)
{
    return (s->protocol[0] == 'T' ? l->tcp : l->udp) + s->local_port / 8;
}

static bool is_listened(struct listened *l, const struct row_socket *s)
{
    return *byte_of(l, s) & 1u << s->local_port % 8;
}

static void add_connection(struct doc *d, const struct row_socket *s, bool inbound)
{
    CLEANUP_BUF struct buf key = {0};
    struct json *j;

    buf_addf(&key, inbound ? "%s " : "%s to ", s->protocol);
    if (inbound) {
        add_endpoint(&key, s->local, s->local_port);
        buf_addf(&key, " from " STR_FMT, STR_ARG(s->remote));
    } else {
        add_endpoint(&key, s->remote, s->remote_port);
        buf_adds(&key, " by ");
        buf_addstr(&key, s->program.len ? s->program : STR("no program seen"));
    }
    j = doc_row_begin(d, buf_str(&key));
    json_put_text(j, "protocol", s->protocol);
    json_put_text(j, "direction", inbound ? "in" : "out");
    put_bytes(j, "local", s->local);
    json_put_u64(j, "local_port", s->local_port);
    put_bytes(j, "remote", s->remote);
    json_put_u64(j, "remote_port", s->remote_port);
    json_put_text(j, "state", s->state);
    put_owner(j, s);
    doc_row_end(d);
}

void row_sockets(struct doc *d, const struct row_socket *sockets, size_t count, bool listeners)
{
    CLEANUP_FREE struct listened *listened = mem_new(struct listened);

    for (size_t i = 0; i < count; i++)
        if (listens(&sockets[i]))
            *byte_of(listened, &sockets[i]) |= (uint8_t)(1u << sockets[i].local_port % 8);
    for (size_t i = 0; i < count; i++) {
        if (listens(&sockets[i]) != listeners)
            continue;
        if (listeners)
            add_listener(d, &sockets[i]);
        else
            add_connection(d, &sockets[i], is_listened(listened, &sockets[i]));
    }
}

void row_module(struct doc *d, struct str name, uint64_t size, struct str state)
{
    struct json *j = doc_row_begin(d, name);

    put_number(j, "size", size);
    put_some(j, "state", state);
    doc_row_end(d);
}

void row_mount(struct doc *d, struct str point, struct str source, struct str type,
               struct str options)
{
    struct json *j = doc_row_begin(d, point);

    put_bytes(j, "point", point);
    put_some(j, "source", source);
    put_some(j, "type", type);
    put_some(j, "options", options);
    doc_row_end(d);
}

void row_package(struct doc *d, struct str name, struct str architecture, struct str version,
                 struct str status)
{
    CLEANUP_BUF struct buf key = {0};
    struct json *j;

    buf_addstr(&key, name);
    buf_addc(&key, ':');
    buf_addstr(&key, architecture);
    j = doc_row_begin(d, buf_str(&key));
    put_bytes(j, "name", name);
    put_bytes(j, "architecture", architecture);
    put_some(j, "version", version);
    put_bytes(j, "status", status);
    doc_row_end(d);
}

bool row_mode(struct str text, uint32_t *out)
{
    static const char letters[] = "rwxrwxrwx";
    uint32_t mode = 0;

    if (text.len < 10)
        return false;
    mode = text.p[0] == 'd' ? S_IFDIR : text.p[0] == 'l' ? S_IFLNK : text.p[0] == '-' ? S_IFREG : 0;
    for (size_t i = 0; i < 9; i++) {
        char c = text.p[i + 1];
        uint32_t special = i == 2 ? S_ISUID : i == 5 ? S_ISGID : i == 8 ? S_ISVTX : 0;

        if (c == letters[i] || c == 's' || c == 't')
            mode |= 0400u >> i;
        else if (c != '-' && c != 'S' && c != 'T')
            return false;
        if (c == 's' || c == 'S' || c == 't' || c == 'T')
            mode |= special;
    }
    *out = mode;
    return true;
}

static void put_file(struct json *j, const struct row_file *f)
{
    char mode[8];

    json_put_text(j, "kind",
                  S_ISREG(f->mode)   ? "file"
                  : S_ISDIR(f->mode) ? "folder"
                  : S_ISLNK(f->mode) ? "link"
                                     : "other");
    if (S_ISREG(f->mode))
        put_number(j, "size", f->size);
    snprintf(mode, sizeof(mode), "%04o", f->mode & 07777u);
    json_put_text(j, "mode", mode);
    put_number(j, "uid", f->uid);
    put_number(j, "gid", f->gid);
    if (f->modified >= 0 && f->modified < (int64_t)1 << 36)
        json_put_utc(j, "modified", (struct utc){.sec = f->modified});
}

void row_config(struct doc *d, const struct row_file *f)
{
    struct json *j;

    if (!str_starts(f->path, "/etc/"))
        return;
    j = doc_row_begin(d, f->path);
    put_file(j, f);
    doc_row_end(d);
}

static bool is_program_folder(struct str path)
{
    static const char *const folders[] = {"/bin/",   "/sbin/",  "/lib/",
                                          "/lib32/", "/lib64/", "/libexec/"};

    if (str_starts(path, "/usr/local/"))
        return true;
    if (str_starts(path, "/usr/"))
        path = str_from(path, strlen("/usr"));
    for (size_t i = 0; i < COUNT_OF(folders); i++)
        if (str_starts(path, folders[i]))
            return true;
    return false;
}

void row_privileged(struct doc *d, const struct row_file *f)
{
    bool is_file = S_ISREG(f->mode);
    bool setuid = is_file && (f->mode & S_ISUID);
    bool setgid = is_file && (f->mode & S_ISGID);
    bool writable =
        (f->mode & S_IWOTH) && !S_ISLNK(f->mode) && !(S_ISDIR(f->mode) && (f->mode & S_ISVTX));
    struct json *j;

    if (!is_program_folder(f->path) || !(setuid || setgid || writable))
        return;
    j = doc_row_begin(d, f->path);
    put_file(j, f);
    json_name(j, "why");
    json_array_begin(j);
    if (setuid)
        json_text(j, "setuid");
    if (setgid)
        json_text(j, "setgid");
    if (writable)
        json_text(j, "world-writable");
    json_array_end(j);
    doc_row_end(d);
}

void row_value(struct doc *d, const char *key, const char *name, struct str value)
{
    if (!value.len)
        return;
    put_bytes(doc_row_text(d, key), name, value);
    doc_row_end(d);
}

void row_kernel(struct doc *d, struct str release, struct str version, struct str machine)
{
    struct json *j;

    if (!release.len)
        return;
    j = doc_row_text(d, "kernel");
    put_bytes(j, "release", release);
    put_some(j, "version", version);
    put_some(j, "machine", machine);
    doc_row_end(d);
}

static struct str unquote(struct str s)
{
    s = str_trim(s);
    return s.len >= 2 && s.p[0] == '"' && str_ends(s, "\"") ? str_head(str_from(s, 1), s.len - 2)
                                                            : s;
}

bool row_os_release(struct doc *d, struct str text)
{
    static const struct {
        const char *from, *to;
    } names[] = {{"ID", "id"}, {"PRETTY_NAME", "name"}, {"VERSION_ID", "version"}};
    struct json *j;

    if (!text.len)
        return false;
    j = doc_row_text(d, "operating system");
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct str rest = text;

        while (rest.len) {
            struct str line = str_cut(&rest, '\n');

            if (!str_is(str_cut(&line, '='), names[i].from))
                continue;
            put_some(j, names[i].to, unquote(line));
            break;
        }
    }
    doc_row_end(d);
    return true;
}
