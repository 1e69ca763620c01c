/* What is measured. Each appends to bench->results. */
#ifndef FANIN_BENCH_CASES_H
#define FANIN_BENCH_CASES_H

#include "measure.h"

/* Every initializer, dtype and size. */
void cases_fills(struct bench *bench);

/* The generator's words alone; on a GPU. */
void cases_generator(struct bench *bench);

/* One fanin_init of 64 values, and a plan of 10,000 tensors of 64 values. */
void cases_small(struct bench *bench);

/* Transposed matrices, every second element, and shards that are some columns of a matrix. */
void cases_layouts(struct bench *bench);

/* Whole models, from the shapes and rules in bench->models. */
void cases_models(struct bench *bench);

/* Square orthogonal matrices, beside LAPACK's QR decomposition. Prints them itself, for memory set is nothing to compare with,
 * and counts them as unlisted. */
void cases_orthogonal(struct bench *bench);

/* Loads a file of so many bytes, written into `folder`, and prints how fast, beside `cp` of it to memory in turn; /dev/shm
 * holds the copy. */
void bench_load(const char *folder, int64_t bytes);

/* Names the registered initializers that no case fills with. */
void cases_missing(void);

#endif
