/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The engine's fixture, see engine-fixture.h.
 */
#include "tests/agent/engine-fixture.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdio.h>

#include "tests/agent/kept-log.h"
#include "tests/mom-test.h"

static const char policy_defines[] = "(defvar on 1)\n(defvar part 0.5)\n";
const char engine_policy_act[] =
    "(defvar pressed (< Host.mem_free (* 0.9 Host.mem_available)))\n"
    "(def halve (guest) (if (and on pressed)\n"
    "  (guest.Control \"balloon_target\" (* part guest.balloon_max)) 0))\n"
    "(with Guests guest (halve guest))\n";

/* ---- the test's source and actuator ---- */

void
engine_answer(EngineFixture *f)
{
    MomSourceDone done = f->done;

    f->done = NULL;
    if (f->guests) {
        done(f->guests, NULL, f->done_data);
    } else {
        g_autoptr(GError) error = g_error_new_literal(G_IO_ERROR, f->error_code, "away");

        done(NULL, error, f->done_data);
    }
}

static void
source_sample(MomSource *source, MomSourceDone done, gpointer data)
{
    EngineFixture *f = (EngineFixture *)source;

    assert_null(f->done); /* never two questions at once */
    f->asked++;
    f->done = done;
    f->done_data = data;
    if (!f->silent)
        engine_answer(f);
}

static const MomSourceClass source_class = {.sample = source_sample, .name = "test"};

static void
set_size(EngineFixture *f, const char *uuid, gint64 size_kib)
{
    for (guint i = 0; i < f->guests->len; i++) {
        MomGuestData *guest = g_ptr_array_index(f->guests, i);

        if (g_str_equal(guest->uuid, uuid))
            guest->balloon_cur_kib = mom_value_int(size_kib);
    }
}

static void
set_balloon_target(
    MomActuator *actuator, MomEntity *guest, gint64 target_kib, MomActuatorDone done, gpointer data)
{
    EngineFixture *f =
        (EngineFixture *)((char *)actuator - G_STRUCT_OFFSET(EngineFixture, actuator));

    const char *uuid = mom_entity_get_string_property(guest, "uuid");
    g_autoptr(GError) error =
        f->refusal ? g_error_new_literal(G_IO_ERROR, G_IO_ERROR_FAILED, f->refusal) : NULL;

    g_ptr_array_add(f->calls, g_strdup_printf("%s %" G_GINT64_FORMAT, uuid, target_kib));
    if (f->follow && !error)
        set_size(f, uuid, target_kib);
    if (done)
        done(error, data);
}

static const MomActuatorClass actuator_class = {.set_balloon_target = set_balloon_target};

/* ---- fixture ---- */

void
engine_add_guest(EngineFixture *f, const char *uuid, gint64 cur_kib)
{
    MomGuestData *guest = mom_guest_data_new(uuid, uuid);

    guest->has_balloon = TRUE;
    guest->balloon_cur_kib = mom_value_int(cur_kib);
    guest->balloon_max_kib = mom_value_int(4000000);
    guest->balloon_min_kib = mom_value_int(1000000);
    g_ptr_array_add(f->guests, guest);
}

void
engine_forget_guests(EngineFixture *f)
{
    g_clear_pointer(&f->guests, g_ptr_array_unref);
    f->guests = g_ptr_array_new_with_free_func((GDestroyNotify)mom_guest_data_free);
}

void
engine_write_file(const char *dir, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    g_autofree char *parent = g_path_get_dirname(path);
    FILE *file;

    assert_int_equal(g_mkdir_with_parents(parent, 0700), 0);
    /* A file that is replaced or cut waits for the disk, which would be most of a long test's time.
     */
    g_remove(path);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

void
engine_write_host(EngineFixture *f, gint64 free_kib)
{
    g_autofree char *meminfo = g_strdup_printf("MemTotal:       10000000 kB\n"
                                               "MemFree:        %" G_GINT64_FORMAT " kB\n"
                                               "Buffers:        0 kB\nCached:         0 kB\n"
                                               "AnonPages:      0 kB\nSwapTotal:      0 kB\n"
                                               "SwapFree:       0 kB\n",
                                               free_kib);

    engine_write_file(f->root, "proc/meminfo", meminfo);
    engine_write_file(f->root, "proc/vmstat", "pswpin 0\npswpout 0\n");
}

void
engine_use_peers(EngineFixture *f)
{
    f->source.klass = &source_class;
    f->actuator.klass = &actuator_class;
    f->calls = g_ptr_array_new_with_free_func(g_free);
    engine_forget_guests(f);
}

int
engine_setup(void **state)
{
    const MomCollector *host[] = {mom_collector_find("HostMemory")};
    const MomCollector *guest[] = {mom_collector_find("GuestBalloonOptional")};
    static const MomController *controllers[2];
    EngineFixture *f = g_new0(EngineFixture, 1);

    g_string_truncate(told, 0);
    controllers[0] = mom_controller_find("Balloon");
    f->error_code = G_IO_ERROR_NOT_CONNECTED;
    engine_use_peers(f);
    f->clock = virtual_clock_new();
    f->root = g_dir_make_tmp("mom-engine-XXXXXX", NULL);
    f->policy_dir = g_build_filename(f->root, "mom.d", NULL);
    engine_write_host(f, 1000000);
    engine_write_file(f->policy_dir, "00-defines.policy", policy_defines);
    engine_write_file(f->policy_dir, "10-act.policy", engine_policy_act);
    f->host_plan = mom_monitor_plan_new(host, 1, 10);
    f->guest_plan = mom_monitor_plan_new(guest, 1, 10);
    f->engine = mom_engine_new(&(MomEngineOptions){
        .source = &f->source,
        .actuator = &f->actuator,
        .clock = virtual_clock_base(f->clock),
        .host_plan = f->host_plan,
        .guest_plan = f->guest_plan,
        .controllers = controllers,
        .host_root = f->root,
        .policy_dir = f->policy_dir,
        .tuning_policy = "01-parameters",
        .host_interval_us = 5 * SECOND,
        .guest_interval_us = 5 * SECOND,
        .policy_interval_us = 10 * SECOND,
        .fallback_after = 3,
    });
    *state = f;
    return 0;
}

void
engine_remove_tree(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        engine_remove_tree(child);
    }
    g_clear_pointer(&dir, g_dir_close);
    g_remove(path);
}

int
engine_teardown(void **state)
{
    EngineFixture *f = *state;

    mom_engine_free(f->engine);
    mom_monitor_plan_unref(f->host_plan);
    mom_monitor_plan_unref(f->guest_plan);
    virtual_clock_free(f->clock);
    engine_remove_tree(f->root);
    g_free(f->root);
    g_free(f->policy_dir);
    g_clear_pointer(&f->guests, g_ptr_array_unref);
    g_ptr_array_unref(f->calls);
    g_free(f);
    return 0;
}

/* Starts and lets the first cycle pass. */
void
engine_start(EngineFixture *f)
{
    mom_engine_start(f->engine);
    virtual_clock_advance(f->clock, 0);
}

void
engine_assert_calls(EngineFixture *f, const char *expected)
{
    g_autofree char *joined = NULL;

    g_ptr_array_add(f->calls, NULL);
    joined = g_strjoinv(", ", (char **)f->calls->pdata);
    assert_string_equal(joined, expected);
    g_ptr_array_set_size(f->calls, 0);
}
