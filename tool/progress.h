/* How far a long work has come: a bar on a terminal, nothing elsewhere. */
#ifndef VECS_TOOL_PROGRESS_H
#define VECS_TOOL_PROGRESS_H

#include <stddef.h>

struct progress {
	const char *what;
	int shown; /* per cent; -1: nothing yet */
};

#define PROGRESS(what) { (what), -1 }

/* On stderr; total 0: not known, then done alone is shown in MiB. */
void progress_show(struct progress *p, size_t done, size_t total);
void progress_end(struct progress *p);

#endif
