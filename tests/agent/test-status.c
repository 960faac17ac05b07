/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The line of status in each state of a real engine, and what getStatus tells of the host.
 */
#include "agent/status.h"

#include <gio/gio.h>
#include <string.h>

#include "tests/agent/engine-fixture.h"
#include "tests/agent/kept-log.h"
#include "tests/mom-test.h"

static void
assert_line(EngineFixture *f, const char *expected)
{
    g_autofree char *line = mom_status_line(f->engine);

    assert_string_equal(line, expected);
}

static void
test_working(void **state)
{
    EngineFixture *f = *state;

    engine_add_guest(f, "a", 3000000);
    engine_start(f);
    assert_line(f, "1 guest, host 10 % free, test connected");
    engine_add_guest(f, "b", 3000000);
    engine_write_host(f, 2349000);
    virtual_clock_advance(f->clock, 10 * SECOND);
    assert_line(f, "2 guests, host 23 % free, test connected");
}

static const char *
name_libvirt(const MomSource *source)
{
    return "libvirt";
}

static const char *
note_outage(MomSource *source)
{
    return "in place of test: away";
}

static void
test_who_stands_in_is_told(void **state)
{
    EngineFixture *f = *state;
    static MomSourceClass stands_in;

    stands_in = *f->source.klass;
    stands_in.name_now = name_libvirt;
    stands_in.note = note_outage;
    engine_start(f);
    f->source.klass = &stands_in;
    assert_line(f, "0 guests, host 10 % free, libvirt connected in place of test: away");
}

static void
test_waiting(void **state)
{
    EngineFixture *f = *state;

    f->silent = TRUE;
    engine_start(f);
    assert_line(f, "waiting for test");
    g_clear_pointer(&f->guests, g_ptr_array_unref);
    engine_answer(f);
    assert_line(f, "waiting for test: away");
    f->error_code = G_IO_ERROR_BUSY;
    f->silent = FALSE;
    virtual_clock_advance(f->clock, 10 * SECOND);
    assert_line(f, "waiting for test: away");
    engine_forget_guests(f);
    virtual_clock_advance(f->clock, 10 * SECOND);
    assert_line(f, "0 guests, host 10 % free, test connected");
}

static void
test_failing_policies_come_first(void **state)
{
    EngineFixture *f = *state;
    g_autofree char *line = NULL;

    /* Tried on a host without a sample of guests it is fine; it fails once there is one. */
    engine_write_file(f->policy_dir, "20-bad.policy", "(with Guests g (/ 1 0))\n");
    engine_start(f);
    assert_line(f, "0 guests, host 10 % free, test connected");
    engine_add_guest(f, "a", 3000000);
    virtual_clock_advance(f->clock, 10 * SECOND);
    line = mom_status_line(f->engine);
    assert_non_null(strstr(line, "olicy error"));
    assert_non_null(strstr(line, "20-bad:1:"));
    assert_true(g_str_has_suffix(line, "; 1 guest, host 10 % free, test connected"));
}

/* What stands in an error may come from anywhere. */
static void
test_one_line_of_bounded_length(void **state)
{
    EngineFixture *f = *state;
    g_autofree char *text = g_strnfill(2000, 'x');
    g_autofree char *umlauts = g_strdup_printf("%.*s\303\274\303\274\303\274%s", 290, text, text);
    g_autofree char *line = NULL;

    engine_start(f);
    mom_pulse_answered((MomPulse *)mom_engine_pulse(f->engine),
                       &(GError){0, 0, (char *)"a\nREADY=1\rb\tc\x7f \xff"});
    assert_line(f, "waiting for test: a READY=1 b c  \357\277\275");
    mom_pulse_answered((MomPulse *)mom_engine_pulse(f->engine), &(GError){0, 0, umlauts});
    line = mom_status_line(f->engine);
    assert_in_range(strlen(line), MOM_STATUS_BYTES - 8, MOM_STATUS_BYTES - 1);
    assert_true(g_str_has_suffix(line, "…"));
    assert_true(g_utf8_validate(line, -1, NULL));
}

static void
test_the_host_in_get_status(void **state)
{
    EngineFixture *f = *state;
    json_object *out = json_object_new_object();

    mom_status_add_host(out, f->engine);
    assert_true(json_object_object_get_ex(out, "host_free_percent", NULL));
    assert_null(json_object_object_get(out, "host_free_percent"));
    assert_null(json_object_object_get(out, "pressure"));
    engine_write_file(f->root, "proc/pressure/memory",
                      "some avg10=2.50 avg60=0.00 avg300=0.00 total=0\n");
    engine_start(f);
    mom_status_add_host(out, f->engine);
    assert_string_equal(json_object_to_json_string(out),
                        "{ \"host_free_percent\": 10.0, \"pressure\": 2.5 }");
    json_object_put(out);
}

static int
begin_log(void **state)
{
    kept_log_begin();
    return 0;
}

static int
end_log(void **state)
{
    kept_log_end();
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TEST(test_working),
        ENGINE_TEST(test_who_stands_in_is_told),
        ENGINE_TEST(test_waiting),
        ENGINE_TEST(test_failing_policies_come_first),
        ENGINE_TEST(test_one_line_of_bounded_length),
        ENGINE_TEST(test_the_host_in_get_status),
    };

    return cmocka_run_group_tests(tests, begin_log, end_log);
}
