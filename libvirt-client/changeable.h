/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whether a guest may be changed just now: not while it hangs, and not while it is on its way to
 * another host or into a file.
 *
 * A change to such a guest would wait for it, half a minute or for ever, and with it those of all
 * other guests; and a guest that migrates must not be made larger under the migration's feet.  What
 * is asked here libvirt answers from its own memory.  Runs in the worker, before each change.
 */
#pragma once

#include "libvirt-client/autoptr.h"
#include "libvirt-client/error.h"

/* A command to QEMU's monitor is a matter of milliseconds. One that takes so long hangs. */
#define MOM_VIRT_HANG_MS 3000

/* TRUE if a call that has been in a guest's QEMU for HELD_MS means that it hangs. */
gboolean mom_virt_hangs(guint64 held_ms);
/* For how long a call has been in the guest's QEMU; 0: there is none, or it cannot be told. */
guint64 mom_virt_held_ms(virDomainPtr domain);

/* FALSE with MOM_VIRT_ERROR_LEFT_ALONE, naming UUID and the reason, if DOMAIN must not be changed.
 * The message is the same as long as the reason is. */
gboolean mom_virt_check_changeable(virDomainPtr domain, const char *uuid, GError **error);
