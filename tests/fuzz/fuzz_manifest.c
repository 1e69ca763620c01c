/* JSON that describes tensors: manifests, and indexes of sharded files. */
#include "fuzz.h"

#include "formats/index.h"
#include "formats/safetensors.h"

static void read_manifest(const char *text, size_t size)
{
    struct header header = {0};
    if (fuzz_done(safetensors_parse_manifest("file", text, size, &header), FANIN_ERROR_FORMAT, FANIN_ERROR_FORMAT)) {
        for (size_t i = 0; i < header.count; i++) {
            const struct header_tensor *const tensor = &header.tensors[i];
            int64_t count, bytes;
            FUZZ_CHECK(header_elements(tensor->shape, tensor->ndim, &count) && count == tensor->count);
            FUZZ_CHECK(header_bytes(tensor->dtype_name, count, &bytes));
            FUZZ_CHECK(tensor->begin == -1 && tensor->end == -1);
        }
    }
    header_free(&header);
}

static void read_index(const char *text, size_t size)
{
    struct shard_index index = {0};
    if (fuzz_done(index_parse("folder/file", text, size, &index), FANIN_ERROR_FORMAT, FANIN_ERROR_FORMAT)) {
        for (size_t i = 0; i < index.n_files; i++) {
            /* None lies outside the index's own folder. */
            FUZZ_CHECK(strncmp(index.files[i], "folder/", 7) == 0 && !strchr(index.files[i] + 7, '/'));
            FUZZ_CHECK(strcmp(index.files[i] + 7, "..") != 0);
        }
        for (size_t i = 0; i < index.names.count; i++) {
            FUZZ_CHECK(index.names.tensors[i].tag < index.n_files);
        }
    }
    index_free(&index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *const text = fuzz_copy(data, size);
    bool is_index;
    if (fuzz_done(index_detect("file", text, size, &is_index), FANIN_ERROR_FORMAT, FANIN_ERROR_FORMAT) && is_index) {
        read_index(text, size);
    }
    read_manifest(text, size);
    free(text);
    return 0;
}
