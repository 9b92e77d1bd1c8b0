/* device_console.c: finds prompts, questions and errors in what a device says on its terminal. */
#include "contain/device_console.h"
#include <string.h>

enum { LINE_SIZE = 4096 };

/* The next line of *rest without what moves a cursor or sets a colour: a device that redraws a line
 * begins anew behind a carriage return. */
static void next_line(struct str *rest, struct buf *out)
{
    struct str line = str_head(str_cut(rest, '\n'), LINE_SIZE);
    size_t i = 0;

    buf_clear(out);
    while (line.len && line.p[line.len - 1] == '\r')
        line.len--;
    while (i < line.len) {
        unsigned char c = (unsigned char)line.p[i++];

        if (c == '\r')
            buf_clear(out);
        else if (c == 0x1b && i < line.len && line.p[i] == '[')
            for (i++; i < line.len; i++)
                if ((unsigned char)line.p[i] >= 0x40) { /* ECMA-48 5.4: the final byte */
                    i++;
                    break;
                }
        if (c >= 0x20 && c != 0x7f)
            buf_addc(out, (char)c);
    }
}

static void last_line(struct str said, struct buf *out)
{
    const char *end = said.len ? memrchr(said.p, '\n', said.len) : NULL;
    struct str rest = end ? str_from(said, (size_t)(end - said.p) + 1) : said;

    next_line(&rest, out);
}

static bool is_prompt(const struct device_ssh *d, struct str line, struct str stem)
{
    line = str_trim(line);
    return line.len > stem.len && line.len > 1 && strchr(d->ends, line.p[line.len - 1]) &&
           memcmp(line.p, stem.p, stem.len) == 0;
}

enum device_waits device_console_look(const struct device_ssh *d, struct str said, struct str stem,
                                      const char **answer)
{
    CLEANUP_BUF struct buf line = {0};

    last_line(said, &line);
    for (const struct device_question *q = d->questions; q && q->ends; q++)
        if (str_ends(str_trim(buf_str(&line)), q->ends)) {
            *answer = q->answer;
            return DEVICE_WAITS_QUESTION;
        }
    return is_prompt(d, buf_str(&line), stem) ? DEVICE_WAITS_LINE : DEVICE_WAITS_NOT;
}

void device_console_stem(struct str said, struct buf *out)
{
    CLEANUP_BUF struct buf line = {0};
    struct str text;

    last_line(said, &line);
    text = str_trim(buf_str(&line));
    text = str_trim(str_head(text, text.len ? text.len - 1 : 0));
    buf_addstr(out, str_head(text, DEVICE_STEM_SIZE));
}

static bool is_error(const struct device_ssh *d, struct str line)
{
    for (const char *const *e = d->errors; *e; e++)
        if (str_starts(line, *e))
            return true;
    return false;
}

void device_console_error(const struct device_ssh *d, struct str said, struct buf *out)
{
    CLEANUP_BUF struct buf line = {0};

    while (said.len) {
        next_line(&said, &line);
        if (!is_error(d, str_trim(buf_str(&line))))
            continue;
        buf_addstr(out, str_trim(buf_str(&line)));
        return;
    }
}

bool device_console_types(const struct contain_device *d, struct str line)
{
    line = str_trim(line);
    return line.len && !(d->comment && str_starts(line, d->comment));
}

bool device_console_is_guard(const struct device_ssh *d, struct str line)
{
    return d->guard && str_ends(str_trim(line), d->guard->ends);
}

bool device_console_holds(const struct device_ssh *d, struct str said)
{
    CLEANUP_BUF struct buf line = {0};

    while (said.len) {
        next_line(&said, &line);
        if (str_starts(str_trim(buf_str(&line)), d->guard->begins))
            return true;
    }
    return false;
}
