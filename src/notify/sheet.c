/* sheet.c: what is said by telephone, as a page to print with boxes to tick. */
#include "notify/channel.h"
#include "base/sink.h"

enum { COLUMNS = 74, INDENT = 4 };

/* Breaks a line at its words. */
static void add_wrapped(struct buf *out, struct str line)
{
    do {
        struct str head = utf8_head_columns(line, COLUMNS - INDENT);
        size_t at = head.len;

        while (head.len < line.len && at && head.p[at - 1] != ' ')
            at--;
        at = at ? at : head.len;
        buf_addn(out, ' ', line.len ? INDENT : 0);
        sink_terminal(out, str_head(line, at), false);
        while (out->len && out->p[out->len - 1] == ' ')
            out->len--;
        buf_addc(out, '\n');
        line = str_from(line, at);
    } while (line.len);
}

/* Whom, and where; what is left where a number is known and none is safe. */
static void add_head(struct buf *page, const struct letter *l)
{
    bool is_in_person = !l->address.len && l->unsafe.len;
    struct str unsafe = l->unsafe;

    buf_adds(page, is_in_person ? "Tell:   " : "Phone:  ");
    sink_terminal(page, l->name, false);
    buf_adds(page, is_in_person ? ", in person\nNumber: " : "\nNumber: ");
    sink_terminal(page,
                  l->address.len ? l->address
                  : is_in_person ? STR("none that is safe: go there, or send somebody you trust")
                                 : STR("__________________________"),
                  false);
    buf_addf(page, "      %s\n", l->label);
    while (unsafe.len) {
        buf_adds(page, "Not over:\n");
        add_wrapped(page, str_cut(&unsafe, '\n'));
    }
    buf_addc(page, '\n');
}

static int spell(const struct letter *l, const struct account *a, struct str sealed,
                 struct post *out, struct err *e)
{
    struct buf *page = &out->texts[POST_BODY];
    struct str text = l->text;

    (void)a;
    (void)sealed;
    (void)e;
    out->kind = POST_LOCAL;
    buf_clear(page);
    add_head(page, l);
    buf_adds(page, "Ask who is speaking. Say this, and nothing else:\n\n");
    while (text.len)
        add_wrapped(page, str_cut(&text, '\n'));
    buf_adds(page, "\n[ ] reached at ________   [ ] no answer: ________ ________ ________\n"
                   "[ ] asked them to say back what they understood\n"
                   "[ ] word or answer: ______________________________________________\n"
                   "[ ] said by ______________________   [ ] put on record at ________\n");
    return 0;
}

const struct channel_kind channel_sheet = {.name = "sheet",
                                           .help = "a printed call sheet",
                                           .label = "red",
                                           .is_paper = true,
                                           .spell = spell};
