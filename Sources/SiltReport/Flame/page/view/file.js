// SPDX-License-Identifier: Apache-2.0
//
// Starts the page of a file, which has its data within it.

import { element, startPage } from './controls.js';

startPage(JSON.parse(element('data').textContent));
