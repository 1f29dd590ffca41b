#!/bin/bash
# debian: what the packages say agrees with the tree: the version, what a build needs, the pages of the manual, and that
# its scripts are programs.  Building them is ./dev package.
set -euo pipefail
cd "$(dirname "$0")/../.."
failed=0
fail() {
	echo "debian: $*" >&2
	failed=1
}

version=$(sed -n 's/^project(recurd VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
for file in changelog NEWS; do
	[[ $(sed -n '1s/.*(\(.*\)).*/\1/p' systemd/debian/$file) == "$version" ]] ||
		fail "the first entry of systemd/debian/$file is not of version $version"
done
needed=$(sed -n '/^BUILD_PACKAGES=(/,/)/p' dev | tr -d '()' | sed 's/BUILD_PACKAGES=//')
for package in $needed; do
	case $package in gcc | libc6-dev) continue ;; esac # build-essential
	grep -Eq "^ $package( |,|\$)" systemd/debian/control || fail "systemd/debian/control does not build-depend on $package, which ./dev installs"
done
for page in man/*.[1-8]; do
	grep -q "^PAGES = .*\b${page#man/}" systemd/debian/rules || fail "systemd/debian/rules has no HTML of $page"
done
for program in rules tests/smoke; do
	[[ -x systemd/debian/$program ]] || fail "systemd/debian/$program is not executable"
done
bash -n systemd/debian/tests/smoke || fail "tests/smoke is no script"
((failed)) || echo "debian: ok"
exit "$failed"
