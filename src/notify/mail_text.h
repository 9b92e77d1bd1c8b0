/* mail_text.h: the spelling of mail: header fields with any text in them (RFC 5322, 2047), bodies
 * (RFC 2045), and what is protected (RFC 3156, 8551, 9788). Lines end with CR LF. */
#pragma once
#include "notify/letter.h"

/* "Name: text", as encoded words where it is not plain, folded before column 78. */
void mail_header(struct buf *out, const char *name, struct str text);
/* "To: Eva Brandt <eva@example.org>"; the address has passed mail_address. */
void mail_header_address(struct buf *out, const char *name, struct str display, struct str address);
/* "Date: Wed, 25 Nov 2026 03:12:09 +0000" */
void mail_header_date(struct buf *out, struct utc when);
/* Quoted-printable of UTF-8, whose lines end with LF. */
void mail_quoted_printable(struct buf *out, struct str text);
/* Base64 in lines of 76. */
void mail_base64(struct buf *out, struct str bytes);

/* local@domain in plain characters, at most 254; no comments, quotes or literals. ERR_USAGE. */
MUST_CHECK int mail_address(struct str address, struct err *e);

/* The entity that is encrypted: protected headers and the text. */
void mail_inner(struct buf *out, const struct letter *l);
/* The whole message around what was sealed ("pgp": armored; "smime": DER), or "none": around the
 * text. */
void mail_outer(struct buf *out, const struct letter *l, struct str from, const char *protection,
                struct str sealed);
