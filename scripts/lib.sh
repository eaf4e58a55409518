# shellcheck shell=sh
# What every script here begins with: where the project is, how to speak, and how to make its environment.
#
# Everything that is made lies in .venv inside the project folder; only Debian packages go elsewhere. A script may be
# stopped at any moment and run again: what is complete is marked inside .venv, and what is not is completed.

set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0")")/.." && pwd -P)
venv=$root/.venv

# Debian keeps servers such as mosquitto where ordinary users do not look.
PATH=$PATH:/usr/sbin:/sbin
export PATH
# Settings of somebody's shell or pip that would send packages elsewhere, or take them from elsewhere.
unset PYTHONPATH PYTHONHOME PIP_TARGET PIP_PREFIX
export PIP_USER=0 PIP_NO_INPUT=1 PIP_DISABLE_PIP_VERSION_CHECK=1

say() {
    printf 'edgetwin: %s\n' "$*" >&2
}

die() {
    say "$@"
    exit 1
}

# The comment block at the top of the running script is its help text.
help() {
    awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$(readlink -f -- "$0")"
    exit 0
}

# One line per step; what the step printed is shown only where it failed.
step() {
    say "$1"
    shift
    output=$("$@" 2>&1 </dev/null) || {
        printf '%s\n' "$output" >&2
        die "this failed: $*"
    }
}

# ---- Debian packages ----------------------------------------------------------------------------------------------

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Installing a server on Debian starts it and has it started at every boot. Nobody asked for that here, so the usual
# policy file forbids it for the length of the installation, and a unit that came with it is left switched off.
apt_get_install() {
    as_root sh -s -- "$@" <<'ROOT'
set -eu
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
install() {
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        -o DPkg::Lock::Timeout=300 "$@" </dev/null
}
install "$@" || { apt-get update -q </dev/null && install "$@"; }
for package; do
    # What "systemctl disable" does, also while an image is built.
    [ "$package" != mosquitto ] || rm -f /etc/systemd/system/multi-user.target.wants/mosquitto.service
done
ROOT
}

# debian NAME...: the packages are there afterwards, or one line says what to type.
debian() {
    [ $# -gt 0 ] || return 0
    command -v apt-get >/dev/null || die "please install, with this system's own tool, what Debian calls: $*"
    if [ "$(id -u)" -ne 0 ] && ! sudo -n true 2>/dev/null; then
        die "something is missing; type: sudo apt-get install $*"
    fi
    case " $* " in
        *" mosquitto "*) say "mosquitto is for tests and demo; its service stays off" ;;
    esac
    step "installing the Debian package(s): $*" apt_get_install "$@"
}

# ---- Python -------------------------------------------------------------------------------------------------------

find_python() {
    for python in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then return 0; fi
    done
    die "Python 3.11 or newer is missing (Debian 12 and later have it); type: sudo apt-get install python3 python3-venv"
}

# Everything that the content of .venv depends on, as one word.
fingerprint() {
    {
        cat "$root"/requirements*.lock "$root/pyproject.toml"
        "$venv/bin/python" -c 'import sys; print(sys.version_info[:2], sys.prefix)'
    } 2>/dev/null | sha256sum | cut -c1-64
}

# A larger group holds the smaller ones.
ready() {
    case $1 in
        runtime) marks="runtime demo dev" ;;
        demo) marks="demo dev" ;;
        *) marks=dev ;;
    esac
    print=$(fingerprint)
    for mark in $marks; do
        if [ "$(cat "$venv/ready.$mark" 2>/dev/null)" = "$print" ]; then return 0; fi
    done
    return 1
}

# An environment that was left half made, came from another Python or was moved cannot be completed.
usable() {
    "$venv/bin/python" -m pip --version >/dev/null 2>&1 && grep -qF -- " $venv" "$venv/pyvenv.cfg" 2>/dev/null
}

# Where pip has no lgpio for this Python or board, the system's own serves: two files, not all of its packages.
borrow_lgpio() {
    "$venv/bin/python" - <<'PYTHON'
import importlib.machinery, importlib.util, pathlib, sysconfig
if importlib.util.find_spec("lgpio") is None:
    site, system = pathlib.Path(sysconfig.get_path("platlib")), pathlib.Path("/usr/lib/python3/dist-packages")
    for name in ("lgpio.py", *("_lgpio" + suffix for suffix in importlib.machinery.EXTENSION_SUFFIXES)):
        if (system / name).exists():
            (site / name).unlink(missing_ok=True)
            (site / name).symlink_to(system / name)
PYTHON
}

pip_install() {
    "$venv/bin/python" -m pip install --quiet --no-cache-dir "$@"
}

build() {
    case $1 in
        runtime) lock=requirements.lock ;;
        *) lock=requirements-$1.lock ;;
    esac
    if ! usable; then
        rm -rf "$venv"
        step "making .venv with $("$python" -V)" "$python" -m venv "$venv"
    fi
    rm -f "$venv"/ready.*
    # pip writes RECORD last: a package without one was cut off in the middle, and pip would take it for complete.
    for package in "$venv"/lib/python3*/site-packages/*.dist-info; do
        [ ! -d "$package" ] || [ -e "$package/RECORD" ] || rm -rf "$package"
    done
    step "installing the pinned packages ($1)" pip_install -r "$root/$lock"
    # With the pinned setuptools, and as a plain path: no download, and no import hook that costs start time.
    step "installing the project itself" pip_install --no-deps --no-build-isolation \
        --config-settings editable_mode=compat -e "$root"
    borrow_lgpio
    # Missing byte code triples the time to start.
    step "compiling" "$venv/bin/python" -m compileall -q "$root/gateway" "$root/drivers" "$root/twin" "$root/demo"
    fingerprint >"$venv/ready.$1"
}

# prepare GROUP [PROGRAM...]: .venv holds the group (runtime, demo or dev), and the programs are installed.
prepare() {
    group=$1
    shift
    missing=
    for program; do
        command -v "$program" >/dev/null || missing="$missing $program"
    done
    made=no
    ready "$group" && made=yes
    if [ $made = no ] && ! usable; then
        find_python
        "$python" -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
    fi
    # shellcheck disable=SC2086 # names of packages, one word each
    debian $missing
    [ $made = no ] || return 0
    # Two scripts at once would build into each other's work: the second waits, then finds it done.
    exec 9<"$root"
    flock 9
    ready "$group" || build "$group"
    exec 9<&-
}
