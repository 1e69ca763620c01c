/* Runs a fuzz target without libFuzzer: every seed, every beginning of the seeds, and seeds changed at random, from a fixed
 * start, so that each run is the same, or from the number in FANIN_TEST_RANDOM.
 *
 *     test_fuzz_X FOLDER   the seeds of a folder, 15 seconds at most; a minute where FANIN_TEST_LONG is set
 *     test_fuzz_X FILE…    these inputs alone
 *
 * An input that ends the program is left in the file test_fuzz_X.input of the current folder. */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

/* Bytes of the largest input. */
#define LARGEST 16384

/* Changed inputs of an ordinary run. */
#define ROUNDS 100000

/* Seconds after which a run ends. */
#define SHORT_RUN 15
#define LONG_RUN  60

struct input {
    uint8_t *data;
    size_t size;
};

struct seeds {
    struct input *inputs;
    size_t count;
};

static uint64_t random_state = 0x2545f4914f6cdd1du;

/* Below `limit`, at least 1 (xorshift64). */
static size_t random_below(size_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (size_t)(random_state % limit);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static bool read_input(const char *path, struct input *out)
{
    FILE *const file = fopen(path, "rb");
    out->data = malloc(LARGEST);
    if (!file || !out->data) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    out->size = fread(out->data, 1, LARGEST, file);
    fclose(file);
    return true;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* In the order of their names, whatever the locale and the file system. */
static bool read_seeds(const char *folder, struct seeds *seeds)
{
    struct dirent **names;
    const int count = scandir(folder, &names, NULL, compare_names);
    bool done = count > 0;
    seeds->inputs = calloc((size_t)(count > 0 ? count : 1), sizeof *seeds->inputs);
    for (int i = 0; i < count; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        if (done && names[i]->d_name[0] != '.') {
            done = seeds->inputs && read_input(path, &seeds->inputs[seeds->count++]);
        }
        free(names[i]);
    }
    if (count >= 0) {
        free(names);
    }
    if (!done || seeds->count == 0) {
        fprintf(stderr, "%s: no seeds can be read\n", folder);
        return false;
    }
    return true;
}

static void free_seeds(struct seeds *seeds)
{
    for (size_t i = 0; i < seeds->count; i++) {
        free(seeds->inputs[i].data);
    }
    free(seeds->inputs);
}

/* The input is on the disk before it can end the program. */
static void run(int record, const uint8_t *data, size_t size)
{
    /* Where it cannot be kept the run is still worth something. */
    if (pwrite(record, data, size, 0) < 0 || ftruncate(record, (off_t)size) != 0) {
        errno = 0;
    }
    LLVMFuzzerTestOneInput(data, size);
}

/* Writes an integer that sizes get wrong, as far as there is room. */
static void put_integer(uint8_t *data, size_t room)
{
    static const uint64_t integers[] = {0,
                                        1,
                                        2,
                                        7,
                                        8,
                                        32,
                                        33,
                                        127,
                                        255,
                                        65536,
                                        INT32_MAX,
                                        UINT32_MAX,
                                        (uint64_t)UINT32_MAX + 1,
                                        INT64_MAX,
                                        (uint64_t)INT64_MAX + 1,
                                        UINT64_MAX,
                                        UINT64_MAX - 7,
                                        UINT64_C(1) << 60,
                                        0xf993fac8,
                                        0xf993fac9,
                                        0xf993faca};
    const uint64_t value = integers[random_below(sizeof integers / sizeof *integers)];
    const size_t width = random_below(2) ? 4 : 8;
    memcpy(data, &value, width < room ? width : room);
}

/* Moves what lies at `from` to `to`, and cuts what is then too long. Returns the size. */
static size_t move(uint8_t *data, size_t size, size_t from, size_t to)
{
    const size_t length = size - from < LARGEST - to ? size - from : LARGEST - to;
    memmove(data + to, data + from, length);
    return to + length;
}

/* One change; returns the size. */
static size_t change(uint8_t *data, size_t size, const struct seeds *seeds)
{
    /* What JSON is made of. */
    static const char *const tokens[] = {
        "{",    "}",    "[",    "]",    "\"",    ":",         ",",         "0",       "-1",           "1e999",
        "1.5",  "null", "true", "\\u0", "\\ud8", "\"dtype\"", "\"shape\"", "\"F32\"", "__metadata__", "9223372036854775807",
        "\xff", "..",   "/"};
    const size_t place = random_below(size + 1), left = size - place;
    const char *const token = tokens[random_below(sizeof tokens / sizeof *tokens)];
    const struct input *const other = &seeds->inputs[random_below(seeds->count)];
    const size_t length = strlen(token);
    switch (random_below(8)) {
    case 0: /* a bit */
        data[left > 0 ? place : 0] ^= (uint8_t)(1u << random_below(8));
        return size;
    case 1: /* a byte */
        data[left > 0 ? place : 0] = (uint8_t)random_below(256);
        return size;
    case 2:
        put_integer(data + place, left);
        return size;
    case 3: /* cut some bytes out */
        return move(data, size, place + random_below(left + 1 < 16 ? left + 1 : 16), place);
    case 4: /* cut the end off */
        return place;
    case 5: /* a token put in */
        if (place + length > LARGEST) {
            return size;
        }
        size = move(data, size, place, place + length);
        memcpy(data + place, token, length);
        return size;
    case 6: /* a token written over */
        memcpy(data + place, token, length < left ? length : left);
        return size;
    default: /* the end of another seed */
        if (other->size < 2) {
            return size;
        }
        {
            const size_t from = random_below(other->size), copied = other->size - from;
            const size_t room = LARGEST - place < copied ? LARGEST - place : copied;
            memcpy(data + place, other->data + from, room);
            return place + room;
        }
    }
}

static int run_seeds(const struct seeds *seeds, int record)
{
    const bool is_long = getenv("FANIN_TEST_LONG") != NULL;
    const double start = now(), limit = is_long ? LONG_RUN : SHORT_RUN;
    uint8_t *const data = calloc(1, LARGEST);
    const char *const given = getenv("FANIN_TEST_RANDOM");
    const uint64_t start_of_random = random_state = (given ? strtoull(given, NULL, 0) : random_state) | 1;
    long inputs = 0;
    if (!data) {
        return 1;
    }
    for (size_t i = 0; i < seeds->count; i++) {
        run(record, seeds->inputs[i].data, seeds->inputs[i].size);
        inputs++;
    }
    for (size_t i = 0; i < seeds->count; i++) {
        for (size_t size = 0; size < seeds->inputs[i].size && now() - start < limit / 3; size++) {
            run(record, seeds->inputs[i].data, size);
            inputs++;
        }
    }
    for (long round = 0; (is_long || round < ROUNDS) && now() - start < limit; round++) {
        const struct input *const seed = &seeds->inputs[random_below(seeds->count)];
        size_t size = seed->size;
        memcpy(data, seed->data, size);
        for (size_t changes = 1 + random_below(4); changes > 0; changes--) {
            size = change(data, size, seeds);
        }
        run(record, data, size);
        inputs++;
    }
    free(data);
    printf("%zu seeds, %ld inputs in %.1f s, FANIN_TEST_RANDOM=0x%llx\n", seeds->count, inputs, now() - start,
           (unsigned long long)start_of_random);
    return 0;
}

static int run_files(char **paths, int count, int record)
{
    for (int i = 0; i < count; i++) {
        struct input input;
        const bool done = read_input(paths[i], &input);
        if (done) {
            run(record, input.data, input.size);
        }
        free(input.data);
        if (!done) {
            return 1;
        }
    }
    return 0;
}

static int run_folder(const char *folder, int record)
{
    struct seeds seeds = {0};
    const int code = read_seeds(folder, &seeds) ? run_seeds(&seeds, record) : 1;
    free_seeds(&seeds);
    return code;
}

int main(int argc, char **argv)
{
    char path[1024];
    struct stat info;
    const char *const slash = strrchr(argv[0], '/');
    if (argc < 2) {
        fprintf(stderr, "usage: %s FOLDER | FILE...\n", argv[0]);
        return 2;
    }
    snprintf(path, sizeof path, "%s.input", slash ? slash + 1 : argv[0]);
    const int record = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    const bool is_folder = stat(argv[1], &info) == 0 && S_ISDIR(info.st_mode);
    const int code = is_folder ? run_folder(argv[1], record) : run_files(argv + 1, argc - 1, record);
    close(record);
    unlink(path);
    return code;
}
