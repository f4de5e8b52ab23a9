/* netlink.c: a netlink conversation by libmnl, and sysctls. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"
#include "netlink.h"

int netlink_open(struct netlink *netlink, int bus)
{
	netlink->sequence = 0;
	netlink->socket = mnl_socket_open2(bus, SOCK_CLOEXEC);
	if (netlink->socket && !mnl_socket_bind(netlink->socket, 0, MNL_SOCKET_AUTOPID))
		return 0;
	int code = -errno;
	netlink_close(netlink);
	return code;
}

void netlink_close(struct netlink *netlink)
{
	if (netlink->socket)
		mnl_socket_close(netlink->socket);
	netlink->socket = NULL;
}

struct nlmsghdr *netlink_begin(struct netlink *netlink, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(netlink->buffer);

	header->nlmsg_type = type;
	/* A dump ends by itself. Its two bits mean other things in other requests. */
	header->nlmsg_flags = NLM_F_REQUEST | flags;
	if ((flags & NLM_F_DUMP) != NLM_F_DUMP)
		header->nlmsg_flags |= NLM_F_ACK;
	header->nlmsg_seq = ++netlink->sequence;
	return header;
}

int netlink_talk(struct netlink *netlink, mnl_cb_t answer, void *arg)
{
	SCOPE_FREE char *buffer = malloc(1 << 16);
	unsigned port = mnl_socket_get_portid(netlink->socket);
	int more = 1;

	if (!buffer)
		return -ENOMEM;
	if (mnl_socket_sendto(netlink->socket, netlink->buffer,
			      ((struct nlmsghdr *)netlink->buffer)->nlmsg_len) < 0)
		return -errno;
	while (more > 0) {
		ssize_t length = mnl_socket_recvfrom(netlink->socket, buffer, 1 << 16);

		if (length < 0)
			return -errno;
		more = mnl_cb_run(buffer, (size_t)length, netlink->sequence, port, answer, arg);
	}
	return more < 0 ? -errno : 0;
}

int sysctl_write(const char *path, const char *text)
{
	char full[512];

	snprintf(full, sizeof(full), "/proc/sys/%s", path);
	SCOPE_FD fd = open(full, O_WRONLY | O_CLOEXEC);
	return fd < 0 || write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

int sysctl_read(const char *path)
{
	char full[512], text[32] = "";

	snprintf(full, sizeof(full), "/proc/sys/%s", path);
	SCOPE_FD fd = open(full, O_RDONLY | O_CLOEXEC);
	return fd < 0 || read(fd, text, sizeof(text) - 1) < 0 ? -errno : atoi(text);
}
