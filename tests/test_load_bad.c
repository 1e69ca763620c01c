/* load of what cannot be loaded: files that are none, are cut short, lie or change. Each is refused in one line that names the
 * file, and nothing of the target is changed. */
#include "load_helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

/* ---- what the linker puts in the way of the library's calls ---- */

static size_t largest; /* bytes asked for at once */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);

static void note_size(size_t size)
{
    largest = size > largest ? size : largest;
}

void *__wrap_malloc(size_t size)
{
    note_size(size);
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    note_size(count * size);
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    note_size(size);
    return __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
    note_size(count * size);
    return __real_reallocarray(old, count, size);
}

/* Called before the read with this number, counted down. */
static int reads_left = -1;
static void (*before_read)(void);
static int read_errno; /* not 0: that read fails with it, once */

ssize_t __real_pread(int fd, void *buffer, size_t size, off_t offset);
ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t offset);

ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t offset)
{
    if (reads_left >= 0 && reads_left-- == 0) {
        if (before_read != NULL) {
            before_read();
        }
        if (read_errno != 0) {
            errno = read_errno;
            return -1;
        }
    }
    return __real_pread(fd, buffer, size, offset);
}

/* ---- files ---- */

/* Beside the file itself: lists start with room for some entries, buffers with some bytes. */
#define ALLOWED(size) (16 * (size) + 65536)

static void refuse(const char *path, fanin_status status, const char *part)
{
    fanin_initializer *initializer = NULL;
    const fanin_status found = fanin_load(path, NULL, 0, &initializer);
    if (found != status) {
        fail_msg("%s: %s, expected %s (%s)", path, fanin_status_name(found), fanin_status_name(status), fanin_last_error());
    }
    assert_null(initializer);
    assert_message("'load'", part, NULL);
}

/* Writes the file and refuses it with FORMAT. */
static void refuse_bytes(const char *path, const void *data, size_t size, const char *part)
{
    write_file(path, data, size);
    largest = 0;
    refuse(path, FANIN_ERROR_FORMAT, part);
    if (largest > ALLOWED(size)) {
        fail_msg("%zu bytes were asked for to read a file of %zu", largest, size);
    }
}

static const char *const header = "{\"w\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]},"
                                  "\"h\":{\"dtype\":\"F16\",\"shape\":[2,1],\"data_offsets\":[12,16]}}";

static const float three[3] = {1, 2, 3};

static void write_good(const char *path)
{
    unsigned char data[16] = {0};
    memcpy(data, three, sizeof three);
    write_safetensors(path, header, data, sizeof data);
}

static void write_params(const char *path)
{
    struct bytes bytes = {0};
    put_start(&bytes, 1);
    put_vector(&bytes, 3, three);
    put64(&bytes, 1);
    put_name(&bytes, "arg:w");
    write_file(path, bytes.data, bytes.size);
    free(bytes.data);
}

static struct bytes read_file(const char *path)
{
    struct bytes bytes = {0};
    FILE *const file = fopen(path, "rb");
    assert_non_null(file);
    char part[4096];
    for (size_t got; (got = fread(part, 1, sizeof part, file)) > 0;) {
        put(&bytes, part, got);
    }
    fclose(file);
    return bytes;
}

static void test_no_file(void **state)
{
    (void)state;
    const struct folder folder = folder_open();
    refuse(file_in(&folder, "absent"), FANIN_ERROR_FILE, "No such file");
    refuse("", FANIN_ERROR_FILE, "''");
    refuse(folder.path, FANIN_ERROR_FILE, "no regular file");
    /* No writer ever comes. */
    assert_int_equal(mkfifo(file_in(&folder, "fifo"), 0600), 0);
    refuse(file_in(&folder, "fifo"), FANIN_ERROR_FILE, "no regular file");
    refuse("/dev/zero", FANIN_ERROR_FILE, "no regular file");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", file_in(&folder, "socket"));
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) == 0) {
        refuse(address.sun_path, FANIN_ERROR_FILE, "cannot be opened");
    }
    close(fd);
    assert_int_equal(symlink("loop", file_in(&folder, "loop")), 0);
    refuse(file_in(&folder, "loop"), FANIN_ERROR_FILE, "symbolic links");

    fanin_initializer *initializer = NULL;
    assert_status(fanin_load(NULL, NULL, 0, &initializer), FANIN_ERROR_ARGUMENT);
    assert_status(fanin_load("x", NULL, 0, NULL), FANIN_ERROR_ARGUMENT);
    assert_status(fanin_load("\xff", NULL, 0, &initializer), FANIN_ERROR_ARGUMENT);
    assert_message("UTF-8", NULL);
    assert_status(fanin_create("[\"load\", {\"param\": 3}]", &initializer), FANIN_ERROR_PARAMETER);
    assert_status(fanin_create("[\"load\", {\"param\": null}]", &initializer), FANIN_ERROR_PARAMETER);
    assert_status(fanin_create("[\"load\", {\"param\": \"/absent_v\"}]", &initializer), FANIN_ERROR_FILE);
    assert_status(fanin_create("[\"load\", {\"param\": \"x\\u0000y\"}]", &initializer), FANIN_ERROR_SPEC);
    assert_null(initializer);
    folder_close(&folder);
}

/* Every beginning of a good file is refused, and reads no byte behind its end. */
static void cut_everywhere(const struct folder *folder, const char *good, fanin_status longest)
{
    const struct bytes bytes = read_file(good);
    const char *const path = file_in(folder, "cut");
    for (size_t size = 0; size < bytes.size; size++) {
        refuse_bytes(path, bytes.data, size, "'");
    }
    write_file(path, bytes.data, bytes.size);
    fanin_initializer *initializer = NULL;
    assert_status(fanin_load(path, NULL, 0, &initializer), FANIN_OK);
    fanin_release(initializer);
    struct bytes more = {0};
    put(&more, bytes.data, bytes.size);
    put(&more, "", 1);
    write_file(path, more.data, more.size);
    initializer = NULL;
    assert_status(fanin_load(path, NULL, 0, &initializer), longest);
    fanin_release(initializer);
    free(more.data);
    free(bytes.data);
}

static void test_cut(void **state)
{
    (void)state;
    const struct folder folder = folder_open();
    write_good(file_in(&folder, "a.safetensors"));
    write_params(file_in(&folder, "a.params"));
    static const char index[] = "{\"weight_map\":{\"w\":\"a.safetensors\",\"h\":\"a.safetensors\"}}";
    write_file(file_in(&folder, "a.json"), index, strlen(index));
    cut_everywhere(&folder, file_in(&folder, "a.safetensors"), FANIN_ERROR_FORMAT);
    cut_everywhere(&folder, file_in(&folder, "a.params"), FANIN_OK); /* what follows the names is ignored, as MXNet does */
    cut_everywhere(&folder, file_in(&folder, "a.json"), FANIN_ERROR_FORMAT);
    folder_close(&folder);
}

/* A safetensors header over 16 bytes of data. */
static void refuse_header(const struct folder *folder, const char *text, const char *part)
{
    const char *const path = file_in(folder, "lying.safetensors");
    write_safetensors(path, text, "0123456789abcdef", 16);
    largest = 0;
    refuse(path, FANIN_ERROR_FORMAT, part);
    assert_true(largest <= ALLOWED(strlen(text)));
}

#define TENSOR(name, dtype, shape, begin, end)                                                                                 \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" begin "," end "]}"

static void test_lying_headers(void **state)
{
    (void)state;
    const struct folder folder = folder_open();
    refuse_header(&folder, "{" TENSOR("w", "F32", "[3]", "0", "12") "}", "16 bytes of data, its header promises 12");
    refuse_header(&folder, "{" TENSOR("w", "F32", "[5]", "0", "20") "}", "promises 20");
    refuse_header(&folder, "{" TENSOR("w", "F32", "[4]", "0", "12") "}", "span 12 bytes, expected 16");
    refuse_header(&folder, "{" TENSOR("w", "F32", "[2]", "0", "8") "," TENSOR("v", "F32", "[3]", "4", "16") "}", "overlaps");
    refuse_header(&folder, "{" TENSOR("w", "F32", "[2]", "0", "8") "," TENSOR("v", "F32", "[1]", "12", "16") "}", "hole");
    refuse_header(&folder, "{" TENSOR("w", "F32", "[4]", "16", "0") "}", "begin at most end");
    refuse_header(&folder, "{" TENSOR("w", "F32", "[4294967296,4294967296]", "0", "16") "}", "64 bits");
    refuse_header(&folder, "{" TENSOR("w", "F32", "[4611686018427387904]", "0", "16") "}", "64 bits");
    refuse_header(&folder, "{" TENSOR("w", "F32", "[-1]", "0", "16") "}", "at least 0");
    refuse_header(&folder, "{" TENSOR("w", "F32", "[1e1]", "0", "16") "}", "integers");
    refuse_header(&folder, "{" TENSOR("w", "Q99", "[4]", "0", "16") "}", "Q99");
    refuse_header(&folder, "{" TENSOR("w", "F32", "[2]", "0", "8") "," TENSOR("w", "F32", "[2]", "8", "16") "}", "repeated");
    refuse_header(&folder, "{" TENSOR("w\\u0000x", "F32", "[4]", "0", "16") "}", "must not contain");
    refuse_header(&folder, "{" TENSOR("\xff", "F32", "[4]", "0", "16") "}", "UTF-8");
    refuse_header(&folder, "[]", "does not start with '{'");
    refuse_header(&folder, "{} {}", "");
    refuse_header(&folder, "{\"w\":{\"dtype\":\"F32\",\"shape\":[4]}}", "no \"data_offsets\"");
    folder_close(&folder);
}

/* Headers of the longest length that is allowed, and of one more. */
static void test_long_headers(void **state)
{
    (void)state;
    const struct folder folder = folder_open();
    const char *const path = file_in(&folder, "long.safetensors");
    const int64_t most = 100000000;
    struct bytes start = {0};
    put64(&start, most);
    put(&start, "{}", 2);
    /* Not enough bytes follow: no memory is asked for. */
    refuse_bytes(path, start.data, start.size, "cut short");
    write_file(path, start.data, start.size);
    assert_int_equal(truncate(path, 8 + most), 0);
    largest = 0;
    refuse(path, FANIN_ERROR_FORMAT, "'"); /* NULs follow the braces */
    assert_true(largest <= ALLOWED((size_t)most));
    char *const spaces = malloc((size_t)most);
    memset(spaces, ' ', (size_t)most);
    put(&start, spaces, (size_t)most - 2);
    write_file(path, start.data, start.size);
    fanin_release(load(path, NULL));
    start.data[0]++;
    put(&start, " ", 1);
    write_file(path, start.data, start.size);
    refuse(path, FANIN_ERROR_FORMAT, "at most 100000000 are allowed");
    free(spaces);
    free(start.data);
    folder_close(&folder);
}

static void refuse_index(const struct folder *folder, const char *file, fanin_status status, const char *part)
{
    char text[512];
    const char *const path = file_in(folder, "model.safetensors.index.json");
    snprintf(text, sizeof text, "{\"weight_map\": {\"w\": \"%s\"}}", file);
    write_file(path, text, strlen(text));
    refuse(path, status, part);
}

static void test_indexes(void **state)
{
    (void)state;
    const struct folder folder = folder_open();
    write_good(file_in(&folder, "a.safetensors"));
    assert_int_equal(mkdir(file_in(&folder, "in"), 0700), 0);
    assert_int_equal(mkfifo(file_in(&folder, "fifo"), 0600), 0);
    static const char *const outside[] = {"../a.safetensors", "in/a.safetensors", "/a.safetensors", "..", "a..safetensors", ""};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        refuse_index(&folder, outside[i], FANIN_ERROR_FORMAT, "beside the index");
    }
    refuse_index(&folder, "absent", FANIN_ERROR_FILE, "No such file");
    refuse_index(&folder, "in", FANIN_ERROR_FILE, "no regular file");
    refuse_index(&folder, "fifo", FANIN_ERROR_FILE, "no regular file");
    refuse_index(&folder, "model.safetensors.index.json", FANIN_ERROR_FORMAT, "");
    char text[128];
    const char *const path = file_in(&folder, "i.json");
    static const char *const bad[] = {"{\"weight_map\": 3}",
                                      "{\"weight_map\": {\"w\": 3}}",
                                      "{\"weight\": {}}",
                                      "[1]",
                                      "{}",
                                      "{\"weight_map\": {\"x\": \"a.safetensors\"}}",
                                      "   {\"weight_map\"",
                                      "not JSON at all",
                                      "{\"weight_map\": {\"w\": \"a.safetensors\", \"w\": \"a.safetensors\"}}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, "%s", bad[i]);
        refuse_bytes(path, text, strlen(text), "'");
    }
    folder_close(&folder);
}

/* ---- a parameter that asks for what is not there ---- */

static void refuse_fill(const fanin_initializer *initializer, const char *name, int ndim, const int64_t *shape,
                        fanin_status status, const char *first, const char *second)
{
    float data[8];
    unsigned char before[sizeof data];
    memset(data, 0xa5, sizeof data);
    memcpy(before, data, sizeof data);
    const DLTensor tensor = tensor_of(data, ndim, shape);
    assert_status(fill(initializer, name, &tensor, NULL), status);
    assert_message(name, first, second, NULL);
    assert_memory_equal(data, before, sizeof data);
}

static void test_asked_for(void **state)
{
    (void)state;
    const struct folder folder = folder_open();
    const char *const path = file_in(&folder, "a.safetensors");
    write_safetensors(path,
                      "{" TENSOR("w", "F32", "[2,2]", "0", "16") "," TENSOR("f8", "F8_E4M3", "[4]", "16",
                                                                            "20") "," TENSOR("c", "C64", "[1]", "20", "28") "}",
                      "0123456789abcdef0123456789ab", 28);
    fanin_initializer *const initializer = load(path, NULL);
    refuse_fill(initializer, "w", 2, (const int64_t[]){4, 1}, FANIN_ERROR_SHAPE, "found shape (2, 2)", "expected (4, 1)");
    refuse_fill(initializer, "w", 1, (const int64_t[]){4}, FANIN_ERROR_SHAPE, "found shape (2, 2)", "expected (4,)");
    refuse_fill(initializer, "w", 0, NULL, FANIN_ERROR_SHAPE, "found shape (2, 2)", "expected ()");
    refuse_fill(initializer, "f8", 1, (const int64_t[]){4}, FANIN_ERROR_DTYPE, "F8_E4M3", path);
    refuse_fill(initializer, "c", 1, (const int64_t[]){1}, FANIN_ERROR_DTYPE, "C64", "not supported");
    refuse_fill(initializer, "W", 2, (const int64_t[]){2, 2}, FANIN_ERROR_UNCOVERED, path, "default_init");
    fanin_release(initializer);
    folder_close(&folder);
}

/* ---- files that change ---- */

static struct folder changing;
static char changing_path[512];

static void open_changing(void)
{
    changing = folder_open();
    snprintf(changing_path, sizeof changing_path, "%s", file_in(&changing, "c.safetensors"));
}

static void truncate_it(void)
{
    assert_int_equal(truncate(changing_path, 100), 0);
}

static void write_it(void)
{
    const int fd = open(changing_path, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "x", 1, 200), 1);
    /* Whatever the clock of the file system counts in. */
    assert_int_equal(futimens(fd, (const struct timespec[]){{1000, 0}, {1000, 0}}), 0);
    close(fd);
}

static void touch_it(void)
{
    assert_int_equal(utimensat(AT_FDCWD, changing_path, (const struct timespec[]){{1000, 0}, {1000, 0}}, 0), 0);
}

static void grow_it(void)
{
    assert_int_equal(truncate(changing_path, 5000000), 0);
}

static void remove_it(void)
{
    assert_int_equal(unlink(changing_path), 0);
}

/* Another file of the same bytes and times. */
static void replace_it(void)
{
    struct stat info;
    const struct bytes bytes = read_file(changing_path);
    const char *const other = file_in(&changing, "other");
    assert_int_equal(stat(changing_path, &info), 0);
    write_file(other, bytes.data, bytes.size);
    assert_int_equal(utimensat(AT_FDCWD, other, (const struct timespec[]){info.st_atim, info.st_mtim}, 0), 0);
    assert_int_equal(rename(other, changing_path), 0);
    free(bytes.data);
}

static void fifo_it(void)
{
    remove_it();
    assert_int_equal(mkfifo(changing_path, 0600), 0);
}

#define ELEMENTS 1000000

static fanin_initializer *load_changing(void)
{
    const size_t size = ELEMENTS * sizeof(float);
    float *const data = calloc(ELEMENTS, sizeof *data);
    char text[128];
    snprintf(text, sizeof text, "{" TENSOR("w", "F32", "[%d]", "0", "%zu") "}", ELEMENTS, size);
    (void)unlink(changing_path);
    write_safetensors(changing_path, text, data, size);
    free(data);
    return load(changing_path, NULL);
}

/* Between the making of an initializer and a run: nothing is written, not even of other parameters. */
static void check_changed_before(void (*change)(void), const char *part)
{
    fanin_initializer *const initializer = load_changing(), *const one = create("one");
    float *const data = malloc((ELEMENTS + 4) * sizeof *data);
    memset(data, 0xa5, (ELEMENTS + 4) * sizeof *data);
    fanin_plan *const plan = new_plan();
    assert_status(add(plan, one, "first_weight", VECTOR(data + ELEMENTS, 4)), FANIN_OK);
    assert_status(add(plan, initializer, "w", VECTOR(data, ELEMENTS)), FANIN_OK);
    change();
    assert_status(fanin_plan_check(plan), FANIN_OK);
    assert_status(fanin_plan_run(plan, NULL), FANIN_ERROR_FILE);
    assert_message("'w'", changing_path, part, NULL);
    const DLTensor tensor = VECTOR(data, ELEMENTS);
    assert_status(fill(initializer, "w", &tensor, NULL), FANIN_ERROR_FILE);
    assert_message("'w'", changing_path, part, NULL);
    for (size_t i = 0; i < (ELEMENTS + 4) * sizeof *data; i++) {
        assert_int_equal(((unsigned char *)data)[i], 0xa5);
    }
    fanin_plan_free(plan);
    fanin_release(initializer);
    fanin_release(one);
    free(data);
}

static void test_changed_before(void **state)
{
    (void)state;
    open_changing();
    static void (*const changes[])(void) = {truncate_it, write_it, touch_it, grow_it, replace_it};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        check_changed_before(changes[i], "was changed since its header was read");
    }
    check_changed_before(remove_it, "No such file");
    check_changed_before(fifo_it, "no regular file");
    folder_close(&changing);
}

/* While it is read, by one thread, before the read of this number: by a call, or by a plan. */
static void check_changed_under_way_of(bool plans, void (*change)(void), int reads, fanin_status status, const char *part)
{
    fanin_initializer *const initializer = load_changing();
    float *const data = calloc(ELEMENTS, sizeof *data);
    const DLTensor tensor = VECTOR(data, ELEMENTS);
    fanin_options options = FANIN_OPTIONS_INIT;
    options.threads = 1;
    /* The end of the one and all of the other are filled together. */
    float others[4];
    fanin_initializer *const one = create("one");
    fanin_plan *const plan = new_plan();
    assert_status(add(plan, initializer, "w", tensor), FANIN_OK);
    assert_status(add(plan, one, "other_weight", VECTOR(others, 4)), FANIN_OK);
    fanin_release(one);
    before_read = change;
    reads_left = reads;
    assert_status(plans ? fanin_plan_run(plan, &options) : fill(initializer, "w", &tensor, &options), status);
    assert_true(reads_left < 0);
    if (status != FANIN_OK) {
        assert_message("'w'", changing_path, part, NULL);
    }
    free(data);
    fanin_plan_free(plan);
    fanin_release(initializer);
}

static void check_changed_under_way(void (*change)(void), int reads, fanin_status status, const char *part)
{
    check_changed_under_way_of(false, change, reads, status, part);
    check_changed_under_way_of(true, change, reads, status, part);
}

static void fail_it(void)
{
    read_errno = EIO;
}

static void interrupt_it(void)
{
    read_errno = EINTR;
}

static void test_changed_under_way(void **state)
{
    (void)state;
    open_changing();
    check_changed_under_way(truncate_it, 3, FANIN_ERROR_FORMAT, "it was cut short");
    check_changed_under_way(truncate_it, 15, FANIN_ERROR_FORMAT, "it was cut short"); /* the last one */
    check_changed_under_way(write_it, 3, FANIN_ERROR_FILE, "was changed while it was read");
    check_changed_under_way(grow_it, 0, FANIN_ERROR_FILE, "was changed while it was read");
    /* The open file is still what it was. */
    check_changed_under_way(remove_it, 3, FANIN_OK, NULL);
    check_changed_under_way(replace_it, 3, FANIN_OK, NULL);
    folder_close(&changing);
}

/* A disk that fails is told, and an interrupted read goes on: of the header, of the values, by calls and by plans. */
static void test_read_errors(void **state)
{
    (void)state;
    open_changing();
    fanin_release(load_changing());
    for (int read = 0; read < 2; read++) {
        before_read = NULL;
        read_errno = EIO;
        reads_left = read;
        refuse(changing_path, FANIN_ERROR_FILE, "cannot be read: Input/output error");
    }
    read_errno = 0;
    check_changed_under_way(fail_it, 3, FANIN_ERROR_FILE, "cannot be read: Input/output error");
    read_errno = 0;
    check_changed_under_way(interrupt_it, 3, FANIN_OK, NULL);
    read_errno = 0;
    folder_close(&changing);
}

static void test_changed_header(void **state)
{
    (void)state;
    open_changing();
    fanin_release(load_changing());
    before_read = write_it;
    reads_left = 1;
    refuse(changing_path, FANIN_ERROR_FILE, "was changed while its header was read");
    folder_close(&changing);
}

/* ---- a caller's tensors ---- */

static void test_tensors(void **state)
{
    (void)state;
    fanin_initializer *initializer = NULL;
    float data[4] = {0};
    const char *names[2] = {"a", "b"};
    DLTensor tensors[2] = {VECTOR(data, 4), VECTOR(data, 4)};
    assert_status(fanin_load_tensors(NULL, tensors, 2, NULL, 0, &initializer), FANIN_ERROR_ARGUMENT);
    assert_status(fanin_load_tensors(names, NULL, 2, NULL, 0, &initializer), FANIN_ERROR_ARGUMENT);
    assert_status(fanin_load_tensors(names, tensors, 2, NULL, 0, NULL), FANIN_ERROR_ARGUMENT);
    names[1] = NULL;
    assert_status(fanin_load_tensors(names, tensors, 2, NULL, 0, &initializer), FANIN_ERROR_ARGUMENT);
    assert_message("name 2", NULL);
    names[1] = "\xc3";
    assert_status(fanin_load_tensors(names, tensors, 2, NULL, 0, &initializer), FANIN_ERROR_ARGUMENT);
    names[1] = "b";
    tensors[1].dtype.lanes = 2;
    assert_status(fanin_load_tensors(names, tensors, 2, NULL, 0, &initializer), FANIN_ERROR_DTYPE);
    assert_message("'b'", NULL);
    tensors[1] = VECTOR(NULL, 4);
    assert_status(fanin_load_tensors(names, tensors, 2, NULL, 0, &initializer), FANIN_ERROR_ARGUMENT);
    tensors[1] = VECTOR(data, 4);
    tensors[1].device.device_type = kDLCUDA;
    assert_status(fanin_load_tensors(names, tensors, 2, NULL, 0, &initializer), FANIN_ERROR_DEVICE);
    tensors[1] = VECTOR(data, -1);
    assert_status(fanin_load_tensors(names, tensors, 2, NULL, 0, &initializer), FANIN_ERROR_LAYOUT);
    assert_null(initializer);
    /* None at all: everything goes to the default. */
    assert_status(fanin_load_tensors(NULL, NULL, 0, NULL, 0, &initializer), FANIN_OK);
    refuse_fill(initializer, "w", 1, (const int64_t[]){1}, FANIN_ERROR_UNCOVERED, "the tensors that were given", "default");
    fanin_release(initializer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_file),        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_lying_headers),  cmocka_unit_test(test_long_headers),
        cmocka_unit_test(test_indexes),        cmocka_unit_test(test_asked_for),
        cmocka_unit_test(test_changed_before), cmocka_unit_test(test_changed_under_way),
        cmocka_unit_test(test_read_errors),    cmocka_unit_test(test_changed_header),
        cmocka_unit_test(test_tensors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
