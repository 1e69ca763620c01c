#include "init_notes.h"

#include "command.h"
#include "name_list.h"
#include "private.h"

#include <stdlib.h>

static const char command[] = "init";

void note_shard(const struct model *model, const char *like)
{
    const char *const shard = header_metadata(&model->header, "fanin.shard");
    if (shard) {
        command_error(command, "note: '%s' is shard %s of a model: its tensors are taken as whole ones, and get other values",
                      like, shard);
    }
}

void note_integers(const struct model *model)
{
    struct name_list list = {0};
    for (size_t i = 0; i < model->header.count; i++) {
        const struct header_tensor *const tensor = &model->header.tensors[i];
        FILE *const stream = model->parameters[tensor->tag].zero ? name_list_next(&list) : NULL;
        if (stream) {
            fprintf(stream, "'%s'", tensor->name);
        }
    }
    char *const names = name_list_close(&list);
    if (names) {
        command_error(command, "note: integer %s that nothing covers: 0 for %s",
                      list.count == 1 ? "or bool tensor" : "and bool tensors", names);
    }
    free(names);
}

/* used[n]: pair n is the first match of a name. false: it cannot be said; the plan's check then says why. No name is tried when
 * all are used. */
static bool find_used(const struct model *model, size_t pairs, bool *used)
{
    size_t count = 0;
    for (size_t i = 0; i < model->header.count && count < pairs; i++) {
        size_t number;
        if (fanin_private_rules_find(model->rules, model->header.tensors[i].name, &number) != FANIN_OK) {
            return false;
        }
        count += number > 0 && !used[number];
        used[number] = true;
    }
    return true;
}

void note_idle_pairs(const struct model *model)
{
    static const char advice[] = "patterns match from the start of the name";
    const size_t pairs = fanin_private_rules_count(model->rules);
    bool *const used = calloc(pairs + 1, sizeof *used);
    const bool known = used && find_used(model, pairs, used);
    struct name_list list = {0};
    for (size_t n = 1; known && n <= pairs; n++) {
        FILE *const stream = used[n] ? NULL : name_list_next(&list);
        if (stream) {
            fprintf(stream, "%zu \"%s\"", n, fanin_private_rules_pattern(model->rules, n));
        }
    }
    char *const idle = name_list_close(&list);
    if (idle && list.count == 1) {
        command_error(command, "note: pair %s of --rules is the first match of no tensor; %s", idle, advice);
    } else if (idle) {
        command_error(command, "note: %zu pairs of --rules are the first match of no tensor: %s; %s", list.count, idle, advice);
    }
    free(idle);
    free(used);
}
