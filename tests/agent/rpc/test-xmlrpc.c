/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * agent/rpc/xmlrpc: values there and back, what is refused, limits.
 *
 * Values are compared as JSON text, which shows types too.
 */
#include "tests/mom-test.h"

#include <math.h>
#include <string.h>

#include "agent/rpc/xmlrpc.h"

#define CALL(values) "<methodCall><methodName>m</methodName>" values "</methodCall>"
#define RESPONSE(content) "<methodResponse>" content "</methodResponse>"
#define ONE(value) CALL("<params><param><value>" value "</value></param></params>")

static char *
params_of(const char *text, gssize length, GError **error)
{
    g_autofree char *method = NULL;
    json_object *params;
    char *json;

    if (!mom_xmlrpc_parse_call(text, length < 0 ? strlen(text) : (gsize)length, &method, &params,
                               error))
        return NULL;
    assert_string_equal(method, "m");
    json = g_strdup(json_object_to_json_string_ext(params, JSON_C_TO_STRING_PLAIN));
    json_object_put(params);
    return json;
}

static void
values_are_read(void **state)
{
    static const struct {
        const char *xml;
        const char *json;
    } cases[] = {
        {ONE("<int>-5</int>"), "[-5]"},
        {ONE("<i4> +7 </i4>"), "[7]"},
        {ONE("<i8>17592186044415</i8>"), "[17592186044415]"},
        {ONE("<ex:i8>-9223372036854775808</ex:i8>"), "[-9223372036854775808]"},
        {ONE("<boolean>1</boolean>"), "[true]"},
        {ONE("<boolean>0</boolean>"), "[false]"},
        {ONE("<double>0.25</double>"), "[0.25]"},
        {ONE("<double>nan</double>"), "[null]"},
        {ONE("<nil/>"), "[null]"},
        {ONE("<ex:nil></ex:nil>"), "[null]"},
        {ONE("<string> a &lt;b&gt; </string>"), "[\" a <b> \"]"},
        {ONE("<string/>"), "[\"\"]"},
        {ONE(" untyped &#233; "), "[\" untyped \xc3\xa9 \"]"},
        {ONE(""), "[\"\"]"},
        {ONE("<![CDATA[(<= 1 2)]]>"), "[\"(<= 1 2)\"]"},
        {ONE("\n <int>1</int>\n "), "[1]"},
        {ONE("<string>a\r\nb&#13;c</string>"), "[\"a\\nb\\rc\"]"},
        {ONE("<base64>\naGVsbG8=\n</base64>"), "[\"hello\"]"},
        {ONE("<dateTime.iso8601>20261123T20:41:51</dateTime.iso8601>"), "[\"20261123T20:41:51\"]"},
        {ONE("<array><data/></array>"), "[[]]"},
        {ONE("<array><data><value><nil/></value><value>x</value></data></array>"),
         "[[null,\"x\"]]"},
        {ONE("<struct/>"), "[{}]"},
        {ONE("<struct><member><name>a b</name><value><int>1</int></value></member>"
             "<member><value><nil/></value><name>c</name></member></struct>"),
         "[{\"a b\":1,\"c\":null}]"},
        {CALL("<params/>"), "[]"},
        {CALL(""), "[]"},
        {"<?xml version='1.0'?>\n<!-- c -->\n<methodCall>\n<methodName> m </methodName>\n<params>\n"
         "<param><value><int>1</int></value></param>\n<param>\n<value>2</value></param></params>\n"
         "</methodCall>\n",
         "[1,\"2\"]"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *json = NULL;

        assert_ok((json = params_of(cases[i].xml, -1, &error)));
        assert_string_equal(json, cases[i].json);
    }
}

static void
what_is_no_call_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "  ",
        "hello",
        "<nope/>",
        "<methodCall>",
        "<methodCall/>",
        "<methodCall><params/></methodCall>",
        "<methodCall><methodName>m</methodName><methodName>m</methodName></methodCall>",
        CALL("") CALL(""),
        CALL("<params/><params/>"),
        CALL("<params><param/></params>"),
        CALL("<params><value/></params>"),
        CALL("<params>text</params>"),
        CALL("text"),
        ONE("<int></int>"),
        ONE("<int>1.5</int>"),
        ONE("<int>9223372036854775808</int>"),
        ONE("<int>0x10</int>"),
        ONE("<boolean>true</boolean>"),
        ONE("<double>one</double>"),
        ONE("<double>1 2</double>"),
        ONE("<nil>x</nil>"),
        ONE("<int>1</int><int>2</int>"),
        ONE("<int>1</int>text"),
        ONE("text<int>1</int>"),
        ONE("<int><int>1</int></int>"),
        ONE("<array/>"),
        ONE("<array><value/></array>"),
        ONE("<array><data/><data/></array>"),
        ONE("<struct><value/></struct>"),
        ONE("<struct><member><name>a</name></member></struct>"),
        ONE("<struct><member><value/></member></struct>"),
        ONE("<struct><member><name>a</name><name>b</name><value/></member></struct>"),
        ONE("<struct><member><name>a</name><value/><value/></member></struct>"),
        ONE("<base64>/w==</base64>"),
        ONE("<unheard-of/>"),
        ONE("&unheard-of;"),
        ONE("\xff"),
        ONE("&#0;"),
        "<!DOCTYPE m [<!ENTITY a 'b'>]>" ONE("x"),
        "<methodResponse><params><param><value/></param></params></methodResponse>",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *json = params_of(cases[i], -1, &error);

        if (json || !g_error_matches(error, MOM_XMLRPC_ERROR, MOM_XMLRPC_ERROR_SYNTAX)) {
            print_error("%s: %s\n", cases[i], json ? json : error->message);
            fail();
        }
    }
}

/* Also shows that no read goes beyond the length told, which the sanitizers watch. */
static void
every_beginning_of_a_call_is_refused(void **state)
{
    static const char whole[] =
        ONE("<struct><member><name>a</name><value><array><data><value>"
            "<int>1</int></value></data></array></value></member></struct>");

    for (gsize length = 0; length < strlen(whole); length++) {
        g_autofree char *part = g_memdup2(whole, length);
        g_autoptr(GError) error = NULL;

        assert_fails(params_of(part, (gssize)length, &error), MOM_XMLRPC_ERROR,
                     MOM_XMLRPC_ERROR_SYNTAX);
    }
}

static char *
nested(guint depth)
{
    GString *text = g_string_new("<methodCall><methodName>m</methodName><params><param>");

    for (guint i = 1; i < depth; i++)
        g_string_append(text, "<value><array><data>");
    g_string_append(text, "<value>x</value>");
    for (guint i = 1; i < depth; i++)
        g_string_append(text, "</data></array></value>");
    g_string_append(text, "</param></params></methodCall>");
    return g_string_free(text, FALSE);
}

static void
nesting_has_a_limit(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *just = nested(MOM_XMLRPC_DEPTH);
    g_autofree char *more = nested(MOM_XMLRPC_DEPTH + 1);
    g_autofree char *far_more = nested(10000);
    g_autofree char *json = NULL;

    assert_ok((json = params_of(just, -1, &error)));
    assert_fails(params_of(more, -1, &error), MOM_XMLRPC_ERROR, MOM_XMLRPC_ERROR_LIMIT);
    assert_fails(params_of(far_more, -1, &error), MOM_XMLRPC_ERROR, MOM_XMLRPC_ERROR_LIMIT);
}

static void
size_has_a_limit(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *space = g_strnfill(MOM_XMLRPC_BODY_BYTES, ' ');
    g_autofree char *more = g_strconcat(space, " ", NULL);
    g_autofree char *json = NULL;

    memcpy(space, CALL(""), strlen(CALL("")));
    assert_ok((json = params_of(space, -1, &error)));
    assert_fails(params_of(more, -1, &error), MOM_XMLRPC_ERROR, MOM_XMLRPC_ERROR_LIMIT);
}

/* JSON in, the <value> that is written, without newlines. */
static char *
value_of(json_object *value)
{
    gsize length;
    g_autofree char *text = mom_xmlrpc_format_response(value, &length);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *joined = g_strjoinv("", lines);
    const char *start = strstr(joined, "<param>") + strlen("<param>");

    assert_int_equal(length, strlen(text));
    return g_strndup(start, (gsize)(strstr(joined, "</param>") - start));
}

static void
values_are_written(void **state)
{
    static const struct {
        const char *json;
        const char *xml;
    } cases[] = {
        {"null", "<value><nil/></value>"},
        {"true", "<value><boolean>1</boolean></value>"},
        {"2147483647", "<value><int>2147483647</int></value>"},
        {"-2147483648", "<value><int>-2147483648</int></value>"},
        {"2147483648", "<value><i8>2147483648</i8></value>"},
        {"-2147483649", "<value><i8>-2147483649</i8></value>"},
        {"0.1", "<value><double>0.1</double></value>"},
        {"5.0", "<value><double>5.0</double></value>"},
        {"-1e300", "<value><double>-1e+300</double></value>"},
        {"0.30000000000000004", "<value><double>0.30000000000000004</double></value>"},
        {"NaN", "<value><nil/></value>"},
        {"-Infinity", "<value><nil/></value>"},
        {"\"\"", "<value><string></string></value>"},
        {"\"<&>\\t\\\"'\"", "<value><string>&lt;&amp;&gt;\t\"'</string></value>"},
        {"\"a\\rb\"", "<value><string>a&#13;b</string></value>"},
        {"\"a\\u0001b\\u0000c\"", "<value><string>a\xef\xbf\xbd"
                                  "b\xef\xbf\xbd"
                                  "c</string></value>"},
        {"\"\\uffff\\uffee\"", "<value><string>\xef\xbf\xbd\xef\xbf\xae</string></value>"},
        {"[]", "<value><array><data></data></array></value>"},
        {"[1,null]",
         "<value><array><data><value><int>1</int></value><value><nil/></value></data></array>"
         "</value>"},
        {"{\"a<b\":{}}", "<value><struct><member><name>a&lt;b</name><value><struct></struct>"
                         "</value></member></struct></value>"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        json_object *value = json_tokener_parse(cases[i].json);
        g_autofree char *xml = value_of(value);

        assert_string_equal(xml, cases[i].xml);
        json_object_put(value);
    }
}

static void
bytes_that_are_no_utf8_are_replaced(void **state)
{
    json_object *value = json_object_new_string("a\xff\xc3");
    g_autofree char *xml = value_of(value);

    assert_string_equal(xml, "<value><string>a\xef\xbf\xbd\xef\xbf\xbd</string></value>");
    json_object_put(value);
}

static void
a_response_comes_back_as_it_was(void **state)
{
    static const char json[] =
        "{\"host\":{\"ksm_run\":1,\"mem\":17592186044415,\"load\":0.1},"
        "\"guests\":{\"vm <1>\":{\"io_tune\":null,\"list\":[[],{},\"\\r\\n\\t\",true]}}}";
    g_autoptr(GError) error = NULL;
    json_object *value = json_tokener_parse(json);
    json_object *back = NULL;
    gsize length;
    g_autofree char *text = mom_xmlrpc_format_response(value, &length);

    assert_ok(mom_xmlrpc_parse_response(text, length, &back, &error));
    assert_true(json_object_equal(value, back));
    json_object_put(value);
    json_object_put(back);
}

static void
a_call_comes_back_as_it_was(void **state)
{
    g_autoptr(GError) error = NULL;
    json_object *params = json_tokener_parse("[\"<a> & b\",null,{\"x\":[1.5,9000000000]}]");
    json_object *back = NULL;
    g_autofree char *method = NULL;
    gsize length;
    g_autofree char *text = mom_xmlrpc_format_call("setNamedPolicy", params, &length);

    assert_ok(mom_xmlrpc_parse_call(text, length, &method, &back, &error));
    assert_string_equal(method, "setNamedPolicy");
    assert_true(json_object_equal(params, back));
    json_object_put(params);
    json_object_put(back);
}

static void
a_response_may_be_larger_than_a_call(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *letters = g_strnfill(MOM_XMLRPC_BODY_BYTES + 1, 'x');
    json_object *value = json_object_new_string(letters);
    json_object *back = NULL;
    gsize length;
    g_autofree char *text = mom_xmlrpc_format_response(value, &length);

    assert_ok(mom_xmlrpc_parse_response(text, length, &back, &error));
    assert_true(json_object_equal(value, back));
    json_object_put(value);
    json_object_put(back);
}

static void
a_fault_comes_back_as_an_error(void **state)
{
    g_autoptr(GError) error = NULL;
    json_object *value = NULL;
    gsize length;
    g_autofree char *text =
        mom_xmlrpc_format_fault(1, "01-parameters:1:6: <no> such name", &length);

    assert_non_null(strstr(text, "<name>faultCode</name><value><int>1</int></value>"));
    assert_false(mom_xmlrpc_parse_response(text, length, &value, &error));
    assert_true(g_error_matches(error, MOM_XMLRPC_ERROR, MOM_XMLRPC_ERROR_FAULT));
    assert_string_equal(error->message, "01-parameters:1:6: <no> such name");
}

static void
what_is_no_response_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        CALL(""),
        "<methodResponse/>",
        RESPONSE("<params/>"),
        RESPONSE("<params><param><value/></param><param><value/></param></params>"),
        RESPONSE("<fault/>"),
        RESPONSE("<fault><value/></fault><params/>"),
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        json_object *value = NULL;

        assert_fails(mom_xmlrpc_parse_response(cases[i], strlen(cases[i]), &value, &error),
                     MOM_XMLRPC_ERROR, MOM_XMLRPC_ERROR_SYNTAX);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_read),
        cmocka_unit_test(what_is_no_call_is_refused),
        cmocka_unit_test(every_beginning_of_a_call_is_refused),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(size_has_a_limit),
        cmocka_unit_test(values_are_written),
        cmocka_unit_test(bytes_that_are_no_utf8_are_replaced),
        cmocka_unit_test(a_response_comes_back_as_it_was),
        cmocka_unit_test(a_call_comes_back_as_it_was),
        cmocka_unit_test(a_response_may_be_larger_than_a_call),
        cmocka_unit_test(a_fault_comes_back_as_an_error),
        cmocka_unit_test(what_is_no_response_is_refused),
    };

    return cmocka_run_group_tests_name("xmlrpc", tests, NULL, NULL);
}
