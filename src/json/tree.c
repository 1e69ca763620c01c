#include "tree.h"

#include "number.h"
#include "print.h"
#include "scan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A copy that cJSON_Delete frees. NULL: out of memory. */
static char *copy_text(const char *text, size_t length)
{
    char *copy = cJSON_malloc(length + 1);
    if (copy != NULL) {
        memcpy(copy, text, length + 1);
    }
    return copy;
}

static cJSON *new_number(const struct json_token *token)
{
    double value = 0;
    return json_token_double(token, &value) ? json_new_number(value, token->text) : NULL;
}

/* NULL: out of memory. */
static cJSON *new_node(const struct json_token *token)
{
    switch (token->kind) {
    case JSON_BEGIN_OBJECT:
        return cJSON_CreateObject();
    case JSON_BEGIN_ARRAY:
        return cJSON_CreateArray();
    case JSON_STRING:
        return cJSON_CreateString(token->text);
    case JSON_NUMBER:
        return new_number(token);
    case JSON_TRUE:
        return cJSON_CreateTrue();
    case JSON_FALSE:
        return cJSON_CreateFalse();
    default:
        return cJSON_CreateNull();
    }
}

struct builder {
    cJSON *root;
    cJSON *open[JSON_MAX_DEPTH];
    int depth;
    char *key; /* of the value to come */
};

/* Puts a token into the tree. false: out of memory. */
static bool take(struct builder *builder, const struct json_token *token)
{
    if (token->kind == JSON_KEY) {
        builder->key = copy_text(token->text, token->length);
        return builder->key != NULL;
    }
    if (token->kind == JSON_END_OBJECT || token->kind == JSON_END_ARRAY) {
        builder->depth--;
        return true;
    }
    cJSON *node = new_node(token);
    if (node == NULL) {
        return false;
    }
    node->string = builder->key;
    builder->key = NULL;
    if (builder->depth == 0) {
        builder->root = node;
    } else {
        /* Members of an object are linked as an array's are; their names are in place. */
        cJSON_AddItemToArray(builder->open[builder->depth - 1], node);
    }
    if (token->kind == JSON_BEGIN_OBJECT || token->kind == JSON_BEGIN_ARRAY) {
        builder->open[builder->depth++] = node;
    }
    return true;
}

fanin_status json_parse(const char *what, const char *text, size_t length, cJSON **out)
{
    if (length > JSON_TREE_LIMIT) {
        return fanin_fail(FANIN_ERROR_SPEC, "%s: %zu bytes of JSON, expected at most %zu", what, length, JSON_TREE_LIMIT);
    }
    struct json_reader reader;
    json_reader_init(&reader, what, FANIN_ERROR_SPEC, text, length);
    struct builder builder = {NULL, {NULL}, 0, NULL};
    struct json_token token;
    fanin_status status;
    while ((status = json_next(&reader, &token)) == FANIN_OK && token.kind != JSON_END) {
        if (!take(&builder, &token)) {
            status = fanin_fail(FANIN_ERROR_MEMORY, "%s: out of memory while reading its JSON", what);
            break;
        }
    }
    json_reader_free(&reader);
    cJSON_free(builder.key);
    if (status != FANIN_OK) {
        cJSON_Delete(builder.root);
        return status;
    }
    *out = builder.root;
    return FANIN_OK;
}

cJSON *json_member(const cJSON *object, const char *key)
{
    return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, key) : NULL;
}

bool json_is_integer(const cJSON *node)
{
    if (!cJSON_IsNumber(node)) {
        return false;
    }
    if (node->valuestring == NULL) {
        return node->valuedouble == floor(node->valuedouble) && fabs(node->valuedouble) <= (double)JSON_LARGEST_INTEGER;
    }
    const char *digits = node->valuestring + (node->valuestring[0] == '-');
    return digits[0] != '\0' && digits[strspn(digits, "0123456789")] == '\0';
}

bool json_integer(const cJSON *node, int64_t *out)
{
    if (!json_is_integer(node)) {
        return false;
    }
    int64_t value;
    if (node->valuestring == NULL) {
        value = (int64_t)node->valuedouble;
    } else if (!json_parse_int64(node->valuestring, &value)) {
        return false;
    }
    if (value < -JSON_LARGEST_INTEGER || value > JSON_LARGEST_INTEGER) {
        return false;
    }
    *out = value;
    return true;
}

char *json_number_canonical(const cJSON *node, char buffer[JSON_NUMBER_SIZE])
{
    buffer[0] = '\0';
    if (!cJSON_IsNumber(node)) {
        return buffer;
    }
    const char *text = node->valuestring;
    const double value = node->valuedouble;
    if (json_is_integer(node) && text == NULL) {
        snprintf(buffer, JSON_NUMBER_SIZE, "%lld", (long long)value);
    } else if (json_is_integer(node) && strlen(text) < JSON_NUMBER_SIZE) {
        strcpy(buffer, strcmp(text, "-0") == 0 ? "0" : text);
    } else if (isnan(value)) {
        strcpy(buffer, "NaN");
    } else if (isinf(value)) {
        strcpy(buffer, value < 0 ? "-Infinity" : "Infinity");
    } else {
        json_format_double(value, buffer);
    }
    return buffer;
}
