#include "callback.h"

#include <stdbool.h>
#include <string.h>

struct callback_mark callback_mark_error(void)
{
    const char *const message = fanin_last_error();
    return (struct callback_mark){(uintptr_t)message, fanin_stream(message)};
}

bool callback_was_silent(const struct callback_mark *before)
{
    const struct callback_mark now = callback_mark_error();
    return now.address == before->address && now.hash == before->hash;
}

fanin_status callback_result(fanin_status status, const struct callback_mark *before, const char *name, const char *what)
{
    if (status == FANIN_OK) {
        return FANIN_OK;
    }
    if (strcmp(fanin_status_name(status), "FANIN_ERROR_?") == 0) {
        return fanin_fail(FANIN_ERROR_CUSTOM, "parameter '%s': %s returned %d, which is no status", name, what, (int)status);
    }
    return callback_was_silent(before)
               ? fanin_fail(status, "parameter '%s': %s failed without a message: %s", name, what, fanin_status_text(status))
               : fanin_fail(status, "parameter '%s': %s failed: %s", name, what, fanin_last_error());
}
