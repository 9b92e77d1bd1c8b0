/* size.c: numbers of bytes as people read and write them. */
#include "base/size.h"
#include <stdio.h>

static const struct {
    const char *name;
    uint64_t size;
} units[] = {
    {"", 1},
    {"b", 1},
    {"bytes", 1},
    {"k", 1000},
    {"kb", 1000},
    {"m", 1000000},
    {"mb", 1000000},
    {"g", 1000000000},
    {"gb", 1000000000},
    {"t", 1000000000000},
    {"tb", 1000000000000},
    {"kib", 1ull << 10},
    {"mib", 1ull << 20},
    {"gib", 1ull << 30},
    {"tib", 1ull << 40},
};

const char *size_text(char out[SIZE_TEXT_SIZE], uint64_t size)
{
    static const char *const names[] = {"bytes", "kB", "MB", "GB", "TB", "PB"};
    double n = (double)size;
    size_t unit = 0;

    while (n >= 999.5 && unit + 1 < COUNT_OF(names)) {
        n /= 1000;
        unit++;
    }
    if (unit == 0)
        snprintf(out, SIZE_TEXT_SIZE, "%llu byte%s", (unsigned long long)size,
                 size == 1 ? "" : "s");
    else
        snprintf(out, SIZE_TEXT_SIZE, n < 9.95 ? "%.1f %s" : "%.0f %s", n, names[unit]);
    return out;
}

int size_parse(struct str text, uint64_t *out, struct err *e)
{
    struct str s = str_trim(text);
    uint64_t whole;
    uint64_t tenths = 0;
    char unit[8] = "";

    if (str_take_u64(&s, 15, &whole) && (!str_take(&s, ".") || str_take_u64(&s, 1, &tenths))) {
        s = str_trim(s);
        for (size_t i = 0; i < s.len && i + 1 < sizeof(unit); i++)
            unit[i] = (char)(s.p[i] | 0x20);
        for (size_t i = 0; i < COUNT_OF(units); i++) {
            uint64_t total;

            if (s.len >= sizeof(unit) || strcmp(unit, units[i].name) != 0 ||
                __builtin_mul_overflow(whole, units[i].size, &total))
                continue;
            *out = total + units[i].size * tenths / 10;
            return 0;
        }
    }
    return err_set(e, ERR_USAGE, "\"" STR_FMT "\" is not a size. Write 4096, 10M, 1.5 GB or 2 TiB",
                   STR_ARG(str_head(text, 60)));
}
