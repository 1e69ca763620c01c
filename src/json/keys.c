#include "keys.h"

#include "lexeme.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/* offset 0 is a free place: an object's brace comes before its keys. */
struct json_key_place {
    uint32_t hash, offset;
};

/* A table of this size is kept for the next object of the same depth; a larger one is freed with its object, else each small
 * object after a large one would pay for clearing it. */
#define KEPT_CAPACITY 16

/* Keys are hashed as polynomials over this prime field, at a point that nobody knows beforehand. */
#define PRIME (((uint64_t)1 << 61) - 1)

uint64_t json_keys_random(void)
{
    const int saved_errno = errno;
    uint64_t random;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random) {
        struct timespec now = {0, 0};
        clock_gettime(CLOCK_MONOTONIC, &now);
        random = (uint64_t)now.tv_nsec * 0x9e3779b97f4a7c15u ^ (uint64_t)(uintptr_t)&random;
    }
    errno = saved_errno;
    return random % (PRIME - 1) + 1;
}

static uint64_t multiply(uint64_t a, uint64_t b)
{
    const unsigned __int128 product = (unsigned __int128)a * b;
    const uint64_t sum = (uint64_t)(product & PRIME) + (uint64_t)(product >> 61);
    return (sum & PRIME) + (sum >> 61);
}

static uint32_t hash(const char *text, size_t length, uint64_t key)
{
    /* Words of seven bytes stay below the prime; the length tells "" from zero bytes. */
    uint64_t value = length;
    for (size_t i = 0; i < length; i += 7) {
        uint64_t word = 0;
        memcpy(&word, text + i, length - i < 7 ? length - i : 7);
        value = multiply(value, key) + word;
    }
    value = multiply(value, key) % PRIME;
    /* MurmurHash3's last steps spread neighbouring values over the table. */
    value ^= value >> 33;
    value *= 0xff51afd7ed558ccdu;
    value ^= value >> 33;
    value *= 0xc4ceb9fe1a85ec53u;
    value ^= value >> 33;
    return (uint32_t)value;
}

/* Is the key whose quote stands at `offset` the one in the reader's buffer? false: out of memory. */
static bool is_same_key(const struct json_reader *reader, size_t offset, bool *same)
{
    const char *key = reader->buffer;
    const size_t length = reader->buffer_used;
    const char *raw = reader->text + offset + 1;
    const size_t raw_end = reader->position - 1;
    const char *raw_quote = memchr(raw, '"', raw_end - offset);
    const size_t raw_length = (size_t)(raw_quote - raw);
    if (memchr(raw, '\\', raw_length) == NULL) {
        *same = raw_length == length && memcmp(raw, key, length) == 0;
        return true;
    }
    struct json_reader other = {
        .what = reader->what, .text = reader->text, .length = reader->length, .position = offset, .error = reader->error};
    const bool read = json_read_string(&other) == FANIN_OK;
    *same = read && other.buffer_used == length && memcmp(other.buffer, key, length) == 0;
    free(other.buffer);
    return read;
}

static bool grow(struct json_keys *keys)
{
    const size_t capacity = keys->capacity == 0 ? KEPT_CAPACITY : keys->capacity * 2;
    struct json_key_place *places = calloc(capacity, sizeof *places);
    if (places == NULL) {
        return false;
    }
    for (size_t i = 0; i < keys->capacity; i++) {
        if (keys->places[i].offset != 0) {
            size_t slot = keys->places[i].hash & (capacity - 1);
            while (places[slot].offset != 0) {
                slot = (slot + 1) & (capacity - 1);
            }
            places[slot] = keys->places[i];
        }
    }
    free(keys->places);
    keys->places = places;
    keys->capacity = capacity;
    return true;
}

bool json_keys_add(struct json_keys *keys, const struct json_reader *reader, size_t offset, bool *repeated)
{
    if (keys->count >= keys->capacity / 4 * 3 && !grow(keys)) {
        return false;
    }
    const struct json_key_place place = {hash(reader->buffer, reader->buffer_used, reader->hash_key), (uint32_t)offset};
    size_t slot = place.hash & (keys->capacity - 1);
    for (; keys->places[slot].offset != 0; slot = (slot + 1) & (keys->capacity - 1)) {
        if (keys->places[slot].hash == place.hash) {
            if (!is_same_key(reader, keys->places[slot].offset, repeated)) {
                return false;
            }
            if (*repeated) {
                return true;
            }
        }
    }
    keys->places[slot] = place;
    keys->count++;
    *repeated = false;
    return true;
}

void json_keys_clear(struct json_keys *keys)
{
    if (keys->capacity > KEPT_CAPACITY) {
        json_keys_free(keys);
    } else if (keys->count > 0) {
        memset(keys->places, 0, keys->capacity * sizeof *keys->places);
        keys->count = 0;
    }
}

void json_keys_free(struct json_keys *keys)
{
    free(keys->places);
    *keys = (struct json_keys){NULL, 0, 0};
}
