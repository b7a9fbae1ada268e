#!/usr/bin/env bash
# Builds, runs and tests Fanwire. It installs the pinned Bun (with npm, or with a Bun that is on the
# PATH) and the locked dependencies. It changes nothing outside this folder, except that `test`
# installs the system packages that the tests need.
#
#   ./build.sh                   compile dist/fanwire and write dist/client for bundlers
#   ./build.sh run [ARGS]        compile and start the server (without ARGS: in development mode)
#   ./build.sh test              install what the tests need and run all checks
#   ./build.sh test --fast       the same, without the tests that need the executable, clients or browsers
#   ./build.sh test --nightly    the same, with the long form of the faults that clusters live through
#   ./build.sh --target TARGET   cross-compile dist/fanwire-TARGET; TARGET is one of
#       linux-x64 linux-x64-baseline linux-arm64 linux-x64-musl linux-arm64-musl
#       darwin-x64 darwin-arm64 windows-x64
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

BUN_VERSION=1.4.5

fail() { echo "build.sh: $*" >&2; exit 2; }

# The npm package of Bun for this machine, for example bun-linux-x64.
host_package() {
  local os cpu suffix=""
  case "$(uname -s)" in
    Linux) os=linux ;;
    Darwin) os=darwin ;;
    *) fail "Cannot build on $(uname -s): it must be Linux or macOS (windows-x64 can be cross-compiled)" ;;
  esac
  case "$(uname -m)" in
    x86_64 | amd64) cpu=x64 ;;
    aarch64 | arm64) cpu=aarch64 ;;
    *) fail "Cannot build on $(uname -m): it must be x86_64 or arm64" ;;
  esac
  if [ "$os" = linux ] && compgen -G '/lib/ld-musl-*' >/dev/null; then suffix=-musl; fi
  # Bun's default build needs AVX2.
  if [ "$os-$cpu" = linux-x64 ] && ! grep -qw avx2 /proc/cpuinfo; then suffix="$suffix-baseline"; fi
  echo "bun-$os-$cpu$suffix"
}

# Sets BUN to an executable of the pinned version.
find_bun() {
  local package local_bun
  package=$(host_package)
  local_bun="$PWD/.toolchain/node_modules/@oven/$package/bin/bun"
  if command -v bun >/dev/null && [ "$(bun --version 2>/dev/null)" = "$BUN_VERSION" ]; then
    BUN=$(command -v bun)
    return
  fi
  if [ ! -x "$local_bun" ] || [ "$("$local_bun" --version 2>/dev/null)" != "$BUN_VERSION" ]; then
    echo "Installing Bun $BUN_VERSION into .toolchain" >&2
    mkdir -p .toolchain
    echo '{"private":true}' >.toolchain/package.json
    # The package contains the executable itself, so no install script has to run.
    if command -v npm >/dev/null; then
      npm install --prefix .toolchain --no-save --ignore-scripts --no-audit --no-fund --loglevel=error \
        "@oven/$package@$BUN_VERSION" >&2
    elif command -v bun >/dev/null; then
      (cd .toolchain && bun add --ignore-scripts "@oven/$package@$BUN_VERSION" >&2)
    else
      fail "Cannot install Bun $BUN_VERSION: neither npm nor bun is on the PATH"
    fi
  fi
  BUN=$local_bun
}

install_dependencies() {
  "$BUN" install --frozen-lockfile --ignore-scripts --silent
}

# compile OUTFILE [bun build options]
compile() {
  local outfile=$1
  shift
  mkdir -p dist
  # No autoload: the executable must not load files from the directory in which it is started.
  "$BUN" build src/main.ts --compile --minify --bytecode --format=esm \
    --no-compile-autoload-dotenv --no-compile-autoload-bunfig \
    --no-compile-autoload-tsconfig --no-compile-autoload-package-json \
    --define 'process.env.NODE_ENV="production"' \
    --outfile="$outfile" "$@" >/dev/null
  echo "Built $outfile" >&2
}

# compile_target TARGET
compile_target() {
  local target=$1 os cpu libc=glibc package binary=bun
  case "$target" in
    linux-x64 | linux-x64-baseline) os=linux cpu=x64 package=bun-$target ;;
    linux-arm64) os=linux cpu=arm64 package=bun-linux-aarch64 ;;
    linux-x64-musl) os=linux cpu=x64 libc=musl package=bun-$target ;;
    linux-arm64-musl) os=linux cpu=arm64 libc=musl package=bun-linux-aarch64-musl ;;
    darwin-x64) os=darwin cpu=x64 package=bun-$target ;;
    darwin-arm64) os=darwin cpu=arm64 package=bun-darwin-aarch64 ;;
    windows-x64) os=win32 cpu=x64 package=bun-$target binary=bun.exe ;;
    *) fail "Cannot build for \"$target\": it must be linux-x64, linux-x64-baseline, linux-arm64, linux-x64-musl, linux-arm64-musl, darwin-x64, darwin-arm64 or windows-x64" ;;
  esac
  local folder=".toolchain/$target"
  local runtime="$folder/node_modules/@oven/$package/bin/$binary"
  if [ ! -f "$runtime" ]; then
    mkdir -p "$folder"
    echo '{"private":true}' >"$folder/package.json"
    (cd "$folder" && "$BUN" add --silent --ignore-scripts --os="$os" --cpu="$cpu" --libc="$libc" \
      "@oven/$package@$BUN_VERSION")
  fi
  compile "dist/fanwire-$target" --target="bun-$target" --compile-executable-path="$runtime"
}

[ "${1:-}" != --help ] || { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p;}' "$0"; exit 0; }
find_bun
install_dependencies
case "${1:-build}" in
  build)
    compile dist/fanwire
    "$BUN" src/client/build.ts
    ;;
  run)
    compile dist/fanwire
    exec dist/fanwire "${@:2}"
    ;;
  test) exec "$BUN" test/gate.ts "${@:2}" ;;
  --target) compile_target "${2:-}" ;;
  --target=*) compile_target "${1#--target=}" ;;
  *) fail "Cannot do \"$1\": it must be run, test, --target TARGET or nothing" ;;
esac
