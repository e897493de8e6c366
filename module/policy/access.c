/* The truth table of access. */
#include "module/policy/access.h"

#define YES CKR_OK
#define LOGIN CKR_USER_NOT_LOGGED_IN
#define RO CKR_SESSION_READ_ONLY

/*
 *                            session object          token object
 *                            public      private     public      private
 *                            read change read change read change read change
 */
static const struct {
	CK_STATE state;
	CK_RV cells[2][2][2]; /* token object, private object, act */
} rows[] = {
	{ CKS_RO_PUBLIC_SESSION,
	    { { { YES, YES }, { LOGIN, LOGIN } },
	      { { YES, RO }, { LOGIN, LOGIN } } } },
	{ CKS_RO_USER_FUNCTIONS,
	    { { { YES, YES }, { YES, YES } },
	      { { YES, RO }, { YES, RO } } } },
	{ CKS_RW_PUBLIC_SESSION,
	    { { { YES, YES }, { LOGIN, LOGIN } },
	      { { YES, YES }, { LOGIN, LOGIN } } } },
	{ CKS_RW_USER_FUNCTIONS,
	    { { { YES, YES }, { YES, YES } },
	      { { YES, YES }, { YES, YES } } } },
	{ CKS_RW_SO_FUNCTIONS,
	    { { { YES, YES }, { LOGIN, LOGIN } },
	      { { YES, YES }, { LOGIN, LOGIN } } } },
};

CK_RV
access_check(CK_STATE state, bool token_object, bool private_object,
    enum access act)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].state == state)
			return rows[i].cells[token_object][private_object][act];
	return CKR_USER_NOT_LOGGED_IN;
}
