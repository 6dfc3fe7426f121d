#!/usr/bin/env bash
# Runs every command of the README while its packets and its system calls are watched, and fails if anything but loopback
# was tried, a look-up of a name included. It does so in a network namespace of its own, whose one way out leads nowhere:
# what would have left passes an interface where tcpdump sees it. Before that it plants a datagram and a look-up
# of its own, and goes on only if both were seen.
#
# Left out, by name: `npm ci` and `npm test`. The first asks the package registry, which is what it is for, before
# InferGuard is there; the tests make connections on purpose, and .ci/run runs them without a network.
#
# It needs Linux, node, npm, ip, tcpdump and strace, a build in dist/, and root or a kernel that lets users make namespaces.
set -euo pipefail
cd "$(dirname "$0")/.."
checkout=$PWD

if [ "${1-}" != --inside ]; then
  for tool in ip tcpdump strace unshare npx; do
    command -v "$tool" >/dev/null || { echo "$tool is not installed: nothing was watched" >&2; exit 3; }
  done
  [ -f dist/main.js ] || { echo "there is no build in dist/: run npm run build" >&2; exit 3; }
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  # Not as root of a user namespace: tcpdump would try to become another user there, and there is none.
  user=()
  [ "$(id -u)" = 0 ] || user=(--user --map-current-user --keep-caps)
  unshare "${user[@]}" --net --mount "$0" --inside "$work"
  exit
fi

work=$2
packets=$work/packets
failures=0

# A way out that leads nowhere, and a name server that does not answer.
ip link set lo up
ip link add out type veth peer name nowhere
# The kernel itself talks IPv6 to whatever it is connected to; what a program tries over IPv6 strace sees.
for end in out nowhere; do echo 1 >"/proc/sys/net/ipv6/conf/$end/disable_ipv6" || true; done
ip address add 192.0.2.2/24 dev out
ip link set out arp off up
ip link set nowhere up
ip route add default via 192.0.2.1
printf 'nameserver 192.0.2.53\noptions timeout:1 attempts:1\n' >"$work/resolv.conf"
mount --bind "$work/resolv.conf" "$(realpath /etc/resolv.conf)"

tcpdump -Z root -i out -nn -l --immediate-mode >"$packets" 2>"$work/tcpdump" &
tcpdump=$!
trap 'kill $tcpdump 2>/dev/null || true' EXIT
for _ in $(seq 50); do grep -q listening "$work/tcpdump" && break; sleep 0.1; done

packets_seen() {
  sleep 0.3
  wc -l <"$packets"
}

# Both plants must be seen, or the watch is blind.
node -e 'const s = require("node:dgram").createSocket("udp4"); s.send("x", 9, "192.0.2.77", () => s.close())'
node -e 'require("node:dns").lookup("planted.example", () => {})'
packets_seen >/dev/null
for plant in '192.0.2.77.9:' '192.0.2.53.53:.*planted.example'; do
  grep -q "$plant" "$packets" || {
    echo "tcpdump did not see what was planted ($plant): nothing was watched" >&2
    cat "$work/tcpdump" >&2
    exit 3
  }
done
echo "planted: a datagram and a look-up; tcpdump saw both"

# A copy to work in, so that runs are not left in the checkout. npx finds the program there as it does in a clone, whose
# .npmrc keeps npm from looking for a newer npm.
mkdir -p "$work/copy/node_modules/.bin" "$work/home"
cp -r package.json .npmrc dist docs "$work/copy"
ln -s "$(readlink -f node_modules/.bin/node 2>/dev/null || command -v node)" "$work/copy/node_modules/.bin/node"
cd "$work/copy"
unset XDG_RUNTIME_DIR
export HOME=$work/home PATH=$work/copy/node_modules/.bin:$PATH

outside() { # the record of strace: its lines that are not of this machine alone
  node --input-type=module -e '
    import { readFileSync } from "node:fs";
    const { destinationsOutside } = await import(process.argv[1]);
    for (const line of destinationsOutside(readFileSync(process.argv[2], "utf8"))) console.log(line);
  ' "$checkout/test/strace-record.ts" "$1"
}

judge() { # command, its exit code, its record, the packets before it
  local outside_calls new_packets
  outside_calls=$(outside "$3")
  new_packets=$(tail -n "+$(($4 + 1))" "$packets")
  if [ -z "$outside_calls$new_packets" ]; then
    echo "ok    exit $2  $1"
    return
  fi
  failures=$((failures + 1))
  printf 'FAIL  exit %s  %s\n%s\n%s\n' "$2" "$1" "$outside_calls" "$new_packets"
}

watched() { # record, command...
  local record=$1
  shift
  # What goes through a ring is no system call; Node works without.
  strace -f -qq -e trace=network -e inject=io_uring_setup:error=ENOSYS -e signal=none -o "$record" "$@"
}

filled() { # a command line of the README: with something in the place of each of its placeholders
  local line=$1
  line=$(sed "s|\\bRUN\\b|latest|; s|\\bURL\\b|http://127.0.0.1:8000|" <<<"$line")
  line=${line/trace -- COMMAND/trace --endpoint http://127.0.0.1:8000 -- node $work/agent.mjs}
  line=${line/COMMAND/bench --endpoint http://127.0.0.1:8000 --requests 4 --concurrency 1}
  # Nobody is there to be asked.
  [ "$line" != "inferguard telemetry enable" ] || line="$line --yes"
  echo "$line"
}

watch() { # a command line of the README
  local before line code=0
  before=$(packets_seen)
  line=$(filled "$1")
  # shellcheck disable=SC2086 # the words of the command line
  watched "$work/record" ${line/#inferguard/node dist/main.js} >"$work/printed" 2>&1 </dev/null || code=$?
  packets_seen >/dev/null
  # 3: it could not run at all, and then proves nothing.
  if [ "$code" -gt 1 ]; then
    failures=$((failures + 1))
    printf 'FAIL  exit %s  %s\n' "$code" "$line"
    tail -n 5 "$work/printed"
  else
    judge "$line" "$code" "$work/record" "$before"
  fi
}

# What trace runs: an agent that asks the server, where it was told that it is.
echo 'console.log((await fetch(`${process.env.OPENAI_BASE_URL}/models`)).status);' >"$work/agent.mjs"

# The lines that are set as code, and the commands of the table: of `inferguard telemetry enable`, `disable` the second is
# another word of the same command, and of `inferguard runs list`, `runs show RUN` a command of its own.
known=$(node dist/main.js --help | sed -n 's/^  \([a-z]\+\) .*/\1/p')
commands=$({
  sed -n 's/^    \(.*\)/\1/p' "$checkout/README.md" | sed 's/ && /\n/g'
  sed -n 's/^| \(`inferguard [^|]*\)|.*/\1/p' "$checkout/README.md" | awk -v known="$known" '
    BEGIN { split(known, names); for (i in names) is[names[i]] = 1 }
    {
      count = split($0, parts, "`")
      for (i = 2; i <= count; i += 2) {
        split(parts[i], words, " ")
        if (words[1] == "inferguard") { group = words[2]; print parts[i] }
        else print "inferguard " (is[words[1]] ? "" : group " ") parts[i]
      }
    }'
} | grep -E '^(npx )?inferguard ' | awk '!seen[$0]++')

# The mimic is the server of the others: it has the port and the model that the README names.
watched "$work/mimic-record" node dist/main.js mimic --model my-model >"$work/mimic" 2>&1 </dev/null &
mimic=$!
for _ in $(seq 100); do grep -q Ctrl-C "$work/mimic" && break; sleep 0.1; done

# The daemon outlives the command that starts it: it is watched where it stays, until the row's last command stops it.
daemon_start=$(grep '^inferguard daemon start' <<<"$commands")
watched "$work/daemon-record" node dist/main.js $(filled "${daemon_start#inferguard }") --foreground >"$work/daemon" 2>&1 </dev/null &
daemon=$!
for _ in $(seq 100); do grep -qs 'is up' "$work/daemon" && break; sleep 0.1; done

while read -r command; do
  [ "$command" = "inferguard mimic" ] || [ "$command" = "$daemon_start" ] || watch "$command"
done <<<"$commands"

code=0
wait "$daemon" || code=$?
judge "$(filled "$daemon_start") --foreground" "$code" "$work/daemon-record" "$(packets_seen)"

# The mimic itself: strace, its parent, takes no notice of signals.
pkill -TERM -P "$(pgrep -P "$mimic")"
code=0
wait "$mimic" || code=$?
judge "inferguard mimic" "$code" "$work/mimic-record" "$(packets_seen)"

count=$(wc -l <<<"$commands")
echo "$count commands of the README, $failures failed; $(packets_seen) packets in all, those that were planted included"
[ "$failures" = 0 ]
