/* ewf_header.h: the texts at the beginning of an E01, packed. */
#pragma once
#include "acquire/ewf_write.h"

void ewf_header2(const struct ewf_facts *f, struct buf *out); /* UTF-16, as EnCase 6 has it */
void ewf_header(const struct ewf_facts *f, struct buf *out);  /* ASCII, for older tools */
