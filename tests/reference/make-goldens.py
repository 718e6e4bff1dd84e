#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes ops.json, steps*.json, optimizers.json and images.json, the golden values of the engine's tests, with PyTorch in
float64. Every steps*.json is read by test-steps.c; a family of methods has its own: FAMILY_steps.py, steps-FAMILY.json.

Pinned: PyTorch 2.15.0 on the CPU (requirements.txt). Run it after adding a case; the output is the same on every
run, and differs between PyTorch versions by rounding only, which the tests allow for.

    python3 -m venv /tmp/goldens && /tmp/goldens/bin/pip install -r requirements.txt
    /tmp/goldens/bin/python make-goldens.py
"""

import json
import pathlib

import torch

import adversarial_steps
import image_cases
import kernel_steps
import op_cases
import stage_steps
import step_cases

HERE = pathlib.Path(__file__).parent


def shorten(value):
    """15 digits: five more than the tests of steps and operations ask for."""
    if isinstance(value, float):
        return float(f'{value:.15g}')
    if isinstance(value, list):
        return [shorten(item) for item in value]
    return {key: shorten(item) for key, item in value.items()} if isinstance(value, dict) else value


def write(name, cases):
    """One case per line, so that a changed case is one changed line."""
    head = json.dumps({'torch': torch.__version__.split('+')[0]})[1:-1]
    lines = ',\n'.join(json.dumps(shorten(case), separators=(',', ':')) for case in cases)
    path = HERE / name
    path.write_text('{' + head + ', "cases": [\n' + lines + '\n]}\n')
    print(f'{path.name}: {len(cases)} cases, {path.stat().st_size} bytes')


def main():
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    torch.use_deterministic_algorithms(True)
    write('ops.json', op_cases.make())
    write('steps.json', step_cases.make_steps())
    write('steps-kernel.json', kernel_steps.make())
    write('steps-adversarial.json', adversarial_steps.make())
    write('steps-stage.json', stage_steps.make())
    write('optimizers.json', step_cases.make_optimizers())
    write('images.json', image_cases.make())


if __name__ == '__main__':
    main()
