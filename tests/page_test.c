/* The tables of functions and mechanisms in docs/PKCS11.md: each name of the
 * header stands there once, and the module answers what they say. */
#include "tests/lib/p11.h"
#include "tests/lib/page.h"

#include <stdio.h>
#include <stdlib.h>

#define CELLS 6
#define NAMES_MAX 600

/* Every CKM_ of the header; the row of a number is with its first name. */
static struct named {
	char name[64];
	CK_MECHANISM_TYPE type;
	unsigned rows; /* of the page */
	bool offered, everywhere;
	CK_FLAGS always, standard, legacy;
} names[NAMES_MAX];
static size_t name_count;

static struct named *
by_type(CK_MECHANISM_TYPE type)
{
	for (size_t i = 0; i < name_count; i++)
		if (names[i].type == type)
			return &names[i];
	return NULL;
}

/* By any of a number's names. */
static struct named *
by_name(const char *name)
{
	for (size_t i = 0; i < name_count; i++)
		if (strcmp(names[i].name, name) == 0)
			return by_type(names[i].type);
	return NULL;
}

static void
header_read(void)
{
	FILE *header = fopen(HEADER, "r");
	char line[512];
	struct named new = { .rows = 0 };

	ATF_REQUIRE(header != NULL);
	while (fgets(line, sizeof(line), header) != NULL)
		if (sscanf(line, "#define %63[A-Z0-9a-z_] 0x%lxUL", new.name,
		        &new.type) == 2 && strncmp(new.name, "CKM_", 4) == 0 &&
		    strcmp(new.name, "CKM_VENDOR_DEFINED") != 0) {
			ATF_REQUIRE(name_count < NAMES_MAX);
			names[name_count++] = new;
		}
	fclose(header);
	ATF_CHECK(name_count > 450);
}

static CK_FLAGS
uses_read(char *cell, const char *row)
{
	static const struct {
		const char *word;
		CK_FLAGS flag;
	} words[] = {
		{ "encrypt", CKF_ENCRYPT },
		{ "decrypt", CKF_DECRYPT },
		{ "digest", CKF_DIGEST },
		{ "sign", CKF_SIGN },
		{ "sign-recover", CKF_SIGN_RECOVER },
		{ "verify", CKF_VERIFY },
		{ "verify-recover", CKF_VERIFY_RECOVER },
		{ "generate", CKF_GENERATE },
		{ "generate-pair", CKF_GENERATE_KEY_PAIR },
		{ "wrap", CKF_WRAP },
		{ "unwrap", CKF_UNWRAP },
		{ "derive", CKF_DERIVE },
		{ "message-encrypt", CKF_MESSAGE_ENCRYPT },
		{ "message-decrypt", CKF_MESSAGE_DECRYPT },
		{ "message-sign", CKF_MESSAGE_SIGN },
		{ "message-verify", CKF_MESSAGE_VERIFY },
		{ "encapsulate", CKF_ENCAPSULATE },
		{ "decapsulate", CKF_DECAPSULATE },
	};
	CK_FLAGS flags = 0;
	char *word;

	while ((word = strsep(&cell, ", ")) != NULL) {
		size_t i = 0;

		if (*word == '\0')
			continue;
		while (i < COUNT(words) && strcmp(words[i].word, word) != 0)
			i++;
		ATF_REQUIRE_MSG(i < COUNT(words), "%s: %s", row, word);
		flags |= words[i].flag;
	}
	return flags;
}

static void
row_read(char *line, bool everywhere)
{
	char *cells[CELLS];
	unsigned n = page_cells(line, cells, CELLS);
	struct named *name = by_name(cells[0]);

	ATF_REQUIRE_MSG(name != NULL, "%s is in the page alone", cells[0]);
	name->rows++;
	name->offered = n == 5;
	name->everywhere = everywhere;
	if (n != 5) {
		ATF_CHECK_EQ(n, 2);
		return;
	}
	name->always = uses_read(cells[1], cells[0]);
	name->standard = uses_read(cells[2], cells[0]);
	name->legacy = uses_read(cells[3], cells[0]);
}

static void
page_read(void)
{
	FILE *page = fopen(PAGE, "r");
	char line[1024];
	bool within = false, everywhere = true;

	ATF_REQUIRE(page != NULL);
	while (fgets(line, sizeof(line), page) != NULL) {
		if (strncmp(line, "## ", 3) == 0) {
			within = strcmp(line, "## Mechanisms\n") == 0;
			everywhere = true;
		}
		if (strncmp(line, "### ", 4) == 0)
			everywhere = false;
		if (within && strncmp(line, "| CKM_", 6) == 0)
			row_read(line, everywhere);
	}
	fclose(page);
}

/* Uses, not the kinds of a curve and not that messages may be many. */
static CK_FLAGS
uses_of(CK_FLAGS flags)
{
	const CK_FLAGS uses = CKF_ENCRYPT | CKF_DECRYPT | CKF_DIGEST |
	    CKF_SIGN | CKF_SIGN_RECOVER | CKF_VERIFY | CKF_VERIFY_RECOVER |
	    CKF_GENERATE | CKF_GENERATE_KEY_PAIR | CKF_WRAP | CKF_UNWRAP |
	    CKF_DERIVE | CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT |
	    CKF_MESSAGE_SIGN | CKF_MESSAGE_VERIFY | CKF_ENCAPSULATE |
	    CKF_DECAPSULATE;

	return flags & uses;
}

static CK_FLAGS
wanted(const struct named *name, const char *policy)
{
	return name->always |
	    (strcmp(policy, "modern") != 0 ? name->standard : 0) |
	    (strcmp(policy, "legacy") == 0 ? name->legacy : 0);
}

/* What C_GetMechanismInfo says; 0: CKR_MECHANISM_INVALID. */
static CK_FLAGS
answered(CK_SLOT_ID slot, CK_MECHANISM_TYPE type)
{
	CK_MECHANISM_INFO info = { 0, 0, 0 };
	CK_RV rv = p11->C_GetMechanismInfo(slot, type, &info);

	ATF_CHECK(rv == CKR_OK || rv == CKR_MECHANISM_INVALID);
	return rv == CKR_OK ? uses_of(info.flags) : 0;
}

static void
check_list(CK_SLOT_ID slot)
{
	CK_MECHANISM_TYPE list[NAMES_MAX];
	CK_ULONG n = COUNT(list);

	REQUIRE_OK(p11->C_GetMechanismList(slot, list, &n));
	for (CK_ULONG i = 0; i < n; i++) {
		const struct named *name = by_type(list[i]);

		ATF_REQUIRE_MSG(name != NULL, "0x%lx has no name", list[i]);
		ATF_CHECK_MSG(name->offered, "%s is not in the page",
		    name->name);
		ATF_CHECK(answered(slot, list[i]) != 0);
	}
}

static void
check_policy(const char *policy)
{
	CK_SLOT_ID slot;
	char line[64];

	header_read();
	page_read();
	snprintf(line, sizeof(line), "policy = %s\n", policy);
	p11_conf = line;
	p11_start();
	slot = p11_slot("machine");
	for (size_t i = 0; i < name_count; i++) {
		const struct named *name = by_type(names[i].type);
		CK_FLAGS is = answered(slot, name->type);

		ATF_CHECK_EQ_MSG(name->rows, 1, "%s: %u rows", name->name,
		    name->rows);
		if (is == 0 && !name->everywhere)
			continue;
		ATF_CHECK_EQ_MSG(is, wanted(name, policy),
		    "%s is 0x%lx, not 0x%lx", name->name, is,
		    wanted(name, policy));
	}
	check_list(slot);
}

ATF_TC_WITHOUT_HEAD(mechanisms__standard);
ATF_TC_BODY(mechanisms__standard, tc)
{
	check_policy("standard");
}

ATF_TC_WITHOUT_HEAD(mechanisms__modern);
ATF_TC_BODY(mechanisms__modern, tc)
{
	check_policy("modern");
}

ATF_TC_WITHOUT_HEAD(mechanisms__legacy);
ATF_TC_BODY(mechanisms__legacy, tc)
{
	check_policy("legacy");
}

/* How often the page has a row for a function. */
static unsigned
function_rows(const char *name)
{
	FILE *page = fopen(PAGE, "r");
	char line[1024], want[80];
	unsigned n = 0;
	bool within = false;

	ATF_REQUIRE(page != NULL);
	snprintf(want, sizeof(want), "| %s | ", name);
	while (fgets(line, sizeof(line), page) != NULL) {
		if (strncmp(line, "## ", 3) == 0)
			within = strcmp(line, "## Functions\n") == 0;
		n += within && strncmp(line, want, strlen(want)) == 0;
	}
	fclose(page);
	return n;
}

/* The members of the function list, by the file that makes it. */
static const char *const functions[] = {
#define CK_F(version, name, args) #name,
#include "common/pkcs11_functions.h"
};

ATF_TC_WITHOUT_HEAD(functions__each_has_its_row);
ATF_TC_BODY(functions__each_has_its_row, tc)
{
	ATF_CHECK_EQ(COUNT(functions), 104);
	for (size_t i = 0; i < COUNT(functions); i++)
		ATF_CHECK_EQ_MSG(function_rows(functions[i]), 1, "%s",
		    functions[i]);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, mechanisms__standard);
	ATF_TP_ADD_TC(tp, mechanisms__modern);
	ATF_TP_ADD_TC(tp, mechanisms__legacy);
	ATF_TP_ADD_TC(tp, functions__each_has_its_row);
	return atf_no_error();
}
