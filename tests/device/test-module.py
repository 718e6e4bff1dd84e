#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The CUDA module that is installed can be opened by the program on any machine: with a GPU it lists it, without one it
says what is missing, and it never fails to load."""
import json
import sys

import tap
from program import matchpoint


def test_loads ():
    items = json.loads (matchpoint ('list', 'devices', '--json').out)
    assert len (items) >= 2, items
    for item in items[1:]:
        assert item['usable'] or 'cannot be loaded' not in item['summary'], item
        assert 'no module of Matchpoint' not in item['summary'] and 'another version' not in item['summary'], item


tap.run (sys.modules[__name__])
