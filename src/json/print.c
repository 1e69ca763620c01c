#include "print.h"

#include "float_environment.h"
#include "number.h"
#include "tree.h"
#include "utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A text that grows; once memory is out, nothing more is added. */
struct text {
    char *bytes;
    size_t used, size;
    bool failed;
};

static void put(struct text *text, const char *bytes, size_t count)
{
    if (text->failed) {
        return;
    }
    if (text->size - text->used <= count) {
        size_t size = text->size < 256 ? 256 : text->size;
        while (size - text->used <= count) {
            if (__builtin_mul_overflow(size, 2, &size)) {
                text->failed = true;
                return;
            }
        }
        char *grown = realloc(text->bytes, size);
        if (grown == NULL) {
            text->failed = true;
            return;
        }
        text->bytes = grown;
        text->size = size;
    }
    memcpy(text->bytes + text->used, bytes, count);
    text->used += count;
    text->bytes[text->used] = '\0';
}

static void put_text(struct text *text, const char *string)
{
    put(text, string, strlen(string));
}

static void put_character(struct text *text, uint32_t code)
{
    static const char letters[] = "\"\\\b\f\n\r\t", escapes[] = "\"\\bfnrt";
    char out[16];
    const char *letter = code < 0x80 && code != 0 ? strchr(letters, (int)code) : NULL;
    if (letter != NULL) {
        snprintf(out, sizeof out, "\\%c", escapes[letter - letters]);
    } else if (code >= 0x20 && code < 0x7f) {
        snprintf(out, sizeof out, "%c", (char)code);
    } else if (code < 0x10000) {
        snprintf(out, sizeof out, "\\u%04" PRIx32, code);
    } else {
        snprintf(out, sizeof out, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xd800 + ((code - 0x10000) >> 10),
                 0xdc00 + ((code - 0x10000) & 0x3ff));
    }
    put_text(text, out);
}

static void put_string(struct text *text, const char *string)
{
    put_text(text, "\"");
    size_t left = strlen(string);
    while (left > 0) {
        size_t plain = 0;
        while (plain < left && string[plain] >= 0x20 && string[plain] < 0x7f && string[plain] != '"' && string[plain] != '\\') {
            plain++;
        }
        put(text, string, plain);
        string += plain;
        left -= plain;
        if (left > 0) {
            uint32_t code;
            size_t size = json_utf8_decode(string, left, &code);
            if (size == 0) {
                size = 1;
                code = 0xfffd;
            }
            put_character(text, code);
            string += size;
            left -= size;
        }
    }
    put_text(text, "\"");
}

static void put_node(struct text *text, const cJSON *node);

static void put_members(struct text *text, const cJSON *node)
{
    for (const cJSON *child = node->child; child != NULL; child = child->next) {
        if (child != node->child) {
            put_text(text, ", ");
        }
        if (cJSON_IsObject(node)) {
            put_string(text, child->string != NULL ? child->string : "");
            put_text(text, ": ");
        }
        put_node(text, child);
    }
}

static void put_node(struct text *text, const cJSON *node)
{
    char number[JSON_NUMBER_SIZE];
    switch (node->type & 0xff) {
    case cJSON_False:
        put_text(text, "false");
        break;
    case cJSON_True:
        put_text(text, "true");
        break;
    case cJSON_Number:
        put_text(text, json_number_canonical(node, number));
        break;
    case cJSON_String:
        put_string(text, node->valuestring != NULL ? node->valuestring : "");
        break;
    case cJSON_Raw:
        put_text(text, node->valuestring != NULL ? node->valuestring : "null");
        break;
    case cJSON_Array:
        put_text(text, "[");
        put_members(text, node);
        put_text(text, "]");
        break;
    case cJSON_Object:
        put_text(text, "{");
        put_members(text, node);
        put_text(text, "}");
        break;
    default:
        put_text(text, "null");
        break;
    }
}

char *json_print(const cJSON *node)
{
    struct text text = {NULL, 0, 0, false};
    put_node(&text, node);
    if (text.failed) {
        free(text.bytes);
        return NULL;
    }
    return text.bytes;
}

cJSON *json_new_number(double value, const char *text)
{
    /* Of 0: a cut to `valueint` would raise the caller's inexact flag. */
    cJSON *node = cJSON_CreateNumber(0);
    if (node == NULL) {
        return NULL;
    }
    const size_t size = strlen(text) + 1;
    node->valuestring = cJSON_malloc(size);
    if (node->valuestring == NULL) {
        cJSON_Delete(node);
        return NULL;
    }
    memcpy(node->valuestring, text, size);
    node->valuedouble = value;
    return node;
}

/* cJSON compares numbers, which a caller's environment may not like. */
cJSON *json_new_double(double value)
{
    char text[JSON_DOUBLE_SIZE];
    json_format_double(value, text);
    const struct float_environment caller = float_environment_enter();
    cJSON *const node = json_new_number(value, text);
    float_environment_leave(&caller);
    return node;
}

static __attribute__((noinline)) cJSON *new_integer(int64_t value, const char *text)
{
    return json_new_number((double)value, text);
}

cJSON *json_new_int64(int64_t value)
{
    char text[JSON_DOUBLE_SIZE];
    snprintf(text, sizeof text, "%" PRId64, value);
    const struct float_environment caller = float_environment_enter();
    cJSON *const node = new_integer(value, text);
    float_environment_leave(&caller);
    return node;
}

bool json_add(cJSON *object, const char *key, cJSON *item)
{
    if (item == NULL || !cJSON_AddItemToObject(object, key, item)) {
        cJSON_Delete(item);
        return false;
    }
    return true;
}

bool json_append(cJSON *array, cJSON *item)
{
    if (item == NULL || !cJSON_AddItemToArray(array, item)) {
        cJSON_Delete(item);
        return false;
    }
    return true;
}
