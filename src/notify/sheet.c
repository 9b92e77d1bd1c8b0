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
    buf_adds(page, "Phone:  ");
    sink_terminal(page, l->name, false);
    buf_adds(page, "\nNumber: ");
    sink_terminal(page, l->address.len ? l->address : STR("__________________________"), false);
    buf_addf(page, "      %s\n\n", l->label);
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
