#include "desc.h"

#include "growing.h"
#include "json/utf8.h"

#include <string.h>

static fanin_status check_name(const char *name)
{
    if (!name || name[0] == '\0') {
        return fanin_fail(FANIN_ERROR_ARGUMENT,
                          "the descriptor's name is %s, expected the parameter's name: it is its random stream",
                          name ? "empty" : "NULL");
    }
    const size_t length = strlen(name);
    if (!json_utf8_valid(name, length)) {
        char excerpt[JSON_EXCERPT_SIZE];
        return fanin_fail(FANIN_ERROR_ARGUMENT, "parameter '%s': found a name that is not UTF-8, expected one that is",
                          json_excerpt(name, length, excerpt));
    }
    return FANIN_OK;
}

static fanin_status check_attributes(const fanin_desc *desc)
{
    if (desc->n_attrs > 0 && !desc->attrs) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "parameter '%s': found %zu attributes at NULL, expected an array", desc->name,
                          desc->n_attrs);
    }
    for (size_t i = 0; i < desc->n_attrs; i++) {
        if (!desc->attrs[i].key) {
            return fanin_fail(FANIN_ERROR_ARGUMENT, "parameter '%s': the key of attribute %zu is NULL, expected a text",
                              desc->name, i);
        }
    }
    return FANIN_OK;
}

fanin_status desc_read(const fanin_desc *source, fanin_desc *out)
{
    if (!source) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "the descriptor is NULL, expected one with the parameter's name");
    }
    const size_t least = offsetof(fanin_desc, name) + sizeof source->name;
    fanin_status status = growing_copy("fanin_desc", source, least, out, sizeof *out);
    if (status == FANIN_OK) {
        status = check_name(out->name);
    }
    if (status == FANIN_OK) {
        status = check_attributes(out);
    }
    if (status == FANIN_OK && (unsigned)out->rule > FANIN_RULE_LEGACY) {
        status = fanin_fail(FANIN_ERROR_ARGUMENT, "parameter '%s': found rule %d, expected one of fanin_rule, 0 to %d",
                            out->name, (int)out->rule, FANIN_RULE_LEGACY);
    }
    return status;
}
