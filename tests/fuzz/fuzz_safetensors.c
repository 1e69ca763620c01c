/* safetensors files: what is read is consistent, and what is written of it reads back the same. */
#include "fuzz.h"

#include "formats/safetensors.h"

static bool same_tensor(const struct header_tensor *a, const struct header_tensor *b)
{
    return strcmp(a->name, b->name) == 0 && a->dtype == b->dtype && a->ndim == b->ndim && a->count == b->count &&
           a->begin == b->begin && a->end == b->end && memcmp(a->shape, b->shape, (size_t)a->ndim * sizeof *a->shape) == 0;
}

/* Writes the header, whose order changes, and reads it again. */
static void write_again(struct header *header)
{
    struct header again = {0};
    char *text;
    size_t size;
    FUZZ_CHECK(safetensors_arrange(header) == FANIN_OK);
    FUZZ_CHECK(safetensors_write(header, &text, &size) == FANIN_OK);
    FUZZ_CHECK(size % 8 == 0 && safetensors_header_size((const unsigned char *)text) == size - 8);
    FUZZ_CHECK(safetensors_parse("again", text + 8, size - 8, safetensors_data_size(header), &again) == FANIN_OK);
    FUZZ_CHECK(again.count == header->count && again.n_metadata == header->n_metadata);
    for (size_t i = 0; i < again.count; i++) {
        FUZZ_CHECK(same_tensor(&again.tensors[i], &header->tensors[i]));
    }
    for (size_t i = 0; i < again.n_metadata; i++) {
        FUZZ_CHECK(strcmp(again.metadata[i].key, header->metadata[i].key) == 0);
        FUZZ_CHECK(strcmp(again.metadata[i].value, header->metadata[i].value) == 0);
    }
    free(text);
    header_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct header header = {0};
    const int fd = fuzz_file(data, size);
    if (fuzz_done(safetensors_read(fd, "file", (int64_t)size, &header), FANIN_ERROR_FORMAT, FANIN_ERROR_FORMAT)) {
        bool known = true;
        int64_t bytes = 0;
        for (size_t i = 0; i < header.count; i++) {
            const struct header_tensor *const tensor = &header.tensors[i];
            FUZZ_CHECK(header.data_offset <= tensor->begin && tensor->begin <= tensor->end && tensor->end <= (int64_t)size);
            known = known && tensor->known;
            bytes += tensor->end - tensor->begin;
        }
        FUZZ_CHECK(header.data_offset + bytes == (int64_t)size);
        if (known) {
            write_again(&header);
        }
    }
    header_free(&header);
    close(fd);
    return 0;
}
