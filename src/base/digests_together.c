/* digests_together.c: MD5, SHA-1 and twice SHA-256 over the same blocks.
 *
 * Each of them is a chain in which every step waits for the one before, so that one alone leaves
 * most of the processor idle. Four steps of one stand here beside four of the others. The two
 * SHA-256 share their message schedule, which is half of the work. */
#include "base/digests_together.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#include <string.h>

bool together_is_there(void)
{
    unsigned eax = 7, ebx, ecx = 0, edx;

    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    return __builtin_cpu_supports("sse4.1") && (ebx & 1u << 29);
}

/* FIPS 180-4 section 4.2.2 */
static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/* RFC 1321 section 3.4, the functions rewritten so that b, which is known last, comes in late. */
#define ROUND_F(b, c, d) ((d) ^ ((b) & ((c) ^ (d))))
#define ROUND_G(b, c, d) (((b) & (d)) + ((c) & ~(d)))
#define ROUND_H(b, c, d) ((b) ^ (c) ^ (d))
#define ROUND_I(b, c, d) ((c) ^ ((b) | ~(d)))
#define MD5_STEP(f, a, b, c, d, x, s, k)                                                           \
    a += f(b, c, d) + (x) + (k);                                                                   \
    a = (a << (s) | a >> (32 - (s))) + (b);
/* Four steps; the words of the block are i, i + n … */
#define MD5(f, i, n, s0, s1, s2, s3, k0, k1, k2, k3)                                               \
    MD5_STEP(f, a, b, c, d, w[(i)&15], s0, k0)                                                     \
    MD5_STEP(f, d, a, b, c, w[((i) + (n)) & 15], s1, k1)                                           \
    MD5_STEP(f, c, d, a, b, w[((i) + 2 * (n)) & 15], s2, k2)                                       \
    MD5_STEP(f, b, c, d, a, w[((i) + 3 * (n)) & 15], s3, k3)
#define MD5_F(i, ...) MD5(ROUND_F, i, 1, 7, 12, 17, 22, __VA_ARGS__)
#define MD5_G(i, ...) MD5(ROUND_G, i, 5, 5, 9, 14, 20, __VA_ARGS__)
#define MD5_H(i, ...) MD5(ROUND_H, i, 3, 4, 11, 16, 23, __VA_ARGS__)
#define MD5_I(i, ...) MD5(ROUND_I, i, 7, 6, 10, 15, 21, __VA_ARGS__)

/* Four rounds of both SHA-256, and the next words of their schedule. */
#define SHA256(i, x)                                                                               \
    k = _mm_add_epi32(x, _mm_loadu_si128((const __m128i *)(constants + 4 * (i))));                 \
    s1 = _mm_sha256rnds2_epu32(s1, s0, k);                                                         \
    p1 = _mm_sha256rnds2_epu32(p1, p0, k);                                                         \
    k = _mm_shuffle_epi32(k, 0x0e);                                                                \
    s0 = _mm_sha256rnds2_epu32(s0, s1, k);                                                         \
    p0 = _mm_sha256rnds2_epu32(p0, p1, k);
#define WORDS256(x0, x1, x2, x3)                                                                   \
    x0 = _mm_sha256msg2_epu32(                                                                     \
        _mm_add_epi32(_mm_sha256msg1_epu32(x0, x1), _mm_alignr_epi8(x3, x2, 4)), x3);

/* Four rounds of SHA-1; now and then are its e before and after, which take turns. */
#define SHA1(now, then, y, f)                                                                      \
    now = _mm_sha1nexte_epu32(now, y);                                                             \
    then = h;                                                                                      \
    h = _mm_sha1rnds4_epu32(h, now, f);
#define WORDS1(y0, y1, y2, y3)                                                                     \
    y0 = _mm_sha1msg2_epu32(_mm_xor_si128(_mm_sha1msg1_epu32(y0, y1), y2), y3);

/* The instructions want a, b, e, f in one register and c, d, g, h in the other, high to low. */
__attribute__((target("sha,sse4.1"))) static inline void load256(const uint32_t from[8],
                                                                 __m128i *abef, __m128i *cdgh)
{
    __m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)from), 0xb1);
    __m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(from + 4)), 0x1b);

    *abef = _mm_alignr_epi8(low, high, 8);
    *cdgh = _mm_blend_epi16(high, low, 0xf0);
}

__attribute__((target("sha,sse4.1"))) static inline void store256(uint32_t to[8], __m128i abef,
                                                                  __m128i cdgh)
{
    __m128i low = _mm_shuffle_epi32(abef, 0x1b);
    __m128i high = _mm_shuffle_epi32(cdgh, 0xb1);

    _mm_storeu_si128((__m128i *)to, _mm_blend_epi16(low, high, 0xf0));
    _mm_storeu_si128((__m128i *)(to + 4), _mm_alignr_epi8(high, low, 8));
}

/* clang-format off */
__attribute__((target("sha,sse4.1")))
void together_add(struct together *t, const uint8_t *bytes, size_t blocks)
{
    const __m128i swap256 = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    const __m128i swap1 = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
    uint32_t a = t->md5[0], b = t->md5[1], c = t->md5[2], d = t->md5[3];
    __m128i h = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)t->sha1), 0x1b);
    __m128i e0 = _mm_set_epi32((int)t->sha1[4], 0, 0, 0), e1, s0, s1, p0, p1, k;

    load256(t->sha256, &s0, &s1);
    load256(t->piece, &p0, &p1);
    for (; blocks; blocks--, bytes += TOGETHER_BLOCK_SIZE) {
        const uint32_t a_was = a, b_was = b, c_was = c, d_was = d;
        const __m128i s0_was = s0, s1_was = s1, p0_was = p0, p1_was = p1, h_was = h, e_was = e0;
        uint32_t w[16];
        __m128i x0, x1, x2, x3, y0, y1, y2, y3;

        memcpy(w, bytes, sizeof(w));
        x0 = _mm_loadu_si128((const __m128i *)bytes);
        x1 = _mm_loadu_si128((const __m128i *)(bytes + 16));
        x2 = _mm_loadu_si128((const __m128i *)(bytes + 32));
        x3 = _mm_loadu_si128((const __m128i *)(bytes + 48));
        y0 = _mm_shuffle_epi8(x0, swap1), x0 = _mm_shuffle_epi8(x0, swap256);
        y1 = _mm_shuffle_epi8(x1, swap1), x1 = _mm_shuffle_epi8(x1, swap256);
        y2 = _mm_shuffle_epi8(x2, swap1), x2 = _mm_shuffle_epi8(x2, swap256);
        y3 = _mm_shuffle_epi8(x3, swap1), x3 = _mm_shuffle_epi8(x3, swap256);

        /* SHA-1 has 20 groups of four rounds, the others 16: two groups in each fourth row. */
        MD5_F(0, 0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee)
        SHA256(0, x0) e0 = _mm_add_epi32(e0, y0); e1 = h; h = _mm_sha1rnds4_epu32(h, e0, 0);
        MD5_F(4, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501)
        SHA256(1, x1) SHA1(e1, e0, y1, 0)
        MD5_F(8, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be)
        SHA256(2, x2) SHA1(e0, e1, y2, 0)
        MD5_F(12, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821)
        SHA256(3, x3) SHA1(e1, e0, y3, 0) WORDS1(y0, y1, y2, y3) SHA1(e0, e1, y0, 0)

        MD5_G(1, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa) WORDS256(x0, x1, x2, x3)
        SHA256(4, x0) WORDS1(y1, y2, y3, y0) SHA1(e1, e0, y1, 1)
        MD5_G(5, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8) WORDS256(x1, x2, x3, x0)
        SHA256(5, x1) WORDS1(y2, y3, y0, y1) SHA1(e0, e1, y2, 1)
        MD5_G(9, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed) WORDS256(x2, x3, x0, x1)
        SHA256(6, x2) WORDS1(y3, y0, y1, y2) SHA1(e1, e0, y3, 1)
        MD5_G(13, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a) WORDS256(x3, x0, x1, x2)
        SHA256(7, x3) WORDS1(y0, y1, y2, y3) SHA1(e0, e1, y0, 1)
        WORDS1(y1, y2, y3, y0) SHA1(e1, e0, y1, 1)

        MD5_H(5, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c) WORDS256(x0, x1, x2, x3)
        SHA256(8, x0) WORDS1(y2, y3, y0, y1) SHA1(e0, e1, y2, 2)
        MD5_H(1, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70) WORDS256(x1, x2, x3, x0)
        SHA256(9, x1) WORDS1(y3, y0, y1, y2) SHA1(e1, e0, y3, 2)
        MD5_H(13, 0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05) WORDS256(x2, x3, x0, x1)
        SHA256(10, x2) WORDS1(y0, y1, y2, y3) SHA1(e0, e1, y0, 2)
        MD5_H(9, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665) WORDS256(x3, x0, x1, x2)
        SHA256(11, x3) WORDS1(y1, y2, y3, y0) SHA1(e1, e0, y1, 2)
        WORDS1(y2, y3, y0, y1) SHA1(e0, e1, y2, 2)

        MD5_I(0, 0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039) WORDS256(x0, x1, x2, x3)
        SHA256(12, x0) WORDS1(y3, y0, y1, y2) SHA1(e1, e0, y3, 3)
        MD5_I(12, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1) WORDS256(x1, x2, x3, x0)
        SHA256(13, x1) WORDS1(y0, y1, y2, y3) SHA1(e0, e1, y0, 3)
        MD5_I(8, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1) WORDS256(x2, x3, x0, x1)
        SHA256(14, x2) WORDS1(y1, y2, y3, y0) SHA1(e1, e0, y1, 3)
        MD5_I(4, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391) WORDS256(x3, x0, x1, x2)
        SHA256(15, x3) WORDS1(y2, y3, y0, y1) SHA1(e0, e1, y2, 3)
        WORDS1(y3, y0, y1, y2) SHA1(e1, e0, y3, 3)

        a += a_was, b += b_was, c += c_was, d += d_was;
        e0 = _mm_sha1nexte_epu32(e0, e_was), h = _mm_add_epi32(h, h_was);
        s0 = _mm_add_epi32(s0, s0_was), s1 = _mm_add_epi32(s1, s1_was);
        p0 = _mm_add_epi32(p0, p0_was), p1 = _mm_add_epi32(p1, p1_was);
    }
    memcpy(t->md5, (uint32_t[]){a, b, c, d}, sizeof(t->md5));
    _mm_storeu_si128((__m128i *)t->sha1, _mm_shuffle_epi32(h, 0x1b));
    t->sha1[4] = (uint32_t)_mm_extract_epi32(e0, 3);
    store256(t->sha256, s0, s1);
    store256(t->piece, p0, p1);
}
/* clang-format on */

#else

bool together_is_there(void)
{
    return false;
}

void together_add(struct together *t, const uint8_t *bytes, size_t blocks)
{
    (void)t;
    (void)bytes;
    (void)blocks;
}

#endif
