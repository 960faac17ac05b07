/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * agent/config: layers, types, complaints, vdsm's own file.
 *
 * Real files in a directory of the test's own.
 */
#include "tests/mom-test.h"

#include <glib/gstdio.h>
#include <string.h>

#include "agent/config/config-keys.h"
#include "agent/config/config.h"
#include "agent/config/guard-options.h"

typedef struct {
    char *dir;
    char *file;
    MomConfig *config;
} Fixture;

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->dir = g_dir_make_tmp("mom-config-XXXXXX", NULL);
    f->file = g_build_filename(f->dir, "momd.conf", NULL);
    f->config = mom_config_new();
    *state = f;
    return f->dir ? 0 : -1;
}

static void
remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        remove_tree(child);
    }
    g_remove(path);
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    mom_config_free(f->config);
    remove_tree(f->dir);
    g_free(f->file);
    g_free(f->dir);
    g_free(f);
    return 0;
}

static char *
write_file(Fixture *f, const char *name, const char *text)
{
    char *path = g_build_filename(f->dir, name, NULL);

    assert_true(g_file_set_contents(path, text, -1, NULL));
    return path;
}

static void
load(Fixture *f, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = write_file(f, "momd.conf", text);

    assert_ok(mom_config_load(f->config, path, &error));
}

/* WANTED: the complaint after "FILE:". */
static void
assert_complaint(Fixture *f, guint index, const char *wanted)
{
    const char *const *complaints = mom_config_complaints(f->config);
    g_autofree char *whole = g_strdup_printf("%s:%s", f->file, wanted);

    assert_true(g_strv_length((char **)complaints) > index);
    assert_string_equal(complaints[index], whole);
}

static void
assert_no_complaint(Fixture *f)
{
    assert_null(mom_config_complaints(f->config)[0]);
}

static void
the_defaults_are_the_references_and_of_their_own_type(void **state)
{
    Fixture *f = *state;

    for (const MomConfigKey *key = mom_config_keys; key->section; key++) {
        assert_null(mom_config_key_check(key, key->value));
        assert_string_equal(mom_config_get(f->config, key->section, key->key), key->value);
        assert_false(mom_config_is_set(f->config, key->section, key->key));
    }
    assert_no_complaint(f);
    assert_int_equal(mom_config_get_int(f->config, "main", "policy-engine-interval"), 10);
    assert_int_equal(mom_config_get_int(f->config, "logging", "max-bytes"), 2097152);
    assert_true(mom_config_get_bool(f->config, "main", "guest-manager-multi-thread"));
    assert_string_equal(mom_config_get(f->config, "main", "rpc-port"), "-1");
    assert_string_equal(mom_config_get(f->config, "main", "policy"), "");
    assert_null(mom_config_get(f->config, "main", "nosuch"));
}

static void
a_file_as_ovirt_hosts_have_it_is_read_without_complaint(void **state)
{
    Fixture *f = *state;
    g_autofree char *key = NULL;
    g_auto(GStrv) controllers = NULL;

    load(f, "[main]\npolicy-engine-interval: 15\nhypervisor-interface: vdsmjsonrpcclient\n"
            "controllers: Balloon, KSM,,CpuTune , IoTune\nrpc-port: /run/vdsm/mom-vdsm.sock\n"
            "[vdsm]\npki-dir=/pki\nkey-file=keys/k.pem\ncert-file=/abs/c.pem\nport=54322\n"
            "request-timeout=2.5\n[logging]\nverbosity: 5\n[Collector: GuestQemuAgent]\n"
            "socket_name_template: %(name)s.agent\n");
    assert_no_complaint(f);
    controllers = mom_config_get_list(f->config, "main", "controllers");
    assert_int_equal(g_strv_length(controllers), 4);
    assert_string_equal(controllers[2], "CpuTune");
    key = mom_config_vdsm_file(f->config, "key-file");
    assert_string_equal(key, "/pki/keys/k.pem");
    g_free(key);
    key = mom_config_vdsm_file(f->config, "cert-file");
    assert_string_equal(key, "/abs/c.pem");
    assert_int_equal(mom_config_get_int(f->config, "vdsm", "port"), 54322);
    assert_true(mom_config_get_double(f->config, "vdsm", "request-timeout") > 2.4);
    assert_int_equal(mom_config_get_int(f->config, "vdsm", "request-timeout"), 3);
    assert_string_equal(
        mom_config_get(f->config, "Collector: GuestQemuAgent", "socket_name_template"),
        "%(name)s.agent");
    assert_true(mom_config_is_set(f->config, "vdsm", "port"));
}

static void
values_are_interpolated_over_all_layers(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    load(f, "[DEFAULT]\nbase: /srv\nverbosity: debug\nspare: yes\n"
            "[main]\npolicy-dir: %(base)s/%(controllers)s/100%%\nplot-dir: %(policy)s\n");
    assert_string_equal(mom_config_get(f->config, "main", "policy-dir"), "/srv/Balloon/100%");
    assert_ok(mom_config_override(f->config, "main", "policy", "/a%(base)s", &error));
    assert_string_equal(mom_config_get(f->config, "main", "plot-dir"), "/a%(base)s");
    /* The reference's own defaults stand above [DEFAULT]. */
    assert_string_equal(mom_config_get(f->config, "logging", "verbosity"), "info");
    assert_string_equal(mom_config_get(f->config, "main", "spare"), "yes");
    assert_no_complaint(f);
}

static void
unknown_names_are_complaints_with_a_suggestion(void **state)
{
    Fixture *f = *state;

    load(f, "[main]\npolcy-dir: /x\nssl: no\nfrobnicate: 1\n[loging]\nlog: x\n"
            "[Collector: GuestQemuAgnet]\nx: 1\n[nothing at all]\n");
    assert_complaint(f, 0, "2: unknown key `polcy-dir' in [main], did you mean `policy-dir'?");
    assert_complaint(f, 1, "3: unknown key `ssl' in [main], it belongs into [vdsm]");
    assert_complaint(f, 2, "4: unknown key `frobnicate' in [main]");
    assert_complaint(f, 3, "5: unknown section [loging], did you mean [logging]?");
    assert_complaint(f, 4,
                     "7: unknown section [Collector: GuestQemuAgnet], "
                     "did you mean [Collector: GuestQemuAgent]?");
    assert_complaint(f, 5, "9: unknown section [nothing at all]");
    assert_null(mom_config_complaints(f->config)[6]);
    assert_string_equal(mom_config_get(f->config, "main", "frobnicate"), "1");
}

static void
values_of_the_wrong_type_leave_the_default(void **state)
{
    static const struct {
        const char *section;
        const char *key;
        const char *bad;
        const char *why;
    } cases[] = {
        {"main", "policy-engine-interval", "soon",
         "`soon' is not a number of seconds from 0.05 to 86400"},
        {"main", "policy-engine-interval", "nan",
         "`nan' is not a number of seconds from 0.05 to 86400"},
        {"main", "sample-history-length", "0", "`0' is not a whole number from 1 to 10000"},
        {"main", "sample-history-length", "1.5", "`1.5' is not a whole number from 1 to 10000"},
        {"main", "rpc-port", "65536", "`65536' is neither a path nor a port up to 65535 nor -1"},
        {"main", "rpc-port", "-2", "`-2' is neither a path nor a port up to 65535 nor -1"},
        {"main", "policy-dir", "/50%/x", "`%' must be doubled, or begin %(key)s: `%/x'"},
        {"main", "policy-dir", "%(nosuch)s", "%(nosuch)s stands for nothing"},
        {"logging", "verbosity", "loud",
         "`loud' is not one of critical, error, warn, info, debug, 1 to 5"},
        {"vdsm", "ssl", "maybe", "`maybe' is neither true nor false"},
        {"Collector: GuestQemuAgent", "channel", "serial",
         "`serial' is not one of libvirt, socket, auto"},
        {"Collector: GuestQemuAgent", "socket_name_template", "%(nam)s.agent",
         "`%(nam)s.agent' is neither %(name)s nor %(uuid)s nor %%"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture *f = *state;
        const MomConfigKey *key = mom_config_key_find(cases[i].section, cases[i].key);
        g_autofree char *text =
            g_strdup_printf("[%s]\n%s: %s\n", cases[i].section, cases[i].key, cases[i].bad);
        g_autofree char *wanted = g_strdup_printf("2: [%s] %s: %s; using `%s'", cases[i].section,
                                                  cases[i].key, cases[i].why, key->value);

        load(f, text);
        assert_complaint(f, 0, wanted);
        assert_string_equal(mom_config_get(f->config, key->section, key->key), key->value);
        mom_config_free(f->config);
        f->config = mom_config_new();
    }
}

static void
good_values_of_every_type_are_taken(void **state)
{
    Fixture *f = *state;

    load(f, "[main]\nguest-manager-multi-thread: OFF\nrpc-port: 8080\nhypervisor-interface: VDSM\n"
            "sample-history-length: +7\n[logging]\nverbosity: Warning\nmax-bytes: 0\n");
    assert_no_complaint(f);
    assert_false(mom_config_get_bool(f->config, "main", "guest-manager-multi-thread"));
    assert_int_equal(mom_config_get_int(f->config, "main", "sample-history-length"), 7);
    assert_int_equal(mom_config_get_int(f->config, "logging", "max-bytes"), 0);
}

static void
a_broken_file_changes_nothing(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    load(f, "[main]\npolicy: /first\n");
    assert_true(g_file_set_contents(f->file, "[main]\npolicy: /second\nword\n", -1, NULL));
    assert_fails(mom_config_load(f->config, f->file, &error), MOM_CONFIG_ERROR,
                 MOM_CONFIG_ERROR_SYNTAX);
    assert_string_equal(mom_config_get(f->config, "main", "policy"), "/first");
    assert_fails(mom_config_load(f->config, "/nonexistent/momd.conf", &error), MOM_CONFIG_ERROR,
                 MOM_CONFIG_ERROR_UNREADABLE);
    assert_fails(mom_config_load(f->config, f->dir, &error), MOM_CONFIG_ERROR,
                 MOM_CONFIG_ERROR_UNREADABLE);
}

static void
a_file_that_is_no_configuration_is_refused(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *big = g_strnfill(MOM_CONFIG_FILE_BYTES + 1, '\n');
    g_autofree char *path = write_file(f, "momd.conf", big);

    assert_fails(mom_config_load(f->config, path, &error), MOM_CONFIG_ERROR,
                 MOM_CONFIG_ERROR_UNREADABLE);
}

static void
the_command_line_stands_over_files(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    assert_ok(mom_config_override(f->config, "logging", "verbosity", "debug", &error));
    load(f, "[logging]\nverbosity: error\n");
    assert_string_equal(mom_config_get(f->config, "logging", "verbosity"), "debug");
    assert_fails(mom_config_override(f->config, "logging", "verbosity", "loud", &error),
                 MOM_CONFIG_ERROR, MOM_CONFIG_ERROR_VALUE);
    assert_fails(mom_config_override(f->config, "logging", "nosuch", "1", &error), MOM_CONFIG_ERROR,
                 MOM_CONFIG_ERROR_VALUE);
    assert_string_equal(mom_config_get(f->config, "logging", "verbosity"), "debug");
}

static void
a_later_file_stands_over_an_earlier(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *second = write_file(f, "second.conf", "[main]\npolicy: /b\n");

    load(f, "[main]\npolicy: /a\nplot-dir: /plots\n");
    assert_ok(mom_config_load(f->config, second, &error));
    assert_string_equal(mom_config_get(f->config, "main", "policy"), "/b");
    assert_string_equal(mom_config_get(f->config, "main", "plot-dir"), "/plots");
}

static void
two_policy_sources_are_a_conflict_that_names_both(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *place = g_strdup_printf("%s:2", f->file);

    load(f, "[main]\npolicy: /a\n");
    assert_ok(mom_config_check_policy_source(f->config, &error));
    assert_ok(mom_config_override(f->config, "main", "policy-dir", "/d", &error));
    assert_false(mom_config_check_policy_source(f->config, &error));
    assert_true(g_error_matches(error, MOM_CONFIG_ERROR, MOM_CONFIG_ERROR_CONFLICT));
    assert_non_null(strstr(error->message, place));
    assert_non_null(strstr(error->message, "command line"));
}

static void
vdsms_own_file_gives_the_defaults(void **state)
{
    Fixture *f = *state;
    g_autofree char *path = write_file(f, "vdsm.conf",
                                       "[vars]\nssl = false\n[addresses]\nmanagement_port = 54330\n"
                                       "[mom]\ntuning_policy = 20-engine\n");

    assert_string_equal(mom_config_get(f->config, "main", "tuning-policy"), "01-parameters");
    mom_config_load_vdsm_conf(f->config, path);
    assert_string_equal(mom_config_get(f->config, "main", "tuning-policy"), "20-engine");
    assert_false(mom_config_get_bool(f->config, "vdsm", "ssl"));
    assert_int_equal(mom_config_get_int(f->config, "vdsm", "port"), 54330);
    load(f, "[vdsm]\nport: 1\n[main]\ntuning-policy: mine\n");
    assert_int_equal(mom_config_get_int(f->config, "vdsm", "port"), 1);
    assert_string_equal(mom_config_get(f->config, "main", "tuning-policy"), "mine");
    assert_false(mom_config_is_set(f->config, "vdsm", "ssl"));
    assert_no_complaint(f);
}

static void
vdsms_drop_ins_stand_over_its_file(void **state)
{
    Fixture *f = *state;
    g_autofree char *path = write_file(f, "vdsm.conf", "[addresses]\nmanagement_port = 1\n");
    g_autofree char *dir = g_build_filename(f->dir, "vdsm.conf.d", NULL);
    g_autofree char *first = NULL;
    g_autofree char *second = NULL;
    g_autofree char *other = NULL;

    assert_int_equal(g_mkdir(dir, 0755), 0);
    first = write_file(f, "vdsm.conf.d/50-a.conf", "[addresses]\nmanagement_port = 2\n");
    second = write_file(f, "vdsm.conf.d/60-b.conf", "[addresses]\nmanagement_port = 3\n");
    other = write_file(f, "vdsm.conf.d/70-c.bak", "[addresses]\nmanagement_port = 4\n");
    mom_config_load_vdsm_conf(f->config, path);
    assert_int_equal(mom_config_get_int(f->config, "vdsm", "port"), 3);
}

/* The tree that a host has, below the test's directory. */
static void
vdsms_drop_ins_of_all_three_directories_count_by_base_name(void **state)
{
    static const struct {
        const char *file;
        const char *text;
    } files[] = {
        {"etc/vdsm/vdsm.conf", "[addresses]\nmanagement_port = 1\n[vars]\nssl = true\n"},
        {"etc/vdsm/vdsm.conf.d/50-a.conf", "[addresses]\nmanagement_port = 2\n"},
        {"run/vdsm/vdsm.conf.d/60-b.conf", "[addresses]\nmanagement_port = %(base)s3\n"},
        {"usr/lib/vdsm/vdsm.conf.d/55-c.conf", "[addresses]\nmanagement_port = 4\n"},
        {"usr/lib/vdsm/vdsm.conf.d/70-same.conf", "[addresses]\nbase = 7\n[vars]\nssl = yes\n"},
        {"etc/vdsm/vdsm.conf.d/70-same.conf", "[addresses]\nbase = 9\n[vars]\nssl = 0\n"},
        {"run/vdsm/vdsm.conf.d/70-same.conf", "[addresses]\nbase = 8\n[vars]\nssl = on\n"},
        {"run/vdsm/vdsm.conf.d/.99.conf", "[addresses]\nmanagement_port = 5\n"},
        {"run/vdsm/vdsm.conf.d/99", "[addresses]\nmanagement_port = 6\n"},
    };
    Fixture *f = *state;
    g_autofree char *main_file = g_build_filename(f->dir, files[0].file, NULL);
    g_autofree char *port_origin = g_strdup_printf("%s/run/vdsm/vdsm.conf.d/60-b.conf:2", f->dir);
    g_autofree char *origin = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(f->dir, files[i].file, NULL);
        g_autofree char *dir = g_path_get_dirname(path);

        assert_int_equal(g_mkdir_with_parents(dir, 0755), 0);
        assert_true(g_file_set_contents(path, files[i].text, -1, NULL));
    }
    mom_config_load_vdsm_conf(f->config, main_file);
    assert_no_complaint(f);
    assert_int_equal(mom_config_get_int(f->config, "vdsm", "port"), 93);
    assert_false(mom_config_get_bool(f->config, "vdsm", "ssl"));
    origin = mom_config_origin(f->config, "vdsm", "port");
    assert_string_equal(origin, port_origin);
}

static void
where_a_value_is_from_is_known(void **state)
{
    static const struct {
        const char *section;
        const char *key;
        const char *origin; /* a line of the file, or as it is */
    } cases[] = {
        {"main", "policy", "command line"},
        {"main", "rpc-port", "2"},
        {"main", "controllers", "default"},
        {"main", "sample-history-length", "default"}, /* of the wrong type */
        {"Collector: GuestQemuAgent", "socket_path", "7"},
        {"Collector: GuestQemuAgent", "socket_name_template", "default"},
    };
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *misuse = g_strdup_printf(
        "%s:5: [main] sample-history-length: `x' is not a whole number from 1 to 10000", f->file);

    load(f, "[main]\nrpc-port: 7\npolicy: /a\n\nsample-history-length: x\n"
            "[Collector: GuestQemuAgent]\nsocket_path: /run/%s\n");
    assert_ok(mom_config_override(f->config, "main", "policy", "/b", &error));
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *line = g_strdup_printf("%s:%s", f->file, cases[i].origin);
        g_autofree char *origin = mom_config_origin(f->config, cases[i].section, cases[i].key);

        assert_string_equal(origin, g_ascii_isdigit(*cases[i].origin) ? line : cases[i].origin);
    }
    assert_string_equal(mom_config_misuse(f->config), misuse);
    assert_string_equal(mom_config_get(f->config, "Collector: GuestQemuAgent", "socket_path"),
                        "/run/%s");
    assert_string_equal(
        mom_config_get(f->config, "Collector: GuestQemuAgent", "socket_name_template"),
        "%(name)s.agent");
}

static void
a_file_that_others_could_change_is_refused_and_nothing_of_it_in_force(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *path = write_file(f, "momd.conf", "[main]\ntrust-writable-paths: true\n");
    g_autofree char *vdsm = write_file(f, "vdsm.conf", "[vars]\nssl: no\n");

    assert_int_equal(g_chmod(path, 0664), 0);
    assert_int_equal(g_chmod(vdsm, 0646), 0);
    mom_config_check_trust(f->config, FALSE);
    assert_fails(mom_config_load(f->config, path, &error), MOM_CONFIG_ERROR,
                 MOM_CONFIG_ERROR_UNTRUSTED);
    assert_false(mom_config_get_bool(f->config, "main", "trust-writable-paths"));
    mom_config_load_vdsm_conf(f->config, vdsm);
    assert_true(mom_config_get_bool(f->config, "vdsm", "ssl"));
    assert_non_null(strstr(mom_config_complaints(f->config)[0], "mode 0646"));
    mom_config_check_trust(f->config, TRUE);
    assert_ok(mom_config_load(f->config, path, &error));
    mom_config_load_vdsm_conf(f->config, vdsm);
    assert_false(mom_config_get_bool(f->config, "vdsm", "ssl"));
}

static void
a_bad_vdsm_file_is_a_complaint_and_a_missing_one_is_none(void **state)
{
    Fixture *f = *state;
    g_autofree char *path =
        write_file(f, "vdsm.conf", "[vars]\nssl: perhaps\n[addresses]\nmanagement_port: %(x\n");
    g_autofree char *wanted = g_strdup_printf(
        "%s:2: [vars] ssl: `perhaps' is neither true nor false; left as it was", path);

    mom_config_load_vdsm_conf(f->config, "/nonexistent/vdsm.conf");
    assert_no_complaint(f);
    mom_config_load_vdsm_conf(f->config, path);
    assert_string_equal(mom_config_complaints(f->config)[0], wanted);
    assert_non_null(mom_config_complaints(f->config)[1]);
    assert_null(mom_config_complaints(f->config)[2]);
    assert_true(mom_config_get_bool(f->config, "vdsm", "ssl"));
    assert_int_equal(mom_config_get_int(f->config, "vdsm", "port"), 54321);
}

static void
vdsms_file_may_be_named_by_the_configuration_itself(void **state)
{
    Fixture *f = *state;
    g_autofree char *path = write_file(f, "vdsm.conf", "[vars]\nssl: 0\n");
    g_autofree char *text = g_strdup_printf("[vdsm]\nvdsm-conf: %s\n", path);

    load(f, text);
    mom_config_load_vdsm_conf(f->config, mom_config_get(f->config, "vdsm", "vdsm-conf"));
    assert_false(mom_config_get_bool(f->config, "vdsm", "ssl"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Member by member: what lies between them is nobody's. */
static void
assert_same_rails(const MomRailLimits *a, const MomRailLimits *b)
{
    assert_true(a->settle_s == b->settle_s);
    assert_true(a->guest_reserve_percent == b->guest_reserve_percent);
    assert_true(a->host_reserve_percent == b->host_reserve_percent);
    assert_true(a->host_critical_percent == b->host_critical_percent);
    assert_true(a->max_change_percent == b->max_change_percent);
    assert_true(a->blind_after_s == b->blind_after_s);
    assert_true(a->stuck_after_s == b->stuck_after_s);
    assert_int_equal(a->allow_passthrough, b->allow_passthrough);
    assert_int_equal(a->allow_hugepages, b->allow_hugepages);
    assert_int_equal(a->allow_stale, b->allow_stale);
}

static void
rails_and_dry_run_come_as_the_guard_takes_them(void **state)
{
    Fixture *f = *state;
    MomGuardOptions options = mom_guard_options_from_config(f->config);

    assert_int_equal(options.dry_knobs, 0);
    assert_same_rails(&options.rails, &mom_rail_limits_default);
    load(f, "[main]\ndry-run: KSM, balloon\n[rails]\nsettle-time: 2.5\nguest-reserve: 7 %%\n"
            "host-reserve: 0\nhost-critical: 101\nmax-change: fast\nallow-hugepages: yes\n");
    options = mom_guard_options_from_config(f->config);
    assert_int_equal(options.dry_knobs, 1u << MOM_GUARD_KSM | 1u << MOM_GUARD_BALLOON);
    assert_true(options.rails.settle_s == 2.5 && options.rails.guest_reserve_percent == 7);
    assert_true(options.rails.host_reserve_percent == 0 && options.rails.allow_hugepages);
    /* What is no percentage is a complaint, and the default is used. */
    assert_true(options.rails.host_critical_percent == 5 && options.rails.max_change_percent == 10);
    assert_int_equal(g_strv_length((char **)mom_config_complaints(f->config)), 2);
    assert_true(mom_config_override(f->config, "main", "dry-run", "true", NULL));
    assert_int_equal(mom_guard_options_from_config(f->config).dry_knobs, ~0u);
    assert_false(mom_config_override(f->config, "main", "dry-run", "cpu, memory", NULL));
}

static void
a_word_is_one_of_those_that_are_listed(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    assert_string_equal(mom_config_get(f->config, "main", "guest-data"), "auto");
    load(f, "[main]\nguest-data: vdsm\n");
    assert_string_equal(mom_config_get(f->config, "main", "guest-data"), "vdsm");
    assert_no_complaint(f);
    assert_false(mom_config_override(f->config, "main", "guest-data", "auto, libvirt", &error));
    assert_non_null(strstr(error->message, "`auto, libvirt' is not one of auto, libvirt, vdsm"));
    load(f, "[main]\nguest-data: qemu\n");
    assert_string_equal(mom_config_get(f->config, "main", "guest-data"), "auto");
    assert_int_equal(g_strv_length((char **)mom_config_complaints(f->config)), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_defaults_are_the_references_and_of_their_own_type),
        TEST(a_file_as_ovirt_hosts_have_it_is_read_without_complaint),
        TEST(values_are_interpolated_over_all_layers),
        TEST(unknown_names_are_complaints_with_a_suggestion),
        TEST(values_of_the_wrong_type_leave_the_default),
        TEST(good_values_of_every_type_are_taken),
        TEST(a_word_is_one_of_those_that_are_listed),
        TEST(a_broken_file_changes_nothing),
        TEST(a_file_that_is_no_configuration_is_refused),
        TEST(the_command_line_stands_over_files),
        TEST(a_later_file_stands_over_an_earlier),
        TEST(two_policy_sources_are_a_conflict_that_names_both),
        TEST(vdsms_own_file_gives_the_defaults),
        TEST(vdsms_drop_ins_stand_over_its_file),
        TEST(vdsms_drop_ins_of_all_three_directories_count_by_base_name),
        TEST(where_a_value_is_from_is_known),
        TEST(a_file_that_others_could_change_is_refused_and_nothing_of_it_in_force),
        TEST(a_bad_vdsm_file_is_a_complaint_and_a_missing_one_is_none),
        TEST(vdsms_file_may_be_named_by_the_configuration_itself),
        TEST(rails_and_dry_run_come_as_the_guard_takes_them),
    };

    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
