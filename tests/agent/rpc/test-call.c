/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * agent/rpc/call: arguments by position and by name, optional ones, every type.
 *
 * Rows of its own, so that it does not change with the methods.
 */
#include "tests/mom-test.h"

#include <string.h>

#include "agent/rpc/method.h"
#include "agent/rpc/methods.h"

static const MomRpcMethod row = {
    "m",
    "array",
    {{"text", MOM_RPC_TEXT},
     {"either", MOM_RPC_INT | MOM_RPC_NIL},
     {"flag", MOM_RPC_BOOL | MOM_RPC_OPTIONAL},
     {"filter", MOM_RPC_OBJECT | MOM_RPC_OPTIONAL}},
    NULL,
    "help",
};
static const MomRpcMethod all_optional = {
    "o", "array", {{"filter", MOM_RPC_OBJECT | MOM_RPC_OPTIONAL}}, NULL, "help"};
static const MomRpcMethod one_param = {"p", "array", {{"x", MOM_RPC_TEXT}}, NULL, "help"};
static const MomRpcMethod bare = {"b", "array", {{0}}, NULL, "help"};

/* What METHOD's handler would see, as a JSON array, or NULL. */
static char *
bound(const MomRpcMethod *method, const char *text, GError **error)
{
    json_object *params = text ? json_tokener_parse(text) : NULL;
    json_object *args[MOM_RPC_MAX_PARAMS];
    json_object *seen = json_object_new_array();
    gboolean done = mom_rpc_method_bind(method, params, args, error);
    char *json = NULL;

    for (guint i = 0; done && i < mom_rpc_method_n_params(method); i++)
        json_object_array_add(seen, json_object_get(args[i]));
    if (done)
        json = g_strdup(json_object_to_json_string_ext(seen, JSON_C_TO_STRING_PLAIN));
    json_object_put(seen);
    json_object_put(params);
    return json;
}

static void
arguments_are_bound_by_position_or_by_name(void **state)
{
    static const struct {
        const MomRpcMethod *method;
        const char *params;
        const char *wanted;
    } cases[] = {
        {&row, "[\"a\",1]", "[\"a\",1,null,null]"},
        {&row, "[\"a\",null]", "[\"a\",null,null,null]"},
        {&row, "[\"a\",1,true]", "[\"a\",1,true,null]"},
        {&row, "[\"a\",1,null,{\"x\":[1.5]}]", "[\"a\",1,null,{\"x\":[1.5]}]"},
        {&row, "{\"either\":1,\"text\":\"a\"}", "[\"a\",1,null,null]"},
        {&row, "{\"either\":null,\"text\":\"\",\"filter\":{}}", "[\"\",null,null,{}]"},
        {&row, "{\"text\":\"a\",\"either\":2,\"flag\":null,\"filter\":null}",
         "[\"a\",2,null,null]"},
        {&all_optional, "[]", "[null]"},
        {&all_optional, "{}", "[null]"},
        {&all_optional, NULL, "[null]"},
        {&all_optional, "[{\"a\":1}]", "[{\"a\":1}]"},
        {&bare, NULL, "[]"},
        {&bare, "{}", "[]"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *json = NULL;

        assert_ok((json = bound(cases[i].method, cases[i].params, &error)));
        assert_string_equal(json, cases[i].wanted);
    }
}

static void
what_does_not_fit_is_refused_and_named(void **state)
{
    static const struct {
        const MomRpcMethod *method;
        const char *params;
        const char *message;
    } cases[] = {
        {&row, NULL, "m takes 2 to 4 arguments, not 0"},
        {&row, "[\"a\"]", "m takes 2 to 4 arguments, not 1"},
        {&row, "[\"a\",1,true,{},5]", "m takes 2 to 4 arguments, not 5"},
        {&row, "[\"a\",true]", "m: argument 2 (either) must be an int or nil"},
        {&row, "[\"a\",1,1]", "m: argument 3 (flag) must be a boolean"},
        {&row, "[\"a\",1,null,[]]", "m: argument 4 (filter) must be a struct"},
        {&row, "[null,1]", "m: argument 1 (text) must be a string"},
        {&row, "{\"text\":\"a\"}", "m: argument 2 (either) is missing"},
        {&row, "{\"either\":1}", "m: argument 1 (text) is missing"},
        {&row, "{\"text\":\"a\",\"either\":1,\"nosuch\":1}", "m has no argument \"nosuch\""},
        {&row, "[\"a\",1,null,{\"x\":[{\"y\":\"\\u0000\"}]}]",
         "m: argument 4 (filter) holds a NUL character"},
        {&row, "{\"text\":\"a\\u0000b\",\"either\":1}",
         "m: argument 1 (text) holds a NUL character"},
        {&one_param, "[]", "p takes 1 argument, not 0"},
        {&bare, "{\"x\":1}", "b has no argument \"x\""},
        {&bare, "[1]", "b takes 0 arguments, not 1"},
        {&all_optional, "[{},{}]", "o takes 0 to 1 argument, not 2"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;

        assert_null(bound(cases[i].method, cases[i].params, &error));
        assert_true(g_error_matches(error, MOM_RPC_ERROR, MOM_RPC_ERROR_PARAMS));
        assert_string_equal(error->message, cases[i].message);
    }
}

static void
a_long_foreign_name_is_cut(void **state)
{
    g_autofree char *name = g_strnfill(10000, 'x');
    g_autofree char *params = g_strdup_printf("{\"%s\":1}", name);
    g_autoptr(GError) error = NULL;

    assert_null(bound(&bare, params, &error));
    assert_true(strlen(error->message) < 200);
}

/* By-name calls lean on it, and so does who reads the list. */
static void
every_row_has_named_params_of_some_type_and_optional_ones_last(void **state)
{
    for (gsize i = 0; i < mom_rpc_n_methods; i++) {
        const MomRpcMethod *method = &mom_rpc_methods[i];
        guint needed = mom_rpc_method_n_needed(method);

        for (guint k = 0; k < mom_rpc_method_n_params(method); k++) {
            guint types = method->params[k].types;

            assert_true((types & ~(guint)MOM_RPC_OPTIONAL) != 0);
            assert_int_equal((types & MOM_RPC_OPTIONAL) != 0, k >= needed);
        }
        assert_int_equal(!!method->handler + !!method->pieces + !!method->parts, 1);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_are_bound_by_position_or_by_name),
        cmocka_unit_test(what_does_not_fit_is_refused_and_named),
        cmocka_unit_test(a_long_foreign_name_is_cut),
        cmocka_unit_test(every_row_has_named_params_of_some_type_and_optional_ones_last),
    };

    return cmocka_run_group_tests_name("call", tests, NULL, NULL);
}
