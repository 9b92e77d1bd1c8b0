/* archive_kinds.c: tells libarchive which kinds it may open. */
#include "evidence/archive_kinds.h"
#include <archive.h>

/* Lists, not "all": some filters of libarchive start programs. */
static bool allow_filters(struct archive *a)
{
    return archive_read_support_filter_gzip(a) >= ARCHIVE_WARN &&
           archive_read_support_filter_bzip2(a) >= ARCHIVE_WARN &&
           archive_read_support_filter_xz(a) >= ARCHIVE_WARN &&
           archive_read_support_filter_lzma(a) >= ARCHIVE_WARN &&
           archive_read_support_filter_zstd(a) >= ARCHIVE_WARN;
}

static bool allow_archives(struct archive *a)
{
    return archive_read_support_format_tar(a) >= ARCHIVE_WARN &&
           archive_read_support_format_cpio(a) >= ARCHIVE_WARN &&
           archive_read_support_format_zip(a) >= ARCHIVE_WARN &&
           archive_read_support_format_7zip(a) >= ARCHIVE_WARN;
}

bool archive_allow_kinds(struct archive *a, bool is_one_file)
{
    return allow_filters(a) && (is_one_file || allow_archives(a)) &&
           archive_read_support_format_raw(a) >= ARCHIVE_WARN;
}
