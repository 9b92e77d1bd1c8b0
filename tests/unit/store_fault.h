/* store_fault.h: a layer between SQLite and the disk that fails, kills, or loses power at a chosen
 * operation. For forked children: it stays registered. */
#pragma once
#include <signal.h>
#include <sqlite3.h>
#include "store_case.h"

enum fault_kind {
    FAULT_NONE,
    FAULT_IO,   /* the operation fails, halfway if it is a write */
    FAULT_FULL, /* the same for want of space */
    FAULT_READ, /* a read, or a question for the size, fails; these alone are counted */
    FAULT_KILL  /* the process is killed, halfway if it is a write */
};

enum { REDACTED_SIZE = 3000 };

static struct fault {
    enum fault_kind kind;
    long at;     /* the operation that it happens to; counted from 1 */
    long count;  /* operations so far: writes, syncs, cuts, creations, removals; or reads */
    bool sticks; /* all later operations fail too */
    bool happened;
    int number;      /* the errno of the operation that fails, where it is no other */
    int no_writer;   /* SQLite's result for who opens the database to write; 0: it may be */
    bool has_no_shm; /* the file system cannot share memory between processes */
    const char
        *durable; /* a folder in which each file is kept as it was at its last sync, or NULL */
    sqlite3_vfs *real;
} fault;

struct fault_file {
    sqlite3_file base;
    const char *path; /* NULL for a temporary file */
    sqlite3_file *real;
};

#define REAL(file) (((struct fault_file *)(file))->real)

/* Whether the operation that begins now fails. */
static bool fault_strikes_one(bool is_read)
{
    if (is_read != (fault.kind == FAULT_READ))
        return false;
    fault.count++;
    if (fault.kind == FAULT_NONE || (fault.count != fault.at && !(fault.happened && fault.sticks)))
        return false;
    fault.happened = true;
    return true;
}

static bool fault_strikes(void)
{
    return fault_strikes_one(false);
}

static int fault_result(int io)
{
    if (fault.kind == FAULT_KILL)
        raise(SIGKILL);
    return fault.kind == FAULT_FULL ? SQLITE_FULL : io;
}

static int fault_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 off)
{
    if (!fault_strikes())
        return REAL(file)->pMethods->xWrite(REAL(file), bytes, size, off);
    REAL(file)->pMethods->xWrite(REAL(file), bytes, size / 2, off);
    return fault_result(SQLITE_IOERR_WRITE);
}

/* Keeps the file as the disk has it for sure, under its own name in the durable folder. */
static void fault_keep(struct fault_file *f)
{
    char path[256];
    static char bytes[1 << 16];
    sqlite3_int64 size = 0;
    FILE *out;

    if (!fault.durable || !f->path)
        return;
    snprintf(path, sizeof(path), "%s%s", fault.durable, strrchr(f->path, '/'));
    out = fopen(path, "wb");
    f->real->pMethods->xFileSize(f->real, &size);
    for (sqlite3_int64 off = 0; out && off < size; off += (int)sizeof(bytes)) {
        int part = size - off < (int)sizeof(bytes) ? (int)(size - off) : (int)sizeof(bytes);

        f->real->pMethods->xRead(f->real, bytes, part, off);
        fwrite(bytes, 1, (size_t)part, out);
    }
    if (!out || fclose(out))
        abort();
}

static int fault_sync(sqlite3_file *file, int flags)
{
    int rc;

    if (fault_strikes())
        return fault_result(SQLITE_IOERR_FSYNC);
    rc = REAL(file)->pMethods->xSync(REAL(file), flags);
    if (rc == SQLITE_OK)
        fault_keep((struct fault_file *)file);
    return rc;
}

static int fault_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    if (fault_strikes())
        return fault_result(SQLITE_IOERR_TRUNCATE);
    return REAL(file)->pMethods->xTruncate(REAL(file), size);
}

static int fault_close(sqlite3_file *file)
{
    int rc = REAL(file)->pMethods->xClose(REAL(file));

    free(REAL(file));
    return rc;
}

static int fault_read(sqlite3_file *file, void *p, int size, sqlite3_int64 off)
{
    if (fault_strikes_one(true))
        return SQLITE_IOERR_CORRUPTFS; /* as SQLite's own layer says for EIO */
    return REAL(file)->pMethods->xRead(REAL(file), p, size, off);
}

static int fault_size(sqlite3_file *file, sqlite3_int64 *size)
{
    if (fault_strikes_one(true))
        return SQLITE_IOERR_FSTAT;
    return REAL(file)->pMethods->xFileSize(REAL(file), size);
}

/* A file says why it failed when it is asked. */
static int fault_control(sqlite3_file *file, int op, void *p)
{
    if (op == SQLITE_FCNTL_LAST_ERRNO && fault.happened) {
        *(int *)p = fault.number || fault.kind != FAULT_READ ? fault.number : EIO;
        return SQLITE_OK;
    }
    return REAL(file)->pMethods->xFileControl(REAL(file), op, p);
}

#define PASS(name, parameters, arguments)                                                          \
    static int fault_##name parameters                                                             \
    {                                                                                              \
        return REAL(file)->pMethods->x##name arguments;                                            \
    }
PASS(Lock, (sqlite3_file * file, int lock), (REAL(file), lock))
PASS(Unlock, (sqlite3_file * file, int lock), (REAL(file), lock))
PASS(CheckReservedLock, (sqlite3_file * file, int *out), (REAL(file), out))
PASS(SectorSize, (sqlite3_file * file), (REAL(file)))
PASS(DeviceCharacteristics, (sqlite3_file * file), (REAL(file)))
PASS(ShmLock, (sqlite3_file * file, int off, int n, int flags), (REAL(file), off, n, flags))
PASS(ShmUnmap, (sqlite3_file * file, int del), (REAL(file), del))

static int fault_ShmMap(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    if (extend && fault_strikes())
        return fault_result(SQLITE_IOERR_SHMMAP);
    return REAL(file)->pMethods->xShmMap(REAL(file), page, size, extend, out);
}

static void fault_ShmBarrier(sqlite3_file *file)
{
    REAL(file)->pMethods->xShmBarrier(REAL(file));
}

static const sqlite3_io_methods fault_methods = {
    .iVersion = 2, /* no memory mapping: it would go past us */
    .xClose = fault_close,
    .xRead = fault_read,
    .xWrite = fault_write,
    .xTruncate = fault_truncate,
    .xSync = fault_sync,
    .xFileSize = fault_size,
    .xLock = fault_Lock,
    .xUnlock = fault_Unlock,
    .xCheckReservedLock = fault_CheckReservedLock,
    .xFileControl = fault_control,
    .xSectorSize = fault_SectorSize,
    .xDeviceCharacteristics = fault_DeviceCharacteristics,
    .xShmMap = fault_ShmMap,
    .xShmLock = fault_ShmLock,
    .xShmBarrier = fault_ShmBarrier,
    .xShmUnmap = fault_ShmUnmap,
};

static sqlite3_io_methods fault_methods_without_shm;

static int fault_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out)
{
    struct fault_file *f = (struct fault_file *)file;
    int rc;

    (void)vfs;
    f->base.pMethods = NULL;
    if ((flags & SQLITE_OPEN_CREATE) && fault_strikes())
        return fault_result(SQLITE_CANTOPEN);
    if (fault.no_writer && (flags & SQLITE_OPEN_MAIN_DB) && (flags & SQLITE_OPEN_READWRITE))
        return fault.no_writer;
    f->path = path;
    f->real = mem_alloc((size_t)fault.real->szOsFile);
    rc = fault.real->xOpen(fault.real, path, f->real, flags, out);
    if (rc == SQLITE_OK)
        f->base.pMethods = fault.has_no_shm ? &fault_methods_without_shm : &fault_methods;
    else
        free(f->real);
    return rc;
}

static int fault_delete(sqlite3_vfs *vfs, const char *path, int sync)
{
    (void)vfs;
    if (fault_strikes())
        return fault_result(SQLITE_IOERR_DELETE);
    return fault.real->xDelete(fault.real, path, sync);
}

static UNUSED void fault_install(void)
{
    static sqlite3_vfs vfs;

    fault.real = sqlite3_vfs_find(NULL);
    fault_methods_without_shm = fault_methods;
    fault_methods_without_shm.iVersion = 1;
    vfs = *fault.real;
    vfs.pNext = NULL;
    vfs.zName = "fault";
    vfs.szOsFile = (int)sizeof(struct fault_file);
    vfs.xOpen = fault_open;
    vfs.xDelete = fault_delete;
    if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK)
        abort();
}

/* SQLite's allocations, of which one fails. */
static struct {
    sqlite3_mem_methods real;
    long at;
    long count;
} memory;

static void *memory_alloc(int size)
{
    return ++memory.count == memory.at ? NULL : memory.real.xMalloc(size);
}

static void *memory_resize(void *old, int size)
{
    return ++memory.count == memory.at ? NULL : memory.real.xRealloc(old, size);
}

static UNUSED void memory_install(long at)
{
    sqlite3_mem_methods methods;

    sqlite3_shutdown();
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory.real);
    methods = memory.real;
    methods.xMalloc = memory_alloc;
    methods.xRealloc = memory_resize;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
    sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0); /* small ones are counted too */
    sqlite3_initialize();
    memory.count = 0;
    memory.at = at;
}

/* What a child did: written to a pipe as it goes, so that it is known also when it is killed. */
struct account {
    uint64_t begun; /* records whose append was begun */
    uint64_t acked; /* records whose append returned 0 */
    long operations;
    bool happened;
    int code;  /* of the first call that failed */
    int later; /* of an append after that; 1 when none was tried */
};

/* Replaces the files by what a disk may hold after the power went: of each 512 bytes either what
 * was written or what was there at the last sync; a file never synced may be gone. */
static UNUSED void lose_power(const char *folder, const char *durable, uint64_t seed)
{
    static const char *const names[] = {"case.db", "case.db-wal"};
    uint64_t random = seed * 2 + 1;
    char path[256];

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        CLEANUP_BUF struct buf now = {0};
        CLEANUP_BUF struct buf kept = {0};
        char kept_path[256];
        bool all = seed % 5 == 0; /* nothing unsynced arrived; or a random part did */
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        snprintf(kept_path, sizeof(kept_path), "%s/%s", durable, names[i]);
        if (access(kept_path, F_OK) < 0) {
            if (i > 0)
                unlink(path);
            continue;
        }
        must(file_read(&kept, kept_path, 1 << 28, &failure));
        if (access(path, F_OK) == 0)
            must(file_read(&now, path, 1 << 28, &failure));
        else if (seed % 2)
            continue; /* its removal has reached the disk */
        for (size_t off = 0; off < kept.len || off < now.len; off += 512) {
            size_t end = off + 512;

            random = random * 6364136223846793005u + 1442695040888963407u;
            if (all || off >= now.len || (random >> 40) % 2)
                continue;
            if (end > now.len)
                end = now.len;
            if (end > kept.len) {
                memset(buf_room(&kept, end - kept.len), 0, end - kept.len);
                kept.len = end;
            }
            memcpy(kept.p + off, now.p + off, end - off);
        }
        f = fopen(path, "wb");
        assert_non_null(f);
        fwrite(kept.p, 1, kept.len, f);
        fclose(f);
    }
    snprintf(path, sizeof(path), "%s/case.db-shm", folder);
    unlink(path);
}

/* What happens to a case in one child: it is opened, records are appended in ones to threes, one is
 * redacted, and it is closed. */
static UNUSED void fault_work(const char *folder, unsigned appends, int report)
{
    struct account a = {.later = 1};
    struct store *s = NULL;
    char openings[REDACTED_SIZE];
    struct err e;

    a.code = store_open(&s, folder, STORE_WRITE, &e);
    if (!a.code)
        a.code = store_size(s, &a.acked, &e);
    a.begun = a.acked;
    for (unsigned i = 0; !a.code && i < appends; i++) {
        size_t count = 1 + i % 3;

        a.begun += count;
        (void)!write(report, &a, sizeof(a));
        a.code = append_numbered(s, a.acked, count, &e);
        if (!a.code)
            a.acked += count;
        (void)!write(report, &a, sizeof(a));
    }
    if (!a.code) {
        fill_random(openings, sizeof(openings), a.acked);
        a.code = store_grant_put(s, &(struct store_grant){STR("x"), {{1}}, {openings, 32}}, &e);
        if (!a.code)
            a.code = store_redact(s, 0, (struct str){openings, sizeof(openings)}, &e);
        if (!a.code)
            a.code = store_redact(s, 0, STR(""), &e);
    }
    if (a.code && s) {
        a.later = append_numbered(s, a.acked, 1, &e);
        a.acked += a.later == 0;
        a.begun += a.later == 0 && a.begun < a.acked;
    }
    store_close(s);
    a.operations = fault.count;
    a.happened = fault.happened;
    (void)!write(report, &a, sizeof(a));
}

typedef void fault_worker(const char *folder, unsigned appends, int report);

/* Runs the work in a child in which the operation number at fails that way; the child's last
 * account. */
static UNUSED struct account fault_run(fault_worker *work, unsigned appends, const char *folder,
                                       enum fault_kind kind, long at, bool sticks,
                                       const char *durable)
{
    struct account last = {0};
    struct account next;
    int ends[2];
    int status;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        fd_close(ends[0]);
        fault_install();
        fault.kind = kind;
        fault.at = at;
        fault.sticks = sticks;
        fault.durable = durable;
        work(folder, appends, ends[1]);
        child_exit(0);
    }
    fd_close(ends[1]);
    while (read(ends[0], &next, sizeof(next)) == (ssize_t)sizeof(next))
        last = next;
    fd_close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        last.happened = true;
    else
        assert_int_equal(status, 0); /* nothing else ends it */
    return last;
}

/* Record 0 is the one that is redacted: its openings are the old, the new, or none. */
static UNUSED int check_worked(void *context, uint64_t seq, struct str line, struct str openings,
                               struct err *e)
{
    if (seq == 0 && (openings.len == 0 || openings.len == REDACTED_SIZE))
        openings.len = 0;
    return check_numbered(context, seq, line, openings, e);
}

/* The case opens again, with all that was acknowledged, at most what was begun, and whole. */
static UNUSED void check_after(const char *folder, const struct account *a, store_visit *visit)
{
    CLEANUP(store_closep) struct store *s = NULL;
    uint64_t count = 0;
    uint64_t size;

    must(store_open(&s, folder, STORE_WRITE, &failure));
    must(store_size(s, &size, &failure));
    if (size < a->acked)
        fail_msg("%llu records were acknowledged, %llu are there", (unsigned long long)a->acked,
                 (unsigned long long)size);
    if (size > a->begun && a->begun)
        fail_msg("%llu records were begun, %llu are there", (unsigned long long)a->begun,
                 (unsigned long long)size);
    must(store_read(s, 0, size, true, visit, &count, &failure));
    assert_int_equal(count, size);
}
