/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See peers.h.  All addresses are compared as IPv6's, so that a socket of both families needs no
 * second rule.
 */
#include "agent/guestd/peers.h"

#include <arpa/inet.h>
#include <linux/vm_sockets.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SEPARATORS ", \t"
#define CID_PREFIX "cid:"
#define MAPPED_BITS 96

static void
map_ipv4(const struct in_addr *from, struct in6_addr *to)
{
    memset(to, 0, sizeof *to);
    to->s6_addr[10] = to->s6_addr[11] = 0xff;
    memcpy(&to->s6_addr[12], from, sizeof *from);
}

/* Digits alone, up to MOST. */
static bool
parse_unsigned(const char *text, unsigned long most, unsigned *out)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end || number > most)
        return false;
    *out = (unsigned)number;
    return true;
}

static bool
parse_peer(char *text, MomPeer *out)
{
    char *slash = strchr(text, '/');
    MomPeer peer = {0};
    struct in_addr ipv4;
    unsigned first = 0;

    if (strncmp(text, CID_PREFIX, strlen(CID_PREFIX)) == 0) {
        peer.is_cid = true;
        if (!parse_unsigned(text + strlen(CID_PREFIX), UINT32_MAX, &peer.cid))
            return false;
        *out = peer;
        return true;
    }
    if (slash)
        *slash = '\0';
    if (inet_pton(AF_INET, text, &ipv4) == 1) {
        map_ipv4(&ipv4, &peer.address);
        first = MAPPED_BITS;
    } else if (inet_pton(AF_INET6, text, &peer.address) != 1) {
        return false;
    }
    peer.bits = 128 - first;
    if (slash && !parse_unsigned(slash + 1, 128 - first, &peer.bits))
        return false;
    peer.bits += first;
    *out = peer;
    return true;
}

bool
mom_peers_parse(MomPeers *peers, const char *list, const char **wrong)
{
    for (const char *at = list + strspn(list, SEPARATORS); *at; at += strspn(at, SEPARATORS)) {
        size_t length = strcspn(at, SEPARATORS);
        char text[MOM_PEER_TEXT];

        *wrong = at;
        if (length >= sizeof text || peers->n == MOM_PEERS_MAX)
            return false;
        memcpy(text, at, length);
        text[length] = '\0';
        if (!parse_peer(text, &peers->peer[peers->n]))
            return false;
        peers->n++;
        at += length;
    }
    return true;
}

static bool
matches(const MomPeer *peer, const struct in6_addr *address)
{
    unsigned bytes = peer->bits / 8, rest = peer->bits % 8;

    if (peer->is_cid || memcmp(&peer->address, address, bytes) != 0)
        return false;
    return rest == 0 || (peer->address.s6_addr[bytes] ^ address->s6_addr[bytes]) >> (8 - rest) == 0;
}

static bool
allow_address(const MomPeers *peers, const struct in6_addr *address)
{
    for (unsigned i = 0; i < peers->n; i++)
        if (matches(&peers->peer[i], address))
            return true;
    return peers->n == 0;
}

static bool
allow_cid(const MomPeers *peers, unsigned cid)
{
    for (unsigned i = 0; i < peers->n; i++)
        if (peers->peer[i].is_cid && peers->peer[i].cid == cid)
            return true;
    return peers->n == 0 && cid == VMADDR_CID_HOST;
}

bool
mom_peers_allow(const MomPeers *peers, const struct sockaddr *address)
{
    struct in6_addr mapped;

    switch (address->sa_family) {
    case AF_INET:
        map_ipv4(&((const struct sockaddr_in *)(const void *)address)->sin_addr, &mapped);
        return allow_address(peers, &mapped);
    case AF_INET6:
        return allow_address(peers,
                             &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
    case AF_VSOCK:
        return allow_cid(peers, ((const struct sockaddr_vm *)(const void *)address)->svm_cid);
    default:
        return false;
    }
}
