#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same bits whatever order blocks, threads and branches of a captured iteration run in, and whatever the host does
meanwhile: a missing barrier, event or dependency shows as a difference.

check-order.py MATCHPOINT MODULE DATA_DIR COMPILED
"""
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

PRESETS = ['ring-gan', 'ring-gram', 'ring-wgan-gp']
RUNS = [('blocks and branches reversed', {'MATCHPOINT_EMULATOR_ORDER': 'reverse'}),
        ('shuffled', {'MATCHPOINT_EMULATOR_ORDER': 'shuffle:7'}),
        ('run late', {'MATCHPOINT_EMULATOR_LATENCY': '3'})]


def tensors(path):
    content = path.read_bytes()
    length, = struct.unpack('<Q', content[:8])
    header = json.loads(content[8:8 + length])
    return {name: content[8 + length + entry['data_offsets'][0]:8 + length + entry['data_offsets'][1]]
            for name, entry in header.items() if name != '__metadata__'}


def train(program, environment, preset, folder):
    words = subprocess.run([program, 'train', preset, '--device', 'cuda', '--iterations', '5', '--quiet', '--out',
                            str(folder), '--set', 'train.deterministic=true', '--set', 'evaluate.every=3', '--set',
                            'evaluate.samples=100'], env=environment, capture_output=True, text=True)
    if words.returncode != 0:
        return None, words.stderr
    return tensors(folder / 'checkpoints' / '5.safetensors'), ''


def main(program, module, data, compiled):
    environment = {**os.environ, 'MATCHPOINT_CUDA_MODULE': module, 'MATCHPOINT_DATA_DIR': data,
                   'MATCHPOINT_EMULATOR_CACHE': compiled, 'XDG_CACHE_HOME': compiled}
    failed = 0
    print(f'1..{len(PRESETS) * len(RUNS)}')
    number = 0
    with tempfile.TemporaryDirectory() as folder:
        for preset in PRESETS:
            first, why = train(program, environment, preset, pathlib.Path(folder) / preset)
            for i, (name, changes) in enumerate(RUNS):
                number += 1
                other = None
                if first:
                    other, why = train(program, {**environment, **changes}, preset,
                                       pathlib.Path(folder) / f'{preset}-{i}')
                good = bool(first) and other == first
                print(f'{"" if good else "not "}ok {number} - {preset}: {name}')
                if not good:
                    differing = [key for key in first or {} if other and other[key] != first[key]]
                    print('# ' + (why.strip().replace('\n', '\n# ') or 'differ: ' + ', '.join(differing)))
                failed += not good
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
