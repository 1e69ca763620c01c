#include "dry_run.h"

#include "command.h"
#include "text.h"

#include "json/scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME, DTYPE, SHAPE, RULE, FILL, ELEMENTS, COLUMNS };

static const char *const titles[COLUMNS] = {"name", "dtype", "shape", "rule", "fill", "elements"};

/* Text that grows; `text` is NULL after memory ran out. */
struct cell {
    char *text;
    size_t length;
};

/* Fills of one parameter that the table writes out: a packed one, as fusedrnn fills it, may have thousands. */
#define FILLS_SHOWN 4

/* More kinds than the library has, and room for the name of any. */
#define KINDS     16
#define KIND_SIZE 24

struct kind_count {
    char kind[KIND_SIZE];
    size_t count;
};

struct table {
    struct cell (*rows)[COLUMNS];
    size_t count;
    int widths[COLUMNS];
};

static void table_free(struct table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        for (int column = 0; column < COLUMNS; column++) {
            free(table->rows[i][column].text);
        }
    }
    free(table->rows);
}

static fanin_status append(struct cell *cell, const char *text)
{
    const size_t length = strlen(text);
    char *const grown = realloc(cell->text, cell->length + length + 1);
    if (!grown) {
        return fanin_fail(FANIN_ERROR_MEMORY, "no memory for the table");
    }
    memcpy(grown + cell->length, text, length + 1);
    cell->text = grown;
    cell->length += length;
    return FANIN_OK;
}

/* "[2, 3]" of an array of numbers. */
static fanin_status read_shape(struct json_reader *reader, struct cell *cell)
{
    struct json_token token;
    fanin_status status = json_expect(reader, JSON_BEGIN_ARRAY, &token);
    status = status == FANIN_OK ? append(cell, "[") : status;
    for (int d = 0; status == FANIN_OK && (status = json_next(reader, &token)) == FANIN_OK && token.kind != JSON_END_ARRAY;
         d++) {
        status = append(cell, d == 0 ? "" : ", ");
        status = status == FANIN_OK ? append(cell, token.text) : status;
    }
    return status == FANIN_OK ? append(cell, "]") : status;
}

/* Texts of a fill that are shown, and what stands around them: "load old.params (float32)", "orthogonal scale 1.0 svd". */
static const struct shown_text {
    const char *key, *before, *after;
} shown_texts[] = {{"file", " ", ""}, {"stored", " (", ")"}, {"method", " ", ""}};

static const struct shown_text *find_shown(const char *key)
{
    for (size_t i = 0; i < sizeof shown_texts / sizeof shown_texts[0]; i++) {
        if (strcmp(key, shown_texts[i].key) == 0) {
            return &shown_texts[i];
        }
    }
    return NULL;
}

/* One fill: its kind, its numbers and some of its texts. Its stream, domain and place follow from the name and the shape. */
static fanin_status read_fill(struct json_reader *reader, struct cell *cell, char kind[KIND_SIZE])
{
    struct json_token token;
    fanin_status status = FANIN_OK;
    while (status == FANIN_OK && (status = json_next(reader, &token)) == FANIN_OK && token.kind != JSON_END_OBJECT) {
        const bool is_kind = strcmp(token.text, "kind") == 0, is_place = strcmp(token.text, "first") == 0;
        const struct shown_text *const shown = find_shown(token.text);
        char key[64];
        /* A constant's number needs no name. */
        snprintf(key, sizeof key, strcmp(token.text, "value") == 0 ? " " : " %s ", token.text);
        status = json_next(reader, &token);
        if (status == FANIN_OK && is_kind) {
            snprintf(kind, KIND_SIZE, "%s", token.text);
            status = append(cell, token.text);
        } else if (status == FANIN_OK && token.kind == JSON_NUMBER && !is_place) {
            status = append(cell, key);
            status = status == FANIN_OK ? append(cell, token.text) : status;
        } else if (status == FANIN_OK && shown && token.kind == JSON_STRING) {
            status = append(cell, shown->before);
            status = status == FANIN_OK ? append(cell, token.text) : status;
            status = status == FANIN_OK ? append(cell, shown->after) : status;
        } else if (status == FANIN_OK) {
            status = json_skip(reader, &token);
        }
    }
    return status;
}

static void count_kind(struct kind_count counts[KINDS], const char *kind)
{
    int i = 0;
    while (i < KINDS - 1 && counts[i].count > 0 && strcmp(counts[i].kind, kind) != 0) {
        i++;
    }
    snprintf(counts[i].kind, KIND_SIZE, "%s", kind);
    counts[i].count++;
}

/* "28 uniform, 4 constant" */
static fanin_status append_counts(const struct kind_count counts[KINDS], struct cell *cell)
{
    fanin_status status = FANIN_OK;
    for (int i = 0; i < KINDS && counts[i].count > 0 && status == FANIN_OK; i++) {
        char number[TEXT_SIZE];
        snprintf(number, sizeof number, "%s%zu ", i == 0 ? "" : ", ", counts[i].count);
        status = append(cell, number);
        status = status == FANIN_OK ? append(cell, counts[i].kind) : status;
    }
    return status;
}

/* The fills of a parameter, or how many there are of each kind where they are more than a line has room for. */
static fanin_status read_fills(struct json_reader *reader, struct cell *cell)
{
    struct kind_count counts[KINDS] = {{"", 0}};
    struct json_token token;
    size_t fills = 0;
    fanin_status status = json_expect(reader, JSON_BEGIN_ARRAY, &token);
    while (status == FANIN_OK && (status = json_next(reader, &token)) == FANIN_OK && token.kind != JSON_END_ARRAY) {
        struct cell fill = {NULL, 0};
        char kind[KIND_SIZE] = "";
        status = read_fill(reader, &fill, kind);
        count_kind(counts, kind);
        if (fills++ < FILLS_SHOWN && status == FANIN_OK) {
            status = append(cell, fills == 1 ? "" : ", ");
            status = status == FANIN_OK && fill.text ? append(cell, fill.text) : status;
        }
        free(fill.text);
    }
    if (status == FANIN_OK && fills > FILLS_SHOWN) {
        cell->length = 0;
        status = append_counts(counts, cell);
    }
    return status;
}

static fanin_status read_elements(struct json_reader *reader, struct cell *cell)
{
    struct json_token token;
    char text[TEXT_SIZE];
    int64_t elements = 0;
    const fanin_status status = json_next(reader, &token);
    if (status != FANIN_OK || !json_token_int64(&token, &elements)) {
        return status == FANIN_OK ? append(cell, token.text) : status;
    }
    return append(cell, text_count(elements, text));
}

static fanin_status read_value(struct json_reader *reader, struct cell *cell)
{
    struct json_token token;
    const fanin_status status = json_next(reader, &token);
    return status == FANIN_OK ? append(cell, token.text) : status;
}

/* The members of one parameter's object. */
static fanin_status read_row(struct json_reader *reader, struct cell row[COLUMNS])
{
    struct json_token token;
    fanin_status status = FANIN_OK;
    while (status == FANIN_OK && (status = json_next(reader, &token)) == FANIN_OK && token.kind != JSON_END_OBJECT) {
        if (strcmp(token.text, "name") == 0) {
            status = read_value(reader, &row[NAME]);
        } else if (strcmp(token.text, "dtype") == 0) {
            status = read_value(reader, &row[DTYPE]);
        } else if (strcmp(token.text, "shape") == 0) {
            status = read_shape(reader, &row[SHAPE]);
        } else if (strcmp(token.text, "rule") == 0) {
            status = read_value(reader, &row[RULE]);
        } else if (strcmp(token.text, "fills") == 0) {
            status = read_fills(reader, &row[FILL]);
        } else if (strcmp(token.text, "elements") == 0) {
            status = read_elements(reader, &row[ELEMENTS]);
        } else {
            status = json_skip_value(reader);
        }
    }
    return status;
}

static fanin_status read_rows(struct json_reader *reader, struct table *table)
{
    struct json_token token;
    fanin_status status = json_expect(reader, JSON_BEGIN_ARRAY, &token);
    while (status == FANIN_OK && (status = json_next(reader, &token)) == FANIN_OK && token.kind == JSON_BEGIN_OBJECT) {
        void *const grown = reallocarray(table->rows, table->count + 1, sizeof *table->rows);
        if (!grown) {
            return fanin_fail(FANIN_ERROR_MEMORY, "no memory for the table");
        }
        table->rows = grown;
        memset(table->rows[table->count], 0, sizeof *table->rows);
        status = read_row(reader, table->rows[table->count++]);
    }
    return status;
}

static fanin_status read_plan(const char *text, struct table *table)
{
    struct json_reader reader;
    struct json_token token;
    json_reader_init(&reader, "the plan", FANIN_ERROR_FORMAT, text, strlen(text));
    fanin_status status = json_expect(&reader, JSON_BEGIN_OBJECT, &token);
    while (status == FANIN_OK && (status = json_next(&reader, &token)) == FANIN_OK && token.kind != JSON_END_OBJECT) {
        if (strcmp(token.text, "parameters") == 0) {
            status = read_rows(&reader, table);
        } else {
            status = json_skip_value(&reader);
        }
    }
    json_reader_free(&reader);
    return status;
}

static const char *cell_text(const struct table *table, size_t row, int column)
{
    const char *const text = table->rows[row][column].text;
    return text ? text : "";
}

static void print_row(const struct table *table, const char *const cells[COLUMNS])
{
    for (int column = 0; column < COLUMNS; column++) {
        const int blanks = table->widths[column] - text_width(cells[column]);
        if (column == ELEMENTS) {
            text_blanks(blanks);
            printf("%s\n", cells[column]);
        } else {
            command_print_name(cells[column]);
            text_blanks(blanks + 2);
        }
    }
}

static void print_table(struct table *table)
{
    for (int column = 0; column < COLUMNS; column++) {
        table->widths[column] = text_width(titles[column]);
        for (size_t row = 0; row < table->count; row++) {
            const int width = text_width(cell_text(table, row, column));
            table->widths[column] = width > table->widths[column] ? width : table->widths[column];
        }
        table->widths[column] = table->widths[column] > TEXT_MOST_COLUMNS ? TEXT_MOST_COLUMNS : table->widths[column];
    }
    print_row(table, titles);
    for (size_t row = 0; row < table->count; row++) {
        const char *cells[COLUMNS];
        for (int column = 0; column < COLUMNS; column++) {
            cells[column] = cell_text(table, row, column);
        }
        print_row(table, cells);
    }
}

static void print_totals(const struct model *model, const struct init_options *options)
{
    int64_t elements = 0, bytes = 0;
    char tensors_text[TEXT_SIZE], elements_text[TEXT_SIZE], bytes_text[TEXT_SIZE];
    for (size_t i = 0; i < model->header.count; i++) {
        elements += model->header.tensors[i].count;
        bytes += model->header.tensors[i].count * dtype_table[model->header.tensors[i].dtype].size;
    }
    printf("%s, %s, %s, seed %" PRIu64 "\n", text_counted((int64_t)model->header.count, "tensor", tensors_text),
           text_counted(elements, "element", elements_text), text_counted(bytes, "byte", bytes_text), options->seed);
}

static void print_json(const char *plan, const struct init_options *options)
{
    printf("{\"seed\": \"%" PRIu64 "\", ", options->seed);
    if (options->shards > 1) {
        printf("\"shard\": \"%" PRId64 "/%" PRId64 "\", ", options->shard, options->shards);
    }
    /* What follows the plan's own brace; an empty plan has members too. */
    printf("%s\n", plan + 1);
}

fanin_status dry_run_print(const struct model *model, const fanin_plan *plan, const struct init_options *options)
{
    char *text;
    fanin_status status = fanin_plan_dumps(plan, &text);
    if (status != FANIN_OK) {
        return status;
    }
    if (options->json) {
        print_json(text, options);
    } else {
        struct table table = {0};
        status = read_plan(text, &table);
        if (status == FANIN_OK) {
            print_table(&table);
            print_totals(model, options);
        }
        table_free(&table);
    }
    fanin_string_free(text);
    return status;
}
