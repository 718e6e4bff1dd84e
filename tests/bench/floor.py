# SPDX-License-Identifier: Apache-2.0
"""The floor of a training step on one core.

    floor = Σ products 2mnk / (oneDNN's rate at that shape) + linear algebra / (half of oneDNN's rate at 1000³)
            + exponentials / (vector exponentials per second)

Shapes come from `matchpoint plan --kernels`, rates from bench-kernels on the same machine. Half the float32 rate is the
best that float64 factorisations could reach, so their part of the floor is too low rather than too high.
"""
import json
import re
import statistics
import subprocess

PRODUCT = re.compile(r'^ *\d+  (matmul|sqdist)\b[^(\n]* \((\d+)×(\d+)(ᵀ?)·(\d+)×(\d+)(ᵀ?) → ', re.M)
LINEAR_ALGEBRA = re.compile(r'^ *\d+  (?:cholesky|triangular-solve|pd-solve) .*? (\d+) flops', re.M)


def shapes_of(listing):
    """(m, n, k, transpose_a, transpose_b) of every product in a listing."""
    shapes = []
    for kind, rows_a, columns_a, a_turned, rows_b, columns_b, b_turned in PRODUCT.findall(listing):
        ta, tb = bool(a_turned), bool(b_turned) or kind == 'sqdist'
        m, k = (columns_a, rows_a) if ta else (rows_a, columns_a)
        n = rows_b if tb else columns_b
        shapes.append((int(m), int(n), int(k), ta, tb))
    return shapes


def name_of(shape):
    m, n, k, ta, tb = shape
    return f'{m},{n},{k}' + (',ta' if ta else '') + (',tb' if tb else '')


def run_json(command):
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def phases_of(program, preset):
    """(runs, listing, exponentials) of every phase."""
    listing = subprocess.run([str(program), 'plan', preset, '--kernels'], stdout=subprocess.PIPE, text=True,
                             check=True).stdout
    parts = re.split(r'^plan [^\n]*\n', listing, flags=re.M)[1:]
    phases = run_json([str(program), 'plan', preset, '--json'])['lanes'][0]['phases']
    return [(phase['runs'], part, phase['exponentials']) for phase, part in zip(phases, parts)]


def floor_rows(program, build, methods, options):
    """Rows of the report, and everything they were computed from."""
    kernels, step = (build / 'tests' / 'bench' / name for name in ('bench-kernels', 'bench-step'))
    if not kernels.exists():
        return [('step time over its floor: built without oneDNN, the yardstick', None, '×', '≤ 1.5', None)], {}
    phases = {method: phases_of(program, f'ring-{method}') for method in methods}
    shapes = sorted({shape for parts in phases.values() for _, part, _ in parts for shape in shapes_of(part)})
    rates = run_json([str(kernels), *map(name_of, shapes), '1000,1000,1000'])
    gflops = {(p['m'], p['n'], p['k'], p['transpose_a'], p['transpose_b']): p['onednn_gflops'] for p in rates['products']}
    peak = gflops[(1000, 1000, 1000, False, False)]
    rows, details = [], {'rates': rates}
    for method, parts in phases.items():
        products = sum(runs * 2e-9 * s[0] * s[1] * s[2] / gflops[s] for runs, part, _ in parts for s in shapes_of(part))
        algebra = sum(runs * float(flops) * 1e-9 / (peak / 2) for runs, part, _ in parts
                      for flops in LINEAR_ALGEBRA.findall(part))
        exponentials = sum(runs * count / rates['exp_per_second'] for runs, _, count in parts)
        floor = products + algebra + exponentials
        measured = [run_json([str(step), '--windows', '5', f'ring-{method}']) for _ in range(options.runs)]
        seconds = statistics.median(1 / words['iterations_per_second'] for words in measured)
        of_processor = statistics.median(1 / words['iterations_per_cpu_second'] for words in measured)
        details[method] = {'floor_s': floor, 'products_s': products, 'linear_algebra_s': algebra,
                           'exponentials_s': exponentials, 'step_s': seconds, 'step_processor_s': of_processor}
        options.say(f'{method}: step {1e6 * seconds:.0f} µs ({1e6 * of_processor:.0f} µs of processor time), '
                    f'floor {1e6 * floor:.0f} µs')
        rows.append((f'{method}: step time over its floor of {1e6 * floor:.0f} µs', seconds / floor, '×', '≤ 1.5',
                     seconds / floor <= 1.5))
    return rows, details
