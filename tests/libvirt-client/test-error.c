/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Errors, made by libvirt itself with its test driver: the code must survive and the predicates
 * agree.
 */
#include "libvirt-client/error.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "libvirt-client/autoptr.h"
#include "tests/mom-test.h"

#define NOBODY 65534

static void
ignore_error(void *data, virErrorPtr error)
{
}

static void
an_unknown_guest_is_gone(void **state)
{
    g_autoptr(GError) error = NULL;
    virConnectPtr connection = virConnectOpen("test:///default");

    assert_non_null(connection);
    assert_null(virDomainLookupByName(connection, "nobody"));
    assert_false(mom_virt_fail(&error, "look up", "nobody"));
    assert_int_equal(error->code, VIR_ERR_NO_DOMAIN);
    assert_true(mom_virt_err_gone(error));
    assert_false(mom_virt_err_unsupported(error));
    assert_true(g_str_has_prefix(error->message, "look up nobody: "));
    virConnectClose(connection);
}

static void
what_a_driver_cannot_do_is_unsupported(void **state)
{
    g_autoptr(GError) error = NULL;
    virConnectPtr connection = virConnectOpen("test:///default");
    virTypedParameterPtr params = NULL;
    int n = 0;

    assert_int_equal(virNodeGetMemoryParameters(connection, params, &n, 0), -1);
    assert_fails(mom_virt_fail(&error, "read", NULL), MOM_VIRT_ERROR, VIR_ERR_NO_SUPPORT);
    mom_virt_fail(&error, "read", NULL);
    assert_true(mom_virt_err_unsupported(error));
    virConnectClose(connection);
}

static void
a_failure_without_a_reason_is_still_an_error(void **state)
{
    g_autoptr(GError) error = NULL;

    virResetLastError();
    assert_fails(mom_virt_fail(&error, "read", "a"), MOM_VIRT_ERROR, VIR_ERR_INTERNAL_ERROR);
}

/* libvirt calls it a system error. */
static void
a_socket_that_its_mode_keeps_us_from_is_denied(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("mom-virt-XXXXXX", NULL);
    g_autofree char *uri = g_strdup_printf("test+unix:///default?socket=%s/sock", folder);
    gboolean root = geteuid() == 0;

    assert_int_equal(g_chmod(folder, root ? 0700 : 0), 0);
    if (root)
        assert_int_equal(seteuid(NOBODY), 0);
    assert_null(virConnectOpen(uri));
    mom_virt_fail(&error, "connect to", uri);
    if (root)
        assert_int_equal(seteuid(0), 0);
    assert_true(mom_virt_err_denied(error));
    g_rmdir(folder);
}

static void
predicates_know_their_codes_and_no_others(void **state)
{
    static const struct {
        int code;
        gboolean gone, unsupported, denied, connection;
    } rows[] = {
        {VIR_ERR_NO_DOMAIN, TRUE, FALSE, FALSE, FALSE},
        {VIR_ERR_OPERATION_UNSUPPORTED, FALSE, TRUE, FALSE, FALSE},
        {VIR_ERR_OPERATION_DENIED, FALSE, FALSE, TRUE, FALSE},
        {VIR_ERR_AUTH_FAILED, FALSE, FALSE, TRUE, FALSE},
        {MOM_VIRT_ERROR_TIMEOUT, FALSE, FALSE, FALSE, TRUE},
        {MOM_VIRT_ERROR_BUSY, FALSE, FALSE, FALSE, TRUE},
        {MOM_VIRT_ERROR_DATA, FALSE, FALSE, FALSE, FALSE},
        {VIR_ERR_INTERNAL_ERROR, FALSE, FALSE, FALSE, FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = g_error_new_literal(MOM_VIRT_ERROR, rows[i].code, "");

        assert_int_equal(mom_virt_err_gone(error), rows[i].gone);
        assert_int_equal(mom_virt_err_unsupported(error), rows[i].unsupported);
        assert_int_equal(mom_virt_err_denied(error), rows[i].denied);
        assert_int_equal(mom_virt_err_connection(error), rows[i].connection);
    }
    assert_false(mom_virt_err_gone(NULL));
}

static void
other_domains_are_never_ours(void **state)
{
    g_autoptr(GError) error =
        g_error_new_literal(G_FILE_ERROR, VIR_ERR_NO_DOMAIN, "another domain, the same number");

    assert_false(mom_virt_err_gone(error));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_guest_is_gone),
        cmocka_unit_test(what_a_driver_cannot_do_is_unsupported),
        cmocka_unit_test(a_failure_without_a_reason_is_still_an_error),
        cmocka_unit_test(a_socket_that_its_mode_keeps_us_from_is_denied),
        cmocka_unit_test(predicates_know_their_codes_and_no_others),
        cmocka_unit_test(other_domains_are_never_ours),
    };

    virSetErrorFunc(NULL, ignore_error);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
