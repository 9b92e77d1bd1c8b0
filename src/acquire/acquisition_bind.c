/* acquisition_bind.c: binds what is known over an interruption to the digest of NAME.part, and
 * compares it with what is known elsewhere, where who can write to the target does not reach. */
#include <time.h>
#include "acquire/acquisition_internal.h"

enum { CHECK_DIGITS = 24, CHECK_GROUP = 4, FREEZE_WAIT_S = 2 };

void acquire_bind_piece(struct acquisition *m, const void *piece)
{
    const struct hash_piece both[] = {{&m->chain, sizeof(m->chain)}, {piece, sizeof(struct hash)}};

    m->chain = hash_of(both, COUNT_OF(both));
    m->chain_pieces++;
}

/* Of all before size: its whole MiB, what is behind them, and what of it was not read. */
static struct hash digest_of(const struct acquisition *m, const struct hash *chain,
                             const struct hash *head, uint64_t size)
{
    CLEANUP_BUF struct buf text = {0};

    buf_add(&text, chain, sizeof(*chain));
    buf_add(&text, head, sizeof(*head));
    for (size_t i = 0; i < m->map.count && m->map.areas[i].off < size; i++) {
        const struct area *a = &m->map.areas[i];
        uint64_t end = a->off + a->size < size ? a->off + a->size : size;

        if (a->state != AREA_READ)
            buf_addf(&text, "%llu %llu %c\n", (unsigned long long)a->off,
                     (unsigned long long)(end - a->off), fault_map_letter(a->state));
    }
    return hash_bytes(text.p, text.len);
}

static struct acquire_marks marks_of(const struct acquire_state *s)
{
    return (struct acquire_marks){.runs = s->begin.runs,
                                  .was_changed = s->was_changed,
                                  .is_live = s->begin.is_live,
                                  .unbound_from = s->unbound_from,
                                  .unbound_until = s->unbound_until,
                                  .loose = s->loose,
                                  .found = s->begin.history.count,
                                  .facts = acquire_state_facts(s, s->begin.history.count)};
}

static void add_marks(const struct acquire_marks *k, struct buf *out)
{
    buf_addf(out, " %u %u %u %llu %llu %u %zu ", k->runs, k->was_changed, k->is_live,
             (unsigned long long)k->unbound_from, (unsigned long long)k->unbound_until, k->loose,
             k->found);
    hex_add(out, k->facts.b, sizeof(k->facts.b));
}

static bool read_marks(struct str text, struct acquire_marks *out)
{
    uint64_t n[7];

    for (size_t i = 0; i < COUNT_OF(n); i++)
        if (!str_u64(str_cut(&text, ' '), &n[i]))
            return false;
    *out = (struct acquire_marks){.runs = (uint32_t)n[0],
                                  .was_changed = n[1] != 0,
                                  .is_live = n[2] != 0,
                                  .unbound_from = n[3],
                                  .unbound_until = n[4],
                                  .loose = (uint32_t)n[5],
                                  .found = (size_t)n[6]};
    return n[0] <= UINT32_MAX && n[5] <= UINT32_MAX &&
           hex_read(out->facts.b, sizeof(out->facts.b), text);
}

/* Whether a state can be a later one of the same image: it says all that was said before. */
static bool follows(const struct acquire_state *s, const struct acquire_marks *k)
{
    struct hash facts = acquire_state_facts(s, k->found);
    bool has_unbound = k->unbound_until == 0 ||
                       (s->unbound_from <= k->unbound_from && s->unbound_until >= k->unbound_until);

    return s->begin.runs >= k->runs && s->was_changed >= k->was_changed &&
           s->begin.is_live >= k->is_live && has_unbound &&
           (k->loose == 0 || (s->loose && s->loose <= k->loose)) &&
           s->begin.history.count >= k->found && hash_eq(&facts, &k->facts);
}

int acquire_bind_part(struct acquisition *m, struct err *e)
{
    CLEANUP_BUF struct buf text = {0};
    struct acquire_kept kept = {
        .is_written = true, .done = m->state.done, .has_digest = m->state.has_chain};
    CLEANUP_BUF struct buf damage = {0};
    int rc = 0;

    acquisition_damage(m, &damage);
    pthread_mutex_lock(&m->lock);
    kept.digest = digest_of(m, &m->state.chain, &m->state.proof, m->state.done);
    pthread_mutex_unlock(&m->lock);
    m->state.number++;
    if (m->state.file_count == 0)
        m->state.first = target_born(m->files.fd);
    pthread_mutex_lock(&m->kept_lock);
    free(m->state.begin.damage);
    m->state.begin.damage = mem_strdup(buf_text(&damage));
    kept.marks = marks_of(&m->state);
    kept.sum = acquire_state_write(&m->state, &m->files, &text);
    if (m->is_frozen)
        rc = err_set(e, ERR_CANCEL, "stopped; it goes on where it was");
    if (rc == 0)
        rc = acquire_write_beside(m, "part", &text, e);
    if (rc == 0)
        m->kept = kept;
    pthread_mutex_unlock(&m->kept_lock);
    return rc;
}

/* A write that hangs may end either way: then nobody can say what is there. */
void acquisition_bound(struct acquisition *m, struct buf *out)
{
    struct timespec until;
    struct acquire_kept kept;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += FREEZE_WAIT_S;
    if (pthread_mutex_timedlock(&m->kept_lock, &until))
        return;
    m->is_frozen = true;
    kept = m->kept;
    pthread_mutex_unlock(&m->kept_lock);
    if (!kept.is_written)
        return;
    hex_add(out, kept.sum.b, sizeof(kept.sum.b));
    if (!kept.has_digest)
        return;
    buf_addf(out, " %llu ", (unsigned long long)kept.done);
    hex_add(out, kept.digest.b, sizeof(kept.digest.b));
    add_marks(&kept.marks, out);
}

void acquisition_check_code(struct str bound, struct buf *out)
{
    for (size_t i = 0; i < CHECK_DIGITS && i < bound.len; i++)
        buf_addf(out, "%s%c", i && i % CHECK_GROUP == 0 ? "-" : "", bound.p[i]);
}

/* As it was written down: in groups, or not; or all of the digest. */
static bool is_code_of(const char *code, const struct hash *sum)
{
    CLEANUP_BUF struct buf hex = {0};
    size_t digits = 0;

    hex_add(&hex, sum->b, sizeof(sum->b));
    for (; *code; code++) {
        char c = *code >= 'A' && *code <= 'F' ? (char)(*code - 'A' + 'a') : *code;

        if (c == '-' || c == ' ')
            continue;
        if (digits == hex.len || c != hex.p[digits])
            return false;
        digits++;
    }
    return digits >= CHECK_DIGITS;
}

/* "SHA256 SIZE SHA256 MARKS", or without what is behind the first or the third; "0": nothing is
 * known. */
static bool read_known(struct str text, struct acquire_known *out)
{
    struct str sum = str_cut(&text, ' '), size = str_cut(&text, ' ');
    struct str digest = str_cut(&text, ' ');

    *out = (struct acquire_known){0};
    if (str_is(sum, "0"))
        return !size.len;
    out->has_sum = hex_read(out->sum.b, sizeof(out->sum.b), sum);
    if (!size.len)
        return out->has_sum;
    out->has_marks = text.len && read_marks(text, &out->marks);
    return out->has_sum && str_u64(size, &out->size) &&
           hex_read(out->digest.b, sizeof(out->digest.b), digest) &&
           out->has_marks == (text.len > 0);
}

void acquire_mark_unbound(struct acquire_state *s, uint64_t from, uint64_t until)
{
    if (from >= until)
        return;
    if (s->unbound_until == 0 || from < s->unbound_from)
        s->unbound_from = from;
    if (until > s->unbound_until)
        s->unbound_until = until;
}

static int refuse_code(const struct acquisition *m, struct err *e)
{
    return err_set(e, ERR_TAMPER,
                   "%s.part is not the one whose check code that is: it was changed, or it went on "
                   "since. Leave these files as they are; without --check it goes on, and what it "
                   "holds by now is told as not bound",
                   m->files.name);
}

static int refuse_known(const struct acquisition *m, struct err *e)
{
    return err_set(e, ERR_TAMPER,
                   "what %s holds of the first %llu bytes is not what the case has on record: it "
                   "was changed while it was interrupted. Begin anew under another name, and leave "
                   "these files as they are",
                   m->files.name, (unsigned long long)m->known.size);
}

static int refuse_part(const struct acquisition *m, struct err *e)
{
    return err_set(e, ERR_TAMPER,
                   "%s.part is not the one that the case has on record, nor one that came after "
                   "it: it was changed, or is an older copy. Put back the one that was there when "
                   "the image stopped; where there is none, begin anew under another name, and "
                   "leave these files as they are",
                   m->files.name);
}

/* It went on without the case, was killed since, or was changed: which of these, nobody can tell.
 * What the record knows is believed of what it knows. */
static int take_later(struct acquisition *m, struct err *e)
{
    struct acquire_state *s = &m->state;
    const struct acquire_marks *k = &m->known.marks;
    uint32_t loose = s->begin.runs > k->runs ? k->runs + 1 : k->runs;

    if (m->known.has_marks && !follows(s, k))
        return refuse_part(m, e);
    if (m->known.has_marks) {
        s->unbound_from = k->unbound_from;
        s->unbound_until = k->unbound_until;
        s->loose = k->loose;
    }
    if (s->loose == 0 || s->loose > loose)
        s->loose = loose;
    return 0;
}

int acquire_known_begin(struct acquisition *m, struct err *e)
{
    struct acquire_state *s = &m->state;
    struct acquire_known *k = &m->known;
    uint64_t from = 0, until = s->has_rest ? s->begin.size : s->done;
    bool is_bound = false;
    int rc = 0;

    if (m->options.bound && !read_known(str_of(m->options.bound), k))
        return err_set(e, ERR_USAGE, "what is known of the image is no digest");
    if (m->options.check && !is_code_of(m->options.check, &s->sum))
        return refuse_code(m, e);
    is_bound = m->options.check || (k->has_sum && hash_eq(&k->sum, &s->sum));
    if (!is_bound && m->options.bound)
        rc = take_later(m, e);
    if (rc)
        return rc;
    if (is_bound)
        from = s->has_rest && !s->is_sealed ? (s->done > s->rest ? s->done : s->rest) : until;
    else if (k->size && !m->options.has_no_hashes) {
        if (s->done < k->size)
            return refuse_known(m, e);
        m->compares_known = true;
        from = k->size;
    }
    acquire_mark_unbound(s, from, until);
    return 0;
}

void acquire_known_reread(struct acquisition *m, const void *bytes, size_t size)
{
    uint64_t end = m->known.size, from = end - end % DIGESTS_PIECE_SIZE;
    uint64_t at = m->reread_at > from ? m->reread_at : from;
    uint64_t until = m->reread_at + size < end ? m->reread_at + size : end;

    if (m->compares_known && at < until)
        buf_add(&m->known_head, (const char *)bytes + (at - m->reread_at), (size_t)(until - at));
}

void acquire_known_piece(struct acquisition *m)
{
    if (m->chain_pieces == m->known.size / DIGESTS_PIECE_SIZE)
        m->known_chain = m->chain;
}

int acquire_known_check(struct acquisition *m, struct err *e)
{
    struct hash head = hash_bytes(m->known_head.p, m->known_head.len);
    struct hash is = digest_of(m, &m->known_chain, &head, m->known.size);

    return m->compares_known && !hash_eq(&is, &m->known.digest) ? refuse_known(m, e) : 0;
}

void acquisition_unbound(const struct acquisition *m, struct buf *out)
{
    const struct acquire_state *s = &m->state;

    if (s->unbound_until)
        buf_addf(out,
                 "bytes %llu to %llu, as far as they had been read when it went on: compared with "
                 "files beside them alone, which whoever could write there could have changed, too",
                 (unsigned long long)s->unbound_from, (unsigned long long)s->unbound_until - 1);
    if (s->loose)
        buf_addf(
            out,
            "%swhat is told of run %u and later ones until it went on in the case, and whether "
            "the source was changed, or its files damaged, by then, was in %s.part alone, for "
            "which no record of the "
            "case vouches",
            out->len ? "; " : "", s->loose, m->files.name);
}
