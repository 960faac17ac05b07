/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Samples and variables over a restart: what comes back is what was, policies see no gap but that
 * of time, and a history that is odd, old or another host's is not used.
 */
#include "agent/state/history.h"

#include <glib/gstdio.h>
#include <string.h>

#include "agent/engine/guests.h"
#include "policy/policy.h"
#include "tests/agent/kept-log.h"
#include "tests/mom-test.h"

#define SECOND G_GINT64_CONSTANT(1000000)
#define SAVED_US (100 * SECOND)

static const char *const host_fields[] = {"free", "name"};
static const char *const guest_fields[] = {"cur", "io_tune", "io_tune_current"};

typedef struct {
    char *root;
    MomStateDir *dir;
    MomSchema *host_schema;
    MomSchema *guest_schema;
    MomEntity *host;
    GPtrArray *guests;
} Fixture;

static void
add_sample(MomEntity *entity, const char *field, gint64 value, gint64 time_us)
{
    MomSample *sample = mom_sample_new((MomSchema *)mom_entity_schema(entity), time_us);

    mom_sample_set(sample, field, mom_value_int(value));
    mom_sample_set(sample, "extra", mom_value_float(value / 2.0));
    mom_entity_add_sample(entity, sample, 10);
}

static void
set_variable(MomEntity *entity, const char *name, MomValue v)
{
    mom_entity_begin_run(entity);
    mom_entity_set_variable(entity, name, v);
    mom_entity_commit_run(entity);
}

static void
add_guest(Fixture *f, const char *uuid, gint64 pid)
{
    MomEntity *guest = mom_entity_new(f->guest_schema);

    mom_entity_set_property(guest, "uuid", mom_value_string(uuid));
    mom_entity_set_property(guest, "name", mom_value_string("vm"));
    mom_entity_set_property(guest, "pid", mom_value_int(pid));
    add_sample(guest, "cur", 5, SAVED_US);
    set_variable(guest, "v", mom_value_string(uuid));
    g_ptr_array_add(f->guests, guest);
}

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    g_string_truncate(told, 0);
    f->root = g_dir_make_tmp("mom-history-XXXXXX", NULL);
    f->dir = mom_state_dir_new(f->root);
    f->host_schema = mom_schema_new(host_fields, G_N_ELEMENTS(host_fields));
    f->guest_schema = mom_schema_new(guest_fields, G_N_ELEMENTS(guest_fields));
    f->host = mom_entity_new(f->host_schema);
    f->guests = g_ptr_array_new_with_free_func((GDestroyNotify)mom_entity_free);
    add_sample(f->host, "free", 100, SAVED_US - 10 * SECOND);
    set_variable(f->host, "mode", mom_value_string("short"));
    add_sample(f->host, "free", 80, SAVED_US);
    set_variable(f->host, "mode", mom_value_string("short"));
    add_guest(f, "u-1", 7);
    add_guest(f, "u-2", 8);
    *state = f;
    return 0;
}

static char *
file_of(Fixture *f)
{
    return g_build_filename(f->root, "history", NULL);
}

static int
teardown(void **state)
{
    Fixture *f = *state;
    g_autofree char *file = file_of(f);

    mom_entity_free(f->host);
    g_ptr_array_unref(f->guests);
    mom_schema_unref(f->host_schema);
    mom_schema_unref(f->guest_schema);
    mom_state_dir_free(f->dir);
    g_remove(file);
    g_rmdir(f->root);
    g_free(f->root);
    g_free(f);
    return 0;
}

static void
save(Fixture *f)
{
    g_autoptr(GError) error = NULL;

    assert_ok(mom_history_save(f->dir, f->host, f->guests, SAVED_US, &error));
}

static MomHistoryWish
wish(Fixture *f)
{
    return (MomHistoryWish){.host = f->host_schema,
                            .guest = f->guest_schema,
                            .history_length = 10,
                            .now_us = SAVED_US + 5 * SECOND,
                            .max_age_us = 20 * SECOND};
}

static void
assert_unused(Fixture *f, const MomHistoryWish *unmet, const char *why)
{
    g_autofree char *file = file_of(f);

    g_string_truncate(told, 0);
    assert_null(mom_history_load(f->dir, unmet));
    assert_true(g_str_has_prefix(told->str, "I:The samples of before the restart are not used: "));
    assert_non_null(strstr(told->str, why));
    assert_false(g_file_test(file, G_FILE_TEST_EXISTS));
}

/* What TEXT's expressions give on HOST, the last one as text. */
static char *
evaluate(MomEntity *host, const char *text)
{
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();
    g_autoptr(GPtrArray) guests = g_ptr_array_new();
    g_autoptr(GArray) results = g_array_new(FALSE, FALSE, sizeof(MomValue));
    MomPolicyRunOptions options = {.results = results};
    g_autoptr(GError) error = NULL;
    double number = -1;

    assert_ok(mom_policy_store_set(store, NULL, text, -1, &error));
    assert_ok(mom_policy_evaluate(store, host, guests, &options, &error));
    for (guint i = 0; i < results->len; i++) {
        MomValue v = g_array_index(results, MomValue, i);

        number = v.type == MOM_VALUE_FLOAT ? v.real
                 : v.type == MOM_VALUE_INT ? (double)v.integer
                                           : -1;
    }
    return g_strdup_printf("%g", number);
}

static void
assert_same(MomEntity *a, MomEntity *b, const char *text, const char *expected)
{
    g_autofree char *of_a = evaluate(a, text);
    g_autofree char *of_b = evaluate(b, text);

    assert_string_equal(of_a, expected);
    assert_string_equal(of_b, expected);
}

static void
policies_see_what_they_would_have_seen(void **state)
{
    Fixture *f = *state;
    MomHistoryWish good = wish(f);
    g_autoptr(MomHistory) history = NULL;
    MomValue v;

    save(f);
    history = mom_history_load(f->dir, &good);
    assert_non_null(history);
    assert_string_equal(told->str, "");
    assert_int_equal(history->saved_us, SAVED_US);
    assert_int_equal(mom_entity_n_samples(history->host), 2);
    assert_true(mom_sample_get(mom_entity_latest(history->host), "extra", &v));
    assert_true(v.type == MOM_VALUE_FLOAT && v.real == 40);
    /* The next sample comes to both, as if there had been no restart. */
    add_sample(f->host, "free", 60, SAVED_US + 10 * SECOND);
    add_sample(history->host, "free", 60, SAVED_US + 10 * SECOND);
    assert_same(f->host, history->host, "(Host.StatAvg \"free\")", "80");
    assert_same(f->host, history->host, "(Host.StatRate \"free\")", "-2");
    assert_same(f->host, history->host, "(Host.Since \"mode\")", "20");
    assert_same(f->host, history->host, "(if (== (Host.GetVar \"mode\") \"short\") 1 0)", "1");
}

static void
it_is_used_once(void **state)
{
    Fixture *f = *state;
    MomHistoryWish good = wish(f);
    g_autoptr(MomHistory) history = NULL;

    assert_null(mom_history_load(f->dir, &good));
    save(f);
    history = mom_history_load(f->dir, &good);
    assert_non_null(history);
    assert_null(mom_history_load(f->dir, &good));
    assert_string_equal(told->str, "");
}

static void
a_shorter_history_keeps_the_newest(void **state)
{
    Fixture *f = *state;
    MomHistoryWish shorter = wish(f);
    g_autoptr(MomHistory) history = NULL;

    shorter.history_length = 1;
    save(f);
    history = mom_history_load(f->dir, &shorter);
    assert_int_equal(mom_entity_n_samples(history->host), 1);
    assert_same(history->host, history->host, "Host.free", "80");
}

static void
what_is_old_or_from_the_future_is_not_used(void **state)
{
    Fixture *f = *state;
    MomHistoryWish late = wish(f);
    MomHistoryWish early = wish(f);
    MomHistoryWish just = wish(f);
    g_autoptr(MomHistory) history = NULL;

    late.now_us = SAVED_US + 20 * SECOND + 1;
    early.now_us = SAVED_US - 1;
    just.now_us = SAVED_US + 20 * SECOND;
    save(f);
    assert_unused(f, &late, "older than two cycles");
    save(f);
    assert_unused(f, &early, "older than two cycles");
    save(f);
    history = mom_history_load(f->dir, &just);
    assert_non_null(history);
}

static void
other_fields_are_another_configuration(void **state)
{
    Fixture *f = *state;
    const char *const swapped[] = {"name", "free"};
    g_autoptr(MomSchema) other = mom_schema_new(swapped, 2);
    g_autoptr(MomSchema) fewer = mom_schema_new(guest_fields, 1);
    MomHistoryWish host = wish(f);
    MomHistoryWish guest = wish(f);

    host.host = other;
    guest.guest = fewer;
    save(f);
    assert_unused(f, &host, "the host has other fields");
    save(f);
    assert_unused(f, &guest, "guests have other fields");
}

static void
another_boot_is_another_time(void **state)
{
    Fixture *f = *state;
    MomHistoryWish good = wish(f);
    g_autofree char *file = file_of(f);
    g_autofree char *text = NULL;
    g_autofree char *id = NULL;
    g_autofree char *changed = NULL;
    g_auto(GStrv) lines = NULL;

    save(f);
    assert_true(g_file_get_contents(file, &text, NULL, NULL));
    assert_true(g_file_get_contents("/proc/sys/kernel/random/boot_id", &id, NULL, NULL));
    assert_non_null(strstr(text, g_strchomp(id)));
    /* Both headers anew, with a checksum that is right. */
    lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        char *found = strstr(lines[i], id);

        if (found) {
            g_autofree char *sum = NULL;

            *found = *found == '0' ? '1' : '0';
            sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, lines[i] + 65, -1);
            memcpy(lines[i], sum, 64);
        }
    }
    changed = g_strjoinv("\n", lines);
    assert_true(g_file_set_contents(file, changed, -1, NULL));
    assert_unused(f, &good, "before the host was booted");
}

static void
any_damage_costs_the_whole(void **state)
{
    Fixture *f = *state;
    MomHistoryWish good = wish(f);
    g_autofree char *file = file_of(f);
    g_autofree char *text = NULL;
    gsize length;

    save(f);
    assert_true(g_file_get_contents(file, &text, &length, NULL));
    for (gsize at = 0; at < length; at += 41) {
        text[at] ^= 4;
        assert_true(g_file_set_contents(file, text, (gssize)length, NULL));
        assert_unused(f, &good, "");
        text[at] ^= 4;
        assert_true(g_file_set_contents(file, text, (gssize)at, NULL));
        assert_unused(f, &good, "");
    }
}

/* ---- guests that come back ---- */

static void
report(MomGuests *guests, const char *uuid, gint64 pid, gint64 now_us)
{
    g_autoptr(GPtrArray) reported =
        g_ptr_array_new_with_free_func((GDestroyNotify)mom_guest_data_free);
    MomCollectInput input = {.root = "/", .interval_s = 5, .now_us = now_us};
    MomGuestData *data = mom_guest_data_new(uuid, "renamed");

    data->pid = pid ? mom_value_int(pid) : MOM_NIL;
    g_ptr_array_add(reported, data);
    mom_guests_collect(guests, reported, &input);
}

/* The samples of the one guest there is, and whether it has its variable. */
static void
assert_guest(MomGuests *guests, gsize samples, gboolean variable)
{
    g_autoptr(GPtrArray) all = mom_guests_all(guests);
    MomValue v;

    assert_int_equal(all->len, 1);
    assert_int_equal(mom_entity_n_samples(all->pdata[0]), samples);
    assert_int_equal(mom_entity_get_variable(all->pdata[0], "v", &v), variable);
    assert_string_equal(mom_entity_get_string_property(all->pdata[0], "name"), "renamed");
}

static void
guests_go_on_if_they_are_the_same_and_in_time(void **state)
{
    static const struct {
        const char *uuid;
        gint64 pid;
        gint64 now_us;
        gboolean same;
    } cases[] = {
        {"u-1", 7, SAVED_US + 20 * SECOND, TRUE},
        {"u-1", 0, SAVED_US + 1, TRUE},                /* the process is not known */
        {"u-1", 8, SAVED_US + 1, FALSE},               /* it was started anew */
        {"u-3", 7, SAVED_US + 1, FALSE},               /* it is new */
        {"u-1", 7, SAVED_US + 20 * SECOND + 1, FALSE}, /* it comes late */
    };
    const MomCollector *collectors[] = {mom_collector_find("GuestBalloonOptional")};
    Fixture *f = *state;

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(MomMonitorPlan) plan = mom_monitor_plan_new(collectors, 1, 3);
        g_autoptr(MomGuests) guests = mom_guests_new(plan, NULL, NULL);
        g_autoptr(MomHistory) history = NULL;
        MomHistoryWish good = wish(f);

        mom_schema_unref(f->guest_schema);
        f->guest_schema = mom_schema_ref(mom_monitor_plan_schema(plan));
        g_ptr_array_set_size(f->guests, 0);
        add_guest(f, "u-1", 7);
        save(f);
        good.guest = f->guest_schema;
        history = mom_history_load(f->dir, &good);
        assert_non_null(history);
        mom_guests_expect(guests, g_hash_table_ref(history->guests), SAVED_US + 20 * SECOND);
        report(guests, cases[i].uuid, cases[i].pid, cases[i].now_us);
        assert_guest(guests, cases[i].same ? 2 : 1, cases[i].same);
        /* One that goes and comes again is new. */
        report(guests, "u-9", 0, cases[i].now_us);
        if (cases[i].same) {
            report(guests, "u-1", cases[i].pid, cases[i].now_us);
            assert_guest(guests, 1, FALSE);
        }
    }
}

#define HISTORY_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HISTORY_TEST(policies_see_what_they_would_have_seen),
        HISTORY_TEST(it_is_used_once),
        HISTORY_TEST(a_shorter_history_keeps_the_newest),
        HISTORY_TEST(what_is_old_or_from_the_future_is_not_used),
        HISTORY_TEST(other_fields_are_another_configuration),
        HISTORY_TEST(another_boot_is_another_time),
        HISTORY_TEST(any_damage_costs_the_whole),
        HISTORY_TEST(guests_go_on_if_they_are_the_same_and_in_time),
    };
    int failed;

    kept_log_begin();
    failed = cmocka_run_group_tests_name("history", tests, NULL, NULL);
    kept_log_end();
    return failed;
}
