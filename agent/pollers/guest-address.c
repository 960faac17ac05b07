/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See guest-address.h.
 */
#include "agent/pollers/guest-address.h"

#include <arpa/inet.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <string.h>

/* An address longer than this is none. */
#define MAX_TEXT 64

void
mom_guest_address_vsock(MomGuestAddress *address, guint32 cid, guint32 port)
{
    struct sockaddr_vm vm = {.svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = port};

    memset(address, 0, sizeof *address);
    memcpy(&address->socket, &vm, sizeof vm);
    address->length = sizeof vm;
}

/* A guest's: 0 to 2 are the hypervisor's, this machine's and the host's. */
static gboolean
parse_cid(const char *text, guint32 *out)
{
    guint64 cid;

    if (!g_ascii_isdigit(*text) ||
        !g_ascii_string_to_unsigned(text, 10, VMADDR_CID_HOST + 1, VMADDR_CID_ANY - 1, &cid, NULL))
        return FALSE;
    *out = (guint32)cid;
    return TRUE;
}

gboolean
mom_guest_address_parse(MomGuestAddress *address, const char *text, guint16 port)
{
    struct sockaddr_in ipv4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    guint32 cid;

    if (g_str_has_prefix(text, MOM_GUEST_VSOCK_PREFIX)) {
        if (!parse_cid(text + strlen(MOM_GUEST_VSOCK_PREFIX), &cid))
            return FALSE;
        mom_guest_address_vsock(address, cid, port);
        return TRUE;
    }
    if (inet_pton(AF_INET, text, &ipv4.sin_addr) == 1) {
        memset(address, 0, sizeof *address);
        memcpy(&address->socket, &ipv4, sizeof ipv4);
        address->length = sizeof ipv4;
        return TRUE;
    }
    if (inet_pton(AF_INET6, text, &ipv6.sin6_addr) != 1)
        return FALSE;
    memset(address, 0, sizeof *address);
    memcpy(&address->socket, &ipv6, sizeof ipv6);
    address->length = sizeof ipv6;
    return TRUE;
}

/* The first word of a line. */
static gboolean
parse_word(MomGuestAddress *address, const char *line, guint16 port)
{
    gsize length = strcspn(line, " \t\r\n");
    char word[MAX_TEXT];

    if (length == 0 || length >= sizeof word)
        return FALSE;
    memcpy(word, line, length);
    word[length] = '\0';
    return mom_guest_address_parse(address, word, port);
}

gboolean
mom_guest_address_find(MomGuestAddress *address, const char *output, guint16 port)
{
    MomGuestAddress found;
    guint n = 0;

    for (const char *line = output; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        n += parse_word(&found, line, port) ? 1 : 0;
    }
    if (n != 1)
        return FALSE;
    *address = found;
    return TRUE;
}

char *
mom_guest_address_to_text(const MomGuestAddress *address)
{
    char text[INET6_ADDRSTRLEN] = "?";
    const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)&address->socket;
    const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)&address->socket;
    const struct sockaddr_vm *vm = (const struct sockaddr_vm *)(gconstpointer)&address->socket;

    switch (address->socket.ss_family) {
    case AF_VSOCK:
        return g_strdup_printf("vsock:%u port %u", vm->svm_cid, vm->svm_port);
    case AF_INET:
        inet_ntop(AF_INET, &ipv4->sin_addr, text, sizeof text);
        return g_strdup_printf("%s port %u", text, ntohs(ipv4->sin_port));
    default:
        inet_ntop(AF_INET6, &ipv6->sin6_addr, text, sizeof text);
        return g_strdup_printf("%s port %u", text, ntohs(ipv6->sin6_port));
    }
}
