/* The one way in which an operation ends. */
#include "module/session/operation.h"

#include <stddef.h>

void
operation_end(struct operation *op)
{
	if (op->state == NULL && op->made.data == NULL &&
	    op->signature.data == NULL)
		return;
	if (op->state != NULL)
		op->end(op->state);
	secret_wipe(&op->made);
	secret_wipe(&op->signature);
	*op = (struct operation){ .state = NULL };
}
