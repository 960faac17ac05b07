/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GuestMemory and its optional form over a source's raw data.
 */
#include "tests/agent/collectors/host-root.h"

static const char *const both[] = {"GuestMemory", "GuestMemoryOptional"};

static MomGuestData *
guest_with_memory(void)
{
    MomGuestData *guest = mom_guest_data_new("u0", "vm0");

    guest->has_memory = TRUE;
    guest->mem_available_kib = mom_value_int(1000);
    guest->mem_unused_kib = mom_value_int(200);
    guest->mem_free_kib = mom_value_int(300);
    guest->major_faults = mom_value_int(4);
    guest->minor_faults = mom_value_int(5);
    guest->swap_in = mom_value_int(6);
    guest->swap_out = mom_value_int(7);
    guest->swap_total_kib = mom_value_int(8);
    guest->mem_usable_kib = mom_value_int(9);
    guest->disk_caches_kib = mom_value_int(10);
    guest->report_age_s = mom_value_int(11);
    guest->data_source = "libvirt";
    guest->data_age_s = mom_value_int(12);
    return guest;
}

static void
memory_is_passed_on_as_told(void **state)
{
    for (gsize i = 0; i < G_N_ELEMENTS(both); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Subject) subject = subject_new(both[i]);
        g_autoptr(MomGuestData) guest = guest_with_memory();
        MomValue source;

        assert_ok(subject_collect_guest(subject, "/", guest, &error));
        assert_int_equal(subject_int(subject, "mem_available"), 1000);
        assert_int_equal(subject_int(subject, "mem_unused"), 200);
        assert_int_equal(subject_int(subject, "major_fault"), 4);
        assert_int_equal(subject_int(subject, "minor_fault"), 5);
        assert_int_equal(subject_int(subject, "swap_in"), 6);
        assert_int_equal(subject_int(subject, "swap_out"), 7);
        assert_int_equal(subject_int(subject, "swap_total"), 8);
        assert_true(subject_is_nil(subject, "swap_usage"));
        assert_int_equal(subject_int(subject, "mem_usable"), 9);
        assert_int_equal(subject_int(subject, "mem_caches"), 10);
        assert_int_equal(subject_int(subject, "mem_report_age"), 11);
        assert_int_equal(subject_int(subject, "data_age"), 12);
        assert_true(mom_sample_get(subject->sample, "data_source", &source));
        assert_string_equal(source.string, "libvirt");
    }
}

static void
free_memory_is_in_the_sample_but_declared_by_nobody(void **state)
{
    for (gsize i = 0; i < G_N_ELEMENTS(both); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Subject) subject = subject_new(both[i]);
        g_autoptr(MomGuestData) guest = guest_with_memory();

        assert_ok(subject_collect_guest(subject, "/", guest, &error));
        assert_int_equal(mom_schema_index(subject->schema, "mem_free"), -1);
        assert_int_equal(subject_int(subject, "mem_free"), 300);
    }
}

static void
a_guest_that_reports_nothing_gets_no_keys(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("GuestMemory");
    g_autoptr(MomGuestData) guest = guest_with_memory();

    guest->has_memory = FALSE;
    assert_ok(subject_collect_guest(subject, "/", guest, &error));
    assert_false(subject_has(subject, "mem_available"));
    assert_false(subject_has(subject, "mem_free"));
}

static void
a_report_that_is_too_old_has_its_age_only(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("GuestMemoryOptional");
    g_autoptr(MomGuestData) guest = guest_with_memory();

    guest->has_memory = FALSE;
    assert_ok(subject_collect_guest(subject, "/", guest, &error));
    assert_int_equal(subject_int(subject, "mem_report_age"), 11);
    assert_false(subject_has(subject, "mem_unused"));
}

static void
only_the_plain_form_demands_its_fields(void **state)
{
    const MomCollector *plain = mom_collector_find(both[0]);
    const MomCollector *optional = mom_collector_find(both[1]);

    assert_int_equal(g_strv_length((char **)(gpointer)plain->fields), 6);
    assert_int_equal(g_strv_length((char **)(gpointer)plain->optional), 7);
    assert_int_equal(g_strv_length((char **)(gpointer)optional->fields), 0);
    assert_int_equal(g_strv_length((char **)(gpointer)optional->optional), 13);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_passed_on_as_told),
        cmocka_unit_test(free_memory_is_in_the_sample_but_declared_by_nobody),
        cmocka_unit_test(a_guest_that_reports_nothing_gets_no_keys),
        cmocka_unit_test(a_report_that_is_too_old_has_its_age_only),
        cmocka_unit_test(only_the_plain_form_demands_its_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
