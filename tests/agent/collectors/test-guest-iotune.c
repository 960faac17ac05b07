/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GuestIoTune: entries of the policy matched with states of disks.
 */
#include "tests/agent/collectors/host-root.h"

static MomGuestData *
guest_with_lists(void)
{
    MomGuestData *guest = mom_guest_data_new("u0", "vm0");

    guest->has_io_tune = TRUE;
    guest->io_policies = g_array_new(FALSE, TRUE, sizeof(MomTune));
    guest->io_states = g_array_new(FALSE, TRUE, sizeof(MomTuneState));
    return guest;
}

static void
add_policy(MomGuestData *guest, const char *name, const char *path, gint64 maximum)
{
    MomTune tune = {.name = name, .path = path};

    mom_limits_set(&tune.maximum, MOM_LIMIT_TOTAL_BYTES, mom_value_int(maximum));
    g_array_append_val(guest->io_policies, tune);
}

static void
add_state(MomGuestData *guest, const char *name, const char *path, gint64 present)
{
    MomTuneState state = {.name = name, .path = path};

    mom_limits_set(&state.io_tune, MOM_LIMIT_TOTAL_BYTES, mom_value_int(present));
    g_array_append_val(guest->io_states, state);
}

static const MomList *
list_of(const Subject *subject, const char *field)
{
    MomValue v;

    assert_true(mom_sample_get(subject->sample, field, &v));
    assert_int_equal(v.type, MOM_VALUE_LIST);
    return v.list;
}

static void
entries_are_matched_by_path_or_by_name(void **state)
{
    const struct {
        const char *name, *path;
        const char *expected; /* the matched state's name; NULL: left out */
    } cases[] = {
        {"any", "/a", "sda"}, {"sdb", NULL, "sdb"}, {"sdc", "/x", "sdc"},
        {"sda", "/x", NULL},  {"sdx", NULL, "sdc"}, {"sda", NULL, "sda"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Subject) subject = subject_new("GuestIoTune");
        g_autoptr(MomGuestData) guest = guest_with_lists();
        const MomList *tunes, *states;

        add_policy(guest, cases[i].name, cases[i].path, 900);
        add_state(guest, "sda", "/a", 100);
        add_state(guest, "sdb", "/b", 200);
        add_state(guest, "sdc", NULL, 300);
        assert_ok(subject_collect_guest(subject, "/", guest, &error));
        tunes = list_of(subject, "io_tune");
        states = list_of(subject, "io_tune_current");
        assert_int_equal(tunes->length, cases[i].expected ? 1 : 0);
        assert_int_equal(states->length, tunes->length);
        if (cases[i].expected) {
            const MomTune *tune = tunes->items[0].object;
            const MomTuneState *current = states->items[0].object;

            assert_string_equal(tune->name, cases[i].expected);
            assert_string_equal(current->name, cases[i].expected);
            assert_int_equal(tune->maximum.value[MOM_LIMIT_TOTAL_BYTES].integer, 900);
            assert_true(mom_limits_equal(&tune->current, &current->io_tune));
        }
    }
}

static void
the_sample_outlives_the_source(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("GuestIoTuneOptional");
    MomGuestData *guest = guest_with_lists();
    const MomTune *tune;

    guest->strings = g_string_chunk_new(64);
    add_policy(guest, g_string_chunk_insert(guest->strings, "sda"), NULL, 900);
    add_state(guest, g_string_chunk_insert(guest->strings, "sda"),
              g_string_chunk_insert(guest->strings, "/a"), 100);
    assert_ok(subject_collect_guest(subject, "/", guest, &error));
    mom_guest_data_free(guest);
    tune = list_of(subject, "io_tune")->items[0].object;
    assert_string_equal(tune->path, "/a");
}

static void
limits_that_are_not_told_are_nil(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("GuestIoTune");
    g_autoptr(MomGuestData) guest = guest_with_lists();
    const MomTune *tune;

    add_policy(guest, "sda", NULL, 900);
    add_state(guest, "sda", NULL, 100);
    guest->is_one_sided = TRUE;
    assert_ok(subject_collect_guest(subject, "/", guest, &error));
    assert_true(subject_has(subject, MOM_RAIL_KEY_ONE_SIDED));
    tune = list_of(subject, "io_tune")->items[0].object;
    for (int i = 0; i < MOM_N_LIMITS; i++) {
        assert_true(tune->maximum.present & 1u << i);
        assert_true(tune->guaranteed.present & 1u << i);
        assert_int_equal(mom_value_is_nil(tune->maximum.value[i]), i != MOM_LIMIT_TOTAL_BYTES);
    }
    assert_int_equal(tune->current.present, 1u << MOM_LIMIT_TOTAL_BYTES);
}

static void
an_empty_list_is_nothing_at_all(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("GuestIoTune");
    g_autoptr(MomGuestData) guest = guest_with_lists();
    g_autoptr(MomGuestData) blank = mom_guest_data_new("u1", "vm1");

    add_state(guest, "sda", "/a", 100);
    assert_ok(subject_collect_guest(subject, "/", guest, &error));
    assert_false(subject_has(subject, "io_tune"));
    g_array_set_size(guest->io_states, 0);
    add_policy(guest, "sda", "/a", 1);
    assert_ok(subject_collect_guest(subject, "/", guest, &error));
    assert_false(subject_has(subject, "io_tune_current"));
    blank->has_io_tune = TRUE;
    assert_ok(subject_collect_guest(subject, "/", blank, &error));
    assert_false(subject_has(subject, "io_tune"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_matched_by_path_or_by_name),
        cmocka_unit_test(the_sample_outlives_the_source),
        cmocka_unit_test(limits_that_are_not_told_are_nil),
        cmocka_unit_test(an_empty_list_is_nothing_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
