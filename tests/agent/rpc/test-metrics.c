/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * agent/rpc/metrics: a status in, a page of metrics out.
 *
 * The status is the test's own, so that every kind of member is met.
 */
#include "tests/mom-test.h"

#include <string.h>

#include "agent/rpc/metrics.h"
#include "tests/agent/rpc/canned-service.h"

static const char *status_text;

static json_object *
get_status(MomRpcService *service)
{
    return json_tokener_parse(status_text);
}

/* The page of a daemon whose status is TEXT. */
static char *
page_of(const char *text)
{
    CannedService canned;
    MomRpcServiceClass klass;
    gsize length;
    gpointer answer;
    char *page;

    canned_service_init(&canned);
    klass = *canned.base.klass;
    klass.get_status = get_status;
    canned.base.klass = &klass;
    status_text = text;
    answer = mom_rpc_metrics.begin(&canned.base, "", 0);
    assert_false(mom_rpc_metrics.step(answer));
    page = mom_rpc_metrics.end(answer, &length);
    assert_int_equal(length, strlen(page));
    canned_service_clear(&canned);
    return page;
}

static void
assert_has(const char *page, const char *line)
{
    g_autofree char *whole = g_strdup_printf("\n%s\n", line);

    if (!strstr(page, whole))
        fail_msg("no line \"%s\" in:\n%s", line, page);
}

static void
each_kind_has_its_form(void **state)
{
    g_autofree char *page = page_of(
        "{\"version\":\"1.2\",\"hypervisor\":\"libvirt\",\"connected\":true,\"guests\":3,"
        "\"host_free_percent\":12.5,\"set_aside\":[\"a\",\"b\"],\"policy_fault\":\"line 3: no\","
        "\"source_fault\":null,\"cycles\":9007199254740}");

    assert_has(page, "momd_hypervisor_in_force{interface=\"libvirt\"} 1");
    assert_has(page, "momd_hypervisor_connected 1");
    assert_has(page, "momd_guests 3");
    assert_has(page, "momd_host_free_percent 12.5");
    assert_has(page, "momd_policy_lines_set_aside 2");
    assert_has(page, "momd_fault{of=\"policy\"} 1");
    assert_has(page, "momd_fault{of=\"source\"} 0");
    assert_has(page, "momd_cycles_total 9007199254740");
    assert_has(page, "# TYPE momd_cycles_total counter");
    assert_has(page, "momd_rpc_calls_total 0"); /* calls that were answered before */
    assert_true(g_str_has_prefix(page, "# HELP momd_build_info "));
    assert_null(strstr(page, "line 3")); /* a message would be a series of its own each time */
}

static void
what_is_not_known_has_no_line(void **state)
{
    g_autofree char *page = page_of("{\"pressure\":null,\"guests\":\"many\",\"connected\":1}");

    assert_null(strstr(page, "pressure"));
    assert_null(strstr(page, "momd_guests"));
    assert_null(strstr(page, "connected"));
}

static void
a_label_is_quoted(void **state)
{
    g_autofree char *page = page_of("{\"version\":\"a\\\"b\\\\c\\nd\"}");

    assert_has(page, "momd_build_info{version=\"a\\\"b\\\\c\\nd\"} 1");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_has_its_form),
        cmocka_unit_test(what_is_not_known_has_no_line),
        cmocka_unit_test(a_label_is_quoted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
