#!/bin/bash
# Installs system packages as root; each argument is a package, or "a | b" for the first that is offered.
# Servers among them are neither started now nor enabled for later, and services that exist stay as they are.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
export NEEDRESTART_SUSPEND=1 # on Ubuntu it would restart services that are none of our business

policy=/usr/sbin/policy-rc.d
mark="# offhook: no service is started while packages are installed"

give_up() { echo "offhook set-up: $*" >&2; exit 1; }

# invoke-rc.d asks policy-rc.d before it starts anything; 101 means no.
deny_service_starts() {
    if [ -e $policy ] && ! grep -qF "$mark" $policy; then
        mv $policy $policy.before-offhook
    fi
    printf '#!/bin/sh\n%s\nexit 101\n' "$mark" > $policy
    chmod 755 $policy
}

allow_service_starts() {
    rm -f $policy
    [ ! -e $policy.before-offhook ] || mv $policy.before-offhook $policy
}

installed_packages() { dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort; }

# A package that is new here enables its services for the next boot; undo that.
disable_services_of() {
    local unit
    command -v systemctl >/dev/null || return 0
    dpkg-query -L "$@" | sed -n 's#^\(/usr\)\?/lib/systemd/system/\([^/@]*\.\(service\|socket\|timer\)\)$#\2#p' | sort -u \
        | while read -r unit; do
            [ "$(systemctl is-enabled "$unit" 2>/dev/null)" != enabled ] || systemctl disable --quiet "$unit"
        done
}

# Prints the first name of an entry that the package sources offer.
offered() {
    local name
    for name in ${1//|/ }; do
        if [[ $(LC_ALL=C apt-cache policy "$name") =~ Candidate:\ [^\(] ]]; then
            echo "$name"
            return
        fi
    done
    return 1
}

deny_service_starts
trap allow_service_starts EXIT
trap 'exit 130' INT TERM HUP

apt-get update -q || echo "offhook set-up: the package lists could not be refreshed; going on with those at hand" >&2

chosen=() lacking=()
for entry in "$@"; do
    if name=$(offered "$entry"); then chosen+=("$name"); else lacking+=("$entry"); fi
done
[ ${#lacking[@]} -eq 0 ] || give_up "this system's package sources do not offer: ${lacking[*]}"

before=$(installed_packages)
apt-get -o DPkg::Lock::Timeout=120 install -q -y --no-install-recommends "${chosen[@]}" \
    || give_up "apt-get could not install: ${chosen[*]} (its reason is above)"
mapfile -t new < <(comm -13 <(echo "$before") <(installed_packages))
[ ${#new[@]} -eq 0 ] || disable_services_of "${new[@]}"
