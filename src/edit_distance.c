#include "edit_distance.h"

#include "ascii.h"

#include <stdbool.h>

static int least(int a, int b)
{
    return a < b ? a : b;
}

int edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    int rows[3][EDIT_DISTANCE_LIMIT + 1];
    int *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= b_length; j++) {
        last[j] = (int)j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        now[0] = (int)i;
        for (size_t j = 1; j <= b_length; j++) {
            const bool same = ascii_lower(a[i - 1]) == ascii_lower(b[j - 1]);
            now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + !same);
            if (i > 1 && j > 1 && ascii_lower(a[i - 1]) == ascii_lower(b[j - 2]) &&
                ascii_lower(a[i - 2]) == ascii_lower(b[j - 1])) {
                now[j] = least(now[j], before[j - 2] + 1);
            }
        }
        int *const free_row = before;
        before = last;
        last = now;
        now = free_row;
    }
    return last[b_length];
}
