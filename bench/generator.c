/* The generator alone on a GPU, in both variants: its words are stored, and nothing is made of them. */
#include "cases.h"
#include "report.h"

#include "stream/philox.h"

#include <stdio.h>

#define SEED    42
#define CHECKED 4096 /* words */

struct generator {
    const struct gpu *gpu;
    bool upper_16, mixed;
    int64_t bytes;
};

static fanin_status run_generator(void *context)
{
    const struct generator *const generator = context;
    gpu_generate(generator->gpu, SEED, generator->upper_16, generator->mixed, generator->bytes);
    return FANIN_OK;
}

static void check(const struct bench *bench, const struct generator *generator, const char *name)
{
    const int64_t size = generator->upper_16 ? 2 : 4, words = generator->bytes / size;
    const int64_t places[] = {0, words - CHECKED};
    for (int p = 0; p < 2; p++) {
        const void *const found = bench_read(bench, places[p] * size, CHECKED * size);
        for (int64_t i = 0; i < CHECKED; i++) {
            uint32_t expected[4];
            philox_block(SEED, 0, (uint64_t)(places[p] + i) / 4, expected);
            const uint32_t word = expected[i % 4];
            if (generator->upper_16 ? ((const uint16_t *)found)[i] != word >> 16 : ((const uint32_t *)found)[i] != word) {
                bench_stop("%s: word %lld is not the generator's", name, (long long)(places[p] + i));
            }
        }
    }
}

void cases_generator(struct bench *bench)
{
    static const char *const names[] = {"32-bit", "16-bit"};
    for (int i = 0; i < 4 && bench->gpu != NULL; i++) {
        const bool upper_16 = i % 2 == 1, mixed = i >= 2;
        const char *const kind = mixed ? "mixed-words" : "words";
        const int64_t most = bench->values != 0 ? bench->values * (upper_16 ? 2 : 4) : bench->most_bytes;
        struct generator generator = {bench->gpu, upper_16, mixed, most - most % (64 << 10)};
        struct result result = {.group = "generator"};
        char size[24];
        report_bytes(generator.bytes, size, sizeof size);
        snprintf(result.initializer, sizeof result.initializer, "%s", kind);
        snprintf(result.dtype, sizeof result.dtype, "%s", names[i % 2]);
        snprintf(result.name, sizeof result.name, "generator/%s/%s/%s/gpu", kind, names[i % 2], size);
        if (generator.bytes == 0 || !bench_wanted(bench, result.name)) {
            continue;
        }
        result.bytes = generator.bytes;
        result.values = generator.bytes / (upper_16 ? 2 : 4);
        bench_spoil(bench, generator.bytes);
        (void)run_generator(&generator);
        check(bench, &generator, result.name);
        bench_measure(bench, &(struct work){run_generator, &generator, result.bytes, result.bytes, false}, &result);
    }
}
