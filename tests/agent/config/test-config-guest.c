/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * [guest "NAME-PATTERN"] in configurations: which sections are such, what may stand in them, which
 * of several counts.
 */
#include "agent/config/config-guest.h"

#include <glib/gstdio.h>
#include <string.h>

#include "agent/config/config.h"
#include "agent/config/guarantees.h"
#include "tests/mom-test.h"

#define GIB_KIB 1048576

typedef struct {
    char *dir;
    MomConfig *config;
} Fixture;

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->dir = g_dir_make_tmp("mom-config-XXXXXX", NULL);
    f->config = mom_config_new();
    *state = f;
    return f->dir ? 0 : 1;
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    mom_config_free(f->config);
    g_rmdir(f->dir);
    g_free(f->dir);
    g_free(f);
    return 0;
}

static void
load(Fixture *f, const char *name, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(f->dir, name, NULL);

    assert_true(g_file_set_contents(path, text, -1, NULL));
    assert_ok(mom_config_load(f->config, path, &error));
    g_unlink(path);
}

static gint64
guarantee_of(Fixture *f, const char *name)
{
    g_autoptr(MomGuarantees) guarantees = mom_guarantees_new(f->config);
    gint64 kib = -1;

    mom_guarantees_find(guarantees, name, GIB_KIB, &kib);
    return kib;
}

/* The complaints begin with WANTED (after the folder), and are no more. */
static void
assert_complaints(Fixture *f, const char *const *wanted)
{
    const char *const *complaints = mom_config_complaints(f->config);

    for (; *wanted; wanted++, complaints++) {
        assert_non_null(*complaints);
        assert_true(g_str_has_prefix(*complaints, f->dir));
        if (!g_str_has_prefix(*complaints + strlen(f->dir) + 1, *wanted))
            fail_msg("%s\nis not: %s", *complaints, *wanted);
    }
    assert_null(*complaints);
}

#define assert_no_complaints(f) assert_complaints(f, (const char *const[]){NULL})

static void
a_pattern_stands_in_quotation_marks(void **state)
{
    const struct {
        const char *section;
        const char *pattern; /* NULL: no such section */
    } rows[] = {
        {"guest \"web-*\"", "web-*"},
        {"guest\t \"a b\"", "a b"},
        {"guest \"a\"b\"", "a\"b"},
        {"guest", NULL},
        {"guest \"\"", NULL},
        {"guest \"a", NULL},
        {"guest a", NULL},
        {"guest\"a\"", NULL},
        {"guests \"a\"", NULL},
        {"Guest \"a\"", NULL},
        {"guest \"a\" b", NULL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *pattern = mom_config_guest_pattern(rows[i].section);

        if (g_strcmp0(pattern, rows[i].pattern) != 0)
            fail_msg("[%s] is %s", rows[i].section, pattern);
    }
}

static void
an_amount_has_a_unit(void **state)
{
    const struct {
        const char *text;
        double amount; /* negative: refused */
        gboolean is_percent;
    } rows[] = {
        {"512 MiB", 524288, FALSE},   {"2GiB", 2097152, FALSE},
        {"1.5 gib", 1572864, FALSE},  {"7 KiB", 7, FALSE},
        {"1 TiB", 1073741824, FALSE}, {"0 KiB", 0, FALSE},
        {"50 %", 50, TRUE},           {"12.5%", 12.5, TRUE},
        {"100%", 100, TRUE},          {"101 %", -1, FALSE},
        {"512", -1, FALSE},           {"512 MB", -1, FALSE},
        {"MiB", -1, FALSE},           {"", -1, FALSE},
        {"-1 MiB", -1, FALSE},        {"+1 MiB", -1, FALSE},
        {"nan MiB", -1, FALSE},       {"inf MiB", -1, FALSE},
        {"1e300 TiB", -1, FALSE},     {"9e99 %", -1, FALSE},
        {"1 MiB 2", -1, FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        MomConfigShare share = {FALSE, -1};
        g_autofree char *fault = mom_config_guest_check("min-guarantee", rows[i].text);

        assert_int_equal(mom_config_parse_share(rows[i].text, &share), rows[i].amount >= 0);
        if (share.amount < rows[i].amount || share.amount > rows[i].amount)
            fail_msg("%s is %f", rows[i].text, share.amount);
        assert_int_equal(share.is_percent, rows[i].is_percent);
        assert_int_equal(fault == NULL, rows[i].amount >= 0);
    }
}

static void
the_first_section_that_matches_a_name_counts(void **state)
{
    Fixture *f = *state;

    load(f, "a.conf",
         "[guest \"web-1\"]\nmin-guarantee: 1 KiB\n"
         "[guest \"web-*\"]\nmin-guarantee = 50 %\n"
         "[guest \"db[12]\"]\nmin-guarantee: 2 KiB\n"
         "[guest \"?\"]\nmin-guarantee: 3 KiB\n"
         "[guest \"web-2\"]\nmin-guarantee: 4 KiB\n");
    assert_no_complaints(f);
    assert_int_equal(guarantee_of(f, "web-1"), 1);
    assert_int_equal(guarantee_of(f, "web-2"), GIB_KIB / 2);
    assert_int_equal(guarantee_of(f, "db2"), 2);
    assert_int_equal(guarantee_of(f, "db3"), -1);
    assert_int_equal(guarantee_of(f, "x"), 3);
    assert_int_equal(guarantee_of(f, "WEB-1"), -1);
}

static void
a_guarantee_is_never_above_the_guest_s_maximum(void **state)
{
    Fixture *f = *state;

    load(f, "a.conf", "[guest \"*\"]\nmin-guarantee: 3 TiB\n");
    assert_int_equal(guarantee_of(f, "a"), GIB_KIB);
}

static void
a_later_file_counts_more(void **state)
{
    Fixture *f = *state;

    load(f, "a.conf",
         "[guest \"a\"]\nmin-guarantee: 1 KiB\n"
         "[guest \"b*\"]\nmin-guarantee: 2 KiB\n");
    load(f, "b.conf",
         "[guest \"a\"]\nmin-guarantee: 3 KiB\n"
         "[guest \"bb\"]\nmin-guarantee: 4 KiB\n");
    assert_int_equal(guarantee_of(f, "a"), 3);
    assert_int_equal(guarantee_of(f, "bb"), 4);
    assert_int_equal(guarantee_of(f, "bc"), 2);
}

static void
what_is_wrong_is_told_with_its_place_and_left_out(void **state)
{
    Fixture *f = *state;
    const char *const wanted[] = {
        "a.conf:2: unknown key `min-garantee' in [guest \"a\"], did you mean `min-guarantee'?",
        "a.conf:5: [guest \"b\"] min-guarantee: `half' is no amount: ",
        "a.conf:6: unknown section [guest web], write [guest \"web\"]",
        "a.conf:8: unknown section [guest 'db'], write [guest \"db\"]",
        "a.conf:9: unknown section [guest \"\"], write [guest \"NAME-PATTERN\"]",
        "a.conf:10: unknown section [gest], did you mean [guest]?",
        NULL,
    };

    load(f, "a.conf",
         "[guest \"a\"]\nmin-garantee: 1 KiB\nmin-guarantee: 2 KiB\n"
         "[guest \"b\"]\nmin-guarantee: half\n"
         "[guest web]\nmin-guarantee: 1 KiB\n"
         "[guest 'db']\n[guest \"\"]\n[gest]\n");
    assert_complaints(f, wanted);
    assert_int_equal(guarantee_of(f, "a"), 2);
    assert_int_equal(guarantee_of(f, "b"), -1);
    assert_int_equal(guarantee_of(f, "web"), -1);
    assert_non_null(strstr(mom_config_misuse(f->config), "a.conf:5: [guest \"b\"] min-guarantee"));
}

static void
a_per_cent_sign_stands_for_itself(void **state)
{
    Fixture *f = *state;

    load(f, "a.conf", "[DEFAULT]\nx: 1\n[guest \"%(x)s\"]\nmin-guarantee: 25%\n");
    assert_no_complaints(f);
    assert_int_equal(guarantee_of(f, "%(x)s"), GIB_KIB / 4);
}

static void
note(const MomConfigGuestEntry *entry, gpointer data)
{
    GString *text = data;

    g_string_append_printf(text, "%s %s %s %s;", entry->pattern, entry->key, entry->value,
                           strrchr(entry->origin, '/') + 1);
}

static void
what_is_in_force_is_visited_by_weight(void **state)
{
    Fixture *f = *state;
    g_autoptr(GString) text = g_string_new(NULL);

    load(f, "a.conf",
         "[guest \"a\"]\nmin-guarantee: 1 KiB\n[guest \"b\"]\nmin-guarantee: x\n"
         "[guest \"c\"]\nother: 1\nmin-guarantee: 2 KiB\n");
    load(f, "b.conf", "[guest \"a\"]\nmin-guarantee: 3 KiB\n");
    mom_config_foreach_guest(f->config, note, text);
    assert_string_equal(text->str,
                        "a min-guarantee 3 KiB b.conf:2;c min-guarantee 2 KiB a.conf:7;");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_stands_in_quotation_marks),
        cmocka_unit_test(an_amount_has_a_unit),
        TEST(the_first_section_that_matches_a_name_counts),
        TEST(a_guarantee_is_never_above_the_guest_s_maximum),
        TEST(a_later_file_counts_more),
        TEST(what_is_wrong_is_told_with_its_place_and_left_out),
        TEST(a_per_cent_sign_stands_for_itself),
        TEST(what_is_in_force_is_visited_by_weight),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
