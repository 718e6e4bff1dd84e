#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows, as advice, where changed lines leave the house style (.uncrustify.cfg).

check-format.py [--write] [FILE...]     without FILE: lines changed since the upstream branch or the last commit
"""
import argparse
import difflib
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HUNK = re.compile(r'^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@')


def git(*arguments):
    return subprocess.run(['git', '-C', str(ROOT), *arguments], capture_output=True, text=True).stdout


def changed_lines():
    """Path → set of line numbers that differ from the upstream branch, else from the last commit."""
    base = git('merge-base', 'HEAD', '@{upstream}').strip() or 'HEAD'
    if base != 'HEAD' and not git('diff', '--name-only', base):
        base = 'HEAD'
    lines, path = {}, None
    for line in git('diff', '-U0', base, '--', '*.c', '*.h', '*.cu', '*.cuh').splitlines():
        if line.startswith('+++ '):
            path = None if line.endswith('/dev/null') else ROOT / line[6:]
        match = HUNK.match(line)
        if match and path:
            first, count = int(match[1]), int(match[2] or 1)
            lines.setdefault(path, set()).update(range(first, first + count))
    for name in git('ls-files', '--others', '--exclude-standard', '*.c', '*.h').splitlines():
        lines[ROOT / name] = None
    return lines


def formatted(path):
    language = 'CPP' if path.suffix in ('.cu', '.cuh') else 'C'
    return subprocess.run(['uncrustify', '-q', '-l', language, '-c', str(ROOT / '.uncrustify.cfg'), '-f', str(path)],
                          capture_output=True, text=True, check=True).stdout


def main():
    parser = argparse.ArgumentParser(prog='./dev format', description=__doc__.splitlines()[0])
    parser.add_argument('--write', action='store_true', help='rewrite the files')
    parser.add_argument('files', nargs='*', metavar='FILE')
    arguments = parser.parse_args()
    wanted = {pathlib.Path(name).resolve(): None for name in arguments.files} or changed_lines()
    places = 0
    for path, lines in sorted(wanted.items()):
        before = path.read_text(encoding='utf-8').splitlines()
        after = formatted(path).splitlines()
        if arguments.write:
            path.write_text('\n'.join(after) + '\n', encoding='utf-8')
            continue
        for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            if tag == 'equal' or (lines is not None and not lines & set(range(i1 + 1, max(i2, i1 + 1) + 1))):
                continue
            places += 1
            print(f'{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}:{i1 + 1}')
            for line in before[i1:i2]:
                print('  - ' + line)
            for line in after[j1:j2]:
                print('  + ' + line)
    if not arguments.write:
        print(f'{places} places differ from the house style in {len(wanted)} files.' if places
              else f'Nothing to say about {len(wanted)} files.')


if __name__ == '__main__':
    sys.exit(main())
