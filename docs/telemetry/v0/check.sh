#!/bin/sh
# The operator's checklist of POSTURE.md, as far as a program can go through it. It needs `inferguard` on the PATH and
# nothing else of yours: it works in a directory of its own, with a HOME of its own, and deletes both.
#
#   sh check.sh          exit code 0 when every line is good, else 1
set -u

unset DO_NOT_TRACK INFERGUARD_TELEMETRY XDG_CONFIG_HOME
work=$(mktemp -d) || exit 3
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
HOME=$work/home && export HOME
mkdir -m 700 "$HOME" && cd "$HOME" || exit 3
token=.config/inferguard/secrets/consent.token
sentence='No telemetry. No network calls outside endpoints you pass via flags.'
bad=0

# check WHAT COMMAND...: runs it, and says whether it held.
check() {
  what=$1
  shift
  if "$@" >"$work/out" 2>&1; then
    echo "good  $what"
  else
    bad=1
    echo "BAD   $what"
    tail -n 12 "$work/out" | sed 's/^/      /'
  fi
}

ends_with() { # CODE COMMAND...: it ends with that exit code
  wanted=$1
  shift
  "$@" </dev/null
  code=$?
  [ "$code" = "$wanted" ] || { echo "exit code $code instead of $wanted"; return 1; }
}

says() { # TEXT COMMAND...
  text=$1
  shift
  "$@" </dev/null | tee "$work/said" | grep -F -e "$text" >"$work/found" || { cat "$work/said"; return 1; }
}

says_not() { # TEXT COMMAND...
  text=$1
  shift
  "$@" </dev/null >"$work/said" || return 1
  if grep -F -e "$text" "$work/said"; then return 1; fi
}

is_empty() { [ -z "$(ls -A "$1")" ] || { ls -lA "$1"; return 1; }; }

has_mode() { # MODE PATH
  found=$(ls -ld "$2" | cut -c1-10)
  [ "$found" = "$1" ] || { echo "$2: $found"; return 1; }
}

is_gone() { [ ! -e "$1" ] || { ls -l "$1"; return 1; }; }

inferguard --version >"$work/version" 2>&1 || { cat "$work/version"; echo "there is no inferguard on the PATH"; exit 3; }
echo "inferguard $(cat "$work/version")"

check "status says that there is no telemetry" says "$sentence" inferguard telemetry status
check "status says that no upload exists" says '"upload": "none in this release"' inferguard telemetry status --json
check "status creates nothing" is_empty "$HOME"

for override in DO_NOT_TRACK=1 DO_NOT_TRACK=true INFERGUARD_TELEMETRY=disabled INFERGUARD_TELEMETRY=never; do
  check "$override is active" says '"active": true' env "$override" inferguard telemetry status --json
  check "$override refuses telemetry enable" ends_with 4 env "$override" inferguard telemetry enable --yes
done
check "no value enables" says '"state": "disabled"' \
  env INFERGUARD_TELEMETRY=enabled DO_NOT_TRACK=0 inferguard telemetry status --json
check "without a terminal nobody is taken to agree" ends_with 2 inferguard telemetry enable
check "none of this wrote anything" is_empty "$HOME"

# One short run of the built-in simulated engine, for a payload to look at.
inferguard bench --requests 20 --concurrency 2 --warmup 0 --quiet </dev/null >"$work/bench" 2>&1
check "bench left a run" ls inferguard-runs
check "verify-payload says that the payload cannot be sent" says "This payload cannot be sent:" \
  inferguard telemetry verify-payload latest
check "it is not sendable with an override either" says '"sendable": false' \
  env DO_NOT_TRACK=1 inferguard telemetry verify-payload latest --json
inferguard telemetry verify-payload latest --json </dev/null >"$work/first" 2>&1
inferguard telemetry verify-payload latest --json </dev/null >"$work/second" 2>&1
check "it is the same at every call" cmp "$work/first" "$work/second"
check "the path of this directory is not in it" says_not "$work" inferguard telemetry verify-payload latest --json
check "bench and verify-payload wrote no configuration" is_gone .config

check "telemetry can be enabled" ends_with 0 inferguard telemetry enable --yes
check "status then does not claim that there is none" says_not "$sentence" inferguard telemetry status
check "consent.token is for its owner only" has_mode -rw------- "$token"
check "secrets is for its owner only" has_mode drwx------ .config/inferguard/secrets
check "an override still rules" says '"state": "disabled"' env DO_NOT_TRACK=1 inferguard telemetry status --json
chmod 644 "$token"
check "a token that others may read is not used" says '"reason": "Denied:ConsentUnsafe"' \
  inferguard telemetry status --json
chmod 600 "$token"

check "telemetry can be disabled" ends_with 0 inferguard telemetry disable
check "the token is gone" is_gone "$token"
check "it is kept that no was said" says '"reason": "Denied:UserDisabled"' inferguard telemetry status --json
check "no variable enables it again" says '"reason": "Denied:UserDisabled"' \
  env INFERGUARD_TELEMETRY=enabled inferguard telemetry status --json
check "disabling can be repeated" ends_with 0 inferguard telemetry disable
check "the ledger is whole" ends_with 0 inferguard telemetry log --verify
check "the program can do nothing that it does not list" ends_with 0 inferguard telemetry audit

[ "$bad" = 0 ] && echo "every check is good"
exit "$bad"
