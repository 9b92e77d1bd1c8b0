/* search_slots.c: widths of slots: those that people count in, and fine ones that make them up. */
#include "timeline/search_slots.h"
#include "base/compiler.h"

#define NS 1000000000LL

enum { YEAR_S = 31536000 };

int64_t slot_width(uint64_t span_ns)
{
    static const int64_t widths[] = {
        1,    2,    5,     10,    15,    30,    60,     120,    300,     600,     900,     1800,
        3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 1209600, 2592000, 7776000, YEAR_S};
    int64_t wanted = (int64_t)(span_ns / NS / SLOTS_WANTED);

    for (size_t i = 0; i < COUNT_OF(widths); i++)
        if (widths[i] >= wanted)
            return widths[i] * NS;
    return (wanted / YEAR_S + 1) * YEAR_S * NS;
}

int64_t slot_begin(int64_t ns, int64_t width_ns)
{
    int64_t behind = (ns % width_ns + width_ns) % width_ns;

    return (int64_t)((uint64_t)ns - (uint64_t)behind);
}

int64_t slot_width_fine(int64_t first_ns, int64_t last_ns, uint32_t count)
{
    static const int64_t widths[] = {1, 5, 30, 300, 3600, 43200, 86400, 432000};
    uint64_t span = (uint64_t)last_ns - (uint64_t)first_ns;

    for (size_t i = 0; i < COUNT_OF(widths); i++)
        if (span / (uint64_t)(widths[i] * NS) + 2 <= count) /* it begins somewhere in the first */
            return widths[i] * NS;
    return (int64_t)(span / NS / (count - 2) / YEAR_S + 1) * YEAR_S * NS;
}
