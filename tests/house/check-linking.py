#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the built programs need: kernel tests no GLib, engine tests and a build without a window no GTK, and none of
NVIDIA's libraries anywhere: the CUDA module opens them while it runs.

check-linking.py BUILD_ROOT WITH_UI
"""
import pathlib
import subprocess
import sys

GLIB = ('libglib', 'libgobject', 'libgio', 'libgtk', 'libadwaita', 'libcairo')
GTK = ('libgtk', 'libadwaita')
NVIDIA = ('libcu', 'libnv')


def needed(path):
    words = subprocess.run(['readelf', '-d', str(path)], capture_output=True, text=True).stdout
    return [line.split('[', 1)[1].rstrip(']') for line in words.splitlines() if '(NEEDED)' in line]


def programs(folder):
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir()
                  if path.is_file() and path.suffix == '' and path.open('rb').read(4) == b'\x7fELF')


def main(root, with_ui):
    root = pathlib.Path(root)
    rules = [('tests/kernels', GLIB, 'GLib'), ('tests/engine', GTK, 'GTK')]
    if not with_ui:
        rules += [('app', GTK, 'GTK'), ('tests/app', GTK, 'GTK'), ('tests/ui', GTK, 'GTK')]
    cases = [(path, libraries, title) for folder, libraries, title in rules for path in programs(root / folder)]
    cases += [(path, NVIDIA, "NVIDIA's libraries") for folder in ('app', 'kernels/cuda')
              for path in [*programs(root / folder), *sorted((root / folder).glob('*.so'))]]
    print(f'1..{len(cases)}')
    failed = 0
    for number, (path, libraries, title) in enumerate(cases, 1):
        found = needed(path)
        wrong = [library for library in found if library.startswith(libraries)]
        good = bool(found) and not wrong
        print(f'{"" if good else "not "}ok {number} - {path.relative_to(root)} without {title}' +
              (f': needs {", ".join(wrong)}' if wrong else ''))
        failed += not good
    return 1 if failed or not cases else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], sys.argv[2] == 'true'))
