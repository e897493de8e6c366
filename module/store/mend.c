/*
 * Every step of the checksum is a bijection.  So for each word of a page there
 * is exactly one value that would make the whole right: the one that leads
 * from the state before it to the state that what follows needs.  A value that
 * differs in one byte from what stands there is what stood there, if no other
 * word has such a one.  Not in two: the highest bit of a word does no more than
 * that to the next.
 */
#include "module/store/mend.h"

#include <endian.h>
#include <string.h>

#include "module/store/pagesum.h"

#define PRIME 0x100000001b3ULL
#define PAGE_MAX 4096
#define WORD 8

static uint64_t
word_at(const unsigned char *page, int i)
{
	uint64_t w;

	memcpy(&w, page + i, WORD);
	return le64toh(w);
}

/* Newton's method doubles the bits that are right. */
static uint64_t
prime_inverse(void)
{
	uint64_t x = PRIME;

	for (int i = 0; i < 5; i++)
		x *= 2 - PRIME * x;
	return x;
}

static bool
is_near(uint64_t a, uint64_t b)
{
	int differ = 0;

	for (uint64_t x = a ^ b; x != 0; x >>= 8)
		differ += (x & 0xff) != 0;
	return differ == 1;
}

struct fix {
	int count, at;
	uint64_t value;
};

static void
fix_try(struct fix *fix, const unsigned char *page, int at, uint64_t value)
{
	if (!is_near(value, word_at(page, at)))
		return;
	fix->count++;
	fix->at = at;
	fix->value = value;
}

/* Backwards from the state at the end: the states that each word must have
 * been met in, but for its own value. */
static void
words_try(struct fix *fix, const unsigned char *page, int end,
    const uint64_t *before)
{
	uint64_t inverse = prime_inverse(), after = word_at(page, end);

	for (int i = end - WORD; i >= 0; i -= WORD) {
		uint64_t mixed = (after ^ (after >> 32)) * inverse;

		fix_try(fix, page, i, mixed ^ before[i / WORD]);
		after = mixed ^ word_at(page, i);
	}
}

bool
page_mend(unsigned char *page, int size, int64_t at)
{
	uint64_t before[PAGE_MAX / WORD];
	uint64_t h = (0xcbf29ce484222325ULL ^ (uint64_t)at) * PRIME;
	int end = size - PAGESUM_SIZE;
	struct fix fix = { .count = 0 };

	for (int i = 0; i < end; i += WORD) {
		before[i / WORD] = h;
		h = (h ^ word_at(page, i)) * PRIME;
		h ^= h >> 32;
	}
	if (h == word_at(page, end))
		return true;
	fix_try(&fix, page, end, h);
	words_try(&fix, page, end, before);
	if (fix.count != 1)
		return false;
	fix.value = htole64(fix.value);
	memcpy(page + fix.at, &fix.value, WORD);
	return true;
}
