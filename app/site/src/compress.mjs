// Reads a JSON list of { file, br, gz, quality } on standard input; writes the compressed files.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import zlib from "node:zlib";

const { constants } = zlib;
const brotli = promisify(zlib.brotliCompress);
const gzip = promisify(zlib.gzip);

// Whole or not at all: what is there counts as done at the next run.
function put(name, bytes) {
  writeFileSync(`${name}.part`, bytes);
  renameSync(`${name}.part`, name);
}

await Promise.all(
  JSON.parse(readFileSync(0, "utf8")).map(async ({ file, br, gz, quality }) => {
    const bytes = readFileSync(file);
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_LGWIN]: 22,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    };
    put(br, await brotli(bytes, { params }));
    put(gz, await gzip(bytes, { level: quality === 11 ? 9 : 6 }));
  }),
);
