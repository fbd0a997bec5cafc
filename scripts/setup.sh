# Sourced by the other scripts: what a machine needs, and the release build. Bash.
# Everything here says nothing when all is well; a failure is one line on stderr (or the build's output).

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
static_build=$root/.build/static
release_binary=$static_build/release/probe6
swift_wanted=6.3
swift_source=https://www.swift.org/install/linux/

# The program is one file; these names are links to it and choose a face by argv[0].
faces=(ping6 traceroute6 rltraceroute6 tcptraceroute6 tracert6 tracepath6 ndisc6 rdisc6 fping6)

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 3
}

# Package on Debian and its descendants -> what shows that it is there. A path, or a command's name.
declare -A shown_by=(
  [git]=git [pkg-config]=pkg-config [util-linux]=flock [ca-certificates]=/etc/ssl/certs
  [gcc]=gcc [g++]=g++ [libc6-dev]=/usr/include/stdio.h [libpcap-dev]=/usr/include/pcap/pcap.h [libyaml-dev]=/usr/include/yaml.h
  [iproute2]=ip [nftables]=nft [ethtool]=ethtool [iputils-ping]=ping [fping]=fping [tcpdump]=tcpdump
  [tshark]=tshark [python3]=/usr/bin/python3 [python3-venv]=/usr/lib/python3/dist-packages:venv
  [python3-scapy]=/usr/lib/python3/dist-packages/scapy [strace]=strace [faketime]=faketime
  [libcap2-bin]=setcap [file]=file [binutils]=readelf [procps]=sysctl [graphviz]=dot
  [traceroute]=/usr/bin/traceroute.db [ndisc6]=ndisc6 [iputils-tracepath]=tracepath [mtr-tiny]=mtr [scamper]=scamper
  [radvd]=radvd [dnsmasq-base]=dnsmasq [prometheus-smokeping-prober]=prometheus-smokeping-prober
  [prometheus]=promtool
)
build_packages=(git pkg-config util-linux gcc g++ libc6-dev libpcap-dev libyaml-dev)
lab_packages=(python3 iproute2 nftables ethtool procps)
test_packages=(
  "${lab_packages[@]}" iputils-ping python3-venv python3-scapy tshark tcpdump strace faketime libcap2-bin
  file binutils graphviz traceroute ndisc6 iputils-tracepath mtr-tiny scamper radvd dnsmasq-base
  fping prometheus
)
bench_packages=(
  "${lab_packages[@]}" iputils-ping fping tcpdump traceroute ndisc6 mtr-tiny scamper
  prometheus-smokeping-prober
)

# is_there PACKAGE
is_there() {
  local sign=${shown_by[$1]}
  case $sign in
    *:venv) /usr/bin/python3 -c 'import ensurepip' 2>/dev/null ;;
    /*) [[ -e $sign ]] ;;
    *) PATH=$PATH:/usr/sbin:/sbin command -v "$sign" >/dev/null ;;
  esac
}

missing_packages() {
  local package
  for package in "$@"; do
    is_there "$package" || printf '%s\n' "$package"
  done
}

# need_packages PACKAGE...: installs what is missing where the user may; else one line says what to install.
# Returns 1, having said so, where something stays missing.
need_packages() {
  local missing as_root=()
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]} == 0)) && return 0
  if ((EUID != 0)); then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root=(sudo -n); else as_root=(false); fi
  fi
  if command -v apt-get >/dev/null && [[ ${as_root[*]} != false ]]; then
    printf '%s: installing %s\n' "${0##*/}" "${missing[*]}" >&2
    local log policy=
    log=$(mktemp)
    # Some of these bring a daemon along that their package would start (invoke-rc.d(8)): none is wanted.
    if [[ ! -e /usr/sbin/policy-rc.d ]]; then
      policy=/usr/sbin/policy-rc.d
      printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" install -m 755 /dev/stdin "$policy" || policy=
    fi
    forget_policy() { [[ -z $policy ]] || "${as_root[@]}" rm -f "$policy"; }
    # A package list that is missing or old is the usual reason for a failure, so update and try once more.
    local install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q -o DPkg::Lock::Timeout=120
      --no-install-recommends "${missing[@]}")
    if "${install[@]}" </dev/null >"$log" 2>&1 \
      || { "${as_root[@]}" apt-get update -q </dev/null >>"$log" 2>&1 \
        && "${install[@]}" </dev/null >>"$log" 2>&1; }; then
      forget_policy
      rm -f "$log"
      return 0
    fi
    forget_policy
    tail -n 5 "$log" >&2
    rm -f "$log"
  fi
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]} == 0)) && return 0
  printf '%s: please install: apt-get install %s\n' "${0##*/}" "${missing[*]}" >&2
  return 1
}

need_swift() {
  command -v swift >/dev/null || PATH=$PATH:${SWIFTLY_BIN_DIR:-$HOME/.local/share/swiftly/bin}
  local found
  found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
  if [[ -z $found || $(printf '%s\n' "$swift_wanted" "$found" | sort -V | head -n 1) != "$swift_wanted" ]]; then
    die "needs Swift $swift_wanted or newer (found: ${found:-none}); get it from $swift_source"
  fi
}

# newest_first: true where Package.swift or anything below Sources is newer than the last release build.
is_stale() {
  [[ ! -x $release_binary || ! -e $static_build/built \
    || -n $(find "$root/Package.swift" "$root/Sources" "$root/scripts/startup.order" -newer "$static_build/built" -print -quit) ]]
}

# Builds the release binary where it is stale. Safe to call from many processes at once.
build_release() {
  is_stale || return 0
  need_packages "${build_packages[@]}" || exit 3
  need_swift
  mkdir -p "$static_build"
  # The descriptor is closed for the build itself, so that nothing it leaves behind keeps the lock.
  exec {lock}>"$static_build/lock"
  flock "$lock"
  if is_stale; then
    local started log=$static_build/build.log
    started=$(mktemp -p "$static_build")
    # --disable-local-rpath: glibc refuses a static position-independent executable that has a RUNPATH.
    if ! PROBE6_STATIC=1 swift build --package-path "$root" --scratch-path "$static_build" -c release \
      --disable-local-rpath --product probe6 {lock}>&- </dev/null >"$log" 2>&1; then
      rm -f "$started"
      cat "$log" >&2
      die "the release build failed (log: $log)"
    fi
    mv "$started" "$static_build/built"
  fi
  exec {lock}>&-
}
