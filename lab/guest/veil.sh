# Lays an empty, writable folder over each of those that programs write to, so that nothing lands on the machine's disk
# and hosts do not see each other's files. What the lab runs from below one of them is put back in its place.
veil() {
  local folder kept rest
  for folder in /run /tmp /var/tmp /var/lib; do
    rest=()
    for kept in "$WEIR_LAB_ROOT" "$WEIR_LAB_DIR" "${WEIR_LAB_NODE%/*}"; do
      case $kept in "$folder"/*) rest+=("$kept") ;; esac
    done
    if [ ${#rest[@]} -eq 0 ]; then
      mount -t tmpfs -o mode=1777 tmpfs "$folder"
      continue
    fi
    mount -t tmpfs -o mode=1777 tmpfs /mnt
    for kept in "${rest[@]}"; do
      mkdir -p "/mnt/${kept#"$folder"/}"
      mount --bind "$kept" "/mnt/${kept#"$folder"/}"
    done
    mount --move /mnt "$folder"
  done
}
