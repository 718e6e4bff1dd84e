#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the program and its peers on a GPU, the program first, and sets them beside each other.

    bench_gpu.py --programs DIR [--device NAME] [--seconds S] [--out DIR] [--rows FILE] [--json FILE] [--only TEXT]

--programs: where bench-step and bench-gram are. --seconds: for all; the last part goes to the peers. --out: where every
measurement goes (ours-*.json, gram-*.json, peers-*.json), beside table.md. --rows gets a line of tabs for each promise:
what, value, goal, verdict. All of them are written anew after every measurement, so an early end loses nothing.
With --device cpu --small it only tests itself.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import time

import peers
import table

# Case, precision, seconds that it may take.
OURS = (
    ('ring-gan', 'tf32', 40), ('ring-mmd-net', 'tf32', 40), ('ring-gram', 'tf32', 40), ('mlp512', 'tf32', 60),
    ('dcgan32', 'tf32', 90), ('dcgan32', 'bf16', 90), ('dcgan32', 'float32', 60),
)
# The peers have Adam everywhere; the preset has the paper's RMSprop.
SAME_WORK = {'ring-mmd-net': ['optimizer.generator.kind=adam']}
GRAM_SECONDS = 60
LAST_SECONDS = 60 # for Gram matrices in the other precisions, after the peers


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--programs', type=pathlib.Path, required=True)
    parser.add_argument('--device', default='cuda')
    parser.add_argument('--seconds', type=float, default=590)
    parser.add_argument('--out', type=pathlib.Path)
    parser.add_argument('--rows', type=pathlib.Path)
    parser.add_argument('--json', type=pathlib.Path)
    parser.add_argument('--only', default='', help='runs of peers whose name has this text; "none" for no peer')
    parser.add_argument('--window', type=float, default=0.5)
    parser.add_argument('--small', action='store_true')
    options = parser.parse_args()
    options.peer_device = 'cpu' if options.device == 'cpu' else 'cuda'
    if options.out is None:
        options.out = (options.json or options.rows or pathlib.Path('bench')).resolve().parent / 'bench'
    options.out.mkdir(parents=True, exist_ok=True)
    return options


def measure(command, limit):
    """The last line of output as JSON, or what went wrong."""
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              timeout=max(limit, 1))
    except subprocess.TimeoutExpired:
        return {'error': f'not done after {limit:.0f} s'}
    except OSError as error:
        return {'error': str(error)}
    lines = [line for line in done.stdout.splitlines() if line.startswith('{')]
    if done.returncode or not lines:
        words = done.stderr.strip().splitlines()
        return {'error': words[-1] if words else f'ended with {done.returncode}'}
    return json.loads(lines[-1])


def bench_ours(options, end, done):
    """Every case three times: a short run that fills the caches, the measurement, and again with the kernels' times,
    which counts where it succeeds."""
    step = options.programs / 'bench-step'
    full = ['--windows', '5', '--seconds', options.window]
    for case, precision, limit in OURS:
        if options.small and case == 'dcgan32':
            continue
        command = [step, '--device', options.device, '--precision', precision, case, *SAME_WORK.get(case, [])]
        lines = []
        for extra in (['--windows', '1', '--seconds', '0.1'], full, [*full, '--profile']):
            left = min(limit, end - time.monotonic())
            line = measure([*command, *extra], left) if left > 1 else {'error': 'left out: no time was left'}
            lines.append({'case': case, 'peer': 'matchpoint', 'mode': precision, **line})
            print(f'{case}, {precision}: {line.get("error") or "%.5g iterations/s" % line["its"]}', flush=True)
        (options.out / f'ours-{case}-{precision}.json').write_text(''.join(json.dumps(line) + '\n' for line in lines),
                                                                   encoding='utf-8')
        done()


def bench_gram(options, precisions, end, done):
    for i, precision in enumerate(precisions):
        left = (end - time.monotonic()) / (len(precisions) - i)
        if left < 10:
            return
        path = options.out / f'gram-{precision}.json'
        limit = min(GRAM_SECONDS, left)
        sizes = ['--sizes', '64,100', '--dimensions', '2,10'] if options.small else []
        command = [options.programs / 'bench-gram', '--device', options.device, '--precision', precision, '--seconds', '0.2',
                   '--limit', str(0.8 * limit), '--json', path, *sizes]
        try:
            result = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, timeout=limit)
            print(f'bench-gram, {precision}: ended with {result.returncode}', flush=True)
        except (subprocess.TimeoutExpired, OSError) as error:
            print(f'bench-gram, {precision}: {error}', flush=True)
        done()


def main():
    options = arguments()
    end = time.monotonic() + options.seconds

    def done():
        rows, text = table.merge(options.out)
        (options.out / 'table.md').write_text(text, encoding='utf-8')
        if options.rows:
            options.rows.write_text(''.join('\t'.join(row) + '\n' for row in rows), encoding='utf-8')
        if options.json:
            lines = table.load(options.out, 'ours-*.json') + table.load(options.out, 'peers-*.json')
            options.json.write_text(json.dumps(lines, indent=1), encoding='utf-8')

    bench_ours(options, end, done)
    bench_gram(options, ('tf32',), end, done)
    peers.run_all(options, end - LAST_SECONDS, done)
    bench_gram(options, ('strict', 'bf16'), end, done)
    done()
    return 0


sys.exit(main())
