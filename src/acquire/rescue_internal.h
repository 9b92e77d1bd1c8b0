/* rescue_internal.h: what the passes over a failing source share with what asks whether it still
 * answers. */
#pragma once
#include "acquire/rescue.h"

MUST_CHECK int rescue_mark(struct rescue *r, uint64_t off, uint64_t size, enum area_state state,
                           struct err *e);
/* What is marked because a read failed: where it turns out that the source is gone, it is as it was
 * before. */
MUST_CHECK int rescue_doubt(struct rescue *r, uint64_t off, uint64_t size, enum area_state before,
                            enum area_state state, struct err *e);
MUST_CHECK int rescue_doubt_undo(struct rescue *r, struct err *e);
/* A device that was set offline, or whose bridge hung up, fails each read as a bad sector does:
 * ERR_IO, and what was in doubt is undone; else it is in doubt no more. */
MUST_CHECK int rescue_check_answers(struct rescue *r, struct err *e);
int rescue_none_came(struct err *e); /* ERR_IO */
