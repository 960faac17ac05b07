# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What momd needs to be built and tested, for the package managers we know. Sourced by contrib/quickstart
# and tests/run, so that both need the same. Says what it installs before it does; uses sudo for
# installing only, and only if not root. Must never install anything that is there already.

APT_PACKAGES=(build-essential meson ninja-build pkg-config libglib2.0-dev libjson-c-dev libsoup-3.0-dev
    libvirt-dev libedit-dev libcmocka-dev glib-networking openssl python3)
DNF_PACKAGES=(gcc meson ninja-build pkgconf-pkg-config glib2-devel json-c-devel libsoup3-devel
    libvirt-devel libedit-devel libcmocka-devel glib-networking openssl python3)

# A hypervisor of our own, for tests/hypervisor and quickstart --libvirt. No service is started: libvirtd runs
# as a child of the bench.
APT_HYPERVISOR_PACKAGES=(libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients qemu-system-x86 util-linux)
DNF_HYPERVISOR_PACKAGES=(libvirt-daemon libvirt-daemon-driver-qemu libvirt-client qemu-system-x86-core glibc-static
    util-linux)

# What the tests need besides, and what the full run of CI needs besides that.
# The second lines are for the packages that the tests build, judge and install.
APT_TEST_PACKAGES=(universal-ctags clang-format man-db groff-base systemd libsasl2-modules sasl2-bin "${APT_HYPERVISOR_PACKAGES[@]}"
    qemu-guest-agent debhelper dpkg-dev lintian rpm rpmlint logrotate git passwd)
DNF_TEST_PACKAGES=(ctags clang-tools-extra man-db groff-base systemd cyrus-sasl-lib cyrus-sasl-scram "${DNF_HYPERVISOR_PACKAGES[@]}"
    qemu-guest-agent rpm-build rpmlint systemd-rpm-macros logrotate git-core shadow-utils)
APT_FULL_PACKAGES=(clang llvm libclang-rt-14-dev)
DNF_FULL_PACKAGES=(clang llvm compiler-rt libasan libubsan)

# Prints the packages that are missing, one a line.
missing_packages() {
    local package
    if command -v apt-get >/dev/null; then
        for package in "${APT_PACKAGES[@]}" "$@"; do
            [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
        done
    elif command -v dnf >/dev/null; then
        for package in "${DNF_PACKAGES[@]}" "$@"; do
            rpm -q "$package" >/dev/null 2>&1 || echo "$package"
        done
    fi
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "This needs root: $*" >&2
        return 1
    fi
}

# Prints the packages of a stage ("test" or "full") under the names that the package manager here knows.
packages_of() {
    local -n names="$(command -v apt-get >/dev/null && echo APT || echo DNF)_${1^^}_PACKAGES"
    echo "${names[@]}"
}

# Installs what is missing. Arguments: further packages. The output of the package manager is shown only if
# it fails.
install_packages() {
    local -a missing
    local log status=0
    if ! command -v apt-get >/dev/null && ! command -v dnf >/dev/null; then
        echo "Neither apt-get nor dnf is here; please install by hand: ${APT_PACKAGES[*]} $*" >&2
        return 0
    fi
    mapfile -t missing < <(missing_packages "$@")
    if [ "${#missing[@]}" -eq 0 ]; then
        echo "All packages are there."
        return 0
    fi
    echo "Installing: ${missing[*]}"
    log=$(mktemp)
    if command -v apt-get >/dev/null; then
        { as_root apt-get update && as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 || status=$?
    else
        as_root dnf install -y --setopt=install_weak_deps=False "${missing[@]}" >"$log" 2>&1 || status=$?
    fi
    if [ "$status" -ne 0 ]; then
        tail -n 30 "$log" >&2
        echo "Installing packages failed." >&2
    fi
    rm -f "$log"
    return "$status"
}
