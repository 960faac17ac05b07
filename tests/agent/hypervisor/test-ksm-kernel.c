/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * KSM on this machine's own kernel: HostKSM reads it, the controller wishes, the guard judges, and
 * ksm-files.c writes it, cycle by cycle.
 *
 * The machine has one set of knobs.  They are taken alone (a lock on the kernel's file `run`, which
 * other tests take too) and put back as found by a process that outlives this one, however it ends.
 * Where they are in use, or cannot be written, nothing is turned and the tests are skipped.
 */
#include "tests/agent/collectors/host-root.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "agent/hypervisor/ksm-files.h"
#include "controllers/controller.h"
#include "controllers/guard.h"

#define FOLDER "/sys/kernel/mm/ksm/"
#define SECOND ((gint64)G_USEC_PER_SEC)
#define CYCLE_S 15

/* ---- the kernel's files, read and written without the code under test ---- */

/* NULL if there is no such file.  Of a choice, the chosen word. */
static char *
read_file(const char *name)
{
    g_autofree char *path = g_strconcat(FOLDER, name, NULL);
    char *text = NULL, *word;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return NULL;
    word = strchr(text, '[');
    if (word) {
        memmove(text, word + 1, strlen(word));
        *strchrnul(text, ']') = '\0';
    }
    return g_strstrip(text);
}

static gint64
read_number(const char *name)
{
    g_autofree char *text = read_file(name);

    return text ? g_ascii_strtoll(text, NULL, 10) : -1;
}

static gboolean
write_file(const char *name, const char *text)
{
    g_autofree char *path = g_strconcat(FOLDER, name, NULL);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    gboolean ok = fd >= 0 && write(fd, text, strlen(text)) == (gssize)strlen(text);

    if (fd >= 0)
        close(fd);
    return ok;
}

/* ---- the machine's knobs, kept ---- */

/* In the order of restoring: what the advisor or `run` would forbid before these. */
static const char *const kept[] = {
    "advisor_max_cpu",
    "advisor_target_scan_time",
    "advisor_min_pages_to_scan",
    "advisor_max_pages_to_scan",
    "smart_scan",
    "use_zero_pages",
    "max_page_sharing",
    "merge_across_nodes",
    "pages_to_scan",
    "sleep_millisecs",
    "advisor_mode",
    "run",
};

typedef struct {
    char *found[G_N_ELEMENTS(kept)];
    pid_t keeper;
    int alive; /* closed when this process ends */
} Knobs;

static Knobs knobs;

static gboolean
restore(void)
{
    gboolean ok = write_file("run", "2");

    write_file("advisor_mode", "none"); /* fails where there is none */
    for (gsize i = 0; i < G_N_ELEMENTS(kept); i++)
        if (knobs.found[i])
            ok &= write_file(kept[i], knobs.found[i]);
    return ok;
}

/* Waits in a session of its own until nobody holds the other end, so that neither a crash nor a
 * time-out that ends the whole group leaves the knobs turned. */
static void
start_keeper(void)
{
    int ends[2];
    char byte;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    knobs.keeper = fork();
    assert_true(knobs.keeper >= 0);
    if (knobs.keeper == 0) {
        setsid();
        close(ends[1]);
        while (read(ends[0], &byte, 1) < 0 && errno == EINTR)
            ;
        _exit(restore() ? 0 : 1);
    }
    close(ends[0]);
    knobs.alive = ends[1];
}

/* NULL, or why the kernel's knobs are not to be touched.  The lock lasts until both processes have
 * ended. */
static const char *
take_knobs(void)
{
    int lock = open(FOLDER "run", O_RDONLY | O_CLOEXEC);

    if (lock < 0)
        return "this kernel has no KSM";
    while (flock(lock, LOCK_EX) < 0)
        if (errno != EINTR)
            return "the lock on " FOLDER "run cannot be had";
    if (read_number("run") != 0 || read_number("pages_shared") != 0)
        return "KSM is in use on this machine";
    if (read_number("merge_across_nodes") < 0)
        return "without NUMA this kernel lacks merge_across_nodes, which HostKSM needs";
    for (gsize i = 0; i < G_N_ELEMENTS(kept); i++)
        knobs.found[i] = read_file(kept[i]);
    if (!write_file("run", "0"))
        return "the files of " FOLDER " cannot be written; root can";
    start_keeper();
    return NULL;
}

static int
give_knobs_back(void)
{
    int status = -1;

    close(knobs.alive);
    waitpid(knobs.keeper, &status, 0);
    for (gsize i = 0; i < G_N_ELEMENTS(kept); i++)
        g_free(knobs.found[i]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* ---- one cycle after another ---- */

typedef struct {
    MomActuator actuator; /* first */
    guint n_calls;
    GString *errors;
    Subject *collector;
    MomGuard *guard;
    MomEntity *host; /* NULL before the first cycle */
    gint64 now_us;
    GString *told; /* "ksm_run sent; " */
} Fixture;

static void
set_ksm(
    MomActuator *self, MomEntity *host, const MomKsmTune *tune, MomActuatorDone done, gpointer data)
{
    Fixture *f = (Fixture *)self;
    g_autoptr(GError) error = NULL;

    f->n_calls++;
    if (!mom_ksm_files_write("/", tune, &error))
        g_string_append_printf(f->errors, "%s; ", error->message);
    done(error, data);
}

static const MomActuatorClass files_class = {.set_ksm = set_ksm};

static void
tell(const MomGuardReport *report, gpointer data)
{
    Fixture *f = data;

    if (report->verdict == MOM_GUARD_DONE)
        return;
    g_string_append_printf(f->told, "%s %s%s%s; ", report->knob,
                           mom_guard_verdict_name(report->verdict), report->rail ? " " : "",
                           report->rail ? report->rail : "");
}

static void
complain(MomEntity *entity, const char *control, const char *why, gpointer data)
{
    fail_msg("%s: %s", control, why);
}

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->actuator.klass = &files_class;
    f->errors = g_string_new(NULL);
    f->told = g_string_new(NULL);
    f->collector = subject_new("HostKSM");
    f->guard = mom_guard_new(&f->actuator, tell, f);
    f->host = mom_entity_new(f->collector->schema);
    *state = f;
    return restore() ? 0 : -1;
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    mom_guard_free(f->guard);
    subject_free(f->collector);
    mom_entity_free(f->host);
    g_string_free(f->errors, TRUE);
    g_string_free(f->told, TRUE);
    g_free(f);
    return restore() ? 0 : -1;
}

/* Fields of kernels that lack them are nil, as the monitor makes them. */
static void
look(Fixture *f)
{
    MomCollectInput input = {.root = "/", .interval_s = CYCLE_S, .now_us = f->now_us};
    g_autoptr(GError) error = NULL;

    assert_ok(subject_collect(f->collector, &input, &error));
    for (gsize i = 0; i < mom_schema_size(f->collector->schema); i++) {
        const char *name = mom_schema_name(f->collector->schema, i);

        if (!subject_has(f->collector, name))
            mom_sample_set(f->collector->sample, name, MOM_NIL);
    }
    mom_entity_add_sample(f->host, g_steal_pointer(&f->collector->sample), 10);
}

typedef struct {
    MomKsmKey key;
    MomValue value;
} Wish;

/* One cycle in which the policy makes these wishes; what was told of it. */
static void
run_cycle(Fixture *f, const Wish *wishes, gsize n, const char *told)
{
    MomControllerContext context = {mom_guard_actuator(f->guard), complain, NULL};
    g_autoptr(GPtrArray) guests = g_ptr_array_new();

    look(f);
    mom_entity_begin_run(f->host);
    for (gsize i = 0; i < n; i++)
        mom_entity_set_control(f->host, mom_ksm_controls[wishes[i].key], wishes[i].value,
                               (MomPlace){0});
    mom_guard_begin_cycle(f->guard, f->host, guests, f->now_us);
    g_string_truncate(f->told, 0);
    mom_controller_find("KSM")->apply(&context, f->host, guests);
    assert_string_equal(f->errors->str, "");
    assert_string_equal(f->told->str, told);
    f->now_us += CYCLE_S * SECOND;
}

/* Skips the test, with the reason, if the kernel is too old for KEY. */
static void
need(MomKsmKey key)
{
    if (read_number(mom_ksm_key_name(key)) == -1) {
        print_message("# this kernel has no " FOLDER "%s\n", mom_ksm_key_name(key));
        skip();
    }
}

static void
assert_knob(MomKsmKey key, const char *expected)
{
    g_autofree char *text = read_file(mom_ksm_key_name(key));

    assert_non_null(text);
    assert_string_equal(text, expected);
}

/* ---- tests ---- */

static void
what_is_read_is_what_the_kernel_shows(void **state)
{
    Fixture *f = *state;

    look(f);
    for (int key = 0; key < MOM_N_KSM_KEYS; key++) {
        g_autofree char *text = read_file(mom_ksm_key_name(key));
        MomValue v;

        assert_true(mom_entity_get_attribute(f->host, mom_ksm_controls[key], &v));
        if (!text)
            assert_true(mom_value_is_nil(v));
        else if (v.type == MOM_VALUE_STRING)
            assert_string_equal(v.string, text);
        else
            assert_int_equal(v.integer, g_ascii_strtoll(text, NULL, 10));
    }
}

static void
each_bound_of_the_rails_is_one_that_the_kernel_takes(void **state)
{
    static const struct {
        MomKsmKey key;
        gint64 least;
        gint64 most;
    } bounds[] = {
        {MOM_KSM_PAGES_TO_SCAN, 1, 1024 * 1024},
        {MOM_KSM_SLEEP_MILLISECS, 0, G_MAXUINT32},
        {MOM_KSM_MAX_PAGE_SHARING, 2, G_MAXINT32},
        {MOM_KSM_USE_ZERO_PAGES, 0, 1},
        {MOM_KSM_SMART_SCAN, 0, 1},
        {MOM_KSM_ADVISOR_MODE, 0, 1},
        {MOM_KSM_ADVISOR_MAX_CPU, 1, 100},
        {MOM_KSM_ADVISOR_TARGET_SCAN_TIME, 1, 86400},
        {MOM_KSM_ADVISOR_MIN_PAGES_TO_SCAN, 1, 1024 * 1024},
        {MOM_KSM_ADVISOR_MAX_PAGES_TO_SCAN, 1, 1024 * 1024},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(bounds); i++) {
        const gint64 values[] = {bounds[i].least, bounds[i].most};

        if (read_number(mom_ksm_key_name(bounds[i].key)) == -1)
            continue;
        assert_non_null(mom_rail_ksm(bounds[i].key, bounds[i].least - 1));
        assert_non_null(mom_rail_ksm(bounds[i].key, bounds[i].most + 1));
        for (gsize n = 0; n < G_N_ELEMENTS(values); n++) {
            MomKsmTune tune = {.present = MOM_KSM_BIT(bounds[i].key)};
            g_autoptr(GError) error = NULL;

            tune.value[bounds[i].key] = values[n];
            assert_null(mom_rail_ksm(bounds[i].key, values[n]));
            assert_ok(mom_ksm_files_write("/", &tune, &error));
        }
        restore();
    }
}

static void
switches_are_turned_on_and_off(void **state)
{
    static const MomKsmKey keys[] = {MOM_KSM_USE_ZERO_PAGES, MOM_KSM_SMART_SCAN};
    Fixture *f = *state;

    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        gint64 found = read_number(mom_ksm_key_name(keys[i]));
        Wish wish = {keys[i], mom_value_bool(!found)};
        g_autofree char *told = g_strdup_printf("%s sent; ", mom_ksm_controls[keys[i]]);

        need(keys[i]);
        run_cycle(f, &wish, 1, told);
        assert_knob(keys[i], found ? "0" : "1");
        run_cycle(f, &wish, 1, "");
        wish.value = mom_value_int(found);
        run_cycle(f, &wish, 1, told);
        assert_knob(keys[i], found ? "1" : "0");
    }
}

static void
the_advisor_is_turned_on_and_off_and_owns_pages_to_scan_meanwhile(void **state)
{
    const Wish advised[] = {
        {MOM_KSM_ADVISOR_MODE, mom_value_string("scan-time")},
        {MOM_KSM_ADVISOR_MIN_PAGES_TO_SCAN, mom_value_int(701)},
        {MOM_KSM_PAGES_TO_SCAN, mom_value_int(401)},
    };
    const Wish only_pages = {MOM_KSM_PAGES_TO_SCAN, mom_value_int(402)};
    const Wish by_hand[] = {
        {MOM_KSM_PAGES_TO_SCAN, mom_value_int(403)},
        {MOM_KSM_ADVISOR_MODE, mom_value_string("none")},
    };
    Fixture *f = *state;

    need(MOM_KSM_ADVISOR_MODE);
    run_cycle(f, advised, G_N_ELEMENTS(advised),
              "ksm_pages_to_scan railed ksm-advisor; ksm_advisor_mode sent; "
              "ksm_advisor_min_pages_to_scan sent; ");
    assert_knob(MOM_KSM_ADVISOR_MODE, "scan-time");
    assert_knob(MOM_KSM_PAGES_TO_SCAN, "701"); /* of the advisor, so written before it went on */
    run_cycle(f, &only_pages, 1, "ksm_pages_to_scan railed ksm-advisor; ");
    assert_knob(MOM_KSM_PAGES_TO_SCAN, "701");
    run_cycle(f, by_hand, G_N_ELEMENTS(by_hand), "ksm_pages_to_scan sent; ksm_advisor_mode sent; ");
    assert_knob(MOM_KSM_ADVISOR_MODE, "none");
    assert_knob(MOM_KSM_PAGES_TO_SCAN, "403");
    run_cycle(f, by_hand, G_N_ELEMENTS(by_hand), "");
    assert_int_equal(f->n_calls, 2);
}

static void
what_the_advisor_refuses_is_an_error_that_says_so(void **state)
{
    MomKsmTune tune = {.present = MOM_KSM_BIT(MOM_KSM_PAGES_TO_SCAN)};
    g_autoptr(GError) error = NULL;

    need(MOM_KSM_ADVISOR_MODE);
    assert_true(write_file("advisor_mode", "scan-time"));
    tune.value[MOM_KSM_PAGES_TO_SCAN] = 404;
    assert_false(mom_ksm_files_write("/", &tune, &error));
    assert_true(g_error_matches(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT));
    assert_non_null(strstr(error->message, FOLDER "pages_to_scan"));
    assert_non_null(strstr(error->message, "advisor_mode = none"));
}

/* Memory that is the same page over and over. */
#define N_PAGES 512

static void *
offer_equal_pages(void)
{
    gsize size = N_PAGES * (gsize)sysconf(_SC_PAGESIZE);
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_true(pages != MAP_FAILED);
    assert_int_equal(madvise(pages, size, MADV_NOHUGEPAGE), 0);
    memset(pages, 'm', size);
    assert_int_equal(madvise(pages, size, MADV_MERGEABLE), 0);
    return pages;
}

static void
max_page_sharing_changes_only_with_pages_taken_apart(void **state)
{
    const Wish merging[] = {
        {MOM_KSM_SLEEP_MILLISECS, mom_value_int(0)},
        {MOM_KSM_PAGES_TO_SCAN, mom_value_int(10000)},
        {MOM_KSM_RUN, mom_value_int(1)},
    };
    const Wish sharing[] = {
        {MOM_KSM_MAX_PAGE_SHARING, mom_value_int(513)},
        {MOM_KSM_RUN, mom_value_int(2)},
    };
    MomKsmTune tune = {.present = MOM_KSM_BIT(MOM_KSM_MAX_PAGE_SHARING)};
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    gint64 shared;
    void *pages;

    need(MOM_KSM_MAX_PAGE_SHARING);
    tune.value[MOM_KSM_MAX_PAGE_SHARING] = 513;
    pages = offer_equal_pages();
    run_cycle(f, merging, G_N_ELEMENTS(merging),
              "ksm_run sent; ksm_pages_to_scan sent; ksm_sleep_millisecs sent; ");
    while (read_number("pages_shared") == 0)
        g_usleep(10000);
    assert_false(mom_ksm_files_write("/", &tune, &error));
    assert_true(g_error_matches(error, G_IO_ERROR, G_IO_ERROR_BUSY));
    assert_non_null(strstr(error->message, "run = 2"));
    run_cycle(f, sharing, 1, "ksm_max_page_sharing railed ksm-merged; ");
    assert_true(mom_entity_get_int(f->host, "ksm_pages_shared", &shared));
    assert_true(shared > 0);
    run_cycle(f, sharing, G_N_ELEMENTS(sharing), "ksm_run sent; ksm_max_page_sharing sent; ");
    assert_knob(MOM_KSM_MAX_PAGE_SHARING, "513");
    assert_int_equal(read_number("pages_shared"), 0);
    munmap(pages, N_PAGES * (gsize)sysconf(_SC_PAGESIZE));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_read_is_what_the_kernel_shows),
        TEST(each_bound_of_the_rails_is_one_that_the_kernel_takes),
        TEST(switches_are_turned_on_and_off),
        TEST(the_advisor_is_turned_on_and_off_and_owns_pages_to_scan_meanwhile),
        TEST(what_the_advisor_refuses_is_an_error_that_says_so),
        TEST(max_page_sharing_changes_only_with_pages_taken_apart),
    };
    const char *why = take_knobs();
    int failed;

    if (why) {
        print_message("1..0 # SKIP %s\n", why);
        return 0;
    }
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    return give_knobs_back() + failed;
}
