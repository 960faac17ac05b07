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
        cmocka_unit_test(nothing_may_be_freed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
