/* A database of some pages and what a repair makes of it. */
#include "module/store/repair_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char repair_plains[REPAIR_OBJECTS][REPAIR_PLAIN];

/* The fixture's records are no attributes: their label is in them. */
CK_RV
repair_index(struct span plain, rekey_then then, void *arg)
{
	struct span index[INDEX_COUNT] = { { NULL, 0 } };
	char label[32];
	int n;

	if (plain.len < 16 || memcmp(plain.data, "the plain text ", 15) != 0)
		return CKR_DEVICE_ERROR;
	n = atoi((const char *)plain.data + 15);
	snprintf(label, sizeof(label), "label %d", n);
	index[INDEX_LABEL] = index[INDEX_FOLDED_LABEL] =
	    (struct span){ label, strlen(label) };
	return then(arg, index);
}

/* Some go on over pages of their own. */
void
repair_plains_make(void)
{
	for (int i = 0; i < REPAIR_OBJECTS; i++)
		snprintf(repair_plains[i], sizeof(repair_plains[i]),
		    "the plain text %d %*d", i, i % 10 == 9 ? 9000 : 1000, i);
}

void
repair_fill(struct database *db)
{
	char label[32];

	repair_plains_make();
	for (int i = 0; i < REPAIR_OBJECTS; i++) {
		snprintf(label, sizeof(label), "label %d", i);
		fixture_put(db, 1 + (uint64_t)i % 2, label, repair_plains[i]);
	}
	fixture_put(db, 1, "label 4", repair_plains[4]);
	ATF_CHECK_EQ(fixture_check(db), 0);
}

void
repair_good(void)
{
	struct database *db = fixture("good");

	repair_fill(db);
	database_close(db);
}

/* The instance's dbid is in the coherence file too. */
void
repair_bad(void)
{
	fixture_copy("good", "bad");
	ATF_REQUIRE_EQ(system("cp good/vecs.gen bad"), 0);
}

void
repair_line(void *arg, const char *line)
{
	struct repair_lines *l = arg;
	size_t len = strlen(l->text);

	snprintf(l->text + len, sizeof(l->text) - len, "%s\n", line);
}

CK_RV
repair_rescue(const char *name, struct repair_lines *lines)
{
	struct repair_report report = { repair_line, lines };

	lines->text[0] = '\0';
	return fixture_rescue(name, repair_index, &report);
}

bool
repair_says(const struct repair_lines *lines, const char *text)
{
	return strstr(lines->text, text) != NULL;
}

int
repair_count(struct database *db)
{
	int there = 0;

	for (int i = 0; i < REPAIR_OBJECTS; i++) {
		struct record r = { .id = 0 };
		CK_RV rv = fixture_load(db, 1 + (uint64_t)i % 2,
		    (uint64_t)i + 1, &r);

		if (rv == CKR_OK) {
			ATF_REQUIRE_EQ(r.plain.len, strlen(repair_plains[i]));
			ATF_REQUIRE_EQ(memcmp(r.plain.data, repair_plains[i],
			    r.plain.len), 0);
			secret_wipe(&r.plain);
			there++;
		} else {
			ATF_REQUIRE_MSG(rv == CKR_OBJECT_HANDLE_INVALID ||
			    rv == CKR_TOKEN_NOT_PRESENT, "0x%lx", rv);
		}
	}
	return there;
}

int
repair_look(const char *name)
{
	struct database *db = fixture(name);
	int there = repair_count(db);

	ATF_CHECK_EQ(fixture_check(db), 0);
	database_close(db);
	return there;
}
