/* fuzz_timeline_csv.c: any bytes are read as each of the tables, as a body file, as XML, and as
 * sudo's JSON. */
#include "fuzz_timeline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum format_id tables[] = {FORMAT_ID_body,
                                            FORMAT_ID_mactime,
                                            FORMAT_ID_timeline_csv,
                                            FORMAT_ID_plaso_csv,
                                            FORMAT_ID_timesketch_csv,
                                            FORMAT_ID_postgresql_csv,
                                            FORMAT_ID_winlog_csv,
                                            FORMAT_ID_winlog_xml,
                                            FORMAT_ID_sudo_json,
                                            FORMAT_ID_winlog_viewer,
                                            FORMAT_ID_winlog_viewer_text,
                                            FORMAT_ID_mft_csv,
                                            FORMAT_ID_table_commas,
                                            FORMAT_ID_table_semicolons,
                                            FORMAT_ID_table_tabs};

    for (size_t i = 0; i < COUNT_OF(tables); i++)
        fuzz_format(formats[tables[i]], data, size);
    return 0;
}
