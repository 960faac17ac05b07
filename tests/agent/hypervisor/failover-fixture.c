/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See failover-fixture.h.
 *
 * Nothing here knows who should be in force.
 */
#include "tests/agent/hypervisor/failover-fixture.h"

#include "tests/agent/kept-log.h"
#include "tests/mom-test.h"

/* ---- peers ---- */

static GPtrArray *
make_guests(const char *names)
{
    GPtrArray *guests = g_ptr_array_new_with_free_func((GDestroyNotify)mom_guest_data_free);

    for (; *names; names++) {
        char name[] = {*names, '\0'};
        MomGuestData *guest = mom_guest_data_new(name, name);

        guest->has_memory = guest->has_balloon = g_ascii_islower(*names);
        guest->balloon_min_kib = mom_value_int(1000);
        g_ptr_array_add(guests, guest);
    }
    return guests;
}

void
peer_answer(Peer *peer)
{
    MomSourceDone done = peer->done;

    peer->done = NULL;
    if (peer->guests) {
        g_autoptr(GPtrArray) guests = make_guests(peer->guests);

        done(guests, NULL, peer->done_data);
    } else {
        g_autoptr(GError) error =
            g_error_new(G_IO_ERROR, peer->code, "%s is away", peer->source.klass->name);

        done(NULL, error, peer->done_data);
    }
}

static void
peer_sample(MomSource *source, MomSourceDone done, gpointer data)
{
    Peer *peer = (Peer *)source;

    assert_null(peer->done); /* never two questions at once */
    peer->asked++;
    peer->done = done;
    peer->done_data = data;
    if (!peer->silent)
        peer_answer(peer);
}

static void
peer_set_ksm(MomActuator *actuator,
             MomEntity *host,
             const MomKsmTune *tune,
             MomActuatorDone done,
             gpointer data)
{
    Peer *peer = (Peer *)((char *)actuator - G_STRUCT_OFFSET(Peer, actuator));

    peer->sent++;
    peer->changed = done;
    peer->changed_data = data;
    if (!peer->lazy)
        done(NULL, data);
}

static void
peer_drop_unsent(MomActuator *actuator)
{
    ((Peer *)((char *)actuator - G_STRUCT_OFFSET(Peer, actuator)))->dropped++;
}

static guint
vdsm_keys(MomActuator *actuator)
{
    return 1;
}

static const MomSourceClass vdsm_class = {.sample = peer_sample, .name = "vdsm"};
static const MomSourceClass libvirt_class = {.sample = peer_sample, .name = "libvirt"};
static const MomActuatorClass vdsm_actuator = {
    .set_ksm = peer_set_ksm, .ksm_keys = vdsm_keys, .drop_unsent = peer_drop_unsent};
static const MomActuatorClass libvirt_actuator = {.set_ksm = peer_set_ksm,
                                                  .drop_unsent = peer_drop_unsent};

/* ---- fixture ---- */

static void
on_rest(gpointer data)
{
    Fixture *f = data;

    assert_null(f->libvirt.done); /* not in the middle of a question */
    f->rests++;
}

static void
on_changed(gpointer data)
{
    ((Fixture *)data)->changes++;
}

int
failover_setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    g_string_truncate(told, 0);
    f->clock = virtual_clock_new();
    f->told = g_string_new(NULL);
    f->vdsm.source.klass = &vdsm_class;
    f->vdsm.actuator.klass = &vdsm_actuator;
    f->libvirt.source.klass = &libvirt_class;
    f->libvirt.actuator.klass = &libvirt_actuator;
    f->vdsm.guests = f->libvirt.guests = "ab";
    f->vdsm.code = f->libvirt.code = G_IO_ERROR_NOT_CONNECTED;
    f->failover = mom_hypervisor_failover_new(&(MomHypervisorFailoverOptions){
        .primary = {&f->vdsm.source, &f->vdsm.actuator},
        .secondary = {&f->libvirt.source, &f->libvirt.actuator},
        .clock = virtual_clock_base(f->clock),
        .fallback_after_us = AFTER_S * SECOND,
        .rest = on_rest,
        .changed = on_changed,
        .data = f,
    });
    f->source = mom_hypervisor_failover_source(f->failover);
    *state = f;
    return 0;
}

int
failover_teardown(void **state)
{
    Fixture *f = *state;

    mom_hypervisor_failover_close(f->failover);
    f->vdsm.guests = f->libvirt.guests = NULL;
    if (f->vdsm.done)
        peer_answer(&f->vdsm); /* told to nobody */
    if (f->libvirt.done)
        peer_answer(&f->libvirt);
    mom_hypervisor_failover_free(f->failover);
    virtual_clock_free(f->clock);
    g_string_free(f->told, TRUE);
    g_free(f);
    return 0;
}

static void
on_told(GPtrArray *guests, const GError *error, gpointer data)
{
    Fixture *f = data;

    assert_true(f->open); /* answered once */
    f->open = FALSE;
    g_string_truncate(f->told, 0);
    if (error)
        g_string_printf(f->told, "!%s", error->message);
    for (guint i = 0; guests && i < guests->len; i++)
        g_string_append(f->told, ((MomGuestData *)g_ptr_array_index(guests, i))->uuid);
}

void
ask(Fixture *f)
{
    f->open = TRUE;
    f->source->klass->sample(f->source, on_told, f);
}

void
pass(Fixture *f, guint seconds)
{
    for (guint s = 0; s < seconds; s += STEP_S) {
        ask(f);
        assert_false(f->open);
        virtual_clock_advance(f->clock, STEP_S * SECOND);
    }
}

static void
on_set(const GError *error, gpointer data)
{
    g_string_append(data, error ? error->message : "ok");
}

void
change(Fixture *f, GString *outcome)
{
    MomActuator *actuator = mom_hypervisor_failover_actuator(f->failover);

    mom_actuator_set_ksm(actuator, NULL, &(MomKsmTune){0}, on_set, outcome);
}

void
assert_in_force(Fixture *f, const char *name)
{
    g_autoptr(GString) outcome = g_string_new(NULL);
    guint vdsm = f->vdsm.sent, libvirt = f->libvirt.sent;

    assert_string_equal(mom_source_name(f->source), name);
    change(f, outcome);
    assert_string_equal(outcome->str, "ok");
    assert_int_equal(f->vdsm.sent - vdsm, g_str_equal(name, "vdsm"));
    assert_int_equal(f->libvirt.sent - libvirt, g_str_equal(name, "libvirt"));
}

void
fail_over(Fixture *f)
{
    f->vdsm.guests = NULL;
    pass(f, AFTER_S + STEP_S);
    assert_in_force(f, "libvirt");
    assert_string_equal(f->told->str, "ab");
}
