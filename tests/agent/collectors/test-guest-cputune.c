/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GuestCpuTune: what is told, and what silence means.
 */
#include "tests/agent/collectors/host-root.h"

static void
limits_are_passed_on(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("GuestCpuTune");
    g_autoptr(MomGuestData) guest = mom_guest_data_new("u0", "vm0");

    guest->vcpu_count = mom_value_int(4);
    guest->vcpu_user_limit = mom_value_int(50);
    guest->vcpu_quota_us = mom_value_int(-1);
    guest->vcpu_period_us = mom_value_int(100000);
    assert_ok(subject_collect_guest(subject, "/", guest, &error));
    assert_int_equal(subject_int(subject, "vcpu_count"), 4);
    assert_int_equal(subject_int(subject, "vcpu_user_limit"), 50);
    assert_int_equal(subject_int(subject, "vcpu_quota"), -1);
    assert_int_equal(subject_int(subject, "vcpu_period"), 100000);
}

static void
silence_means_no_limit(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("GuestCpuTune");
    g_autoptr(MomGuestData) guest = mom_guest_data_new("u0", "vm0");

    guest->vcpu_count = mom_value_int(4);
    assert_ok(subject_collect_guest(subject, "/", guest, &error));
    assert_int_equal(subject_int(subject, "vcpu_user_limit"), 100);
    assert_int_equal(subject_int(subject, "vcpu_quota"), 0);
    assert_int_equal(subject_int(subject, "vcpu_period"), 0);
}

static void
without_a_count_nothing_is_said(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("GuestCpuTune");
    g_autoptr(MomGuestData) guest = mom_guest_data_new("u0", "vm0");

    guest->vcpu_user_limit = mom_value_int(50);
    assert_ok(subject_collect_guest(subject, "/", guest, &error));
    assert_false(subject_has(subject, "vcpu_user_limit"));
    assert_false(subject_has(subject, "vcpu_quota"));
}

static void
that_only_one_side_knows_the_guest_goes_along(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("GuestCpuTune");
    g_autoptr(MomGuestData) guest = mom_guest_data_new("u0", "vm0");

    guest->vcpu_count = mom_value_int(4);
    guest->is_one_sided = TRUE;
    assert_ok(subject_collect_guest(subject, "/", guest, &error));
    assert_true(subject_has(subject, MOM_RAIL_KEY_ONE_SIDED));
    assert_int_equal(mom_schema_index(subject->schema, MOM_RAIL_KEY_ONE_SIDED), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_are_passed_on),
        cmocka_unit_test(silence_means_no_limit),
        cmocka_unit_test(without_a_count_nothing_is_said),
        cmocka_unit_test(that_only_one_side_knows_the_guest_goes_along),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
