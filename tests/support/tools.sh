# What scripts have in common that test programs for other systems. It is sourced by them, with
#   tested  what they test, in words
#   switch  the variable that asks for it by 1 (.ci/run, the workflows): no excuse is taken then
#   place   a folder for what they make
# shellcheck shell=bash disable=SC2154

say() { printf '%s: %s (%ss)\n' "$(basename "$place")" "$1" "$SECONDS"; }

pass_over() {
  if [ "${!switch:-}" = 1 ]; then
    echo "the tests of $tested cannot run: $1" >&2
    exit 1
  fi
  echo "the tests of $tested were passed over: $1"
  exit 0
}

# Installs packages of Debian, where that is possible.
install() {
  command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || return 1
  say "installing $*"
  (apt-get update && apt-get install -y --no-install-recommends "$@") >>"$place/install.log" 2>&1
}

# Whether the toolchain has the standard library for a target, and to fetch it.
has_target() { command -v rustc >/dev/null && [ -d "$(rustc --print sysroot)/lib/rustlib/$1/lib" ]; }
fetch_target() { command -v rustup >/dev/null && timeout 300 rustup target add "$1" >>"$place/install.log" 2>&1 && has_target "$1"; }
