#!/bin/bash
# Holds the namespaces of one host: mounts of its own, a name of its own. The agent gives it its network and ends it.
set -u
source "$WEIR_LAB_ROOT/lab/guest/veil.sh"
hostname "$1"
WEIR_LAB_DIR= veil
echo ready
exec sleep infinity
