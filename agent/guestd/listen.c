/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See listen.h.
 */
#include "agent/guestd/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/vm_sockets.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG 16

/* A guest's address may come after mom-guestd has. */
static int
open_tcp(const struct sockaddr *address, socklen_t length)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int yes = 1, no = 0;

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
    setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &yes, sizeof yes);
    if (address->sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    if (bind(fd, address, length) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    close(fd);
    return -1;
}

static int
open_ipv4(const char *host, unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

    if (*host && inet_pton(AF_INET, host, &address.sin_addr) != 1) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    return open_tcp((const struct sockaddr *)&address, sizeof address);
}

static int
open_ipv6(const char *host, unsigned port)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};

    if (*host && inet_pton(AF_INET6, host, &address.sin6_addr) != 1) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    return open_tcp((const struct sockaddr *)&address, sizeof address);
}

static int
open_vsock(unsigned port)
{
    struct sockaddr_vm address = {
        .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = port};
    int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
        listen(fd, BACKLOG) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Both families at once; one of them where there is no other. */
static int
open_network(const MomSettings *settings)
{
    int fd = open_ipv6(settings->host, settings->port);

    if (fd < 0 && errno == EAFNOSUPPORT)
        fd = open_ipv4(settings->host, settings->port);
    return fd;
}

bool
mom_listen(MomListeners *listeners, const MomSettings *settings, char why[MOM_SETTINGS_MESSAGE])
{
    int fd;

    listeners->n = 0;
    if (settings->port) {
        fd = open_network(settings);
        if (fd < 0) {
            snprintf(why, MOM_SETTINGS_MESSAGE, "cannot listen on %s port %u: %s",
                     *settings->host ? settings->host : "TCP", settings->port, strerror(errno));
            return false;
        }
        listeners->socket[listeners->n++] = fd;
    }
    if (!settings->vsock_port)
        return true;
    fd = open_vsock(settings->vsock_port);
    if (fd >= 0)
        listeners->socket[listeners->n++] = fd;
    else if (settings->wants_vsock || listeners->n == 0) {
        snprintf(why, MOM_SETTINGS_MESSAGE, "cannot listen on vsock port %u: %s",
                 settings->vsock_port, strerror(errno));
        mom_listen_close(listeners);
        return false;
    }
    return true;
}

void
mom_listen_close(MomListeners *listeners)
{
    while (listeners->n > 0)
        close(listeners->socket[--listeners->n]);
}
