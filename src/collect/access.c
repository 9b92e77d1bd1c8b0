/* access.c: who may become root by sudo, and whose keys open which account. */
#include "collect/gather.h"

enum { KEY_FILE_SIZE = 4 << 20, SUDO_COUNT = 10000 };

static void put_file_hash(struct gather *g, struct json *j, struct str text)
{
    struct hash hash = hash_bytes(text.p, text.len);

    if (g->with_hashes)
        json_put_hex(j, "sha256", hash.b, sizeof(hash.b));
}

static void add_rule(struct gather *g, const char *path, struct str rule)
{
    CLEANUP_BUF struct buf key = {0};
    CLEANUP_BUF struct buf file = {0};
    struct json *j;

    buf_addf(&file, "/%s", path);
    buf_addf(&key, "/%s: ", path);
    buf_addstr(&key, rule);
    j = doc_row_begin(&g->doc, buf_str(&key));
    put_bytes(j, "file", buf_str(&file));
    put_bytes(j, "rule", rule);
    doc_row_end(&g->doc);
}

/* sudoers(5): # starts a comment, but #include and #uid do not; a backslash joins lines. */
static bool is_comment(struct str line)
{
    return line.p[0] == '#' && !str_starts(line, "#include") &&
           !(line.len > 1 && line.p[1] >= '0' && line.p[1] <= '9');
}

static void add_rules(struct gather *g, const char *path, struct str text)
{
    CLEANUP_BUF struct buf rule = {0};
    struct str line;

    while (take_line(&text, &line)) {
        bool goes_on = str_ends(line, "\\");
        struct str rest = goes_on ? str_head(line, line.len - 1) : line;
        struct str field;

        while ((field = str_field(&rest)).len) {
            if (rule.len)
                buf_addc(&rule, ' ');
            buf_addstr(&rule, field);
        }
        if (goes_on && text.len)
            continue;
        if (rule.len && !is_comment(buf_str(&rule)))
            add_rule(g, path, buf_str(&rule));
        buf_clear(&rule);
    }
}

static bool add_sudoers_file(struct gather *g, const char *path)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf key = {0};
    struct stat st;
    struct json *j;

    if (!gather_file_if_any(g, path, &text)) {
        return false;
    }
    buf_addf(&key, "/%s", path);
    j = doc_row_begin(&g->doc, buf_str(&key));
    if (!g->host.memory && host_stat(&g->host, path, &st) == 0) {
        buf_clear(&key);
        buf_addf(&key, "%04o", st.st_mode & 07777u);
        json_put_str(j, "mode", buf_str(&key));
        json_put_u64(j, "uid", st.st_uid);
    }
    put_file_hash(g, j, buf_str(&text));
    doc_row_end(&g->doc);
    add_rules(g, path, buf_str(&text));
    return true;
}

void gather_sudoers(struct gather *g)
{
    static const char folder[] = "etc/sudoers.d";
    CLEANUP_NAMES struct names names = {0};
    bool any = add_sudoers_file(g, "etc/sudoers");
    int code = host_names(&g->host, folder, &names, SUDO_COUNT);

    if (code < 0 && code != -ENOENT)
        doc_gap_errno(&g->doc, code, "/%s", folder);
    for (size_t i = 0; i < names.count; i++) {
        CLEANUP_BUF struct buf path = {0};

        buf_addf(&path, "%s/%s", folder, names.list[i]);
        any |= add_sudoers_file(g, buf_text(&path));
    }
    if (!any && g->doc.sections[g->doc.section_count - 1].gap_count == 0)
        doc_seen(&g->doc, SEEN_ABSENT);
}

/* sshd(8): options end at a space outside quotes. */
static struct str take_options(struct str *line)
{
    bool quoted = false;
    size_t i = 0;

    for (; i < line->len && (quoted || (line->p[i] != ' ' && line->p[i] != '\t')); i++) {
        if (line->p[i] == '\\' && i + 1 < line->len && line->p[i + 1] == '"')
            i++;
        else if (line->p[i] == '"')
            quoted = !quoted;
    }
    if (i > line->len)
        i = line->len;
    struct str options = {line->p, i};
    *line = str_from(*line, i);
    return options;
}

static bool is_key_type(struct str field)
{
    return str_starts(field, "ssh-") || str_starts(field, "ecdsa-") || str_starts(field, "sk-");
}

/* As ssh-keygen -l prints it: SHA256: and base64 without padding. */
static bool add_fingerprint(struct buf *out, struct str blob)
{
    CLEANUP_BUF struct buf bytes = {0};
    CLEANUP_BUF struct buf text = {0};
    struct hash hash;

    if (!base64_read(&bytes, blob))
        return false;
    hash = hash_bytes(bytes.p, bytes.len);
    base64_add(&text, hash.b, sizeof(hash.b));
    while (text.len && text.p[text.len - 1] == '=')
        text.len--;
    buf_adds(out, "SHA256:");
    buf_addstr(out, buf_str(&text));
    return true;
}

static void add_key(struct gather *g, struct str user, const char *file, struct str line)
{
    CLEANUP_BUF struct buf key = {0};
    CLEANUP_BUF struct buf print = {0};
    CLEANUP_BUF struct buf path = {0};
    struct str options = {"", 0};
    struct str rest = line;
    struct str type = str_field(&rest);
    struct json *j;

    if (!is_key_type(type)) {
        rest = line;
        options = take_options(&rest);
        type = str_field(&rest);
    }
    if (!is_key_type(type) || !add_fingerprint(&print, str_field(&rest))) {
        doc_gap(&g->doc, "/%s holds a line that is no key of a known kind", file);
        return;
    }
    buf_addstr(&key, user);
    buf_addf(&key, " " STR_FMT " %s", STR_ARG(type), buf_text(&print));
    buf_addf(&path, "/%s", file);
    j = doc_row_begin(&g->doc, buf_str(&key));
    put_bytes(j, "user", user);
    put_bytes(j, "file", buf_str(&path));
    put_bytes(j, "type", type);
    json_put_str(j, "fingerprint", buf_str(&print));
    put_some(j, "options", options);
    put_some(j, "comment", str_trim(rest));
    doc_row_end(&g->doc);
}

static void add_key_file(struct gather *g, struct str user, const char *path)
{
    CLEANUP_BUF struct buf buf = {0};
    int code = host_read(&g->host, path, &buf, KEY_FILE_SIZE);
    struct str text = buf_str(&buf);
    struct str line;

    if (code < 0 && code != -ENOENT && code != -ENOTDIR)
        doc_gap_errno(&g->doc, code, "/%s", path);
    if (code < 0 && code != -EFBIG)
        return;
    while (take_line(&text, &line)) {
        line = str_trim(line);
        if (line.len && line.p[0] != '#')
            add_key(g, user, path, line);
    }
}

static void add_home(struct gather *g, struct str user, struct str home)
{
    static const char *const files[] = {".ssh/authorized_keys", ".ssh/authorized_keys2"};

    while (home.len && home.p[0] == '/')
        home = str_from(home, 1);
    if (gather_is_slow(g, home)) {
        doc_gap(&g->doc, "/" STR_FMT " lies on a network file system and is not read",
                STR_ARG(home));
        return;
    }
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        CLEANUP_BUF struct buf path = {0};

        buf_addstr(&path, home);
        buf_addf(&path, home.len ? "/%s" : "%s", files[i]);
        if (!memchr(path.p, '\0', path.len))
            add_key_file(g, user, buf_text(&path));
    }
}

void gather_keys(struct gather *g)
{
    enum { NAME, PASSWORD, UID, GID, COMMENT, HOME, FIELD_COUNT };
    CLEANUP_BUF struct buf buf = {0};
    CLEANUP_BUF struct buf config = {0};
    struct str text;
    struct str line;

    if (!gather_file(g, "etc/passwd", &buf))
        return;
    if (host_read(&g->host, "etc/ssh/sshd_config", &config, GATHER_SMALL_SIZE) == 0 &&
        (strstr(buf_text(&config), "\nAuthorizedKeysFile") ||
         strstr(buf_text(&config), "\nAuthorizedKeysCommand ")))
        doc_gap(&g->doc, "sshd is told to take keys from elsewhere too (see "
                         "/etc/ssh/sshd_config); those are not read");
    text = buf_str(&buf);
    while (take_line(&text, &line)) {
        struct str fields[FIELD_COUNT];

        for (size_t i = 0; i < FIELD_COUNT; i++)
            fields[i] = str_cut(&line, ':');
        if (fields[NAME].len && fields[HOME].len)
            add_home(g, fields[NAME], fields[HOME]);
    }
}
