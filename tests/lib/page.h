/* For tests: the tables of a page in docs/, so that a test can hold it to them. */
#ifndef TESTS_PAGE_H
#define TESTS_PAGE_H

/* Cuts a row "| a | b |" into its cells, at most max, which stay in the line and
 * have no blanks around them; returns how many. */
unsigned page_cells(char *line, char **cells, unsigned max);

#endif
