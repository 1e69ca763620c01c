/* The types of parameters: their names. */
#ifndef FANIN_SRC_REGISTRY_PARAM_TYPE_H
#define FANIN_SRC_REGISTRY_PARAM_TYPE_H

#include <fanin/fanin.h>

#define PARAM_TYPE_COUNT 8

struct param_type_info {
    const char *name;     /* in listings */
    const char *expected; /* in messages */
};
extern const struct param_type_info param_type_table[PARAM_TYPE_COUNT];

#endif
