/* fanin: fills the weights of neural networks in place, from one registry of initializers.
 *
 *     fanin_initializer *xavier;
 *     fanin_create("xavier", &xavier);
 *     fanin_desc desc = FANIN_DESC_INIT;
 *     desc.name = "fc1_weight";
 *     fanin_init(xavier, &desc, &tensor, NULL);      // tensor: any DLTensor, filled where it lies
 *     fanin_release(xavier);
 *
 * The promise: the value of an element depends only on the contract version, the seed, the parameter's name, the element's
 * row-major index in the parameter's global shape, the initializer and the dtype. It does not depend on device, instruction
 * set, thread count, memory layout, sharding, or on which other parameters exist. The one exception: orthogonal matrices go
 * through LAPACK or cuSOLVER, so other kinds of processors, other BLAS libraries and GPUs agree to rounding only.
 * docs/contract.md says how.
 *
 * This header goes from the simple to the special: 1 status and errors, 2 initializers, 3 filling one parameter, 4 plans of
 * many, 5 typed constructors, 6 rules files, 7 the registry and initializers of your own.
 *
 * For every function, unless its comment says otherwise:
 *   - it returns FANIN_OK (0) or an error, and fanin_last_error() then tells the detail;
 *   - after an error, outputs are unchanged and nothing of the caller's memory was written;
 *   - it may be called from any number of threads at once; objects of type fanin_initializer and fanin_rules are immutable
 *     and may be shared freely, a fanin_plan belongs to one thread at a time while it is changed;
 *   - strings are UTF-8 and end with NUL; sizes, indices and strides are 64-bit; strides are in elements, as DLPack's;
 *   - it never aborts, exits or prints, and leaves errno, locale, rounding mode and floating-point flags as they were.
 *
 * Structs whose first member is `size` grow in later versions: start them from their _INIT macro.
 */
#ifndef FANIN_FANIN_H
#define FANIN_FANIN_H

#include <stddef.h>
#include <stdint.h>

#include <dlpack/dlpack.h>

#if defined(_WIN32) || !defined(__GNUC__)
#define FANIN_API
#define FANIN_PRINTF(format_index, first_argument)
#else
#define FANIN_API __attribute__((visibility("default")))
#define FANIN_PRINTF(format_index, first_argument) __attribute__((format(printf, format_index, first_argument)))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The build reads the version from these three lines. */
#define FANIN_VERSION_MAJOR 0
#define FANIN_VERSION_MINOR 1
#define FANIN_VERSION_PATCH 0

/* The newest version of the stream contract that this library can follow. */
#define FANIN_CONTRACT 1

/* A tensor has at most this many dimensions. */
#define FANIN_MAX_NDIM 32

/* ---------------------------------------------------------------- 1. status and errors ---------------------------- */

/* X(value, name, text). Values are pinned: they never change their meaning, new ones are added at the end. */
#define FANIN_STATUS_LIST(X)                                                         \
    X(0, OK, "done")                                                                 \
    X(1, ERROR_ARGUMENT, "an argument is missing or out of range")                   \
    X(2, ERROR_SPEC, "the text of an initializer or of rules is malformed")          \
    X(3, ERROR_UNKNOWN, "no initializer of this name is registered")                 \
    X(4, ERROR_PARAMETER, "a parameter of an initializer is wrong")                  \
    X(5, ERROR_UNCOVERED, "no rule covers the parameter's name")                     \
    X(6, ERROR_SHAPE, "the initializer cannot fill this shape")                      \
    X(7, ERROR_DTYPE, "the dtype is not supported here")                             \
    X(8, ERROR_LAYOUT, "the tensor's shape, strides or box are invalid")             \
    X(9, ERROR_CLASH, "two parameters of the plan exclude each other")               \
    X(10, ERROR_VALUE, "a number does not fit the dtype")                            \
    X(11, ERROR_PATTERN, "a pattern is malformed, not supported or too costly")      \
    X(12, ERROR_DEVICE, "the tensor's device cannot be used")                        \
    X(13, ERROR_EXISTS, "an initializer of this name is registered already")         \
    X(14, ERROR_MEMORY, "out of memory")                                             \
    X(15, ERROR_FILE, "a file cannot be read or written")                            \
    X(16, ERROR_FORMAT, "a file is malformed")                                       \
    X(17, ERROR_CUSTOM, "an initializer of the caller's failed")                     \
    X(18, ERROR_CAPTURE, "not possible on a stream that is being captured")          \
    X(19, ERROR_SOLVER, "the solver of a fill is missing or found no solution")      \
    X(20, ERROR_NOT_DUMPABLE, "the initializer has tensors in memory and no text")

typedef enum fanin_status {
#define FANIN_STATUS_ENUM(value, name, text) FANIN_##name = value,
    FANIN_STATUS_LIST(FANIN_STATUS_ENUM)
#undef FANIN_STATUS_ENUM
} fanin_status;

/* The status's name, "FANIN_ERROR_SHAPE"; "FANIN_ERROR_?" for a number that is no status. A static string. */
FANIN_API const char *fanin_status_name(fanin_status status);

/* One sentence about the status, as in the list above. A static string. */
FANIN_API const char *fanin_status_text(fanin_status status);

/* What went wrong in this thread's last call that failed: it names the parameter, what was found and what was expected.
 * "" before the first failure. The string belongs to the library and lives until the thread's next failing call, its next
 * fanin_plan_add, or its end. */
FANIN_API const char *fanin_last_error(void);

/* Sets this thread's last error, printf-like, and returns `status`: `return fanin_fail(FANIN_ERROR_SHAPE, "…")`. For the
 * caller's own initializers (section 7). */
FANIN_API fanin_status fanin_fail(fanin_status status, const char *format, ...) FANIN_PRINTF(2, 3);

/* "0.1.0", of the library that runs (FANIN_VERSION_* is of the header that was compiled). A static string. */
FANIN_API const char *fanin_version(void);

/* ---------------------------------------------------------------- 2. initializers ---------------------------------- */

/* An initializer with its parameters: immutable and reference-counted. */
typedef struct fanin_initializer fanin_initializer;

/* Makes an initializer from text: a bare name, `xavier`; an array, `["xavier", {"magnitude": 2}]`; or an object,
 * `{"initializer": "xavier", "magnitude": 2}`. Upper and lower case are equal in names, blanks around the text are ignored. The
 * JSON is read strictly (RFC 8259): no NaN, no infinities, no repeated keys, integers within ±2^53, depth at most 64.
 * Errors: SPEC malformed, UNKNOWN name (the nearest are listed), PARAMETER unknown, missing, of the wrong type or out of
 * bounds, PATTERN, FILE and FORMAT (of a `load`), MEMORY. Give the result back with fanin_release. */
FANIN_API fanin_status fanin_create(const char *spec, fanin_initializer **out);

/* The initializer as JSON text that fanin_create reads back, as MXNet's dumps writes it byte for byte: all parameters, in the
 * order of the schema; those that fanin adds to MXNet's are left out at their defaults. NOT_DUMPABLE where tensors in memory
 * are part of it (fanin_load_tensors). Free with fanin_string_free. */
FANIN_API fanin_status fanin_dumps(const fanin_initializer *initializer, char **out);

/* Adds a reference; returns its argument. NULL is fine. */
FANIN_API fanin_initializer *fanin_retain(const fanin_initializer *initializer);

/* Takes a reference away; the last one frees the initializer. NULL is fine. */
FANIN_API void fanin_release(fanin_initializer *initializer);

/* Frees a string that a function of this library returned through `out`. NULL is fine. */
FANIN_API void fanin_string_free(char *string);

/* ---------------------------------------------------------------- 3. one parameter -------------------------------- */

typedef struct fanin_rules fanin_rules; /* section 6 */

/* Which rule decides what a parameter gets. A descriptor's attribute `__init__`, then its rules, come before all of them. */
typedef enum fanin_rule {
    /* The end of the name, first hit wins: "weight" gets the initializer; "bias", "beta", "min", "bias_quantize" 0; "gamma",
     * "max" 1; "weight_quantize" random integers in [-127, 126]; any other is uncovered. MXNet's rule for InitDesc. */
    FANIN_RULE_NAME = 0,
    /* The initializer, whatever the name: for engines whose names end in "wq" or "kernel". */
    FANIN_RULE_WEIGHT = 1,
    /* MXNet's older rule for plain names, with "upsampling", "stn_loc", "moving_mean" and so on (docs/initializers.md). */
    FANIN_RULE_LEGACY = 2
} fanin_rule;

typedef struct fanin_attr {
    const char *key, *value;
} fanin_attr;

/* What the library is told about a parameter, beside its tensor. */
typedef struct fanin_desc {
    size_t size;
    const char *name;                     /* not empty: it is the parameter's random stream */
    const fanin_attr *attrs;              /* `__init__`: any text that fanin_create takes; other keys are ignored */
    size_t n_attrs;
    const fanin_initializer *global_init; /* the model's initializer, for nested ones without their own; NULL: the called one */
    fanin_rule rule;
    const int64_t *global_shape;          /* with `offset`, ndim numbers each: the tensor is the box of this global array */
    const int64_t *offset;                /* that starts at `offset`. Both NULL: the tensor is the whole */
    const fanin_rules *rules;             /* NULL: none */
} fanin_desc;

#define FANIN_DESC_INIT {sizeof(fanin_desc), NULL, NULL, 0, NULL, FANIN_RULE_NAME, NULL, NULL, NULL}

/* Takes one line of the log, without a newline. Called from the thread that runs the plan, in the plan's order. */
typedef void (*fanin_log_fn)(void *context, const char *line);

/* Writes the statistic of a tensor that was just filled into `text` (at most `size` bytes with its NUL). */
typedef fanin_status (*fanin_statistic_fn)(void *context, const char *name, const DLTensor *tensor, char *text, size_t size);

typedef struct fanin_options {
    size_t size;
    uint64_t seed;                /* all 64 bits count */
    int contract;                 /* version of the stream contract; 0: the newest */
    int threads;                  /* of the host; 0: as many as OpenMP gives, but no more than the calling thread's affinity and */
                                  /* the container's limit have processors for, and 1 inside a caller's parallel region */
    void *cuda_stream;            /* a cudaStream_t for CUDA tensors, all on one device; NULL: the default streams */
    int verbose;                  /* not 0: log "Initialized NAME as RULE: STATISTIC" for each parameter (not for LEGACY) */
    fanin_log_fn log;             /* where lines go; NULL: nowhere */
    fanin_statistic_fn statistic; /* NULL: the norm ‖x‖₂/√size in the tensor's dtype, as MXNet's */
    void *context;                /* given to `log` and `statistic` */
    void *const *cuda_streams;    /* for tensors on several devices: the stream of each ordinal below n_cuda_streams (NULL: its */
    int n_cuda_streams;           /* default stream), in place of cuda_stream */
    const char *cpu;              /* the variant of the CPU's kernels, which all give the same bits: "portable", "avx2", */
                                  /* "avx512", "neon"; NULL: what the environment's FANIN_CPU names, else the best that runs */
} fanin_options;

#define FANIN_OPTIONS_INIT {sizeof(fanin_options), 0, 0, 0, NULL, 0, NULL, NULL, NULL, NULL, 0, NULL}

/* Fills one tensor in place.
 *
 * tensor: on the CPU, or on a CUDA device, where fills are put into the options' stream and not waited for, except orthogonal
 * ones, arrays and stored tensors (docs/cuda.md); 0 to FANIN_MAX_NDIM dimensions, ndim 0 is one element and an extent of 0
 * none; strides NULL (row-major) or any, negative too, as long as no two elements share memory; dtype float16, bfloat16,
 * float32 or float64, and for fills with integers also int8 … int64, uint8 … uint64 and bool. Data must be aligned to its
 * element. initializer: NULL: only the name rule applies, and a name that ends in "weight" is UNCOVERED. options: NULL means
 * the defaults. Errors: ARGUMENT, LAYOUT, DTYPE, DEVICE, SHAPE and VALUE (the initializer cannot fill this), UNCOVERED, MEMORY,
 * SOLVER (orthogonal), CAPTURE (for what has to wait for a CUDA stream, the log's norm included), and those of fanin_create for
 * an `__init__`. After an error nothing was written, with these exceptions: a custom fill, a statistic (the caller's, or that
 * of a CUDA tensor, which takes up to 1 MB), a file that changes or fails while it is read (FILE, FORMAT), orthogonal blocks of
 * a packed parameter that are made one group after another (SOLVER), or a device, may fail after the first write. */
FANIN_API fanin_status fanin_init(const fanin_initializer *initializer, const fanin_desc *desc, const DLTensor *tensor,
                                  const fanin_options *options);

/* ---------------------------------------------------------------- 4. plans ----------------------------------------- */

/* Many parameters, checked together and then filled in one parallel pass. */
typedef struct fanin_plan fanin_plan;

/* Makes an empty plan. Errors: ARGUMENT, MEMORY. */
FANIN_API fanin_status fanin_plan_create(fanin_plan **out);

/* Frees the plan, not the tensors' memory. NULL is fine. */
FANIN_API void fanin_plan_free(fanin_plan *plan);

/* Adds a parameter; arguments as fanin_init's. Names and shapes are copied, the tensor's memory is borrowed until the plan is
 * freed. tensor->data may be NULL for a plan that is only checked or dumped. A name may come more than once (one box for each
 * device, replicas) if global shape, dtype and initializer agree. Malformed arguments fail at once and add nothing. What the
 * rules or an initializer refuse is recorded instead, returns FANIN_OK, and is reported by the functions below, all together;
 * after ten PATTERN errors, such as of matches that take too long, the next fails at once. */
FANIN_API fanin_status fanin_plan_add(fanin_plan *plan, const fanin_initializer *initializer, const fanin_desc *desc,
                                      const DLTensor *tensor);

/* Says whether the plan can run. If not, the status is that of the first problem and fanin_last_error() has a line for each:
 * parameters without a rule, shapes or dtypes that their initializer refuses, one name with two meanings, tensors that share
 * memory, two names with one random stream. */
FANIN_API fanin_status fanin_plan_check(const fanin_plan *plan);

/* The dry run: checks the plan and writes it as JSON (docs/plan.md has the schema). Free with fanin_string_free. */
FANIN_API fanin_status fanin_plan_dumps(const fanin_plan *plan, char **out);

/* Checks the plan, then fills all of it; may be called again. options: NULL means the defaults. Two threads must not run one
 * plan at once: both would write the same memory. After the first write only a custom fill, a statistic (as above), a file that
 * changes or fails while it is read, a device, or a solver (on the CPU where orthogonal matrices need more than 256 MiB of
 * memory together; on a device always) can fail; the contents of the plan's tensors are then unspecified. */
FANIN_API fanin_status fanin_plan_run(const fanin_plan *plan, const fanin_options *options);

/* ---------------------------------------------------------------- 5. typed constructors ---------------------------- */

/* Each makes what fanin_create makes from the same numbers; release with fanin_release. Numbers must be finite (PARAMETER);
 * dumps prints them as floats. Formulas: MXNet's mxnet.initializer, docs/initializers.md.
 * fan_in = shape[1] · receptive field, fan_out = shape[0] · receptive field, receptive field = product of shape[2:]. */

typedef enum fanin_distribution { FANIN_DISTRIBUTION_UNIFORM = 0, FANIN_DISTRIBUTION_GAUSSIAN = 1 } fanin_distribution;
typedef enum fanin_factor { FANIN_FACTOR_AVG = 0, FANIN_FACTOR_IN = 1, FANIN_FACTOR_OUT = 2 } fanin_factor;

FANIN_API fanin_status fanin_zero(fanin_initializer **out);
FANIN_API fanin_status fanin_one(fanin_initializer **out);

/* Every element is `value`; one that the tensor's dtype cannot hold is a VALUE error when it is used. */
FANIN_API fanin_status fanin_constant(double value, fanin_initializer **out);

/* The elements are those of `value`, a tensor on the CPU of any dtype and strides, which is copied (8 bytes an element)
 * and broadcast to the parameter's global shape by NumPy's rule: axes are compared from the last on, and each of the
 * value's is of the same extent or 1; missing ones count as 1. A shape that does not fit is a SHAPE error, an element that
 * the parameter's dtype cannot hold a VALUE error, when it is used. Elements must be finite, integers within ±2^53
 * (PARAMETER). Without dimensions it is fanin_constant of the number. dumps prints nested lists: integers, true and false
 * as such. Other errors: ARGUMENT, LAYOUT and DTYPE for a malformed tensor, DEVICE for one that is elsewhere. A fill on a CUDA
 * device returns when the elements are there; a stream that is being captured is a CAPTURE error. */
FANIN_API fanin_status fanin_constant_tensor(const DLTensor *value, fanin_initializer **out);

/* U[-scale, scale]; scale ≥ 0. */
FANIN_API fanin_status fanin_uniform(double scale, fanin_initializer **out);

/* N(0, sigma²); sigma ≥ 0. */
FANIN_API fanin_status fanin_normal(double sigma, fanin_initializer **out);

/* s = √(magnitude / factor), factor = (fan_in + fan_out)/2, fan_in or fan_out; then U(-s, s) or N(0, s²). magnitude ≥ 0.
 * Glorot & Bengio 2010. Parameters of fewer than two dimensions are a SHAPE error. */
FANIN_API fanin_status fanin_xavier(fanin_distribution rnd_type, fanin_factor factor_type, double magnitude,
                                    fanin_initializer **out);

/* Xavier, gaussian, with magnitude 2/(1 + slope²). He et al. 2015 (arXiv 1502.01852). */
FANIN_API fanin_status fanin_msraprelu(fanin_factor factor_type, double slope, fanin_initializer **out);

/* The weights of bilinear up-sampling, for parameters of four dimensions (filters, channels, height, width). centred = 0:
 * MXNet's formula, bit for bit; 1: the symmetric form with a scale for each axis, as Caffe's and FCN's (Shelhamer et al. 2016,
 * arXiv 1605.06211). */
FANIN_API fanin_status fanin_bilinear(int centred, fanin_initializer **out);

/* 0, and forget_bias on the second quarter of axis 0 (gates i, f, c, o). Jozefowicz et al. 2015. */
FANIN_API fanin_status fanin_lstmbias(double forget_bias, fanin_initializer **out);

/* How orthogonal makes its matrix. */
typedef enum fanin_orthogonal_method {
    /* The singular vectors of a random matrix, as MXNet. */
    FANIN_ORTHOGONAL_SVD = 0,
    /* Haar's distribution, uniform over all orthogonal matrices, from random Householder reflectors (Stewart 1980): faster
     * and more precise than SVD, and equal to rounding on all machines. It ignores `rand_type`. */
    FANIN_ORTHOGONAL_HAAR = 1
} fanin_orthogonal_method;

/* `scale` times orthonormal rows, or columns where there are fewer of them, of a matrix of shape[0] rows and the product of
 * the rest as columns. `rand_type`: SVD takes a matrix of U[-1, 1] or N(0, 1). Saxe, McClelland & Ganguli 2013 (arXiv
 * 1312.6120). Fewer than two dimensions are a SHAPE error. A box needs memory for the whole matrix; MEMORY, when a parameter
 * is filled, tells how much. The first such fill opens LAPACK. The bits do not depend on the number of threads; SVD uses one
 * for each matrix. SOLVER where LAPACK cannot be opened, or finds no solution. */
FANIN_API fanin_status fanin_orthogonal(double scale, fanin_distribution rand_type, fanin_orthogonal_method method,
                                        fanin_initializer **out);

/* The cells of a recurrent network: their gates, in the order of the packed vector, have the suffixes "" (one gate);
 * _i _f _c _o; _r _z _o. */
typedef enum fanin_rnn {
    FANIN_RNN_RELU = 0,
    FANIN_RNN_TANH = 1,
    FANIN_RNN_LSTM = 2,
    FANIN_RNN_GRU = 3
} fanin_rnn;

/* The packed vector of a recurrent network, a parameter of one dimension, as MXNet's RNN operator and cuDNN take it. With
 * L = num_layers, 1 to 4096, h = num_hidden ≥ 1, b = 2 if bidirectional, else 1, m gates and I inputs:
 *     for each layer, for each direction:  for each gate the i2h weight (h, I), above layer 0 (h, b·h);
 *                                          for each gate the h2h weight (h, h)
 *     for each layer, for each direction:  for each gate the i2h bias (h,);  for each gate the h2h bias (h,)
 * I follows from the vector's size, (I + h + 2)·h·m·b + (L − 1)·m·h·(h + b·h + 2)·b; a size that no I ≥ 1 gives is a SHAPE
 * error with the nearest that one does. Each block is an array of its own, named l0_i2h_f_weight and so on (r for the way
 * back): `init`, retained, fills it by its name (FANIN_RULE_NAME), so fans are those of one gate and biases are 0; NULL: the
 * descriptor's global_init does. An lstm's _f_bias blocks, i2h and h2h, are forget_bias instead. MXNet's FusedRNN. */
FANIN_API fanin_status fanin_fusedrnn(const fanin_initializer *init, int64_t num_hidden, int64_t num_layers, fanin_rnn mode,
                                      int bidirectional, double forget_bias, fanin_initializer **out);

/* The elements of the stored tensor that has the parameter's name. `path`: MXNet's .params (dense and sparse), safetensors, or
 * the index of sharded safetensors files; its contents say which. The headers are read here and the elements when a parameter
 * is filled; no file stays open, and one that was changed in between is a FILE error. One leading "arg:" or "aux:" of a stored
 * name is dropped; of names that are then equal the one stored last counts. A parameter that is found gets its elements,
 * whatever its name ends with and before `__init__` and rules are looked at; its global shape must be the tensor's (SHAPE). For
 * one that is not found `default_init`, retained, is called; NULL: it is UNCOVERED. Elements are converted to the parameter's
 * dtype: to floats by one rounding (16-bit ones by way of float32), to an infinity where they are too large; floats to integers
 * cut towards 0, to the nearest that the dtype has where they do not fit and to 0 from NaN; integers to integers modulo 2^bits;
 * to bool true for all but 0. verbose: lines "Initialized NAME by loading" and "… by default" go to the options' log, whatever
 * their `verbose` is. Errors: FILE (also for anything but a regular file), FORMAT. A fill on a CUDA device returns when the
 * elements are there; a stream that is being captured is a CAPTURE error. MXNet's Load. */
FANIN_API fanin_status fanin_load(const char *path, const fanin_initializer *default_init, int verbose,
                                  fanin_initializer **out);

/* The same from `count` tensors on the CPU, of any dtype and strides, and their names, all of which are copied. The initializer
 * has no text: dumps of it, and of what holds it, is NOT_DUMPABLE. Errors: ARGUMENT, LAYOUT, DTYPE, DEVICE for a tensor. */
FANIN_API fanin_status fanin_load_tensors(const char *const *names, const DLTensor *tensors, size_t count,
                                          const fanin_initializer *default_init, int verbose, fanin_initializer **out);

/* The first pattern that matches at the start of the parameter's name picks the initializer. There are `count` of each; the
 * initializers are retained. Patterns are Python's `re`, section 6. Errors: ARGUMENT, PATTERN, SPEC (nested too deep). */
FANIN_API fanin_status fanin_mixed(const char *const *patterns, const fanin_initializer *const *initializers, size_t count,
                                   fanin_initializer **out);

/* ---------------------------------------------------------------- 6. rules files ----------------------------------- */

/* Makes rules from a JSON array of pairs [pattern, initializer]. The first pattern that matches at the start of a parameter's
 * name sets its initializer, as the attribute `__init__` would: it is applied whatever the name ends with. Names that none
 * matches go on to the descriptor's rule.
 * Patterns are Python's `re` as its `match` uses them. What PCRE2 would read differently is translated or refused
 * (docs/patterns.md). Errors: SPEC, PATTERN, and those of fanin_create, with the number of the pair. */
FANIN_API fanin_status fanin_rules_create(const char *json, fanin_rules **out);

/* NULL is fine. Descriptors must not point to rules that were freed; plans keep nothing of them. */
FANIN_API void fanin_rules_free(fanin_rules *rules);

/* ---------------------------------------------------------------- 7. the registry ---------------------------------- */

typedef enum fanin_param_type {
    FANIN_PARAM_NUMBER = 0,       /* finite; true and false count as 1 and 0, as in Python */
    FANIN_PARAM_INTEGER = 1,      /* within ±2^53 */
    FANIN_PARAM_BOOLEAN = 2,
    FANIN_PARAM_CHOICE = 3,       /* one of `choices` */
    FANIN_PARAM_TEXT = 4,
    FANIN_PARAM_INITIALIZER = 5,  /* a nested spec */
    FANIN_PARAM_TEXTS = 6,        /* an array of strings */
    FANIN_PARAM_INITIALIZERS = 7  /* an array of nested specs */
} fanin_param_type;

/* Left out of dumps at its default: a parameter that MXNet does not have. */
#define FANIN_PARAM_QUIET 1u
/* A string that holds a number is taken for it, as Python's float() does. */
#define FANIN_PARAM_NUMERIC_TEXT 2u

/* One parameter of an initializer. Its schema drives parsing, dumps, listings and error texts. */
typedef struct fanin_param {
    const char *name;
    fanin_param_type type;
    const char *default_json;    /* as dumps prints it; NULL: the parameter is mandatory */
    double min, max;             /* inclusive; numbers and integers only; -INFINITY and INFINITY: no bound */
    const char *const *choices;  /* ends with NULL; for CHOICE only */
    unsigned flags;              /* FANIN_PARAM_* above */
    const char *help;            /* one sentence */
} fanin_param;

/* The parameters' values of one initializer, by name. Asking for a name or type that the row's schema does not have gives 0 or
 * NULL. Strings and initializers live as long as the initializer. */
typedef struct fanin_args fanin_args;
FANIN_API double fanin_args_number(const fanin_args *args, const char *name);   /* NUMBER, INTEGER, BOOLEAN */
FANIN_API int64_t fanin_args_integer(const fanin_args *args, const char *name); /* INTEGER, BOOLEAN; CHOICE: its index */
FANIN_API const char *fanin_args_text(const fanin_args *args, const char *name); /* TEXT, CHOICE */
FANIN_API const fanin_initializer *fanin_args_initializer(const fanin_args *args, const char *name);
/* Of TEXTS and INITIALIZERS: how many there are, and the one at `place`, from 0 on; NULL past the last. */
FANIN_API size_t fanin_args_count(const fanin_args *args, const char *name);
FANIN_API const char *fanin_args_text_at(const fanin_args *args, const char *name, size_t place);
FANIN_API const fanin_initializer *fanin_args_initializer_at(const fanin_args *args, const char *name, size_t place);

/* Where a lower function puts its fills, and what it may know of the parameter: its name (in a nested block "parent/block"),
 * its global shape, its dtype and its row's user pointer. Valid during the call only. */
typedef struct fanin_emitter fanin_emitter;
FANIN_API const char *fanin_emitter_name(const fanin_emitter *emitter);
FANIN_API int fanin_emitter_ndim(const fanin_emitter *emitter);
FANIN_API const int64_t *fanin_emitter_shape(const fanin_emitter *emitter);
FANIN_API DLDataType fanin_emitter_dtype(const fanin_emitter *emitter);
FANIN_API void *fanin_emitter_user(const fanin_emitter *emitter);

/* A fill covers the next `rows` indices of axis 0 of the parameter (a parameter of no dimensions has one row), from the first
 * on; FANIN_ALL_ROWS takes all that are left. When the lower function returns, every row must be covered (else SHAPE). An
 * emit keeps the parameter's domain and stream: element i of the parameter is element i of the stream. Errors: ARGUMENT for
 * negative rows, SHAPE for rows that are not left, VALUE for numbers that are not finite or that the dtype cannot hold, DTYPE,
 * MEMORY. Of one emitter they are called by one thread at a time. */
#define FANIN_ALL_ROWS (-1)
FANIN_API fanin_status fanin_emit_constant(fanin_emitter *emitter, int64_t rows, double value);
FANIN_API fanin_status fanin_emit_uniform(fanin_emitter *emitter, int64_t rows, double low, double high);
FANIN_API fanin_status fanin_emit_normal(fanin_emitter *emitter, int64_t rows, double mean, double sigma);

/* A block of a packed parameter: the next `rows` are an array of its own of shape shape[ndim] (as many elements), named
 * "parameter/name", with its own stream, fans and name rule. initializer NULL: the descriptor's global one. Of a parameter of
 * more than one dimension, every fill within a block must cover whole rows of axis 0 (else SHAPE). */
FANIN_API fanin_status fanin_emit_sub_parameter(fanin_emitter *emitter, int64_t rows, const fanin_initializer *initializer,
                                                const char *name, int ndim, const int64_t *shape);

/* What a custom fill is called with: once for each item of the plan, on the thread that runs it, after everything was
 * validated. The element of `view` at coordinates c is the element start + Σ c[d]·step[d] of the row-major domain. */
typedef struct fanin_custom_call {
    size_t size;
    void *user;             /* of the fill */
    const char *name;       /* of the parameter */
    const DLTensor *view;   /* what to write, and nothing else */
    int domain_ndim;
    const int64_t *domain;  /* the shape of the array that the fill defines */
    int64_t start;
    const int64_t *step;    /* view->ndim numbers */
    uint64_t seed, stream;  /* for fanin_words */
    void *cuda_stream;      /* the cudaStream_t for a view on a CUDA device, which is the current one; else NULL */
} fanin_custom_call;

/* A fill of the caller's. A tensor on a device that it has no function for is a DEVICE error. The functions return an error
 * through fanin_fail. `cuda` should enqueue its work on the stream and not wait for it; a CUDA error that it leaves pending
 * counts as its failure and is cleared, and the device that was current before the call is so again after it. */
typedef struct fanin_custom {
    size_t size;
    const char *kind;                                    /* its name in a plan's dump; a string that outlives the plan */
    fanin_status (*cpu)(const fanin_custom_call *call);  /* NULL: none for tensors on the CPU */
    void *user;                                          /* must outlive the plan */
    fanin_status (*cuda)(const fanin_custom_call *call); /* NULL: none for tensors on CUDA devices */
} fanin_custom;

#define FANIN_CUSTOM_INIT {sizeof(fanin_custom), NULL, NULL, NULL, NULL}

FANIN_API fanin_status fanin_emit_custom(fanin_emitter *emitter, int64_t rows, const fanin_custom *custom);

/* The four words of block `block` of a stream: Philox4x32-10 with key = seed and counter = (block, stream), that is, what
 * cuRAND's curand4 gives after curand_init(seed, stream, 4·block). Salmon et al. 2011. Does nothing if `out` is NULL. */
FANIN_API void fanin_words(uint64_t seed, uint64_t stream, uint64_t block, uint32_t out[4]);

/* The random stream of a parameter: FNV-1a, 64 bits, of the name's bytes. 0 for NULL. */
FANIN_API uint64_t fanin_stream(const char *name);

/* Gives a parameter its fills. */
typedef fanin_status (*fanin_lower_fn)(const fanin_args *args, fanin_emitter *emitter);

typedef enum fanin_ending {
    FANIN_ENDING_WEIGHT = 0,
    FANIN_ENDING_BIAS = 1,
    FANIN_ENDING_GAMMA = 2,
    FANIN_ENDING_BETA = 3,
    FANIN_ENDING_MIN = 4,
    FANIN_ENDING_MAX = 5,
    FANIN_ENDING_WEIGHT_QUANTIZE = 6,
    FANIN_ENDING_BIAS_QUANTIZE = 7,
    FANIN_ENDING_DEFAULT = 8 /* none of them */
} fanin_ending;

/* What an initializer does for parameters whose names have this ending, in place of the name rule (MXNet's _init_bias …). */
typedef struct fanin_override {
    fanin_ending ending;
    fanin_lower_fn lower;
} fanin_override;

/* One initializer of the registry. */
typedef struct fanin_row {
    size_t size;
    const char *name;                /* letters, digits, '_', '-' and '.', matched without case; dumps prints it in lower case */
    const char *const *aliases;      /* ends with NULL; may be NULL */
    const char *help;                /* one sentence */
    const fanin_param *params;
    size_t n_params;
    fanin_lower_fn lower;            /* the weight rule; NULL in a built-in row that only picks others (mixed) */
    const fanin_override *overrides; /* may be NULL */
    size_t n_overrides;
    void *user;                      /* for fanin_emitter_user; must outlive all use */
} fanin_row;

#define FANIN_ROW_INIT {sizeof(fanin_row), NULL, NULL, NULL, NULL, 0, NULL, NULL, 0, NULL}

/* Register in place of the row that has the name. Initializers made before keep the row that they were made from. */
#define FANIN_REGISTER_REPLACE 1u

/* Adds an initializer, which create, dumps, Mixed, rules and `__init__` then know. The row is copied. Errors: ARGUMENT for a
 * malformed row (its name, a schema default that its own schema refuses), EXISTS for a taken name or alias. */
FANIN_API fanin_status fanin_register(const fanin_row *row, unsigned flags);

/* The registered rows, built-ins first, in order of registration; NULL past the end. Rows live as long as the process. */
FANIN_API const fanin_row *fanin_row_at(size_t index);

/* The row of a name or alias, matched without case; NULL if there is none. */
FANIN_API const fanin_row *fanin_row_find(const char *name);

/* The registry as JSON, or one row of it (`name` not NULL; UNKNOWN if there is none):
 * [{"name", "aliases", "help", "parameters": [{"name", "type", "default", "min", "max", "choices", "help"}]}].
 * Free with fanin_string_free. */
FANIN_API fanin_status fanin_registry_dumps(const char *name, char **out);

#ifdef __cplusplus
}
#endif

#endif
