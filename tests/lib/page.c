/* Rows of tables in Markdown. */
#include "tests/lib/page.h"

#include <string.h>

unsigned
page_cells(char *line, char **cells, unsigned max)
{
	char *rest = line + 1, *cell;
	unsigned n = 0;

	while (n < max && (cell = strsep(&rest, "|")) != NULL &&
	    rest != NULL) {
		char *end = cell + strlen(cell);

		while (*cell == ' ')
			cell++;
		while (end > cell && end[-1] == ' ')
			*--end = '\0';
		cells[n++] = cell;
	}
	return n;
}
