#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the CUDA module says when something is missing, in the list and on the command line, and what --device auto
takes then. The module is the emulated one, told what to lack; the messages are the real one's own."""
import json
import sys

import tap
from program import FAILURE, folder, matchpoint

# what the emulator lacks, what has to be said, and whether it is the whole machine's fault or one device's
FAULTS = [
    ({'MATCHPOINT_EMULATOR_FAIL': 'driver'}, ['There is no NVIDIA driver'], 'cuda'),
    ({'MATCHPOINT_EMULATOR_FAIL': 'old-driver'}, ['driver is too old', 'this build needs'], 'cuda'),
    ({'MATCHPOINT_EMULATOR_DEVICES': '0'}, ['no GPU that it can use'], 'cuda'),
    ({'MATCHPOINT_EMULATOR_FAIL': 'cudnn'}, ['cuDNN is missing', 'libcudnn.so.9', 'MATCHPOINT_CUDA_LIBRARIES',
                                             'Install cuDNN 9'], 'cuda:0'),
    ({'MATCHPOINT_EMULATOR_FAIL': 'cublas'}, ['cuBLASLt is missing', 'libcublasLt.so.13', 'CUDA toolkit'], 'cuda:0'),
    ({'MATCHPOINT_EMULATOR_FAIL': 'nvrtc'}, ['NVRTC is missing', 'libnvrtc.so'], 'cuda:0'),
    ({'MATCHPOINT_EMULATOR_MEMORY': '100M'}, ['too little free memory', '100 of 100 MiB', 'at least 256 MiB',
                                              'Close other programs'], 'cuda:0'),
]


def has_all (text, parts):
    for part in parts:
        assert part in text, (part, text)


def test_list ():
    for environment, parts, device in FAULTS:
        items = json.loads (matchpoint ('list', 'devices', '--json', **environment).out)
        assert [item['id'] for item in items] == ['cpu', device], items
        assert [item['usable'] for item in items] == [True, False], items
        has_all (items[1]['summary'], parts)
        has_all (matchpoint ('list', 'devices', **environment).out, parts)
        # a reason is its own, not another one's
        for others, other_parts, _ in FAULTS:
            assert others == environment or other_parts[0] not in items[1]['summary'], items


def test_asked_for ():
    for environment, parts, _ in FAULTS:
        for device in ['cuda', 'cuda:0']:
            result = matchpoint ('train', 'ring-gan', '--iterations', '1', '--device', device, status=FAILURE,
                                 **environment)
            has_all (result.err, parts)
            assert result.out == '' and len (result.err.splitlines ()) == 1, result.err


def test_auto ():
    for environment, parts, _ in FAULTS:
        out = folder ('auto') + '/run'
        told = matchpoint ('train', 'ring-gan', '--iterations', '1', '--out', out, **environment).out.splitlines ()
        assert told[0].startswith ('Training on the CPU. '), told
        has_all (told[0], parts)
        assert 'Emulated' not in json.load (open (out + '/state.json'))['device']


def test_whole ():
    items = json.loads (matchpoint ('list', 'devices', '--json', MATCHPOINT_EMULATOR_DEVICES='2').out)
    assert [item['id'] for item in items] == ['cpu', 'cuda:0', 'cuda:1'], items
    assert all (item['usable'] and item['memory_total'] > 0 for item in items[1:]), items
    assert items[1]['uuid'] != items[2]['uuid'], items
    for device in ['cuda:' + item['uuid'] for item in items[1:]] + ['cuda:1', 'cuda', 'auto']:
        out = folder ('whole') + '/run'
        told = matchpoint ('train', 'ring-gram', '--iterations', '2', '--set', 'evaluate.samples=100', '--device', device,
                           '--out', out, MATCHPOINT_EMULATOR_DEVICES='2').out
        assert 'Training on the CPU' not in told, told
        assert 'Emulated' in json.load (open (out + '/state.json'))['device']


tap.run (sys.modules[__name__])
