/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A guest's raw data: nil until set, and shared lists live on.
 */
#include "tests/mom-test.h"

#include "agent/hypervisor/source.h"

static void
a_new_guest_knows_nothing_but_its_name(void **state)
{
    g_autoptr(MomGuestData) guest = mom_guest_data_new("u0", "vm0");

    assert_string_equal(guest->uuid, "u0");
    assert_string_equal(guest->name, "vm0");
    assert_true(mom_value_is_nil(guest->pid));
    assert_true(mom_value_is_nil(guest->balloon_cur_kib));
    assert_true(mom_value_is_nil(guest->vcpu_count));
    assert_false(guest->has_memory || guest->has_balloon || guest->has_io_tune);
}

static void
lists_of_disks_may_be_shared(void **state)
{
    GArray *states = g_array_new(FALSE, TRUE, sizeof(MomTuneState));
    MomGuestData *guest = mom_guest_data_new("u0", "vm0");

    g_array_set_size(states, 2);
    guest->io_states = g_array_ref(states);
    guest->strings = g_string_chunk_new(64);
    mom_guest_data_free(guest);
    assert_int_equal(states->len, 2);
    assert_null(g_array_index(states, MomTuneState, 1).name);
    g_array_unref(states);
}

static MomGuestData *
guest_with_disks(void)
{
    MomGuestData *guest = mom_guest_data_new("u0", "vm0");
    MomTune tune = {.path = "/a"};
    MomTuneState disk;

    guest->strings = g_string_chunk_new(64);
    disk = (MomTuneState){.name = g_string_chunk_insert(guest->strings, "sda")};
    guest->io_policies = g_array_new(FALSE, TRUE, sizeof(MomTune));
    g_array_append_val(guest->io_policies, tune);
    guest->io_states = g_array_new(FALSE, TRUE, sizeof(MomTuneState));
    g_array_append_val(guest->io_states, disk);
    guest->has_io_tune = TRUE;
    guest->pid = mom_value_int(5);
    return guest;
}

static void
a_copy_outlasts_what_it_is_of(void **state)
{
    MomGuestData *guest = guest_with_disks();
    g_autoptr(MomGuestData) copy = mom_guest_data_copy(guest);

    g_array_index(guest->io_states, MomTuneState, 0).path = "/elsewhere";
    mom_guest_data_free(guest);
    assert_string_equal(copy->uuid, "u0");
    assert_string_equal(copy->name, "vm0");
    assert_int_equal(copy->pid.integer, 5);
    assert_string_equal(g_array_index(copy->io_states, MomTuneState, 0).name, "sda");
    assert_null(g_array_index(copy->io_states, MomTuneState, 0).path);
    assert_string_equal(g_array_index(copy->io_policies, MomTune, 0).path, "/a");
    assert_null(g_array_index(copy->io_policies, MomTune, 0).name);
}

static void
a_copy_may_share_the_disks(void **state)
{
    g_autoptr(MomGuestData) guest = guest_with_disks(), bare = mom_guest_data_new("u1", NULL);
    g_autoptr(MomGuestData) copy = mom_guest_data_share(guest);
    g_autoptr(MomGuestData) bare_copy = mom_guest_data_copy(bare);

    assert_ptr_equal(copy->io_states, guest->io_states);
    assert_ptr_not_equal(copy->uuid, guest->uuid);
    assert_null(copy->strings);
    assert_null(bare_copy->io_states);
    assert_null(bare_copy->name);
}

static void
nothing_may_be_freed(void **state)
{
    mom_guest_data_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_guest_knows_nothing_but_its_name),
        cmocka_unit_test(lists_of_disks_may_be_shared),
        cmocka_unit_test(a_copy_outlasts_what_it_is_of),
        cmocka_unit_test(a_copy_may_share_the_disks),
        cmocka_unit_test(nothing_may_be_freed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
