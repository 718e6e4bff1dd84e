#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who includes whom: app → ui → engine → kernels, never upward. One test point per source file.

check-includes.py ROOT
"""
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)
# What files of a layer may not include: folders of the project, and libraries by the start of the header's name.
GLIB = ('glib', 'gio/', 'gobject', 'gmodule', 'json-glib')
GTK = ('gtk/', 'gdk/', 'adwaita', 'libadwaita', 'graphene')
FORBIDDEN = {
    'kernels': (('engine/', 'ui/', 'app/'), GLIB + GTK + ('cairo', 'pango', 'sqlite')),
    'engine': (('ui/', 'app/'), GTK + ('cairo', 'pango', 'oneapi/', 'dnnl')),
    'ui/plot': (('app/', 'kernels/'), GTK),
    'ui': (('app/', 'kernels/'), ('oneapi/', 'dnnl', 'sqlite')),
}


def layer_of(path):
    for layer in sorted(FORBIDDEN, key=len, reverse=True):
        if path.startswith(layer + '/'):
            return layer
    return None


def main(root):
    root = pathlib.Path(root)
    files = sorted(path for top in ('kernels', 'engine', 'ui') for path in (root / top).rglob('*')
                   if path.suffix in ('.c', '.h', '.cu', '.cuh'))
    print(f'1..{len(files)}')
    failed = 0
    for number, path in enumerate(files, 1):
        name = path.relative_to(root).as_posix()
        folders, libraries = FORBIDDEN[layer_of(name)]
        headers = INCLUDE.findall(path.read_text(encoding='utf-8'))
        wrong = [header for header in headers if header.startswith(folders + libraries)]
        # The plots know nothing of the window around them.
        if name.startswith('ui/plot/'):
            wrong += [header for header in headers if header.startswith('ui/') and not header.startswith('ui/plot/')]
        print(f'{"not " if wrong else ""}ok {number} - {name}' + (f' includes {", ".join(wrong)}' if wrong else ''))
        failed += bool(wrong)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
