/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The STOMP codec against every split of its input, its limits, and input that is no STOMP.
 *
 * Each run of the parser is told as one line of text, so that two ways of feeding can be compared.
 */
#include "tests/mom-test.h"

#include <string.h>

#include "vdsm-client/error.h"
#include "vdsm-client/stomp.h"

/* Three frames with heart-beats, CR LF, escapes, a NUL inside a counted body, and a repeated
 * header. */
static const char stream[] =
    "\n\r\n"
    "CONNECTED\r\nversion:1.2\r\nheart-beat:24000,0\r\n\r\n\0"
    "\n\n"
    "MESSAGE\nodd\\cname:a\\\\b\\nc\\rd\\ce\ncontent-length:5\ncontent-length:9\n\n"
    "ab\0cd\0"
    "ERROR\ncontent-length:0\n\n\0"
    "MESSAGE\ndestination:q\nempty:\n\nto the NUL\0\n";

static const char *const shown[] = {"version", "odd:name", "content-length", "destination",
                                    "empty"};

static void
tell_head(MomStompParser *parser, GString *told)
{
    g_string_append(told, mom_stomp_parser_command(parser));
    for (gsize i = 0; i < G_N_ELEMENTS(shown); i++) {
        const char *value = mom_stomp_parser_header(parser, shown[i]);
        if (value)
            g_string_append_printf(told, " %s=<%s>", shown[i], value);
    }
    g_string_append(told, " [");
}

/* Feeds LEN bytes and appends what came of it to TOLD. */
static gboolean
feed(MomStompParser *parser, const char *bytes, gsize len, GString *told, GError **error)
{
    /* A copy of just this size, so that a read beyond the end is seen. */
    g_autofree char *copy = g_memdup2(bytes, len);
    MomStompBytes input = {copy, len};
    for (;;) {
        MomStompEvent event;
        MomStompBytes piece = {NULL, 0};
        if (!mom_stomp_parser_next(parser, &input, &event, &piece, error))
            return FALSE;
        if (event == MOM_STOMP_MORE) {
            assert_int_equal(input.len, 0);
            return TRUE;
        }
        if (event == MOM_STOMP_HEAD)
            tell_head(parser, told);
        else if (event == MOM_STOMP_END)
            g_string_append(told, "]\n");
        else
            for (gsize i = 0; i < piece.len; i++)
                g_string_append_c(told, piece.bytes[i] ? piece.bytes[i] : '0');
    }
}

static const char expected[] = "CONNECTED version=<1.2> []\n"
                               "MESSAGE odd:name=<a\\b\nc\rd:e> content-length=<5> [ab0cd]\n"
                               "ERROR content-length=<0> []\n"
                               "MESSAGE destination=<q> empty=<> [to the NUL]\n";

static void
frames_in_one_buffer_are_parsed(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomStompParser) parser = mom_stomp_parser_new();
    g_autoptr(GString) told = g_string_new(NULL);
    assert_ok(feed(parser, stream, sizeof stream - 1, told, &error));
    assert_string_equal(told->str, expected);
}

static void
any_split_in_two_gives_the_same_frames(void **state)
{
    for (gsize cut = 0; cut < sizeof stream; cut++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(MomStompParser) parser = mom_stomp_parser_new();
        g_autoptr(GString) told = g_string_new(NULL);
        assert_ok(feed(parser, stream, cut, told, &error));
        assert_ok(feed(parser, stream + cut, sizeof stream - 1 - MIN(cut, sizeof stream - 1), told,
                       &error));
        assert_string_equal(told->str, expected);
    }
}

static void
byte_by_byte_gives_the_same_frames(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomStompParser) parser = mom_stomp_parser_new();
    g_autoptr(GString) told = g_string_new(NULL);
    for (gsize i = 0; i < sizeof stream - 1; i++)
        assert_ok(feed(parser, stream + i, 1, told, &error));
    assert_string_equal(told->str, expected);
}

static void
an_unfinished_frame_tells_no_end(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomStompParser) parser = mom_stomp_parser_new();
    g_autoptr(GString) told = g_string_new(NULL);
    const char *part = "MESSAGE\ncontent-length:10\n\nabc";
    assert_ok(feed(parser, part, strlen(part), told, &error));
    assert_string_equal(told->str, "MESSAGE content-length=<10> [abc");
}

static const struct {
    const char *bytes;
    gsize len; /* 0: strlen */
    const char *says;
} garbage[] = {
    {"HTTP/1.1 400 Bad Request\r\n", 0, "unknown command in \"HTTP/1.1 400"},
    {"message\n", 0, "unknown command"},
    {"MESSAGE \n", 0, "unknown command"},
    {"MESSAGE\nno colon here\n", 0, "no colon"},
    {"MESSAGE\nhost:a:b\n", 0, "raw colon"},
    {"MESSAGE\nname:a\\tb\n", 0, "unknown escape"},
    {"MESSAGE\nname:a\\\n", 0, "unknown escape"},
    {"MESSAGE\nname:\xff\xfe\n", 0, "not UTF-8"},
    {"MESSAGE\nna\0me:x\n", 16, "not UTF-8"},
    {"MESSAGE\ncontent-length:-1\n\n", 0, "content-length"},
    {"MESSAGE\ncontent-length: 5\n\n", 0, "content-length"},
    {"MESSAGE\ncontent-length:\n\n", 0, "content-length"},
    {"MESSAGE\ncontent-length:99999999999999999999999\n\n", 0, "content-length"},
    {"MESSAGE\ncontent-length:67108865\n\n", 0, "content-length"},
    {"MESSAGE\ncontent-length:2\n\nabc", 0, "no NUL"},
    {"MESSAGE\ncontent-length:0\n\nMESSAGE\n", 0, "no NUL"},
    {"\x16\x03\x01\x02\x00\n", 6, "unknown command"},
};

static void
what_is_no_stomp_is_refused_with_a_quote(void **state)
{
    for (gsize i = 0; i < G_N_ELEMENTS(garbage); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(MomStompParser) parser = mom_stomp_parser_new();
        g_autoptr(GString) told = g_string_new(NULL);
        gsize len = garbage[i].len ? garbage[i].len : strlen(garbage[i].bytes);
        assert_false(feed(parser, garbage[i].bytes, len, told, &error));
        assert_true(g_error_matches(error, MOM_VDSM_ERROR, MOM_VDSM_ERROR_PROTOCOL));
        if (!strstr(error->message, garbage[i].says))
            fail_msg("case %zu: %s", i, error->message);
    }
}

static void
after_an_error_the_stream_stays_lost(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomStompParser) parser = mom_stomp_parser_new();
    g_autoptr(GString) told = g_string_new(NULL);
    assert_fails(feed(parser, "junk\n", 5, told, &error), MOM_VDSM_ERROR, MOM_VDSM_ERROR_PROTOCOL);
    assert_fails(feed(parser, stream, sizeof stream - 1, told, &error), MOM_VDSM_ERROR,
                 MOM_VDSM_ERROR_PROTOCOL);
    assert_string_equal(told->str, "");
}

/* A header line of LEN bytes in all, ended by END. */
static gboolean
line_passes(gsize len, const char *end)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomStompParser) parser = mom_stomp_parser_new();
    g_autoptr(GString) told = g_string_new(NULL);
    g_autoptr(GString) bytes = g_string_new("MESSAGE\nx:");
    for (gsize i = 2; i < len; i++)
        g_string_append_c(bytes, 'y');
    g_string_append(bytes, end);
    gboolean good = feed(parser, bytes->str, bytes->len, told, &error);
    assert_true(good == !error);
    return good;
}

static void
a_line_may_have_8_kib_and_no_more(void **state)
{
    assert_true(line_passes(MOM_STOMP_MAX_LINE, "\n"));
    assert_true(line_passes(MOM_STOMP_MAX_LINE, "\r\n"));
    assert_false(line_passes(MOM_STOMP_MAX_LINE + 1, "\n"));
    assert_false(line_passes(MOM_STOMP_MAX_LINE + 1, "\r\n"));
    assert_false(line_passes(MOM_STOMP_MAX_LINE + 100, ""));
}

static gboolean
headers_pass(guint n)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomStompParser) parser = mom_stomp_parser_new();
    g_autoptr(GString) told = g_string_new(NULL);
    g_autoptr(GString) bytes = g_string_new("MESSAGE\n");
    for (guint i = 0; i < n; i++)
        g_string_append(bytes, "same:x\n");
    g_string_append_c(bytes, '\n');
    return feed(parser, bytes->str, bytes->len, told, &error);
}

static void
a_frame_may_have_64_headers_and_no_more(void **state)
{
    assert_true(headers_pass(MOM_STOMP_MAX_HEADERS));
    assert_false(headers_pass(MOM_STOMP_MAX_HEADERS + 1));
}

/* Feeds TOTAL bytes of a body without content-length, and the NUL. */
static gboolean
body_passes(gsize total)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomStompParser) parser = mom_stomp_parser_new();
    static char chunk[1 << 20];
    memset(chunk, 'x', sizeof chunk);
    MomStompEvent event;
    MomStompBytes piece, head = {"MESSAGE\n\n", 9};
    assert_ok(mom_stomp_parser_next(parser, &head, &event, &piece, &error));
    gsize got = 0;
    while (got < total) {
        MomStompBytes input = {chunk, MIN(sizeof chunk, total - got)};
        if (!mom_stomp_parser_next(parser, &input, &event, &piece, &error))
            return FALSE;
        assert_int_equal(event, MOM_STOMP_BODY);
        assert_ptr_equal(piece.bytes, chunk);
        got += piece.len;
    }
    return TRUE;
}

static void
a_body_may_have_64_mib_and_is_never_copied(void **state)
{
    assert_true(body_passes(MOM_STOMP_MAX_BODY));
    assert_false(body_passes(MOM_STOMP_MAX_BODY + 1));
}

static void
headers_are_escaped_and_come_back(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    const MomStompHeader headers[] = {{"odd:name", "a\\b\nc\rd:e"}, {"destination", "q"}};
    mom_stomp_append(out, "SEND", headers, G_N_ELEMENTS(headers), "x\0y", 3);
    static const char wire[] =
        "SEND\nodd\\cname:a\\\\b\\nc\\rd\\ce\ndestination:q\ncontent-length:3\n\nx\0y";
    assert_int_equal(out->len, sizeof wire);
    assert_memory_equal(out->str, wire, sizeof wire);
    g_autoptr(MomStompParser) parser = mom_stomp_parser_new();
    g_autoptr(GString) told = g_string_new(NULL);
    assert_ok(feed(parser, out->str, out->len, told, &error));
    assert_string_equal(told->str,
                        "SEND odd:name=<a\\b\nc\rd:e> content-length=<3> destination=<q> [x0y]\n");
}

static void
a_frame_without_body_has_no_length(void **state)
{
    g_autoptr(GString) out = g_string_new(NULL);
    const MomStompHeader headers[] = {{"accept-version", "1.2"}};
    mom_stomp_append(out, "CONNECT", headers, 1, NULL, 0);
    static const char wire[] = "CONNECT\naccept-version:1.2\n\n";
    assert_int_equal(out->len, sizeof wire);
    assert_memory_equal(out->str, wire, sizeof wire);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_in_one_buffer_are_parsed),
        cmocka_unit_test(any_split_in_two_gives_the_same_frames),
        cmocka_unit_test(byte_by_byte_gives_the_same_frames),
        cmocka_unit_test(an_unfinished_frame_tells_no_end),
        cmocka_unit_test(what_is_no_stomp_is_refused_with_a_quote),
        cmocka_unit_test(after_an_error_the_stream_stays_lost),
        cmocka_unit_test(a_line_may_have_8_kib_and_no_more),
        cmocka_unit_test(a_frame_may_have_64_headers_and_no_more),
        cmocka_unit_test(a_body_may_have_64_mib_and_is_never_copied),
        cmocka_unit_test(headers_are_escaped_and_come_back),
        cmocka_unit_test(a_frame_without_body_has_no_length),
    };
    return cmocka_run_group_tests_name("stomp", tests, NULL, NULL);
}
