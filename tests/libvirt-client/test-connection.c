/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Opening, failing, opening again, credentials and events, on libvirt's test driver in this
 * process.
 */
#include "libvirt-client/virt.h"

#include <glib/gstdio.h>
#include <string.h>

#include "tests/mom-test.h"

#define UUID "11111111-1111-1111-1111-111111111111"

static const char node[] =
    "<node><cpu><mhz>1</mhz><model>x86_64</model><active>1</active><nodes>1</nodes>"
    "<sockets>1</sockets><cores>1</cores><threads>1</threads></cpu><memory>1048576</memory>%s"
    "<domain type='test'><name>a</name><uuid>" UUID "</uuid><memory>1024</memory>"
    "<vcpu>1</vcpu><os><type>hvm</type></os></domain></node>";

#define AUTH "<auth><user password='secret'>momd</user></auth>"

typedef struct {
    char *folder;
    char *node_path;
    char *password_path;
    char *uri;
    MomVirtConnection *connection;
    int changes[4]; /* by MomVirtState */
    GError *reason; /* of the last WAITING */
    int events[6];  /* by MomVirtEventKind */
    int answers;
    GError *error;
} Fixture;

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
on_event(MomVirtEventKind kind, const char *uuid, const char *name, gpointer data)
{
    Fixture *f = data;

    f->events[kind]++;
    assert_string_equal(uuid, UUID);
    assert_string_equal(name, "a");
}

static void
connect_to(Fixture *f, const MomVirtAddress *address)
{
    const MomVirtTimes times = {.reopen_min_ms = 5, .reopen_max_ms = 20};
    const MomVirtListener listener = {on_changed, on_event, f};

    f->connection = mom_virt_connection_new(address, &times, &listener);
}

static void
write_node(Fixture *f, const char *auth)
{
    g_autofree char *text = g_strdup_printf(node, auth);

    assert_true(g_file_set_contents(f->node_path, text, -1, NULL));
}

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->folder = g_dir_make_tmp("mom-virt-XXXXXX", NULL);
    f->node_path = g_build_filename(f->folder, "node.xml", NULL);
    f->password_path = g_build_filename(f->folder, "password", NULL);
    f->uri = g_strdup_printf("test://%s", f->node_path);
    *state = f;
    return f->folder != NULL ? 0 : 1;
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    mom_virt_connection_free(f->connection);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_unlink(f->node_path);
    g_unlink(f->password_path);
    g_rmdir(f->folder);
    g_clear_error(&f->reason);
    g_clear_error(&f->error);
    g_free(f->folder);
    g_free(f->node_path);
    g_free(f->password_path);
    g_free(f->uri);
    g_free(f);
    return 0;
}

#define run_until(condition)                                                                       \
    while (!(condition))                                                                           \
    g_main_context_iteration(NULL, TRUE)

static void
note_answer(gpointer call, const GError *error, gpointer data)
{
    Fixture *f = data;

    f->answers++;
    g_clear_error(&f->error);
    f->error = error != NULL ? g_error_copy(error) : NULL;
}

static gboolean
do_change(virConnectPtr connection, gpointer call, GError **error)
{
    int (*change)(virDomainPtr domain) = *(int (**)(virDomainPtr))call;
    g_autoptr(virDomain) domain = virDomainLookupByUUIDString(connection, UUID);

    if (domain == NULL || change(domain) < 0)
        return mom_virt_fail(error, "change", UUID);
    return TRUE;
}

static gboolean
change(Fixture *f, int (*how)(virDomainPtr domain), GError **error)
{
    f->answers = 0;
    mom_virt_connection_call(f->connection, "change", do_change, g_memdup2(&how, sizeof how),
                             g_free, note_answer, f);
    run_until(f->answers > 0);
    if (f->error == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&f->error));
    return FALSE;
}

static void
a_call_made_before_the_opening_waits_for_it(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    write_node(f, "");
    connect_to(f, &(MomVirtAddress){.uri = f->uri});
    assert_int_equal(mom_virt_connection_state(f->connection), MOM_VIRT_OPENING);
    assert_ok(change(f, virDomainSuspend, &error));
    assert_int_equal(mom_virt_connection_state(f->connection), MOM_VIRT_OPEN);
}

static void
a_wrong_uri_is_tried_again_and_calls_say_why_they_fail(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    connect_to(f, &(MomVirtAddress){.uri = "nosuch:///system"});
    assert_false(change(f, virDomainSuspend, &error));
    assert_true(mom_virt_err_connection(error));
    assert_true(g_str_has_prefix(error->message, "not connected: connect to nosuch:///system: "));
    run_until(f->changes[MOM_VIRT_WAITING] >= 3);
    assert_int_equal(f->changes[MOM_VIRT_OPEN], 0);
    assert_non_null(strstr(f->reason->message, "nosuch:///system"));
}

static void
a_host_that_comes_up_later_is_found(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    connect_to(f, &(MomVirtAddress){.uri = f->uri});
    run_until(f->changes[MOM_VIRT_WAITING] >= 2);
    write_node(f, "");
    run_until(f->changes[MOM_VIRT_OPEN] > 0);
    assert_ok(change(f, virDomainSuspend, &error));
}

static void
guests_events_come_to_the_main_loop(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    write_node(f, "");
    connect_to(f, &(MomVirtAddress){.uri = f->uri});
    assert_ok(change(f, virDomainSuspend, &error));
    run_until(f->events[MOM_VIRT_EVENT_PAUSED] == 1);
    assert_ok(change(f, virDomainResume, &error));
    run_until(f->events[MOM_VIRT_EVENT_RESUMED] == 1);
    assert_ok(change(f, virDomainDestroy, &error));
    run_until(f->events[MOM_VIRT_EVENT_STOPPED] == 1);
    assert_ok(change(f, virDomainCreate, &error));
    run_until(f->events[MOM_VIRT_EVENT_STARTED] == 1);
}

static int
set_title(virDomainPtr domain)
{
    return virDomainSetMetadata(domain, VIR_DOMAIN_METADATA_TITLE, "a title", NULL, NULL,
                                VIR_DOMAIN_AFFECT_LIVE);
}

static void
changed_metadata_is_an_event(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    write_node(f, "");
    connect_to(f, &(MomVirtAddress){.uri = f->uri});
    assert_ok(change(f, set_title, &error));
    run_until(f->events[MOM_VIRT_EVENT_CHANGED] > 0);
}

static void
a_password_file_opens_what_asks_for_one(void **state)
{
    Fixture *f = *state;

    write_node(f, AUTH);
    assert_true(g_file_set_contents(f->password_path, "secret\n", -1, NULL));
    connect_to(f,
               &(MomVirtAddress){.uri = f->uri, .user = "momd", .password_file = f->password_path});
    run_until(f->changes[MOM_VIRT_OPEN] > 0);
    assert_null(f->reason);
}

static void
a_refused_opening_says_what_is_missing(void **state)
{
    Fixture *f = *state;
    const struct {
        const char *user;
        const char *password_file;
        const char *expected;
    } rows[] = {
        {NULL, NULL, "a user name is asked for"},
        {"momd", NULL, "no password file is configured"},
        {"momd", "/nonexistent/password", "/nonexistent/password"},
        {"momd", f->password_path, f->uri},
    };

    write_node(f, AUTH);
    assert_true(g_file_set_contents(f->password_path, "wrong", -1, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        MomVirtAddress address = {f->uri, FALSE, rows[i].user, rows[i].password_file};

        f->changes[MOM_VIRT_WAITING] = 0;
        connect_to(f, &address);
        run_until(f->changes[MOM_VIRT_WAITING] > 0);
        assert_non_null(strstr(f->reason->message, rows[i].expected));
        assert_null(strstr(f->reason->message, "wrong"));
        g_clear_pointer(&f->connection, mom_virt_connection_free);
    }
}

static void
a_changed_password_file_is_read_at_the_next_attempt(void **state)
{
    Fixture *f = *state;

    write_node(f, AUTH);
    connect_to(f,
               &(MomVirtAddress){.uri = f->uri, .user = "momd", .password_file = f->password_path});
    run_until(f->changes[MOM_VIRT_WAITING] > 0);
    assert_true(g_file_set_contents(f->password_path, "secret", -1, NULL));
    run_until(f->changes[MOM_VIRT_OPEN] > 0);
}

static void
a_read_only_connection_observes_and_is_denied_changes(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    write_node(f, "");
    connect_to(f, &(MomVirtAddress){.uri = f->uri, .read_only = TRUE});
    assert_false(change(f, virDomainDestroy, &error));
    assert_true(mom_virt_err_denied(error));
    assert_int_equal(mom_virt_connection_state(f->connection), MOM_VIRT_OPEN);
}

static void
freeing_while_it_opens_answers_the_call(void **state)
{
    Fixture *f = *state;

    int (*how)(virDomainPtr) = virDomainSuspend;

    write_node(f, "");
    connect_to(f, &(MomVirtAddress){.uri = f->uri});
    mom_virt_connection_call(f->connection, "change", do_change, g_memdup2(&how, sizeof how),
                             g_free, note_answer, f);
    g_clear_pointer(&f->connection, mom_virt_connection_free);
    assert_int_equal(f->answers, 1);
    assert_int_equal(f->error->code, MOM_VIRT_ERROR_CLOSED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    g_autoptr(GError) error = NULL;
    const struct CMUnitTest tests[] = {
        TEST(a_call_made_before_the_opening_waits_for_it),
        TEST(a_wrong_uri_is_tried_again_and_calls_say_why_they_fail),
        TEST(a_host_that_comes_up_later_is_found),
        TEST(guests_events_come_to_the_main_loop),
        TEST(changed_metadata_is_an_event),
        TEST(a_password_file_opens_what_asks_for_one),
        TEST(a_refused_opening_says_what_is_missing),
        TEST(a_changed_password_file_is_read_at_the_next_attempt),
        TEST(a_read_only_connection_observes_and_is_denied_changes),
        TEST(freeing_while_it_opens_answers_the_call),
    };

    if (!mom_virt_init(&error)) {
        g_printerr("%s\n", error->message);
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
