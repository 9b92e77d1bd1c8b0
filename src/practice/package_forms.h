/* package_forms.h: holds the sender's forms of custody against the record, inside the worker that
 * package_hold.h starts. */
#pragma once
#include "practice/package_items_read.h"

enum {
    FORM_SIZE_MAX = 8 << 20,    /* of one that is compared */
    FORMS_SIZE_MAX = 256 << 20, /* of all of them */
    FORM_HEAD_MAX = 96
};

/* A form says otherwise than the record of a row, or lacks rows of its item; record is NULL where
 * it has no row at all. A non-zero return ends it and is returned. */
typedef int form_differs(void *context, struct str name, const struct hold_record *record,
                         struct err *e);

/* fd: for each form a line "NAME SIZE", and its bytes. Compared are number, time, act, from, to and
 * who signed, as far as the record tells them, of the rows of custody/1 and evidence/1. A form in
 * text that nobody can take apart is passed over. ERR_FORMAT: fd is otherwise; ERR_IO. */
MUST_CHECK int forms_compare(struct hold_items *h, int fd, form_differs *tell, void *context,
                             struct err *e);
