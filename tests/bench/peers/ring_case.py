# SPDX-License-Identifier: Apache-2.0
"""The reference case that Matchpoint and its peers are timed on, as far as it needs no framework.

Generator and critic 2-100-100-2 with ReLU (2-100-100-1 for the GAN's critic), batch 200 real + 200 generated, latent 2
(standard normal, drawn anew for every update), Adam 0.001 with β = (0.5, 0.999), float32; minibatches drawn at random
from 1,000 fixed points of the ring with 8 modes, radius 2 and standard deviation 0.2.

    gan       critic step on E sp(−s(x)) + E sp(s(y)), then generator step on E sp(−s(y)) with a latent of its own
    mmd-net   √(MMD² + 10⁻⁶), Gaussian kernel, σ = 1
    gram      critic up mean (r − 1)² + Σ r, generator down √(MMD² + 10⁻⁶) in the projected space, both from one
              computation of the kernel matrices; r by a Cholesky solve with ridge 10⁻³
"""

import argparse
import json
import os
import statistics
import time

import numpy as np

METHODS = ('gan', 'mmd-net', 'gram')
BATCH, LATENT, HIDDEN, POINTS = 200, 2, 100, 1000
RATE, BETA1, BETA2, EPSILON = 1e-3, 0.5, 0.999, 1e-8
RIDGE = 1e-3
CHECK_STEPS = 10


def ring():
    rng = np.random.default_rng(1)
    angle = rng.integers(8, size=POINTS) * np.pi / 4
    points = 2 * np.stack([np.cos(angle), np.sin(angle)], 1) + 0.2 * rng.standard_normal((POINTS, 2))
    return points.astype(np.float32)


def network(seed, outputs):
    """[W₁, b₁, W₂, b₂, W₃, b₃], Glorot uniform."""
    rng = np.random.default_rng(seed)
    values = []
    widths = [2, HIDDEN, HIDDEN, outputs]
    for inputs, width in zip(widths, widths[1:]):
        limit = np.sqrt(6 / (inputs + width))
        values.append(rng.uniform(-limit, limit, (inputs, width)).astype(np.float32))
        values.append(np.zeros(width, np.float32))
    return values


def networks(method):
    """Generator, critic (empty for mmd-net)."""
    outputs = {'gan': 1, 'mmd-net': 0, 'gram': 2}[method]
    return network(2, 2), network(3, outputs) if outputs else []


def check_draws():
    """For --check: per step indices of the minibatch and two latents, the same for every peer."""
    rng = np.random.default_rng(4)
    for _ in range(CHECK_STEPS):
        yield (rng.integers(POINTS, size=BATCH),
               *(rng.standard_normal((BATCH, LATENT)).astype(np.float32) for _ in range(2)))


def arguments(modes, methods=METHODS):
    parser = argparse.ArgumentParser(description='Time the ring case; one line of JSON.')
    parser.add_argument('--mode', choices=modes, default=modes[0])
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--method', choices=methods, required=True)
    parser.add_argument('--seconds', type=float, default=10)
    parser.add_argument('--check', action='store_true', help='print the losses after 10 steps from fixed draws')
    args = parser.parse_args()
    # Thread pools look at the affinity mask; set it before a framework starts one.
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[:max(1, args.threads)])
    return args


def timed(run, n):
    """Iterations per second, and per second of the process's CPU time, which a shared machine disturbs less."""
    start, cpu = time.perf_counter(), time.process_time()
    run(n)
    return n / (time.perf_counter() - start), n / (time.process_time() - cpu)


def rates(run, seconds):
    """run (n) does n iterations and waits for them. Medians of seven windows, after a warm-up."""
    n = 1
    while n / timed(run, n)[0] < seconds / 20:
        n *= 2
    n = max(1, round(seconds / 7 * timed(run, n)[0]))
    windows = [timed(run, n) for _ in range(7)]
    return {'iterations_per_second': statistics.median(wall for wall, _ in windows),
            'iterations_per_cpu_second': statistics.median(cpu for _, cpu in windows)}


def report(peer, args, versions, **values):
    print(json.dumps({'peer': peer, 'mode': args.mode, 'threads': args.threads, 'method': args.method, **values,
                      'versions': versions}))
