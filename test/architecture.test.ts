import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { test } from 'node:test';

/** One import statement, as the text has it. */
interface Import {
  /** Path inside the project ("main/engine/clock.ts") or the name of a package ("pg", "@stoqey/ib", "node:fs"). */
  readonly target: string;
  readonly isPackage: boolean;
  /** `import type`: nothing of it is left when the program runs. */
  readonly typeOnly: boolean;
}

interface SourceFile {
  readonly path: string;
  readonly imports: readonly Import[];
}

const root = join(import.meta.dirname, '..');

function readSources(): readonly SourceFile[] {
  const folders = ['main', 'preload', 'renderer'].filter((folder) => existsSync(join(root, folder)));
  const paths = folders.flatMap((folder) => globSync(`${folder}/**/*.{ts,tsx,cts,mts}`, { cwd: root }));
  return paths.map((path) => parse(path.replaceAll('\\', '/'), readFileSync(join(root, path), 'utf8')));
}

const importStatement = /^\s*(?:import|export)\s+(type\s)?(?:[^'";]*?\bfrom\s*)?['"]([^'"]+)['"]/gm;
const importCall = /\b(?:import|require)\(\s*['"]([^'"]+)['"]/g;

function parse(path: string, text: string): SourceFile {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const statements = [...code.matchAll(importStatement)].map(([, type, specifier]) => resolve(path, specifier as string, type !== undefined));
  const calls = [...code.matchAll(importCall)].map(([, specifier]) => resolve(path, specifier as string, false));
  return { path, imports: [...statements, ...calls] };
}

function resolve(from: string, specifier: string, typeOnly: boolean): Import {
  if (specifier.startsWith('.')) return { target: posix.join(posix.dirname(from), specifier), isPackage: false, typeOnly };
  const [scope = '', name] = specifier.split('/');
  return { target: scope.startsWith('@') ? `${scope}/${name}` : scope, isPackage: true, typeOnly };
}

/** Which rooms a room may look into; `types` only with `import type`. */
const rooms: Readonly<Record<string, readonly { readonly into: RegExp; readonly types?: true }[]>> = {
  'main/engine/': [{ into: /^main\/engine\// }],
  'main/service/': [{ into: /^main\/(service|engine)\// }, { into: /^preload\/[^/]+\.ts$/ }],
  'main/daemon/': [{ into: /^main\/(daemon|service|engine)\// }, { into: /^preload\/[^/]+\.ts$/ }],
  'main/shell/': [{ into: /^main\/(shell|service|engine)\// }, { into: /^preload\// }],
  'preload/': [{ into: /^preload\// }, { into: /^main\/engine\//, types: true }],
  'renderer/': [{ into: /^renderer\// }, { into: /^preload\/contract\.ts$/ }],
};

/** Packages that only these files may import (design.md section 2). */
const keepers: Readonly<Record<string, RegExp>> = {
  '@stoqey/ib': /^main\/engine\/gateway\/socket\//,
  pg: /^main\/engine\/delivery\/postgres\.ts$/,
  'better-sqlite3': /^main\/engine\/delivery\/(outbox|history)[^/]*\.ts$/,
  electron: /^(main\/shell\/|preload\/[^/]+\.cts$)/,
  zod: /^(main\/|preload\/[^/]+\.ts$)/,
  react: /^renderer\//,
  'react-dom': /^renderer\//,
};

function violations(sources: readonly SourceFile[]): readonly string[] {
  return [...sources.flatMap((source) => source.imports.flatMap((each) => violationOf(source.path, each))), ...borderViolations(sources)];
}

function violationOf(path: string, { target, isPackage, typeOnly }: Import): readonly string[] {
  if (isPackage) {
    const keeper = keepers[target];
    return keeper === undefined || keeper.test(path) ? [] : [`${path} imports ${target}`];
  }
  const room = Object.keys(rooms).find((each) => path.startsWith(each));
  if (room === undefined) return [`${path} stands in no room`];
  const allowed = rooms[room]?.some(({ into, types }) => into.test(target) && (types !== true || typeOnly)) === true;
  return allowed ? [] : [`${path} imports ${target}`];
}

/** The page and its bridge may not reach zod by any way at run time: it needs `eval`, which their security policy forbids. */
function borderViolations(sources: readonly SourceFile[]): readonly string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const reached = new Set(sources.map(({ path }) => path).filter((path) => path.startsWith('renderer/') || path.endsWith('.cts')));
  const found: string[] = [];
  for (const path of reached) {
    for (const { target, isPackage, typeOnly } of byPath.get(path)?.imports ?? []) {
      if (typeOnly) continue;
      if (isPackage && target === 'zod') found.push(`${path} brings zod into the page`);
      if (!isPackage) reached.add(target); // a Set visits what is added while it is walked
    }
  }
  return found;
}

test('no room looks through a wall, and each outside library has one keeper', () => {
  assert.deepEqual(violations(readSources()), []);
});

test('what runs in the product is a dependency of the product, not of its development', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
  const packages = readSources()
    .filter(({ path }) => path.startsWith('main/'))
    .flatMap(({ imports }) => imports.filter(({ isPackage, typeOnly, target }) => isPackage && !typeOnly && !/^node:|^electron$/.test(target)))
    .map(({ target }) => target);
  assert.deepEqual([...new Set(packages)].filter((name) => !(name in dependencies)), []);
});

test('the walk sees the imports that there are', () => {
  const seen = (path: string): readonly string[] => readSources().find((source) => source.path === path)?.imports.map(({ target }) => target) ?? [];
  assert.ok(seen('main/engine/delivery/postgres.ts').includes('pg'));
  assert.ok(seen('main/engine/settings/schema.ts').includes('zod'));
  assert.ok(seen('main/engine/greeks/aggregate.ts').includes('main/engine/greeks/leg.ts'));
});

test('each wall stands: what may not be imported is found', () => {
  const wrong: readonly (readonly [string, string])[] = [
    ['main/engine/state.ts', "import { app } from 'electron';"],
    ['main/engine/state.ts', "import { main } from '../daemon/main.ts';"],
    ['main/engine/state.ts', "import type { Shell } from '../shell/tray.ts';"],
    ['main/engine/greeks/leg.ts', "import {\n  Contract,\n} from '@stoqey/ib';"],
    ['main/engine/gateway/portal/client.ts', "const ib = await import('@stoqey/ib/dist/api/api.js');"],
    ['main/engine/delivery/shipper.ts', "import pg from 'pg';"],
    ['main/engine/delivery/shipper.ts', "import Database from 'better-sqlite3';"],
    ['main/engine/store.ts', "export { test } from '../../test/support/until.ts';"],
    ['main/engine/state.ts', "import type { BridgeService } from '../service/bridge-service.ts';"],
    ['main/service/bridge-service.ts', "import { app } from 'electron';"],
    ['main/service/bridge-service.ts', "import '../daemon/main.ts';"],
    ['main/daemon/main.ts', "import '../shell/window.ts';"],
    ['preload/contract.ts', "import { Engine } from '../main/engine/engine.ts';"],
    ['preload/preload.cts', "import { z } from 'zod';"],
    ['renderer/app.tsx', "import type { BridgeState } from '../main/engine/state.ts';"],
    ['renderer/app.tsx', "import { z } from 'zod';"],
    ['main/shell/window.ts', "import { useState } from 'react';"],
  ];
  for (const [path, text] of wrong) assert.ok(violations([parse(path, text)]).length > 0, `${path}: ${text}`);
  const detour = [parse('renderer/app.tsx', "import { channels } from '../preload/contract.ts';"), parse('preload/contract.ts', "import { z } from 'zod';")];
  assert.deepEqual(violations(detour), ['preload/contract.ts brings zod into the page']);
});

test('what design.md allows is allowed', () => {
  const right: readonly (readonly [string, string])[] = [
    ['main/engine/engine.ts', "import type { Leg } from './greeks/leg.ts';\nimport { join } from 'node:path';"],
    ['main/daemon/main.ts', "import { Engine } from '../engine/engine.ts';\nimport { openService } from '../service/open-service.ts';"],
    ['main/service/bridge-service.ts', "import { requestSchemas } from '../../preload/request-schemas.ts';\nimport { z } from 'zod';"],
    ['main/shell/tray.ts', "import { Tray } from 'electron';\nimport { channels } from '../../preload/contract.ts';"],
    ['preload/contract.ts', "import type { BridgeState } from '../main/engine/state.ts';"],
    ['renderer/app.tsx', "import { channels } from '../preload/contract.ts';\nimport { useState } from 'react';"],
    ['main/engine/clock.ts', "/** Unlike `import x from 'electron'`. */\n// import 'electron';\n"],
  ];
  for (const [path, text] of right) assert.deepEqual(violations([parse(path, text)]), [], `${path}: ${text}`);
});
