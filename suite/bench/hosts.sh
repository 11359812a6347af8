# shellcheck shell=bash
# To be sourced: several "hosts" on one machine, network namespaces with an address each, joined by a bridge; mpirun's launch agent enters
# them, and ranks use TCP between the addresses. Needs root and iproute2.
#
#   make_hosts N            hosts $hosts_net.1 to $hosts_net.N; what fails is left in $hosts_obstacle, with return code 1
#   shape_hosts RATE        what each host sends is held to RATE: 400mbit, 10gbit; "" lifts it
#   over_hosts MPIRUN HOSTS RANKS PROGRAM ARGUMENTS...      HOSTS: ADDRESS:SLOTS,...
#   remove_hosts            for a trap on EXIT

hosts_tag=rp$$ hosts_net=10.77.$(($$ % 200 + 1)) hosts_count=0 hosts_agent='' hosts_obstacle=''

# shellcheck disable=SC2034  # hosts_obstacle is for who sources this
make_hosts() {
  hosts_count=$1
  local n
  [ "$(id -u)" -eq 0 ] || { hosts_obstacle="needs root for network namespaces"; return 1; }
  command -v ip >/dev/null || { hosts_obstacle="needs ip (Debian package iproute2)"; return 1; }
  ip link add "$hosts_tag" type bridge 2>/dev/null || { hosts_obstacle="cannot create a network bridge here"; return 1; }
  { ip addr add "$hosts_net.254/24" dev "$hosts_tag" && ip link set "$hosts_tag" up; } || { hosts_obstacle="cannot give the bridge an address"; return 1; }
  for ((n = 1; n <= hosts_count; ++n)); do
    ip netns add "$hosts_tag-$n" 2>/dev/null || { hosts_obstacle="cannot create a network namespace here"; return 1; }
    ip link add "$hosts_tag-v$n" type veth peer name eth0 netns "$hosts_tag-$n"
    ip link set "$hosts_tag-v$n" master "$hosts_tag" up
    ip -n "$hosts_tag-$n" addr add "$hosts_net.$n/24" dev eth0
    ip -n "$hosts_tag-$n" link set eth0 up
    ip -n "$hosts_tag-$n" link set lo up
  done
  # The launch agent: AGENT ADDRESS COMMAND...; each host has a name of its own.
  hosts_agent=$(mktemp)
  cat >"$hosts_agent" <<AGENT
#!/usr/bin/env bash
address=\$1; shift
exec ip netns exec "$hosts_tag-\${address##*.}" unshare --uts bash -c 'hostname host\$0; shift 0; exec bash -c "\$*"' "\${address##*.}" "\$@"
AGENT
  chmod +x "$hosts_agent"
}

remove_hosts() {
  local n
  for ((n = 1; n <= hosts_count; ++n)); do
    ip netns pids "$hosts_tag-$n" 2>/dev/null | xargs -r kill -9 2>/dev/null
    ip netns del "$hosts_tag-$n" 2>/dev/null
  done
  ip link del "$hosts_tag" 2>/dev/null
  rm -f "$hosts_agent"
}

# A token bucket holds what a link carries between two ticks of a slow kernel's clock: 1/250 s.
shape_hosts() {
  local n rate=$1 burst
  for ((n = 1; n <= hosts_count; ++n)); do
    ip netns exec "$hosts_tag-$n" tc qdisc del dev eth0 root 2>/dev/null
    [ -n "$rate" ] || continue
    case $rate in *gbit) burst=$((${rate%gbit} * 500))kb ;; *mbit) burst=256kb ;; *) return 1 ;; esac
    ip netns exec "$hosts_tag-$n" tc qdisc add dev eth0 root tbf rate "$rate" burst "$burst" latency 2s 2>/dev/null || return 1
  done
  return 0
}

over_hosts() {
  local mpirun=$1 hosts=$2 ranks=$3
  shift 3
  OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 "$mpirun" --mca plm_rsh_agent "$hosts_agent" --mca plm_rsh_no_tree_spawn 1 \
    --mca oob_tcp_if_include "$hosts_net.0/24" --mca oob_tcp_keepalive_time 2 --mca oob_tcp_keepalive_intvl 1 \
    --mca oob_tcp_keepalive_probes 3 --mca btl self,tcp --mca btl_tcp_if_include "$hosts_net.0/24" --mca btl_tcp_progress_thread 0 \
    --mca orte_keep_fqdn_hostnames 1 --map-by slot --bind-to none --host "$hosts" -n "$ranks" -x REPRISE_EXPERIMENTS "$@"
}
