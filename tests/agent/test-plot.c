/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Plot files: which directory, which names, what a line looks like, and what happens when the disk
 * takes no more.
 *
 * Files are real ones in a directory of the test's own.
 */
#include "agent/plot.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/agent/engine-fixture.h"
#include "tests/agent/kept-log.h"
#include "tests/mom-test.h"

typedef struct {
    VirtualClock *clock;
    char *base;
    MomSchema *schema;
} Fixture;

static const char *const fields[] = {"mem_free", "balloon_cur", "label", "io_tune"};

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    g_string_truncate(told, 0);
    f->clock = virtual_clock_new();
    f->base = g_dir_make_tmp("mom-plot-XXXXXX", NULL);
    f->schema = mom_schema_new(fields, G_N_ELEMENTS(fields));
    *state = f;
    return 0;
}

static void
remove_tree(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        if (g_file_test(child, G_FILE_TEST_IS_SYMLINK))
            g_unlink(child);
        else
            remove_tree(child);
    }
    g_clear_pointer(&dir, g_dir_close);
    g_remove(path);
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    remove_tree(f->base);
    g_free(f->base);
    mom_schema_unref(f->schema);
    virtual_clock_free(f->clock);
    g_free(f);
    return 0;
}

static MomPlot *
new_plot(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    MomPlot *plot = mom_plot_new(f->base, virtual_clock_base(f->clock), &error);

    assert_ok(plot);
    return plot;
}

static void
write_sample(Fixture *f, MomPlotFile *file, gint64 mem_free)
{
    g_autoptr(MomSample) sample = mom_sample_new(f->schema, 0);

    mom_sample_set(sample, "mem_free", mom_value_int(mem_free));
    mom_sample_set(sample, "balloon_cur", mom_value_float(0.1));
    mom_sample_set(sample, "label", MOM_NIL);
    mom_sample_set(sample, "undeclared", mom_value_int(7));
    mom_plot_write(sample, file);
}

static void
assert_file(const MomPlot *plot, const char *name, const char *expected)
{
    g_autofree char *path = g_build_filename(mom_plot_dir(plot), name, NULL);
    g_autofree char *text = NULL;

    g_file_get_contents(path, &text, NULL, NULL);
    if (!text)
        print_error("there is no %s\n", path);
    assert_non_null(text);
    assert_string_equal(text, expected);
}

/* ---- directories ---- */

static void
make(Fixture *f, const char *name)
{
    g_autofree char *path = g_build_filename(f->base, name, NULL);

    assert_int_equal(g_mkdir(path, 0700), 0);
}

static void
test_the_directory_is_one_above_the_highest(void **state)
{
    static const struct {
        const char *there;
        const char *made;
    } cases[] = {
        {NULL, "momplot-000"},           {"momplot-007", "momplot-008"},
        {"momplot-0500", "momplot-009"}, {"xmomplot-600", "momplot-010"},
        {"momplot-7x0", "momplot-011"},  {"momplot-998", "momplot-999"},
    };
    Fixture *f = *state;

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(MomPlot) plot = NULL;
        g_autofree char *name = NULL;

        if (cases[i].there)
            make(f, cases[i].there);
        plot = new_plot(f);
        name = g_path_get_basename(mom_plot_dir(plot));
        assert_string_equal(name, cases[i].made);
        assert_true(g_file_test(mom_plot_dir(plot), G_FILE_TEST_IS_DIR));
    }
}

static void
test_no_directory_is_an_error_that_says_what_to_do(void **state)
{
    Fixture *f = *state;
    g_autofree char *nowhere = g_build_filename(f->base, "nowhere", NULL);
    g_autoptr(GError) error = NULL;

    make(f, "momplot-999");
    assert_null(mom_plot_new(f->base, virtual_clock_base(f->clock), &error));
    assert_true(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_EXIST));
    assert_non_null(strstr(error->message, "clear it, or choose another"));
    g_clear_error(&error);
    assert_fails(mom_plot_new(nowhere, virtual_clock_base(f->clock), &error), G_FILE_ERROR,
                 G_FILE_ERROR_NOENT);
}

/* ---- lines ---- */

static void
test_lines_are_the_references(void **state)
{
    Fixture *f = *state;
    g_autoptr(MomPlot) plot = new_plot(f);
    g_autoptr(MomPlotFile) file = mom_plot_file_new(plot, "vm", "u1", f->schema);

    write_sample(f, file, 5);
    virtual_clock_advance(f->clock, 1500000);
    write_sample(f, file, -6);
    assert_file(plot, "vm.dat",
                "# time\t balloon_cur\t io_tune\t label\t mem_free\n"
                "1790001000.0\t0.1\tNone\tNone\t5\n"
                "1790001001.5\t0.1\tNone\tNone\t-6\n");
}

static void
test_every_value_is_one_word(void **state)
{
    Fixture *f = *state;
    MomTune tune = {.name = "sd a"};
    const MomValue items[] = {{.type = MOM_VALUE_TUNE, .object = &tune}};
    const MomList list = {.length = 1, .items = items};
    g_autoptr(MomPlot) plot = new_plot(f);
    g_autoptr(MomPlotFile) file = mom_plot_file_new(plot, "vm", "u1", f->schema);
    g_autoptr(MomSample) sample = mom_sample_new(f->schema, 0);

    mom_limits_set(&tune.maximum, MOM_LIMIT_READ_BYTES, mom_value_int(9));
    mom_sample_set(sample, "mem_free", mom_value_bool(TRUE));
    mom_sample_set(sample, "balloon_cur", mom_value_string(""));
    mom_sample_set(sample, "label", mom_value_string("a b\tc\nd"));
    mom_sample_set(sample, "io_tune", (MomValue){.type = MOM_VALUE_LIST, .list = &list});
    mom_plot_write(sample, file);
    assert_file(plot, "vm.dat",
                "# time\t balloon_cur\t io_tune\t label\t mem_free\n"
                "1790001000.0\t''\t[{\"name\":\"sd_a\",\"path\":null,\"guaranteed\":{\"vals\":{}},"
                "\"maximum\":{\"vals\":{\"read_bytes_sec\":9}},\"current\":{\"vals\":{}}}]\t"
                "a_b_c_d\tTrue\n");
}

static void
test_a_guest_that_comes_again_goes_on_in_its_file(void **state)
{
    Fixture *f = *state;
    g_autoptr(MomPlot) plot = new_plot(f);

    for (int i = 0; i < 2; i++) {
        g_autoptr(MomPlotFile) file = mom_plot_file_new(plot, "vm", "u1", f->schema);

        write_sample(f, file, i);
    }
    assert_file(plot, "vm.dat",
                "# time\t balloon_cur\t io_tune\t label\t mem_free\n"
                "1790001000.0\t0.1\tNone\tNone\t0\n"
                "# time\t balloon_cur\t io_tune\t label\t mem_free\n"
                "1790001000.0\t0.1\tNone\tNone\t1\n");
}

/* ---- names ---- */

static void
test_no_name_leads_out_of_the_directory(void **state)
{
    static const struct {
        const char *name;
        const char *file;
    } cases[] = {
        {"vm 1 \xc3\xa4;$(x)", "vm 1 \xc3\xa4;$(x).dat"},
        {"../../etc/passwd", "_._.._etc_passwd-u1.dat"},
        {"/abs", "_abs-u1.dat"},
        {".hidden", "_hidden-u1.dat"},
        {"..", "_.-u1.dat"},
        {"", "-u1.dat"},
        {"a\nb", "a_b-u1.dat"},
        {"\xff", "\xef\xbf\xbd-u1.dat"},
        {"HostMonitor", "HostMonitor-u1.dat"},
    };
    Fixture *f = *state;
    g_autoptr(MomPlot) plot = new_plot(f);

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(MomPlotFile) file = mom_plot_file_new(plot, cases[i].name, "u1", f->schema);
        g_autofree char *path = g_build_filename(mom_plot_dir(plot), cases[i].file, NULL);

        write_sample(f, file, 1);
        if (!g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
            print_error("no %s\n", path);
            fail();
        }
    }
    assert_string_equal(told->str, "");
}

static void
test_long_names_are_cut(void **state)
{
    Fixture *f = *state;
    g_autoptr(MomPlot) plot = new_plot(f);
    g_autoptr(GString) name = g_string_new(NULL);
    g_autoptr(GString) file = g_string_new(NULL);
    g_autoptr(MomPlotFile) plotted = NULL;
    g_autofree char *path = NULL;

    for (int i = 0; i < 101; i++) {
        g_string_append(name, "\xc3\xa4");
        g_string_append(file, i < 50 ? "\xc3\xa4" : "");
    }
    g_string_append(file, "-u1.dat");
    plotted = mom_plot_file_new(plot, name->str, "u1", f->schema);
    write_sample(f, plotted, 1);
    path = g_build_filename(mom_plot_dir(plot), file->str, NULL);
    assert_true(g_file_test(path, G_FILE_TEST_IS_REGULAR));
    mom_plot_file_free(plotted);
    plotted = mom_plot_file_new(plot, name->str, name->str, f->schema);
    write_sample(f, plotted, 1);
    assert_string_equal(told->str, "");
}

static void
test_a_link_is_not_followed(void **state)
{
    Fixture *f = *state;
    g_autoptr(MomPlot) plot = new_plot(f);
    g_autoptr(MomPlotFile) file = mom_plot_file_new(plot, "vm", "u1", f->schema);
    g_autofree char *target = g_build_filename(f->base, "target", NULL);
    g_autofree char *path = g_build_filename(mom_plot_dir(plot), "vm.dat", NULL);

    assert_int_equal(symlink(target, path), 0);
    write_sample(f, file, 1);
    assert_false(g_file_test(target, G_FILE_TEST_EXISTS));
    assert_true(g_str_has_prefix(told->str, "W:Plot files in "));
}

/* ---- no room ---- */

/* A limit on the size of files is a disk that is full in the middle of a line. */
static void
test_a_full_disk_is_told_once_and_leaves_whole_lines(void **state)
{
    Fixture *f = *state;
    g_autoptr(MomPlot) plot = new_plot(f);
    g_autoptr(MomPlotFile) file = mom_plot_file_new(plot, "vm", "u1", f->schema);
    g_autoptr(MomPlotFile) other = mom_plot_file_new(plot, "vm2", "u2", f->schema);
    struct rlimit before, small;

    write_sample(f, file, 1);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 100;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int i = 2; i < 6; i++) {
        write_sample(f, file, i);
        write_sample(f, file, i);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true(g_str_has_prefix(told->str, "W:Plot files in "));
    assert_null(strstr(told->str + 1, "W:"));
    g_string_truncate(told, 0);
    write_sample(f, file, 6);
    write_sample(f, other, 6);
    assert_string_equal(told->str, "I:Plot files are written again;");
    assert_file(plot, "vm.dat",
                "# time\t balloon_cur\t io_tune\t label\t mem_free\n"
                "1790001000.0\t0.1\tNone\tNone\t1\n"
                "1790001000.0\t0.1\tNone\tNone\t6\n");
}

/* ---- the engine ---- */

static void
test_an_engine_plots_host_and_guests(void **state)
{
    Fixture *f = *state;
    g_autoptr(MomPlot) plot = new_plot(f);
    const MomCollector *host[] = {mom_collector_find("HostTime")};
    const MomCollector *guest[] = {mom_collector_find("GuestBalloonOptional")};
    static const MomController *const controllers[] = {NULL};
    MomMonitorPlan *host_plan = mom_monitor_plan_new(host, 1, 10);
    MomMonitorPlan *guest_plan = mom_monitor_plan_new(guest, 1, 10);
    EngineFixture source = {.clock = f->clock};
    MomEngine *engine;

    engine_use_peers(&source);
    engine_add_guest(&source, "vm-1", 3000000);
    engine = mom_engine_new(&(MomEngineOptions){
        .source = &source.source,
        .clock = virtual_clock_base(f->clock),
        .host_plan = host_plan,
        .guest_plan = guest_plan,
        .controllers = controllers,
        .host_root = f->base,
        .host_interval_us = 5 * SECOND,
        .guest_interval_us = 5 * SECOND,
        .policy_interval_us = 10 * SECOND,
        .plot = plot,
    });
    mom_engine_start(engine);
    virtual_clock_advance(f->clock, 5 * SECOND);
    assert_file(plot, "vm-1.dat",
                "# time\t balloon_allowed\t balloon_cur\t balloon_max\t balloon_min"
                "\t balloon_refusal\t data_age\t data_source\n"
                "1790001000.0\tTrue\t3000000\t4000000\t1000000\tNone\tNone\tNone\n"
                "1790001005.0\tTrue\t3000000\t4000000\t1000000\tNone\tNone\tNone\n");
    {
        g_autofree char *path = g_build_filename(mom_plot_dir(plot), "HostMonitor.dat", NULL);
        g_autofree char *text = NULL;

        assert_true(g_file_get_contents(path, &text, NULL, NULL));
        assert_true(g_str_has_prefix(text, "# time\t "));
        assert_non_null(strstr(text, "\n1790001005.0\t"));
    }
    mom_engine_free(engine);
    g_ptr_array_unref(source.guests);
    g_ptr_array_unref(source.calls);
    mom_monitor_plan_unref(host_plan);
    mom_monitor_plan_unref(guest_plan);
}

#define PLOT_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PLOT_TEST(test_the_directory_is_one_above_the_highest),
        PLOT_TEST(test_no_directory_is_an_error_that_says_what_to_do),
        PLOT_TEST(test_lines_are_the_references),
        PLOT_TEST(test_every_value_is_one_word),
        PLOT_TEST(test_a_guest_that_comes_again_goes_on_in_its_file),
        PLOT_TEST(test_no_name_leads_out_of_the_directory),
        PLOT_TEST(test_long_names_are_cut),
        PLOT_TEST(test_a_link_is_not_followed),
        PLOT_TEST(test_a_full_disk_is_told_once_and_leaves_whole_lines),
        PLOT_TEST(test_an_engine_plots_host_and_guests),
    };
    int failed;

    kept_log_begin();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    kept_log_end();
    return failed;
}
