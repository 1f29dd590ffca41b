#!/bin/sh
# units: the service files are understood by systemd without a word, stay locked down (exposure at most
# 1.5), name only credentials and files that may be missing, and the fragments for sysusers and
# tmpfiles do what they say in an empty root.
# Usage: tests/lint/units.sh [PROGRAM]; PROGRAM stands in for /usr/sbin/recurd while it is checked.
set -eu
cd "$(dirname "$0")/../.."
program=${1:-/bin/true}
case $program in /*) ;; *) program=$PWD/$program ;; esac
limit=15 # tenths

if ! command -v systemd-analyze >/dev/null; then
	echo "units: skipped: systemd-analyze is not installed"
	exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
fail() {
	echo "units: $*" >&2
	failed=1
}

for unit in recurd.service recurd@.service recurd-http.service; do
	sed "s,/usr/sbin/recurd[-a-z]*,$program," "systemd/$unit" >"$work/$unit"
done

# An instance is verified through its template.
for unit in recurd.service recurd@.service recurd-http.service; do
	said=$(systemd-analyze verify --man=no --recursive-errors=no "$work/$unit" 2>&1) ||
		fail "systemd/$unit is refused: $said"
	[ -z "$said" ] || fail "systemd/$unit: $said"
	said=$(systemd-analyze security --offline=true --no-pager --threshold=$limit "$work/$unit") ||
		fail "systemd/$unit is too exposed: $(echo "$said" | tail -n 1)"
	grep -q '^LoadCredential=pgpassword:' "$work/$unit" &&
		grep -q '^SetCredential=pgpassword:..*' "$work/$unit" ||
		fail "systemd/$unit: a missing password file would fail the unit (SetCredential= is the fallback)"
	grep -q '^EnvironmentFile=-' "$work/$unit" || fail "systemd/$unit: EnvironmentFile= must be optional (-)"
	grep -q '^ExecPaths=.*/kill ' "$work/$unit" || fail "systemd/$unit: ExecReload= could not run kill"
done

# The two units differ in names only.
strip() {
	sed -n '/^\[Service\]/,$p' "$1" | sed 's/-%i//; s/%i\.//; s, -c /etc/recurd/conf$,,'
}
strip systemd/recurd.service >"$work/one"
strip systemd/recurd@.service >"$work/many"
diff "$work/one" "$work/many" >"$work/diff" ||
	fail "recurd.service and recurd@.service differ in more than names: $(cat "$work/diff")"

said=$(systemd-analyze verify --man=no --recursive-errors=no "$work/recurd-http.service" "$PWD/systemd/recurd-http.socket" 2>&1) ||
	fail "systemd/recurd-http.socket is refused: $said"

mkdir -p "$work/root/etc"
for users in recurd recurd-http; do
	systemd-sysusers --dry-run --root="$work/root" "$PWD/systemd/$users.sysusers" >"$work/said" 2>&1 ||
		fail "systemd/$users.sysusers: $(cat "$work/said")"
done
if [ "$(id -u)" = 0 ]; then
	systemd-tmpfiles --create --root="$work/root" "$PWD/systemd/recurd.tmpfiles" >"$work/said" 2>&1 ||
		fail "systemd/recurd.tmpfiles: $(cat "$work/said")"
	[ "$(stat -c %a:%U "$work/root/etc/recurd" 2>&1)" = 755:root ] ||
		fail "systemd/recurd.tmpfiles does not make /etc/recurd"
else
	echo "units: skipped: recurd.tmpfiles needs root to be tried"
fi

[ $failed = 0 ] && echo "units: ok"
exit $failed
