/**
 * Loaded before the program while it is built: keeps the code that V8 made of what the run used, in
 * the form that src/cli/start.ts reads.
 */
const { readFileSync, writeFileSync } = require('node:fs');
const vm = require('node:vm');
const { crc32 } = require('node:zlib');

vm.Script = class extends vm.Script {
  constructor(source, options) {
    super(source, options);
    const { filename } = options;
    process.on('exit', () => {
      const code = this.createCachedData();
      const sum = crc32(code, crc32(readFileSync(filename))).toString(16).padStart(8, '0');
      writeFileSync(filename.replace(/\.js$/, '.code'), Buffer.concat([Buffer.from(sum), code]));
    });
  }
};
