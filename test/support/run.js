'use strict';
/** Runs one TypeScript file of the tests outside of jest, compiled as jest compiles it: `node test/support/run.js FILE …`. */
const path = require('node:path');
const { transformSync } = require('@swc/core');
const config = require('../../jest.config.js');

const [, options] = config.transform['^.+\\.ts$'];

require.extensions['.ts'] = (module, filename) => {
  const source = require('node:fs').readFileSync(filename, 'utf8');
  module._compile(transformSync(source, { ...options, filename, swcrc: false }).code, filename);
};

const [file, ...rest] = process.argv.slice(2);
process.argv = [process.argv[0], path.resolve(file), ...rest];
require(path.resolve(file));
