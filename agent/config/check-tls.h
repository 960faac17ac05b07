/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whether certificate, key and authority are good for a connection to vdsm, without vdsm.
 *
 * On an oVirt host vdsm shows the very certificate that momd shows.  So momd shakes hands with
 * itself over a pair of sockets, by the rules of vdsm-client/tls.h, and sees what a peer would.
 */
#pragma once

#include <gio/gio.h>

/* FALSE with what is wrong, naming the files: unreadable, not fitting each other, expired, of
 * another authority.  Blocks for as long as a handshake takes. */
gboolean
mom_check_tls(const char *ca_file, const char *cert_file, const char *key_file, GError **error);
