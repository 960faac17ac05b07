/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whose files are believed: real files with real modes and owners below a directory of the test's
 * own in the sticky /tmp.
 *
 * Owners can be given by root alone; without root those cases are skipped.
 */
#include "agent/config/trust.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/mom-test.h"

/* Of nobody's account, and of the one that stands for vdsm's. */
#define STRANGER 54321
#define VDSM 54322

typedef struct {
    char *dir;
    char *file;
    MomTrust trust;
} Fixture;

static char *
make_file(Fixture *f, const char *name, mode_t mode)
{
    char *path = g_build_filename(f->dir, name, NULL);

    assert_true(g_file_set_contents(path, "x", 1, NULL));
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static char *
make_dir(Fixture *f, const char *name, mode_t mode)
{
    char *path = g_build_filename(f->dir, name, NULL);

    assert_int_equal(g_mkdir(path, 0700), 0);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

/* For those that only have to be there. */
static void
add_file(Fixture *f, const char *name)
{
    g_free(make_file(f, name, 0644));
}

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->dir = g_dir_make_tmp("mom-trust-XXXXXX", NULL);
    f->file = make_file(f, "file", 0644);
    f->trust.also_uid = -1;
    *state = f;
    return 0;
}

static void
remove_tree(const char *path)
{
    g_autoptr(GDir) dir =
        g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
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

    remove_tree(f->dir);
    g_free(f->file);
    g_free(f->dir);
    g_free(f);
    return 0;
}

static void
assert_trusted(Fixture *f, const char *path, MomTrustKind kind)
{
    g_autoptr(GError) error = NULL;

    assert_ok(mom_trust_check(&f->trust, path, kind, &error));
}

/* SAYS is in the message. */
static void
assert_refused(
    Fixture *f, const char *path, MomTrustKind kind, MomTrustErrorCode code, const char *says)
{
    g_autoptr(GError) error = NULL;

    assert_false(mom_trust_check(&f->trust, path, kind, &error));
    assert_true(g_error_matches(error, MOM_TRUST_ERROR, (int)code));
    assert_non_null(strstr(error->message, path));
    if (!strstr(error->message, says))
        fail_msg("\"%s\" is not in \"%s\"", says, error->message);
}

static void
a_file_that_only_its_owner_may_write_is_trusted(void **state)
{
    Fixture *f = *state;

    assert_trusted(f, f->file, MOM_TRUST_FILE);
    assert_trusted(f, f->dir, MOM_TRUST_DIRECTORY);
    assert_trusted(f, "/etc/passwd", MOM_TRUST_FILE);
    assert_true(mom_trust_check(NULL, "/nonexistent", MOM_TRUST_FILE, NULL));
}

static void
a_file_that_group_or_others_may_write_is_refused_with_what_to_do(void **state)
{
    static const struct {
        mode_t mode;
        const char *says;
    } cases[] = {
        {0664, "mode 0664"}, {0646, "mode 0646"}, {0666, "mode 0666"}, {0020, "mode 0020"}};
    Fixture *f = *state;
    g_autofree char *remedy = g_strdup_printf("`chmod go-w %s'", f->file);

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        assert_int_equal(chmod(f->file, cases[i].mode), 0);
        assert_refused(f, f->file, MOM_TRUST_FILE, MOM_TRUST_ERROR_WRITABLE, cases[i].says);
    }
    assert_refused(f, f->file, MOM_TRUST_FILE, MOM_TRUST_ERROR_WRITABLE, remedy);
    assert_refused(f, f->file, MOM_TRUST_FILE, MOM_TRUST_ERROR_WRITABLE,
                   "`trust-writable-paths: true'");
    f->trust.option_only = TRUE;
    assert_refused(f, f->file, MOM_TRUST_FILE, MOM_TRUST_ERROR_WRITABLE,
                   "allow it with the option --trust-writable-paths");
}

static void
the_switch_trusts_all_owners_and_modes_but_no_other_kind(void **state)
{
    Fixture *f = *state;
    g_autofree char *pipe = g_build_filename(f->dir, "pipe", NULL);

    f->trust.off = TRUE;
    assert_int_equal(chmod(f->file, 0666), 0);
    assert_trusted(f, f->file, MOM_TRUST_FILE);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_refused(f, pipe, MOM_TRUST_FILE, MOM_TRUST_ERROR_KIND, "no regular file");
}

static void
a_file_in_a_directory_that_others_may_write_is_refused_by_the_directory(void **state)
{
    Fixture *f = *state;
    g_autofree char *dir = make_dir(f, "open", 0777);
    g_autofree char *below = make_dir(f, "open/below", 0755);
    g_autofree char *file = make_file(f, "open/below/file", 0644);
    g_autofree char *says = g_strdup_printf("%s has owner ", dir);
    g_autofree char *remedy = g_strdup_printf("`chmod go-w %s'", dir);

    assert_refused(f, file, MOM_TRUST_FILE, MOM_TRUST_ERROR_WRITABLE, says);
    assert_refused(f, file, MOM_TRUST_FILE, MOM_TRUST_ERROR_WRITABLE, remedy);
    assert_refused(f, below, MOM_TRUST_DIRECTORY, MOM_TRUST_ERROR_WRITABLE, says);
}

static void
a_sticky_directory_is_good_on_the_way_and_to_put_files_in(void **state)
{
    Fixture *f = *state;
    g_autofree char *dir = make_dir(f, "sticky", 01777);
    g_autofree char *file = make_file(f, "sticky/file", 0644);

    assert_trusted(f, file, MOM_TRUST_FILE);
    assert_trusted(f, dir, MOM_TRUST_PLACE);
    assert_refused(f, dir, MOM_TRUST_DIRECTORY, MOM_TRUST_ERROR_WRITABLE, "mode 1777");
}

static void
an_owner_must_be_root_ourselves_or_the_one_more(void **state)
{
    Fixture *f = *state;
    g_autofree char *remedy = g_strdup_printf("`chown root %s'", f->file);
    g_autofree char *both = g_strdup_printf("`chown root %s && chmod go-w %s'", f->file, f->file);

    if (geteuid() != 0)
        skip();
    assert_int_equal(chown(f->file, STRANGER, 0), 0);
    assert_refused(f, f->file, MOM_TRUST_FILE, MOM_TRUST_ERROR_WRITABLE, remedy);
    assert_refused(f, f->file, MOM_TRUST_FILE, MOM_TRUST_ERROR_WRITABLE, "owner user 54321");
    f->trust.also_uid = VDSM;
    assert_int_equal(chmod(f->file, 0660), 0);
    assert_refused(f, f->file, MOM_TRUST_FILE, MOM_TRUST_ERROR_WRITABLE, both);
    /* As vdsm's key is on an oVirt host. */
    assert_int_equal(chown(f->file, VDSM, 36), 0);
    assert_int_equal(chmod(f->file, 0440), 0);
    assert_trusted(f, f->file, MOM_TRUST_FILE);
    f->trust.also_uid = -1;
    assert_refused(f, f->file, MOM_TRUST_FILE, MOM_TRUST_ERROR_WRITABLE, remedy);
}

static void
a_link_is_judged_by_what_it_leads_to(void **state)
{
    Fixture *f = *state;
    g_autofree char *good = g_build_filename(f->dir, "good", NULL);
    g_autofree char *bad = g_build_filename(f->dir, "bad", NULL);
    g_autofree char *dir = make_dir(f, "open", 0777);
    g_autofree char *target = make_file(f, "open/file", 0644);

    assert_int_equal(symlink("./file", good), 0);
    assert_trusted(f, good, MOM_TRUST_FILE);
    assert_int_equal(symlink(target, bad), 0);
    assert_refused(f, bad, MOM_TRUST_FILE, MOM_TRUST_ERROR_WRITABLE, dir);
}

static void
a_link_of_somebody_else_is_refused_wherever_it_leads(void **state)
{
    Fixture *f = *state;
    g_autofree char *dir = make_dir(f, "sticky", 01777);
    g_autofree char *link = g_build_filename(dir, "link", NULL);

    if (geteuid() != 0)
        skip();
    assert_int_equal(symlink("/etc/passwd", link), 0);
    assert_trusted(f, link, MOM_TRUST_FILE);
    assert_int_equal(lchown(link, STRANGER, 0), 0);
    assert_refused(f, link, MOM_TRUST_FILE, MOM_TRUST_ERROR_WRITABLE, "owner user 54321");
}

static void
two_dots_go_up_from_where_a_link_led(void **state)
{
    Fixture *f = *state;
    g_autofree char *open = make_dir(f, "open", 0777);
    g_autofree char *closed = make_dir(f, "closed", 0755);
    g_autofree char *link = g_build_filename(closed, "link", NULL);
    g_autofree char *path = g_build_filename(link, "..", "file", NULL);

    g_free(make_dir(f, "open/below", 0755));
    add_file(f, "open/file");
    add_file(f, "closed/file");
    assert_int_equal(symlink("../open/below", link), 0);
    assert_refused(f, path, MOM_TRUST_FILE, MOM_TRUST_ERROR_WRITABLE, open);
}

static void
links_in_a_circle_end(void **state)
{
    Fixture *f = *state;
    g_autofree char *one = g_build_filename(f->dir, "one", NULL);
    g_autofree char *two = g_build_filename(f->dir, "two", NULL);

    assert_int_equal(symlink("two", one), 0);
    assert_int_equal(symlink("one", two), 0);
    assert_refused(f, one, MOM_TRUST_FILE, MOM_TRUST_ERROR_KIND, "more than 40 links");
}

static void
what_is_not_there_is_left_to_who_opens_it_but_not_in_an_open_directory(void **state)
{
    Fixture *f = *state;
    g_autofree char *dir = make_dir(f, "open", 0777);
    g_autofree char *file = g_build_filename(dir, "nosuch", NULL);

    assert_trusted(f, "/nonexistent/file", MOM_TRUST_FILE);
    assert_refused(f, file, MOM_TRUST_FILE, MOM_TRUST_ERROR_WRITABLE, dir);
}

static void
the_kind_must_be_what_is_asked_for(void **state)
{
    Fixture *f = *state;

    assert_refused(f, f->dir, MOM_TRUST_FILE, MOM_TRUST_ERROR_KIND, "no regular file");
    assert_refused(f, f->file, MOM_TRUST_DIRECTORY, MOM_TRUST_ERROR_KIND, "no directory");
    assert_trusted(f, "/dev/null", MOM_TRUST_FILE);
    assert_refused(f, "/dev/zero", MOM_TRUST_FILE, MOM_TRUST_ERROR_KIND, "no regular file");
}

static void
a_relative_path_counts_from_the_present_directory(void **state)
{
    Fixture *f = *state;
    g_autofree char *before = g_get_current_dir();
    g_autofree char *dir = make_dir(f, "open", 0777);

    add_file(f, "open/file");
    assert_int_equal(chdir(f->dir), 0);
    assert_trusted(f, "file", MOM_TRUST_FILE);
    assert_refused(f, "open/file", MOM_TRUST_FILE, MOM_TRUST_ERROR_WRITABLE, dir);
    assert_int_equal(chdir(before), 0);
}

static void
a_path_that_a_shell_would_split_is_quoted(void **state)
{
    Fixture *f = *state;
    g_autofree char *file = make_file(f, "a b", 0666);
    g_autofree char *says = g_strdup_printf("`chmod go-w '%s''", file);

    assert_refused(f, file, MOM_TRUST_FILE, MOM_TRUST_ERROR_WRITABLE, says);
}

static void
a_secret_is_one_that_others_cannot_read(void **state)
{
    Fixture *f = *state;
    g_autofree char *fault = mom_trust_secret_fault(f->file);

    assert_non_null(strstr(fault, "mode 0644"));
    assert_int_equal(chmod(f->file, 0440), 0);
    assert_null(mom_trust_secret_fault(f->file));
    assert_null(mom_trust_secret_fault("/nonexistent"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_that_only_its_owner_may_write_is_trusted),
        TEST(a_file_that_group_or_others_may_write_is_refused_with_what_to_do),
        TEST(the_switch_trusts_all_owners_and_modes_but_no_other_kind),
        TEST(a_file_in_a_directory_that_others_may_write_is_refused_by_the_directory),
        TEST(a_sticky_directory_is_good_on_the_way_and_to_put_files_in),
        TEST(an_owner_must_be_root_ourselves_or_the_one_more),
        TEST(a_link_is_judged_by_what_it_leads_to),
        TEST(a_link_of_somebody_else_is_refused_wherever_it_leads),
        TEST(two_dots_go_up_from_where_a_link_led),
        TEST(links_in_a_circle_end),
        TEST(what_is_not_there_is_left_to_who_opens_it_but_not_in_an_open_directory),
        TEST(the_kind_must_be_what_is_asked_for),
        TEST(a_relative_path_counts_from_the_present_directory),
        TEST(a_path_that_a_shell_would_split_is_quoted),
        TEST(a_secret_is_one_that_others_cannot_read),
    };

    return cmocka_run_group_tests_name("trust", tests, NULL, NULL);
}
