#include "safetensors.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare_tensors(const void *a, const void *b)
{
    const struct header_tensor *const x = a, *const y = b;
    const int x_size = dtype_table[x->dtype].size, y_size = dtype_table[y->dtype].size;
    return x_size != y_size ? y_size - x_size : strcmp(x->name, y->name);
}

fanin_status safetensors_arrange(struct header *header)
{
    if (header->count > 0) {
        qsort(header->tensors, header->count, sizeof *header->tensors, compare_tensors);
    }
    int64_t end = 0;
    for (size_t i = 0; i < header->count; i++) {
        struct header_tensor *const tensor = &header->tensors[i];
        tensor->begin = end;
        int64_t bytes;
        if (__builtin_mul_overflow(tensor->count, (int64_t)dtype_table[tensor->dtype].size, &bytes) ||
            __builtin_add_overflow(end, bytes, &end)) {
            return fanin_fail(FANIN_ERROR_LAYOUT, "the tensors have more bytes in all than 64 bits count");
        }
        tensor->end = end;
    }
    return FANIN_OK;
}

int64_t safetensors_data_size(const struct header *header)
{
    return header->count == 0 ? 0 : header->tensors[header->count - 1].end;
}

/* A JSON string: UTF-8 stays as it is. */
static void write_string(FILE *out, const char *text)
{
    static const char letters[] = "btnufr"; /* of 8 to 13; 11 has none */
    fputc('"', out);
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '"' || *c == '\\') {
            fprintf(out, "\\%c", *c);
        } else if (*c >= 8 && *c <= 13 && *c != 11) {
            fprintf(out, "\\%c", letters[*c - 8]);
        } else if (*c < 0x20) {
            fprintf(out, "\\u%04x", *c);
        } else {
            fputc(*c, out);
        }
    }
    fputc('"', out);
}

static void write_json(FILE *out, const struct header *header)
{
    const char *separator = "";
    fputc('{', out);
    if (header->n_metadata > 0) {
        fputs("\"__metadata__\":{", out);
        for (size_t i = 0; i < header->n_metadata; i++) {
            fputs(i == 0 ? "" : ",", out);
            write_string(out, header->metadata[i].key);
            fputc(':', out);
            write_string(out, header->metadata[i].value);
        }
        fputc('}', out);
        separator = ",";
    }
    for (size_t i = 0; i < header->count; i++) {
        const struct header_tensor *const tensor = &header->tensors[i];
        fputs(separator, out);
        separator = ",";
        write_string(out, tensor->name);
        fprintf(out, ":{\"dtype\":\"%s\",\"shape\":[", dtype_table[tensor->dtype].safetensors);
        for (int d = 0; d < tensor->ndim; d++) {
            fprintf(out, "%s%" PRId64, d == 0 ? "" : ",", tensor->shape[d]);
        }
        fprintf(out, "],\"data_offsets\":[%" PRId64 ",%" PRId64 "]}", tensor->begin, tensor->end);
    }
    fputc('}', out);
}

fanin_status safetensors_write(struct header *header, char **out, size_t *size)
{
    char *text = NULL;
    size_t length = 0;
    FILE *const stream = open_memstream(&text, &length);
    if (!stream) {
        goto no_memory;
    }
    fwrite("........", 1, 8, stream); /* N, once it is known */
    write_json(stream, header);
    while (fflush(stream) == 0 && length % 8 != 0) {
        fputc(' ', stream);
    }
    const bool failed = ferror(stream) != 0;
    if (fclose(stream) != 0 || failed) {
        goto no_memory;
    }
    const uint64_t json_size = length - 8;
    if (json_size > SAFETENSORS_HEADER_LIMIT) {
        free(text);
        return fanin_fail(FANIN_ERROR_LAYOUT,
                          "a header of %" PRIu64 " bytes, at most %u are allowed: too many tensors for one file", json_size,
                          SAFETENSORS_HEADER_LIMIT);
    }
    for (int i = 0; i < 8; i++) {
        text[i] = (char)(json_size >> (8 * i) & 0xff);
    }
    header->data_offset = (int64_t)length;
    *out = text;
    *size = length;
    return FANIN_OK;

no_memory:
    free(text);
    return fanin_fail(FANIN_ERROR_MEMORY, "no memory for a header of %zu tensors", header->count);
}
