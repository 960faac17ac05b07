/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who vdsm must be, and who we are: three PEM files made into what a TLS connection needs.
 *
 * The agent shows vdsm's own certificate and connects to localhost, so a host name cannot be
 * checked.  The chain is verified against the CA, and the name must be the one in our own
 * certificate; or, where that certificate has no usable name, the peer must show the very same
 * certificate.  It must never accept less.
 */
#pragma once

#include <gio/gio.h>

typedef struct MomVdsmTls MomVdsmTls;

/* Reads the files now; blocks for as long as three small local files take. Error: G_IO_ERROR or
 * G_TLS_ERROR, naming the file and the reason. */
MomVdsmTls *
mom_vdsm_tls_load(const char *ca_file, const char *cert_file, const char *key_file, GError **error);
void mom_vdsm_tls_free(MomVdsmTls *tls);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomVdsmTls, mom_vdsm_tls_free)

/* Tells one content of the three files from another. Borrowed. */
const char *mom_vdsm_tls_digest(const MomVdsmTls *tls);

/* Makes CLIENT speak TLS by these rules. */
void mom_vdsm_tls_use(MomVdsmTls *tls, GSocketClient *client);

/* Rewrites ERROR of a connection that failed, if TLS was the cause: what was refused, by whom,
 * which file to look at. SHAKING_HANDS: while opening; else while reading, where TLS 1.3 tells that
 * vdsm refused us. */
void mom_vdsm_tls_explain(const MomVdsmTls *tls, gboolean shaking_hands, GError **error);
