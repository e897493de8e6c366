/* The bar. */
#include "tool/progress.h"

#include <stdio.h>
#include <unistd.h>

#define WIDTH 40

static void
bar_print(const struct progress *p)
{
	char bar[WIDTH + 1];

	for (int i = 0; i < WIDTH; i++)
		bar[i] = i * 100 < p->shown * WIDTH ? '#' : '.';
	bar[WIDTH] = '\0';
	fprintf(stderr, "\r%s [%s] %3d %%", p->what, bar, p->shown);
}

void
progress_show(struct progress *p, size_t done, size_t total)
{
	int now = total != 0 ? (int)(done * 100 / total)
	                     : (int)(done >> 20);

	if (now == p->shown || isatty(STDERR_FILENO) == 0)
		return;
	p->shown = now;
	if (total != 0)
		bar_print(p);
	else
		fprintf(stderr, "\r%s %d MiB", p->what, now);
}

void
progress_end(struct progress *p)
{
	if (p->shown >= 0)
		fprintf(stderr, "\n");
	p->shown = -1;
}
