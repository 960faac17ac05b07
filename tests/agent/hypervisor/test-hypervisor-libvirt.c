/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The adapter as engine and controllers see it: a source and an actuator, on libvirt's test driver.
 */
#include "agent/hypervisor/hypervisor-libvirt.h"

#include <glib/gstdio.h>
#include <string.h>

#include "tests/mom-test.h"

#define RICH "11111111-1111-1111-1111-111111111111"
#define NOBODY "99999999-9999-9999-9999-999999999999"

typedef struct {
    MomHypervisorLibvirt *hypervisor;
    MomSchema *schema;
    int samples;
    int outcomes;
    GError *error;
    guint n_guests;
    gint64 balloon_cur_kib; /* of RICH */
    gint64 balloon_min_kib;
    gint64 tune_now; /* of RICH's disk, total bytes */
    gboolean pid_known;
    gint64 age_s; /* -1: nil */
    int connected;
} Fixture;

#define run_until(condition)                                                                       \
    while (!(condition))                                                                           \
    g_main_context_iteration(NULL, TRUE)

static void
take_sample(GPtrArray *guests, const GError *error, gpointer data)
{
    Fixture *f = data;

    f->samples++;
    g_clear_error(&f->error);
    f->error = error != NULL ? g_error_copy(error) : NULL;
    f->n_guests = guests != NULL ? guests->len : 0;
    for (guint i = 0; i < f->n_guests; i++) {
        MomGuestData *guest = guests->pdata[i];

        if (strcmp(guest->uuid, RICH) != 0)
            continue;
        assert_string_equal(guest->name, "rich");
        assert_true(guest->has_memory && guest->has_balloon && guest->has_io_tune);
        f->balloon_cur_kib = guest->balloon_cur_kib.integer;
        f->balloon_min_kib = guest->balloon_min_kib.integer;
        f->pid_known = !mom_value_is_nil(guest->pid);
        f->age_s = -1;
        mom_value_to_int(guest->age_s, &f->age_s);
        f->tune_now = g_array_index(guest->io_states, MomTuneState, 0)
                          .io_tune.value[MOM_LIMIT_TOTAL_BYTES]
                          .integer;
    }
}

static void
take_outcome(const GError *error, gpointer data)
{
    Fixture *f = data;

    f->outcomes++;
    g_clear_error(&f->error);
    f->error = error != NULL ? g_error_copy(error) : NULL;
}

static gboolean
take_error(Fixture *f, GError **error)
{
    if (f->error == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&f->error));
    return FALSE;
}

static gboolean
sample(Fixture *f, GError **error)
{
    MomSource *source = mom_hypervisor_libvirt_source(f->hypervisor);

    f->samples = 0;
    source->klass->sample(source, take_sample, f);
    assert_int_equal(f->samples, 0);
    run_until(f->samples > 0);
    assert_int_equal(f->samples, 1);
    return take_error(f, error);
}

static gboolean
outcome(Fixture *f, GError **error)
{
    run_until(f->outcomes > 0);
    assert_int_equal(f->outcomes, 1);
    f->outcomes = 0;
    return take_error(f, error);
}

static MomEntity *
entity_new(Fixture *f, const char *uuid)
{
    MomEntity *guest = mom_entity_new(f->schema);

    if (uuid != NULL)
        mom_entity_set_property(guest, "uuid", mom_value_string(uuid));
    return guest;
}

static gboolean
set_balloon(Fixture *f, const char *uuid, gint64 target_kib, GError **error)
{
    MomActuator *actuator = mom_hypervisor_libvirt_actuator(f->hypervisor);
    g_autoptr(MomEntity) guest = entity_new(f, uuid);

    actuator->klass->set_balloon_target(actuator, guest, target_kib, take_outcome, f);
    return outcome(f, error);
}

static void
note_connected(gpointer data)
{
    ((Fixture *)data)->connected++;
}

static void
start(Fixture *f, const char *uri, const char *root, gboolean read_only)
{
    MomHypervisorLibvirtOptions options = {
        .address = {.uri = uri, .read_only = read_only},
        .host_root = root,
        .connected = note_connected,
        .data = f,
    };

    f->hypervisor = mom_hypervisor_libvirt_new(&options);
}

static void
start_on_node(Fixture *f, const char *root, gboolean read_only)
{
    g_autofree char *uri =
        g_strdup_printf("test://%s/tests/libvirt-client/node.xml", g_getenv("MOM_SOURCE_ROOT"));

    start(f, uri, root, read_only);
}

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->schema = mom_schema_new(NULL, 0);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    mom_hypervisor_libvirt_free(f->hypervisor);
    mom_schema_unref(f->schema);
    g_clear_error(&f->error);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_free(f);
    return 0;
}

static void
a_sample_has_the_running_guests(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    start_on_node(f, "/nonexistent", FALSE);
    assert_ok(sample(f, &error));
    assert_int_equal(f->n_guests, 2);
    assert_int_equal(f->balloon_cur_kib, 524288);
    assert_int_equal(f->balloon_min_kib, 262144);
    assert_false(f->pid_known);
    assert_int_equal(f->connected, 1);
    assert_string_equal(mom_hypervisor_libvirt_source(f->hypervisor)->klass->name, "libvirt");
}

static void
a_hypervisor_that_is_not_there_is_an_error_and_no_empty_host(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    start(f, "test:///nonexistent/node.xml", "/", FALSE);
    assert_false(sample(f, &error));
    assert_true(mom_virt_err_connection(error));
    assert_int_equal(f->connected, 0);
}

static void
a_balloon_target_is_seen_in_the_next_sample(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    start_on_node(f, "/", FALSE);
    assert_ok(set_balloon(f, RICH, 300000, &error));
    assert_ok(sample(f, &error));
    assert_int_equal(f->balloon_cur_kib, 300000);
}

static void
a_change_that_cannot_be_made_says_so(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    start_on_node(f, "/", FALSE);
    assert_fails(set_balloon(f, NULL, 1, &error), G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    assert_fails(set_balloon(f, RICH, -1, &error), G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    assert_false(set_balloon(f, NOBODY, 1024, &error));
    assert_true(mom_virt_err_gone(error));
}

static void
a_read_only_hypervisor_observes_and_refuses_changes(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    start_on_node(f, "/", TRUE);
    assert_ok(sample(f, &error));
    assert_int_equal(f->n_guests, 2);
    assert_fails(set_balloon(f, RICH, 300000, &error), G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
}

static void
stand_by(Fixture *f, const char *uri)
{
    const MomHypervisorLibvirtOptions options = {
        .address.uri = uri,
        .stands_by = TRUE,
        .connected = note_connected,
        .data = f,
    };

    f->hypervisor = mom_hypervisor_libvirt_new(&options);
}

static void
one_that_stands_by_connects_when_it_is_asked(void **state)
{
    Fixture *f = *state;
    g_autofree char *uri =
        g_strdup_printf("test://%s/tests/libvirt-client/node.xml", g_getenv("MOM_SOURCE_ROOT"));
    g_autoptr(GError) error = NULL;

    stand_by(f, uri);
    for (int i = 1; i <= 2; i++) {
        assert_fails(set_balloon(f, RICH, 300000, &error), G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED);
        assert_int_equal(f->connected, i - 1);
        assert_ok(sample(f, &error));
        assert_int_equal(f->balloon_cur_kib, 524288); /* a connection of its own */
        assert_int_equal(f->connected, i);
        assert_ok(set_balloon(f, RICH, 300000, &error));
        mom_hypervisor_libvirt_rest(f->hypervisor);
    }
}

static void
one_that_rests_answers_what_was_under_way(void **state)
{
    Fixture *f = *state;
    MomActuator *actuator;
    g_autofree char *uri =
        g_strdup_printf("test://%s/tests/libvirt-client/node.xml", g_getenv("MOM_SOURCE_ROOT"));
    g_autoptr(MomEntity) guest = entity_new(f, RICH);
    g_autoptr(GError) error = NULL;

    stand_by(f, uri);
    assert_ok(sample(f, &error));
    actuator = mom_hypervisor_libvirt_actuator(f->hypervisor);
    actuator->klass->set_cpu_tune(actuator, guest, 50000, 100000, take_outcome, f);
    mom_hypervisor_libvirt_rest(f->hypervisor);
    assert_fails(outcome(f, &error), MOM_VIRT_ERROR, MOM_VIRT_ERROR_CLOSED);
    mom_hypervisor_libvirt_rest(f->hypervisor); /* as it does */
}

static void
cpu_limits_that_the_driver_lacks_are_an_error(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(MomEntity) guest = entity_new(f, RICH);
    MomActuator *actuator;

    start_on_node(f, "/", FALSE);
    actuator = mom_hypervisor_libvirt_actuator(f->hypervisor);
    actuator->klass->set_cpu_tune(actuator, guest, 50000, 100000, take_outcome, f);
    assert_false(outcome(f, &error));
    actuator->klass->set_cpu_tune(actuator, guest, 50000, -1, take_outcome, f);
    g_clear_error(&error);
    assert_fails(outcome(f, &error), G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

static void
disk_limits_are_set_by_name(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(MomEntity) guest = entity_new(f, RICH);
    MomIoTuneChange change = {.name = "vda", .path = "/images/rich.img"};
    MomActuator *actuator;

    start_on_node(f, "/", FALSE);
    assert_ok(sample(f, &error));
    assert_int_equal(f->tune_now, 5000);
    mom_limits_set(&change.io_tune, MOM_LIMIT_TOTAL_BYTES, mom_value_int(4500));
    actuator = mom_hypervisor_libvirt_actuator(f->hypervisor);
    actuator->klass->set_io_tune(actuator, guest, &change, 1, take_outcome, f);
    assert_ok(outcome(f, &error));
    assert_ok(sample(f, &error));
    assert_int_equal(f->tune_now, 4500);
}

static void
of_several_disks_one_outcome_comes_with_the_first_error(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(MomEntity) guest = entity_new(f, RICH);
    MomIoTuneChange changes[] = {{.name = NULL}, {.name = "vda"}, {.name = "vdz"}};
    MomActuator *actuator;

    start_on_node(f, "/", FALSE);
    for (gsize i = 0; i < G_N_ELEMENTS(changes); i++)
        mom_limits_set(&changes[i].io_tune, MOM_LIMIT_TOTAL_BYTES, mom_value_int(4500));
    actuator = mom_hypervisor_libvirt_actuator(f->hypervisor);
    actuator->klass->set_io_tune(actuator, guest, changes, G_N_ELEMENTS(changes), take_outcome, f);
    assert_fails(outcome(f, &error), G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    assert_ok(sample(f, &error));
    assert_int_equal(f->tune_now, 4500);
    actuator->klass->set_io_tune(actuator, guest, NULL, 0, take_outcome, f);
    assert_ok(outcome(f, &error));
}

static void
ksm_is_written_below_the_host_s_root(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *root = g_dir_make_tmp("mom-hv-XXXXXX", NULL);
    g_autofree char *folder = g_build_filename(root, "sys/kernel/mm/ksm", NULL);
    g_autofree char *run = g_build_filename(folder, "run", NULL);
    g_autofree char *text = NULL;
    MomKsmTune tune = {.present = 1 << MOM_KSM_RUN, .value = {1}};
    MomActuator *actuator;

    assert_int_equal(g_mkdir_with_parents(folder, 0755), 0);
    assert_true(g_file_set_contents(run, "0\n", -1, NULL));
    start_on_node(f, root, FALSE);
    actuator = mom_hypervisor_libvirt_actuator(f->hypervisor);
    actuator->klass->set_ksm(actuator, NULL, &tune, take_outcome, f);
    assert_int_equal(f->outcomes, 0);
    assert_ok(outcome(f, &error));
    assert_true(g_file_get_contents(run, &text, NULL, NULL));
    assert_string_equal(text, "1\n");

    g_remove(run);
    actuator->klass->set_ksm(actuator, NULL, &tune, take_outcome, f);
    assert_fails(outcome(f, &error), G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
    for (char *end = folder + strlen(folder); strlen(folder) >= strlen(root);
         end = strrchr(folder, '/')) {
        *end = '\0';
        g_rmdir(folder);
    }
}

static void
freeing_drops_the_sample_and_answers_the_change(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(MomEntity) guest = entity_new(f, RICH);
    MomSource *source;
    MomActuator *actuator;

    start_on_node(f, "/", FALSE);
    source = mom_hypervisor_libvirt_source(f->hypervisor);
    actuator = mom_hypervisor_libvirt_actuator(f->hypervisor);
    source->klass->sample(source, take_sample, f);
    actuator->klass->set_balloon_target(actuator, guest, 300000, take_outcome, f);
    g_clear_pointer(&f->hypervisor, mom_hypervisor_libvirt_free);
    assert_int_equal(f->samples, 0);
    assert_fails(outcome(f, &error), MOM_VIRT_ERROR, MOM_VIRT_ERROR_CLOSED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    g_autoptr(GError) error = NULL;
    const struct CMUnitTest tests[] = {
        TEST(a_sample_has_the_running_guests),
        TEST(a_hypervisor_that_is_not_there_is_an_error_and_no_empty_host),
        TEST(a_balloon_target_is_seen_in_the_next_sample),
        TEST(a_change_that_cannot_be_made_says_so),
        TEST(a_read_only_hypervisor_observes_and_refuses_changes),
        TEST(one_that_stands_by_connects_when_it_is_asked),
        TEST(one_that_rests_answers_what_was_under_way),
        TEST(cpu_limits_that_the_driver_lacks_are_an_error),
        TEST(disk_limits_are_set_by_name),
        TEST(of_several_disks_one_outcome_comes_with_the_first_error),
        TEST(ksm_is_written_below_the_host_s_root),
        TEST(freeing_drops_the_sample_and_answers_the_change),
    };

    if (!mom_virt_init(&error)) {
        g_printerr("%s\n", error->message);
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
