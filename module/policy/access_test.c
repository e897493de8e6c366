/* Every cell of the table, against the sentences of the standard. */
#include <atf-c.h>

#include "module/policy/access.h"

static const struct {
	CK_STATE state;
	bool user, rw;
} states[] = {
	{ CKS_RO_PUBLIC_SESSION, false, false },
	{ CKS_RO_USER_FUNCTIONS, true, false },
	{ CKS_RW_PUBLIC_SESSION, false, true },
	{ CKS_RW_USER_FUNCTIONS, true, true },
	{ CKS_RW_SO_FUNCTIONS, false, true },
};

/* Private objects are the user's alone, not the SO's; a read-only session
 * changes no token object.  Who may not see it is not told that it is there. */
static CK_RV
expected(size_t row, bool token, bool private, enum access act)
{
	if (private && !states[row].user)
		return CKR_USER_NOT_LOGGED_IN;
	if (token && act == ACCESS_CHANGE && !states[row].rw)
		return CKR_SESSION_READ_ONLY;
	return CKR_OK;
}

ATF_TC_WITHOUT_HEAD(access__every_cell);
ATF_TC_BODY(access__every_cell, tc)
{
	/* state, token object, private object, act: one bit each for three */
	for (size_t i = 0; i < COUNT(states) * 8; i++) {
		size_t row = i / 8;
		bool token = (i & 1) != 0, private = (i & 2) != 0;
		enum access act = i & 4 ? ACCESS_CHANGE : ACCESS_READ;

		ATF_CHECK_EQ_MSG(access_check(states[row].state, token,
		    private, act), expected(row, token, private, act),
		    "state %lu, token %d, private %d, act %d",
		    states[row].state, token, private, act);
	}
}

ATF_TC_WITHOUT_HEAD(access__unknown_state_is_refused);
ATF_TC_BODY(access__unknown_state_is_refused, tc)
{
	static const CK_STATE unknown[] = { 5, 6, CK_UNAVAILABLE_INFORMATION };

	for (size_t i = 0; i < COUNT(unknown); i++)
		ATF_CHECK(access_check(unknown[i], false, false,
		    ACCESS_READ) != CKR_OK);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, access__every_cell);
	ATF_TP_ADD_TC(tp, access__unknown_state_is_refused);
	return atf_no_error();
}
