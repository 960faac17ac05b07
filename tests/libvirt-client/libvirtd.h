/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A real libvirtd with the test driver, as a plain process of an ordinary user in a folder of its
 * own: to be frozen, killed, started anew, and told to ask for passwords.
 *
 * It reads tests/libvirt-client/node.xml.  It ends with the test, however that ends.
 */
#pragma once

#include <glib.h>

typedef struct {
    char *folder;
    char *uri;
    char *socket;
    GPid pid; /* 0: it does not run */
} Libvirtd;

/* Its folder; nothing runs yet. */
Libvirtd *libvirtd_new(void);
/* Kills it and removes the folder. */
void libvirtd_free(Libvirtd *libvirtd);
/* A file of its folder with TEXT, readable for its user. Caller frees the path. */
char *libvirtd_write(Libvirtd *libvirtd, const char *name, const char *text);
/* Returns when it is on its way; CONFIG, a path, and SASL_FOLDER may be NULL. */
void libvirtd_start(Libvirtd *libvirtd, const char *config, const char *sasl_folder);
void libvirtd_kill(Libvirtd *libvirtd);
/* So that short time-outs meet a daemon that is through with starting. Not if it asks for a
 * password. */
void libvirtd_wait(Libvirtd *libvirtd);
