/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GuestBalloon and its optional form over a source's raw data.
 */
#include "tests/agent/collectors/host-root.h"

static MomGuestData *
guest_with_balloon(MomValue enabled)
{
    MomGuestData *guest = mom_guest_data_new("u0", "vm0");

    guest->has_balloon = TRUE;
    guest->balloon_cur_kib = mom_value_int(1000);
    guest->balloon_max_kib = mom_value_int(2000);
    guest->ballooning_enabled = enabled;
    return guest;
}

static void
sizes_are_passed_on_and_silence_is_nil(void **state)
{
    static const char *const both[] = {"GuestBalloon", "GuestBalloonOptional"};

    for (gsize i = 0; i < G_N_ELEMENTS(both); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Subject) subject = subject_new(both[i]);
        g_autoptr(MomGuestData) guest = guest_with_balloon(MOM_NIL);

        assert_ok(subject_collect_guest(subject, "/", guest, &error));
        assert_int_equal(subject_int(subject, "balloon_cur"), 1000);
        assert_int_equal(subject_int(subject, "balloon_max"), 2000);
        assert_true(subject_is_nil(subject, "balloon_min"));
        assert_false(subject_has(subject, "ballooning_enabled"));
    }
}

static void
doubts_go_along_undeclared_and_only_if_there_are_any(void **state)
{
    const struct {
        gboolean one_sided, stale;
    } rows[] = {{FALSE, FALSE}, {TRUE, FALSE}, {FALSE, TRUE}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Subject) subject = subject_new("GuestBalloon");
        g_autoptr(MomGuestData) guest = guest_with_balloon(MOM_NIL);
        MomValue refusal;

        guest->is_one_sided = rows[i].one_sided;
        guest->is_stale = rows[i].stale;
        assert_ok(subject_collect_guest(subject, "/", guest, &error));
        assert_int_equal(subject_has(subject, MOM_RAIL_KEY_ONE_SIDED), rows[i].one_sided);
        assert_int_equal(subject_has(subject, MOM_RAIL_KEY_STALE), rows[i].stale);
        assert_true(mom_sample_get(subject->sample, "balloon_refusal", &refusal));
        assert_int_equal(mom_value_is_nil(refusal), !rows[i].one_sided);
    }
}

static void
whether_it_is_switched_on_goes_along_undeclared(void **state)
{
    const struct {
        MomValue told;
        gboolean expected;
    } cases[] = {
        {mom_value_bool(TRUE), TRUE},
        {mom_value_bool(FALSE), FALSE},
        {mom_value_int(0), FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Subject) subject = subject_new("GuestBalloon");
        g_autoptr(MomGuestData) guest = guest_with_balloon(cases[i].told);
        MomValue v;

        assert_ok(subject_collect_guest(subject, "/", guest, &error));
        assert_true(mom_sample_get(subject->sample, "ballooning_enabled", &v));
        assert_int_equal(v.type, MOM_VALUE_BOOL);
        assert_int_equal(v.boolean, cases[i].expected);
        assert_int_equal(mom_schema_index(subject->schema, "ballooning_enabled"), -1);
    }
}

static void
whether_rails_allow_it_is_told_with_the_reason(void **state)
{
    const struct {
        gsize offset; /* of the MomValue in MomGuestData */
        MomValue told;
        const char *refusal; /* NULL: allowed */
    } cases[] = {
        {offsetof(MomGuestData, ballooning_enabled), mom_value_bool(TRUE), NULL},
        {offsetof(MomGuestData, ballooning_enabled), mom_value_bool(FALSE), "balloon-disabled"},
        {offsetof(MomGuestData, balloon_device), mom_value_bool(FALSE), "balloon-no-device"},
        {offsetof(MomGuestData, balloon_driver), mom_value_bool(FALSE), "balloon-no-driver"},
        {offsetof(MomGuestData, passthrough), mom_value_bool(TRUE), "balloon-passthrough"},
        {offsetof(MomGuestData, hugepages), mom_value_bool(TRUE), "balloon-hugepages"},
        {offsetof(MomGuestData, age_s), mom_value_int(3), "balloon-settling"},
        {offsetof(MomGuestData, age_s), mom_value_int(3000), NULL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Subject) subject = subject_new("GuestBalloonOptional");
        g_autoptr(MomGuestData) guest = guest_with_balloon(MOM_NIL);
        MomValue allowed, refusal;

        G_STRUCT_MEMBER(MomValue, guest, cases[i].offset) = cases[i].told;
        assert_ok(subject_collect_guest(subject, "/", guest, &error));
        assert_true(mom_sample_get(subject->sample, "balloon_allowed", &allowed));
        assert_int_equal(allowed.type, MOM_VALUE_BOOL);
        assert_int_equal(allowed.boolean, !cases[i].refusal);
        assert_true(mom_sample_get(subject->sample, "balloon_refusal", &refusal));
        if (cases[i].refusal)
            assert_string_equal(refusal.string, cases[i].refusal);
        else
            assert_true(mom_value_is_nil(refusal));
        assert_true(mom_schema_index(subject->schema, "balloon_allowed") >= 0);
    }
}

static void
a_guest_without_balloon_gets_no_keys(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("GuestBalloon");
    g_autoptr(MomGuestData) guest = guest_with_balloon(mom_value_bool(TRUE));

    guest->has_balloon = FALSE;
    assert_ok(subject_collect_guest(subject, "/", guest, &error));
    assert_false(subject_has(subject, "balloon_cur"));
    assert_false(subject_has(subject, "ballooning_enabled"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_passed_on_and_silence_is_nil),
        cmocka_unit_test(doubts_go_along_undeclared_and_only_if_there_are_any),
        cmocka_unit_test(whether_it_is_switched_on_goes_along_undeclared),
        cmocka_unit_test(whether_rails_allow_it_is_told_with_the_reason),
        cmocka_unit_test(a_guest_without_balloon_gets_no_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
