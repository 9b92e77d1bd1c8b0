/* texts.c: the texts and data that ship inside the program, by name. */
#include "practice/texts.h"
#include "help_texts.h"
#include "script_texts.h"
#include "playbook_texts.h"
#include "template_texts.h"
#include "deadline_texts.h"
#include "data_texts.h"

static struct str find(const struct embedded *table, size_t count, const char *file)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].name, file) == 0)
            return table[i].bytes;
    return STR("");
}

static struct str without_ending(const char *name)
{
    struct str s = str_of(name);

    return str_cut(&s, '.');
}

struct str texts_help(const char *file)
{
    return find(help_texts, COUNT_OF(help_texts), file);
}

bool texts_help_name(size_t index, struct str *name)
{
    if (index >= COUNT_OF(help_texts))
        return false;
    *name = without_ending(help_texts[index].name);
    return true;
}

struct str texts_script(const char *file)
{
    return find(script_texts, COUNT_OF(script_texts), file);
}

bool texts_template(size_t index, struct str *name, struct str *text)
{
    if (index >= COUNT_OF(template_texts))
        return false;
    *name = without_ending(template_texts[index].name);
    *text = template_texts[index].bytes;
    return true;
}

bool texts_playbook(size_t index, struct str *name, struct str *json)
{
    if (index >= COUNT_OF(playbook_texts))
        return false;
    *name = without_ending(playbook_texts[index].name);
    *json = playbook_texts[index].bytes;
    return true;
}

bool texts_deadline(size_t index, struct str *name, struct str *json)
{
    if (index >= COUNT_OF(deadline_texts))
        return false;
    *name = without_ending(deadline_texts[index].name);
    *json = deadline_texts[index].bytes;
    return true;
}

struct str texts_data(const char *file)
{
    return find(data_texts, COUNT_OF(data_texts), file);
}

static bool fill_one(struct buf *out, struct str name, const char *const *names,
                     const struct str *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!str_is(name, names[i]))
            continue;
        buf_addstr(out, values[i]);
        return true;
    }
    return false;
}

void texts_fill(struct buf *out, struct str text, const char *const *names,
                const struct str *values, size_t count)
{
    while (text.len) {
        struct str before = str_cut(&text, '{');
        const char *close = text.len ? memchr(text.p, '}', text.len) : NULL;
        struct str name;

        buf_addstr(out, before);
        if (!text.len && (before.p + before.len == text.p))
            return;
        name = (struct str){text.p, close ? (size_t)(close - text.p) : 0};
        if (close && fill_one(out, name, names, values, count))
            text = str_from(text, name.len + 1);
        else
            buf_addc(out, '{');
    }
}
