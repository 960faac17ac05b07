/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where a guest is reached: an address of the network, or a context id of vsock.
 *
 * Addresses are numbers: no name is looked up, which could take long and is somebody else's word.
 * Pure.
 */
#pragma once

#include <glib.h>
#include <sys/socket.h>

/* "vsock:3" */
#define MOM_GUEST_VSOCK_PREFIX "vsock:"

typedef struct {
    struct sockaddr_storage socket;
    socklen_t length;
} MomGuestAddress;

void mom_guest_address_vsock(MomGuestAddress *address, guint32 cid, guint32 port);
/* TEXT is an IPv4 or IPv6 address, or "vsock:CID". FALSE, *ADDRESS untouched, if it is none. */
gboolean mom_guest_address_parse(MomGuestAddress *address, const char *text, guint16 port);
/* What a program that maps names to addresses printed: the one address that some line begins with.
 * FALSE if there is none or more than one. */
gboolean mom_guest_address_find(MomGuestAddress *address, const char *output, guint16 port);
/* "192.0.2.7 port 2187". Caller frees. */
char *mom_guest_address_to_text(const MomGuestAddress *address);
