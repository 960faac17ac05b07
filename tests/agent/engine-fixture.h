/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An engine in virtual time between a source and an actuator of the test's own, over a host's files
 * and policies in a directory of the test's own.
 *
 * For the engine's tests only.  Collectors, controllers, guard and policies are the real ones.
 */
#pragma once

#include "agent/engine/engine.h"

#include "tests/agent/virtual-clock.h"

#define SECOND G_GINT64_CONSTANT(1000000)

/* The second policy at the start: half of a guest's maximum, if `on` and the host is pressed. */
extern const char engine_policy_act[];

typedef struct {
    MomSource source;
    MomActuator actuator;
    VirtualClock *clock;
    MomEngine *engine;
    char *root;
    char *policy_dir;
    MomMonitorPlan *host_plan, *guest_plan;

    MomSourceDone done; /* an unanswered question */
    gpointer done_data;
    gboolean silent; /* leave questions open */
    int error_code;  /* of G_IO_ERROR, if there are no guests to tell */
    guint asked;
    GPtrArray *guests;
    GPtrArray *calls;    /* "uuid target" */
    const char *refusal; /* what the actuator answers to every call; NULL: it accepts */
    gboolean follow;     /* guests get at once what is sent */
} EngineFixture;

int engine_setup(void **state);
int engine_teardown(void **state);

/* Only source and actuator of F, for a test that makes an engine of its own. */
void engine_use_peers(EngineFixture *f);

/* What the source will tell: a guest of 1 to 4 GB that has CUR_KIB; or none any more. */
void engine_add_guest(EngineFixture *f, const char *uuid, gint64 cur_kib);
void engine_forget_guests(EngineFixture *f);
/* Answers the open question. */
void engine_answer(EngineFixture *f);
void engine_write_file(const char *dir, const char *name, const char *text);
/* The host's files, with so much of its 10 GB free. */
void engine_write_host(EngineFixture *f, gint64 free_kib);

/* Removes PATH and all below it. */
void engine_remove_tree(const char *path);

/* Starts the engine and lets the first cycle pass. */
void engine_start(EngineFixture *f);
/* The targets sent since the last call: "uuid target, uuid target". */
void engine_assert_calls(EngineFixture *f, const char *expected);

#define ENGINE_TEST(name) cmocka_unit_test_setup_teardown(name, engine_setup, engine_teardown)
