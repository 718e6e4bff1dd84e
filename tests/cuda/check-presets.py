#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every kernel that an iteration of a preset generates is compiled by the real NVRTC. The emulated module runs the
iteration and keeps the texts.

check-presets.py MATCHPOINT MODULE DATA_DIR COMPILED TEST_SOURCE
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

# Newest and oldest generations get one preset's kernels.
RUNS = [('90', None), ('75', 'ring-gan'), ('120', 'ring-gan')]
START = re.compile(r'^#define MP_NAME (\w+)$', re.M)


def kernels_of(program, environment, preset, folder):
    """Texts by name, each with its definitions; what the program said where it failed."""
    folder.mkdir()
    words = subprocess.run([program, 'train', preset, '--device', 'cuda', '--iterations', '1', '--quiet', '--out',
                            str(folder / 'run')], capture_output=True, text=True,
                           env={**environment, 'MATCHPOINT_EMULATOR_TEXTS': str(folder), 'XDG_CACHE_HOME': str(folder)})
    kernels = {}
    for path in folder.glob('*.cu'):
        unit = path.read_text()
        starts = list(START.finditer(unit))
        for start, end in zip(starts, starts[1:] + [None]):
            kernels[start.group(1)] = unit[start.start():end.start() if end else len(unit)]
    return kernels, '' if words.returncode == 0 and kernels else words.stderr or 'no texts'


def main(program, module, data, compiled, compiler):
    environment = {**os.environ, 'MATCHPOINT_CUDA_MODULE': module, 'MATCHPOINT_DATA_DIR': data,
                   'MATCHPOINT_EMULATOR_CACHE': compiled}
    presets = sorted(path.stem for path in (pathlib.Path(data) / 'presets').glob('*.ini'))
    failed = 0
    print(f'1..{len(presets) + len(RUNS)}')
    with tempfile.TemporaryDirectory() as name:
        texts = {}
        for number, preset in enumerate(presets, 1):
            texts[preset], why = kernels_of(program, environment, preset, pathlib.Path(name) / preset)
            failed += why != ''
            print(f'{"not " if why else ""}ok {number} - {preset} generates {len(texts[preset])} kernels')
            if why:
                print('# ' + why.strip().replace('\n', '\n# '))
        for number, (capability, only) in enumerate(RUNS, len(presets) + 1):
            kernels = {key: text for preset in presets if only in (None, preset) for key, text in texts[preset].items()}
            unit = pathlib.Path(name) / f'{capability}.cu'
            unit.write_text('\n'.join(kernels.values()))
            words = subprocess.run([compiler, '--units', capability, str(unit)], capture_output=True, text=True)
            good = words.returncode in (0, 77)
            skip = ' # SKIP there is no NVRTC' if words.returncode == 77 else ''
            print(f'{"" if good else "not "}ok {number} - {len(kernels)} kernels compile for {capability}{skip}', flush=True)
            if words.stdout + words.stderr:
                print('# ' + (words.stdout + words.stderr).strip().replace('\n', '\n# '))
            failed += not good
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
