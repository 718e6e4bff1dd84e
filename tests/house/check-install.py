#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""meson install puts everything in its place, and the installed program finds it.

check-install.py BUILD_ROOT PREFIX WITH_UI MESON...
"""
import os
import pathlib
import subprocess
import sys
import tempfile

ID = 'io.github.matchpoint_lab.Matchpoint'
ALWAYS = ['bin/matchpoint', 'share/man/man1/matchpoint.1', 'share/bash-completion/completions/matchpoint*',
          'share/zsh/site-functions/_matchpoint', 'share/fish/vendor_completions.d/matchpoint.fish',
          'share/matchpoint/presets/ring-comparison.ini', 'share/matchpoint/presets/ring-gram.ini',
          'share/locale/de/LC_MESSAGES/matchpoint.mo']
WITH_WINDOW = [f'share/applications/{ID}.desktop', f'share/metainfo/{ID}.metainfo.xml',
               f'share/icons/hicolor/scalable/apps/{ID}.svg', f'share/icons/hicolor/symbolic/apps/{ID}-symbolic.svg',
               f'share/glib-2.0/schemas/{ID}.gschema.xml']


def main(build, prefix, with_ui, meson):
    with tempfile.TemporaryDirectory() as stage:
        result = subprocess.run([*meson, 'install', '-C', build, '--no-rebuild', '--quiet', '--destdir', stage],
                                capture_output=True, text=True)
        root = pathlib.Path(stage) / prefix.lstrip('/')
        points = [('installs', result.returncode == 0, result.stderr)]
        for pattern in ALWAYS + (WITH_WINDOW if with_ui else []):
            points.append((pattern, any(root.glob(pattern)), 'missing'))
        stray = [] if with_ui else [path for pattern in WITH_WINDOW for path in root.glob(pattern)]
        points.append(('nothing of a window without one', not stray, str(stray)))
        environment = {**os.environ, 'MATCHPOINT_DATA_DIR': str(root / 'share' / 'matchpoint')}
        listed = subprocess.run([str(root / 'bin' / 'matchpoint'), 'list', 'presets'], capture_output=True, text=True,
                                env=environment)
        points.append(('the installed program lists its presets', 'ring-comparison' in listed.stdout, listed.stderr))
    print(f'1..{len(points)}')
    for number, (name, good, words) in enumerate(points, 1):
        print(f'{"" if good else "not "}ok {number} - {name}')
        if not good:
            for line in words.splitlines()[:20]:
                print('# ' + line)
    return 0 if all(good for _, good, _ in points) else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3] == 'true', sys.argv[4:]))
