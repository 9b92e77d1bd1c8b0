/* mail_text.c: mail spelled so that no name, subject or text can become a header or end the data.
 */
#include "notify/mail_text.h"
#include <time.h>
#include "base/sink.h"

enum { LINE_COLUMNS = 76, WORD_BYTES = 42, ADDRESS_SIZE = 254, BASE64_ROW = 57 };

static bool is_plain(struct str text)
{
    if (!text.len || text.p[0] == ' ' || text.p[text.len - 1] == ' ')
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.p[i] < ' ' || text.p[i] > '~' || strchr("\"(),:;<>@[\\]=?", text.p[i]))
            return false;
    return true;
}

/* The next few whole characters, as their UTF-8; what is none becomes U+FFFD. */
static void take_characters(struct str *rest, struct buf *out, size_t most)
{
    while (rest->len && out->len + 4 <= most) {
        struct str before = *rest;
        uint32_t c = utf8_take(rest);

        if (c == 0xFFFD)
            buf_adds(out, "\xEF\xBF\xBD");
        else if (c < ' ' || c == 0x7F)
            buf_addc(out, ' ');
        else
            buf_add(out, before.p, before.len - rest->len);
    }
}

/* RFC 2047 §2: each word is whole characters and at most 75 columns, one on a line. */
static void add_encoded(struct buf *out, struct str text)
{
    bool is_first = true;

    while (text.len) {
        CLEANUP_BUF struct buf word = {0};

        take_characters(&text, &word, WORD_BYTES);
        buf_adds(out, is_first ? "=?utf-8?B?" : "\r\n =?utf-8?B?");
        base64_add(out, word.p, word.len);
        buf_adds(out, "?=");
        is_first = false;
    }
}

/* Folds plain text at its spaces (RFC 5322 §2.2.3); a word that is too long needs encoding. */
static bool can_fold(struct str text)
{
    while (text.len)
        if (str_cut(&text, ' ').len > WORD_BYTES)
            return false;
    return true;
}

static void add_folded(struct buf *out, struct str text, size_t column)
{
    while (text.len) {
        struct str word = str_cut(&text, ' ');

        if (column + 1 + word.len > LINE_COLUMNS) {
            buf_adds(out, "\r\n");
            column = 0;
        }
        buf_addc(out, ' ');
        buf_addstr(out, word);
        column += 1 + word.len;
    }
}

static void add_phrase(struct buf *out, size_t column, struct str text)
{
    if (is_plain(text) && can_fold(text)) {
        add_folded(out, text, column);
        return;
    }
    buf_addc(out, ' ');
    add_encoded(out, text);
}

void mail_header(struct buf *out, const char *name, struct str text)
{
    buf_addf(out, "%s:", name);
    add_phrase(out, strlen(name) + 1, text);
    buf_adds(out, "\r\n");
}

void mail_header_address(struct buf *out, const char *name, struct str display, struct str address)
{
    buf_addf(out, "%s:", name);
    if (display.len) {
        add_phrase(out, strlen(name) + 1, display);
        buf_adds(out, "\r\n");
    }
    buf_adds(out, " <");
    buf_addstr(out, address);
    buf_adds(out, ">\r\n");
}

void mail_header_date(struct buf *out, struct utc when)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t sec = (time_t)when.sec;
    struct tm tm = {0};

    if (!gmtime_r(&sec, &tm))
        BUG("a moment that has no date");
    buf_addf(out, "Date: %s, %02d %s %04d %02d:%02d:%02d +0000\r\n", days[tm.tm_wday], tm.tm_mday,
             months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static bool is_literal(unsigned char c, bool is_last)
{
    if (c == '\t' || c == ' ')
        return !is_last;
    return c > ' ' && c <= '~' && c != '=';
}

static void add_quoted_line(struct buf *out, struct str line)
{
    size_t column = 0;

    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.p[i];
        /* A dot or "From " at the start of a line is altered by some relays. */
        bool is_plain_byte =
            is_literal(c, i + 1 == line.len) && !(i == 0 && (c == '.' || c == 'F'));
        size_t width = is_plain_byte ? 1 : 3;

        if (column + width > LINE_COLUMNS - 1) {
            buf_adds(out, "=\r\n");
            column = 0;
            is_plain_byte = is_plain_byte && c != '.' && c != 'F';
            width = is_plain_byte ? 1 : 3;
        }
        if (is_plain_byte)
            buf_addc(out, (char)c);
        else
            buf_addf(out, "=%02X", c);
        column += width;
    }
    buf_adds(out, "\r\n");
}

void mail_quoted_printable(struct buf *out, struct str text)
{
    while (text.len)
        add_quoted_line(out, str_cut(&text, '\n'));
}

void mail_base64(struct buf *out, struct str bytes)
{
    while (bytes.len) {
        struct str row = str_head(bytes, BASE64_ROW);

        base64_add(out, row.p, row.len);
        buf_adds(out, "\r\n");
        bytes = str_from(bytes, row.len);
    }
}

static bool is_atom(struct str text, const char *also)
{
    bool was_dot = true;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

        if (c == '.' ? was_dot : !is_letter && !(c && strchr(also, c)))
            return false;
        was_dot = c == '.';
    }
    return !was_dot;
}

int mail_address(struct str address, struct err *e)
{
    struct str domain = address;
    struct str local = str_cut(&domain, '@');

    if (address.len <= ADDRESS_SIZE && local.len <= 64 && is_atom(local, "!#$%&'*+-/=?^_`{|}~") &&
        is_atom(domain, "-") && domain.p[0] != '-')
        return 0;
    return err_set(e, ERR_USAGE, STR_FMT " is no mail address: write name@example.org",
                   STR_ARG(str_head(address, 100)));
}

static void add_text(struct buf *out, const struct letter *l, const char *more)
{
    buf_addf(out, "Content-Type: text/plain; charset=utf-8%s\r\n", more);
    buf_adds(out, "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
    mail_quoted_printable(out, l->text);
}

void mail_inner(struct buf *out, const struct letter *l)
{
    mail_header(out, "Subject", l->subject);
    buf_adds(out, "HP-Outer: Subject: [...]\r\n");
    add_text(out, l, "; protected-headers=\"v1\"; hp=\"cipher\"");
}

static void add_pgp(struct buf *out, const char *id, struct str armored)
{
    buf_addf(out,
             "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\";\r\n"
             " boundary=\"=_%s\"\r\n\r\n"
             "--=_%s\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n"
             "--=_%s\r\nContent-Type: application/octet-stream; name=\"encrypted.asc\"\r\n"
             "Content-Disposition: inline; filename=\"encrypted.asc\"\r\n\r\n",
             id, id, id);
    while (armored.len) {
        buf_addstr(out, str_trim(str_cut(&armored, '\n')));
        buf_adds(out, "\r\n");
    }
    buf_addf(out, "\r\n--=_%s--\r\n", id);
}

static void add_smime(struct buf *out, struct str der)
{
    buf_adds(out, "Content-Type: application/pkcs7-mime; smime-type=enveloped-data;\r\n"
                  " name=\"smime.p7m\"\r\n"
                  "Content-Disposition: attachment; filename=\"smime.p7m\"\r\n"
                  "Content-Transfer-Encoding: base64\r\n\r\n");
    mail_base64(out, der);
}

void mail_outer(struct buf *out, const struct letter *l, struct str from, const char *protection,
                struct str sealed)
{
    char id[LETTER_ID_SIZE];

    letter_id(id, l);
    mail_header_address(out, "From", STR(""), from);
    mail_header_address(out, "To", l->name, l->address);
    mail_header_date(out, l->when);
    buf_addf(out, "Message-ID: <%s@calm.invalid>\r\nSubject: [...]\r\nMIME-Version: 1.0\r\n", id);
    if (strcmp(protection, "pgp") == 0)
        add_pgp(out, id, sealed);
    else if (strcmp(protection, "smime") == 0)
        add_smime(out, sealed);
    else
        add_text(out, l, "");
}
