/* From specs to initializers: bare names, arrays and objects. */
#include "initializer.h"

#include "float_environment.h"
#include "json/tree.h"
#include "json/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char name_key[] = "initializer";

struct text_range {
    const char *begin;
    size_t length;
};

/* Without the blanks of JSON around it. */
static struct text_range trim(const char *text)
{
    static const char blanks[] = " \t\n\r";
    text += strspn(text, blanks);
    size_t length = strlen(text);
    while (length > 0 && strchr(blanks, text[length - 1])) {
        length--;
    }
    return (struct text_range){text, length};
}

static bool is_json(struct text_range text)
{
    return text.length > 0 && (text.begin[0] == '[' || text.begin[0] == '{');
}

static fanin_status fail_unknown_param(const fanin_row *row, const char *name)
{
    char excerpt[JSON_EXCERPT_SIZE];
    json_excerpt(name, strlen(name), excerpt);
    if (row->n_params == 0) {
        return fanin_fail(FANIN_ERROR_PARAMETER, "'%s' has no parameter '%s'; it takes none", row->name, excerpt);
    }
    size_t size = 1;
    for (size_t i = 0; i < row->n_params; i++) {
        size += strlen(row->params[i].name) + 2;
    }
    char *const list = malloc(size);
    if (!list) {
        return fanin_fail(FANIN_ERROR_MEMORY, "out of memory for the parameters of '%s'", row->name);
    }
    char *end = list;
    for (size_t i = 0; i < row->n_params; i++) {
        end = stpcpy(stpcpy(end, i == 0 ? "" : ", "), row->params[i].name);
    }
    const fanin_status status =
        fanin_fail(FANIN_ERROR_PARAMETER, "'%s' has no parameter '%s'; it takes %s", row->name, excerpt, list);
    free(list);
    return status;
}

fanin_status initializer_from_json(const struct registry_entry *entry, const cJSON *params, const char *skip, int depth,
                                   fanin_initializer **out)
{
    const fanin_row *const row = &entry->row;
    fanin_args args;
    fanin_status status = args_open(row, &args);
    if (status != FANIN_OK) {
        return status;
    }
    for (const cJSON *member = params ? params->child : NULL; member && status == FANIN_OK; member = member->next) {
        if (skip && strcmp(member->string, skip) == 0) {
            continue;
        }
        const fanin_param *const param = args_param(row, member->string);
        const bool array = entry->hooks && entry->hooks->array && strcmp(entry->hooks->array, member->string) == 0;
        status = !param                           ? fail_unknown_param(row, member->string)
                 : array && cJSON_IsArray(member) ? args_set_array(&args, param, member)
                                                  : args_set(&args, param, member, depth);
    }
    if (status == FANIN_OK) {
        status = args_complete(&args, depth);
    }
    return initializer_new(entry, &args, status, out);
}

/* Does `params` have a member that is not `skip`? */
static bool has_params(const cJSON *params, const char *skip)
{
    for (const cJSON *member = params ? params->child : NULL; member; member = member->next) {
        if (!skip || strcmp(member->string, skip) != 0) {
            return true;
        }
    }
    return false;
}

static fanin_status fail_nested_params(void)
{
    return fanin_fail(FANIN_ERROR_SPEC, "initializer: a nested spec has its own parameters, expected none beside it");
}

static fanin_status from_text(const char *spec, int depth, fanin_initializer **out);

/* From a name, or a string that holds JSON, and parameters. */
static fanin_status from_name(const char *name, const cJSON *params, const char *skip, int depth, fanin_initializer **out)
{
    const struct text_range range = trim(name);
    if (is_json(range)) {
        return has_params(params, skip) ? fail_nested_params() : from_text(name, depth + 1, out);
    }
    if (range.length == 0) {
        return fanin_fail(FANIN_ERROR_SPEC, "initializer: the name is empty");
    }
    const struct registry_entry *const entry = registry_find(range.begin, range.length);
    return entry ? initializer_from_json(entry, params, skip, depth, out) : registry_unknown(range.begin, range.length);
}

static fanin_status from_array(const cJSON *array, int depth, fanin_initializer **out)
{
    const int size = cJSON_GetArraySize(array);
    const cJSON *const name = array->child;
    const cJSON *const params = size == 2 ? name->next : NULL;
    if (size < 1 || size > 2 || !cJSON_IsString(name) || (params && !cJSON_IsObject(params))) {
        return fanin_fail(FANIN_ERROR_SPEC, "initializer: found an array of %d that is not [\"name\", {parameters}]", size);
    }
    return from_name(name->valuestring, params, NULL, depth, out);
}

static fanin_status from_object(const cJSON *object, int depth, fanin_initializer **out)
{
    const cJSON *const name = json_member(object, name_key);
    if (cJSON_IsString(name)) {
        return from_name(name->valuestring, object, name_key, depth, out);
    }
    if (cJSON_IsObject(name)) {
        return has_params(object, name_key) ? fail_nested_params() : initializer_from_spec(name, depth + 1, out);
    }
    return fanin_fail(FANIN_ERROR_SPEC, "initializer: found an object %s, expected {\"initializer\": \"name\", parameters}",
                      name ? "whose key \"initializer\" is no name" : "without the key \"initializer\"");
}

static fanin_status check_depth(int depth)
{
    return depth <= ARGS_MAX_DEPTH
               ? FANIN_OK
               : fanin_fail(FANIN_ERROR_SPEC, "initializer: initializers are nested more than %d deep", ARGS_MAX_DEPTH);
}

fanin_status initializer_from_spec(const cJSON *spec, int depth, fanin_initializer **out)
{
    const fanin_status status = check_depth(depth);
    if (status != FANIN_OK) {
        return status;
    }
    if (cJSON_IsString(spec)) {
        return from_text(spec->valuestring, depth, out);
    }
    if (cJSON_IsArray(spec)) {
        return from_array(spec, depth, out);
    }
    if (cJSON_IsObject(spec)) {
        return from_object(spec, depth, out);
    }
    return fanin_fail(FANIN_ERROR_SPEC, "initializer: expected a name, [\"name\", {parameters}] or an object");
}

/* As fanin_create, for a spec that an initializer of depth - 1 holds. */
static fanin_status from_text(const char *spec, int depth, fanin_initializer **out)
{
    fanin_status status = check_depth(depth);
    const struct text_range range = trim(spec);
    if (status != FANIN_OK || !is_json(range)) {
        return status != FANIN_OK ? status : from_name(spec, NULL, NULL, depth, out);
    }
    cJSON *tree = NULL;
    status = json_parse("initializer", range.begin, range.length, &tree);
    if (status == FANIN_OK) {
        status = initializer_from_spec(tree, depth, out);
    }
    cJSON_Delete(tree);
    return status;
}

fanin_status fanin_create(const char *spec, fanin_initializer **out)
{
    if (!spec || !out) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "fanin_create: %s is NULL", spec ? "out" : "spec");
    }
    const int saved_errno = errno;
    const struct float_environment caller = float_environment_enter();
    const fanin_status status = from_text(spec, 0, out);
    float_environment_leave(&caller);
    errno = saved_errno;
    return status;
}
