/* rules_program.c: rules on programs, listeners, accounts and files. */
#include "collect/rules_common.h"

static bool is_in_memory(const struct members *m)
{
    return str_starts(members_find(m, "program"), "\"/memfd:");
}

bool see_deleted_program(const struct rule_facts *facts, const struct item *item,
                         const struct members *m, struct buf *words)
{
    (void)facts;
    if (!members_true(m, "deleted") || is_in_memory(m))
        return false;
    rule_say(words, item, m,
             "Process %{pid} (user %{user}) runs %{program}, whose file was deleted.");
    return true;
}

bool see_memory_program(const struct rule_facts *facts, const struct item *item,
                        const struct members *m, struct buf *words)
{
    (void)facts;
    if (!is_in_memory(m))
        return false;
    rule_say(words, item, m,
             "Process %{pid} (%{name}, user %{user}) runs from memory: %{program}.");
    return true;
}

bool see_temporary_program(const struct rule_facts *facts, const struct item *item,
                           const struct members *m, struct buf *words)
{
    (void)facts;
    if (!rule_is_temporary(members_find(m, "program")))
        return false;
    rule_say(words, item, m,
             "Process %{pid} (user %{user}) runs %{program}, where everyone may write.");
    return true;
}

bool see_false_kernel_thread(const struct rule_facts *facts, const struct item *item,
                             const struct members *m, struct buf *words)
{
    struct str args = members_find(m, "args");
    struct str first;

    (void)facts;
    if (!members_is(m, "kind", "user") || !array_next(&args, &first) || !str_starts(first, "\"[") ||
        !str_ends(first, "]\""))
        return false;
    rule_say(words, item, m,
             "Process %{pid} (user %{user}) calls itself %{args} but is no kernel thread; its "
             "program is %{program}.");
    return true;
}

bool see_foreign_listener(const struct rule_facts *facts, const struct item *item,
                          const struct members *m, struct buf *words)
{
    if (!facts->knows_packages || !members_true(m, "everywhere") || !members_is(m, "package", "") ||
        members_find(m, "program").len == 0)
        return false;
    rule_say(words, item, m,
             "%key is open on all addresses by %{program} (pid %{pids}), which belongs to no "
             "package.");
    return true;
}

bool see_deleted_listener(const struct rule_facts *facts, const struct item *item,
                          const struct members *m, struct buf *words)
{
    (void)facts;
    if (!members_true(m, "deleted"))
        return false;
    rule_say(words, item, m, "%key is held by %{program} (pid %{pids}), whose file was deleted.");
    return true;
}

bool see_ownerless_listener(const struct rule_facts *facts, const struct item *item,
                            const struct members *m, struct buf *words)
{
    struct str pids = members_find(m, "pids");

    if (!facts->sees_owners || !str_is(pids, "[]") || members_is(m, "protocol", "UNIX"))
        return false;
    rule_say(words, item, m, "%key is open, but no process seen holds it.");
    return true;
}

bool see_packet_socket(const struct rule_facts *facts, const struct item *item,
                       const struct members *m, struct buf *words)
{
    (void)facts;
    if (!members_is(m, "protocol", "PACKET"))
        return false;
    rule_say(words, item, m, "%key is read by %{program} (pid %{pids}).");
    return true;
}

bool see_second_root(const struct rule_facts *facts, const struct item *item,
                     const struct members *m, struct buf *words)
{
    uint64_t uid;

    (void)facts;
    if (!members_u64(m, "uid", &uid) || uid != 0 || str_is(item->key, "root"))
        return false;
    rule_say(words, item, m,
             "Account %key has user number 0, as root has (shell %{shell}, password %{password}).");
    return true;
}

bool see_empty_password(const struct rule_facts *facts, const struct item *item,
                        const struct members *m, struct buf *words)
{
    (void)facts;
    if (!members_is(m, "password", "empty"))
        return false;
    rule_say(words, item, m, "Account %key has an empty password (shell %{shell}).");
    return true;
}

/* The last octal digit of the mode has the bit of writing; folders with the sticky bit are meant
 * to be so, and a link's mode means nothing. */
bool see_writable_config(const struct rule_facts *facts, const struct item *item,
                         const struct members *m, struct buf *words)
{
    struct str mode = members_find(m, "mode");

    (void)facts;
    if (mode.len != 6 || !strchr("2367", mode.p[4]) || members_is(m, "kind", "link") ||
        (members_is(m, "kind", "folder") && strchr("1357", mode.p[1])))
        return false;
    rule_say(words, item, m, "Everyone may write to %key (mode %{mode}, owner %{uid}).");
    return true;
}

bool see_writable_program(const struct rule_facts *facts, const struct item *item,
                          const struct members *m, struct buf *words)
{
    (void)facts;
    if (!rule_has(members_find(m, "why"), "world-writable"))
        return false;
    rule_say(words, item, m, "Everyone may write to %key (mode %{mode}, owner %{uid}).");
    return true;
}

bool see_foreign_setuid(const struct rule_facts *facts, const struct item *item,
                        const struct members *m, struct buf *words)
{
    struct str why = members_find(m, "why");

    if (!facts->knows_packages || !members_is(m, "package", "") ||
        !(rule_has(why, "setuid") || rule_has(why, "setgid") || rule_has(why, "capabilities")))
        return false;
    rule_say(words, item, m,
             "%key has special rights (%{why}, owner %{uid}) and belongs to no package.");
    return true;
}

bool see_preload(const struct rule_facts *facts, const struct item *item, const struct members *m,
                 struct buf *words)
{
    uint64_t size = 0;

    (void)facts;
    if (!str_is(item->key, "/etc/ld.so.preload") || (members_u64(m, "size", &size) && size == 0))
        return false;
    rule_say(words, item, m, "%key is there (%{size} bytes, changed %{modified}).");
    return true;
}

bool see_temporary_cron(const struct rule_facts *facts, const struct item *item,
                        const struct members *m, struct buf *words)
{
    (void)facts;
    if (!members_is(m, "kind", "entry") || !rule_names_temporary(members_find(m, "command")))
        return false;
    rule_say(words, item, m, "%{file} runs as %{user}: %{command}");
    return true;
}

bool see_temporary_unit(const struct rule_facts *facts, const struct item *item,
                        const struct members *m, struct buf *words)
{
    (void)facts;
    if (!rule_names_temporary(members_find(m, "exec")))
        return false;
    rule_say(words, item, m, "Unit %{unit} (%{file}) runs: %{exec}");
    return true;
}
