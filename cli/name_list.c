#include "name_list.h"

#include <stdlib.h>

/* Names that are listed. */
#define LISTED 3

FILE *name_list_next(struct name_list *list)
{
    if (++list->count > LISTED) {
        return NULL;
    }
    if (list->count == 1) {
        list->stream = open_memstream(&list->text, &list->size);
    } else if (list->stream) {
        fputs(", ", list->stream);
    }
    return list->stream;
}

char *name_list_close(struct name_list *list)
{
    if (!list->stream) {
        return NULL;
    }
    if (list->count > LISTED) {
        fprintf(list->stream, " and %zu more", list->count - LISTED);
    }
    if (fclose(list->stream) != 0) {
        free(list->text);
        return NULL;
    }
    return list->text;
}
