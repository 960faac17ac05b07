/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The arena: alignment, reset, and deep copies of every kind of value.
 *
 * The sanitizers see what the assertions cannot: no copy may point to its origin.
 */
#include "policy/arena.h"
#include "policy/iotune.h"

#include "tests/mom-test.h"

#include <string.h>

static void
memory_is_aligned_and_does_not_overlap(void **state)
{
    g_autoptr(MomArena) arena = mom_arena_new(64);
    char *before = NULL;

    for (gsize i = 1; i < 200; i++) {
        char *memory = mom_arena_alloc(arena, i);

        assert_int_equal((guintptr)memory % 16, 0);
        memset(memory, (int)i, i);
        if (before)
            assert_int_equal((guchar)before[i - 2], i - 1);
        before = memory;
    }
    assert_true(mom_arena_used(arena) >= 199 * 200 / 2);
}

static void
a_reset_arena_is_used_again(void **state)
{
    g_autoptr(MomArena) arena = mom_arena_new(64);

    mom_arena_reset(arena);
    for (int run = 0; run < 3; run++) {
        for (int i = 0; i < 50; i++)
            assert_string_equal(mom_arena_strdup(arena, "some text that is kept"),
                                "some text that is kept");
        assert_true(mom_arena_used(arena) > 0);
        mom_arena_reset(arena);
        assert_int_equal(mom_arena_used(arena), 0);
    }
}

static void
text_is_copied_to_its_length(void **state)
{
    g_autoptr(MomArena) arena = mom_arena_new(64);

    assert_string_equal(mom_arena_strndup(arena, "abcdef", 3), "abc");
    assert_null(mom_arena_strdup(arena, NULL));
    assert_int_equal(*(guint64 *)mom_arena_alloc0(arena, 8), 0);
}

static void
copies_share_nothing_with_their_origin(void **state)
{
    g_autoptr(MomArena) arena = mom_arena_new(64);
    char name[] = "sda";
    MomTune tune = {.name = name};
    MomTuneState set = {.path = name};
    MomValue items[] = {mom_value_string(name),
                        {.type = MOM_VALUE_TUNE, .object = &tune},
                        {.type = MOM_VALUE_TUNE_STATE, .object = &set},
                        {.type = MOM_VALUE_LIMITS, .object = &tune.current}};
    MomList list = {.length = G_N_ELEMENTS(items), .items = items};
    MomValue copy;

    mom_limits_set(&tune.current, MOM_LIMIT_READ_BYTES, mom_value_int(7));
    copy = mom_arena_copy_value(arena, (MomValue){.type = MOM_VALUE_LIST, .list = &list});
    strcpy(name, "xxx");
    mom_limits_set(&tune.current, MOM_LIMIT_READ_BYTES, mom_value_int(8));
    items[0] = MOM_NIL;

    assert_int_equal(copy.list->length, 4);
    assert_string_equal(copy.list->items[0].string, "sda");
    assert_string_equal(((const MomTune *)copy.list->items[1].object)->name, "sda");
    assert_int_equal(
        ((const MomTune *)copy.list->items[1].object)->current.value[MOM_LIMIT_READ_BYTES].integer,
        7);
    assert_string_equal(((const MomTuneState *)copy.list->items[2].object)->path, "sda");
    assert_int_equal(
        ((const MomLimits *)copy.list->items[3].object)->value[MOM_LIMIT_READ_BYTES].integer, 7);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_aligned_and_does_not_overlap),
        cmocka_unit_test(a_reset_arena_is_used_again),
        cmocka_unit_test(text_is_copied_to_its_length),
        cmocka_unit_test(copies_share_nothing_with_their_origin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
