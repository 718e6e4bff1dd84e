#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The parity suite finds what it is for: kernels that compute wrongly, write where they must not, or give other bits
every time (tests/engine/fake-module.c).

test-parity-fails.py TEST-PARITY MODULE
"""
import os
import subprocess
import sys

FAULTS = [
    ('1', None),  # a device without a fault passes
    ('wrong', 'times the allowed error'),
    ('spill', 'the bytes behind output 0 were written'),
    ('restless', "other bits than the first run's"),
]


def main (program, module):
    failed = 0
    print (f'1..{len (FAULTS)}')
    for number, (fault, words) in enumerate (FAULTS, 1):
        environment = {**os.environ, 'MATCHPOINT_CUDA_MODULE': module, 'MATCHPOINT_FAKE_MODULE': fault}
        done = subprocess.run ([program, '--device', 'cuda', '--quick', '--modes', 'float64'], env=environment,
                               capture_output=True, text=True)
        lines = done.stdout.splitlines ()
        bad = [line for line in lines if line.startswith ('not ok')]
        good = [line for line in lines if line.startswith ('ok') and '# SKIP' not in line]
        if words is None:
            fine = done.returncode == 0 and not bad and len (good) > 50
        else:
            # every operation with a result of numbers is caught, not just one
            fine = done.returncode != 0 and len (bad) > 30 and any (words in line for line in lines)
        failed += not fine
        print (f'{"ok" if fine else "not ok"} {number} - {fault}: {len (good)} passed, {len (bad)} failed')
        if not fine:
            print (f'# exit status {done.returncode}; {done.stderr.strip ()[-300:]}')
    return failed > 0


sys.exit (main (*sys.argv[1:]))
