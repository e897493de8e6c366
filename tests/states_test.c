/* The table of states and return values in docs/PKCS11.md, row by row: the calls
 * that it names are made, the answers are those that it gives. */
#include "tests/lib/page.h"
#include "tests/lib/stage.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/ckname.h"

#define HEADING "## States and return values"
#define CELLS 2
#define STEPS 12

/* The parts between commas, without blanks around them. */
static unsigned
list_cut(char *cell, char *parts[STEPS])
{
	unsigned n = 0;
	char *part;

	while ((part = strsep(&cell, ",")) != NULL) {
		char *end = part + strlen(part);

		ATF_REQUIRE(n < STEPS);
		while (*part == ' ')
			part++;
		while (end > part && end[-1] == ' ')
			*--end = '\0';
		parts[n++] = part;
	}
	return n;
}

static void
row_check(const char *row, char *cells[CELLS])
{
	char *steps[STEPS], *answers[STEPS];
	unsigned n = list_cut(cells[0], steps);
	struct stage g;

	ATF_REQUIRE_EQ_MSG(list_cut(cells[1], answers), n,
	    "%s: not as many answers as calls", row);
	stage_open(&g, strstr(row, "Recover") != NULL);
	for (unsigned i = 0; i < n; i++) {
		CK_RV rv = stage_run(&g, steps[i]);
		const char *name = ckname_rv(rv);

		ATF_CHECK_MSG(name != NULL && strcmp(name, answers[i]) == 0,
		    "%s: %s is %s, not %s", row, steps[i],
		    name != NULL ? name : "?", answers[i]);
	}
	stage_close(&g);
}

static bool
is_row(const char *line)
{
	return strncmp(line, "| C_", 4) == 0;
}

ATF_TC_WITHOUT_HEAD(states__as_the_page_says);
ATF_TC_BODY(states__as_the_page_says, tc)
{
	FILE *page = fopen(STATES_PAGE, "r");
	char line[1024], row[1024], *cells[CELLS];
	bool within = false;
	unsigned rows = 0;

	ATF_REQUIRE(page != NULL);
	p11_start();
	p11_new_token("hsm");
	while (fgets(line, sizeof(line), page) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "## ", 3) == 0)
			within = strcmp(line, HEADING) == 0;
		if (!within || !is_row(line))
			continue;
		memcpy(row, line, sizeof(row));
		ATF_REQUIRE_EQ_MSG(page_cells(line, cells, CELLS), CELLS, "%s", row);
		row_check(row, cells);
		rows++;
	}
	fclose(page);
	ATF_CHECK_MSG(rows > 80, "only %u rows", rows);
}

/* A call on no session says so, whatever else is wrong. */
ATF_TC_WITHOUT_HEAD(states__no_session);
ATF_TC_BODY(states__no_session, tc)
{
	static const char *const steps[] = { "C_EncryptInit", "C_Encrypt",
		"C_EncryptUpdate", "C_EncryptFinal", "C_DecryptInit",
		"C_Decrypt", "C_DecryptUpdate", "C_DecryptFinal",
		"C_DigestInit", "C_Digest", "C_DigestUpdate", "C_DigestKey",
		"C_DigestFinal", "C_SignInit", "C_Sign", "C_SignUpdate",
		"C_SignFinal", "C_SignRecoverInit", "C_SignRecover",
		"C_VerifyInit", "C_Verify", "C_VerifyUpdate", "C_VerifyFinal",
		"C_VerifyRecoverInit", "C_VerifyRecover",
		"C_DigestEncryptUpdate", "C_DecryptDigestUpdate",
		"C_SignEncryptUpdate", "C_DecryptVerifyUpdate", "C_WrapKey",
		"C_UnwrapKey", "C_DeriveKey", "C_FindObjectsInit",
		"C_FindObjects", "C_FindObjectsFinal", "C_SessionCancel",
		"C_Login", "C_Logout", "C_GetOperationState",
		"C_SetOperationState", "C_CloseSession",
		"C_VerifySignatureInit", "C_VerifySignature",
		"C_VerifySignatureUpdate", "C_VerifySignatureFinal",
		"C_MessageEncryptInit", "C_MessageEncryptFinal",
		"C_MessageDecryptInit", "C_MessageDecryptFinal",
		"C_EncryptInit(no such key)", "C_Encrypt(no length)",
		"C_Digest(no data)", "C_FindObjects(no length)" };
	struct stage g;

	p11_start();
	p11_new_token("hsm");
	stage_open(&g, false);
	REQUIRE_OK(p11->C_CloseSession(g.s));
	for (size_t i = 0; i < COUNT(steps); i++)
		ATF_CHECK_EQ_MSG(stage_run(&g, steps[i]),
		    CKR_SESSION_HANDLE_INVALID, "%s", steps[i]);
	stage_close(&g);
	REQUIRE_OK(p11->C_Finalize(NULL));
	for (size_t i = 0; i < COUNT(steps); i++)
		if (strstr(steps[i], "Init") == NULL)
			ATF_CHECK_EQ_MSG(stage_run(&g, steps[i]),
			    CKR_CRYPTOKI_NOT_INITIALIZED, "%s", steps[i]);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, states__as_the_page_says);
	ATF_TP_ADD_TC(tp, states__no_session);
	return atf_no_error();
}
