/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What changes while the engine runs, in virtual time: intervals, controllers, history, policies
 * from disk.  What is known of guests must stay.
 *
 * The signal itself, with files and vdsm, is in test-reload.py.
 */
#include "agent/config/reload.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/config/config-keys.h"
#include "tests/agent/engine-fixture.h"
#include "tests/agent/kept-log.h"
#include "tests/mom-test.h"

/* The second policy with another part: three quarters of a guest's maximum. */
static const char three_quarters[] = "(defvar on 1)\n(defvar part 0.75)\n";

static MomEngineOptions
options_of(gint64 host_s, gint64 guest_s, gint64 policy_s)
{
    static const MomController *controllers[2];

    controllers[0] = mom_controller_find("Balloon");
    return (MomEngineOptions){.controllers = controllers,
                              .host_interval_us = host_s * SECOND,
                              .guest_interval_us = guest_s * SECOND,
                              .policy_interval_us = policy_s * SECOND,
                              .fallback_after = 3};
}

static gsize
samples_of_the_guest(EngineFixture *f)
{
    g_autoptr(GPtrArray) guests = mom_engine_guests(f->engine);

    assert_int_equal(guests->len, 1);
    return mom_entity_n_samples(g_ptr_array_index(guests, 0));
}

static gboolean
reread(EngineFixture *f, GError **error)
{
    return mom_engine_reread_policies(f->engine, NULL, f->policy_dir, error);
}

/* ---- intervals, controllers, history ---- */

static void
test_a_shorter_interval_begins_now_and_history_stays(void **state)
{
    EngineFixture *f = *state;
    MomEngineOptions options = options_of(600, 600, 600);

    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    virtual_clock_advance(f->clock, 20 * SECOND);
    assert_int_equal(samples_of_the_guest(f), 5);
    mom_engine_reconfigure(f->engine, &options);
    virtual_clock_advance(f->clock, 3000 * SECOND);
    assert_int_equal(mom_engine_cycles(f->engine), 3 + 5);
    options = options_of(2, 2, 4);
    mom_engine_reconfigure(f->engine, &options);
    virtual_clock_advance(f->clock, 4 * SECOND);
    assert_int_equal(mom_engine_cycles(f->engine), 3 + 5 + 1);
    virtual_clock_advance(f->clock, 40 * SECOND);
    assert_int_equal(mom_engine_cycles(f->engine), 3 + 5 + 1 + 10);
    assert_int_equal(samples_of_the_guest(f), 10);
}

static void
test_the_host_s_interval_is_what_policies_see(void **state)
{
    EngineFixture *f = *state;
    MomEngineOptions options = options_of(7, 5, 10);
    MomValue interval;

    engine_start(f);
    mom_engine_reconfigure(f->engine, &options);
    assert_true(mom_entity_get_property(mom_engine_host(f->engine), "interval", &interval));
    assert_int_equal(interval.integer, 7);
}

static void
test_a_controller_that_is_taken_out_turns_nothing_any_more(void **state)
{
    static const MomController *const none[] = {NULL};
    EngineFixture *f = *state;
    MomEngineOptions without = options_of(5, 5, 10);
    MomEngineOptions with = options_of(5, 5, 10);

    without.controllers = none;
    engine_start(f);
    mom_engine_reconfigure(f->engine, &without);
    engine_add_guest(f, "a", 3000000);
    virtual_clock_advance(f->clock, 20 * SECOND);
    engine_assert_calls(f, "");
    mom_engine_reconfigure(f->engine, &with);
    virtual_clock_advance(f->clock, 10 * SECOND);
    engine_assert_calls(f, "a 2000000");
}

static void
test_history_grows_and_shrinks_with_the_samples_that_come(void **state)
{
    EngineFixture *f = *state;

    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    virtual_clock_advance(f->clock, 100 * SECOND);
    assert_int_equal(samples_of_the_guest(f), 10);
    mom_monitor_plan_set_history_length(f->guest_plan, 15);
    virtual_clock_advance(f->clock, 100 * SECOND);
    assert_int_equal(samples_of_the_guest(f), 15);
    mom_monitor_plan_set_history_length(f->guest_plan, 3);
    virtual_clock_advance(f->clock, 5 * SECOND);
    assert_int_equal(samples_of_the_guest(f), 3);
}

static void
test_a_slow_answer_comes_to_the_engine_as_it_is_then(void **state)
{
    EngineFixture *f = *state;
    MomEngineOptions options = options_of(1, 1, 2);

    f->silent = TRUE;
    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    mom_engine_reconfigure(f->engine, &options);
    virtual_clock_advance(f->clock, 20 * SECOND);
    assert_int_equal(f->asked, 1);
    engine_answer(f);
    virtual_clock_advance(f->clock, 0);
    engine_assert_calls(f, "a 2000000");
}

/* ---- policies ---- */

static void
test_a_changed_file_is_taken_up_and_what_was_pushed_stays(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GError) error = NULL;

    engine_add_guest(f, "a", 3500000);
    engine_start(f);
    engine_assert_calls(f, "a 2000000");
    assert_ok(mom_engine_set_policy(f->engine, "01-parameters", "(set on 0)", &error));
    assert_ok(mom_engine_set_policy(f->engine, "90-extra", "(defvar extra 1)", &error));
    engine_write_file(f->policy_dir, "00-defines.policy", three_quarters);
    engine_write_file(f->policy_dir, "20-more.policy", "(defvar more 1)\n");
    assert_ok(reread(f, &error));
    assert_string_equal(mom_policy_store_get(mom_engine_policies(f->engine), "01-parameters"),
                        "(set on 0)");
    assert_non_null(mom_policy_store_get(mom_engine_policies(f->engine), "90-extra"));
    assert_non_null(mom_policy_store_get(mom_engine_policies(f->engine), "20-more"));
    virtual_clock_advance(f->clock, 20 * SECOND);
    engine_assert_calls(f, "");
    assert_ok(mom_engine_set_policy(f->engine, "01-parameters", "(set on 1)", &error));
    virtual_clock_advance(f->clock, 10 * SECOND);
    engine_assert_calls(f, "a 3000000");
    assert_ok(mom_engine_reset_policies(f->engine, &error));
    assert_null(mom_policy_store_get(mom_engine_policies(f->engine), "01-parameters"));
}

static void
test_a_file_that_is_gone_is_gone_and_what_rpc_removed_stays_removed(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *act = g_build_filename(f->policy_dir, "10-act.policy", NULL);

    engine_write_file(f->policy_dir, "20-more.policy", "(defvar more 1)\n");
    engine_start(f);
    assert_ok(mom_engine_set_policy(f->engine, "20-more", NULL, &error));
    assert_int_equal(g_remove(act), 0);
    assert_ok(reread(f, &error));
    assert_null(mom_policy_store_get(mom_engine_policies(f->engine), "10-act"));
    assert_null(mom_policy_store_get(mom_engine_policies(f->engine), "20-more"));
    assert_non_null(mom_policy_store_get(mom_engine_policies(f->engine), "00-defines"));
}

static void
test_a_whole_set_that_was_pushed_stays(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *joined = NULL;

    engine_start(f);
    assert_ok(mom_engine_replace_policies(f->engine, "(defvar all 1)", &error));
    engine_write_file(f->policy_dir, "00-defines.policy", "(");
    assert_ok(reread(f, &error));
    joined = mom_policy_store_get_joined(mom_engine_policies(f->engine));
    assert_string_equal(joined, "(defvar all 1)");
}

/* What is wrong with the file's new text, and what the log says. */
static const struct {
    const char *file;
    const char *text;
    const char *says;
} bad_files[] = {
    {"10-act.policy", "(defvar x\n 1", "10-act:1:1"},
    {"10-act.policy", "(defvar x nosuch)", "10-act:1:11"},
    /* The other file is the one that fails then. */
    {"00-defines.policy", "(defvar on 1)\n", "10-act:3:"},
    /* Found only by a run on the present state. */
    {"00-defines.policy", "(defvar on 1)\n(defvar part (/ 1 (- Host.mem_free Host.mem_free)))\n",
     "00-defines:2:"},
};

static void
test_a_bad_file_leaves_all_that_is_in_force(void **state)
{
    EngineFixture *f = *state;

    engine_add_guest(f, "a", 3500000);
    engine_start(f);
    engine_assert_calls(f, "a 2000000");
    for (gsize i = 0; i < G_N_ELEMENTS(bad_files); i++) {
        g_autofree char *before = mom_policy_store_get_joined(mom_engine_policies(f->engine));
        g_autofree char *after = NULL;
        g_autofree char *path = g_build_filename(f->policy_dir, bad_files[i].file, NULL);
        g_autofree char *good = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree char *all = NULL;

        g_string_truncate(told, 0);
        assert_true(g_file_get_contents(path, &good, NULL, NULL));
        engine_write_file(f->policy_dir, "20-more.policy", "(defvar more 1)\n");
        engine_write_file(f->policy_dir, bad_files[i].file, bad_files[i].text);
        assert_false(reread(f, &error));
        all = g_strconcat(told->str, error->message, NULL);
        if (!strstr(all, bad_files[i].says))
            fail_msg("\"%s\" is not in \"%s\"", bad_files[i].says, all);
        after = mom_policy_store_get_joined(mom_engine_policies(f->engine));
        assert_string_equal(after, before);
        engine_write_file(f->policy_dir, bad_files[i].file, good);
    }
}

static void
test_a_bad_file_that_was_never_in_force_costs_only_itself(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GError) error = NULL;

    engine_write_file(f->policy_dir, "20-bad.policy", "(");
    engine_start(f);
    engine_write_file(f->policy_dir, "00-defines.policy", three_quarters);
    assert_ok(reread(f, &error));
    assert_string_equal(mom_policy_store_get(mom_engine_policies(f->engine), "00-defines"),
                        three_quarters);
    assert_null(mom_policy_store_get(mom_engine_policies(f->engine), "20-bad"));
}

static void
test_a_pushed_policy_that_would_not_fit_any_more_keeps_the_old_set(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GError) error = NULL;

    engine_start(f);
    assert_ok(mom_engine_set_policy(f->engine, "90-uses", "(defvar twice (* 2 part))", &error));
    engine_write_file(f->policy_dir, "00-defines.policy", "(defvar on 1)\n");
    engine_write_file(f->policy_dir, "10-act.policy", "(defvar idle 1)\n");
    assert_false(reread(f, &error));
    assert_non_null(strstr(error->message, "90-uses"));
    assert_non_null(
        strstr(mom_policy_store_get(mom_engine_policies(f->engine), "00-defines"), "part 0.5"));
}

static void
test_a_directory_that_cannot_be_read_leaves_all_in_force(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GError) error = NULL;

    engine_start(f);
    assert_false(mom_engine_reread_policies(f->engine, NULL, "/nonexistent/mom.d", &error));
    assert_non_null(mom_policy_store_get(mom_engine_policies(f->engine), "10-act"));
    g_clear_error(&error);
    engine_write_file(f->policy_dir, "00-defines.policy", three_quarters);
    assert_ok(mom_engine_reset_policies(f->engine, &error)); /* still of the old directory */
    assert_string_equal(mom_policy_store_get(mom_engine_policies(f->engine), "00-defines"),
                        three_quarters);
}

static void
test_another_directory_or_a_file_takes_the_place_of_the_first(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *other = g_build_filename(f->root, "other.d", NULL);
    g_autofree char *file = g_build_filename(other, "50-x.policy", NULL);

    engine_write_file(other, "50-x.policy", "(defvar x 1)");
    engine_start(f);
    assert_ok(mom_engine_reread_policies(f->engine, NULL, other, &error));
    assert_null(mom_policy_store_get(mom_engine_policies(f->engine), "10-act"));
    assert_non_null(mom_policy_store_get(mom_engine_policies(f->engine), "50-x"));
    assert_ok(mom_engine_reread_policies(f->engine, file, "", &error));
    assert_string_equal(mom_policy_store_get(mom_engine_policies(f->engine), MOM_POLICY_MAIN_NAME),
                        "(defvar x 1)");
    assert_ok(mom_engine_reset_policies(f->engine, &error));
    assert_non_null(mom_policy_store_get(mom_engine_policies(f->engine), MOM_POLICY_MAIN_NAME));
}

/* Log rotation asks for a reload every night. */
static void
test_unchanged_files_do_not_bring_back_a_set_that_failed(void **state)
{
    EngineFixture *f = *state;
    g_autoptr(GError) error = NULL;

    engine_start(f);
    engine_write_file(f->policy_dir, "20-late.policy",
                      "(with Guests guest (/ 1 (- guest.balloon_cur guest.balloon_cur)))\n");
    assert_ok(reread(f, &error));
    engine_add_guest(f, "a", 3500000);
    virtual_clock_advance(f->clock, 100 * SECOND);
    assert_true(mom_engine_uses_last_good(f->engine));
    assert_ok(reread(f, &error));
    assert_true(mom_engine_uses_last_good(f->engine));
}

/* ---- trust ---- */

static void
test_files_that_others_could_change_are_as_unreadable(void **state)
{
    EngineFixture *f = *state;
    MomTrust trust = {.also_uid = -1};
    g_autoptr(MomPolicies) policies = mom_policies_new(NULL, f->policy_dir, NULL, NULL);
    g_autofree char *act = g_build_filename(f->policy_dir, "10-act.policy", NULL);
    g_autoptr(GError) error = NULL;

    mom_policies_use_trust(policies, &trust);
    assert_int_equal(g_chmod(act, 0664), 0);
    assert_ok(mom_policies_reload(policies, &error));
    assert_non_null(mom_policy_store_get(mom_policies_store(policies), "00-defines"));
    assert_null(mom_policy_store_get(mom_policies_store(policies), "10-act"));
    assert_non_null(strstr(told->str, "mode 0664"));
    assert_int_equal(g_chmod(f->policy_dir, 0777), 0);
    assert_false(mom_policies_reload(policies, &error));
    assert_true(g_error_matches(error, MOM_TRUST_ERROR, MOM_TRUST_ERROR_WRITABLE));
    assert_non_null(mom_policy_store_get(mom_policies_store(policies), "00-defines"));
    trust.off = TRUE;
    g_clear_error(&error);
    assert_ok(mom_policies_reload(policies, &error));
    assert_non_null(mom_policy_store_get(mom_policies_store(policies), "10-act"));
}

/* ---- keys ---- */

/* A new key is none of these by itself: whoever adds it says which it is. */
static void
test_keys_that_need_a_restart_are_these(void **state)
{
    static const char *const restart[] = {
        "main/hypervisor-interface",
        "main/libvirt-hypervisor-uri",
        "main/guest-data",
        "main/plot-dir",
        "main/rpc-port",
        "main/host-root",
        "main/state-dir",
        "main/tuning-policy",
        "host/collectors",
        "guest/collectors",
        "main/decisions-kept",
        "main/rpc-allowed-users",
        "main/rpc-socket-mode",
        "main/rpc-socket-group",
        "libvirt/auth-user",
        "libvirt/auth-password-file",
        "libvirt/read-only",
        MOM_CONFIG_COLLECTOR_PREFIX "GuestQemuAgent/channel",
        MOM_CONFIG_COLLECTOR_PREFIX "GuestQemuAgent/socket_path",
        MOM_CONFIG_COLLECTOR_PREFIX "GuestQemuAgent/socket_name_template",
        MOM_CONFIG_COLLECTOR_PREFIX "GuestNetworkDaemon/name-to-ip-helper",
        MOM_CONFIG_COLLECTOR_PREFIX "GuestNetworkDaemon/port",
        MOM_CONFIG_COLLECTOR_PREFIX "GuestNetworkDaemon/vsock",
        NULL,
    };

    for (const MomConfigKey *key = mom_config_keys; key->section; key++) {
        g_autofree char *name = g_strconcat(key->section, "/", key->key, NULL);

        if (mom_reload_is_live(key->section, key->key) == g_strv_contains(restart, name))
            fail_msg("%s is live or needs a restart, and not both or neither", name);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TEST(test_a_shorter_interval_begins_now_and_history_stays),
        ENGINE_TEST(test_the_host_s_interval_is_what_policies_see),
        ENGINE_TEST(test_a_controller_that_is_taken_out_turns_nothing_any_more),
        ENGINE_TEST(test_history_grows_and_shrinks_with_the_samples_that_come),
        ENGINE_TEST(test_a_slow_answer_comes_to_the_engine_as_it_is_then),
        ENGINE_TEST(test_a_changed_file_is_taken_up_and_what_was_pushed_stays),
        ENGINE_TEST(test_a_file_that_is_gone_is_gone_and_what_rpc_removed_stays_removed),
        ENGINE_TEST(test_a_whole_set_that_was_pushed_stays),
        ENGINE_TEST(test_a_bad_file_leaves_all_that_is_in_force),
        ENGINE_TEST(test_a_bad_file_that_was_never_in_force_costs_only_itself),
        ENGINE_TEST(test_a_pushed_policy_that_would_not_fit_any_more_keeps_the_old_set),
        ENGINE_TEST(test_a_directory_that_cannot_be_read_leaves_all_in_force),
        ENGINE_TEST(test_another_directory_or_a_file_takes_the_place_of_the_first),
        ENGINE_TEST(test_unchanged_files_do_not_bring_back_a_set_that_failed),
        ENGINE_TEST(test_files_that_others_could_change_are_as_unreadable),
        cmocka_unit_test(test_keys_that_need_a_restart_are_these),
    };
    int failed;

    kept_log_begin();
    failed = cmocka_run_group_tests_name("reload", tests, NULL, NULL);
    kept_log_end();
    return failed;
}
