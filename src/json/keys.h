/* Inside the reader: have we seen this key in this object? */
#ifndef FANIN_SRC_JSON_KEYS_H
#define FANIN_SRC_JSON_KEYS_H

#include "scan.h"

/* Places in the text are kept in 32 bits. */
#define JSON_MAX_LENGTH ((size_t)UINT32_MAX)

/* A key for the hash of a reader, different each time, so that nobody can choose keys that fall into one place. */
uint64_t json_keys_random(void);

/* Adds the key in the reader's buffer, whose quote stands at `offset` of its text. false: out of memory. At most 22 bytes for a
 * key, which takes 5 of the text or more. */
bool json_keys_add(struct json_keys *keys, const struct json_reader *reader, size_t offset, bool *repeated);

/* Forgets the keys: the object is closed. */
void json_keys_clear(struct json_keys *keys);
void json_keys_free(struct json_keys *keys);

#endif
