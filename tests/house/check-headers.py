#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every header compiles alone, warnings being errors; those of the device boundary (kernels/*.h) as C17 and as C++.

Those of kernels/cuda need the CUDA toolkit's headers; what only .cu files include is compiled as C++.

check-headers.py ROOT WITH_UI CUDA_INCLUDE COMPILER...   (CFLAGS of the libraries come from pkg-config)
"""
import os
import pathlib
import shutil
import subprocess
import sys

PKG_CONFIG = os.environ.get('PKG_CONFIG', 'pkg-config')
WARNINGS = ['-Wall', '-Wextra', '-Wno-unused-parameter', '-Wno-unused-function', '-Werror', '-fsyntax-only']


def cflags(*packages):
    result = subprocess.run([PKG_CONFIG, '--cflags', *packages], capture_output=True, text=True, check=True)
    # The libraries' own headers are not ours to judge.
    return ['-isystem' + flag[2:] if flag.startswith('-I') else flag for flag in result.stdout.split()]


def compiles(compiler, flags, language, root, header):
    result = subprocess.run([*compiler, *flags, *WARNINGS, '-I', str(root), '-x', language, '-'],
                            input=f'#include "{header}"\n', capture_output=True, text=True)
    return result.returncode == 0, result.stderr


def main(root, with_ui, cuda, compiler):
    root = pathlib.Path(root)
    glib = cflags('glib-2.0', 'gobject-2.0', 'gio-2.0', 'json-glib-1.0', 'sqlite3')
    plot = glib + cflags('cairo', 'pangocairo')
    cases = []
    cpp = shutil.which('c++')
    for top in ('kernels', 'engine', 'ui', 'app'):
        for path in sorted((root / top).rglob('*.h')):
            name = path.relative_to(root).as_posix()
            if top == 'kernels' and name.count('/') == 1:
                cases.append((name, 'as C17', compiler, ['-std=c17', '-pedantic-errors'], 'c'))
                cases.append((name, 'as C++', [cpp] if cpp else None, ['-std=c++17', '-pedantic-errors'], 'c++'))
            elif name.startswith('kernels/cuda/'):
                device = '__device__' in path.read_text(encoding='utf-8')
                command = ([cpp] if cpp else None) if device else compiler
                cases.append((name, 'for kernels' if device else 'without GLib', command if cuda else None,
                              ['-std=c++17' if device else '-std=gnu17', '-isystem', cuda], 'c++' if device else 'c'))
            elif top == 'kernels':
                # Those below simd/ are compiled once for every width of a number.
                width = ['-DMP_BITS=32'] if '/simd/' in name else []
                cases.append((name, 'without GLib', compiler, ['-std=gnu17', *width], 'c'))
            elif top == 'engine':
                cases.append((name, 'without GTK', compiler, ['-std=gnu17', *glib], 'c'))
            elif name.startswith('ui/plot/') or top == 'app':
                cases.append((name, 'without GTK', compiler, ['-std=gnu17', *plot], 'c'))
            elif with_ui:
                cases.append((name, 'alone', compiler, ['-std=gnu17', *plot, *cflags('gtk4', 'libadwaita-1')], 'c'))
    print(f'1..{len(cases)}')
    failed = 0
    for number, (name, what, command, flags, language) in enumerate(cases, 1):
        if command is None:
            missing = 'CUDA toolkit' if name.startswith('kernels/cuda/') and not cuda else 'C++ compiler'
            print(f'ok {number} - {name} {what} # SKIP there is no {missing}')
            continue
        good, words = compiles(command, flags, language, root, name)
        print(f'{"" if good else "not "}ok {number} - {name} {what}')
        for line in words.splitlines():
            print('# ' + line)
        failed += not good
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], sys.argv[2] == 'true', sys.argv[3], sys.argv[4:]))
