/* fuzz_playbook_read.c: any bytes are refused with a sentence, or become steps that can be worked
 * through: each of them is sound text, and none leads to a step that is not there. */
#include "practice/playbook.h"
#include "render/screen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the worker sends goes to the other half as it is. */
static int hand_over(void *context, uint32_t kind, struct str row, struct err *e)
{
    return import_receive(context, kind, row, e);
}

static void check(const struct playbook *p)
{
    CLEANUP_BUF struct buf page = {0};
    struct screen screen = {.out = &page, .columns = 60};

    if (!p->step_count || !p->id.len)
        BUG("a playbook was taken that has no step or no id");
    for (size_t i = 0; i < p->step_count; i++)
        if (!p->steps[i].texts[CACAO_ID].len && !p->steps[i].texts[CACAO_TITLE].len)
            BUG("a step has neither id nor title");
    playbook_show(p, NULL, NULL, &screen);
    if (str_has_utf8_error(buf_str(&page)) || memchr(page.p, 0x1b, page.len))
        BUG("a playbook reaches the terminal unescaped");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(playbook_freep) struct playbook *p = playbook_new(STR("fuzz"));
    CLEANUP_IMPORT_JSON json_t *document = NULL;
    struct import_reader reader = {.text_counts = cacao_text_counts,
                                   .kind_count = CACAO_ROW_COUNT,
                                   .row = playbook_take_row,
                                   .context = p};
    struct import_sink sink = {hand_over, &reader};
    struct err e = {0};
    int rc = import_json_text(&document, (struct str){(const char *)data, size}, &e);

    if (rc == 0)
        rc = cacao_rows(document, &sink, &e);
    if (rc == ERR_TAMPER)
        BUG("the reader sent a row that its other half refuses: %s", e.text);
    if (rc && !e.text[0])
        BUG("a document is refused without a reason");
    if (rc == 0)
        check(p);
    return 0;
}
