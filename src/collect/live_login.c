/* live_login.c: who is and was logged in, from the records of the C library (utmp(5)) and of
 * systemd. */
#include <arpa/inet.h>
#include <unistd.h>
#include <utmp.h>
#include "collect/live.h"

struct login_lines {
    struct collection *c;
    struct bundle_lines *lines;
};

/* A moment in two numbers, which a damaged record may hold anything in. */
static void put_time(struct json *j, int64_t sec, int64_t us)
{
    if (sec > 0 && sec < (int64_t)1 << 36)
        json_put_utc(
            j, "time",
            (struct utc){.sec = sec, .ns = us >= 0 && us < 1000000 ? (uint32_t)us * 1000 : 0});
}

static void put_field(struct json *j, const char *name, const char *bytes, size_t size)
{
    put_some(j, name, live_text((struct str){bytes, size}));
}

/* An IPv4 address stands in the first of the four words alone. */
static void put_login_address(struct json *j, const int32_t words[4])
{
    bool is_four = !words[1] && !words[2] && !words[3];

    if (words[0] || !is_four)
        live_put_address(j, "address", is_four ? AF_INET : AF_INET6,
                         (struct str){(const char *)words, 16});
}

static void add_record(struct login_lines *l, const char *path, const struct utmp *u)
{
    static const struct live_word types[] = {{EMPTY, "empty"},
                                             {RUN_LVL, "run level"},
                                             {BOOT_TIME, "boot"},
                                             {NEW_TIME, "clock set to"},
                                             {OLD_TIME, "clock set from"},
                                             {INIT_PROCESS, "init"},
                                             {LOGIN_PROCESS, "waits"},
                                             {USER_PROCESS, "login"},
                                             {DEAD_PROCESS, "logout"},
                                             {ACCOUNTING, "accounting"},
                                             {0, NULL}};
    struct json *j = bundle_line_begin(l->lines);

    put_bytes(j, "from", str_of(path));
    live_put_word(j, "type", types, (uint64_t)u->ut_type);
    put_time(j, u->ut_tv.tv_sec, u->ut_tv.tv_usec);
    put_field(j, "user", u->ut_user, sizeof(u->ut_user));
    put_field(j, "terminal", u->ut_line, sizeof(u->ut_line));
    put_field(j, "id", u->ut_id, sizeof(u->ut_id));
    put_field(j, "host", u->ut_host, sizeof(u->ut_host));
    put_login_address(j, u->ut_addr_v6);
    put_i64(j, "pid", u->ut_pid);
    put_i64(j, "session", u->ut_session);
    put_i64(j, "exit", u->ut_exit.e_exit);
    put_i64(j, "signal", u->ut_exit.e_termination);
    live_line_end(l->c, l->lines);
}

/* Reads exactly one record; false at the end, and where the last is cut. */
static bool read_record(struct login_lines *l, const char *path, int fd, void *out, size_t size)
{
    size_t got = 0;

    while (got < size) {
        ssize_t n = read(fd, (char *)out + got, size - got);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            collection_missing(l->c, str_of(path), errno, "%s", strerror(errno));
        else if (n == 0 && got)
            collection_missing(l->c, str_of(path), 0, "its last record is cut");
        if (n <= 0)
            return false;
        got += (size_t)n;
    }
    return true;
}

static int open_records(struct login_lines *l, const char *path)
{
    struct stat st;
    int fd = host_open(&l->c->host, path, O_RDONLY);

    if (fd < 0) {
        if (fd != -ENOENT && fd != -ENOTDIR)
            collection_missing(l->c, str_of(path), -fd, "%s", strerror(-fd));
        return -1;
    }
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        return fd;
    close(fd);
    return -1;
}

static void add_records(struct login_lines *l, const char *path)
{
    CLEANUP_HOST_FD int fd = open_records(l, path);
    struct utmp u;

    while (fd >= 0 && !l->c->status && read_record(l, path, fd, &u, sizeof(u)))
        add_record(l, path, &u);
}

/* Newer systems keep logins in SQLite (wtmpdb, lastlog2), which is taken as it is. */
static void say_database(struct login_lines *l, const char *path)
{
    struct stat st;

    if (host_stat(&l->c->host, path, &st) == 0)
        collection_missing(l->c, str_of(path), 0,
                           "logins are kept in a database here, and are not told one by one; the "
                           "built-in artefact \"logins\" takes it whole");
}

/* Turned over by logrotate: wtmp.1, btmp-20260101; what is compressed is left to the files. */
static void add_logs(struct login_lines *l)
{
    enum { NAME_COUNT = 100000 };
    CLEANUP_NAMES struct names names = {0};
    CLEANUP_BUF struct buf path = {0};

    (void)host_names(&l->c->host, "var/log", &names, NAME_COUNT);
    for (size_t i = 0; i < names.count; i++) {
        struct str name = str_of(names.list[i]);

        if (!str_starts(name, "wtmp") && !str_starts(name, "btmp"))
            continue;
        buf_clear(&path);
        buf_addf(&path, "var/log/%s", names.list[i]);
        if (str_ends(name, "z") || str_ends(name, "z2") || str_ends(name, ".zst"))
            collection_missing(l->c, buf_str(&path), 0,
                               "compressed records are not read here; the built-in artefact "
                               "\"logins\" takes the file whole");
        else if (str_ends(name, ".db"))
            say_database(l, buf_text(&path));
        else
            add_records(l, buf_text(&path));
    }
}

static void add_last(struct login_lines *l, const char *path, uint64_t uid,
                     const struct lastlog *last)
{
    struct json *j;

    if (last->ll_time == 0 && !last->ll_line[0] && !last->ll_host[0])
        return;
    j = bundle_line_begin(l->lines);
    put_bytes(j, "from", str_of(path));
    json_put_text(j, "type", "last login");
    json_put_u64(j, "uid", uid);
    put_time(j, last->ll_time, 0);
    put_field(j, "terminal", last->ll_line, sizeof(last->ll_line));
    put_field(j, "host", last->ll_host, sizeof(last->ll_host));
    live_line_end(l->c, l->lines);
}

/* One record for each user id, the file being sparse: holes are skipped. */
static void add_lastlog(struct login_lines *l, const char *path)
{
    CLEANUP_HOST_FD int fd = open_records(l, path);
    const off_t size = sizeof(struct lastlog);
    struct lastlog last;
    struct stat st;
    off_t off = 0;

    if (fd < 0 || fstat(fd, &st) < 0)
        return;
    while (!l->c->status && off + size <= st.st_size) {
        off_t data = lseek(fd, off, SEEK_DATA);

        if (data < 0 && errno == ENXIO)
            return;
        if (data > off)
            off = data / size * size;
        if (lseek(fd, off, SEEK_SET) < 0 || !read_record(l, path, fd, &last, sizeof(last)))
            return;
        add_last(l, path, (uint64_t)(off / size), &last);
        off += size;
    }
}

/* Lines NAME=VALUE of systemd's own state. */
static void add_sessions(struct login_lines *l, const char *folder, const char *type)
{
    enum { SESSION_COUNT = 20000, SESSION_SIZE = 16 << 10 };
    CLEANUP_NAMES struct names names = {0};
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf text = {0};
    int code = host_names(&l->c->host, folder, &names, SESSION_COUNT);

    if (code < 0 && code != -ENOENT)
        collection_missing(l->c, str_of(folder), -code, "%s", strerror(-code));
    for (size_t i = 0; i < names.count && !l->c->status; i++) {
        struct json *j;

        buf_clear(&path);
        buf_clear(&text);
        buf_addf(&path, "%s/%s", folder, names.list[i]);
        code = host_read(&l->c->host, buf_text(&path), &text, SESSION_SIZE);
        if (code < 0 && code != -EFBIG)
            continue;
        for (size_t k = 0; k < text.len; k++)
            if (text.p[k] == '\n')
                text.p[k] = '\0';
        j = bundle_line_begin(l->lines);
        put_bytes(j, "from", buf_str(&path));
        json_put_text(j, "type", type);
        (void)live_put_strings(j, "values", buf_str(&text), SESSION_SIZE * 6);
        live_line_end(l->c, l->lines);
    }
}

void live_logins(struct collection *c)
{
    struct login_lines l = {.c = c, .lines = live_open(c, "live/login")};

    add_records(&l, "run/utmp");
    add_sessions(&l, "run/systemd/sessions", "session");
    add_sessions(&l, "run/systemd/users", "user");
    add_logs(&l);
    add_lastlog(&l, "var/log/lastlog");
    say_database(&l, "var/lib/wtmpdb/wtmp.db");
    say_database(&l, "var/lib/lastlog/lastlog2.db");
    live_close(c, l.lines);
}
