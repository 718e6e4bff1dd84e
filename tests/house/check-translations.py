#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every language of po/LINGUAS is whole and fits the strings of today's sources; every source with strings is listed.

check-translations.py ROOT
"""
import pathlib
import re
import subprocess
import sys
import tempfile

MARK = re.compile(r'(?<![A-Za-z0-9_])(?:_|N_|C_|NC_|ngettext|g_dngettext)\s?\("')
SOURCES = ('.c', '.h', '.ui', '.in', '.xml')


def run(*command, cwd=None):
    result = subprocess.run(command, capture_output=True, text=True, cwd=cwd)
    return result.returncode, result.stdout + result.stderr


def lines_of(path):
    return [line.strip() for line in path.read_text(encoding='utf-8').splitlines()
            if line.strip() and not line.startswith('#')]


def unlisted(root, listed):
    for top in ('app', 'ui', 'engine'):
        for path in sorted(path for path in (root / top).rglob('*') if path.suffix in ('.c', '.h')):
            if MARK.search(path.read_text(encoding='utf-8')) and path.relative_to(root).as_posix() not in listed:
                yield path.relative_to(root).as_posix()


def main(root):
    root = pathlib.Path(root)
    points = []
    listed = lines_of(root / 'po' / 'POTFILES')
    missing = [name for name in listed if not (root / name).exists()]
    points.append(('every file of POTFILES is there', not missing, missing))
    forgotten = list(unlisted(root, set(listed)))
    points.append(('every source with strings is in POTFILES', not forgotten, forgotten))
    with tempfile.TemporaryDirectory() as scratch:
        pot = pathlib.Path(scratch) / 'matchpoint.pot'
        code, words = run('xgettext', '--from-code=UTF-8', '--files-from=po/POTFILES', '--keyword=_', '--keyword=N_',
                          '--keyword=C_:1c,2', '--keyword=NC_:1c,2', '--keyword=g_dngettext:2,3',
                          '--keyword=ngettext:1,2', '--add-comments', '--flag=_:1:pass-c-format',
                          '--flag=N_:1:pass-c-format', f'--output={pot}', cwd=root)
        points.append(('strings can be extracted', code == 0, words.splitlines()))
        for language in lines_of(root / 'po' / 'LINGUAS'):
            po = root / 'po' / f'{language}.po'
            code, words = run('msgfmt', '--check', '--statistics', '-o', '/dev/null', str(po))
            points.append((f'{language} is well formed and whole',
                           code == 0 and 'untranslated' not in words and 'fuzzy' not in words, words.splitlines()))
            code, words = run('msgcmp', '--no-fuzzy-matching', str(po), str(pot))
            points.append((f'{language} fits the sources', code == 0, words.splitlines()))
    print(f'1..{len(points)}')
    for number, (name, good, words) in enumerate(points, 1):
        print(f'{"" if good else "not "}ok {number} - {name}')
        if not good:
            for word in words[:40]:
                print('# ' + word)
    return 0 if all(good for _, good, _ in points) else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
