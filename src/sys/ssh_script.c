/* ssh_script.c: the command that is run on a host, and the lines that it answers with. */
#include "sys/ssh_script.h"
#include <sodium.h>
#include "base/mem.h"

static const char *const place_paths[SSH_PLACE_COUNT_] = {[SSH_PLACE_NONE] = "",
                                                          [SSH_PLACE_SHM] = "/dev/shm",
                                                          [SSH_PLACE_USER] = "/run/user",
                                                          [SSH_PLACE_RUN] = "/run"};

static const struct {
    const char *name; /* in a line */
    const char *words;
} unfits[SSH_UNFIT_COUNT_] = {
    [SSH_UNFIT_NONE] = {"", "was not tried"},
    [SSH_UNFIT_KIND] = {"kind", "is not in memory"},
    [SSH_UNFIT_NOEXEC] = {"noexec", "lets no program run (noexec)"},
    [SSH_UNFIT_WRITE] = {"write", "is not writable for this user"},
    [SSH_UNFIT_ROOM] = {"room", "has not enough room"},
};

const char *ssh_place_path(enum ssh_place place)
{
    return place_paths[place];
}

const char *ssh_unfit_words(enum ssh_unfit unfit)
{
    return unfits[unfit].words;
}

void ssh_footprint_path(struct buf *out, const struct ssh_footprint *f)
{
    if (f->place == SSH_PLACE_NONE)
        return;
    buf_adds(out, place_paths[f->place]);
    if (f->place == SSH_PLACE_USER)
        buf_addf(out, "/%u", (unsigned)f->uid);
    buf_addf(out, "/%s", f->name);
}

/* In single quotes, on one line and without an exclamation mark, so that every log-in shell hands
 * it to sh unchanged. It begins with an empty line, for what was printed before may not end in one.
 * The last mount whose folder is above a place is the one that holds it. */
static const char script_to_place[] =
    "echo; n=$1; h=$2; s=$3; shift 3; [ $(uname -m) = $h ] || { echo \"$n machine\"; exit 1; }; "
    "umask 077; set -C; u=$(id -u); p=; i=0; "
    "for d in /dev/shm /run/user/$u /run; do i=$((i+1)); t=; o=; "
    "while read -r x m y z r; do case $d/ in \"${m%/}\"/*) t=$y; o=$z;; esac; done </proc/mounts; "
    "case $t in tmpfs|ramfs) ;; *) echo \"$n no $i kind\"; continue;; esac; "
    "case ,$o, in *,noexec,*) echo \"$n no $i noexec\"; continue;; esac; "
    "[ -d $d ] && [ -w $d ] && [ -x $d ] || { echo \"$n no $i write\"; continue; }; "
    "k=$(df -Pk $d | { read -r x; read -r a b c f r; echo $f; }); "
    "[ $k -gt $((s/1024)) ] || { echo \"$n no $i room\"; continue; }; "
    "p=$d/.calm-$n; break; done; "
    "[ $p ] || { echo \"$n none\"; exit 1; }; "
    "trap \"rm -f $p\" EXIT; trap \"exit 1\" HUP INT TERM PIPE; echo \"$n at $i $u\"; ";
/* Nothing more comes before the program runs, so that a head which reads ahead takes nothing of
 * the program's input. */
static const char script_fetch[] = "cat";
static const char script_fetch_counted[] = "head -c $s";
static const char script_to_run[] =
    " >$p || { echo \"$n room\"; exit 1; }; "
    "[ $(wc -c <$p) -eq $s ] || { echo \"$n cut\"; exit 1; }; "
    "chmod 700 $p; exec 3<$p; rm -f $p; [ -e $p ] && echo \"$n stays\"; trap - EXIT; "
    "echo \"$n ready\"; exec /proc/self/fd/3 \"$@\"";

void ssh_script_prompt(struct buf *out, const char *word)
{
    buf_addf(out, "sudo-%s", word);
}

static void add_exec(struct buf *out, const struct ssh_script *s)
{
    buf_adds(out, "exec ");
    if (s->wants_sudo) {
        buf_adds(out, "sudo -S -p ");
        ssh_script_prompt(out, s->word);
        buf_addc(out, ' ');
    }
}

/* The letter behind the script keeps the newlines at its end. */
void ssh_script_feed_shell(struct buf *out, const struct ssh_script *s)
{
    add_exec(out, s);
    buf_addf(out,
             "/bin/sh -c 'echo; echo \"$0 ready\"; exec 2>&1; LC_ALL=C; s=$(cat; echo x); "
             "[ ${#s} -eq $(($1+1)) ] || { echo \"not all of the script came\"; exit 97; }; "
             "eval \"${s%%x}\"' %s %llu",
             s->word, (unsigned long long)s->program_size);
}

/* In base64 of UTF-16, which no shell of Windows takes for more. */
void ssh_script_feed_powershell(struct buf *out, const struct ssh_script *s)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf wide = {0};
    CLEANUP_FREE char *base64 = NULL;
    size_t room;

    buf_addf(&text,
             "[Console]::Out.Write(\"`n%s ready`n\"); $s = [Console]::In.ReadToEnd(); "
             "if ($s.Length -ne %llu) { 'not all of the script came'; exit 97 }; "
             "Invoke-Expression $s",
             s->word, (unsigned long long)s->program_size);
    for (size_t i = 0; i < text.len; i++)
        buf_add(&wide, (const char[]){text.p[i], 0}, 2);
    room = sodium_base64_ENCODED_LEN(wide.len, sodium_base64_VARIANT_ORIGINAL);
    base64 = mem_alloc(room);
    sodium_bin2base64(base64, room, (const unsigned char *)wide.p, wide.len,
                      sodium_base64_VARIANT_ORIGINAL);
    buf_addf(out, "powershell.exe -NoProfile -NonInteractive -EncodedCommand %s", base64);
}

void ssh_script_write(struct buf *out, const struct ssh_script *s)
{
    add_exec(out, s);
    buf_addf(out, "/bin/sh -c '%s%s%s%s' %s %s %s %llu %s", script_to_place,
             s->is_dialogue ? script_fetch_counted : script_fetch, script_to_run,
             s->is_dialogue ? "" : " </dev/null", s->program, s->word, s->machine,
             (unsigned long long)s->program_size, s->arguments);
}

bool ssh_arguments_are_plain(struct str arguments)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "._/:=+-,@ ";

    for (size_t i = 0; i < arguments.len; i++)
        if (arguments.p[i] == '\0' || !strchr(plain, arguments.p[i]))
            return false;
    return true;
}

static bool read_place(struct str text, enum ssh_place *out)
{
    uint64_t n;

    if (!str_u64(text, &n) || n == SSH_PLACE_NONE || n >= SSH_PLACE_COUNT_)
        return false;
    *out = (enum ssh_place)n;
    return true;
}

static enum ssh_said read_unfit(struct str rest, struct ssh_footprint *f)
{
    enum ssh_place place;

    if (!read_place(str_cut(&rest, ' '), &place))
        return SSH_SAID_NOTHING;
    for (int i = SSH_UNFIT_NONE + 1; i < SSH_UNFIT_COUNT_; i++)
        if (str_is(rest, unfits[i].name))
            f->unfit[place] = (enum ssh_unfit)i;
    return SSH_SAID_UNFIT;
}

static enum ssh_said read_placed(struct str rest, const char *word, struct ssh_footprint *f)
{
    enum ssh_place place;
    uint64_t uid;

    if (!read_place(str_cut(&rest, ' '), &place) || !str_u64(rest, &uid) || uid > UINT32_MAX)
        return SSH_SAID_NOTHING;
    f->place = place;
    f->uid = (uint32_t)uid;
    f->is_left = true; /* until it says that it is gone */
    snprintf(f->name, sizeof(f->name), ".calm-%s", word);
    return SSH_SAID_PLACED;
}

/* What a line says of the file. */
static void note_file(enum ssh_said said, struct ssh_footprint *f)
{
    if (said == SSH_SAID_STAYS)
        f->stays = true;
    else
        f->is_left = f->stays; /* ready; or it removed what it had of the file, and ends */
}

enum ssh_said ssh_script_read(struct str line, const char *word, struct ssh_footprint *f)
{
    static const struct {
        const char *name;
        enum ssh_said said;
    } plain[] = {{"none", SSH_SAID_NONE},   {"room", SSH_SAID_ROOM},
                 {"cut", SSH_SAID_CUT},     {"machine", SSH_SAID_MACHINE},
                 {"stays", SSH_SAID_STAYS}, {"ready", SSH_SAID_READY}};
    struct str rest = line;

    if (!str_is(str_cut(&rest, ' '), word))
        return SSH_SAID_NOTHING;
    if (str_starts(rest, "no "))
        return read_unfit(str_from(rest, strlen("no ")), f);
    if (str_starts(rest, "at "))
        return read_placed(str_from(rest, strlen("at ")), word, f);
    for (size_t i = 0; i < COUNT_OF(plain); i++)
        if (str_is(rest, plain[i].name)) {
            note_file(plain[i].said, f);
            return plain[i].said;
        }
    return SSH_SAID_NOTHING;
}
