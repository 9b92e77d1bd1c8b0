/* fuzz_organisation_read.c: any bytes are refused with a sentence, or make a call sheet that can be
 * printed. */
#include "practice/organisation.h"
#include "practice/texts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int hand_over(void *context, uint32_t kind, struct str row, struct err *e)
{
    return import_receive(context, kind, row, e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(organisation_freep) struct organisation *o = organisation_new();
    CLEANUP_IMPORT_JSON json_t *file = NULL;
    CLEANUP_IMPORT_JSON json_t *required = NULL;
    CLEANUP_BUF struct buf sheet = {0};
    struct import_reader reader = {.text_counts = organisation_text_counts,
                                   .kind_count = ORGANISATION_ROW_COUNT,
                                   .row = organisation_take_row,
                                   .context = o};
    struct import_sink sink = {hand_over, &reader};
    struct err e = {0};
    int rc = import_json_text(&required, texts_data("organisation-required.json"), &e);

    if (rc)
        BUG("%s", e.text);
    rc = import_json_text(&file, (struct str){(const char *)data, size}, &e);
    if (rc == 0)
        rc = organisation_rows(file, required, &sink, &e);
    if (rc == ERR_TAMPER)
        BUG("the reader sent a row that its other half refuses: %s", e.text);
    if (rc && !e.text[0])
        BUG("a file is refused without a reason");
    if (rc)
        return 0;
    organisation_call_sheet(o, &sheet);
    if (str_has_utf8_error(buf_str(&sheet)) || memchr(sheet.p, 0x1b, sheet.len))
        BUG("a call sheet is not plain text");
    return 0;
}
