/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What closing libvirt's connections costs the main loop when libvirtd is stopped and closing
 * hangs: at rest nothing, at the end a short wait for a clean close.
 *
 * On a libvirt of our own, linked in place of the real one.  Waits of the main thread are counted,
 * not timed: its every wait for a limited time goes through here, and is over at once.
 */
#include "agent/hypervisor/hypervisor-libvirt.h"

#include "tests/libvirt-client/fake-libvirt.h"
#include "tests/mom-test.h"

typedef struct {
    MomHypervisorLibvirt *hypervisor;
    guint answers;
} Fixture;

#define run_until(condition)                                                                       \
    while (!(condition))                                                                           \
    g_main_context_iteration(NULL, TRUE)

static GThread *main_thread;
static guint waits;

gboolean __real_g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_time);
gboolean __wrap_g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_time);

gboolean
__wrap_g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_time)
{
    if (g_thread_self() != main_thread)
        return __real_g_cond_wait_until(cond, mutex, end_time);
    waits++;
    return FALSE;
}

static void
take_sample(GPtrArray *guests, const GError *error, gpointer data)
{
    assert_null(error);
    ((Fixture *)data)->answers++;
}

static void
take_outcome(const GError *error, gpointer data)
{
    assert_null(error);
    ((Fixture *)data)->answers++;
}

/* One connection to read and one to write. */
static void
use_both_connections(Fixture *f)
{
    MomSource *source = mom_hypervisor_libvirt_source(f->hypervisor);
    MomActuator *actuator = mom_hypervisor_libvirt_actuator(f->hypervisor);
    g_autoptr(MomSchema) schema = mom_schema_new(NULL, 0);
    g_autoptr(MomEntity) guest = mom_entity_new(schema);

    f->answers = 0;
    source->klass->sample(source, take_sample, f);
    run_until(f->answers == 1);
    mom_entity_set_property(guest, "uuid", mom_value_string(fake_uuid(0)));
    mom_actuator_set_balloon_target(actuator, guest, 1048576, take_outcome, f);
    run_until(f->answers == 2);
    assert_int_equal(fake_connections(), 2);
}

static void
let_connections_close(void)
{
    fake_close_hangs(FALSE);
    while (fake_connections() > 0)
        g_usleep(1000);
}

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    fake_start(1);
    f->hypervisor = mom_hypervisor_libvirt_new(&(MomHypervisorLibvirtOptions){.stands_by = TRUE});
    waits = 0;
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    mom_hypervisor_libvirt_free(f->hypervisor);
    let_connections_close();
    while (g_main_context_iteration(NULL, FALSE))
        ;
    fake_stop();
    g_free(f);
    return 0;
}

static void
one_that_rests_is_not_waited_for(void **state)
{
    Fixture *f = *state;

    use_both_connections(f);
    fake_close_hangs(TRUE);
    mom_hypervisor_libvirt_rest(f->hypervisor);
    assert_int_equal(waits, 0);
    assert_int_equal(fake_connections(), 2); /* they still close */
    let_connections_close();
    use_both_connections(f);
}

static void
one_that_ends_is_given_a_moment_to_close(void **state)
{
    Fixture *f = *state;

    use_both_connections(f);
    fake_close_hangs(TRUE);
    g_clear_pointer(&f->hypervisor, mom_hypervisor_libvirt_free);
    assert_int_equal(waits, 2);
    assert_int_equal(fake_connections(), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_that_rests_is_not_waited_for),
        TEST(one_that_ends_is_given_a_moment_to_close),
    };
    g_autoptr(GError) error = NULL;

    if (!mom_virt_init(&error)) {
        g_printerr("%s\n", error->message);
        return 1;
    }
    main_thread = g_thread_self();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
