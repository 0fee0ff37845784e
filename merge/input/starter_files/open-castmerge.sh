#!/bin/sh
# Double-click this file (or type: sh "Open castmerge.sh"). A workbook can be dropped on it, or added to the command.
# It opens castmerge in the browser. While this window is open, castmerge runs.

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 2
began=$(pwd)
made_by=@PYTHON@
bundle="$here/castmerge"
own="$here/.castmerge/env"
wanted='castmerge==@VERSION@'

# Some desktops start a script without a window to show messages in: then it opens one for itself.
if [ ! -t 0 ] && [ -n "$DISPLAY$WAYLAND_DISPLAY" ] && [ -z "$CASTMERGE_IN_WINDOW" ]; then
  CASTMERGE_IN_WINDOW=1
  export CASTMERGE_IN_WINDOW
  if command -v xdg-terminal-exec >/dev/null 2>&1; then
    exec xdg-terminal-exec sh "$0" "$@"
  fi
  for window in x-terminal-emulator konsole xterm; do
    if command -v "$window" >/dev/null 2>&1; then
      exec "$window" -e sh "$0" "$@"
    fi
  done
fi

keep_open() {
  # A window that was opened by a double-click closes at the end, with everything that was printed in it.
  if [ -t 0 ] && [ -z "$CASTMERGE_NO_PAUSE" ]; then
    printf '\nPress Enter to close this window. '
    read -r _
  fi
}

stop() {
  printf '\n%s\n' "$1"
  keep_open
  exit "$2"
}

has_app() {
  [ -x "$1" ] && "$1" -c 'import merge.app' >/dev/null 2>&1
}

find_python() {
  for candidate in python3.14 python3.13 python3.12 python3.11 python3 python; do
    found=$(command -v "$candidate") || continue
    if "$found" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
      printf '%s\n' "$found"
      return 0
    fi
  done
  return 1
}

set_up() {
  printf 'Setting up castmerge for the first time. This takes a minute or two.\n'
  python=$(find_python) ||
    stop "castmerge needs Python 3.11 or newer. Install it from https://www.python.org/downloads/ and try again." 2
  "$python" -m venv "$own" ||
    stop "castmerge couldn't be set up. On Debian and Ubuntu, install the package python3-venv and try again." 2
  for wheel in "$here"/castmerge-*.whl; do
    if [ -f "$wheel" ]; then wanted=$wheel; fi
  done
  "$own/bin/python" -m pip install --quiet --disable-pip-version-check "$wanted" ||
    stop "castmerge couldn't be installed. Check your internet connection and try again." 2
}

if [ $# -gt 0 ]; then
  # The path of a workbook is relative to the caller's folder.
  case $1 in
    /*) workbook=$1 ;;
    *) workbook=$began/$1 ;;
  esac
  set -- "$workbook"
fi
cd -- "$here" || stop "This folder can't be opened: $here" 2

if [ -x "$bundle" ]; then
  "$bundle" open "$@"
elif has_app "$made_by"; then
  "$made_by" -m merge open "$@"
elif has_app "$own/bin/python"; then
  "$own/bin/python" -m merge open "$@"
elif castmerge open --help >/dev/null 2>&1; then
  castmerge open "$@"
else
  set_up
  "$own/bin/python" -m merge open "$@"
fi
code=$?
if [ "$code" -ne 0 ]; then keep_open; fi
exit "$code"
