/* world.c: a private network and mount namespace for tests that deploy. */
#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "objects.h"
#include "rpol/contents.h"
#include "rpol/loader.h"
#include "world.h"

char world_bpffs[] = "/tmp/rpol-test-XXXXXX";

static void leave(void)
{
	umount2(world_bpffs, MNT_DETACH);
	rmdir(world_bpffs);
}

bool world_enter(void)
{
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) || !mkdtemp(world_bpffs))
		return false;
	atexit(leave);
	return !mount("bpf", world_bpffs, "bpf", 0, NULL) &&
	       !system("ip link set lo up && ip link add eth1 type veth peer name p1 && "
		       "ip link add eth2 type veth peer name p2 && "
		       "for d in eth1 p1 eth2 p2; do "
		       "echo 1 > /proc/sys/net/ipv6/conf/$d/disable_ipv6; ip link set $d up; done");
}

void world_send(const char *device, uint16_t port, int n)
{
	uint8_t frame[60] = {2,
			     0,
			     0,
			     0,
			     0,
			     1,
			     2,
			     0,
			     0,
			     0,
			     0,
			     2,
			     8,
			     0,
			     0x45,
			     0,
			     0,
			     46,
			     0,
			     0,
			     0,
			     0,
			     64,
			     17,
			     0,
			     0,
			     10,
			     0,
			     0,
			     1,
			     10,
			     0,
			     0,
			     2,
			     0x12,
			     0x34,
			     (uint8_t)(port >> 8),
			     (uint8_t)port,
			     0,
			     26};
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_ifindex = (int)if_nametoindex(device)};
	int fd = socket(AF_PACKET, SOCK_RAW, htons(0));

	for (int i = 0; i < n; i++)
		if (sendto(fd, frame, sizeof(frame), 0, (void *)&to, sizeof(to)) != sizeof(frame))
			abort();
	close(fd);
}

bool world_has_xdp(const char *device)
{
	uint32_t id = 0;

	return !bpf_xdp_query_id((int)if_nametoindex(device), 0, &id) && id;
}

bool world_is_clean(void)
{
	char path[64];
	struct dirent *entry;
	bool clean = true;

	snprintf(path, sizeof(path), "%s/rpol", world_bpffs);
	DIR *folder = opendir(path);
	while (folder && (entry = readdir(folder)))
		clean = clean && entry->d_name[0] == '.';
	if (folder)
		closedir(folder);
	return clean && !world_has_xdp("eth1") && !world_has_xdp("eth2") &&
	       system("tc filter show dev eth1 ingress | grep -q . || "
		      "tc filter show dev eth2 ingress | grep -q .");
}

int world_apply(const struct rpol_object *object, const char *says)
{
	struct rpol_apply_options options = {.bpffs = world_bpffs};
	struct rpol_load_error error = {0};
	struct rpol_apply_result result;
	int rc = rpol_loader_apply(object, &options, &result, &error);
	bool said = error.message && says && strstr(error.message, says);

	for (size_t i = 0; i < result.nnotes; i++) {
		said |= says && strstr(result.notes[i], says);
		if (!says && strstr(result.notes[i], " lost"))
			fail_msg("%s", result.notes[i]);
	}
	if (rc ? !said : says && !said)
		fail_msg("%d: `%s`, %zu notes (%s): none says `%s`", rc, error.message,
			 result.nnotes, result.nnotes ? result.notes[0] : "", says);
	rpol_apply_result_free(&result);
	rpol_load_error_clear(&error);
	return rc;
}

struct rpol_contents *world_contents(const char *name)
{
	struct rpol_load_error error = {0};
	struct rpol_contents *contents = NULL;

	if (rpol_contents_open(world_bpffs, "d", name, *name == 't', &contents, &error))
		fail_msg("%s", error.message);
	return contents;
}
