#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a sweep costs beside training: wall time against the sum of its lanes' training time over the number of lanes.

bench-sweep.py PROGRAM [--lanes N] [--iterations N] [--most RATIO]

96 runs: GAN, MMD-net and GRAM on the ring × two generators × four latent dimensions × four seeds. Everything counts that
is not training: starting the program, planning, writing runs, keyframes and checkpoints, and lanes that have nothing to
do at the end. With --most a larger ratio is a failure; the promise is 1.1.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

SWEEP = """[sweep]
bases = ring-gan; ring-mmd-net; ring-gram
seeds = 1-4
[set]
train.iterations = {iterations}
[axis hidden]
generator.hidden = 20, 20; 100, 100
[axis latent]
generator.latent = 2; 4; 8; 16
"""


def main ():
    parser = argparse.ArgumentParser (description=__doc__.splitlines ()[0])
    parser.add_argument ('program')
    parser.add_argument ('--lanes', type=int, default=2)
    parser.add_argument ('--iterations', type=int, default=2000)
    parser.add_argument ('--most', type=float)
    arguments = parser.parse_args ()
    with tempfile.TemporaryDirectory () as folder:
        file, out = os.path.join (folder, 'bench.ini'), os.path.join (folder, 'out')
        with open (file, 'w', encoding='utf-8') as stream:
            stream.write (SWEEP.format (iterations=arguments.iterations))
        begin = time.monotonic ()
        process = subprocess.run ([arguments.program, 'sweep', file, '--dir', out, '--lanes', str (arguments.lanes),
                                   '--device', 'cpu', '--json', '--quiet'], capture_output=True, text=True, check=True)
        wall = time.monotonic () - begin
    told = json.loads (process.stdout.splitlines ()[-1])
    training = told['training_seconds'] / arguments.lanes
    ratio = wall / training
    print (f'{told["states"]["finished"]} runs of {arguments.iterations} iterations on {arguments.lanes} lanes: '
           f'{wall:.1f} s of wall time, {training:.1f} s of training per lane, ratio {ratio:.3f}, '
           f'{1000 * (wall - training) * arguments.lanes / told["states"]["finished"]:.0f} ms beside training for each run')
    if arguments.most is not None and ratio > arguments.most:
        sys.exit (f'the ratio {ratio:.3f} is above {arguments.most}')


main ()
