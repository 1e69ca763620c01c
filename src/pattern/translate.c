#include "translate.h"

#include "json/utf8.h"
#include "pattern.h"
#include "translation.h"

#include <stdlib.h>
#include <string.h>

/* UTF-8, not too long, and no backslash without a character behind it. */
static bool check_text(struct translation *translation)
{
    if (translation->length > PATTERN_MAX_LENGTH) {
        return pattern_refuse(translation, 0, "%zu bytes, expected at most %d", translation->length, PATTERN_MAX_LENGTH);
    }
    bool escaped = false;
    for (size_t i = 0; i < translation->length;) {
        uint32_t code;
        const size_t size = json_utf8_decode(translation->text + i, translation->length - i, &code);
        if (size == 0) {
            return pattern_refuse(translation, i, "the byte 0x%02x is not UTF-8", (unsigned char)translation->text[i]);
        }
        escaped = !escaped && code == '\\';
        i += size;
    }
    return !escaped || pattern_refuse(translation, translation->length - 1, "bad escape (end of pattern)");
}

static bool translate(struct translation *translation)
{
    if (!check_text(translation)) {
        return false;
    }
    pattern_advance(translation);
    struct pattern_width width;
    if (!pattern_read_alternatives(translation, 0, true, &width)) {
        return false;
    }
    if (!translation->next.end) {
        return pattern_refuse(translation, translation->next.start, "unbalanced parenthesis");
    }
    if (translation->condition > translation->group_count) {
        return pattern_refuse(translation, translation->condition_offset, "invalid group reference %zu",
                              translation->condition);
    }
    pattern_emit(translation, "");
    return true;
}

fanin_status pattern_translate(const char *text, char **out)
{
    struct translation translation = {.text = text, .length = strlen(text)};
    const bool translated = translate(&translation);
    free(translation.groups);
    if (!translated || translation.out_failed) {
        free(translation.out);
        return translated ? fanin_fail(FANIN_ERROR_MEMORY, "out of memory while reading a pattern") : translation.status;
    }
    *out = translation.out;
    return FANIN_OK;
}
