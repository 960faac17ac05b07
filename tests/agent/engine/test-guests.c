/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The guest list: who comes, who goes, who waits, in which order.
 */
#include "agent/engine/guests.h"

#include "tests/mom-test.h"

typedef struct {
    MomMonitorPlan *plan;
    MomGuests *guests;
    GPtrArray *reported;
    GString *gone;
} Fixture;

static void
note_gone(const char *uuid, gpointer data)
{
    g_string_append_printf(data, "%s ", uuid);
}

static int
setup_with(void **state, const char *collector)
{
    const MomCollector *collectors[] = {mom_collector_find(collector)};
    Fixture *f = g_new0(Fixture, 1);

    f->gone = g_string_new(NULL);
    f->plan = mom_monitor_plan_new(collectors, 1, 3);
    f->guests = mom_guests_new(f->plan, note_gone, f->gone);
    f->reported = g_ptr_array_new_with_free_func((GDestroyNotify)mom_guest_data_free);
    *state = f;
    return 0;
}

static int
setup(void **state)
{
    return setup_with(state, "GuestBalloonOptional");
}

static int
setup_demanding(void **state)
{
    return setup_with(state, "GuestBalloon");
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    mom_guests_free(f->guests);
    mom_monitor_plan_unref(f->plan);
    g_ptr_array_unref(f->reported);
    g_string_free(f->gone, TRUE);
    g_free(f);
    return 0;
}

static void
report(Fixture *f, const char *uuid, const char *name, gint64 cur_kib)
{
    MomGuestData *guest = mom_guest_data_new(uuid, name);

    guest->has_balloon = TRUE;
    guest->balloon_cur_kib = mom_value_int(cur_kib);
    g_ptr_array_add(f->reported, guest);
}

static void
collect_at(Fixture *f, gint64 second)
{
    MomCollectInput input = {.root = "/", .interval_s = 5, .now_us = 1 + second * G_USEC_PER_SEC};

    mom_guests_collect(f->guests, f->reported, &input);
    g_ptr_array_set_size(f->reported, 0);
}

static void
collect(Fixture *f)
{
    collect_at(f, 0);
}

/* "name:samples:balloon_cur ..." of the guests that are ready, in order. */
static char *
ready(Fixture *f)
{
    g_autoptr(GPtrArray) list = mom_guests_ready(f->guests);
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < list->len; i++) {
        MomEntity *guest = g_ptr_array_index(list, i);
        gint64 cur_kib = -1;

        mom_entity_get_int(guest, "balloon_cur", &cur_kib);
        g_string_append_printf(out, "%s:%zu:%d ", mom_entity_get_string_property(guest, "name"),
                               mom_entity_n_samples(guest), (int)cur_kib);
    }
    return g_string_free(out, FALSE);
}

#define assert_ready(f, expected)                                                                  \
    do {                                                                                           \
        g_autofree char *text = ready(f);                                                          \
        assert_string_equal(text, (expected));                                                     \
    } while (0)

static void
test_guests_keep_the_order_in_which_they_came(void **state)
{
    Fixture *f = *state;

    report(f, "z", "first", 1);
    report(f, "a", "second", 2);
    collect(f);
    report(f, "b", "third", 5);
    report(f, "a", "second", 4);
    report(f, "z", "first", 3);
    collect(f);
    assert_ready(f, "first:2:3 second:2:4 third:1:5 ");
}

static void
test_a_guest_that_is_gone_is_told_and_forgotten(void **state)
{
    Fixture *f = *state;

    report(f, "a", "one", 1);
    report(f, "b", "two", 1);
    collect(f);
    report(f, "b", "two", 1);
    collect(f);
    assert_string_equal(f->gone->str, "a ");
    assert_ready(f, "two:2:1 ");
    report(f, "a", "one", 7);
    report(f, "b", "two", 1);
    collect(f);
    assert_ready(f, "two:3:1 one:1:7 ");
}

static void
test_a_guest_without_a_name_waits(void **state)
{
    Fixture *f = *state;

    report(f, "a", NULL, 1);
    report(f, "b", "two", 1);
    collect(f);
    assert_ready(f, "two:1:1 ");
    report(f, "a", "one", 1);
    report(f, "b", "two", 1);
    collect(f);
    assert_ready(f, "two:2:1 one:1:1 ");
}

static void
test_a_guest_that_is_renamed_keeps_its_history(void **state)
{
    Fixture *f = *state;

    report(f, "a", "old", 1);
    collect(f);
    report(f, "a", "new", 2);
    collect(f);
    assert_ready(f, "new:2:2 ");
}

static void
test_a_known_guest_is_not_lost_with_its_name(void **state)
{
    Fixture *f = *state;

    report(f, "a", "one", 1);
    collect(f);
    report(f, "a", NULL, 2);
    collect(f);
    assert_ready(f, "one:2:2 ");
    assert_string_equal(f->gone->str, "");
}

static void
test_a_guest_that_is_reported_twice_counts_once(void **state)
{
    Fixture *f = *state;

    report(f, "a", "one", 1);
    report(f, "a", "one", 2);
    collect(f);
    assert_ready(f, "one:1:1 ");
}

static void
test_the_process_id_is_a_property_once_it_is_known(void **state)
{
    Fixture *f = *state;
    g_autoptr(GPtrArray) list = NULL;
    MomValue pid;

    report(f, "a", "one", 1);
    collect(f);
    list = mom_guests_ready(f->guests);
    assert_false(mom_entity_get_property(g_ptr_array_index(list, 0), "pid", &pid));
    report(f, "a", "one", 1);
    ((MomGuestData *)g_ptr_array_index(f->reported, 0))->pid = mom_value_int(42);
    collect(f);
    assert_true(mom_entity_get_property(g_ptr_array_index(list, 0), "pid", &pid));
    assert_int_equal(pid.integer, 42);
}

static void
report_process(Fixture *f, int pid, gint64 cur_kib)
{
    report(f, "a", "one", cur_kib);
    ((MomGuestData *)g_ptr_array_index(f->reported, f->reported->len - 1))->pid =
        mom_value_int(pid);
}

static void
test_a_guest_that_was_started_anew_has_no_earlier_life(void **state)
{
    Fixture *f = *state;

    report_process(f, 10, 1);
    collect(f);
    report_process(f, 10, 2);
    collect(f);
    report_process(f, 0, 3); /* vdsm does not know it at the moment */
    collect(f);
    report_process(f, 10, 4);
    collect(f);
    assert_ready(f, "one:3:4 ");
    assert_string_equal(f->gone->str, "");
    report_process(f, 11, 5);
    report_process(f, 12, 6); /* nonsense */
    collect(f);
    assert_ready(f, "one:1:5 ");
    assert_string_equal(f->gone->str, "a ");
}

/* ---- what is told ---- */

/* Names of guests of which a warning told, in order. */
static GString *told;

static GLogWriterOutput
keep_name(GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
    for (gsize i = 0; i < n; i++)
        if (level & G_LOG_LEVEL_WARNING && g_str_equal(fields[i].key, "MOM_VM"))
            g_string_append_printf(told, "%s ", (const char *)fields[i].value);
    return G_LOG_WRITER_HANDLED;
}

/* SECOND of a time in which neither guest has numbers of its balloon. */
static void
collect_without_numbers(Fixture *f, gint64 second)
{
    g_ptr_array_add(f->reported, mom_guest_data_new("a", "old"));
    if (second > 0)
        g_ptr_array_add(f->reported, mom_guest_data_new("b", "newcomer"));
    collect_at(f, second);
}

static void
test_a_newcomer_has_time_to_get_its_numbers(void **state)
{
    Fixture *f = *state;

    g_string_truncate(told, 0);
    collect_without_numbers(f, 0);
    assert_string_equal(told->str, "old ");
    collect_without_numbers(f, 5);
    collect_without_numbers(f, 34);
    assert_string_equal(told->str, "old ");
    collect_without_numbers(f, 35);
    collect_without_numbers(f, 40);
    assert_string_equal(told->str, "old newcomer ");
}

#define GUESTS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        GUESTS_TEST(test_guests_keep_the_order_in_which_they_came),
        GUESTS_TEST(test_a_guest_that_is_gone_is_told_and_forgotten),
        GUESTS_TEST(test_a_guest_without_a_name_waits),
        GUESTS_TEST(test_a_guest_that_is_renamed_keeps_its_history),
        GUESTS_TEST(test_a_known_guest_is_not_lost_with_its_name),
        GUESTS_TEST(test_a_guest_that_is_reported_twice_counts_once),
        GUESTS_TEST(test_the_process_id_is_a_property_once_it_is_known),
        GUESTS_TEST(test_a_guest_that_was_started_anew_has_no_earlier_life),
        cmocka_unit_test_setup_teardown(test_a_newcomer_has_time_to_get_its_numbers,
                                        setup_demanding, teardown),
    };
    int failed;

    told = g_string_new(NULL);
    g_log_set_writer_func(keep_name, NULL, NULL);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    g_string_free(told, TRUE);
    return failed;
}
