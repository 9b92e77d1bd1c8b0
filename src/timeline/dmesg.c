/* dmesg.c: what dmesg(1) of util-linux prints of the kernel's messages with the time of day: -T
 * ("[Wed Nov 25 03:12:09 2026] "), --time-format iso, and with -x the facility and level before
 * it. Other programs write such brackets, too: what a source has is known by what the kernel alone
 * says. */
#include "base/mem.h"
#include "timeline/level.h"
#include "timeline/syslog_head.h"
#include "timeline/syslog_words.h"

enum { ISO_SIZE = 19, DECODED_SIZE = 6 };

/* "kern  :info  : " */
static bool take_decoded(struct str *rest, struct event *e)
{
    struct str facility = str_head(*rest, DECODED_SIZE), at = str_from(*rest, DECODED_SIZE), level;

    if (!str_take(&at, ":"))
        return false;
    level = str_head(at, DECODED_SIZE);
    at = str_from(at, DECODED_SIZE);
    facility = str_trim(facility);
    for (size_t i = 0; str_starts(at, ": ") && i < SYSLOG_FACILITIES; i++)
        if (str_is(facility, syslog_facilities[i]) && level_put(e, str_trim(level))) {
            event_puts(e, FIELD_FACILITY, syslog_facilities[i]);
            *rest = str_from(at, 2);
            return true;
        }
    return false;
}

static bool take_time(struct str *rest, struct stated *s)
{
    struct str at = *rest;

    if (str_take(&at, "[")) {
        if (char_is_digit(at.p[0]) || !when_bsd(&at, s) || s->year == 0 || !str_take(&at, "] "))
            return false;
    } else if (at.len <= ISO_SIZE || at.p[ISO_SIZE] != ',' || !when_iso(&at, s) || !s->has_zone ||
               s->precision != TIME_US || !str_take(&at, " ")) {
        return false;
    }
    *rest = at;
    return true;
}

static enum line_verdict line_of(struct reader *r, struct str line, struct event *e)
{
    bool has_facility = line.len > 2 && line.p[0] >= 'a' && take_decoded(&line, e);
    struct stated s;

    if (line.p[0] == ' ')
        return LINE_CONTINUES;
    if (!take_time(&line, &s) || line.len == 0)
        return LINE_FOREIGN;
    reader_time(r, e, &s);
    /* What programs wrote to /dev/kmsg has another facility. */
    if (!has_facility || str_is(event_value(e, FIELD_FACILITY), "kern") ||
        !syslog_take_tag(&line, e))
        event_puts(e, FIELD_PROCESS_NAME, "kernel");
    event_put(e, FIELD_MESSAGE, line);
    if (!r->counting && !r->folding)
        syslog_understand(r, e, line);
    return LINE_EVENT;
}

/* Sentences about a device, and how the kernel begins what it says of itself and its buses. */
static bool is_sure(const struct event *e)
{
    static const char *const fronts[] = {
        "Linux version ", "Command line: ", "Kernel command line: ",
        "BIOS-e820: ",    "ACPI: ",         "pci 0000:",
        "usb usb",        "EXT4-fs (",      "XFS (",
        "audit: type=",   "IPv6: ADDRCONF("};
    struct str message = event_value(e, FIELD_MESSAGE);

    for (size_t i = 0; i < COUNT_OF(fronts); i++)
        if (str_starts(message, fronts[i]))
            return true;
    return event_value(e, FIELD_DEVICE).len > 0;
}

const struct format format_dmesg = {
    .name = "dmesg", .version = 3, .is_splittable = true, .line = line_of, .is_sure = is_sure};
