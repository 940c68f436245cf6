#!/bin/bash
# The first process of the lab's world: of a user-mode Linux kernel (WEIR_LAB_KERNEL=guest), or of new namespaces on this
# machine's own kernel (host). Prepares the mounts, the modules and the bridge, then runs the agent until it ends.
# Bash stays process 1: it reaps what loses its parent. A zombie keepalived would look alive in /proc.
set -u
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp
source "$WEIR_LAB_ROOT/lab/guest/veil.sh"

mount -t proc proc /proc
mount -t sysfs sys /sys
veil
hostname lab

if [ "$WEIR_LAB_KERNEL" = guest ]; then
  # The root is the machine's own file system, but user-mode Linux's modules are not where modprobe looks.
  mkdir -p /run/kernel/lib/modules
  ln -s "/usr/lib/uml/modules/$(uname -r)" /run/kernel/lib/modules/
  modprobe -d /run/kernel -a ip_vs ip_vs_wrr veth bridge
  # What a node needs beyond that (another scheduler, filters of tc) the kernel asks for itself.
  printf '%s\n' '#!/bin/sh' 'exec /sbin/modprobe -d /run/kernel "$@"' >/run/kernel/modprobe
  chmod 755 /run/kernel/modprobe
  echo /run/kernel/modprobe >/proc/sys/kernel/modprobe
  # No default route: through slirp the guest reaches this machine's loopback (10.0.2.2), and shall reach nothing else.
  printf '%s\n' 'link set eth0 up' 'addr add 10.0.2.15/24 dev eth0' | ip -batch -
else
  modprobe -q -a ip_vs ip_vs_wrr veth bridge
fi
printf '%s\n' 'link set lo up' 'link add br0 type bridge' 'link set br0 up' 'addr add 192.168.81.1/24 dev br0' | ip -batch -

"$WEIR_LAB_NODE" "$WEIR_LAB_ROOT/dist/bundle/agent.js"

# As process 1 of a kernel its end would be a panic; as process 1 of namespaces its end is theirs.
if [ "$WEIR_LAB_KERNEL" = guest ]; then halt -f 2>/dev/null || echo o >/proc/sysrq-trigger; sleep 10; fi
