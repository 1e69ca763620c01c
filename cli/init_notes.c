#include "init_notes.h"

#include "command.h"
#include "rule_pairs.h"

#include <stdio.h>
#include <stdlib.h>

static const char command[] = "init";

/* Names that a note lists before it counts the rest. */
#define NOTED 3

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
    size_t count = 0;
    char *names = NULL;
    size_t size;
    FILE *const list = open_memstream(&names, &size);
    for (size_t i = 0; list && i < model->header.count; i++) {
        if (model->parameters[model->header.tensors[i].tag].zero && count++ < NOTED) {
            fprintf(list, "%s'%s'", count == 1 ? "" : ", ", model->header.tensors[i].name);
        }
    }
    if (list && fclose(list) == 0 && count > NOTED) {
        command_error(command, "note: %zu integer and bool tensors that nothing covers are 0: %s and %zu more", count, names,
                      count - NOTED);
    } else if (names && count > 0) {
        command_error(command, "note: integer %s that nothing covers: 0 for %s",
                      count == 1 ? "or bool tensor" : "and bool tensors", names);
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
    char *list = NULL;
    size_t size, first = 0, count = 0;
    FILE *const out = used && find_used(model, pairs, used) ? open_memstream(&list, &size) : NULL;
    for (size_t n = 1; out && n <= pairs; n++) {
        if (!used[n] && count++ < NOTED) {
            first = first ? first : n;
            fprintf(out, "%s%zu \"%s\"", count == 1 ? "" : ", ", n, fanin_private_rules_pattern(model->rules, n));
        }
    }
    const bool written = out && fclose(out) == 0;
    if (written && count == 1) {
        command_error(command, "note: pair %zu of --rules, \"%s\", is the first match of no tensor; %s", first,
                      fanin_private_rules_pattern(model->rules, first), advice);
    } else if (written && count > NOTED) {
        command_error(command, "note: %zu pairs of --rules are the first match of no tensor: %s and %zu more; %s", count, list,
                      count - NOTED, advice);
    } else if (written && count > 0) {
        command_error(command, "note: %zu pairs of --rules are the first match of no tensor: %s; %s", count, list, advice);
    }
    free(list);
    free(used);
}
