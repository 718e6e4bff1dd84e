# SPDX-License-Identifier: Apache-2.0
"""Runs the peers of the ring and wide cases (tests/bench/peers) in an environment that has their frameworks."""
import json
import os
import statistics
import subprocess
import sys

CPU_WHEELS = 'https://download.pytorch.org/whl/cpu'
# Name in the table, mode, the module it needs (its script is MODULE_CASE.py), whether the goals are set against it.
PEERS = (
    ('PyTorch eager', 'eager', 'torch', True),
    ('torch.compile', 'compile', 'torch', True),
    ('JAX jit', 'jit', 'jax', True),
    # A hundred iterations in one call: no window, no pause, no metric in between; shown for completeness. Wide iterations
    # are long, so that nothing would change.
    ('JAX scan', 'scan', 'jax', False),
)
GOALS = {name for name, _, _, goal in PEERS if goal}


class Peers:
    """The frameworks that can be had: installed into build/bench-venv, else those of MATCHPOINT_BENCH_PYTHON or of the
    system."""

    def __init__(self, root, say):
        self.folder = root / 'tests' / 'bench' / 'peers'
        self.venv = root / 'build' / 'bench-venv'
        self.say = say
        self.python = os.environ.get('MATCHPOINT_BENCH_PYTHON') or self.make_environment()
        self.versions = {module: self.version(module) for module in ('torch', 'jax')}
        for module, version in self.versions.items():
            say(f'{module}: {version}')

    def version(self, module):
        result = subprocess.run([self.python, '-c', f'import {module}; print({module}.__version__)'],
                                capture_output=True, text=True)
        return result.stdout.strip() if result.returncode == 0 else 'not installed'

    def pip(self, *arguments):
        return subprocess.run([self.venv / 'bin' / 'pip', '--quiet', '--disable-pip-version-check', 'install',
                               '--retries', '1', *arguments], stdin=subprocess.DEVNULL).returncode == 0

    def make_environment(self):
        done = self.venv / 'done'
        if done.exists():
            return str(self.venv / 'bin' / 'python')
        subprocess.run([sys.executable, '-m', 'venv', '--clear', self.venv], check=True)
        pins = {line.split('==')[0]: line.strip()
                for line in (self.folder / 'requirements.txt').read_text(encoding='utf-8').splitlines() if '==' in line}
        self.say('Installing PyTorch and JAX into build/bench-venv; wheels are large.')
        # PyTorch's own index has wheels without CUDA; the public one has those with it only.
        torch = (self.pip(pins['torch'], '--index-url', CPU_WHEELS) or self.pip(pins['torch']) or self.pip('torch'))
        jax = self.pip(pins['jax'], pins['jaxlib']) or self.pip('jax')
        if not (torch or jax):
            self.say('No package index can be reached: measuring with what the system has.')
            return sys.executable
        done.touch()
        return str(self.venv / 'bin' / 'python')

    def measure_once(self, script, mode, method, threads, seconds):
        result = subprocess.run([self.python, str(self.folder / script), '--mode', mode, '--threads', str(threads),
                                 '--method', method, '--seconds', str(seconds)],
                                capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if result.returncode:
            words = result.stderr.strip().splitlines()
            return None, words[-1] if words else f'ended with {result.returncode}'
        return json.loads(result.stdout.strip().splitlines()[-1]), None

    def measure(self, method, threads, runs, case='ring'):
        """Each peer at its best thread count: name → result. Every process takes the median of seven windows itself;
        the best of the thread counts is then run again until there are `runs` of it."""
        table = {}
        for name, mode, module, _ in PEERS:
            script = f'{module}_{case}.py'
            if case == 'wide' and mode == 'scan':
                continue
            if self.versions[module] == 'not installed':
                table[name] = {'error': 'not installed'}
                continue
            by_threads, error = {}, None
            for n in threads:
                words, error = self.measure_once(script, mode, method, n, 4)
                if words:
                    by_threads[n] = words['iterations_per_second']
            if not by_threads:
                table[name] = {'error': error}
                self.say(f'{method}: {name}: {error}')
                continue
            best = max(by_threads, key=by_threads.get)
            again = [by_threads[best]]
            # A compiled mode spends its time compiling; its own seven windows have to do.
            for _ in range(0 if mode == 'compile' else min(runs, 3) - 1):
                words, error = self.measure_once(script, mode, method, best, 4)
                again += [words['iterations_per_second']] if words else []
            table[name] = {'iterations_per_second': statistics.median(again), 'threads': best, 'by_threads': by_threads}
            self.say(f'{method}: {name}: {table[name]["iterations_per_second"]:.0f} iterations/s on {best} thread(s)')
        return table
