/* world.h: a private network and mount namespace for tests that deploy. */
#ifndef RPOL_TEST_WORLD_H
#define RPOL_TEST_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rpol_contents;
struct rpol_object;

extern char world_bpffs[]; /* its BPF file system */

/* Enters the namespaces: veth pairs eth1-p1, eth2-p2, all up. Compile before: the folder /tmp is as
 * it was, but devices are not. False when not allowed to. */
bool world_enter(void);

/* Sends n UDP datagrams of 60 bytes to a port in at p1 or p2. */
void world_send(const char *device, uint16_t port, int n);

/* True when nothing of any deployment is pinned and no program is on eth1 or eth2. */
bool world_is_clean(void);
bool world_has_xdp(const char *device);

/* Applies; says: what a note, or the error, has to say; NULL: there is neither. The result of
 * rpol_loader_apply. */
int world_apply(const struct rpol_object *object, const char *says);

/* A dynamic set of the deployment `d`, or a table where the name begins with t, open for changes;
 * the caller closes it. */
struct rpol_contents *world_contents(const char *name);

#endif
