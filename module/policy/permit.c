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

bool
permit_parse(struct span text, unsigned *out)
{
	const char *at = text.data, *end = at + text.len;
	unsigned rights = 0, right;

	if (text.data == NULL)
		return false;
	while (at <= end) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		const char *stop = comma != NULL ? comma : end;
		const char *next = stop + 1;

		while (at < stop && *at == ' ')
			at++;
		while (stop > at && stop[-1] == ' ')
			stop--;
		if ((right = word_right(at, (size_t)(stop - at))) == 0)
			return false;
		rights |= right;
		at = next;
	}
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
