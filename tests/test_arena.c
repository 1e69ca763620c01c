/* The arena: pieces keep what was written to them, are aligned, and go back in the order of a stack. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "arena.h"

#include <stdio.h>
#include <string.h>

#define PIECES 4000

static size_t size_of(int i)
{
    return (size_t)(i * 37 % 200) + (i % 500 == 499 ? 9000 : 0);
}

static void check_pieces(unsigned char *const *pieces, int count)
{
    for (int i = 0; i < count; i++) {
        for (size_t k = 0; k < size_of(i); k++) {
            assert_int_equal(pieces[i][k], i % 251);
        }
    }
}

static void add_pieces(struct arena *arena, unsigned char **pieces, int from, int to)
{
    for (int i = from; i < to; i++) {
        pieces[i] = arena_alloc(arena, size_of(i));
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(int64_t), 0);
        memset(pieces[i], i % 251, size_of(i));
    }
}

static void pieces(void **state)
{
    (void)state;
    static unsigned char *all[PIECES];
    struct arena arena = {.next = NULL};
    add_pieces(&arena, all, 0, PIECES);
    check_pieces(all, PIECES);
    arena_close(&arena);
    assert_null(arena.newest);
}

static void restored(void **state)
{
    (void)state;
    static unsigned char *all[PIECES];
    struct arena arena = {.next = NULL};
    for (int kept = 0; kept < PIECES; kept += 1 + kept) {
        add_pieces(&arena, all, kept / 2, kept);
        const struct arena before = arena;
        add_pieces(&arena, all, kept, PIECES);
        arena_restore(&arena, &before);
        assert_memory_equal(&arena, &before, sizeof arena);
        check_pieces(all, kept);
    }
    arena_close(&arena);
}

static void memory_of_the_owner(void **state)
{
    (void)state;
    int64_t memory[8];
    struct arena arena;
    arena_open(&arena, memory, sizeof memory);
    assert_ptr_equal(arena_array(&arena, 3, 8), memory);
    assert_ptr_equal(arena_text(&arena, "1234567"), memory + 3);
    assert_string_equal((char *)&memory[3], "1234567");
    assert_ptr_equal(arena_alloc(&arena, 0), memory + 4);
    assert_ptr_equal(arena_alloc(&arena, 24), memory + 5);
    assert_null(arena.newest);
    assert_non_null(arena_alloc(&arena, 1));
    assert_non_null(arena.newest);
    arena_close(&arena);
}

/* Equal texts are one copy, as long as no more than a few others came in between; what was taken back is not found again. */
static void shared_texts(void **state)
{
    (void)state;
    struct arena arena = {.next = NULL};
    char text[24];
    const char *copies[ARENA_RECENT];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < ARENA_RECENT; i++) {
            snprintf(text, sizeof text, "text %d", i);
            const char *const copy = arena_shared_text(&arena, text);
            assert_string_equal(copy, text);
            assert_ptr_not_equal(copy, text);
            assert_true(round == 0 || copy == copies[i]);
            copies[i] = copy;
        }
    }
    const struct arena before = arena;
    const char *const more = arena_shared_text(&arena, "one more");
    assert_ptr_equal(arena_shared_text(&arena, "one more"), more);
    assert_ptr_equal(arena_shared_text(&arena, "text 7"), copies[7]);
    arena_restore(&arena, &before);
    assert_ptr_equal(arena_shared_text(&arena, "text 0"), copies[0]);
    for (int i = 0; i < ARENA_RECENT; i++) {
        snprintf(text, sizeof text, "text %d", i);
        assert_string_equal(copies[i], text);
    }
    arena_close(&arena);
    assert_null(arena.recent[0]);
}

static void too_large(void **state)
{
    (void)state;
    struct arena arena = {.next = NULL};
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_alloc(&arena, SIZE_MAX - 8));
    assert_null(arena_array(&arena, SIZE_MAX / 4, 8));
    assert_null(arena_array(&arena, (SIZE_MAX / 8) + 2, 8));
    assert_null(arena.newest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces),       cmocka_unit_test(restored),  cmocka_unit_test(memory_of_the_owner),
        cmocka_unit_test(shared_texts), cmocka_unit_test(too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
