/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Guests that hang, many at once, guests that migrate, and a host that is slow: by a libvirt that
 * does so when told.  What the real one does with a guest that hangs is in tests/hypervisor.
 */
#include "libvirt-client/virt.h"

#include <string.h>

#include "tests/libvirt-client/fake-libvirt.h"
#include "tests/mom-test.h"

#define N_GUESTS 8
/* Long enough for what is done at once, also on a slow machine; short enough to wait for. */
#define TIMEOUT_MS 1000
#define PERIOD_S 5
#define SILENT_MS 7000

typedef struct {
    MomVirt *virt;
    guint silent;   /* bit 1 << guest: is known not to answer; for both threads, between readings */
    int changes[4]; /* by MomVirtState */
    int answers;
    GError *error;
    GPtrArray *guests; /* of MomVirtGuest */
} Fixture;

static void
on_changed(MomVirtState state, const GError *error, gpointer data)
{
    ((Fixture *)data)->changes[state]++;
}

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
take_outcome(const GError *error, gpointer data)
{
    take_guests(NULL, error, data);
}

#define run_until(condition)                                                                       \
    while (!(condition))                                                                           \
    g_main_context_iteration(NULL, TRUE)

static gboolean
wait_for_answer(Fixture *f, GError **error)
{
    run_until(f->answers > 0);
    assert_int_equal(f->answers, 1);
    f->answers = 0;
    if (f->error == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&f->error));
    return FALSE;
}

static gboolean
read_guests(Fixture *f, GError **error)
{
    mom_virt_read_guests(f->virt, take_guests, f);
    return wait_for_answer(f, error);
}

static gboolean
set_balloon(Fixture *f, guint guest, guint64 kib, GError **error)
{
    mom_virt_set_balloon(f->virt, fake_uuid(guest), kib, take_outcome, f);
    return wait_for_answer(f, error);
}

/* And the error says why. */
static void
assert_left_alone(gboolean done, GError **error, const char *why)
{
    if (done || strstr((*error)->message, why) == NULL)
        fail_msg("changed, or not said why: %s", done ? "" : (*error)->message);
    mom_test_fails(done, error, MOM_VIRT_ERROR, MOM_VIRT_ERROR_LEFT_ALONE, why, __FILE__, __LINE__);
}

/* Of the last reading. */
static const MomVirtGuest *
guest_of(const Fixture *f, guint guest)
{
    return f->guests->pdata[guest];
}

static gboolean
has_numbers(const Fixture *f, guint guest)
{
    guint64 unused_kib;

    return mom_virt_guest_get(guest_of(f, guest), MOM_VIRT_UNUSED_KIB, &unused_kib);
}

static guint
count_with_numbers(const Fixture *f)
{
    guint n = 0;

    for (guint i = 0; i < f->guests->len; i++)
        n += has_numbers(f, i);
    return n;
}

static GHashTable *
find_silent(gpointer data)
{
    const Fixture *f = data;
    GHashTable *silent = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < N_GUESTS; i++)
        if (f->silent & 1u << i)
            g_hash_table_insert(silent, g_strdup(fake_uuid(i)), GUINT_TO_POINTER(SILENT_MS));
    return silent;
}

/* A fixture outlives its calls. */
static gpointer
keep_fixture(gpointer data)
{
    return data;
}

static void
leave_fixture(gpointer data)
{
}

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);
    const MomVirtListener listener = {.changed = on_changed, .data = f};
    const MomVirtOptions options = {.times = {.call_timeout_ms = TIMEOUT_MS},
                                    .stats_period_s = PERIOD_S,
                                    .silence = {find_silent, keep_fixture, leave_fixture, f}};

    fake_start(N_GUESTS);
    f->virt = mom_virt_new(&options, &listener);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    for (guint i = 0; i < N_GUESTS; i++)
        fake_hang(i, FALSE);
    mom_virt_free(f->virt);
    while (fake_connections() > 0) /* also those of calls that hung */
        g_usleep(1000);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_clear_pointer(&f->guests, g_ptr_array_unref);
    g_clear_error(&f->error);
    g_free(f);
    return 0;
}

static void
a_guest_that_hangs_costs_its_own_numbers_and_no_reading_fails(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    assert_ok(read_guests(f, &error));
    assert_int_equal(count_with_numbers(f), N_GUESTS);
    fake_hang(2, TRUE);
    assert_ok(read_guests(f, &error));
    assert_int_equal(f->guests->len, N_GUESTS);
    assert_int_equal(count_with_numbers(f), N_GUESTS - 1);
    assert_false(guest_of(f, 2)->reached);
    assert_true(guest_of(f, 3)->reached);
    assert_int_equal(f->changes[MOM_VIRT_STUCK], 1);
    assert_int_equal(mom_virt_state(f->virt), MOM_VIRT_OPEN);
}

static void
a_guest_that_hangs_is_waited_for_once(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    fake_hang(2, TRUE);
    assert_ok(read_guests(f, &error));
    fake_forget_calls();
    for (int i = 0; i < 3; i++)
        assert_ok(read_guests(f, &error));
    assert_int_equal(fake_calls("virConnectGetAllDomainStats"), 3);
    assert_int_equal(fake_waiting(), 1);
    assert_int_equal(f->changes[MOM_VIRT_STUCK], 1);
}

static void
how_long_a_guest_hangs_is_told(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    fake_hang(2, TRUE);
    fake_held_for(44000);
    assert_ok(read_guests(f, &error));
    assert_int_equal(guest_of(f, 2)->held_ms, 44000);
    assert_int_equal(guest_of(f, 1)->held_ms, 0);
}

static void
a_guest_that_answers_again_is_read_again(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    fake_hang(2, TRUE);
    assert_ok(read_guests(f, &error));
    fake_hang(2, FALSE);
    while (fake_waiting() > 0)
        g_usleep(1000);
    assert_ok(read_guests(f, &error));
    assert_int_equal(count_with_numbers(f), N_GUESTS);
}

static void
several_guests_may_hang_at_once(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < MOM_VIRT_MAX_LEFT_BEHIND; i++) {
        fake_hang(2 * i, TRUE);
        assert_ok(read_guests(f, &error));
        assert_int_equal(count_with_numbers(f), N_GUESTS - 1 - i);
    }
    assert_int_equal(fake_waiting(), MOM_VIRT_MAX_LEFT_BEHIND);
}

/* One reading meets them all, one by one. */
static void
guests_that_hang_together_are_found_in_one_reading(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < MOM_VIRT_MAX_LEFT_BEHIND; i++)
        fake_hang(2 * i, TRUE);
    assert_ok(read_guests(f, &error));
    assert_int_equal(count_with_numbers(f), N_GUESTS - MOM_VIRT_MAX_LEFT_BEHIND);
    assert_int_equal(fake_waiting(), MOM_VIRT_MAX_LEFT_BEHIND);
}

static void
calls_that_hang_are_never_more_than_a_few(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < N_GUESTS; i++)
        fake_hang(i, TRUE);
    assert_fails(read_guests(f, &error), MOM_VIRT_ERROR, MOM_VIRT_ERROR_TIMEOUT);
    for (int i = 0; i < 3; i++)
        assert_fails(read_guests(f, &error), MOM_VIRT_ERROR, MOM_VIRT_ERROR_BUSY);
    assert_int_equal(fake_waiting(), MOM_VIRT_MAX_LEFT_BEHIND + 1);
    assert_int_equal(mom_virt_state(f->virt), MOM_VIRT_STUCK);
    for (guint i = 0; i < N_GUESTS; i++)
        fake_hang(i, FALSE);
    run_until(mom_virt_state(f->virt) == MOM_VIRT_OPEN);
    while (fake_waiting() > 0)
        g_usleep(1000);
    assert_ok(read_guests(f, &error));
    assert_int_equal(count_with_numbers(f), N_GUESTS);
}

/* Of the guests that are in F->guests in whatever order. */
static const MomVirtGuest *
find_guest(const Fixture *f, guint guest)
{
    for (guint i = 0; i < f->guests->len; i++)
        if (strcmp(guest_of(f, i)->uuid, fake_uuid(guest)) == 0)
            return guest_of(f, i);
    fail_msg("guest %u is missing", guest);
    return NULL;
}

/* More than may hang: no call gets into any of them. */
static void
guests_known_not_to_answer_are_never_asked(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    assert_ok(read_guests(f, &error));
    for (guint i = 0; i < MOM_VIRT_MAX_LEFT_BEHIND + 2; i++) {
        fake_hang(i, TRUE);
        f->silent |= 1u << i;
    }
    fake_forget_calls();
    for (int i = 0; i < 3; i++)
        assert_ok(read_guests(f, &error));
    assert_int_equal(fake_waiting(), 0);
    assert_int_equal(f->changes[MOM_VIRT_STUCK], 0);
    assert_int_equal(fake_calls("virDomainListGetStats"), 3);
    assert_int_equal(fake_calls("virConnectListAllDomains"), 3);
    assert_int_equal(fake_calls("virConnectGetAllDomainStats"), 0);
    assert_int_equal(f->guests->len, N_GUESTS);
    assert_int_equal(count_with_numbers(f), N_GUESTS - MOM_VIRT_MAX_LEFT_BEHIND - 2);
    assert_false(find_guest(f, 1)->reached);
    assert_int_equal(find_guest(f, 1)->held_ms, SILENT_MS);
    assert_non_null(find_guest(f, 1)->domain); /* as it was known */
    assert_true(find_guest(f, N_GUESTS - 1)->reached);
}

static void
where_no_guest_answers_none_is_asked(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    f->silent = (1u << N_GUESTS) - 1;
    assert_ok(read_guests(f, &error));
    assert_int_equal(f->guests->len, N_GUESTS);
    assert_int_equal(count_with_numbers(f), 0);
    assert_int_equal(fake_calls("virDomainGetXMLDesc"), 0);
    f->silent = 0;
    fake_forget_calls();
    assert_ok(read_guests(f, &error));
    assert_int_equal(count_with_numbers(f), N_GUESTS);
    assert_int_equal(fake_calls("virConnectGetAllDomainStats"), 1);
}

/* What is known too late costs one call, not one for each guest. */
static void
guests_that_fall_silent_together_cost_one_call(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < MOM_VIRT_MAX_LEFT_BEHIND + 2; i++)
        fake_hang(i, TRUE);
    mom_virt_read_guests(f->virt, take_guests, f);
    while (fake_waiting() == 0)
        g_usleep(1000);
    f->silent = (1u << (MOM_VIRT_MAX_LEFT_BEHIND + 2)) - 1;
    assert_ok(wait_for_answer(f, &error));
    assert_int_equal(count_with_numbers(f), N_GUESTS - MOM_VIRT_MAX_LEFT_BEHIND - 2);
    assert_int_equal(fake_waiting(), 1);
}

static void
a_guest_that_hangs_is_asked_nothing_else(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    fake_hang(2, TRUE);
    assert_ok(read_guests(f, &error));
    assert_null(guest_of(f, 2)->domain);
    assert_int_equal(fake_calls("virDomainGetXMLDesc"), N_GUESTS - 1);
    assert_int_equal(fake_period_s(2), 0);
    assert_int_equal(fake_period_s(3), PERIOD_S);
    fake_hang(2, FALSE);
    while (fake_waiting() > 0)
        g_usleep(1000);
    assert_ok(read_guests(f, &error));
    assert_int_equal(fake_period_s(2), PERIOD_S);
}

static void
what_was_known_of_the_others_is_not_lost_over_a_hang(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    assert_ok(read_guests(f, &error));
    fake_hang(2, TRUE);
    assert_ok(read_guests(f, &error));
    for (guint i = 0; i < N_GUESTS; i++)
        assert_non_null(guest_of(f, i)->domain);
}

static void
a_change_of_a_guest_that_hangs_is_refused_at_once(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    guint asked;

    fake_hang(2, TRUE);
    fake_held_for(44000);
    assert_ok(read_guests(f, &error));
    asked = fake_calls("virDomainGetJobStats"); /* for the period */
    assert_left_alone(set_balloon(f, 2, 4096, &error), &error, fake_uuid(2));
    assert_int_equal(fake_calls("virDomainSetMemoryFlags"), 0);
    assert_int_equal(fake_calls("virDomainGetJobStats"), asked);
    assert_ok(set_balloon(f, 3, 4096, &error));
    assert_int_equal(fake_balloon_kib(3), 4096);
}

/* Nobody knew that guest 2 hangs. */
static void
changes_behind_one_that_hangs_are_made_all_the_same(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    assert_ok(read_guests(f, &error));
    fake_hang(2, TRUE);
    mom_virt_set_balloon(f->virt, fake_uuid(2), 4096, NULL, NULL);
    mom_virt_set_balloon(f->virt, fake_uuid(3), 8192, NULL, NULL);
    mom_virt_set_cpu(f->virt, fake_uuid(4), 50000, 100000, take_outcome, f);
    assert_ok(wait_for_answer(f, &error));
    assert_int_equal(fake_balloon_kib(3), 8192);
    assert_int_equal(fake_calls("virDomainSetSchedulerParametersFlags"), 1);
    assert_int_equal(fake_calls("virDomainSetMemoryFlags"), 2);
    assert_int_equal(f->changes[MOM_VIRT_STUCK], 1);
}

static void
a_change_that_hangs_is_told_and_not_made_again(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    assert_ok(read_guests(f, &error));
    fake_hang(2, TRUE);
    assert_fails(set_balloon(f, 2, 4096, &error), MOM_VIRT_ERROR, MOM_VIRT_ERROR_TIMEOUT);
    assert_ok(read_guests(f, &error));
    assert_int_equal(fake_calls("virDomainSetMemoryFlags"), 1);
}

static void
a_guest_under_way_is_left_alone_until_it_is_over(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    const struct {
        int operation;
        gboolean changeable;
    } rows[] = {
        {VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT, FALSE},
        {VIR_DOMAIN_JOB_OPERATION_MIGRATION_IN, FALSE},
        {VIR_DOMAIN_JOB_OPERATION_SAVE, FALSE},
        {VIR_DOMAIN_JOB_OPERATION_SNAPSHOT, FALSE},
        {VIR_DOMAIN_JOB_OPERATION_DUMP, FALSE},
        {VIR_DOMAIN_JOB_OPERATION_UNKNOWN, FALSE},
        {VIR_DOMAIN_JOB_OPERATION_BACKUP, TRUE},
        {1000, FALSE},
        {-1, TRUE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        guint64 kib = 4096 + i;

        fake_job(1, rows[i].operation);
        if (rows[i].changeable) {
            assert_ok(set_balloon(f, 1, kib, &error));
            assert_int_equal(fake_balloon_kib(1), kib);
            continue;
        }
        assert_left_alone(set_balloon(f, 1, kib, &error), &error, "under way");
        assert_int_not_equal(fake_balloon_kib(1), kib);
    }
}

static void
all_changes_mind_a_migration(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    const MomVirtLimits limits = {.present = 1};

    fake_job(1, VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT);
    mom_virt_set_cpu(f->virt, fake_uuid(1), 50000, 100000, take_outcome, f);
    assert_fails(wait_for_answer(f, &error), MOM_VIRT_ERROR, MOM_VIRT_ERROR_LEFT_ALONE);
    mom_virt_set_disk(f->virt, fake_uuid(1), "vda", &limits, take_outcome, f);
    assert_fails(wait_for_answer(f, &error), MOM_VIRT_ERROR, MOM_VIRT_ERROR_LEFT_ALONE);
    assert_int_equal(fake_calls("virDomainSetSchedulerParametersFlags"), 0);
}

static void
a_period_that_cannot_be_set_now_is_set_later(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    fake_job(1, VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT);
    assert_ok(read_guests(f, &error));
    assert_non_null(guest_of(f, 1)->domain);
    assert_int_equal(fake_period_s(1), 0);
    fake_job(1, -1);
    assert_ok(read_guests(f, &error));
    assert_int_equal(fake_period_s(1), PERIOD_S);
    fake_forget_calls();
    assert_ok(read_guests(f, &error));
    assert_int_equal(fake_calls("virDomainSetMemoryStatsPeriod"), 0);
}

static void
a_steady_reading_is_one_call(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    assert_ok(read_guests(f, &error));
    fake_forget_calls();
    assert_ok(read_guests(f, &error));
    assert_int_equal(fake_calls(NULL), 1);
    assert_int_equal(fake_calls("virConnectGetAllDomainStats"), 1);
}

/* Without more patience nothing would ever be known here. */
static void
a_host_that_is_slow_is_waited_for(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    fake_slow(TIMEOUT_MS * 3 / 2);
    while (!read_guests(f, &error)) {
        assert_true(mom_virt_err_connection(error));
        g_clear_error(&error);
    }
    assert_int_equal(count_with_numbers(f), N_GUESTS);
    fake_forget_calls();
    assert_ok(read_guests(f, &error));
    assert_int_equal(fake_calls("virConnectGetAllDomainStats"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    g_autoptr(GError) error = NULL;
    const struct CMUnitTest tests[] = {
        TEST(a_guest_that_hangs_costs_its_own_numbers_and_no_reading_fails),
        TEST(a_guest_that_hangs_is_waited_for_once),
        TEST(how_long_a_guest_hangs_is_told),
        TEST(a_guest_that_answers_again_is_read_again),
        TEST(several_guests_may_hang_at_once),
        TEST(guests_that_hang_together_are_found_in_one_reading),
        TEST(calls_that_hang_are_never_more_than_a_few),
        TEST(guests_known_not_to_answer_are_never_asked),
        TEST(where_no_guest_answers_none_is_asked),
        TEST(guests_that_fall_silent_together_cost_one_call),
        TEST(a_guest_that_hangs_is_asked_nothing_else),
        TEST(what_was_known_of_the_others_is_not_lost_over_a_hang),
        TEST(a_change_of_a_guest_that_hangs_is_refused_at_once),
        TEST(changes_behind_one_that_hangs_are_made_all_the_same),
        TEST(a_change_that_hangs_is_told_and_not_made_again),
        TEST(a_guest_under_way_is_left_alone_until_it_is_over),
        TEST(all_changes_mind_a_migration),
        TEST(a_period_that_cannot_be_set_now_is_set_later),
        TEST(a_steady_reading_is_one_call),
        TEST(a_host_that_is_slow_is_waited_for),
    };
    int failed;

    if (!mom_virt_init(&error)) {
        g_printerr("%s\n", error->message);
        return 1;
    }
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    fake_stop();
    return failed;
}
