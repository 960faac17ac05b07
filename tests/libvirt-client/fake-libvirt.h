/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * QEMU's driver of libvirt, as far as libvirt-client calls it, in this process: linked in place of
 * libvirt's functions of the same names.
 *
 * For what the real one has on a host with many guests, or with guests that hang, and the test
 * driver has not: statistics in the bulk answer, jobs, a call that holds a guest. A call gets into
 * a guest, waits there while the guest hangs, and whoever comes meanwhile finds it held, as
 * tests/hypervisor sees it of the real one.  Typed parameters and errors are libvirt's own.
 */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>

/* N guests that run and answer; what was counted is forgotten. */
void fake_start(guint n);
/* When no connection is open any more. */
void fake_stop(void);
const char *fake_uuid(guint guest);

/* OFF: the calls that wait in it go on. */
void fake_hang(guint guest, gboolean on);
/* How many calls wait in guests. */
guint fake_waiting(void);
/* How many connections are open: 0 is the end of all that uses guests. */
guint fake_connections(void);
/* ON: closing a connection hangs, as with a daemon that is stopped; OFF: what hangs goes on. */
void fake_close_hangs(gboolean on);
/* From now on a call that is in a guest has been there for so long. */
void fake_held_for(guint64 ms);
/* The bulk answer takes so long, whoever asks. */
void fake_slow(guint ms);
/* What libvirt is at with it, of virDomainJobOperation; -1: nothing. */
void fake_job(guint guest, int operation);
/* What the agent in a guest answers: REPLY (copied) whatever it is asked, or what ANSWER returns
 * (allocated with g_malloc; called in any thread, one call at a time); NULL, as at first: there is
 * no agent. ON: it hangs, and libvirt gives it up after MS, or else the time-out taken for
 * milliseconds. */
typedef char *(*FakeAgentAnswer)(guint guest, const char *command);
void fake_agent_by(FakeAgentAnswer answer);
void fake_agent_timeout_ms(guint ms);
void fake_agent(guint guest, const char *reply);
void fake_agent_hangs(guint guest, gboolean on);
/* The last command that reached a guest's agent; caller frees. */
char *fake_agent_asked(guint guest);
guint64 fake_balloon_kib(guint guest);
guint fake_period_s(guint guest);

/* How often FUNCTION was called, of those that the real libvirt asks its daemon for; NULL: all. */
guint fake_calls(const char *function);
void fake_forget_calls(void);
/* Processor time of bulk answers so far: what is libvirt's own, not ours. */
guint64 fake_spent_ns(void);
