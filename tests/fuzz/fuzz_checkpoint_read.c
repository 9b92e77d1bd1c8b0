/* fuzz_checkpoint_read.c: whatever is read as a checkpoint begins with the text that is signed for
 * it, and each signature lies in the note. */
#include "journal/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_BUF struct buf text = {0};
    struct str note = {(const char *)data, size};
    struct key key = {{7}};
    struct note_signature n;
    struct checkpoint c;
    struct str rest;
    struct err e;

    if (checkpoint_read(&c, &rest, note, &e) != 0)
        return 0;
    checkpoint_text(&text, &c);
    if (!str_eq(str_head(note, text.len), buf_str(&text)))
        BUG("a checkpoint is read that is not written so");
    while (note_signature_next(&rest, &n))
        if (n.name.p < note.p || n.line_base64.p + n.line_base64.len > note.p + note.len ||
            note_signature_holds(&n, &c, &key))
            BUG("a signature lies outside its note, or holds for a key that is none");
    return 0;
}
