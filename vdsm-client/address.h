/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where vdsm is, and with which files we show and judge certificates.
 *
 * Holds what a user of the connection set, and loads the files when an attempt needs them, so that
 * renewed certificates are taken up.  Knows nothing of a connection's state.
 */
#pragma once

#include "vdsm-client/tls.h"

/* Whether FILE may be read, asked before each attempt that needs it. FALSE with an error that names
 * it. */
typedef gboolean (*MomVdsmVet)(const char *file, gpointer data, GError **error);

/* How to reach vdsm. Strings are copied. */
typedef struct {
    const char *host; /* NULL: "localhost" */
    guint16 port;     /* 0: 54321 */
    gboolean tls;
    const char *ca_file; /* absolute paths, PEM */
    const char *cert_file;
    const char *key_file;
    guint request_timeout_ms; /* 0: 10000 */
    guint window;             /* calls in flight, 0: 4 */
    guint retry_within_ms;    /* the longest pause between two attempts, 0: the pace's */
    MomVdsmVet vet;           /* of the three files; NULL: all may */
    gpointer vet_data;
} MomVdsmOptions;

typedef struct {
    char *host;
    guint16 port;
    gboolean tls;
    char *ca_file, *cert_file, *key_file;
    MomVdsmVet vet;
    gpointer vet_data;
} MomVdsmAddress;

/* What OPTIONS say of it, with the defaults filled in. */
void mom_vdsm_address_init(MomVdsmAddress *address, const MomVdsmOptions *options);
void mom_vdsm_address_clear(MomVdsmAddress *address);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MomVdsmAddress, mom_vdsm_address_clear)

/* Tells one connection from another: host, port, and what the files of TLS (NULL: none) held when
 * they were loaded. The caller frees. */
char *mom_vdsm_address_identity(const MomVdsmAddress *address, const MomVdsmTls *tls);
/* The three files, read now. TRUE and *TLS NULL if there is to be no TLS. */
gboolean mom_vdsm_address_load_tls(const MomVdsmAddress *address, MomVdsmTls **tls, GError **error);
/* Of options, in microseconds. */
gint64 mom_vdsm_timeout_us(const MomVdsmOptions *options);
