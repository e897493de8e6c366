/* Rights: sets of three bits and who has them. */
#include "module/policy/permit.h"

#include <string.h>

static const struct {
	const char *word;
	unsigned right;
	unsigned follows; /* what comes with it */
} rights_rows[] = {
	{ "read", RIGHT_READ, RIGHT_USE },
	{ "write", RIGHT_WRITE, RIGHT_READ | RIGHT_USE },
	{ "use", RIGHT_USE, 0 },
};

#define ROWS (sizeof(rights_rows) / sizeof(rights_rows[0]))

bool
permit_in_group(const struct identity *who, uint32_t gid)
{
	for (unsigned i = 0; i < who->group_count; i++)
		if (who->groups[i] == gid)
			return true;
	return false;
}

/* Decimal digits and nothing else, of 32 bits. */
static bool
number_parse(const char *digits, size_t len, uint32_t *out)
{
	uint64_t number = 0;

	for (size_t i = 0; i < len; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return false;
		number = number * 10 + (unsigned)(digits[i] - '0');
		if (number > UINT32_MAX)
			return false;
	}
	*out = (uint32_t)number;
	return len != 0;
}

static bool
starts_with(struct span text, const char *word, size_t len)
{
	return text.len >= len && memcmp(text.data, word, len) == 0;
}

#define EVERYONE_LEN (sizeof(PERMIT_EVERYONE) - 1)
#define PREFIX_LEN 4 /* "uid:", "gid:" */

bool
permit_applies(const struct identity *who, struct span principal)
{
	const char *text = principal.data;
	uint32_t id;

	if (text == NULL || principal.len < PREFIX_LEN)
		return false;
	if (principal.len == EVERYONE_LEN &&
	    starts_with(principal, PERMIT_EVERYONE, EVERYONE_LEN))
		return true;
	if (!number_parse(text + PREFIX_LEN, principal.len - PREFIX_LEN, &id))
		return false;
	if (starts_with(principal, "uid:", PREFIX_LEN))
		return id == who->uid;
	return starts_with(principal, "gid:", PREFIX_LEN) &&
	    permit_in_group(who, id);
}

bool
permit_controls(const struct identity *who, uint32_t owner)
{
	return who->is_admin || who->uid == 0 || who->uid == owner;
}

unsigned
permit_closure(unsigned rights)
{
	unsigned all = rights & RIGHTS_ALL;

	for (size_t i = 0; i < ROWS; i++)
		if (rights & rights_rows[i].right)
			all |= rights_rows[i].follows;
	return all;
}

static unsigned
word_right(const char *word, size_t len)
{
	for (size_t i = 0; i < ROWS; i++)
		if (strlen(rights_rows[i].word) == len &&
		    memcmp(rights_rows[i].word, word, len) == 0)
			return rights_rows[i].right;
	return 0;
}

/* The right of the words up to a comma, blanks around them dropped. */
static unsigned
part_right(const char *at, const char *stop)
{
	while (at < stop && *at == ' ')
		at++;
	while (stop > at && stop[-1] == ' ')
		stop--;
	return word_right(at, (size_t)(stop - at));
}

bool
permit_parse(struct span text, unsigned *out)
{
	const char *at = text.data, *end, *comma;
	unsigned rights = 0, right;

	if (text.data == NULL)
		return false;
	end = at + text.len;
	do {
		comma = memchr(at, ',', (size_t)(end - at));
		right = part_right(at, comma != NULL ? comma : end);
		if (right == 0)
			return false;
		rights |= right;
		at = comma != NULL ? comma + 1 : end;
	} while (comma != NULL);
	*out = rights;
	return true;
}

void
permit_print(unsigned rights, char out[RIGHTS_TEXT_MAX])
{
	out[0] = '\0';
	for (size_t i = 0; i < ROWS; i++) {
		if ((rights & rights_rows[i].right) == 0)
			continue;
		if (out[0] != '\0')
			strcat(out, ",");
		strcat(out, rights_rows[i].word);
	}
}

bool
permit_shows_trust(const struct identity *who, uint32_t owner,
    bool owner_is_admin)
{
	return owner == 0 || owner_is_admin || owner == who->uid;
}
