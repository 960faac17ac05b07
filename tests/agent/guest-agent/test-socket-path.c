/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Templates of sockets' names, and guests' names in them.
 */
#include "agent/guest-agent/socket-path.h"

#include "agent/guest-agent/message.h"
#include "tests/mom-test.h"

static void
a_template_is_filled_in(void **state)
{
    static const struct {
        const char *template;
        const char *expected;
    } rows[] = {
        {"%(name)s.agent", "/d/web-1.agent"},   {"%(uuid)s/%(name)s", "/d/u-1/web-1"},
        {"100%%-%(name)s%%", "/d/100%-web-1%"}, {"plain", "/d/plain"},
        {"%(name)s%(name)s", "/d/web-1web-1"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *fault = mom_agent_socket_template_fault(rows[i].template);
        g_autofree char *path =
            mom_agent_socket_path("/d", rows[i].template, "web-1", "u-1", &error);

        assert_null(fault);
        assert_ok(path != NULL);
        assert_string_equal(path, rows[i].expected);
    }
}

static void
what_is_no_template_is_told(void **state)
{
    static const char *const faulty[] = {"", "%", "%s", "%(nam)s", "a%(name)d", "%(name)s%"};

    for (gsize i = 0; i < G_N_ELEMENTS(faulty); i++) {
        g_autofree char *fault = mom_agent_socket_template_fault(faulty[i]);

        assert_non_null(fault);
    }
}

static void
a_name_does_not_lead_out_of_the_directory(void **state)
{
    static const char *const names[] = {"../x", "a/b", "/etc/passwd", "..", "."};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GError) error = NULL;

        assert_fails(mom_agent_socket_path("/d", "%(name)s", names[i], "u-1", &error) != NULL,
                     MOM_AGENT_ERROR, MOM_AGENT_ERROR_GONE);
    }
}

/* Which is text, and no template. */
static void
a_per_cent_sign_in_a_name_is_itself(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = mom_agent_socket_path("/d", "%(name)s", "%(uuid)s%", "u-1", &error);

    assert_ok(path != NULL);
    assert_string_equal(path, "/d/%(uuid)s%");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_template_is_filled_in),
        cmocka_unit_test(what_is_no_template_is_told),
        cmocka_unit_test(a_name_does_not_lead_out_of_the_directory),
        cmocka_unit_test(a_per_cent_sign_in_a_name_is_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
