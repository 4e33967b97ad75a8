# shellcheck shell=bash disable=SC2034,SC2154 # variables shared between the files
# SPDX-License-Identifier: Apache-2.0
# Builds of this project with meson, one directory a configuration, with ccache in the cache.

export CCACHE_DIR=${CCACHE_DIR:-$cache/ccache}
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$root}
export CCACHE_NOHASHDIR=1

# The compiler and meson's options of a configuration. The sanitized one is clang's, and has the
# fuzz targets in it: one build less. What AddressSanitizer finds as well, UBSan need not check, which
# saves a quarter of the build. A report of a sanitizer needs lines and no more of debug information;
# what ThreadSanitizer watches is not worth optimizing.
set_up_build() {
  local name=$1 compiler=g++ options=() unchecked=-fno-sanitize=null,object-size,vptr
  case $name in
    release) options=(--buildtype=release -Doptimization=2 -Dbenchmarks=true --unity=on --unity-size=4) ;;
    asan)
      compiler=clang++-14
      options=(-Ddebug=false -Doptimization=1
        "-Dcpp_args=['-gline-tables-only', '$unchecked', '-fno-sanitize-recover=undefined']"
        '-Db_sanitize=address,undefined' -Db_lundef=false -Dfuzzers=true --unity=on --unity-size=10)
      ;;
    tsan)
      options=(-Ddebug=false -Dcpp_args=-g1 -Doptimization=0 -Db_sanitize=thread -Db_lundef=false
        --unity=on --unity-size=10)
      ;;
    *) die "no build configuration '$name'" ;;
  esac
  mkdir -p "$build_root"
  CXX="ccache $compiler" meson setup "${options[@]}" "$build_root/$name" "$root"
}

# Scripts that run at the same time wait for each other here.
configure_and_build() {
  local name=$1 lock
  shift
  mkdir -p "$build_root"
  exec {lock}> "$build_root/$name.lock"
  flock "$lock"
  [ -f "$build_root/$name/build.ninja" ] || set_up_build "$name" || return
  ninja -C "$build_root/$name" -j "$jobs" "$@"
}

# build NAME [TARGET...]: configures where needed, and brings the targets (all of them) up to date.
build() {
  local name=$1
  run_step "building ($name)" "build-$name.log" configure_and_build "$@"
}
