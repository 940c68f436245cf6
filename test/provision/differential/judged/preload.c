/*
 * For LD_PRELOAD, so that keepalived can show what it has read on a kernel without ip_vs.
 *
 * Every message for a netlink family of this number (NLMSG_NOOP) is acknowledged by the real kernel, and does nothing
 * (net/netlink/af_netlink.c, netlink_rcv_skb).
 */
int genl_ctrl_resolve(void *socket, const char *family)
{
	(void)socket;
	(void)family;
	return 1;
}

/* Each child has a standard error of its own, from 3 on: the checker and the VRRP process show theirs at the same time. */
int __fork(void);
int dup2(int from, int to);

static int next = 3;

int fork(void)
{
	int own = next++;
	int pid = __fork();

	if (pid == 0)
		dup2(own, 2);
	return pid;
}
