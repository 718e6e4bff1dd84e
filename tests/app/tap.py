# SPDX-License-Identifier: Apache-2.0
"""A TAP program from functions: every function named test_… of the module is a test."""
import sys
import traceback


class Skip (Exception):
    """Raised by a test that cannot run here; its text says why."""


def run (module):
    tests = [(name[5:].replace ('_', '-'), function) for name, function in vars (module).items ()
             if name.startswith ('test_')]
    failed = 0
    print (f'1..{len (tests)}', flush=True)
    for number, (name, function) in enumerate (tests, 1):
        try:
            function ()
            print (f'ok {number} {name}', flush=True)
        except Skip as reason:
            print (f'ok {number} {name} # SKIP {reason}', flush=True)
        except Exception:
            failed += 1
            for line in traceback.format_exc ().splitlines ():
                print ('#', line)
            print (f'not ok {number} {name}', flush=True)
    sys.exit (1 if failed else 0)
