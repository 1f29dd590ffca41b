#!/bin/bash
# Versions carry the commit where there is one, a tarball builds without git, and nothing carries a date.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
: "${RECURD_BUILD:?a build folder}"
version='[0-9]+\.[0-9]+\.[0-9]+'
status=0
wrong() { printf 'version: %s\n' "$*"; status=1; }

for program in recurd recurctl recurd-http; do
	said=$("$RECURD_BUILD/$program" --version)
	[[ $said =~ ^$program\ $version(\+g[0-9a-f]{7,}(\.dirty)?)?$ ]] || wrong "$program --version says \"$said\""
	[[ ! -e .git ]] || ! git rev-parse -q --verify HEAD >/dev/null 2>&1 || [[ $said == *+g* ]] ||
		wrong "$program names no commit: \"$said\""
done

if found=$(grep -rnE '__DATE__|__TIME__|string\(TIMESTAMP' daemon include CMakeLists.txt); then
	wrong "a date would be built in, so that no build is like another: $found"
fi

# A tarball, unpacked in somebody else's repository.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
git init -q "$folder" && git -C "$folder" -c user.name=x -c user.email=x@example.org commit -q --allow-empty -m other
mkdir "$folder/recurd"
cp -r CMakeLists.txt daemon include migrations systemd man "$folder/recurd"
configured() {
	cmake -S "$folder/recurd" -B "$folder/build" -G Ninja -DBUILD_TESTING=OFF "$@" >/dev/null
	sed -n 's/.*RECURD_COMMIT=\\"\(.*\)\\" .*/\1/p; s/.*RECURD_COMMIT=\\"\(.*\)\\"$/\1/p' "$folder/build/build.ninja" | sort -u
}
[[ $(configured) == "" ]] || wrong "a tarball has the commit of the repository around it"
[[ $(configured -DRECURD_COMMIT=abc1234) == "+gabc1234" ]] || wrong "-DRECURD_COMMIT is not taken"
((status)) || printf 'version: ok, %s\n' "$said"
exit "$status"
