/* fuzz_store_open.c: whatever bytes case.db and its log hold, a case is opened and used, or
 * refused.
 *
 * An input is: one byte (even: to read, odd: to write), three bytes with the size of case.db, most
 * significant first, then case.db, then its log. */
#include <fcntl.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/mem.h"
#include "store/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[64];

static void in_folder(char out[96], const char *name)
{
    snprintf(out, 96, "%s/%s", folder, name);
}

static void clear(void)
{
    static const char *const names[] = {"case.db", "case.db-wal", "case.db-shm", "case.db-journal"};
    char path[96];

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        in_folder(path, names[i]);
        unlink(path);
    }
}

static void leave(void)
{
    clear();
    rmdir(folder);
}

static void put(const char *name, const uint8_t *bytes, size_t size)
{
    char path[96];
    int fd;

    in_folder(path, name);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || close(fd))
        BUG("cannot write %s", path);
}

static int visit(void *context, uint64_t seq, struct str line, struct str openings, struct err *e)
{
    uint64_t *next = context;

    (void)e;
    if (seq != (*next)++ || line.len > LIMIT_LINE_SIZE || openings.len > 16 << 20)
        BUG("a record was read that cannot be");
    return 0;
}

static int visit_grant(void *context, const struct store_grant *grant, struct err *e)
{
    (void)context;
    (void)e;
    return grant->scope.len > 65536;
}

static void use(enum store_mode mode)
{
    CLEANUP(store_closep) struct store *s = NULL;
    CLEANUP_BUF struct buf got = {0};
    struct store_record r = {STR("line"), STR("openings")};
    uint64_t size = 0;
    uint64_t next = 0;
    struct err e;

    if (store_open(&s, folder, mode, &e))
        return;
    (void)!store_read(s, 0, UINT64_MAX, true, visit, &next, &e);
    (void)!store_openings(s, 0, &got, &e);
    (void)!store_grants(s, visit_grant, NULL, &e);
    if (store_size(s, &size, &e) == 0 && store_append(s, size, &r, 1, &e) == 0 &&
        mode == STORE_READ)
        BUG("a case opened for reading was written");
    (void)!store_redact(s, 0, STR("longer than it was before, so that the file is rewritten"), &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t database;

    if (size < 4)
        return 0;
    if (!folder[0]) {
        snprintf(folder, sizeof(folder), "%s/fuzz_store.XXXXXX",
                 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        if (!mkdtemp(folder))
            BUG("cannot make %s", folder);
        atexit(leave);
    }
    clear();
    database = (size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3];
    if (database > size - 4)
        database = size - 4;
    put("case.db", data + 4, database);
    if (database < size - 4)
        put("case.db-wal", data + 4 + database, size - 4 - database);
    use(data[0] % 2 ? STORE_WRITE : STORE_READ);
    return 0;
}
