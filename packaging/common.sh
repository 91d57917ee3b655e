# Shared by packaging/run and packaging/test. Everything here speaks on stderr.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

note() { printf 'expertscope: %s\n' "$*" >&2; }

# missing_packages [all]: names of packages.txt that are not installed.
missing_packages() {
  local wanted
  wanted=$(awk -v all="${1:-}" '!/^#/ && NF && ($2 == "" || $2 == all) {print $1}' "$root/packaging/packages.txt")
  # shellcheck disable=SC2086  # a list of names; dpkg-query fails where it does not know one of them
  { dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null || true; } |
    awk -v wanted="$wanted" '
      $1 == "installed" {have[$2] = 1}
      END {n = split(wanted, names, "\n"); for (i = 1; i <= n; i++) if (!(names[i] in have)) print names[i]}'
}

# install_packages [all]: installs what is missing, or says what it is and ends the script with status 1.
install_packages() {
  if ! command -v dpkg-query >/dev/null; then
    note "this is no Debian system: the packages of packaging/packages.txt must be there under their names here"
    return
  fi
  local missing
  missing=$(missing_packages "${1:-}")
  [ -n "$missing" ] || return 0
  local names=${missing//$'\n'/ }
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    # Without a terminal sudo must not wait for a password.
    if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 2 ]; }; then
      as_root=(sudo)
    else
      note "these packages are missing: $names"
      note "there is neither root nor sudo here; ask for: apt-get install $names"
      exit 1
    fi
  fi
  note "installing: $names"
  # shellcheck disable=SC2086  # a list of names
  if ! { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q update &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $names; } \
    </dev/null >&2; then
    note "these packages are missing and could not be installed: $names"
    exit 1
  fi
}

# configure PRESET [ARGS...]: runs CMake unless the build folder is up to date; ninja itself notices changed CMake files.
configure() {
  local preset=$1 build="$root/build/$1" stamp
  shift
  stamp="$(cksum <"$root/CMakePresets.json") $*"
  if [ -f "$build/build.ninja" ] && [ "$(cat "$build/.configured" 2>/dev/null)" = "$stamp" ] &&
    grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$build/CMakeCache.txt"; then
    return
  fi
  (cd "$root" && cmake --fresh --preset "$preset" "$@") </dev/null >&2
  printf '%s\n' "$stamp" >"$build/.configured"
}

# build PRESET TARGET...
build() {
  ninja -C "$root/build/$1" "${@:2}" </dev/null >&2
}
