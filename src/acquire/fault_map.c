/* fault_map.c: the areas of a source by what became of reading them. */
#include "acquire/fault_map.h"
#include "base/mem.h"

static const char states[] = {AREA_READ,      AREA_BAD,     AREA_UNSCRAPED,
                              AREA_UNTRIMMED, AREA_UNTRIED, AREA_LEFT};

const enum area_state area_open[] = {AREA_UNSCRAPED, AREA_UNTRIMMED, AREA_UNTRIED};

static size_t index_of(enum area_state state)
{
    const char *at = memchr(states, (int)state, sizeof(states));

    return (size_t)(at - states);
}

static void count_in(struct fault_map *m, const struct area *areas, size_t count)
{
    for (size_t i = 0; i < count; i++)
        m->sums[index_of(areas[i].state)] += areas[i].size;
}

static void count_out(struct fault_map *m, const struct area *areas, size_t count)
{
    for (size_t i = 0; i < count; i++)
        m->sums[index_of(areas[i].state)] -= areas[i].size;
}

void fault_map_init(struct fault_map *m, uint64_t size, enum area_state state)
{
    *m = (struct fault_map){.size = size};
    if (size == 0)
        return;
    m->areas = mem_grow(NULL, 0, &m->room, sizeof(m->areas[0]));
    m->areas[m->count++] = (struct area){0, size, state};
    count_in(m, m->areas, 1);
}

void fault_map_release(struct fault_map *m)
{
    free(m->areas);
    *m = (struct fault_map){0};
}

/* The area that holds a byte, by halving. */
static size_t find(const struct fault_map *m, uint64_t off)
{
    size_t low = 0, high = m->count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (m->areas[middle].off <= off)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Puts count areas in the place of those from first up to, not including, last. */
static void replace(struct fault_map *m, size_t first, size_t last, const struct area *by,
                    size_t count)
{
    size_t behind = m->count - last;

    count_out(m, &m->areas[first], last - first);
    count_in(m, by, count);
    while (m->room < m->count + count)
        m->areas = mem_grow(m->areas, m->room, &m->room, sizeof(m->areas[0]));
    memmove(&m->areas[first + count], &m->areas[last], behind * sizeof(m->areas[0]));
    memcpy(&m->areas[first], by, count * sizeof(m->areas[0]));
    m->count = first + count + behind;
}

/* Adds an area to a few in order, joined to the one before where they are of one state. */
static size_t add_joined(struct area *areas, size_t count, struct area a)
{
    if (a.size == 0)
        return count;
    if (count && areas[count - 1].state == a.state) {
        areas[count - 1].size += a.size;
        return count;
    }
    areas[count] = a;
    return count + 1;
}

int fault_map_set(struct fault_map *m, uint64_t off, uint64_t size, enum area_state state,
                  struct err *e)
{
    uint64_t end = off + size;
    size_t first, last, count = 0;
    struct area by[5], head, tail;

    if (size == 0)
        return 0;
    if (size > m->size || off > m->size - size)
        BUG("an area behind the end of the map");
    first = find(m, off);
    last = find(m, end - 1);
    if (first == last && m->areas[first].state == state)
        return 0;
    head = m->areas[first];
    tail = m->areas[last];
    if (first > 0)
        count = add_joined(by, count, m->areas[--first]);
    count = add_joined(by, count, (struct area){head.off, off - head.off, head.state});
    count = add_joined(by, count, (struct area){off, size, state});
    count = add_joined(by, count, (struct area){end, tail.off + tail.size - end, tail.state});
    if (last + 1 < m->count)
        count = add_joined(by, count, m->areas[++last]);
    if (m->count + count > FAULT_MAP_AREAS_MAX)
        return err_set(e, ERR_LIMIT, "more than %d areas of the source that can and cannot be read",
                       FAULT_MAP_AREAS_MAX);
    replace(m, first, last + 1, by, count);
    return 0;
}

static struct area within(struct area a, uint64_t from, uint64_t until)
{
    uint64_t end = a.off + a.size < until ? a.off + a.size : until;

    if (a.off < from)
        a.off = from;
    a.size = end - a.off;
    return a;
}

bool fault_map_next(const struct fault_map *m, uint64_t from, uint64_t until, enum area_state state,
                    struct area *out)
{
    if (from >= until || from >= m->size)
        return false;
    for (size_t i = find(m, from); i < m->count && m->areas[i].off < until; i++) {
        if (m->areas[i].state != state)
            continue;
        *out = within(m->areas[i], from, until);
        return true;
    }
    return false;
}

bool fault_map_last(const struct fault_map *m, uint64_t from, uint64_t until, enum area_state state,
                    struct area *out)
{
    if (until > m->size)
        until = m->size;
    if (from >= until)
        return false;
    for (size_t i = find(m, until - 1) + 1; i-- > 0;) {
        if (m->areas[i].off + m->areas[i].size <= from)
            return false;
        if (m->areas[i].state != state)
            continue;
        *out = within(m->areas[i], from, until);
        return true;
    }
    return false;
}

uint64_t fault_map_sum(const struct fault_map *m, enum area_state state)
{
    return m->sums[index_of(state)];
}

char fault_map_letter(enum area_state state)
{
    return (char)(state == AREA_LEFT ? AREA_UNTRIED : state);
}

int fault_map_turn(struct fault_map *m, uint64_t from, uint64_t until, enum area_state state,
                   enum area_state into, struct err *e)
{
    struct area a;
    int rc = 0;

    while (rc == 0 && fault_map_next(m, from, until, state, &a)) {
        rc = fault_map_set(m, a.off, a.size, into, e);
        from = a.off + a.size;
    }
    return rc;
}

void fault_map_write(const struct fault_map *m, const char *program, uint64_t at, char doing,
                     unsigned try, struct buf *out)
{
    buf_addf(out,
             "# Mapfile. Created by %s\n"
             "# current_pos  current_status  current_pass\n"
             "0x%08llX     %c               %u\n"
             "#      pos        size  status\n",
             program, (unsigned long long)at, doing, try);
    for (size_t i = 0; i < m->count; i++)
        buf_addf(out, "0x%08llX  0x%08llX  %c\n", (unsigned long long)m->areas[i].off,
                 (unsigned long long)m->areas[i].size, fault_map_letter(m->areas[i].state));
}

/* A number as C spells it in hex or decimal, which is what ddrescue takes. */
static bool read_number(struct str s, uint64_t *out)
{
    uint64_t n = 0;

    if (!str_starts(s, "0x") && !str_starts(s, "0X"))
        return str_u64(s, out);
    s = str_from(s, 2);
    if (s.len == 0 || s.len > 16)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;

        if (digit < 0)
            return false;
        n = n << 4 | (uint64_t)digit;
    }
    *out = n;
    return true;
}

static bool read_area(struct str line, struct area *out)
{
    struct str off = str_field(&line), size = str_field(&line), state = str_field(&line);

    if (!read_number(off, &out->off) || !read_number(size, &out->size) || state.len != 1 ||
        !memchr("+-/*?", state.p[0], 5) || str_field(&line).len)
        return false;
    out->state = (enum area_state)state.p[0];
    return true;
}

/* The line of state says what a program was doing, which does not matter to who goes on. */
static bool is_status(struct str line)
{
    uint64_t at;

    return read_number(str_field(&line), &at) && str_field(&line).len == 1;
}

int fault_map_read(struct fault_map *out, struct str text, uint64_t size, struct err *e)
{
    CLEANUP(fault_map_release) struct fault_map m = {.size = size};
    bool has_status = false;
    uint64_t at = 0;
    unsigned line_number = 0;

    while (text.len) {
        struct str line = str_trim(str_cut(&text, '\n'));
        struct area a;

        line_number++;
        if (line.len == 0 || line.p[0] == '#')
            continue;
        if (!has_status) {
            if (!is_status(line))
                return err_set(e, ERR_FORMAT, "line %u of the map is no line of state",
                               line_number);
            has_status = true;
            continue;
        }
        if (!read_area(line, &a) || a.off != at || a.size == 0 || a.size > size - at)
            return err_set(e, ERR_FORMAT, "line %u of the map is not the area that comes next",
                           line_number);
        if (m.count == FAULT_MAP_AREAS_MAX)
            return err_set(e, ERR_LIMIT, "the map has more than %d areas", FAULT_MAP_AREAS_MAX);
        at += a.size;
        if (m.count && m.areas[m.count - 1].state == a.state) {
            m.areas[m.count - 1].size += a.size;
            continue;
        }
        m.areas = mem_grow(m.areas, m.count, &m.room, sizeof(m.areas[0]));
        m.areas[m.count++] = a;
    }
    if (at != size)
        return err_set(e, ERR_FORMAT, "the map ends at byte %llu of %llu", (unsigned long long)at,
                       (unsigned long long)size);
    count_in(&m, m.areas, m.count);
    *out = m;
    m = (struct fault_map){0};
    return 0;
}
