#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The program speaks German to a German user: help, descriptors and errors.

check-german.py ROOT BUILD_ROOT PROGRAM

The locale de_DE.UTF-8 is made below the build directory, for systems that do not have it.
"""
import os
import pathlib
import re
import subprocess
import sys


def translation(po, msgid):
    """The German of a string; long ones go over several lines of the file."""
    words = {}
    for entry in po.read_text(encoding='utf-8').split('\n\n'):
        parts = re.findall(r'^(msgid|msgstr) ((?:"(?:[^"\\]|\\.)*"\n?)+)', entry, re.M)
        texts = {name: ''.join(re.findall(r'"((?:[^"\\]|\\.)*)"', text)) for name, text in parts}
        if 'msgid' in texts:
            words[texts['msgid']] = texts.get('msgstr', '')
    return words[msgid]


def main(root, build, program):
    locales = pathlib.Path(build) / 'locales'
    locales.mkdir(exist_ok=True)
    made = subprocess.run(['localedef', '-i', 'de_DE', '-f', 'UTF-8', str(locales / 'de_DE.UTF-8')],
                          capture_output=True, text=True)
    # localedef warns with status 1 about what it can leave out.
    if not (locales / 'de_DE.UTF-8').exists():
        print(f'1..0 # SKIP localedef cannot make de_DE.UTF-8: {made.stderr.strip().splitlines()[-1:]}')
        return 0
    environment = {name: value for name, value in os.environ.items() if not name.startswith('LC_')}
    environment.update(LOCPATH=str(locales), LANG='de_DE.UTF-8', LANGUAGE='de',
                       MATCHPOINT_LOCALE_DIR=str(pathlib.Path(build) / 'po'),
                       MATCHPOINT_DATA_DIR=str(pathlib.Path(root) / 'data'))
    po = pathlib.Path(root) / 'po' / 'de.po'
    cases = [(['describe', 'ring'], 'Ring of Gaussians'), (['describe', 'ring'], 'Radius of the circle that the centres lie on.'),
             (['list', 'methods'], 'The generator minimises the distance of kernel means in data space; there is no critic.'),
             (['--help'], 'Train one or several experiments')]
    print(f'1..{len(cases)}')
    failed = 0
    for number, (arguments, msgid) in enumerate(cases, 1):
        german = translation(po, msgid)
        result = subprocess.run([program, *arguments], capture_output=True, text=True, env=environment)
        # Help is wrapped.
        good = german not in ('', msgid) and german in ' '.join(result.stdout.split())
        print(f'{"" if good else "not "}ok {number} - {" ".join(arguments)} says “{german}”')
        if not good:
            print('# ' + '\n# '.join((result.stdout + result.stderr).splitlines()[:20]))
        failed += not good
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
