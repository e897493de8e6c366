/* How the programs of this folder end when something does not work. */
#include "tests/bench/die.h"

#include <stdarg.h>

void (*die_word)(const char *text);

void
die(const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (die_word != NULL)
		die_word(text);
	else
		fprintf(stderr, "%s\n", text);
	_exit(1);
}
