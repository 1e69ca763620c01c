/* .params files: what is read is consistent, and every part of it equals that part of the whole. */
#include "fuzz.h"

#include "formats/params.h"

/* A larger array is only read at its ends. */
#define WHOLE ((int64_t)1 << 18)

static void read_entry(struct params_reader *reader, const struct params_entry *entry)
{
    const int64_t size = dtype_table[entry->dtype].size, most = WHOLE / size;
    const int64_t count = entry->count < most ? entry->count : most, half = count / 2;
    char *const first = malloc((size_t)(count * size) + 1), *const second = malloc((size_t)(count * size) + 1);
    FUZZ_CHECK(first && second);
    /* All of it was checked: what is read now cannot fail. */
    FUZZ_CHECK(params_reader_read(reader, entry, 0, count, first) == FANIN_OK);
    FUZZ_CHECK(params_reader_read(reader, entry, 0, half, second) == FANIN_OK);
    FUZZ_CHECK(params_reader_read(reader, entry, half, count - half, second + half * size) == FANIN_OK);
    FUZZ_CHECK(memcmp(first, second, (size_t)(count * size)) == 0);
    FUZZ_CHECK(params_reader_read(reader, entry, entry->count - count, count, second) == FANIN_OK);
    FUZZ_CHECK(count < entry->count || memcmp(first, second, (size_t)(count * size)) == 0);
    free(first);
    free(second);
}

/* Places ascend within the array, each with one of the parts that are stored. */
static void check_order(const struct params_entry *entry)
{
    const int64_t width = entry->storage == PARAMS_ROW_SPARSE && entry->count > 0 ? entry->count / entry->shape[0] : 1;
    const struct params_place *const places = entry->order.places;
    FUZZ_CHECK(entry->order.count == 0 || !entry->sorted);
    FUZZ_CHECK(entry->order.count > 0 || entry->sorted || entry->count == 0 || entry->storage == PARAMS_CSR);
    for (size_t i = 0; i < entry->order.count; i++) {
        FUZZ_CHECK(places[i].place > (i > 0 ? places[i - 1].place : -1) && places[i].place < entry->count / width);
        FUZZ_CHECK(places[i].position >= 0 && places[i].position < entry->stored);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct params params = {0};
    struct params_reader reader;
    const int fd = fuzz_file(data, size);
    if (fuzz_done(params_read(fd, "file", (int64_t)size, &params), FANIN_ERROR_FORMAT, FANIN_ERROR_FORMAT)) {
        FUZZ_CHECK(params_reader_start(&reader, fd, "file") == FANIN_OK);
        for (size_t i = 0; i < params.count; i++) {
            const struct params_entry *const entry = &params.entries[i];
            FUZZ_CHECK((entry->name != NULL) == params.named);
            if (entry->storage != PARAMS_NONE) {
                FUZZ_CHECK(entry->ndim <= FANIN_MAX_NDIM && entry->count >= 0);
                FUZZ_CHECK(entry->count <= INT64_MAX / dtype_table[entry->dtype].size);
                check_order(entry);
                read_entry(&reader, entry);
            }
        }
        params_reader_free(&reader);
    }
    params_free(&params);
    close(fd);
    return 0;
}
