# A machine that systemd boots: namespaces of its own around the /usr of this one, everything else in memory and empty. It
# has a stand-in for ip_vs: the table is a file in /run/weir/lvs (lab/chaos/bench/table.ts), its sysctls are
# files, and its modules load.
#   sh boot.sh <empty folder> <checkout> <node>
# In two goes: the cgroup has to be entered before it becomes the root of a namespace.
set -eu
root=$1 checkout=$2 node=$3

if [ "${4:-}" != inside ]; then
  mount -t tmpfs none "$root"
  mkdir "$root/cgroup"
  mount -t cgroup2 none "$root/cgroup"
  mkdir "$root/cgroup/weir-units-$$"
  # What systemd made below it is empty once all processes are gone, and goes from the bottom up.
  trap 'find "$root/cgroup/weir-units-$$" -depth -type d -exec rmdir {} + || :' EXIT
  sh -c 'echo $$ >"$1"; shift; exec "$@"' sh "$root/cgroup/weir-units-$$/cgroup.procs" \
    unshare --cgroup --pid --ipc --uts --net --mount --propagation private --fork --kill-child=KILL \
    sh "$0" "$root" "$checkout" "$node" inside
  exit
fi

umount "$root/cgroup"
mount -t tmpfs -o mode=755 none "$root"
cd "$root"
mkdir usr etc var run tmp proc sys dev root opt srv old opt/weir
for folder in bin lib lib64 sbin; do [ ! -e "/$folder" ] || ln -s "usr/$folder" "$folder"; done
mount --bind /usr usr
mount -o remount,bind,ro usr
mount -t tmpfs -o mode=755 none usr/local
mkdir usr/local/bin usr/local/sbin
touch usr/local/bin/node
mount --bind "$node" usr/local/bin/node
ln -s /opt/weir/dist/bundle/weir.js usr/local/bin/weir
echo '#!/bin/sh
exec node /opt/weir/dist/lab/chaos/stand-ins/ipvsadm.js /run/weir/lvs "$@"' >usr/local/sbin/ipvsadm
ln -s /bin/true usr/local/sbin/modprobe
chmod 755 usr/local/sbin/ipvsadm
mount --bind "$checkout" opt/weir
mount -o remount,bind,ro opt/weir

mount -t proc proc proc
# The kernel's own settings are this machine's as well. The network's are its own, with those that ip_vs would have.
mkdir net ipv4
mount --bind proc/sys/net net
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount --move net proc/sys/net
mount --bind proc/sys/net/ipv4 ipv4
mount -t tmpfs none proc/sys/net/ipv4
mkdir proc/sys/net/ipv4/conf proc/sys/net/ipv4/vs
mount --bind ipv4/conf proc/sys/net/ipv4/conf
touch proc/sys/net/ipv4/ip_forward
mount --bind ipv4/ip_forward proc/sys/net/ipv4/ip_forward
for setting in backup_only expire_nodest_conn expire_quiescent_template; do
  echo 0 >proc/sys/net/ipv4/vs/$setting
done
umount ipv4
rmdir net ipv4
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 none sys/fs/cgroup
mount -t tmpfs -o mode=755 none dev
for device in null zero full random urandom tty; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs -o mode=755 none run
mount -t tmpfs -o mode=1777 none tmp

echo 'root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin' >etc/passwd
echo 'root:x:0:
nogroup:x:65534:' >etc/group
echo 'hosts: files dns' >etc/nsswitch.conf
# Of a machine that has booted before: no first boot to be asked about.
echo 3b1f8e0cfd8b4f6a9d1f5f0c7a2e4b61 >etc/machine-id
echo server-a >etc/hostname
mkdir -p etc/systemd/system
for unit in dbus.socket systemd-sysusers.service systemd-networkd.socket systemd-sysctl.service; do
  ln -s /dev/null "etc/systemd/system/$unit"
done
echo '[Unit]
Requires=basic.target
After=basic.target' >etc/systemd/system/units.target

# Shared, as systemd makes it on a machine and not in a container: a unit finds the credentials by that.
pivot_root . old
exec chroot . sh -c 'umount -l /old && rmdir /old && mount --make-rshared / && exec env -i container=weir PATH=/usr/sbin:/usr/bin "$0" --unit=units.target --show-status=no' /lib/systemd/systemd
