/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A real libvirtd that asks for user and password, as on oVirt hosts: SASL with SCRAM-SHA-256, and
 * the user vdsm@ovirt.
 */
#include "libvirt-client/virt.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#include "tests/libvirt-client/libvirtd.h"
#include "tests/mom-test.h"

#define USER "vdsm@ovirt"

typedef struct {
    Libvirtd *daemon;
    MomVirt *virt;
    char *password_file;
    int changes[4]; /* by MomVirtState */
    GError *reason;
    const char *vetted_fault; /* what is wrong with the password file, to the vetter */
    int vetted;
    int answers;
    guint n_guests;
} Fixture;

#define run_until(condition)                                                                       \
    while (!(condition))                                                                           \
    g_main_context_iteration(NULL, TRUE)

static void
on_changed(MomVirtState state, const GError *error, gpointer data)
{
    Fixture *f = data;

    f->changes[state]++;
    if (error != NULL) {
        g_clear_error(&f->reason);
        f->reason = g_error_copy(error);
    }
}

static void
take_guests(GPtrArray *guests, const GError *error, gpointer data)
{
    Fixture *f = data;

    f->answers++;
    f->n_guests = guests != NULL ? guests->len : 0;
}

static gboolean
vet(const char *file, gpointer data, GError **error)
{
    Fixture *f = data;

    f->vetted++;
    assert_string_equal(file, f->password_file);
    if (f->vetted_fault == NULL)
        return TRUE;
    g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_PERM, f->vetted_fault);
    return FALSE;
}

/* Cyrus SASL's SCRAM forgets its questions when they are not answered: 144 bytes for each refusal,
 * and none of ours. */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
    return "leak:_plug_make_prompts\n";
}

/* The daemon's book of users, with one in it. */
static void
write_users(Fixture *f)
{
    g_autofree char *book = g_build_filename(f->daemon->folder, "passwd.db", NULL);
    g_autofree char *command =
        g_strdup_printf("printf secret | saslpasswd2 -p -c -a libvirt -f '%s' '%s'", book, USER);
    char *argv[] = {(char *)"sh", (char *)"-c", command, NULL};
    char *envp[] = {(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
    g_autofree char *complaints = NULL;
    g_autofree char *config = g_strdup_printf("mech_list: scram-sha-256\nsasldb_path: %s\n", book);
    int status = -1;

    assert_true(g_spawn_sync("/", argv, envp, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, &complaints,
                             &status, NULL));
    if (status != 0)
        fail_msg("saslpasswd2 (package sasl2-bin): %s", complaints);
    assert_int_equal(g_chmod(book, 0644), 0);
    g_free(libvirtd_write(f->daemon, "libvirt.conf", config));
}

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);
    g_autofree char *config = NULL;

    f->daemon = libvirtd_new();
    write_users(f);
    config = libvirtd_write(f->daemon, "libvirtd.conf", "auth_unix_rw = \"sasl\"\n");
    libvirtd_start(f->daemon, config, f->daemon->folder);
    f->password_file = libvirtd_write(f->daemon, "password", "secret\n");
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    mom_virt_free(f->virt);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    libvirtd_free(f->daemon);
    g_clear_error(&f->reason);
    g_free(f->password_file);
    g_free(f);
    return 0;
}

static void
connect_as(Fixture *f, const char *user)
{
    const MomVirtListener listener = {.changed = on_changed, .data = f};
    const MomVirtOptions options = {
        .address = {f->daemon->uri, FALSE, user, f->password_file, vet, f},
        .times = {.reopen_min_ms = 10, .reopen_max_ms = 50},
    };

    f->virt = mom_virt_new(&options, &listener);
}

/* Whatever the daemon says while it starts is not meant. */
static gboolean
is_refused(Fixture *f, const char *why)
{
    return f->reason != NULL && strstr(f->reason->message, why) != NULL;
}

static void
user_and_password_open_it(void **state)
{
    Fixture *f = *state;

    connect_as(f, USER);
    run_until(f->changes[MOM_VIRT_OPEN] == 1);
    assert_null(mom_virt_read_only(f->virt));
    mom_virt_read_guests(f->virt, take_guests, f);
    run_until(f->answers == 1);
    assert_int_equal(f->n_guests, 2);
    assert_true(f->vetted > 0);
}

static void
a_wrong_password_is_refused_and_a_right_one_taken_up(void **state)
{
    Fixture *f = *state;

    g_free(libvirtd_write(f->daemon, "password", "guess\n"));
    connect_as(f, USER);
    run_until(is_refused(f, "authentication failed"));
    assert_null(strstr(f->reason->message, "guess"));
    assert_int_equal(f->changes[MOM_VIRT_OPEN], 0);
    g_free(libvirtd_write(f->daemon, "password", "secret"));
    run_until(f->changes[MOM_VIRT_OPEN] == 1);
}

static void
a_user_who_is_not_in_the_book_is_refused(void **state)
{
    Fixture *f = *state;

    connect_as(f, "momd@ovirt");
    run_until(is_refused(f, "authentication failed"));
    assert_int_equal(f->changes[MOM_VIRT_OPEN], 0);
}

static void
a_password_file_that_must_not_be_used_is_not(void **state)
{
    Fixture *f = *state;

    f->vetted_fault = "others could change it";
    connect_as(f, USER);
    run_until(is_refused(f, "others could change it"));
    assert_int_equal(f->changes[MOM_VIRT_OPEN], 0);
    f->vetted_fault = NULL;
    run_until(f->changes[MOM_VIRT_OPEN] == 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    g_autoptr(GError) error = NULL;
    const struct CMUnitTest tests[] = {
        TEST(user_and_password_open_it),
        TEST(a_wrong_password_is_refused_and_a_right_one_taken_up),
        TEST(a_user_who_is_not_in_the_book_is_refused),
        TEST(a_password_file_that_must_not_be_used_is_not),
    };

    signal(SIGPIPE, SIG_IGN);
    if (!mom_virt_init(&error)) {
        g_printerr("%s\n", error->message);
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
