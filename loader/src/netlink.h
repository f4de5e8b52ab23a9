/* netlink.h: a netlink conversation by libmnl. Private to loader/. */
#ifndef RPOL_NETLINK_H
#define RPOL_NETLINK_H

#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>

struct netlink {
	struct mnl_socket *socket;
	uint32_t sequence;
	_Alignas(struct nlmsghdr) char buffer[8192]; /* the request */
};

int netlink_open(struct netlink *netlink, int bus); /* 0 or -errno */
void netlink_close(struct netlink *netlink);	    /* safe after a failed open */

/* Begins a request in the buffer. */
struct nlmsghdr *netlink_begin(struct netlink *netlink, uint16_t type, uint16_t flags);
/* Sends it and reads its answers until the last; each goes to answer (may be NULL). 0 or -errno. */
int netlink_talk(struct netlink *netlink, mnl_cb_t answer, void *arg);

/* Opens /proc/sys/PATH and writes text. 0 or -errno. */
int sysctl_write(const char *path, const char *text);
/* The number in it, or -errno. */
int sysctl_read(const char *path);

#endif
