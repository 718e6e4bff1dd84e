# SPDX-License-Identifier: Apache-2.0
"""Runs the peers of the GPU's table, the most telling first, each mode in a process of its own with a time limit."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
SMALL = ('ring-gan', 'ring-mmd-net', 'ring-gram', 'mlp512')
GRAM = ('gram-64-2', 'gram-1024-2', 'gram-1024-128', 'gram-4096-16', 'gram-4096-512', 'gram-8192-2', 'gram-8192-2048')
# Script, name of the group, cases, mode, precision, seconds that it may take.
RUNS = (
    ('torch', 'small', SMALL, 'eager', 'tf32', 90),
    ('torch', 'dcgan', ('dcgan32',), 'eager', 'tf32', 60),
    ('torch', 'dcgan', ('dcgan32',), 'compile-graph', 'tf32', 150),
    ('jax', 'small', SMALL, 'jit', 'tf32', 120),
    ('torch', 'small', SMALL, 'graph', 'tf32', 90),
    ('torch', 'small', SMALL, 'compile-graph', 'tf32', 240),
    ('torch', 'dcgan', ('dcgan32',), 'graph', 'tf32', 60),
    ('torch', 'dcgan', ('dcgan32',), 'graph', 'bf16', 60),
    ('torch', 'dcgan', ('dcgan32',), 'compile-graph', 'bf16', 150),
    ('torch', 'dcgan', ('dcgan32',), 'autotune', 'tf32', 240),
    ('torch', 'gram', GRAM, 'compile', 'tf32', 120),
    ('torch', 'small', SMALL, 'autotune', 'tf32', 300),
    ('torch', 'dcgan', ('dcgan32',), 'autotune-graph', 'bf16', 240),
    ('torch', 'dcgan', ('dcgan32',), 'eager', 'bf16', 60),
    ('torch', 'small', SMALL, 'compile', 'tf32', 200),
    ('torch', 'small', SMALL, 'autotune-graph', 'tf32', 300),
    ('jax', 'small', SMALL, 'scan', 'tf32', 120),
    ('jax', 'gram', GRAM, 'jit', 'tf32', 120),
    ('torch', 'gram', GRAM, 'eager', 'tf32', 60),
    ('torch', 'dcgan', ('dcgan32',), 'compile', 'tf32', 150),
)


def run(options, script, chosen, mode, precision, limit):
    """What the process printed before its end or the time limit, a dictionary for each case, and why it ended."""
    command = [sys.executable, str(HERE / f'{script}_cases.py'), *chosen, '--mode', mode, '--device', options.peer_device,
               '--precision', precision, '--seconds', str(options.window), *(['--small'] if options.small else [])]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                               text=True, start_new_session=True)
    try:
        out, err = process.communicate(timeout=limit)
        words = [line for line in err.splitlines() if line.strip()]
        why = words[-1] if process.returncode and words else f'ended with {process.returncode}'
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # compilers that it started too
        out, err = process.communicate()
        why = f'not done after {limit:.0f} s'
    return [json.loads(line) for line in out.splitlines() if line.startswith('{')], why


def run_all(options, end, done):
    """Writes OUT/peers-SCRIPT-GROUP-MODE-PRECISION.json with a line for each case, until the clock says `end`, and calls
    done () after each. What a mode cannot do, and what a time limit left out, is a line too, with "error"."""
    for script, group, chosen, mode, precision, limit in RUNS:
        name = f'peers-{script}-{group}-{mode}-{precision}'
        if options.only not in name:
            continue
        start, left = time.monotonic(), end - time.monotonic()
        lines, why = (run(options, script, chosen, mode, precision, min(limit, left)) if left > 15
                      else ([], 'left out: no time was left'))
        measured = {line['case'] for line in lines}
        lines += [{'case': case, 'peer': script, 'mode': mode, 'precision': precision, 'error': why}
                  for case in chosen if case not in measured]
        (options.out / f'{name}.json').write_text(''.join(json.dumps(line) + '\n' for line in lines), encoding='utf-8')
        for line in lines:
            result = line['error'] if 'error' in line else f'{line["its"]:.5g} iterations/s'
            print(f'{name}: {line["case"]}: {result}', flush=True)
        print(f'{name}: {time.monotonic() - start:.0f} s', flush=True)
        done()
