/* Numbers as text and back, whatever the locale, rounding mode and floating-point flags of the caller, which stay as they
 * were. */
#ifndef FANIN_SRC_JSON_NUMBER_H
#define FANIN_SRC_JSON_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Enough for every text that the functions below write, with its NUL. */
#define JSON_DOUBLE_SIZE 32

/* Write the shortest decimal that reads back as the same value of the same type, the nearest one if there are several, laid
 * out as Python's repr: `3.0`, `0.0001`, `1e-05`, `1e+16` (exponents below -4 and from 16 on), `-0.0`; and `nan`, `inf`,
 * `-inf`. All return `buffer`. A float32 of 123456789 is `123456790.0`. */
char *json_format_double(double value, char buffer[JSON_DOUBLE_SIZE]);
char *json_format_float32(float value, char buffer[JSON_DOUBLE_SIZE]);
/* From the 16 bits of a float16 or bfloat16. */
char *json_format_float16(uint16_t bits, char buffer[JSON_DOUBLE_SIZE]);
char *json_format_bfloat16(uint16_t bits, char buffer[JSON_DOUBLE_SIZE]);

/* Reads a decimal number, rounded to nearest even: digits with or without a point (`3`, `.5`, `1.`), a sign and an exponent as
 * one likes, and nothing around it. false for anything else, hexadecimal, `inf` and `nan` included. A number beyond the range
 * gives an infinity, which the caller must not forget; one too small gives a denormal or zero. */
bool json_parse_double(const char *text, double *out);

/* Reads an integer: digits, perhaps a minus, and nothing around them. false for anything else and for what does not fit. */
bool json_parse_int64(const char *text, int64_t *out);

#endif
