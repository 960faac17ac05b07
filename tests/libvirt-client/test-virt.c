/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The typed calls on libvirt's test driver with a node file of our own, in this process.
 */
#include "libvirt-client/virt.h"

#include <string.h>

#include "tests/mom-test.h"

#define RICH "11111111-1111-1111-1111-111111111111"
#define PLAIN "22222222-2222-2222-2222-222222222222"
#define OFF "33333333-3333-3333-3333-333333333333"
#define NOBODY "99999999-9999-9999-9999-999999999999"

typedef struct {
    MomVirt *virt;
    int answers;
    GError *error;
    GPtrArray *guests; /* of MomVirtGuest, stolen from the answer */
    MomVirtLimits limits;
} Fixture;

static void
take_guests(GPtrArray *guests, const GError *error, gpointer data)
{
    Fixture *f = data;

    f->answers++;
    g_clear_error(&f->error);
    f->error = error != NULL ? g_error_copy(error) : NULL;
    g_clear_pointer(&f->guests, g_ptr_array_unref);
    f->guests = guests != NULL ? g_ptr_array_ref(guests) : NULL;
}

static void
take_limits(const MomVirtLimits *limits, const GError *error, gpointer data)
{
    Fixture *f = data;

    f->answers++;
    g_clear_error(&f->error);
    f->error = error != NULL ? g_error_copy(error) : NULL;
    if (limits != NULL)
        f->limits = *limits;
}

static void
take_outcome(const GError *error, gpointer data)
{
    take_limits(NULL, error, data);
}

static gboolean
wait_for_answer(Fixture *f, GError **error)
{
    while (f->answers == 0)
        g_main_context_iteration(NULL, TRUE);
    assert_int_equal(f->answers, 1);
    f->answers = 0;
    if (f->error == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&f->error));
    return FALSE;
}

static MomVirtGuest *
read_guest(Fixture *f, const char *uuid)
{
    g_autoptr(GError) error = NULL;

    mom_virt_read_guests(f->virt, take_guests, f);
    assert_ok(wait_for_answer(f, &error));
    for (guint i = 0; i < f->guests->len; i++)
        if (strcmp(((MomVirtGuest *)f->guests->pdata[i])->uuid, uuid) == 0)
            return f->guests->pdata[i];
    return NULL;
}

static guint64
stat_of(const MomVirtGuest *guest, MomVirtStat stat)
{
    guint64 value = 0;

    assert_true(mom_virt_guest_get(guest, stat, &value));
    return value;
}

static gint64
field_of(const MomVirtGuest *guest, MomVirtDomainField field)
{
    gint64 value = 0;

    assert_non_null(guest->domain);
    assert_true(mom_virt_domain_get(guest->domain, field, &value));
    return value;
}

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);
    g_autofree char *uri =
        g_strdup_printf("test://%s/tests/libvirt-client/node.xml", g_getenv("MOM_SOURCE_ROOT"));
    MomVirtOptions options = {.address = {.uri = uri}, .stats_period_s = 7};

    f->virt = mom_virt_new(&options, NULL);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    mom_virt_free(f->virt);
    g_clear_pointer(&f->guests, g_ptr_array_unref);
    g_clear_error(&f->error);
    g_free(f);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    return 0;
}

static void
running_guests_are_listed_and_others_are_not(void **state)
{
    Fixture *f = *state;

    assert_string_equal(read_guest(f, RICH)->name, "rich");
    assert_int_equal(f->guests->len, 2);
    assert_string_equal(read_guest(f, PLAIN)->name, "plain");
    assert_null(read_guest(f, OFF));
    assert_int_equal(mom_virt_state(f->virt), MOM_VIRT_OPEN);
}

static void
what_the_bulk_answer_lacks_is_read_guest_by_guest(void **state)
{
    Fixture *f = *state;
    MomVirtGuest *guest = read_guest(f, RICH);

    assert_int_equal(stat_of(guest, MOM_VIRT_BALLOON_CURRENT_KIB), 524288);
    assert_int_equal(stat_of(guest, MOM_VIRT_BALLOON_MAXIMUM_KIB), 1048576);
    assert_int_equal(stat_of(guest, MOM_VIRT_AVAILABLE_KIB), 524288);
    assert_int_equal(stat_of(guest, MOM_VIRT_UNUSED_KIB), 262144);
    assert_int_equal(stat_of(guest, MOM_VIRT_SWAP_IN_KIB), 0);
}

static void
a_guest_without_a_balloon_has_its_size_and_no_statistics(void **state)
{
    Fixture *f = *state;
    MomVirtGuest *guest = read_guest(f, PLAIN);
    guint64 value = 5;

    assert_int_equal(stat_of(guest, MOM_VIRT_BALLOON_CURRENT_KIB), 131072);
    assert_int_equal(stat_of(guest, MOM_VIRT_BALLOON_MAXIMUM_KIB), 262144);
    assert_false(mom_virt_guest_get(guest, MOM_VIRT_UNUSED_KIB, &value));
    assert_int_equal(value, 5);
}

static void
the_domain_xml_comes_with_the_guest(void **state)
{
    Fixture *f = *state;

    assert_int_equal(field_of(read_guest(f, RICH), MOM_VIRT_MIN_GUARANTEE_KIB), 262144);
    assert_int_equal(field_of(read_guest(f, RICH), MOM_VIRT_VCPU_QUOTA_US), 25000);
    assert_int_equal(field_of(read_guest(f, PLAIN), MOM_VIRT_MIN_GUARANTEE_KIB), 65536);
}

static void
a_balloon_target_takes_effect(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    mom_virt_set_balloon(f->virt, RICH, 400000, take_outcome, f);
    assert_ok(wait_for_answer(f, &error));
    assert_int_equal(stat_of(read_guest(f, RICH), MOM_VIRT_BALLOON_CURRENT_KIB), 400000);
    assert_int_equal(stat_of(read_guest(f, PLAIN), MOM_VIRT_BALLOON_CURRENT_KIB), 131072);
}

static void
a_target_above_the_maximum_is_refused(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    mom_virt_set_balloon(f->virt, RICH, 2097152, take_outcome, f);
    assert_fails(wait_for_answer(f, &error), MOM_VIRT_ERROR, VIR_ERR_INVALID_ARG);
    assert_int_equal(stat_of(read_guest(f, RICH), MOM_VIRT_BALLOON_CURRENT_KIB), 524288);
}

static void
an_unknown_guest_is_gone_and_the_connection_stays(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    mom_virt_set_balloon(f->virt, NOBODY, 1024, take_outcome, f);
    assert_false(wait_for_answer(f, &error));
    assert_true(mom_virt_err_gone(error));
    assert_non_null(strstr(error->message, NOBODY));
    assert_int_equal(mom_virt_state(f->virt), MOM_VIRT_OPEN);
}

static void
what_the_driver_cannot_do_is_an_error_and_no_silence(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    mom_virt_set_cpu(f->virt, RICH, 50000, 100000, take_outcome, f);
    assert_false(wait_for_answer(f, &error));
    assert_true(g_str_has_prefix(error->message, "set the CPU limits of guest " RICH));
    assert_false(mom_virt_err_connection(error));
}

static void
disk_limits_are_read_by_the_target_s_name(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    mom_virt_read_disk(f->virt, RICH, "vda", take_limits, f);
    assert_ok(wait_for_answer(f, &error));
    assert_int_equal(f->limits.present, (1 << MOM_VIRT_N_LIMITS) - 1);
    assert_int_equal(f->limits.value[0], 5000);
    assert_int_equal(f->limits.value[3], 0);
}

static void
disk_limits_are_set_and_seen_in_the_next_reading(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    MomVirtLimits limits = {.present = 1 << 0, .value = {4000}};
    MomVirtDisk *disk;

    disk = read_guest(f, RICH)->domain->disks->pdata[0];
    assert_int_equal(disk->limits.value[0], 5000);
    mom_virt_set_disk(f->virt, RICH, "/images/rich.img", &limits, take_outcome, f);
    assert_ok(wait_for_answer(f, &error));
    mom_virt_read_disk(f->virt, RICH, "vda", take_limits, f);
    assert_ok(wait_for_answer(f, &error));
    assert_int_equal(f->limits.value[0], 4000);
    disk = read_guest(f, RICH)->domain->disks->pdata[0];
    assert_int_equal(disk->limits.value[0], 4000);
}

static void
an_unknown_disk_is_an_error_that_names_disk_and_guest(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    mom_virt_read_disk(f->virt, RICH, "vdz", take_limits, f);
    assert_false(wait_for_answer(f, &error));
    assert_non_null(strstr(error->message, "vdz of guest " RICH));
}

static void
the_memory_report_s_period_is_set_once(void **state)
{
    Fixture *f = *state;
    MomVirtDomain *first;

    read_guest(f, RICH);
    mom_virt_forget(f->virt, RICH);
    first = mom_virt_domain_ref(read_guest(f, RICH)->domain);
    assert_int_equal(first->stats_period_s, 7);
    /* and kept: the same text is not read twice */
    assert_ptr_equal(read_guest(f, RICH)->domain, first);
    mom_virt_domain_unref(first);
}

static void
freeing_the_client_answers_what_is_pending(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    mom_virt_read_guests(f->virt, take_guests, f);
    g_clear_pointer(&f->virt, mom_virt_free);
    assert_fails(wait_for_answer(f, &error), MOM_VIRT_ERROR, MOM_VIRT_ERROR_CLOSED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    g_autoptr(GError) error = NULL;
    const struct CMUnitTest tests[] = {
        TEST(running_guests_are_listed_and_others_are_not),
        TEST(what_the_bulk_answer_lacks_is_read_guest_by_guest),
        TEST(a_guest_without_a_balloon_has_its_size_and_no_statistics),
        TEST(the_domain_xml_comes_with_the_guest),
        TEST(a_balloon_target_takes_effect),
        TEST(a_target_above_the_maximum_is_refused),
        TEST(an_unknown_guest_is_gone_and_the_connection_stays),
        TEST(what_the_driver_cannot_do_is_an_error_and_no_silence),
        TEST(disk_limits_are_read_by_the_target_s_name),
        TEST(disk_limits_are_set_and_seen_in_the_next_reading),
        TEST(an_unknown_disk_is_an_error_that_names_disk_and_guest),
        TEST(the_memory_report_s_period_is_set_once),
        TEST(freeing_the_client_answers_what_is_pending),
    };

    if (!mom_virt_init(&error)) {
        g_printerr("%s\n", error->message);
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
