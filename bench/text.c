#include "text.h"
#include "measure.h"

#include <stdio.h>
#include <stdlib.h>

char *text_read(const char *path)
{
    FILE *const file = fopen(path, "r");
    char *text = NULL;
    size_t size = 0, capacity = 0;
    if (file == NULL) {
        bench_stop("%s: cannot be read", path);
    }
    for (;;) {
        if (capacity - size < 2) {
            capacity = capacity == 0 ? 1 << 16 : 2 * capacity;
            text = realloc(text, capacity);
            if (text == NULL) {
                bench_stop("out of memory");
            }
        }
        const size_t got = fread(text + size, 1, capacity - size - 1, file);
        if (got == 0) {
            break;
        }
        size += got;
    }
    if (ferror(file) != 0) {
        bench_stop("%s: cannot be read", path);
    }
    fclose(file);
    text[size] = '\0';
    return text;
}
