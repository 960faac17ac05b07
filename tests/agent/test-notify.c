/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Notifications over real datagram sockets: both kinds of names, nobody there, a full queue; and
 * what the watchdog's variables mean.
 */
#include "agent/notify.h"

#include <glib/gstdio.h>

#include "tests/agent/notify-socket.h"
#include "tests/mom-test.h"

static void
test_a_message_arrives_whole(void **state)
{
    g_autoptr(NotifySocket) path = notify_socket_new(FALSE);
    g_autoptr(NotifySocket) abstract = notify_socket_new(TRUE);
    NotifySocket *const sockets[] = {path, abstract};

    for (gsize i = 0; i < G_N_ELEMENTS(sockets); i++) {
        g_autoptr(MomNotify) notify = mom_notify_new(notify_socket_address(sockets[i]));
        g_autofree char *first = NULL, *second = NULL;

        assert_true(mom_notify_is_heard(notify));
        assert_true(mom_notify_send(notify, "READY=1\nSTATUS=well"));
        assert_true(mom_notify_send(notify, "WATCHDOG=1"));
        first = notify_socket_take(sockets[i]);
        second = notify_socket_take(sockets[i]);
        assert_string_equal(first, "READY=1\nSTATUS=well");
        assert_string_equal(second, "WATCHDOG=1");
    }
}

static void
test_what_is_no_address_has_nobody_to_tell(void **state)
{
    g_autofree char *long_path = g_strdup_printf("/%0200d", 0);
    const char *const addresses[] = {NULL, "", "/", "@", "relative", "vsock:2:1234", long_path};

    for (gsize i = 0; i < G_N_ELEMENTS(addresses); i++) {
        g_autoptr(MomNotify) notify = mom_notify_new(addresses[i]);

        assert_false(mom_notify_is_heard(notify));
        assert_true(mom_notify_send(notify, "READY=1"));
    }
}

static void
test_a_listener_that_is_away_is_found_when_it_is_back(void **state)
{
    g_autoptr(NotifySocket) socket = notify_socket_new(FALSE);
    g_autoptr(MomNotify) notify = mom_notify_new(notify_socket_address(socket));
    g_autofree char *message = NULL;

    notify_socket_close(socket);
    assert_false(mom_notify_send(notify, "READY=1"));
    notify_socket_open(socket);
    assert_true(mom_notify_send(notify, "READY=1"));
    message = notify_socket_take(socket);
    assert_string_equal(message, "READY=1");
}

static void
test_a_full_queue_is_not_waited_for(void **state)
{
    g_autoptr(NotifySocket) socket = notify_socket_new(FALSE);
    g_autoptr(MomNotify) notify = mom_notify_new(notify_socket_address(socket));

    notify_socket_fill(socket, notify);
    assert_false(mom_notify_send(notify, "READY=1"));
    notify_socket_drop_all(socket);
    assert_true(mom_notify_send(notify, "READY=1"));
}

static void
test_watchdog_variables(void **state)
{
    static const struct {
        const char *usec, *pid;
        gint64 expected;
    } rows[] = {
        {NULL, NULL, 0},
        {"60000000", NULL, 60000000},
        {"60000000", "42", 60000000},
        {"60000000", "43", 0},
        {NULL, "42", 0},
        {"0", "42", 0},
        {"-5", NULL, 0},
        {"60s", NULL, 0},
        {"", NULL, 0},
        {"60000000", "", 0},
        {"60000000", "42x", 0},
        {"99999999999999999999", NULL, 0},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        assert_int_equal(mom_notify_watchdog_us(rows[i].usec, rows[i].pid, 42), rows[i].expected);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_message_arrives_whole),
        cmocka_unit_test(test_what_is_no_address_has_nobody_to_tell),
        cmocka_unit_test(test_a_listener_that_is_away_is_found_when_it_is_back),
        cmocka_unit_test(test_a_full_queue_is_not_waited_for),
        cmocka_unit_test(test_watchdog_variables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
