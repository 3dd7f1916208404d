#!/bin/sh
# Installs the Debian packages of deploy/apt.txt that are missing, and nothing else.
#
#   deploy/install-deps.sh build|run|test|bench|fuzz     (each includes the ones before it)
#
# With everything in place it asks dpkg and returns: no network, no root. When something is missing it says what, and goes on
# with sudo if it is not root. CUOTAS_DRY_RUN=1 only shows what apt-get would do. Servers that come with these packages are
# not left running, now or at the next boot:
#   - policy-rc.d answers "do not start" while apt runs, unless the machine has a policy of its own;
#   - a createcluster.d drop-in keeps the postgresql package from making a cluster, and is removed again;
#   - the systemd units of the servers installed here, and only those, are disabled.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
goal=${1:-run}
# Debian's fix of CVE-2026-63379, -63381 to -63385, -63387 and -63388: four in HTTP, one a use after free in evbuffer.
libevent_minimum='2.1.12-stable-8+deb12u1'

fail() { printf 'install-deps: %s\n' "$*" >&2; exit 1; }

case $goal in
    build | run | test | bench | fuzz) ;;
    *) fail "usage: deploy/install-deps.sh build|run|test|bench|fuzz" ;;
esac
command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    fail "this needs Debian 12 or newer (there is no apt-get). Install by other means what deploy/apt.txt lists."

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# The packages of the wanted sections that are neither installed nor made superfluous by a command.
missing_packages() {
    awk -v goal="$goal" '
        /^\[/ { if (last) exit; last = ($1 == "[" goal "]"); next }
        !/^#/ && NF { print $1, $2 }' "$here/apt.txt" |
    while read -r package command; do
        if [ -n "$command" ] && command -v "$command" >/dev/null 2>&1; then continue; fi
        installed "$package" || printf '%s ' "$package"
    done
}

libevent_packages() { dpkg-query -W -f='${db:Status-Status} ${Version} ${Package}\n' 'libevent-*2.1-7*' 2>/dev/null | grep '^installed '; }

# The version of an installed libevent that is too old; nothing when it is absent or new enough.
libevent_too_old() {
    version=$(libevent_packages | awk '{ print $2; exit }')
    [ -z "$version" ] || dpkg --compare-versions "$version" ge "$libevent_minimum" || printf '%s' "$version"
}

wanted=$(missing_packages)
if [ -n "$(libevent_too_old)" ]; then   # every package of that source together, so that none holds the others back
    wanted="$wanted$(libevent_packages | awk '{ printf "%s ", $3 }')libevent-dev "
fi
[ -n "$wanted" ] || exit 0

if [ -n "${CUOTAS_DRY_RUN:-}" ]; then
    exec apt-get install --dry-run --no-install-recommends $wanted
fi
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
        fail "packages are missing, and this is neither root nor has sudo. As root: apt-get install --no-install-recommends $wanted"
    echo "Some Debian packages are missing; sudo may ask for your password."
    exec sudo "$here/install-deps.sh" "$goal"
fi

policy=/usr/sbin/policy-rc.d
common=/etc/postgresql-common
dropin=$common/createcluster.d/cuotas-install.conf
made=   # what to remove again, in order; directories only when empty
clean() {
    for path in $made; do
        if [ -d "$path" ]; then rmdir "$path" 2>/dev/null || :; else rm -f "$path"; fi
    done
}
trap clean EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

if [ ! -e "$policy" ]; then
    made="$policy"
    printf '#!/bin/sh\n# Made by deploy/install-deps.sh of Cuotas for the time of one apt-get run.\nexit 101\n' > "$policy"
    chmod 755 "$policy"
fi
case " $wanted" in *" postgresql "*)
    for dir in "$common/createcluster.d" "$common"; do [ -d "$dir" ] || made="$made $dir"; done
    made="$dropin $made"
    mkdir -p "$common/createcluster.d"
    echo 'create_main_cluster = off' > "$dropin" ;;
esac

export DEBIAN_FRONTEND=noninteractive
apt_install() {
    apt-get install -y -q --no-install-recommends -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 "$@"
}
echo "Installing Debian packages: $wanted"
# The package lists at hand may do; a fresh machine has none, and an old one lists files that are gone.
apt-get install --dry-run -q --no-install-recommends $wanted >/dev/null 2>&1 && apt_install $wanted || {
    apt-get update -q
    apt_install $wanted
}
if [ -n "$(libevent_too_old)" ]; then   # brought from a stale list just now
    apt-get update -q
    apt_install libevent-dev $(libevent_packages | awk '{ print $3 }')
    [ -z "$(libevent_too_old)" ] ||
        fail "libevent $(libevent_too_old) has known holes and apt offers nothing newer; $libevent_minimum or later is needed." \
             "Is the security archive among apt's sources?"
fi

if command -v systemctl >/dev/null; then
    for package in $wanted; do
        case $package in
            postgresql) unit=postgresql.service ;;
            redis-server) unit=redis-server.service ;;
            nginx-light) unit=nginx.service ;;
            *) continue ;;
        esac
        systemctl disable "$unit" >/dev/null 2>&1 || :
    done
fi
