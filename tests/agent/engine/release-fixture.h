/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * For tests of letting go at the end: an engine that has turned every knob, in virtual time.
 *
 * The engine's own collectors, policies, guard and decisions run between a source of the fixture's
 * and a recorder that stands for the host.  It judges nothing itself.
 */
#pragma once

#include "agent/engine/release.h"
#include "tests/agent/engine-fixture.h"
#include "tests/controllers/recorder.h"

#define GB 1000000 /* KiB, nearly: the fixture's host has 10 of them, and 0.5 are its reserve */

typedef struct {
    EngineFixture *peers;
    Recorder *recorder;
    MomMonitorPlan *host_plan, *guest_plan;
    MomGuardOptions guard;
    guint released;
} Fixture;

int release_setup(void **state);
int release_teardown(void **state);

void write_ksm(const char *root, const char *run, const char *pages);

/* A guest of 1 to 4 GB; one that is called "left" is not turned. */
MomGuestData *add_guest(Fixture *f, const char *name, gint64 cur_kib);
void add_disk(MomGuestData *guest);
/* The first cycle, and that guests have come to what it sent. */
void manage(Fixture *f);
/* The end; how often it was told is counted in `released`. */
void release(Fixture *f, MomOnStop how);
/* Only what was sent to balloons. */
void assert_balloons(Fixture *f, const char *expected);
