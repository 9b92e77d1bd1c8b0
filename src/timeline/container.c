/* container.c: knows archives and packed files by their first bytes. */
#include "timeline/container.h"
#include "timeline/packing.h"

enum { TAR_MARK_AT = 257 };

bool container_is_stream(struct str head)
{
    return (head.len >= TAR_MARK_AT + 5 && memcmp(head.p + TAR_MARK_AT, "ustar", 5) == 0) ||
           str_starts(head, "070701") || str_starts(head, "070702") || str_starts(head, "070707");
}

bool container_is_sealed(struct str head)
{
    return str_starts(head, "calm-sealed/");
}

bool container_is_archive(struct str head)
{
    return container_is_stream(head) || str_starts(head, "PK\3\4") ||
           str_starts(head, "7z\xbc\xaf\x27\x1c") || container_is_sealed(head);
}

bool container_is_one(struct str head)
{
    return container_is_archive(head) || packing_of(head) != PACKING_NONE;
}
