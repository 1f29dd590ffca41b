#!/bin/bash
# cmake --install puts everything where Debian expects it, and nothing elsewhere.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
: "${RECURD_BUILD:?a build folder}"
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
DESTDIR=$root cmake --install "$RECURD_BUILD" >/dev/null

wanted=(
	usr/sbin/recurd usr/bin/recurctl
	usr/lib/systemd/system/recurd.service usr/lib/systemd/system/recurd@.service
	usr/lib/sysusers.d/recurd.conf usr/lib/tmpfiles.d/recurd.conf
	usr/share/doc/recurd/examples/recurd.conf usr/share/doc/recurd/LICENSE usr/share/doc/recurd/README.md
	usr/share/man/man8/recurd.8 usr/share/man/man1/recurctl.1 usr/share/man/man5/recurd.conf.5
	usr/share/man/man7/recurd-rule.7 usr/share/man/man7/recurd-schema.7 usr/share/man/man7/recurd-orm.7 usr/share/man/man7/recurd-access.7
	usr/share/doc/recurd/examples/sqlalchemy/{models,sqlmodel_models,filter}.py
	usr/share/doc/recurd/examples/prometheus/recurd.{rules.yml,rules.test.yml,dashboard.json}
	usr/share/man/man7/recurd-news.7
	usr/share/bash-completion/completions/recurctl
	usr/sbin/recurd-http usr/lib/sysusers.d/recurd-http.conf usr/share/doc/recurd/examples/recurd-http.conf
	usr/lib/systemd/system/recurd-http.{service,socket}
	usr/share/man/man8/recurd-http.8 usr/share/man/man7/recurd-api.7 usr/share/man/man5/recurd-http.conf.5
)
status=0
for file in "${wanted[@]}"; do
	[[ -s $root/$file ]] || { echo "not installed: /$file"; status=1; }
done
for file in migrations/*.sql; do
	cmp -s "$file" "$root/usr/share/recurd/$file" || { echo "not installed: /usr/share/recurd/$file"; status=1; }
done
others=$(cd "$root" && find . -type f ! -path './usr/share/recurd/migrations/*' | sed 's,^\./,,' |
	grep -vxF -f <(printf '%s\n' "${wanted[@]}") || true)
[[ -z $others ]] || { printf 'installed, but unknown to this check:\n%s\n' "$others"; status=1; }
"$root/usr/bin/recurctl" --version >/dev/null || status=1
exit "$status"
