#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "golden.h"

#include <stdlib.h>
#include <string.h>

static int line_number;

FILE *golden_open(void)
{
    FILE *file = fopen(FANIN_TEST_DATA "/../golden/contract1.txt", "r");
    if (file == NULL)
        fail_msg("%s cannot be opened", FANIN_TEST_DATA "/../golden/contract1.txt");
    line_number = 0;
    return file;
}

static const char *field(char **rest)
{
    const char *text = strsep(rest, " ");
    if (text == NULL || *text == 0)
        fail_msg("line %d: a field is missing", line_number);
    return text;
}

static uint64_t hexadecimal(char **rest)
{
    char *end;
    const uint64_t value = strtoull(field(rest), &end, 16);
    if (*end != 0)
        fail_msg("line %d: expected hexadecimal digits", line_number);
    return value;
}

static int64_t decimal(char **rest)
{
    char *end;
    const int64_t value = strtoll(field(rest), &end, 10);
    if (*end != 0)
        fail_msg("line %d: expected a decimal integer", line_number);
    return value;
}

static double number(char **rest)
{
    char *end;
    const double value = strtod(field(rest), &end);
    if (*end != 0)
        fail_msg("line %d: expected a number", line_number);
    return value;
}

static void name(char **rest, struct golden_line *out)
{
    const char *text = field(rest);
    if (strlen(text) >= sizeof out->name)
        fail_msg("line %d: the name is too long", line_number);
    strcpy(out->name, text);
}

static void words(char **rest, struct golden_line *out)
{
    for (int i = 0; i < 4; i++)
        out->words[i] = (uint32_t)hexadecimal(rest);
}

static void kind_and_dtype(char **rest, struct golden_line *out)
{
    const char *kind = field(rest);
    if (strcmp(kind, "uniform") == 0)
        out->kind = FILL_UNIFORM;
    else if (strcmp(kind, "normal") == 0)
        out->kind = FILL_NORMAL;
    else if (strcmp(kind, "integer") == 0)
        out->kind = FILL_INTEGER;
    else
        fail_msg("line %d: unknown kind %s", line_number, kind);
    const char *dtype = field(rest);
    if (!dtype_from_name(dtype, &out->dtype))
        fail_msg("line %d: unknown dtype %s", line_number, dtype);
}

/* The fill's two numbers, then the elements up to the end of the line. */
static void numbers_and_bits(char **rest, struct golden_line *out)
{
    out->a = number(rest);
    out->b = number(rest);
    int count = 0;
    for (; *rest != NULL; count++) {
        if (count == (int)(sizeof out->bits / sizeof *out->bits))
            fail_msg("line %d: too many elements", line_number);
        out->bits[count] = hexadecimal(rest);
    }
    if (out->type == GOLDEN_FILL && count != out->count)
        fail_msg("line %d: %d elements, expected %d", line_number, count, out->count);
    out->count = count;
}

bool golden_next(FILE *file, struct golden_line *out)
{
    char buffer[4096];
    do {
        if (fgets(buffer, sizeof buffer, file) == NULL)
            return false;
        line_number++;
    } while (buffer[0] == '#');
    buffer[strcspn(buffer, "\n")] = 0;
    out->number = line_number;

    char *rest = buffer;
    const char *type = field(&rest);
    if (strcmp(type, "stream") == 0) {
        out->type = GOLDEN_STREAM;
        name(&rest, out);
        out->stream = hexadecimal(&rest);
    } else if (strcmp(type, "block") == 0) {
        out->type = GOLDEN_BLOCK;
        out->seed = hexadecimal(&rest);
        out->stream = hexadecimal(&rest);
        out->block = hexadecimal(&rest);
        words(&rest, out);
    } else if (strcmp(type, "fill") == 0) {
        out->type = GOLDEN_FILL;
        kind_and_dtype(&rest, out);
        out->seed = hexadecimal(&rest);
        name(&rest, out);
        out->start = decimal(&rest);
        out->count = (int)decimal(&rest);
        numbers_and_bits(&rest, out);
    } else if (strcmp(type, "words") == 0) {
        out->type = GOLDEN_WORDS;
        kind_and_dtype(&rest, out);
        words(&rest, out);
        numbers_and_bits(&rest, out);
    } else {
        fail_msg("line %d: unknown type %s", line_number, type);
    }
    if (rest != NULL)
        fail_msg("line %d: more fields than expected", line_number);
    return true;
}
