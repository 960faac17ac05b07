/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who may ask: addresses, networks and vsock's context ids.
 *
 * A list of a fixed size, read once.  An empty list allows all of the network, as the reference
 * does, and of vsock the host alone, which is whom it is for.  What cannot be understood is an
 * error and never a wider list.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#define MOM_PEERS_MAX 64
/* A text of one, "2001:db8::/32" or "cid:2". */
#define MOM_PEER_TEXT 64

typedef struct {
    bool is_cid;
    unsigned cid;
    struct in6_addr address; /* IPv4's mapped into IPv6 */
    unsigned bits;           /* of ADDRESS that count, up to 128 */
} MomPeer;

typedef struct {
    MomPeer peer[MOM_PEERS_MAX];
    unsigned n;
} MomPeers;

/* Appends those of LIST: addresses, ADDRESS/BITS, cid:N; between commas or blanks.  False if one is
 * none of these, and *WRONG is where it begins, or if there are too many. */
bool mom_peers_parse(MomPeers *peers, const char *list, const char **wrong);
/* ADDRESS is of AF_INET, AF_INET6 or AF_VSOCK; all others are refused. */
bool mom_peers_allow(const MomPeers *peers, const struct sockaddr *address);
